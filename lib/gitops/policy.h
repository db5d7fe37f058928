#ifndef RK_POLICY_H
#define RK_POLICY_H

#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

/* Return the freeze that a time, in seconds since 1970, is in: borrowed; NULL if it is in none. */
const struct rk_freeze *rk_policy_freeze(const struct rk_catalog *catalog, int64_t now);

/*
 * Check the patch records that set an image for a tenant.
 * RK_REFUSED: frozen, if one has edits; without a freeze, NULL, never.
 */
enum rk_rc rk_policy_check_freeze(const struct rk_freeze *freeze, const json_t *patches, struct rk_err *err);

#endif
