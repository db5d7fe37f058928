#ifndef RK_CLAIMS_H
#define RK_CLAIMS_H

#include <jansson.h>

#include "base/err.h"
#include "gitops/inventory.h"

/*
 * What open proposals claim of a service: the tenants that a branch gives to a ring beyond its merge base
 * with rev.
 *
 *   pattern  of branches, local ones or REMOTE/BRANCH, or of whole refs; "*" matches any text, "/" in it too
 *   query    service is wanted; ring and tenant must be NULL
 *   claims   new reference on RK_OK, else NULL: {"<tenant>": [{"ring": s, "branch": s}, ...]}
 *
 * No such branch claims nothing.  RK_ENOINPUT: a branch has no history in common with rev, or the clone is too
 * shallow to tell.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_claims_read(const char *dir, const char *rev, const char *pattern, const struct rk_inventory_query *query,
    json_t **claims, struct rk_err *err);

/*
 * What the ring's own open proposal gives to tenants, beyond its merge base with rev.
 *
 *   proposal  a revision; one that does not exist proposes nothing
 *   query     service and ring are wanted; tenant must be NULL
 *   proposed  new reference on RK_OK, else NULL: {"<tenant>": "<tag>", ...}
 *
 * RK_ENOINPUT, RK_EIO, RK_ENOMEM: as rk_claims_read().
 */
enum rk_rc rk_claims_proposed(const char *dir, const char *rev, const char *proposal, const struct rk_inventory_query *query,
    json_t **proposed, struct rk_err *err);

#endif
