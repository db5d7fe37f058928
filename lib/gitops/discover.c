#include <stdlib.h>
#include <string.h>

#include "gitops/discover.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/element.h"
#include "gitops/manifest.h"

#define TENANT "{tenant}"

/* Return whether path matches a pattern for this tenant. */
static bool
matches(const char *pattern, const char *path, const char *tenant)
{
	struct rk_strbuf glob = { 0 };
	bool match;

	rk_template_fill(&glob, pattern, "tenant", tenant);
	match = rk_glob_match(rk_strbuf_str(&glob), glob.len, path, RK_GLOB_PATH);
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
			if (matches(pattern, path, rk_strbuf_str(tenant) + had))
				return true;
			tenant->len = had;
			tenant->data[had] = '\0';
		}
	return false;
}

const struct rk_entry *
rk_discover_match(const struct rk_entries *entries, const char *path, struct rk_strbuf *tenant)
{
	size_t i;

	for (i = 0; i < entries->n; i++)
		if (entries->item[i].elements ? strcmp(entries->item[i].path, path) == 0
		    : find_tenant(entries->item[i].path, path, tenant))
			return &entries->item[i];
	return NULL;
}

/* Return whether path matches a pattern, for this tenant, or if that is NULL for any; set name to the tenant's. */
static bool
match(const char *pattern, const char *path, const char *tenant, struct rk_strbuf *name)
{
	rk_strbuf_clear(name);
	if (!tenant)
		return find_tenant(pattern, path, name);
	rk_strbuf_puts(name, tenant);
	return matches(pattern, path, tenant);
}

/* A search for the files that match some entries. */
struct search {
	struct rk_source *source;
	const struct rk_entries *manifests;
	const char *tenant;		/* or NULL */
	struct rk_discover_list *list;
	const struct rk_entry *entry;	/* the one that is searched for */
	size_t matches;			/* files that match it */
};

void
rk_discover_add(struct rk_discover_list *list, const char *tenant, const char *path, const struct rk_entries *manifests,
    const struct rk_entry *entry, const git_oid *blob)
{
	struct rk_discover_path *item;
	size_t tenant_size = strlen(tenant) + 1, path_size = strlen(path) + 1;
	char *strings;

	rk_memory_grow(&list->item, list->n, &list->size, sizeof *list->item);
	strings = rk_memory_malloc(tenant_size + path_size);
	item = &list->item[list->n++];
	*item = (struct rk_discover_path){ .tenant = strings, .path = strings + tenant_size, .manifests = manifests, .entry = entry };
	memcpy(strings, tenant, tenant_size);
	memcpy(strings + tenant_size, path, path_size);
	if (blob)
		git_oid_cpy(&item->blob, blob);
}

/* The names of the tenants in a file with elements, and those of files before it. */
struct rk_discover_names {
	const struct rk_entry *entry;
	git_oid blob;
	json_t *array, *set;		/* ["<tenant>", ...], {"<tenant>": true}; NULL if the file was refused */
	struct rk_discover_names *next;
};

static void
free_names(struct rk_discover_names *names)
{
	struct rk_discover_names *next;

	for (; names; names = next) {
		next = names->next;
		json_decref(names->array);
		json_decref(names->set);
		free(names);
	}
}

static enum rk_rc
read_names(struct search *s, const char *path, struct rk_discover_names *names, struct rk_err *err)
{
	struct rk_discover_path found = { .path = path, .entry = s->entry, .blob = names->blob };
	struct rk_manifest manifest = { 0 };
	json_t *name;
	enum rk_rc rc = rk_manifest_read(s->source, &found, &manifest, err);
	size_t i;

	if (rc == RK_OK)
		rc = rk_element_names(&manifest, &names->array, err);
	rk_manifest_free(&manifest);
	if (rc != RK_OK)
		return rc == RK_REFUSED ? RK_OK : rc;
	names->set = json_object();
	json_array_foreach(names->array, i, name)
		rk_json_set(names->set, json_string_value(name), json_true());
	return RK_OK;
}

/* Find the names in a file: read it once for all tenants that are searched for with one list. */
static enum rk_rc
find_names(struct search *s, const char *path, const git_oid *blob, const struct rk_discover_names **found,
    struct rk_err *err)
{
	struct rk_discover_names *names = s->list->names;
	enum rk_rc rc;

	while (blob && names && (names->entry != s->entry || !git_oid_equal(&names->blob, blob)))
		names = names->next;
	*found = names;
	if (blob && names)
		return RK_OK;
	names = rk_memory_calloc(1, sizeof *names);
	*names = (struct rk_discover_names){ .entry = s->entry, .next = s->list->names };
	if (blob)
		git_oid_cpy(&names->blob, blob);
	s->list->names = names;
	*found = names;
	rc = read_names(s, path, names, err);
	if (rc != RK_OK) {
		s->list->names = names->next;
		names->next = NULL;
		free_names(names);
	}
	return rc;
}

/* Add a file that has elements for the tenant that is searched for, or for each of its tenants. */
static enum rk_rc
add_elements(struct search *s, const char *path, const git_oid *blob, struct rk_err *err)
{
	const struct rk_discover_names *names;
	json_t *name;
	enum rk_rc rc = find_names(s, path, blob, &names, err);
	size_t i;

	if (rc != RK_OK)
		return rc;
	if (s->tenant) {
		/* a file that was refused is refused again when it is read for the tenant */
		if (names->set && !json_object_get(names->set, s->tenant))
			return RK_OK;
		s->matches++;
		rk_discover_add(s->list, s->tenant, path, s->manifests, s->entry, blob);
		return RK_OK;
	}
	json_array_foreach(names->array, i, name) {
		s->matches++;
		rk_discover_add(s->list, json_string_value(name), path, s->manifests, s->entry, blob);
	}
	return RK_OK;
}

/* Add a path that matches, unless an earlier entry matches it. */
static enum rk_rc
add_path(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	struct search *s = context;
	const struct rk_entry *earlier = s->manifests->item;
	struct rk_strbuf tenant = { 0 }, other = { 0 };
	bool add;

	if (s->entry->elements)
		return add_elements(s, path, blob, err);
	add = match(s->entry->path, path, s->tenant, &tenant);
	s->matches += add;
	for (; add && earlier < s->entry; earlier++)
		add = !match(earlier->path, path, s->tenant, &other);
	if (add)
		rk_discover_add(s->list, tenant.data, path, s->manifests, s->entry, blob);
	rk_strbuf_free(&tenant);
	rk_strbuf_free(&other);
	return RK_OK;
}

/* Search for the files that match an entry. */
static enum rk_rc
search_entry(struct search *s, const struct rk_entry *entry, struct rk_err *err)
{
	struct rk_strbuf glob = { 0 };
	enum rk_rc rc;

	s->entry = entry;
	s->matches = 0;
	rk_template_fill(&glob, entry->path, "tenant", s->tenant ? s->tenant : "*");
	rc = rk_source_glob(s->source, glob.data, add_path, s, err);
	rk_strbuf_free(&glob);
	return rc;
}

enum rk_rc
rk_discover(struct rk_source *source, const struct rk_entries *manifests, const char *tenant, struct rk_discover_list *list,
    struct rk_err *err)
{
	struct search search = { .source = source, .manifests = manifests, .tenant = tenant, .list = list };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < manifests->n; i++)
		rc = search_entry(&search, &manifests->item[i], err);
	return rc;
}

enum rk_rc
rk_discover_tenant(struct rk_source *source, const struct rk_service *service, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err)
{
	struct search search = { .source = source, .manifests = &service->manifests, .tenant = tenant, .list = list };
	const struct rk_entry *entry = service->manifests.item, *missing = NULL;
	size_t n = service->manifests.n, had = list->n, i;
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;

	if (n == 0)
		return rk_err_set(err, RK_ECONFIG, "missing \"manifests\" in the catalogue for the service %s", service->name);
	for (i = 0; rc == RK_OK && !missing && i < n; i++) {
		rc = search_entry(&search, &entry[i], err);
		if (search.matches == 0 && (!entry[i].optional || (i == n - 1 && list->n == had)))
			missing = &entry[i];
	}
	if (rc == RK_OK && missing) {
		rk_template_fill(&path, missing->path, "tenant", tenant);
		rc = rk_err_refuse(err, RK_CODE_NO_MANIFEST, "%s not found%s%s%s", rk_strbuf_str(&path),
		    missing->elements ? ", or it has no element of " : "", missing->elements ? tenant : "", missing->optional ? ", and no other manifest of the tenant" : "");
		rk_strbuf_free(&path);
	}
	return rc;
}

static bool
same_string(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
same_entry(const struct rk_entry *a, const struct rk_entry *b)
{
	return a == b || (strcmp(a->path, b->path) == 0 && a->optional == b->optional && same_string(a->values, b->values)
	    && same_string(a->version, b->version) && same_string(a->elements, b->elements) && same_string(a->tenant, b->tenant));
}

static bool
same_entries(const struct rk_entries *a, const struct rk_entries *b)
{
	size_t i;

	for (i = 0; i < a->n && i < b->n && same_entry(&a->item[i], &b->item[i]); i++)
		;
	return i == a->n && i == b->n;
}

bool
rk_discover_is_of(const struct rk_discover_path *path, const struct rk_service *service)
{
	return same_entries(path->manifests, &service->manifests);
}

enum rk_rc
rk_discover_all(struct rk_source *source, const struct rk_catalog *catalog, const struct rk_service *service,
    const char *tenant, struct rk_discover_list *list, struct rk_err *err)
{
	const struct rk_service *each = catalog->service;
	enum rk_rc rc = RK_OK;
	size_t i, j;

	if (service)
		return rk_discover(source, &service->manifests, tenant, list, err);
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++) {
		for (j = 0; j < i && !same_entries(&each[j].manifests, &each[i].manifests); j++)
			;
		if (j == i)
			rc = rk_discover(source, &each[i].manifests, tenant, list, err);
	}
	return rc;
}

void
rk_discover_clear(struct rk_discover_list *list)
{
	while (list->n > 0)
		free((char *)list->item[--list->n].tenant);
}

void
rk_discover_free(struct rk_discover_list *list)
{
	rk_discover_clear(list);
	free(list->item);
	free_names(list->names);
	*list = (struct rk_discover_list){ 0 };
}
