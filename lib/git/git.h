#ifndef RK_GIT_H
#define RK_GIT_H

#include <git2.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "base/subprocess.h"

#define RK_GIT_TREE_BYTES (16u << 20)	/* the largest tree that libgit2 keeps in memory; by itself it stops at 4 KiB */

/*
 * The repository that dir is, or is in, as "git -C dir" finds it; the environment (GIT_DIR) is not asked.
 * *git on RK_OK is closed with rk_git_close(), else NULL.
 * RK_ENOINPUT: there is none, or one that libgit2 cannot open (err->msg says what to do about it).
 * RK_EPERM: it belongs to another user (safe.directory).  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_git_open(const char *dir, git_repository **git, struct rk_err *err);
void rk_git_close(git_repository *git);	/* may be NULL */

/*
 * Fill err with "<fmt>: <libgit2's last error>" and return what result, a libgit2 call's, means to us:
 * RK_ENOINPUT for a thing that is not there, RK_ERACE for a lock, RK_ENOMEM, else RK_EIO.
 */
enum rk_rc rk_git_fail(struct rk_err *err, int result, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * The same for "git -C dir" and arguments (which end with NULL): without what the environment says of a
 * repository (GIT_DIR and the like), without prompts, and with messages in English.
 */
enum rk_rc rk_git_run(const char *dir, const char *const *arguments, const struct rk_subprocess *child,
    struct rk_strbuf *out, struct rk_strbuf *said, int *status, struct rk_err *err);

#define RK_OID_HEX 41	/* a SHA-1 in hexadecimal, and its NUL */

#endif
