#ifndef RK_STRAY_H
#define RK_STRAY_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/discover.h"
#include "gitops/manifest.h"
#include "override/override.h"

/*
 * Append the YAML and JSON files of a revision that none of a service's entries matches and that may hold an image of its rings:
 * of the service, or if that is NULL of any; of the ring, or if that is NULL of any.  Their tenant is "", and their manifests
 * is NULL.
 * RK_ENOINPUT, RK_EIO: as rk_source_each().
 */
enum rk_rc rk_stray_candidates(struct rk_source *source, const struct rk_catalog *catalog,
    const struct rk_service *service, const char *ring, struct rk_discover_list *list, struct rk_err *err);

/*
 * Return the first of the service's entries that a path matches, and append the tenant's name.  If none does, because the
 * manifest was moved, *stray is true: the entry is then one whose components from {tenant} on are the end of the path, or
 * NULL, and the name is the one that this gives, or else that of the directory, or "" if that is not valid.
 */
const struct rk_entry *rk_stray_entry(const struct rk_service *service, const char *path, struct rk_strbuf *tenant,
    bool *stray);

/*
 * Append a finding, stray-override, for each image of the service's rings in a node of a manifest that was parsed, or if node
 * is 0 anywhere in it, except the known ones (NULL: no entry of the service matches the file).  If ring is not NULL, only that ring's images count.
 */
enum rk_rc rk_stray_search(struct rk_manifest *manifest, uint32_t node, const struct rk_service *service, const char *ring,
    const struct rk_override_list *known, json_t *findings, struct rk_err *err);

#endif
