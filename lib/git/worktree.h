#ifndef RK_WORKTREE_H
#define RK_WORKTREE_H

#include <stddef.h>

#include "base/err.h"
#include "git/git.h"

/*
 * The work trees, linked ones too, that have a branch checked out.  Zeroed is none.
 */
struct rk_worktree_list {
	char **dir;		/* the Git directory of each */
	size_t n, room;
};

/*
 * Find those of a branch, by the name of its ref; what trees held before is freed.
 * RK_EPERM: a work tree is rebasing or bisecting it, and will move it by itself; err->msg says where.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_worktree_find(git_repository *git, const char *name, struct rk_worktree_list *trees, struct rk_err *err);
void rk_worktree_free(struct rk_worktree_list *trees);

/* RK_EPERM, with a message that tells where the branch is checked out and what to do; RK_OK when trees is empty. */
enum rk_rc rk_worktree_refuse(git_repository *git, const char *name, const struct rk_worktree_list *trees,
    struct rk_err *err);

/*
 * Can each of them be brought from the commit old to new?  Nothing is changed but what Git's index remembers of
 * the times of files.  new NULL: it is not there yet, and only what is now in the work trees counts.
 * RK_EPERM: one has changes that are not committed, is in the middle of something, or would lose a file.
 * RK_ERACE: its index is locked, and stayed so.  RK_EIO, RK_ENOMEM, RK_ENOINPUT: git could not be asked.
 */
enum rk_rc rk_worktree_check(git_repository *git, const struct rk_worktree_list *trees, const git_oid *old,
    const git_oid *new, struct rk_err *err);

/*
 * Bring them, once the branch has moved.  Fails as rk_worktree_check(); err->msg then names the work tree that is
 * left behind, and the command that brings it along.  The others are brought all the same.
 */
enum rk_rc rk_worktree_bring(git_repository *git, const struct rk_worktree_list *trees, const git_oid *old,
    const git_oid *new, struct rk_err *err);

#endif
