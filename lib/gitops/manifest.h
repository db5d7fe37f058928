#ifndef RK_MANIFEST_H
#define RK_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "yaml/yaml.h"

/*
 * A tenant's manifest, and where in it the Helm values are that Argo CD (or Flux, or Helm itself) reads:
 * in the document, or inside a string of it.
 */
struct rk_manifest {
	struct rk_yaml *yaml;
	size_t document;		/* which of the text's documents */
	struct rk_strbuf source;		/* JSON Pointer of the Helm source, "" where the kind has none */
	struct rk_strbuf at;		/* JSON Pointer of the string that holds the values, "" if none does */
	struct rk_strbuf base;		/* JSON Pointer of the values' root, from the document or the string */

	const struct rk_yaml *values;	/* what base is in: yaml, or the string's text parsed */
	uint32_t root;			/* the node that base starts from, 0 if there is none */
	bool keep_base;			/* the values' root must stay, empty or not: it silences a values string */

	struct rk_strbuf inner;
	struct rk_yaml *inner_yaml;
	const struct rk_chart *chart;	/* the service's chart whose values these are; NULL: the umbrella's */
	uint32_t object;		/* the Application or HelmRelease: a document's root, or an item of a List */
	uint32_t helm;			/* the source's helm block, 0 if there is none */
};

/*
 * Find the Helm values of a service in a manifest: of the object that deploys the umbrella chart, or one of the
 * service's charts by itself.
 *
 *   text              borrowed, a NUL behind its len bytes; must outlive the manifest
 *   catalog, service  borrowed, must outlive the manifest; a catalogue without umbrella.chart takes any chart
 *
 * The order is Argo CD's (argoproj.io, ApplicationSourceHelm): spec.sourceHydrator.drySource, a non-empty
 * spec.sources, spec.source; in it valuesObject, else a values string that is not empty, else a valuesObject
 * that is yet to be made.
 *
 * RK_REFUSED: bad-yaml (err->msg is "LINE:COLUMN: what"), not-an-application, application-set, ambiguous,
 * not-helm, other-chart, through-alias, through-merge-key, duplicate-key, bad-values.  RK_ENOMEM.
 * Free with rk_manifest_close() in any case.
 */
enum rk_rc rk_manifest_open(const char *text, size_t len, const struct rk_catalog *catalog,
    const struct rk_service *service, struct rk_manifest *manifest, struct rk_err *err);
void rk_manifest_close(struct rk_manifest *manifest);

/* Put the manifest's path in front of a refusal, "PATH: what" or "PATH:LINE:COLUMN: what"; RK_REFUSED. */
enum rk_rc rk_manifest_refused(const char *path, struct rk_err *err);

/* The targetRevision of the source as a new string, NULL where there is none.  RK_ENOMEM. */
enum rk_rc rk_manifest_target_revision(const struct rk_manifest *manifest, char **revision, struct rk_err *err);

#endif
