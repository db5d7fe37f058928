#ifndef RK_RING_BRANCH_H
#define RK_RING_BRANCH_H

#include <stddef.h>
#include <jansson.h>

#include "base/array.h"
#include "base/err.h"
#include "git/git.h"

/* What a ring's branch is made of: commits of its own, and merges of the default branch. */

/*
 * The way from a commit back through the merges that ringsync(1) makes of a default branch: the commit itself, then
 * the first parent of each such merge, down to the first commit that is none.  Such a merge has two parents, and a
 * trailer Ring-Sync that names the second.
 *
 *   commit  a whole id
 *   way     new reference on RK_OK, else NULL: ["<id>", ...], at least commit
 *
 * RK_ENOINPUT: one of them is not here; err->msg has the remedy.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ring_branch_commits(git_repository *git, const char *commit, json_t **way, struct rk_err *err);

/*
 * The files below some paths (directories, with or without a "/" behind, or files) that differ between a commit and
 * where it left a branch: origin/BRANCH, where there is one, else the local one.
 *
 *   paths  new reference on RK_OK, else NULL: the first most of them, in order, escaped for messages
 *   n      how many there are
 *
 * RK_ENOINPUT: there is no such branch, or the two have no commit in common here.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ring_branch_changed(git_repository *git, const char *branch, const char *commit, const struct rk_strings *below,
    size_t most, json_t **paths, size_t *n, struct rk_err *err);

#endif
