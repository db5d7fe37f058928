#include <stdlib.h>
#include <unistd.h>

#include "base/abort.h"
#include "base/err.h"

static struct rk_abort_undo *last;

void
rk_abort_undo_begin(struct rk_abort_undo *undo)
{
	undo->outer = last;
	last = undo;
}

void
rk_abort_undo_end(struct rk_abort_undo *undo)
{
	struct rk_abort_undo **at = &last;

	while (*at && *at != undo)
		at = &(*at)->outer;
	if (*at)
		*at = undo->outer;
}

_Noreturn void
rk_abort_in_signal(void)
{
	struct rk_abort_undo *undo;

	for (undo = last; undo; undo = undo->outer)
		if (undo->in_signal)
			undo->undo(undo->context, RK_ENOMEM, "");
	_exit(71);
}

_Noreturn void
rk_abort(enum rk_rc rc, const char *why)
{
	struct rk_abort_undo *undo;

	/* taken from the list first: one that is aborted itself is not run again */
	while ((undo = last)) {
		last = undo->outer;
		undo->undo(undo->context, rc, why);
	}
	abort();
}
