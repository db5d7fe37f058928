#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "gitops/fleet.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/catalog_internal.h"
#include "yaml/yaml.h"

/* OWNER/NAME */
static const char *
repository_fault(const char *s)
{
	const char *slash = strchr(s, '/');

	return slash && !strchr(slash + 1, '/') ? rk_validate_path(s, strlen(s)) : "is not OWNER/NAME";
}

/* The name of a tenant, in which "*" is any text. */
static const char *
pattern_fault(const char *s)
{
	struct rk_strbuf plain = { 0 };
	const char *fault;

	for (; *s; s++)
		rk_strbuf_putc(&plain, *s == '*' ? 'x' : *s);
	fault = rk_validate_name(rk_strbuf_str(&plain), plain.len);
	rk_strbuf_free(&plain);
	return fault;
}

static void
read_repository(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	char **repository = member;
	const char *fault;

	rk_catalog_reader_string(r, node, member, rule);
	fault = r->rc == RK_OK ? repository_fault(*repository) : NULL;
	if (fault)
		rk_catalog_reader_wrong(r, node, "invalid repository \"%s\": it %s", *repository, fault);
}

static void
read_tenants(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_strings *patterns = member;
	const char *fault;
	uint32_t item;
	size_t n, i;

	rk_catalog_reader_strings(r, node, patterns, rule);
	item = r->rc == RK_OK ? rk_catalog_reader_items(r, node, &n) : 0;
	for (i = 0; r->rc == RK_OK && i < patterns->n; i++, item = rk_yaml_node(r->file.yaml, item)->next) {
		fault = pattern_fault(patterns->item[i]);
		if (fault)
			rk_catalog_reader_wrong(r, item, "invalid pattern of tenants \"%s\": it %s", patterns->item[i], fault);
	}
}

void
rk_fleet_read(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	static const struct rk_catalog_key keys[] = {
		{ "repository", read_repository, offsetof(struct rk_gitops, repository), NULL },
		{ "tenants", read_tenants, offsetof(struct rk_gitops, tenants), NULL },
		{ 0 }
	};
	struct rk_fleet *fleet = member;
	size_t n, i;
	uint32_t item = rk_catalog_reader_items(r, node, &n);
	struct rk_gitops *gitops;

	(void)rule;
	fleet->item = rk_catalog_reader_own(r, n * sizeof *fleet->item);
	for (; r->rc == RK_OK && fleet->n < n; item = rk_yaml_node(r->file.yaml, item)->next) {
		gitops = &fleet->item[fleet->n++];
		rk_catalog_reader_keys(r, item, keys, gitops);
		if (r->rc == RK_OK && (!gitops->repository || !gitops->tenants.n))
			rk_catalog_reader_wrong(r, item, "missing \"%s\" of gitops", gitops->repository ? "tenants" : "repository");
		for (i = 0; r->rc == RK_OK && gitops->repository && i + 1 < fleet->n; i++)
			if (strcasecmp(fleet->item[i].repository, gitops->repository) == 0)
				rk_catalog_reader_wrong(r, item, "the repository \"%s\" is in two entries", gitops->repository);
	}
}

enum rk_rc
rk_fleet_repository(const struct rk_catalog *catalog, const char *name, const char **repository, struct rk_err *err)
{
	struct rk_strbuf names = { 0 };
	size_t i;

	*repository = NULL;
	for (i = 0; i < catalog->fleet.n && !*repository; i++) {
		if (strcasecmp(catalog->fleet.item[i].repository, name) == 0)
			*repository = catalog->fleet.item[i].repository;
		rk_strbuf_printf(&names, "%s%s", i ? ", " : "", catalog->fleet.item[i].repository);
	}
	if (!*repository)
		rk_err_set(err, RK_EUSAGE, "GitOps repository \"%s\" not found in %s (have: %s)", name, catalog->file,
		    names.len ? names.data : "none");
	rk_strbuf_free(&names);
	return *repository ? RK_OK : RK_EUSAGE;
}

static bool
has_tenant(const struct rk_gitops *gitops, const char *tenant)
{
	size_t i;

	for (i = 0; i < gitops->tenants.n; i++)
		if (rk_glob_match(gitops->tenants.item[i], strlen(gitops->tenants.item[i]), tenant, RK_GLOB_NAME))
			return true;
	return false;
}

enum rk_rc
rk_fleet_find(const struct rk_catalog *catalog, const char *tenant, const char **repository, struct rk_err *err)
{
	size_t i;

	*repository = NULL;
	for (i = 0; i < catalog->fleet.n; i++) {
		if (!has_tenant(&catalog->fleet.item[i], tenant))
			continue;
		if (*repository)
			return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "the tenant is in two GitOps repositories, %s and %s", *repository,
			    catalog->fleet.item[i].repository);
		*repository = catalog->fleet.item[i].repository;
	}
	if (catalog->fleet.n && !*repository)
		return rk_err_refuse(err, RK_CODE_NO_REPOSITORY, "the tenant is in none of the GitOps repositories of %s", catalog->file);
	return RK_OK;
}

size_t
rk_fleet_size(const struct rk_catalog *catalog)
{
	return catalog->fleet.n ? catalog->fleet.n : 1;
}

json_t *
rk_fleet_selection(const char *repository, size_t tenants)
{
	return rk_json_pack("{ss ss sI}", "type", "selection", "repository", repository, "tenants", (json_int_t)tenants);
}

enum rk_rc
rk_fleet_read_selection(const json_t *record, json_t **selection, struct rk_err *err)
{
	const char *repository = rk_json_string(record, "repository");
	const json_t *tenants = json_object_get(record, "tenants");

	if (!repository || !json_is_integer(tenants) || json_integer_value(tenants) < 0)
		return rk_err_set(err, RK_EDATA, "invalid selection record: missing \"%s\"", repository ? "tenants" : "repository");
	if (*selection && !json_equal(*selection, record))
		return rk_err_set(err, RK_EDATA, "two selections: of %s, and of %s", rk_json_string(*selection, "repository"), repository);
	if (!*selection)
		*selection = json_incref((json_t *)record);
	return RK_OK;
}

size_t
rk_fleet_selected(const json_t *selection)
{
	return (size_t)json_integer_value(json_object_get(selection, "tenants"));
}
