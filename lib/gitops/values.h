#ifndef RK_VALUES_H
#define RK_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"
#include "yaml/yaml.h"

/* What can take precedence over values in a manifest, or rewrite them; shadow.c checks each. */
enum rk_values_shadows {
	RK_VALUES_PARAMETERS = 1,	/* of an Argo CD source */
	RK_VALUES_UPDATER = 2,		/* annotations of Argo CD Image Updater */
	RK_VALUES_SOURCE_FILES = 4,	/* .argocd-source.yaml */
	RK_VALUES_RENDERERS = 8,	/* postRenderers of a HelmRelease */
	RK_VALUES_MARKERS = 16,		/* of Flux's image automation */
};

/* The Helm values of a service in a manifest, as Argo CD, Flux or Helm reads them.  Free with rk_values_free(). */
struct rk_values {
	struct rk_manifest *manifest;	/* borrowed */
	const struct rk_service *service;
	const char *umbrella;		/* the name of the umbrella chart, NULL: any */
	struct rk_strbuf deployed;	/* "shop" or "cart" if that part of "shop/cart" is deployed; "": the umbrella */
	size_t document;		/* the number of the YAML document */
	uint32_t object;		/* what deploys the chart: the document's root, an item of a List, an element */
	struct rk_strbuf version;	/* JSON Pointer of the chart's version in the document, "" if it has no place there */
	unsigned shadows;		/* enum rk_values_shadows */
	size_t element;			/* its number, if the catalogue's entry of the manifest has elements */
	struct rk_strbuf element_at;	/* JSON Pointer of it, "" otherwise */
	uint32_t *helm;			/* the helm blocks of the source, or of those in the templates of an ApplicationSet */
	size_t n_helm;

	struct rk_strbuf at;		/* JSON Pointer of the string that holds the values, "" if none does */
	const struct rk_strbuf *string;	/* that string, or NULL: borrowed from the manifest */
	const struct rk_yaml *yaml;	/* the document's nodes, or those of the string */
	uint32_t root;			/* the root in yaml, 0 if it is empty */
	struct rk_strbuf base;		/* JSON Pointer from root to the values */
	bool flow;			/* new maps are written in flow style even in a block map: the string is single-quoted */
	bool keep_base;			/* keep the values even if they become empty: they take precedence over a string */
};

/*
 * Find the values of a service in a manifest: those of the one object that deploys the umbrella chart, or one of the
 * service's charts by itself.
 *
 *   manifest          borrowed until rk_values_free(); it is parsed if it was not
 *   catalog, service  borrowed until then; without umbrella.chart, any chart is the umbrella
 *
 * The order is that of Argo CD (argoproj.io, ApplicationSourceHelm): spec.sourceHydrator.drySource, a non-empty
 * spec.sources, spec.source; in the source valuesObject, else a values string that is not empty, else a new valuesObject.
 *
 * If the catalogue's entry of the manifest has values, the values are there, and the chart is the umbrella.
 *
 * RK_REFUSED: bad-yaml, no-manifest, no-such-path, not-an-application, application-set, ambiguous, not-helm, other-chart, through-alias,
 * through-merge-key, duplicate-key, bad-values; err->msg starts with the path.
 * Free values in any case.
 */
enum rk_rc rk_values_find(struct rk_manifest *manifest, const struct rk_catalog *catalog, const struct rk_service *service,
    struct rk_values *values, struct rk_err *err);
void rk_values_free(struct rk_values *values);

/* Return whether the manifest deploys a chart of the service. */
bool rk_values_deploys(const struct rk_values *values, const struct rk_chart *chart);

/* Return how many keys lead from these values to those of a chart that is deployed: 0 if it is deployed by itself. */
size_t rk_values_depth(const struct rk_values *values, const struct rk_chart *chart);

/* Convert path, a pointer of such a chart from the root of the umbrella's values, to one from the root of these. */
const char *rk_values_path(const struct rk_values *values, const struct rk_chart *chart, const char *path);

/* Set *revision to the version of the chart that is deployed: a new string, NULL if there is none. */
enum rk_rc rk_values_target_revision(const struct rk_values *values, char **revision, struct rk_err *err);

#endif
