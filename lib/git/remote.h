#ifndef RK_REMOTE_H
#define RK_REMOTE_H

#include <stddef.h>

#include "base/err.h"
#include "git/git.h"

/*
 * Branches of a remote, read by git fetch and moved by git push, so that credentials, proxies, ssh and hooks work as in Git.
 * The commits that were fetched are kept by refs of this process, refs/ringkit/PID-TIME/N, which rk_remote_close() removes,
 * together with those that are older than a day.  Local and remote-tracking branches are not changed.
 */
struct rk_remote;

/*
 * Check that a repository has a remote of this name, or remote-tracking branches of one; "." is the repository itself.
 * RK_ENOINPUT: it does not.  RK_EIO.
 */
enum rk_rc rk_remote_check_name(git_repository *git, const char *name, struct rk_err *err);

/*
 * Open a remote, without contacting it.
 *
 *   git, dir  borrowed: a repository, and a directory in it
 *   name      borrowed: the name of a remote, or a URL or path, as git push takes it
 *   seconds   until a git command is killed
 *   remote    on RK_OK closed with rk_remote_close(), else NULL
 *
 * RK_EUSAGE: invalid name.  RK_EPERM: the URL contains a password.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_remote_open(git_repository *git, const char *dir, const char *name, unsigned seconds,
    struct rk_remote **remote, struct rk_err *err);
void rk_remote_close(struct rk_remote *remote);	/* may be NULL */

/* Return the name for messages: user information in a URL is replaced by ***.  Borrowed. */
const char *rk_remote_name(const struct rk_remote *remote);

/*
 * Check that a new branch can exist beside those of the remote, as rk_ref_check_beside().  RK_EUSAGE: it cannot.
 * RK_EPERM, RK_EIO, RK_ENOMEM: as rk_remote_read().
 */
enum rk_rc rk_remote_check_creatable(struct rk_remote *remote, const char *branch, struct rk_err *err);

/*
 * Read the commits of n branches into tip, and fetch them; the zero id stands for a branch that is missing.
 * RK_ERACE: at each of several tries, a branch was deleted before it could be fetched.
 * RK_EPERM: no permission.  RK_EIO: the remote cannot be read; err->msg has Git's messages.  RK_ENOMEM.
 */
enum rk_rc rk_remote_read(struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip, struct rk_err *err);

/* One branch of a push, and the result for it. */
struct rk_remote_move {
	const char *branch;
	git_oid old, new;	/* zero: the branch is created or deleted */
	enum rk_rc rc;		/* RK_OK: at new or a descendant; RK_END: moved elsewhere; RK_EIO: at old, or unknown */
};

/*
 * Move n branches, all or none, each only from its old commit (git push --atomic --force-with-lease).  If the push fails,
 * the branches are read again, and the result depends on where they are by then:
 *
 * RK_OK: all are at their new commits.
 * RK_END: other writers have moved the branches whose rc is RK_END, so this push has moved none; read again and retry.
 * RK_ERACE: a branch is locked; retry.
 * RK_EPERM: a hook or a rule of the remote refused the push; err->msg has the remote's message.
 * RK_EIO: the remote cannot be reached, or it is unknown whether the branches have moved; err->msg says which.  RK_ENOMEM.
 */
enum rk_rc rk_remote_push(struct rk_remote *remote, struct rk_remote_move *move, size_t n, struct rk_err *err);

#endif
