#ifndef RK_RING_BRANCH_H
#define RK_RING_BRANCH_H

#include <stddef.h>
#include <jansson.h>

#include "base/memory.h"
#include "base/err.h"
#include "git/git.h"

/*
 * List the first-parent chain from a commit back through the merges that ringsync(1) makes: the commit itself, then the
 * first parent of each such merge, down to and with the first commit that is not one.  Such a merge has two parents, and
 * a trailer Ring-Sync with the second.
 *
 *   commit  40 hexadecimal digits
 *   chain   new reference on RK_OK, else NULL: ["<id>", ...], at least commit
 *
 * RK_ENOINPUT: one of them is not in this clone; err->msg says how to fetch it.  RK_EIO.
 */
enum rk_rc rk_ring_branch_commits(git_repository *git, const char *commit, json_t **chain, struct rk_err *err);

/*
 * List the files that differ between a commit and its merge base with a branch (origin/BRANCH, or else the local one),
 * and that are at or below some paths.
 *
 *   below  the paths, with or without a "/" at the end
 *   most   how many files to list
 *   paths  new reference on RK_OK, else NULL: the first of them in order, escaped for messages
 *   n      how many files there are
 *
 * RK_ENOINPUT: the branch or the merge base is not in this clone; err->msg says how to fetch it.  RK_EIO.
 */
enum rk_rc rk_ring_branch_changed(git_repository *git, const char *branch, const char *commit, const struct rk_strings *below,
    size_t most, json_t **paths, size_t *n, struct rk_err *err);

#endif
