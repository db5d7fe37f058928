#include <stdlib.h>
#include <string.h>

#include "gitops/discover.h"
#include "base/array.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"

#define TENANT "{tenant}"

/* Return whether path matches a pattern for this tenant. */
static bool
matches(const char *pattern, const char *path, const char *tenant)
{
	struct rk_strbuf glob = { 0 };
	bool match;

	rk_template_fill(&glob, pattern, "tenant", tenant);
	match = !glob.failed && rk_glob_match(rk_strbuf_str(&glob), glob.len, path, RK_GLOB_PATH);
	rk_strbuf_free(&glob);
	return match;
}

/*
 * Return whether path matches a pattern for some tenant, and append the name to tenant if it does: any part of the
 * component that has {tenant} in the pattern.
 */
static bool
find_tenant(const char *pattern, const char *path, struct rk_strbuf *tenant)
{
	const char *first = strstr(pattern, TENANT), *name = path, *slash;
	size_t len, had = tenant->len;

	if (!first || !matches(pattern, path, "*"))
		return false;
	for (slash = pattern; (slash = memchr(slash, '/', (size_t)(first - slash))); slash++)
		name = strchr(name, '/') + 1;
	for (; *name && *name != '/'; name++)
		for (len = strcspn(name, "/"); len > 0; len--) {
			if (rk_validate_name(name, len))
				continue;
			rk_strbuf_add(tenant, name, len);
			if (tenant->failed)
				return false;
			if (matches(pattern, path, rk_strbuf_str(tenant) + had))
				return true;
			tenant->len = had;
			tenant->data[had] = '\0';
		}
	return false;
}

bool
rk_discover_match(const struct rk_strings *patterns, const char *path, struct rk_strbuf *tenant)
{
	size_t i;

	for (i = 0; i < patterns->n; i++)
		if (find_tenant(patterns->item[i], path, tenant))
			return true;
	return false;
}

/* What rk_source_glob() is called for. */
struct search {
	const struct rk_strings *patterns;
	const char *pattern;		/* one of them */
	const char *tenant;		/* or NULL */
	struct rk_discover_list *list;
};

static enum rk_rc
add_path(void *context, const char *path, struct rk_err *err)
{
	const struct search *s = context;
	struct rk_strbuf tenant = { 0 };
	struct rk_discover_path *item;

	if (s->tenant)
		rk_strbuf_puts(&tenant, s->tenant);
	else if (!find_tenant(s->pattern, path, &tenant) && !tenant.failed) {
		rk_strbuf_free(&tenant);
		return RK_OK;
	}
	if (tenant.failed || !rk_array_grow(&s->list->item, s->list->n, &s->list->size, sizeof *s->list->item)) {
		rk_strbuf_free(&tenant);
		return rk_err_nomem(err);
	}
	item = &s->list->item[s->list->n++];
	item->manifests = s->patterns;
	item->tenant = tenant.data;
	item->path = strdup(path);
	return item->path ? RK_OK : rk_err_nomem(err);
}

enum rk_rc
rk_discover_pattern(struct rk_source *source, const struct rk_strings *patterns, size_t pattern, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err)
{
	struct search search = { patterns, patterns->item[pattern], tenant, list };
	struct rk_strbuf glob = { 0 };
	enum rk_rc rc;

	rk_template_fill(&glob, patterns->item[pattern], "tenant", tenant ? tenant : "*");
	rc = rk_strbuf_check(&glob, err);
	if (rc == RK_OK)
		rc = rk_source_glob(source, glob.data, add_path, &search, err);
	rk_strbuf_free(&glob);
	return rc;
}

static void
free_path(struct rk_discover_path *item)
{
	free(item->tenant);
	free(item->path);
}

/* Return whether one of the patterns before the given one matches, for this tenant or if that is NULL for any. */
static bool
matches_earlier(const struct rk_discover_path *item, size_t pattern, const char *tenant)
{
	const struct rk_strings earlier = { item->manifests->item, pattern };
	struct rk_strbuf name = { 0 };
	bool match = false;
	size_t i;

	for (i = 0; tenant && !match && i < pattern; i++)
		match = matches(earlier.item[i], item->path, tenant);
	if (!tenant)
		match = rk_discover_match(&earlier, item->path, &name);
	rk_strbuf_free(&name);
	return match;
}

/* From first on, drop the paths that an earlier pattern has given. */
static void
drop_earlier(struct rk_discover_list *list, size_t first, size_t pattern, const char *tenant)
{
	size_t n = first;

	for (; first < list->n; first++)
		if (matches_earlier(&list->item[first], pattern, tenant))
			free_path(&list->item[first]);
		else
			list->item[n++] = list->item[first];
	list->n = n;
}

/* needs_all: each of the patterns has to match something. */
static enum rk_rc
discover(struct rk_source *source, const struct rk_strings *patterns, const char *tenant, bool needs_all,
    struct rk_discover_list *list, struct rk_err *err)
{
	struct rk_strbuf glob = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i, first;

	for (i = 0; rc == RK_OK && i < patterns->n; i++) {
		first = list->n;
		rc = rk_discover_pattern(source, patterns, i, tenant, list, err);
		if (rc == RK_OK && needs_all && list->n == first) {
			rk_template_fill(&glob, patterns->item[i], "tenant", tenant);
			rc = rk_err_refuse(err, RK_CODE_NO_MANIFEST, "%s not found", rk_strbuf_str(&glob));
		}
		drop_earlier(list, first, i, tenant);
	}
	rk_strbuf_free(&glob);
	return rc;
}

enum rk_rc
rk_discover_tenant(struct rk_source *source, const struct rk_service *service, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err)
{
	if (service->manifests.n == 0)
		return rk_err_set(err, RK_ECONFIG, "missing \"manifests\" in the catalogue for the service %s", service->name);
	return discover(source, &service->manifests, tenant, true, list, err);
}

static bool
same_strings(const struct rk_strings *a, const struct rk_strings *b)
{
	size_t i;

	for (i = 0; i < a->n && i < b->n && (a->item == b->item || strcmp(a->item[i], b->item[i]) == 0); i++)
		;
	return i == a->n && i == b->n;
}

bool
rk_discover_is_of(const struct rk_discover_path *path, const struct rk_service *service)
{
	return same_strings(path->manifests, &service->manifests);
}

enum rk_rc
rk_discover_all(struct rk_source *source, const struct rk_catalog *catalog, const struct rk_service *service,
    const char *tenant, struct rk_discover_list *list, struct rk_err *err)
{
	const struct rk_service *each = catalog->service;
	enum rk_rc rc = RK_OK;
	size_t i, j;

	if (service)
		return discover(source, &service->manifests, tenant, false, list, err);
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++) {
		for (j = 0; j < i && !same_strings(&each[j].manifests, &each[i].manifests); j++)
			;
		if (j == i)
			rc = discover(source, &each[i].manifests, tenant, false, list, err);
	}
	return rc;
}

void
rk_discover_free(struct rk_discover_list *list)
{
	while (list->n > 0)
		free_path(&list->item[--list->n]);
	free(list->item);
	*list = (struct rk_discover_list){ 0 };
}
