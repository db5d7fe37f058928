#ifndef RK_DISCOVER_H
#define RK_DISCOVER_H

#include <stdbool.h>

#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"

/* Called for each manifest; anything but RK_OK ends the scan with it. */
typedef enum rk_rc rk_discover_found(void *context, const char *tenant, const char *path, struct rk_err *err);

/*
 * The manifests of one tenant of a service, each once, by pattern and then by path.
 * RK_REFUSED: no-manifest, when one of the patterns matches nothing.
 */
enum rk_rc rk_discover_tenant(struct rk_source *repo, const struct rk_service *service, const char *tenant,
    rk_discover_found *found, void *context, struct rk_err *err);

/* What matches one of the patterns, each once, by pattern and then by path; tenant NULL: of all tenants. */
enum rk_rc rk_discover(struct rk_source *repo, const struct rk_strings *manifests, const char *tenant, rk_discover_found *found,
    void *context, struct rk_err *err);

/* Does one of the patterns match path?  Appends the tenant's name to tenant. */
bool rk_discover_match(const struct rk_strings *manifests, const char *path, struct rk_strbuf *tenant);

#endif
