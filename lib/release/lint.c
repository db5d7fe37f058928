#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "release/lint.h"
#include "base/array.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/finding.h"
#include "gitops/manifest.h"
#include "gitops/override.h"
#include "gitops/prefilter.h"
#include "gitops/stray.h"
#include "gitops/umbrella.h"

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
lint_path(json_t *findings, const struct rk_finding *about, json_t *values, const char *path, struct rk_err *err)
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
	return rk_finding_add(findings, about, err);
}

static enum rk_rc
lint_chart(const struct rk_umbrella *umbrella, const struct rk_service *service, const struct rk_chart *chart,
    json_t *findings, struct rk_err *err)
{
	struct rk_finding about = { .service = service->name, .chart = chart->name };
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
		rc = rk_finding_add(findings, &about, err);
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

static enum rk_rc
lint_manifest(const struct rk_catalog *catalog, const struct rk_service *service, struct rk_manifest *manifest,
    json_t *findings, struct rk_err *err)
{
	const struct rk_strbuf *text = &manifest->file.text;
	struct rk_finding about = { .service = service->name, .path = manifest->file.path };
	struct rk_override_list known = { 0 };
	struct rk_strbuf tenant = { 0 };
	enum rk_rc rc;
	bool may, stray;

	rc = rk_prefilter_may_hold(rk_strbuf_str(text), text->len, service, NULL, &may, err);
	if (rc != RK_OK || !may)
		return rc;
	manifest->entry = rk_stray_entry(service, manifest->file.path, &tenant, &stray);
	about.tenant = tenant.len ? tenant.data : NULL;
	manifest->tenant = tenant.data;
	rc = rk_strbuf_check(&tenant, err);
	if (rc == RK_OK)
		rc = rk_manifest_parse(manifest, err);
	if (rc == RK_REFUSED) {
		rc = rk_finding_add(findings, &about, err);
	} else if (rc == RK_OK) {
		if (!stray)
			rc = rk_override_find(manifest, catalog, service, NULL, &known, err);
		/* if the service cannot have an override here, any image is a stray */
		if (rc == RK_OK || rc == RK_REFUSED)
			rc = rk_stray_search(manifest, service, NULL, stray ? NULL : &known, findings, err);
		rk_override_list_free(&known);
	}
	rk_strbuf_free(&tenant);
	return rc;
}

/* Check that each entry of a service matches a file. */
static enum rk_rc
lint_patterns(struct rk_source *source, const struct rk_service *service, json_t *findings, struct rk_err *err)
{
	struct rk_discover_list list = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < service->manifests.n; i++) {
		const struct rk_entries one = { &service->manifests.item[i], 1 };
		const struct rk_finding about = { .service = service->name, .path = one.item->path };

		rk_discover_free(&list);
		rc = rk_discover(source, &one, NULL, &list, err);
		if (rc == RK_OK && list.n == 0) {
			rk_err_refuse(err, RK_CODE_NO_MANIFEST, "no file matches %s", about.path);
			rc = rk_finding_add(findings, &about, err);
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
	enum rk_rc rc = rk_stray_candidates(source, catalog, NULL, NULL, &list, err);
	size_t i, j;

	for (i = 0; rc == RK_OK && i < list.n; i++) {
		rc = rk_manifest_read(source, &list.item[i], &manifest, err);
		for (j = 0; rc == RK_OK && j < catalog->n_services; j++)
			rc = lint_manifest(catalog, &service[j], &manifest, json_array_get(by_service, j), err);
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
