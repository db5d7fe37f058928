#ifndef RK_REMOTE_H
#define RK_REMOTE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

#define RK_REMOTE_SECONDS 300	/* that a talk may take, where nobody says otherwise */

/*
 * A remote of a repository, talked to by git fetch and git push: credentials, proxies, ssh and hooks are Git's own
 * business.  What its branches were when they were read is kept in refs of this process, refs/ringkit/..., which
 * rk_remote_close() removes, with those of a day ago that killed processes have left; branches and remote-tracking branches are not written to by reading.
 */
struct rk_remote;

/*
 *   git, dir   borrowed: a repository, and a directory in it
 *   name       borrowed: of a configured remote, or a URL or path, as git push takes it
 *   seconds    that one talk may take
 *
 * *remote on RK_OK is closed with rk_remote_close(), else NULL.  Nothing is asked of it yet.
 * RK_EUSAGE: it is no name of a remote.  RK_EPERM: its address holds a password.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_remote_open(git_repository *git, const char *dir, const char *name, unsigned seconds,
    struct rk_remote **remote, struct rk_err *err);
void rk_remote_close(struct rk_remote *remote);	/* may be NULL */

/* Its name, user information of a URL shown as ***: for messages.  Borrowed. */
const char *rk_remote_name(const struct rk_remote *remote);

/*
 * Which commits n branches point at now, those commits fetched; the zero id where there is no such branch.
 * RK_ERACE: they were deleted each time, after they had been listed.
 * RK_EPERM: not allowed.  RK_EIO: it cannot be read; err->msg has Git's own words.  RK_ENOMEM.
 */
enum rk_rc rk_remote_read(struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip,
    struct rk_err *err);

/* What one branch of a push shall become, and what came of it. */
struct rk_remote_move {
	const char *branch;
	git_oid old, new;	/* zero: there is none; it is deleted */
	enum rk_rc rc;		/* RK_OK: it is there, or a commit on top of it is; RK_END: it has moved elsewhere */
};

/*
 * Move n branches, all of them or none, each from its old commit alone (git push --atomic --force-with-lease).
 * After any error they are read again, and what they say is the answer.
 * RK_OK: all have moved.  RK_END: none has, and rc tells which have moved elsewhere; all may be tried again.
 * RK_ERACE: locked.  RK_EPERM: refused by a hook or a rule, with the remote's own words; another try is useless.
 * RK_EIO: it cannot be reached, or it is not known what came of it: err->msg says which.  RK_ENOMEM.
 */
enum rk_rc rk_remote_push(struct rk_remote *remote, struct rk_remote_move *move, size_t n, struct rk_err *err);

/* Append text to out, user information of URLs in it as ***. */
void rk_remote_hide(struct rk_strbuf *out, const char *text);

#endif
