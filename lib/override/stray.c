#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "override/stray.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "git/git.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "gitops/prefilter.h"
#include "override/override.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

/* Files */

struct files {
	struct rk_source *source;
	const struct rk_catalog *catalog;
	const struct rk_service *service;
	const char *ring;
	struct rk_strbuf text;
	struct rk_discover_list *list;
};

static bool
is_yaml(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

/* Return the last components of a path, as many as pattern has, or NULL if it has fewer. */
static const char *
tail(const char *path, const char *pattern)
{
	const char *at = path + strlen(path);

	for (;; pattern++) {
		while (at > path && at[-1] != '/')
			at--;
		pattern = strchr(pattern, '/');
		if (!pattern || at == path)
			return pattern ? NULL : at;
		at--;
	}
}

/* Return whether the end of a path matches an entry from the component that names the tenant on; append the name. */
static bool
match_tail(const struct rk_entry *entry, const char *path, struct rk_strbuf *tenant)
{
	char *from = strstr(entry->path, "{tenant}");
	struct rk_entry end = { .path = from };
	const struct rk_entries one = { &end, 1 };
	const char *tail_of_path;

	if (!from)
		return false;
	while (end.path > entry->path && end.path[-1] != '/')
		end.path--;
	tail_of_path = tail(path, end.path);
	return tail_of_path && rk_discover_match(&one, tail_of_path, tenant);
}

const struct rk_entry *
rk_stray_entry(const struct rk_service *service, const char *path, struct rk_strbuf *tenant, bool *stray)
{
	const struct rk_entry *entry;
	const char *end = strrchr(path, '/'), *start = end;
	size_t i;

	rk_strbuf_add(tenant, "", 0);
	entry = rk_discover_match(&service->manifests, path, tenant);
	*stray = !entry;
	if (entry)
		return entry;
	for (i = 0; i < service->manifests.n; i++)
		if (match_tail(&service->manifests.item[i], path, tenant))
			return &service->manifests.item[i];
	/* else the directory, or of a file at the root its name */
	if (!end)
		end = strrchr(start = path, '.');
	while (end && start > path && start[-1] != '/')
		start--;
	if (end && !rk_validate_name(start, (size_t)(end - start)))
		rk_strbuf_add(tenant, start, (size_t)(end - start));
	return NULL;
}

/* Return whether a service is one that is looked for, and has no entry for a path. */
static bool
is_concerned(const struct files *files, const struct rk_service *service, const char *path)
{
	struct rk_strbuf tenant = { 0 };
	bool matches;

	if (files->service && service != files->service)
		return false;
	matches = rk_discover_match(&service->manifests, path, &tenant);
	rk_strbuf_free(&tenant);
	return !matches;
}

static enum rk_rc
add_file(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	struct files *files = context;
	const struct rk_service *service = files->catalog->service, *end = service + files->catalog->n_services;
	enum rk_rc rc;
	bool may = false;

	if (!is_yaml(path))
		return RK_OK;
	/* most files are the manifests of all services, and are not read */
	while (service < end && !is_concerned(files, service, path))
		service++;
	if (service == end)
		return RK_OK;
	rk_strbuf_clear(&files->text);
	rc = rk_source_read(files->source, path, blob, RK_YAML_BYTES, &files->text, NULL, err);
	if (rc != RK_OK)
		return rc == RK_EDATA ? RK_OK : rc;	/* larger than a manifest can be */
	for (; rc == RK_OK && !may && service < end; service++)
		if (is_concerned(files, service, path))
			may = rk_prefilter_may_hold(rk_strbuf_str(&files->text), files->text.len, service, files->ring);
	if (rc == RK_OK && may)
		rk_discover_add(files->list, "", path, NULL, NULL, blob);
	return rc;
}

enum rk_rc
rk_stray_candidates(struct rk_source *source, const struct rk_catalog *catalog, const struct rk_service *service,
    const char *ring, struct rk_discover_list *list, struct rk_err *err)
{
	struct files files = { .source = source, .catalog = catalog, .service = service, .ring = ring, .list = list };
	enum rk_rc rc = rk_source_each(source, add_file, &files, err);

	rk_strbuf_free(&files.text);
	return rc;
}

/* Images where the catalogue does not look */

/* The search for a service's images in a manifest. */
struct search {
	const struct rk_service *service;
	struct rk_manifest *manifest;
	struct rk_record_about about;
	const struct rk_override_list *known;	/* those where the catalogue looks, or NULL */
	const char *ring;		/* or NULL */
	const char *at;			/* JSON Pointer of the string that is searched, "" for the document */
	json_t *findings;
};

/* Add a finding for a ring's image, unless it is known. */
static enum rk_rc
check_stray(const struct search *s, const char *image, const char *pointer, struct rk_err *err)
{
	size_t i;

	for (i = 0; s->known && i < s->known->n; i++)
		if (strcmp(rk_strbuf_str(&s->known->values.at), s->at) == 0 && strcmp(s->known->item[i].path, pointer) == 0)
			return RK_OK;
	rk_err_refuse(err, RK_CODE_STRAY_OVERRIDE, "%s is at %s%s%s%s", image, s->at, *s->at ? " in " : "", pointer,
	    s->known ? ", where the catalogue does not look" : " of a file that no pattern of \"manifests\" matches");
	return rk_record_add_finding(s->findings, &s->about, err);
}

static enum rk_rc search_node(struct search *s, const struct rk_yaml *yaml, uint32_t node, struct rk_err *err);

/* Set *is to whether a scalar is a ring's image, by itself or with a tag beside it. */
static enum rk_rc
names_ring(const struct search *s, const struct rk_yaml *yaml, uint32_t node, const char *image, bool *is, struct rk_err *err)
{
	uint32_t map = rk_yaml_node(yaml, node)->parent, key, value = 0;
	struct rk_strbuf ring = { 0 }, tag = { 0 };
	enum rk_rc rc = RK_OK;

	*is = rk_image_is_ring(s->service, image, NULL, false, &ring);
	key = !*is && rk_image_rings_by_tag(s->service) && rk_yaml_is_map(yaml, map) ? rk_yaml_node(yaml, map)->child : 0;
	for (; rc == RK_OK && !*is && key; key = rk_yaml_node(yaml, value)->next) {
		value = rk_yaml_node(yaml, key)->next;
		rk_strbuf_clear(&tag);
		if (rk_yaml_node(yaml, value)->kind == RK_YAML_SCALAR)
			rc = rk_yaml_scalar(yaml, value, &tag, err);
		*is = rc == RK_OK && rk_image_is_ring(s->service, image, rk_strbuf_str(&tag), false, &ring);
	}
	*is = *is && (!s->ring || strcmp(s->ring, rk_strbuf_str(&ring)) == 0);
	rk_strbuf_free(&ring);
	rk_strbuf_free(&tag);
	return rc;
}

/* Search a scalar: it may be an image, or in the document a string that holds values. */
static enum rk_rc
search_scalar(struct search *s, const struct rk_yaml *yaml, uint32_t node, struct rk_err *err)
{
	struct rk_strbuf text = { 0 }, pointer = { 0 };
	const struct rk_strbuf *string;
	const struct rk_yaml *inner;
	bool is_ring, may = false;
	struct rk_err ignored;
	enum rk_rc rc = RK_OK;

	if (rk_yaml_scalar(yaml, node, &text, err) != RK_OK || !text.len)
		goto out;
	rc = names_ring(s, yaml, node, text.data, &is_ring, err);
	if (rc == RK_OK && !is_ring && !*s->at)
		may = rk_prefilter_may_hold(text.data, text.len, s->service, s->ring);
	if (rc == RK_OK && (is_ring || may))
		rc = rk_lookup_pointer(yaml, node, &pointer, err);
	if (rc == RK_OK && is_ring)
		rc = check_stray(s, text.data, rk_strbuf_str(&pointer), err);
	else if (rc == RK_OK && may && rk_manifest_string(s->manifest, node, &string, &inner, &ignored) == RK_OK) {
		s->at = rk_strbuf_str(&pointer);
		rc = search_node(s, inner, rk_yaml_root(inner, 0), err);
		s->at = "";
	}
out:
	rk_strbuf_free(&text);
	rk_strbuf_free(&pointer);
	return rc;
}

static enum rk_rc
search_node(struct search *s, const struct rk_yaml *yaml, uint32_t node, struct rk_err *err)
{
	const struct rk_yaml_node *here = rk_yaml_node(yaml, node);
	uint32_t child = here->kind == RK_YAML_MAP || here->kind == RK_YAML_SEQ ? here->child : 0;
	enum rk_rc rc = RK_OK;

	for (; rc == RK_OK && child; child = rk_yaml_node(yaml, child)->next) {
		if (here->kind == RK_YAML_MAP)
			child = rk_yaml_node(yaml, child)->next;
		rc = search_node(s, yaml, child, err);
	}
	return rc == RK_OK && here->kind == RK_YAML_SCALAR ? search_scalar(s, yaml, node, err) : rc;
}

enum rk_rc
rk_stray_search(struct rk_manifest *manifest, uint32_t node, const struct rk_service *service, const char *ring,
    const struct rk_override_list *known, json_t *findings, struct rk_err *err)
{
	const struct rk_yaml *yaml = manifest->file.yaml;
	struct search search = { .service = service, .manifest = manifest, .known = known, .ring = ring, .at = "",
		.findings = findings, .about = { .service = service->name, .path = manifest->file.path,
		.tenant = manifest->tenant && *manifest->tenant ? manifest->tenant : NULL } };
	enum rk_rc rc = RK_OK;
	size_t i;

	if (node)
		rc = search_node(&search, yaml, node, err);
	for (i = 0; !node && rc == RK_OK && i < rk_yaml_documents(yaml); i++)
		rc = search_node(&search, yaml, rk_yaml_root(yaml, i), err);
	return rc == RK_EDATA ? RK_OK : rc;
}
