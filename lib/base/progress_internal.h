#ifndef RK_PROGRESS_INTERNAL_H
#define RK_PROGRESS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#define RK_PROGRESS_BYTES 256	/* of what is written to the terminal at once, with its NUL */

/* A line of progress on a terminal, which is written over.  Zeroed is none. */
struct rk_progress {
	int shown;	/* columns of it that are on the terminal now */
	long due;	/* in ms of rk_clock_ms(), when it may be shown again; 0: not begun */
};

/* Return whether the line may be shown now: at_once, or if it is due; it then is due again later. */
bool rk_progress_due(struct rk_progress *progress, bool at_once);

/* Format what replaces the line on the terminal: "prog: what", "... DONE" or "... DONE of ALL". */
void rk_progress_show(struct rk_progress *progress, char out[RK_PROGRESS_BYTES], const char *prog, const char *what,
    size_t done, size_t all);

/* Format what removes the line from the terminal: "" if there is none. */
void rk_progress_clear(struct rk_progress *progress, char out[RK_PROGRESS_BYTES]);

#endif
