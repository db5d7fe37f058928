/*
 * What reads catalogues and manifests, under a fuzzer.  An input's first byte says which; the rest is the text.
 * A manifest is read with the examples' catalogue, for each of its services.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
catalogue(const uint8_t *data, size_t size)
{
	struct rk_catalog *catalog;
	struct rk_err err = { 0 };
	FILE *file = tmpfile();
	char name[64];
	enum rk_rc rc;

	if (!file || fwrite(data, 1, size, file) != size || fflush(file) != 0)
		abort();
	snprintf(name, sizeof name, "/proc/self/fd/%d", fileno(file));
	rc = rk_catalog_load(name, &catalog, &err);
	if (rc != RK_OK && rc != RK_ECONFIG)
		wrong("catalogue", &err);
	rk_catalog_free(catalog);
	fclose(file);
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
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rk_catalog *catalog;	/* read once */
	struct rk_err err = { 0 };
	char *text;

	if (!catalog && rk_catalog_load("examples/releases/ring.yaml", &catalog, &err) != RK_OK)
		wrong("the examples' catalogue", &err);
	if (size == 0)
		return 0;
	if (data[0] % 2) {
		catalogue(data + 1, size - 1);
		return 0;
	}
	text = malloc(size);
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	manifest(catalog, text, size - 1);
	free(text);
	return 0;
}
