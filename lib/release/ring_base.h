#ifndef RK_RING_BASE_H
#define RK_RING_BASE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Set *retargeted to whether a clone shows that a ring's pull request is for another branch on purpose: origin/HEAD is
 * origin/BRANCH, and origin/BASE, another branch, is not an ancestor of the ring's head.  All of it must be in the clone.
 * Otherwise the default branch may have been renamed, which gives every open pull request another base.
 * RK_ENOINPUT, RK_EPERM: the repository cannot be opened.  RK_EIO.
 */
enum rk_rc rk_ring_base_check(const char *dir, const char *branch, const char *base, const char *head, bool *retargeted,
    struct rk_err *err);

/*
 * Set *is to whether a clone has this commit, a whole id, as the head of origin/RING.
 * RK_ENOINPUT, RK_EPERM: the repository cannot be opened.  RK_EIO.
 */
enum rk_rc rk_ring_base_is_head(const char *dir, const char *ring, const char *head, bool *is, struct rk_err *err);

#endif
