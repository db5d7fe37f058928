#ifndef RK_HELM_VALUES_H
#define RK_HELM_VALUES_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/values.h"

#define RK_HELM_VALUES_PARAMETERS 1000	/* of a source */

/*
 * Read the values that Argo CD or Flux gives Helm for the chart of a manifest, with Argo CD's parameters applied; those of a
 * catalogue's entry as they are there.  Values that the manifest only names (helm.valueFiles, spec.valuesFrom) are not in it:
 * these take precedence over such.
 *
 *   json  new reference on RK_OK, an object; else NULL
 *
 * RK_REFUSED: bad-values, duplicate-key, unreadable, too-large; shadowed: a parameter is a file, or is not known until Argo CD
 * expands a variable or a template; err->msg starts with the path.
 */
enum rk_rc rk_helm_values_read(const struct rk_values *values, json_t **json, struct rk_err *err);

/*
 * Describe the chart of a manifest, with what else a rendering of it needs.
 *
 *   json  new reference on RK_OK, else NULL: {"tenant": s, "chart": s, "repoURL": s, "path": s, "targetRevision": s,
 *         "releaseName": s, "namespace": s, "valueFiles": [s, ...], "valuesFrom": [s, ...], "reason": s}, each only if it is known; reason says
 *         why the revision is not what is deployed
 *
 * Fails as rk_helm_values_read().  RK_ENOINPUT, RK_EIO: as rk_chart_source_find().
 */
enum rk_rc rk_helm_values_source(const struct rk_values *values, json_t **json, struct rk_err *err);

/*
 * Append what the manifest names of other values, which those of rk_helm_values_read() take precedence over: "valueFiles
 * a.yaml, valuesFrom ConfigMap defaults"; nothing if there are none.  Fails as rk_helm_values_source().
 */
enum rk_rc rk_helm_values_named(const struct rk_values *values, struct rk_strbuf *named, struct rk_err *err);

#endif
