#ifndef RK_TARGET_H
#define RK_TARGET_H

#include <stdbool.h>

#include "base/err.h"
#include "git/git.h"

/*
 * Where the branches are that a commit is for: here, in the repository itself, or on one of its remotes.
 * Of a branch alone its own commits are grown; a proposal is a branch for another one, onto, which is only read.
 */
struct rk_target;

/* All is borrowed, and must outlive the place. */
struct rk_target_options {
	git_repository *git;
	const char *dir;		/* a directory in it */
	const char *branch, *onto;	/* onto NULL: no proposal */
	const char *remote;		/* NULL: here */
	bool update;			/* of a branch here, clean work trees are brought along */
	unsigned seconds;		/* that one talk with the remote may take */
};

/* *place on RK_OK is closed with rk_target_close(), else NULL.  As rk_ref_open() or rk_remote_open() fails. */
enum rk_rc rk_target_open(const struct rk_target_options *options, struct rk_target **place, struct rk_err *err);
void rk_target_close(struct rk_target *place);	/* may be NULL */

/* "the branch "main"", with the remote's name where there is one: for messages.  Borrowed. */
const char *rk_target_name(const struct rk_target *place);

/*
 * The branch's commit and the commit to build on, as they are now: the same one without onto; with it, the branch
 * may be missing, and tip is then the zero id.
 * RK_ENOINPUT: there is no such branch.  RK_EUSAGE, RK_EPERM, RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_target_read(struct rk_target *place, git_oid *tip, git_oid *base, struct rk_err *err);

/*
 * Move the branch from old to new, whose objects are in the repository; a zero old: it is created; a zero new: it
 * is deleted.  message goes to the reflog of a branch here.  After any error the branch is read again.
 * RK_OK: it is there, or a commit on top of it is.  RK_END: it has moved elsewhere.  RK_ERACE: locked.
 * RK_EPERM: not allowed; err->msg has what the other side says.  RK_ENOINPUT: it is gone.
 * RK_EIO, RK_ENOMEM.  Unless RK_OK it does not hold new, or err->msg says that this is not known.
 */
enum rk_rc rk_target_move(struct rk_target *place, const git_oid *old, const git_oid *new, const char *message,
    struct rk_err *err);

/* Bring the work trees along, where rk_target_move() has moved the branch: rk_worktree_bring(). */
enum rk_rc rk_target_bring(struct rk_target *place, struct rk_err *err);

#endif
