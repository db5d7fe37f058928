#ifndef RK_SUBPROCESS_H
#define RK_SUBPROCESS_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * A program to run: no shell, no terminal that it could ask anything of, a time limit.  All is borrowed.
 * Its environment is ours, changed by env: "NAME=value" sets, "NAME" removes.
 */
struct rk_subprocess {
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
enum rk_rc rk_subprocess_run(const struct rk_subprocess *child, struct rk_strbuf *out, struct rk_strbuf *said, int *status,
    struct rk_err *err);

#endif
