#ifndef RK_ABORT_H
#define RK_ABORT_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Ending the program at once, from any depth: when memory is short, or after a bug, nothing that is computed afterwards
 * can be trusted.
 */

/*
 * What must not outlive the program: a child, a lock, half a line of output.  It is static or on the stack of the
 * function that begins it.  undo() must not allocate; it gets the status and why the program ends.
 */
struct rk_abort_undo {
	void (*undo)(void *context, enum rk_rc rc, const char *why);
	void *context;
	bool in_signal;		/* undo() calls only functions that are async-signal-safe (POSIX) */
	struct rk_abort_undo *outer;	/* private */
};

/* From now on, and no longer, undo this if the program is aborted.  rk_abort_undo_end() allows one not begun. */
void rk_abort_undo_begin(struct rk_abort_undo *undo);
void rk_abort_undo_end(struct rk_abort_undo *undo);

/*
 * Undo what is begun, the last first.  rk_io_open() has begun the first, which reports why, a borrowed string, and exits
 * with the status of rc; without it, end by abort(3).
 */
_Noreturn void rk_abort(enum rk_rc rc, const char *why);

/* In the handler of a signal: undo what can be undone there, and exit with status 71. */
_Noreturn void rk_abort_in_signal(void);

#endif
