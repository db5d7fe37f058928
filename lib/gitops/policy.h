#ifndef RK_POLICY_H
#define RK_POLICY_H

#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/memory.h"
#include "gitops/catalog.h"

/* Return the freeze that a time, in seconds since 1970, is in: borrowed; NULL if it is in none. */
const struct rk_freeze *rk_policy_freeze(const struct rk_catalog *catalog, int64_t now);

/*
 * Check the patch records that set an image for a tenant.
 * RK_REFUSED: frozen, if one has edits; without a freeze, NULL, never.
 */
enum rk_rc rk_policy_check_freeze(const struct rk_freeze *freeze, const json_t *patches, struct rk_err *err);

/*
 * Find who may put a label on a pull request: borrowed; NULL: all who may label there.  cohort is the label's selector, which is
 * compared without case, as GitHub compares labels and some file systems names.
 */
const struct rk_strings *rk_policy_may_label(const struct rk_catalog *catalog, const char *cohort);

#endif
