#ifndef RK_DECIDE_SOURCES_H
#define RK_DECIDE_SOURCES_H

#include "base/err.h"
#include "release/decide.h"
#include "release/ring_commits.h"

/*
 * Decide by what the sources show: rk_decide_base(), and if the action is RK_SET, rk_decide_build(), rk_decide_image(),
 * rk_decide_values() and rk_decide_rejected().  Fails as they do, and as rk_ring_commits_read().
 */
enum rk_rc rk_decide_sources(struct rk_decision *decision, const struct rk_ring_commits_sources *from,
    struct rk_err *err);

#endif
