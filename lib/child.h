#ifndef RK_CHILD_H
#define RK_CHILD_H

#include <stddef.h>

#include "err.h"
#include "text.h"

/*
 * A program to run: no shell, no terminal that it could ask anything of, a time limit.  All is borrowed.
 * Its environment is ours, changed by env: "NAME=value" sets, "NAME" removes.
 */
struct rk_child {
	const char *const *argv;	/* ends with NULL; argv[0] is looked for in PATH */
	const char *const *env;		/* ends with NULL, or is NULL */
	const char *in;			/* its standard input; NULL: none */
	size_t in_len;
	unsigned seconds;		/* after which it is killed, with all that it started */
	size_t limit;			/* bytes of standard output that are read */
};

/*
 * Run it to its end.  What it writes is appended to out and said; of standard error the first 64 KiB are kept.
 * *status is its exit status, or 128 + N when signal N ended it.
 * RK_OK: it ran and ended by itself, whatever its status.  RK_ENOINPUT: there is no such program.
 * RK_EIO: it took too long, wrote too much or could not be watched, and is gone with all that it started; what it has
 * done by then is done.  RK_ENOMEM.
 */
enum rk_rc rk_child_run(const struct rk_child *child, struct rk_text *out, struct rk_text *said, int *status,
    struct rk_err *err);

/*
 * The same for "git -C dir" and arguments (which end with NULL): without what the environment says of a
 * repository (GIT_DIR and the like), without prompts, and with messages in English.
 */
enum rk_rc rk_child_git(const char *dir, const char *const *arguments, const struct rk_child *child,
    struct rk_text *out, struct rk_text *said, int *status, struct rk_err *err);

#endif
