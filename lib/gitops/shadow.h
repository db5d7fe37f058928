#ifndef RK_SHADOW_H
#define RK_SHADOW_H

#include "base/err.h"
#include "gitops/manifest.h"

/*
 * Would something win over, or rewrite, what the values have at path, a JSON Pointer from the values' root?
 * Argo CD's parameters and fileParameters (Helm's --set) at that path, above or below it; an Image Updater
 * annotation for it or for repository; a HelmRelease's postRenderers for repository; Flux's $imagepolicy marker
 * in the map that holds it.
 * RK_REFUSED: shadowed; err->msg says by what.  RK_ENOMEM.
 */
enum rk_rc rk_shadow_check(const struct rk_manifest *manifest, const char *path, const char *repository,
    struct rk_err *err);

#endif
