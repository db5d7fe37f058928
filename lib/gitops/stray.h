#ifndef RK_STRAY_H
#define RK_STRAY_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/manifest.h"
#include "gitops/override.h"

/*
 * Append every YAML and JSON file of a revision that may hold a ring's image: of the service, or if that is NULL of any; of
 * the ring, or if that is NULL of any.  Their tenant is "", and their manifests is NULL.
 * RK_ENOINPUT, RK_EIO, RK_ENOMEM: as rk_source_each().
 */
enum rk_rc rk_stray_candidates(struct rk_source *source, const struct rk_catalog *catalog,
    const struct rk_service *service, const char *ring, struct rk_discover_list *list, struct rk_err *err);

/*
 * Return whether a path matches none of the service's patterns, because the manifest was moved, and append the tenant's name:
 * the one that a pattern gives, or of a moved manifest the one that its path suggests, "" if that is not a valid name.
 */
bool rk_stray_path(const struct rk_catalog *catalog, const struct rk_service *service, const char *path,
    struct rk_strbuf *tenant);

/*
 * Append a finding, stray-override, for each image of the service's rings in a manifest that was parsed, except the known
 * ones (NULL: no pattern of the service matches the file).  If ring is not NULL, only that ring's images count.  RK_ENOMEM.
 */
enum rk_rc rk_stray_search(struct rk_manifest *manifest, const struct rk_service *service, const char *ring,
    const struct rk_override_list *known, json_t *findings, struct rk_err *err);

#endif
