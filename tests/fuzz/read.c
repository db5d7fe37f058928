/* Fuzz what reads manifests: an input is one, read with the examples' catalogue for each of its services. */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/chart_source.h"
#include "gitops/manifest.h"
#include "gitops/prefilter.h"
#include "gitops/shadow.h"
#include "gitops/values.h"
#include "fuzz.h"

static void
wrong(const char *what, const struct rk_err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->msg);
	abort();
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

	rk_strbuf_add(&m.file.text, text, len);
	for (i = 0; i < catalog->n_services; i++) {
		rk_prefilter_may_hold(text, len, &catalog->service[i], "ring-x");
		rc = rk_values_find(&m, catalog, &catalog->service[i], &values, &err);
		if (rc != RK_OK && rc != RK_REFUSED)
			wrong("values", &err);
		if (rc == RK_OK) {
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
