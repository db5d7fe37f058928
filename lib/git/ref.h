#ifndef RK_REF_H
#define RK_REF_H

#include <stdbool.h>

#include "base/err.h"
#include "git/git.h"
#include "git/worktree.h"

/*
 * A local branch, to be moved by compare-and-swap.  Zeroed is none; free with rk_ref_free().
 */
struct rk_ref {
	git_repository *git;	/* borrowed */
	char *name;		/* "refs/heads/main": where the branch's own symbolic refs lead, if it is one */
	const char *branch;	/* "main", in name */
	bool may_lack;		/* it may be missing: its commit is then the zero id */
	bool brings;		/* work trees along */
	struct rk_worktree_list trees;	/* that have it checked out */
};

/* RK_EUSAGE: it cannot be a branch's name. */
enum rk_rc rk_ref_check(const char *branch, struct rk_err *err);

/*
 * Find a branch to move; where it may lack, to create and to delete, too.
 * RK_EUSAGE: no valid name.  RK_ENOINPUT: there is no such branch.  RK_EPERM: it is checked out, being
 * rebased or bisected in a work tree (which a new commit would leave behind); err->msg says where.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ref_open(git_repository *git, const char *branch, bool may_lack, struct rk_ref *ref, struct rk_err *err);

/*
 * The same for a branch that may be checked out, as long as rk_worktree_check() has nothing against the work
 * trees: RK_EPERM, RK_ERACE.  Once it has moved, rk_ref_bring() is to be called.
 */
enum rk_rc rk_ref_open_everywhere(git_repository *git, const char *branch, bool may_lack, struct rk_ref *ref,
    struct rk_err *err);
void rk_ref_free(struct rk_ref *ref);

/* The same for what was last seen of a remote's branch: its name is then "origin/main".  RK_EUSAGE, RK_ENOINPUT, RK_ENOMEM. */
enum rk_rc rk_ref_open_seen(git_repository *git, const char *remote, const char *branch, struct rk_ref *ref,
    struct rk_err *err);

/* The commit that it points at now.  RK_ENOINPUT: it is gone. */
enum rk_rc rk_ref_tip(const struct rk_ref *ref, git_oid *tip, struct rk_err *err);

/* The same for a branch that is only read, wherever it is checked out.  RK_EUSAGE, RK_ENOINPUT: as above. */
enum rk_rc rk_ref_read(git_repository *git, const char *branch, git_oid *tip, struct rk_err *err);

/*
 * Move it from old to new; message goes to the reflog.  A zero old: it is created; a zero new: it is deleted.
 * A lock is waited for, a few seconds at most, and never removed.  After any error the branch is read again, and
 * what it says is the answer:
 * RK_OK: it points at new, or at a commit on top of it.  RK_END: it has moved elsewhere.
 * RK_ERACE: still locked; err->msg names the lock and its age.  RK_EPERM: checked out meanwhile, or a
 * work tree cannot be brought along.
 * RK_ENOINPUT: it is gone.  RK_EIO, RK_ENOMEM.  Unless RK_OK, it does not hold new.
 */
enum rk_rc rk_ref_move(struct rk_ref *ref, const git_oid *old, const git_oid *new, const char *message,
    struct rk_err *err);

/* Bring the work trees from old to new, behind a move: rk_worktree_bring(). */
enum rk_rc rk_ref_bring(const struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_err *err);

#endif
