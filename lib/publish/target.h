#ifndef RK_TARGET_H
#define RK_TARGET_H

#include <stdbool.h>

#include "base/err.h"
#include "git/git.h"
#include "git/quarantine.h"

/*
 * The target branch of a commit: local or on a remote.  Without onto, the commit is added to it; with onto, it is a
 * proposal for that branch, which is only read.
 */
struct rk_target;

/* All is borrowed until rk_target_close(). */
struct rk_target_options {
	git_repository *git;
	const char *dir;		/* a directory in it */
	const char *branch, *onto;	/* onto NULL: not a proposal */
	const char *remote;		/* NULL: a local branch */
	bool update;			/* update clean work trees of a local branch */
	unsigned seconds;		/* that one command with the remote may take */
};

/* Open a target.  *target on RK_OK is closed with rk_target_close(), else NULL.  Fails as rk_ref_open() or rk_remote_open(). */
enum rk_rc rk_target_open(const struct rk_target_options *options, struct rk_target **target, struct rk_err *err);
void rk_target_close(struct rk_target *target);	/* may be NULL */

/* Return the branch for messages, "the branch "main"", with the remote's name if there is one.  Borrowed. */
const char *rk_target_name(const struct rk_target *target);

/*
 * Read the branch's commit, and the commit to build on: without onto the same, with onto that branch's; the target may
 * then be missing, and tip is the zero id.
 * RK_ENOINPUT: branch not found.  RK_EUSAGE: also if the target is missing and Git cannot create it.  RK_EPERM, RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_target_read(struct rk_target *target, git_oid *tip, git_oid *base, struct rk_err *err);

/*
 * Move the branch from old to new, whose objects are in the quarantine, or in the repository if that is NULL.  If old is
 * zero, it is created; if new is zero, it is deleted.  message goes to the reflog of a local branch.  After any error the
 * branch is read again.
 * RK_OK: the branch has new, or a commit on top of it.  RK_END: it has moved elsewhere.  RK_ERACE: locked.
 * RK_EPERM: not permitted; err->msg has the remote's message.  RK_ENOINPUT: it is deleted.  RK_EIO, RK_ENOMEM.
 * Unless RK_OK, it does not have new, or err->msg says that this is not known.
 */
enum rk_rc rk_target_move(struct rk_target *target, const git_oid *old, const git_oid *new,
    struct rk_quarantine *quarantine, const char *message, struct rk_err *err);

/* After rk_target_move(), update the work trees that have the branch checked out.  Fails as rk_ref_update_worktrees(). */
enum rk_rc rk_target_update_worktrees(struct rk_target *target, struct rk_err *err);

#endif
