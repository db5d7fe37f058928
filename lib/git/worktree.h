#ifndef RK_WORKTREE_H
#define RK_WORKTREE_H

#include "base/err.h"
#include "git/git.h"

/* The work trees, linked ones too, that have a branch checked out. */
struct rk_worktrees;

/*
 * Find the work trees of the branch whose ref has this name.  *trees on RK_OK is freed with rk_worktree_free(), else NULL.
 * RK_EPERM: a work tree is rebasing or bisecting the branch, and will move it; err->msg says where.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_worktree_find(git_repository *git, const char *name, struct rk_worktrees **trees, struct rk_err *err);
void rk_worktree_free(struct rk_worktrees *trees);	/* may be NULL */

/* Refuse a branch that is checked out.  RK_EPERM: it is; err->msg says where, and what to do.  RK_ENOMEM. */
enum rk_rc rk_worktree_refuse(const struct rk_worktrees *trees, struct rk_err *err);

/*
 * Check that each work tree could be updated from the commit old to new.  Nothing changes, except for the times of files
 * in Git's index.  If new is NULL, it is not known yet, and only the state of the work trees counts.  objects is a directory
 * of more objects, those of new for example, or NULL.
 * RK_EPERM: a work tree has uncommitted changes, is in the middle of a merge or the like, or would lose a file.
 * RK_ERACE: its index stays locked.  RK_EIO, RK_ENOMEM.  RK_ENOINPUT: git not found.
 */
enum rk_rc rk_worktree_check(const struct rk_worktrees *trees, const git_oid *old, const git_oid *new, const char *objects,
    struct rk_err *err);

/*
 * Update the work trees after the branch has moved.  Fails as rk_worktree_check(); err->msg then names the first work tree
 * that was not updated, and the command that updates it.  The others are updated nevertheless.
 */
enum rk_rc rk_worktree_update(const struct rk_worktrees *trees, const git_oid *old, const git_oid *new, struct rk_err *err);

#endif
