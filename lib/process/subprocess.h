#ifndef RK_SUBPROCESS_H
#define RK_SUBPROCESS_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * A program to run without a shell, without a controlling terminal, and with a time limit.  All members are borrowed.
 * Its environment is ours, changed by env: "NAME=value" sets a variable, "NAME" unsets it.
 */
struct rk_subprocess {
	const char *const *argv;	/* ends with NULL; argv[0] is searched for in PATH */
	const char *const *env;		/* ends with NULL; or NULL */
	const char *in;			/* its standard input; NULL: empty */
	size_t in_len;
	unsigned seconds;		/* after which it is killed, with all its children */
	size_t limit;			/* bytes of standard output that it may write */
};

/*
 * Run a program and wait until it ends.
 *
 *   out      its standard output is appended
 *   errors   its standard error is appended, up to 64 KiB
 *   status   its exit status, or 128 + N if signal N killed it; -1 if it was not started
 *
 * RK_OK: it ran and ended by itself, whatever its status.  RK_ENOINPUT: program not found.
 * RK_EIO: it took too long or wrote too much (err->code is then too-large), or waiting failed; it was killed with its
 * children, but may have had effects.  RK_ENOMEM: a pipe or process cannot be made.
 */
enum rk_rc rk_subprocess_run(const struct rk_subprocess *child, struct rk_strbuf *out, struct rk_strbuf *errors, int *status,
    struct rk_err *err);

#endif
