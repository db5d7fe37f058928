/* Fuzz what reads manifests: an input is one, read with the examples' catalogue for each of its services. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/chart_source.h"
#include "gitops/manifest.h"
#include "gitops/prefilter.h"
#include "gitops/shadow.h"
#include "gitops/values.h"
#include "override/directive.h"
#include "fuzz.h"

static void
wrong(const char *what, const struct rk_err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->msg);
	abort();
}

static void
find_directives(const struct rk_values *values, const struct rk_service *service)
{
	const struct rk_record_about about = { .service = service->name };
	json_t *findings = json_array(), *finding;
	struct rk_err err = { 0 };
	enum rk_rc rc;
	size_t i;

	for (i = 0; i < service->n_charts; i++) {
		rc = rk_directive_find(values, &service->chart[i], &about, findings, &err);
		if (rc != RK_OK && rc != RK_REFUSED)
			wrong("directives", &err);
	}
	json_array_foreach(findings, i, finding)
		EXPECT(strcmp(json_string_value(json_object_get(finding, "code")), "comment-directive") == 0);
	json_decref(findings);
}

static void
manifest(const struct rk_catalog *catalog, const char *text, size_t len)
{
	struct rk_manifest m = { .tenant = "acme", .file.path = "application.yaml" };
	struct rk_values values;
	struct rk_err err = { 0 };
	enum rk_rc rc;
	struct rk_chart_source source;
	size_t i;

	rk_directive_may_be_in(text);
	rk_strbuf_add(&m.file.text, text, len);
	for (i = 0; i < catalog->n_services; i++) {
		rk_prefilter_may_hold(text, len, &catalog->service[i], "ring-x");
		rc = rk_values_find(&m, catalog, &catalog->service[i], &values, &err);
		if (rc != RK_OK && rc != RK_REFUSED)
			wrong("values", &err);
		if (rc == RK_OK) {
			find_directives(&values, &catalog->service[i]);
			rc = rk_shadow_check(&values, "/heracles/image", "ghcr.io/atlanhq/heracles-ring-x", &err);
			if (rc != RK_OK && rc != RK_REFUSED)
				wrong("shadowed", &err);
			rc = rk_chart_source_find(&values, &source, &err);
			if (rc != RK_OK)
				wrong("chart source", &err);
			rk_chart_source_free(&source);
		}
		rk_values_free(&values);
	}
	rk_manifest_free(&m);
}

int
fuzz_read(const uint8_t *data, size_t size)
{
	static struct rk_catalog *catalog;	/* read once */
	struct rk_err err = { 0 };
	char *text;

	if (!catalog && rk_catalog_load("examples/releases/ring.yaml", &catalog, &err) != RK_OK)
		wrong("the examples' catalogue", &err);
	text = fuzz_copy(data, size);
	manifest(catalog, text, size);
	free(text);
	return 0;
}
