#ifndef RK_SHADOW_H
#define RK_SHADOW_H

#include "base/err.h"
#include "gitops/catalog.h"
#include "gitops/values.h"

/*
 * Check that nothing takes precedence over the values at path, or rewrites them: Argo CD's parameters and
 * fileParameters (Helm's --set) at that path, above or below it; an annotation of Image Updater for it or for the
 * image's repository; .argocd-source.yaml, or that of the Application, beside the manifest; postRenderers of a
 * HelmRelease for the repository; a marker $imagepolicy of Flux in the map that has the value.
 *
 *   path   a JSON Pointer from the root of the values
 *
 * RK_REFUSED: shadowed; bad-values: a value that cannot be read; bad-yaml, of such a file; err->msg says by what.  RK_ENOINPUT, RK_EIO.
 */
enum rk_rc rk_shadow_check(const struct rk_values *values, const char *path, const char *repository, struct rk_err *err);

/*
 * Check that no registry would be put before the repository of a chart's first form: one beside it that the form does not
 * name, or one of the values' "global", unless it is host and the form writes a registry, too.
 * RK_REFUSED: shadowed; bad-values: a value that cannot be read.
 */
enum rk_rc rk_shadow_registry(const struct rk_values *values, const struct rk_chart *chart, const char *host,
    struct rk_err *err);

#endif
