#ifndef RK_MANIFEST_H
#define RK_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "err.h"
#include "text.h"
#include "yaml.h"

/*
 * A tenant's manifest, and where in it the Helm values are that Argo CD (or Flux, or Helm itself) reads:
 * in the document, or inside a string of it.
 */
struct rk_manifest {
	struct rk_yaml *yaml;
	size_t document;		/* which of the text's documents */
	struct rk_text source;		/* JSON Pointer of the Helm source, "" where the kind has none */
	struct rk_text at;		/* JSON Pointer of the string that holds the values, "" if none does */
	struct rk_text base;		/* JSON Pointer of the values' root, from the document or the string */

	const struct rk_yaml *values;	/* what base is in: yaml, or the string's text parsed */
	uint32_t root;			/* the node that base starts from, 0 if there is none */
	bool keep_base;			/* the values' root must stay, empty or not: it silences a values string */

	struct rk_text inner;
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

/* The text of a map's scalar member into text; "" where there is none, or null.  RK_EDATA, RK_ENOMEM. */
enum rk_rc rk_manifest_member(const struct rk_yaml *yaml, uint32_t map, const char *key, struct rk_text *text,
    struct rk_err *err);

/* Append the JSON Pointer of a node in its document.  RK_EDATA: a key on the way is no text.  RK_ENOMEM. */
enum rk_rc rk_manifest_pointer(const struct rk_yaml *yaml, uint32_t node, struct rk_text *path, struct rk_err *err);

/* Put the manifest's path in front of a refusal, "PATH: what" or "PATH:LINE:COLUMN: what"; RK_REFUSED. */
enum rk_rc rk_manifest_refused(const char *path, struct rk_err *err);

/*
 * The value of a key in a map, as an edit would see it; *value is 0 where there is none.
 * RK_REFUSED: through-alias, through-merge-key, duplicate-key: what a reader would see there is not plain.
 */
enum rk_rc rk_manifest_step(const struct rk_yaml *yaml, uint32_t map, const char *key, uint32_t *value,
    struct rk_err *err);

/*
 * Would something win over, or rewrite, what the values have at path, a JSON Pointer from the values' root?
 * Argo CD's parameters and fileParameters (Helm's --set) at that path, above or below it; an Image Updater
 * annotation for it or for repository; a HelmRelease's postRenderers for repository; Flux's $imagepolicy marker
 * in the map that holds it.
 * RK_REFUSED: shadowed; err->msg says by what.  RK_ENOMEM.
 */
enum rk_rc rk_manifest_shadowed(const struct rk_manifest *manifest, const char *path, const char *repository,
    struct rk_err *err);

/* The targetRevision of the source as a new string, NULL where there is none.  RK_ENOMEM. */
enum rk_rc rk_manifest_target_revision(const struct rk_manifest *manifest, char **revision, struct rk_err *err);

#endif
