#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "release/lint.h"
#include "base/array.h"
#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/manifest.h"
#include "gitops/override.h"
#include "gitops/prefilter.h"
#include "gitops/umbrella.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

/* The subject of a finding; each member may be NULL. */
struct subject {
	const char *service, *chart, *tenant, *path;
};

/* Append a finding whose code and reason err has. */
static enum rk_rc
add_finding(json_t *findings, const struct subject *about, struct rk_err *err)
{
	json_t *finding = json_pack("{ss ss ss ss* ss* ss* ss*}", "type", "finding", "code", rk_code_word(err->code), "reason",
	    err->msg, "service", about->service, "chart", about->chart, "tenant", about->tenant, "path", about->path);

	return json_array_append_new(findings, finding) == 0 ? RK_OK : rk_err_nomem(err);
}

/* The charts */

/* Append the path of a dependency's values.yaml. */
static enum rk_rc
values_path(const struct rk_umbrella *umbrella, const json_t *dependency, struct rk_strbuf *path, struct rk_err *err)
{
	const char *repository = rk_json_string(dependency, "repository");
	const char *name = rk_json_string(dependency, "name");
	enum rk_rc rc;

	if (repository && strncmp(repository, "file://", 7) == 0) {
		rc = rk_umbrella_path(umbrella, repository + 7, path, err);
	} else {
		rc = rk_umbrella_path(umbrella, "charts", path, err);
		rk_strbuf_printf(path, "/%s", name ? name : "");
	}
	rk_strbuf_puts(path, "/values.yaml");
	return rc == RK_OK ? rk_strbuf_check(path, err) : rc;
}

/* Check that a chart's values have what the catalogue's path, if it is not NULL, names. */
static enum rk_rc
lint_path(json_t *findings, const struct subject *about, json_t *values, const char *path, struct rk_err *err)
{
	const char *inside = path ? strchr(path + 1, '/') : NULL;
	struct rk_json_pointer pointer;
	enum rk_rc rc = RK_OK;
	bool found;

	if (!inside)
		return RK_OK;
	rc = rk_json_pointer_parse(inside, &pointer, err);
	found = rc == RK_OK && rk_json_pointer_get(values, &pointer);
	rk_json_pointer_free(&pointer);
	if (rc != RK_OK || found)
		return rc;
	rk_err_refuse(err, RK_CODE_NO_SUCH_PATH, "%s not found in %s: an override there has no effect", inside, about->path);
	return add_finding(findings, about, err);
}

static enum rk_rc
lint_chart(const struct rk_umbrella *umbrella, const struct rk_service *service, const struct rk_chart *chart,
    json_t *findings, struct rk_err *err)
{
	struct subject about = { .service = service->name, .chart = chart->name };
	const struct rk_image_form *form = &chart->form[0];
	const char *const paths[] = { form->reference ? form->reference : form->repository, form->tag, form->digest };
	struct rk_strbuf names = { 0 }, path = { 0 };
	const json_t *dependency;
	json_t *values = NULL;
	bool several;
	enum rk_rc rc;
	size_t i;

	dependency = rk_umbrella_dependency(umbrella, chart->name, &several, &names);
	rc = rk_strbuf_check(&names, err);
	if (rc == RK_OK && !dependency)
		rc = rk_err_refuse(err, RK_CODE_UNKNOWN_CHART, "dependency \"%s\" not found in the umbrella chart (have: %s)",
		    chart->name, names.len ? names.data : "none");
	if (rc == RK_OK)
		rc = values_path(umbrella, dependency, &path, err);
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(umbrella, path.data, &values, err);
	if (rc == RK_END)
		rc = rk_err_refuse(err, RK_CODE_NO_VALUES, "%s not found: unpack the dependency (helm dependency build, then tar -x)",
		    path.data);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_NO_VALUES, "%s", err->msg);
	about.path = path.data;
	for (i = 0; rc == RK_OK && i < sizeof paths / sizeof paths[0]; i++)
		rc = lint_path(findings, &about, values, paths[i], err);
	if (rc == RK_REFUSED)
		rc = add_finding(findings, &about, err);
	json_decref(values);
	rk_strbuf_free(&names);
	rk_strbuf_free(&path);
	return rc;
}

/* Return rc, and if it is not RK_OK drop the findings. */
static enum rk_rc
finish(enum rk_rc rc, json_t **findings)
{
	if (rc != RK_OK) {
		json_decref(*findings);
		*findings = NULL;
	}
	return rc;
}

enum rk_rc
rk_lint_charts(const struct rk_catalog *catalog, struct rk_source *charts, json_t **findings, struct rk_err *err)
{
	struct rk_umbrella *umbrella = NULL;
	const struct rk_service *service = catalog->service;
	enum rk_rc rc;
	size_t i, j;

	*findings = json_array();
	rc = *findings ? rk_umbrella_open(catalog, charts, &umbrella, err) : rk_err_nomem(err);
	if (rc == RK_END || rc == RK_EDATA)
		rc = rk_err_set(err, RK_ENOINPUT, "cannot read the umbrella chart: %s", err->msg);
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++)
		for (j = 0; rc == RK_OK && j < service[i].n_charts; j++)
			rc = lint_chart(umbrella, &service[i], &service[i].chart[j], *findings, err);
	rk_umbrella_close(umbrella);
	return finish(rc, findings);
}

/* The manifests */

/* The search for a service's images in a manifest. */
struct search {
	const struct rk_service *service;
	struct rk_manifest *manifest;
	struct subject about;
	struct rk_override_list known;	/* those where the catalogue looks */
	const char *at;			/* JSON Pointer of the string that is searched, "" for the document */
	json_t *findings;
};

/* Add a finding for a ring's image, unless it is known. */
static enum rk_rc
check_stray(const struct search *s, const char *image, const char *pointer, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < s->known.n; i++)
		if (strcmp(rk_strbuf_str(&s->known.values.at), s->at) == 0 && strcmp(s->known.item[i].path, pointer) == 0)
			return RK_OK;
	rk_err_refuse(err, RK_CODE_STRAY_OVERRIDE, "%s is at %s%s%s, where the catalogue does not look", image, s->at,
	    *s->at ? " in " : "", pointer);
	return add_finding(s->findings, &s->about, err);
}

static enum rk_rc search_node(struct search *s, const struct rk_yaml *yaml, uint32_t node, struct rk_err *err);

/* Search a scalar: it may be an image, or in the document a string that holds values. */
static enum rk_rc
search_scalar(struct search *s, const struct rk_yaml *yaml, uint32_t node, struct rk_err *err)
{
	struct rk_strbuf text = { 0 }, ring = { 0 }, pointer = { 0 };
	const struct rk_strbuf *string;
	const struct rk_yaml *inner;
	bool is_ring, may = false;
	struct rk_err ignored;
	enum rk_rc rc = RK_OK;

	if (rk_yaml_scalar(yaml, node, &text, err) != RK_OK || !text.len)
		goto out;
	is_ring = rk_override_is_ring(s->service, text.data, &ring);
	if (!is_ring && !*s->at)
		rc = rk_prefilter_may_hold(text.data, text.len, s->service, NULL, &may, err);
	if (rc == RK_OK && (is_ring || may))
		rc = rk_lookup_pointer(yaml, node, &pointer, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&pointer, err);
	if (rc == RK_OK && is_ring)
		rc = check_stray(s, text.data, rk_strbuf_str(&pointer), err);
	else if (rc == RK_OK && may && rk_manifest_string(s->manifest, node, &string, &inner, &ignored) == RK_OK) {
		s->at = rk_strbuf_str(&pointer);
		rc = search_node(s, inner, rk_yaml_root(inner, 0), err);
		s->at = "";
	}
out:
	rk_strbuf_free(&text);
	rk_strbuf_free(&ring);
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

static enum rk_rc
lint_manifest(const struct rk_catalog *catalog, const struct rk_service *service, struct rk_manifest *manifest,
    json_t *findings, struct rk_err *err)
{
	const struct rk_strbuf *text = &manifest->file.text;
	struct search search = { .service = service, .manifest = manifest, .at = "", .findings = findings,
		.about = { .service = service->name, .tenant = manifest->tenant, .path = manifest->file.path } };
	const struct rk_yaml *yaml;
	enum rk_rc rc;
	bool may;
	size_t i;

	rc = rk_prefilter_may_hold(rk_strbuf_str(text), text->len, service, NULL, &may, err);
	if (rc != RK_OK || !may)
		return rc;
	rc = rk_manifest_parse(manifest, err);
	if (rc != RK_OK)
		return rc == RK_REFUSED ? add_finding(findings, &search.about, err) : rc;
	rc = rk_override_find(manifest, catalog, service, NULL, &search.known, err);
	if (rc == RK_REFUSED)
		rc = RK_OK;	/* the service cannot have an override here, so that any is a stray */
	yaml = manifest->file.yaml;
	for (i = 0; rc == RK_OK && i < rk_yaml_documents(yaml); i++)
		rc = search_node(&search, yaml, rk_yaml_root(yaml, i), err);
	rk_override_list_free(&search.known);
	return rc == RK_EDATA ? RK_OK : rc;
}

/* Check that each pattern of a service matches a file. */
static enum rk_rc
lint_patterns(struct rk_source *source, const struct rk_service *service, json_t *findings, struct rk_err *err)
{
	struct rk_discover_list list = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < service->manifests.n; i++) {
		const struct rk_strings one = { &service->manifests.item[i], 1 };
		const struct subject about = { .service = service->name, .path = one.item[0] };

		rk_discover_free(&list);
		rc = rk_discover(source, &one, NULL, &list, err);
		if (rc == RK_OK && list.n == 0) {
			rk_err_refuse(err, RK_CODE_NO_MANIFEST, "no file matches %s", about.path);
			rc = add_finding(findings, &about, err);
		}
	}
	rk_discover_free(&list);
	return rc;
}

/* Look at each manifest once, for all services that have it: by_service has an array of findings for each. */
static enum rk_rc
lint_all(const struct rk_catalog *catalog, struct rk_source *source, json_t *by_service, struct rk_err *err)
{
	const struct rk_service *service = catalog->service;
	struct rk_discover_list list = { 0 };
	struct rk_manifest manifest = { 0 };
	enum rk_rc rc = rk_discover_all(source, catalog, NULL, NULL, &list, err);
	size_t i, j;

	for (i = 0; rc == RK_OK && i < list.n; i++) {
		rc = rk_manifest_read(source, list.item[i].tenant, list.item[i].path, &list.item[i].blob, &manifest, err);
		for (j = 0; rc == RK_OK && j < catalog->n_services; j++)
			if (rk_discover_is_of(&list.item[i], &service[j]))
				rc = lint_manifest(catalog, &service[j], &manifest, json_array_get(by_service, j), err);
		if (rc == RK_REFUSED)
			rc = RK_OK;	/* too large */
	}
	rk_discover_free(&list);
	rk_manifest_free(&manifest);
	return rc;
}

enum rk_rc
rk_lint_manifests(const struct rk_catalog *catalog, struct rk_source *source, json_t **findings, struct rk_err *err)
{
	json_t *by_service = json_array(), *found;
	enum rk_rc rc = RK_OK;
	size_t i;

	*findings = json_array();
	if (!*findings || !by_service)
		rc = rk_err_nomem(err);
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++) {
		found = json_array();
		rc = json_array_append_new(by_service, found) == 0 ? lint_patterns(source, &catalog->service[i], found, err)
								   : rk_err_nomem(err);
	}
	if (rc == RK_OK)
		rc = lint_all(catalog, source, by_service, err);
	json_array_foreach(by_service, i, found)
		if (rc == RK_OK && json_array_extend(*findings, found) < 0)
			rc = rk_err_nomem(err);
	json_decref(by_service);
	return finish(rc, findings);
}
