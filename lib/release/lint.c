#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "release/lint.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/cohort.h"
#include "gitops/fleet.h"
#include "gitops/discover.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "gitops/prefilter.h"
#include "gitops/shadow.h"
#include "gitops/umbrella.h"
#include "gitops/values.h"
#include "override/directive.h"
#include "override/override.h"
#include "override/stray.h"
#include "release/ga_commit.h"

#define SAMPLE_COMMIT "0123456789abcdef0123456789abcdef01234567"

/* The charts */

/* Return what follows the first n tokens of a JSON Pointer. */
static const char *
skip_tokens(const char *pointer, size_t n)
{
	for (; pointer && n > 0; n--)
		pointer = strchr(pointer + 1, '/');
	return pointer;
}

/* Check that a chart's values have what a path in them, if it is not NULL, names. */
static enum rk_rc
lint_path(json_t *findings, const struct rk_record_about *about, json_t *values, const char *inside, struct rk_err *err)
{
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
	return rk_record_add_finding(findings, about, err);
}

/* Check that values have no registry that the chart would put before the image's repository; inside: of it in them. */
static enum rk_rc
lint_registry(json_t *findings, const struct rk_record_about *about, json_t *values, const char *inside, bool named,
    struct rk_err *err)
{
	struct rk_strbuf pointer[] = { { 0 }, { 0 }, { 0 } };
	enum { N = sizeof pointer / sizeof pointer[0] };
	enum rk_rc rc = RK_OK;
	json_t *registry;
	size_t i;

	rk_strbuf_puts(&pointer[0], "/global/imageRegistry");
	rk_strbuf_puts(&pointer[1], "/global/image/registry");
	rk_strbuf_add(&pointer[2], inside, (size_t)(strrchr(inside, '/') - inside));
	rk_strbuf_puts(&pointer[2], "/registry");
	for (i = 0; rc == RK_OK && i < (named ? N - 1 : N); i++) {
		rc = rk_json_pointer_find(values, pointer[i].data, &registry, err);
		if (rc != RK_OK || !json_string_length(registry))
			continue;
		rk_err_refuse(err, RK_CODE_SHADOWED, "%s has the registry \"%s\" at %s, which the chart would put before the image's "
		    "repository", about->path, json_string_value(registry), pointer[i].data);
		rc = rk_record_add_finding(findings, about, err);
	}
	for (i = 0; i < N; i++)
		rk_strbuf_free(&pointer[i]);
	return rc;
}

/* The same for the umbrella's own values, if it has some. */
static enum rk_rc
lint_umbrella_registry(const struct rk_umbrella *umbrella, struct rk_record_about about, json_t *findings, const char *inside,
    bool named, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	json_t *values = NULL;
	enum rk_rc rc = rk_umbrella_path(umbrella, "values.yaml", &path, err);

	about.path = path.data;
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(umbrella, path.data, &values, err);
	if (rc == RK_OK)
		rc = lint_registry(findings, &about, values, inside, named, err);
	json_decref(values);
	rk_strbuf_free(&path);
	return rc == RK_END || rc == RK_EDATA ? RK_OK : rc;
}

static enum rk_rc
lint_chart(const struct rk_umbrella *umbrella, const struct rk_service *service, const struct rk_chart *chart,
    json_t *findings, struct rk_err *err)
{
	struct rk_record_about about = { .service = service->name, .chart = chart->name };
	const struct rk_image_form *form = &chart->form[0];
	const char *const paths[] = { form->reference ? form->reference : form->repository, form->tag, form->digest,
		form->registry };
	bool tag_only = !paths[0];
	struct rk_umbrella_chart found;
	struct rk_strbuf path = { 0 };
	json_t *values = NULL;
	enum rk_rc rc;
	size_t i;

	rc = rk_umbrella_find(umbrella, chart->name, &found, err);
	if (rc == RK_OK && !found.dependency)
		rc = rk_err_refuse(err, RK_CODE_UNKNOWN_CHART, "dependency \"%s\" not found in the umbrella chart (have: %s)",
		    chart->name, found.names.len ? found.names.data : "none");
	rk_strbuf_printf(&path, "%s/values.yaml", rk_strbuf_str(&found.directory));
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(umbrella, path.data, &values, err);
	if (rc == RK_END)
		rc = rk_err_refuse(err, RK_CODE_NO_VALUES, "%s not found: unpack the dependency (helm dependency build, then tar -x)",
		    path.data);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_NO_VALUES, "%s", err->msg);
	about.path = rk_strbuf_str(&path);
	for (i = 0; rc == RK_OK && i < sizeof paths / sizeof paths[0]; i++)
		rc = lint_path(findings, &about, values, skip_tokens(paths[i], chart->depth), err);
	if (rc == RK_OK && !tag_only)
		rc = lint_registry(findings, &about, values, skip_tokens(paths[0], chart->depth), form->registry, err);
	if (rc == RK_OK && !tag_only)
		rc = lint_umbrella_registry(umbrella, about, findings, paths[0], form->registry, err);
	if (rc == RK_OK) {
		about.path = NULL;
		rc = rk_ga_commit_check(umbrella, service, chart, err);
		if (rc == RK_END)
			rc = rk_err_refuse(err, RK_CODE_NO_GA_COMMIT, "%s", err->msg);
	}
	if (rc == RK_REFUSED)
		rc = rk_record_add_finding(findings, &about, err);
	json_decref(values);
	rk_umbrella_chart_free(&found);
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

/* Add a finding if an image of a service's ring is taken for one of another service. */
static enum rk_rc
compare_services(const struct rk_service *service, const struct rk_service *other, json_t *findings, struct rk_err *err)
{
	const struct rk_record_about about = { .service = service->name };
	struct rk_strbuf ring = { 0 }, image = { 0 }, tag = { 0 }, found = { 0 };
	enum rk_rc rc = RK_OK;

	rk_template_fill(&ring, service->ring, "name", "x");
	rk_image_repository(&image, service, rk_strbuf_str(&ring));
	rk_image_tag(&tag, service, rk_strbuf_str(&ring), SAMPLE_COMMIT);
	if (rk_image_is_ring(other, image.data, tag.data, false, &found)) {
		rk_err_refuse(err, RK_CODE_SAME_IMAGE, "%s:%s, an image of the ring %s, is also one of the service %s", image.data,
		    tag.data, ring.data, other->name);
		rc = rk_record_add_finding(findings, &about, err);
	}
	rk_strbuf_free(&ring);
	rk_strbuf_free(&image);
	rk_strbuf_free(&tag);
	rk_strbuf_free(&found);
	return rc;
}

enum rk_rc
rk_lint_services(const struct rk_catalog *catalog, json_t **findings, struct rk_err *err)
{
	const struct rk_service *service = catalog->service;
	enum rk_rc rc = RK_OK;
	size_t i, j;

	*findings = json_array();
	for (i = 0; i < catalog->n_services; i++)
		for (j = 0; rc == RK_OK && j < catalog->n_services; j++)
			if (i != j)
				rc = compare_services(&service[i], &service[j], *findings, err);
	return finish(rc, findings);
}

enum rk_rc
rk_lint_charts(const struct rk_catalog *catalog, struct rk_source *charts, json_t **findings, struct rk_err *err)
{
	struct rk_umbrella *umbrella = NULL;
	const struct rk_service *service = catalog->service;
	enum rk_rc rc;
	size_t i, j;

	*findings = json_array();
	rc = rk_umbrella_open(catalog, charts, &umbrella, err);
	if (rc == RK_END || rc == RK_EDATA)
		rc = rk_err_set(err, RK_ENOINPUT, "cannot read the umbrella chart: %s", err->msg);
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++)
		for (j = 0; rc == RK_OK && j < service[i].n_charts; j++)
			rc = lint_chart(umbrella, &service[i], &service[i].chart[j], *findings, err);
	rk_umbrella_close(umbrella);
	return finish(rc, findings);
}

/* The manifests */

/* Check that no registry in the values would be put before the image's repository, and that no comment is for another tool. */
static enum rk_rc
lint_charts_of(const struct rk_catalog *catalog, const struct rk_service *service, struct rk_manifest *manifest,
    struct rk_record_about about, json_t *findings, struct rk_err *err)
{
	struct rk_strbuf host = { 0 };
	struct rk_values values;
	enum rk_rc rc;
	size_t i;

	rc = rk_values_find(manifest, catalog, service, &values, err);
	if (rc == RK_OK)
		rk_image_host(&host, service, "ring-x");
	for (i = 0; rc == RK_OK && i < service->n_charts; i++) {
		about.chart = service->chart[i].name;
		if (!rk_values_deploys(&values, &service->chart[i]))
			continue;
		rc = rk_shadow_registry(&values, &service->chart[i], host.data, err);
		if (rc == RK_REFUSED)
			rc = err->code == RK_CODE_SHADOWED ? rk_record_add_finding(findings, &about, err) : RK_OK;
		if (rc == RK_OK)
			rc = rk_directive_find(&values, &service->chart[i], &about, findings, err);
		if (rc == RK_REFUSED)
			rc = RK_OK;	/* not a place for an image */
	}
	rk_values_free(&values);
	rk_strbuf_free(&host);
	return rc == RK_REFUSED ? RK_OK : rc;	/* not a place for values */
}

/* Add a finding for each image of a ring that another author has written over. */
static enum rk_rc
lint_bumped(const struct rk_override_list *known, struct rk_record_about about, json_t *findings, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < known->n; i++) {
		if (!known->item[i].bumped)
			continue;
		about.chart = known->item[i].chart->name;
		rk_err_refuse(err, RK_CODE_HALF_BUMPED, "the image of %s at %s%s%s was written over: it is now %s:%s", known->item[i].ring,
		    rk_strbuf_str(&known->values.at), known->values.at.len ? " in " : "", known->item[i].path,
		    known->item[i].repository, known->item[i].tag);
		rc = rk_record_add_finding(findings, &about, err);
	}
	return rc;
}

/* Check that each image of a ring is where the catalogue looks for it. */
static enum rk_rc
lint_images(const struct rk_catalog *catalog, const struct rk_service *service, struct rk_manifest *manifest,
    const struct rk_record_about *about, json_t *findings, struct rk_err *err)
{
	struct rk_override_list known = { 0 };
	enum rk_rc rc = rk_manifest_parse(manifest, err);
	uint32_t element;

	if (rc != RK_OK)
		return rc == RK_REFUSED ? rk_record_add_finding(findings, about, err) : rc;
	rc = rk_override_find(manifest, catalog, service, NULL, &known, err);
	if (rc == RK_OK)
		rc = lint_bumped(&known, *about, findings, err);
	/* the other elements are of other tenants */
	element = rc == RK_OK && manifest->entry->elements ? known.values.object : 0;
	/* if the service cannot have an override here, any image is a stray */
	if ((rc == RK_OK && (element || !manifest->entry->elements)) || rc == RK_REFUSED)
		rc = rk_stray_search(manifest, element, service, NULL, &known, findings, err);
	rk_override_list_free(&known);
	return rc;
}

/* Check a manifest of a service, or one that none of its entries matches. */
static enum rk_rc
lint_manifest(const struct rk_catalog *catalog, const struct rk_service *service, bool stray, struct rk_manifest *manifest,
    json_t *findings, struct rk_err *err)
{
	const struct rk_strbuf *text = &manifest->file.text;
	struct rk_record_about about = { .service = service->name, .tenant = manifest->tenant, .path = manifest->file.path };
	enum rk_rc rc = RK_OK;
	bool may;

	if (stray)
		may = rk_prefilter_may_hold(rk_strbuf_str(text), text->len, service, NULL);
	else
		may = rk_override_may_hold(manifest, service, NULL);
	/* registry, imageRegistry */
	if (!stray && (strstr(rk_strbuf_str(text), "egistry") || rk_directive_may_be_in(rk_strbuf_str(text))))
		rc = lint_charts_of(catalog, service, manifest, about, findings, err);
	if (rc != RK_OK || !may)
		return rc;
	if (!stray)
		return lint_images(catalog, service, manifest, &about, findings, err);
	rc = rk_manifest_parse(manifest, err);
	return rc == RK_OK ? rk_stray_search(manifest, 0, service, NULL, NULL, findings, err)
	    : rc == RK_REFUSED ? rk_record_add_finding(findings, &about, err) : rc;
}

/* Check a file that is not among the manifests of some service. */
static enum rk_rc
lint_stray(const struct rk_catalog *catalog, const struct rk_service *service, struct rk_manifest *manifest,
    json_t *findings, struct rk_err *err)
{
	struct rk_strbuf tenant = { 0 };
	enum rk_rc rc = RK_OK;
	bool stray;

	manifest->entry = rk_stray_entry(service, manifest->file.path, &tenant, &stray);
	manifest->tenant = tenant.len ? tenant.data : NULL;
	if (stray)
		rc = lint_manifest(catalog, service, true, manifest, findings, err);
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
		const struct rk_record_about about = { .service = service->name, .path = one.item->path };

		rk_discover_free(&list);
		rc = rk_discover(source, &one, NULL, &list, err);
		if (rc == RK_OK && list.n == 0) {
			rk_err_refuse(err, RK_CODE_NO_MANIFEST, "no file matches %s", about.path);
			rc = rk_record_add_finding(findings, &about, err);
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
	json_t *findings;
	size_t i, j;

	if (rc == RK_OK)
		rc = rk_stray_candidates(source, catalog, NULL, NULL, &list, err);
	for (i = 0; rc == RK_OK && i < list.n; i++) {
		rc = rk_manifest_read(source, &list.item[i], &manifest, err);
		for (j = 0; rc == RK_OK && j < catalog->n_services; j++) {
			findings = json_array_get(by_service, j);
			if (!list.item[i].manifests)
				rc = lint_stray(catalog, &service[j], &manifest, findings, err);
			else if (rk_discover_is_of(&list.item[i], &service[j]))
				rc = lint_manifest(catalog, &service[j], false, &manifest, findings, err);
		}
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
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++) {
		found = json_array();
		rk_json_append(by_service, found);
		rc = lint_patterns(source, &catalog->service[i], found, err);
	}
	if (rc == RK_OK)
		rc = lint_all(catalog, source, by_service, err);
	json_array_foreach(by_service, i, found)
		rk_json_extend(*findings, found);
	json_decref(by_service);
	return finish(rc, findings);
}

/* Select the tenants of a cohort that has a file; "*", and what cohort-resolve reports, an invalid file, count for nothing. */
static enum rk_rc
select_cohort(struct rk_cohort_set *cohorts, const char *name, struct rk_err *err)
{
	json_t *selector = rk_json_pack("{ss ss ss}", "source", "github", "key", "path", "value", name);
	enum rk_rc rc = rk_cohort_select(cohorts, selector, err);

	json_decref(selector);
	return rc == RK_REFUSED && err->code != RK_CODE_NO_SUCH_COHORT ? RK_OK : rc;
}

/* Find that a cohort which a key of the catalogue names has no file. */
static enum rk_rc
lint_cohort(struct rk_cohort_set *cohorts, const char *key, const char *cohort, json_t *findings, struct rk_err *err)
{
	static const char prefix[] = "github:path:";
	const struct rk_record_about about = { 0 };
	enum rk_rc rc;

	if (strncmp(cohort, prefix, strlen(prefix)) != 0)
		return RK_OK;
	rc = select_cohort(cohorts, cohort + strlen(prefix), err);
	if (rc != RK_REFUSED)
		return rc;
	rk_err_prefix(err, rc, "%s", key);
	return rk_record_add_finding(findings, &about, err);
}

/* Find tenants of any cohort that are not in one GitOps repository. */
static enum rk_rc
lint_fleet(const struct rk_catalog *catalog, struct rk_cohort_set *cohorts, json_t *findings, struct rk_err *err)
{
	struct rk_record_about about = { 0 };
	const json_t *names;
	const char *repository;
	enum rk_rc rc = rk_cohort_existing(cohorts, &names, err);
	json_t *tenant;
	size_t i;

	for (i = 0; rc == RK_OK && i < json_array_size(names); i++)
		rc = select_cohort(cohorts, json_string_value(json_array_get(names, i)), err);
	for (i = 0; rc == RK_OK && i < rk_cohort_count(cohorts); i++) {
		tenant = rk_cohort_tenant(cohorts, i);
		about.tenant = rk_json_string(tenant, "tenant");
		rc = rk_fleet_find(catalog, about.tenant, &repository, err);
		if (rc == RK_REFUSED)
			rc = rk_record_add_finding(findings, &about, err);
		json_decref(tenant);
	}
	return rc;
}

enum rk_rc
rk_lint_cohorts(const struct rk_catalog *catalog, struct rk_source *source, json_t **findings, struct rk_err *err)
{
	struct rk_cohort_set *cohorts = rk_cohort_open(catalog, source);
	enum rk_rc rc = RK_OK;
	size_t i;

	*findings = json_array();
	for (i = 0; rc == RK_OK && i < catalog->allowed.n; i++)
		rc = lint_cohort(cohorts, "allowed", catalog->allowed.item[i].cohort, *findings, err);
	for (i = 0; rc == RK_OK && i < catalog->waves.n; i++)
		rc = lint_cohort(cohorts, "waves", catalog->waves.item[i].cohort, *findings, err);
	for (i = 0; rc == RK_OK && i < catalog->merge.set.n; i++)
		rc = lint_cohort(cohorts, "merge", catalog->merge.set.item[i], *findings, err);
	if (rc == RK_OK && catalog->fleet.n)
		rc = lint_fleet(catalog, cohorts, *findings, err);
	rk_cohort_close(cohorts);
	return finish(rc, findings);
}
