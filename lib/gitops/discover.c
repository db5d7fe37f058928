#include <stdlib.h>
#include <string.h>

#include "gitops/discover.h"
#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"

#define TENANT "{tenant}"

/*
 * Return whether path matches a pattern.  *tenant and *len become the tenant's name in path; if they are set, this is
 * what {tenant} must be.
 */
static bool
matches(const char *pattern, const char *path, const char **tenant, size_t *len)
{
	const char *had = *tenant;
	size_t n;

	for (; *pattern && *pattern != '*' && strncmp(pattern, TENANT, strlen(TENANT)) != 0; pattern++, path++)
		if (*pattern != *path)
			return false;
	if (!*pattern)
		return !*path;
	if (*pattern == '*') {
		for (n = 0;; n++) {
			if (matches(pattern + 1, path + n, tenant, len))
				return true;
			if (!path[n] || path[n] == '/')
				return false;
		}
	}
	pattern += strlen(TENANT);
	if (had)
		return strncmp(path, had, *len) == 0 && matches(pattern, path + *len, tenant, len);
	for (n = strcspn(path, "/"); n > 0; n--) {
		*tenant = path;
		*len = n;
		if (!rk_validate_name(path, n) && matches(pattern, path + n, tenant, len))
			return true;
	}
	*tenant = had;
	return false;
}

bool
rk_discover_match(const struct rk_strings *patterns, const char *path, struct rk_strbuf *tenant)
{
	const char *name = NULL;
	size_t len, i;

	for (i = 0; i < patterns->n && !matches(patterns->item[i], path, &name, &len); i++)
		;
	if (i < patterns->n)
		rk_strbuf_add(tenant, name, len);
	return i < patterns->n;
}

/* What rk_source_glob() is called for. */
struct search {
	const struct rk_strings *patterns;
	size_t pattern;
	const char *tenant;		/* or NULL */
	struct rk_discover_list *list;
};

static enum rk_rc
add_path(void *context, const char *path, struct rk_err *err)
{
	struct search *s = context;
	struct rk_discover_path *item;
	const char *name = s->tenant;
	size_t len = name ? strlen(name) : 0;

	if (!matches(s->patterns->item[s->pattern], path, &name, &len))
		return RK_OK;
	if (!rk_array_grow(&s->list->item, s->list->n, &s->list->size, sizeof *s->list->item))
		return rk_err_nomem(err);
	item = &s->list->item[s->list->n];
	item->patterns = s->patterns;
	item->path = strdup(path);
	item->tenant = strndup(name, len);
	s->list->n++;
	return item->path && item->tenant ? RK_OK : rk_err_nomem(err);
}

enum rk_rc
rk_discover_pattern(struct rk_source *source, const struct rk_strings *patterns, size_t pattern, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err)
{
	struct search search = { patterns, pattern, tenant, list };
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

/* From first on, drop the paths that an earlier pattern has given. */
static void
drop_earlier(struct rk_discover_list *list, size_t first, size_t pattern, const char *tenant)
{
	struct rk_discover_path *item;
	const char *name;
	size_t n = first, i, len;

	for (; first < list->n; first++) {
		item = &list->item[first];
		len = strlen(item->tenant);
		for (i = 0; i < pattern; i++) {
			name = tenant;
			if (matches(item->patterns->item[i], item->path, &name, &len))
				break;
		}
		if (i < pattern)
			free_path(item);
		else
			list->item[n++] = *item;
	}
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
	return same_strings(path->patterns, &service->manifests);
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
