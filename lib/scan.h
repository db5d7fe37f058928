#ifndef RK_SCAN_H
#define RK_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "catalog.h"
#include "err.h"
#include "repo.h"
#include "text.h"

/* Called for each manifest; anything but RK_OK ends the scan with it. */
typedef enum rk_rc rk_scan_found(void *context, const char *tenant, const char *path, struct rk_err *err);

/*
 * The manifests of one tenant of a service, each once, by pattern and then by path.
 * RK_REFUSED: no-manifest, when one of the patterns matches nothing.
 */
enum rk_rc rk_scan_tenant(struct rk_repo *repo, const struct rk_service *service, const char *tenant,
    rk_scan_found *found, void *context, struct rk_err *err);

/* What matches one of the patterns, each once, by pattern and then by path; tenant NULL: of all tenants. */
enum rk_rc rk_scan(struct rk_repo *repo, const struct rk_strings *manifests, const char *tenant, rk_scan_found *found,
    void *context, struct rk_err *err);

/* Does one of the patterns match path?  Appends the tenant's name to tenant. */
bool rk_scan_match(const struct rk_strings *manifests, const char *path, struct rk_text *tenant);

/*
 * Could this YAML or JSON text, a NUL behind its len bytes, hold the image's repository of a service (NULL: of any)
 * and ring (NULL: any)?  Looks at the bytes alone, and at what the escapes of quoted strings stand for, two levels
 * of them: a string may hold YAML.  False is certain.  RK_ENOMEM.
 */
enum rk_rc rk_scan_may_hold(const char *text, size_t len, const struct rk_service *service, const char *ring,
    bool *may, struct rk_err *err);

#endif
