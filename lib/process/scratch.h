#ifndef RK_SCRATCH_H
#define RK_SCRATCH_H

#include "base/abort.h"
#include "base/err.h"

/* A directory for temporary files, which does not outlive the program if that is aborted.  Zeroed, it is none. */
struct rk_scratch {
	char *dir;	/* its path; NULL if there is none */
	struct rk_abort_undo undo;	/* private */
};

/*
 * Make the directory "ABOVE/NAMEXXXXXX", with six characters of its own for the Xs.
 *
 *   above    borrowed: the directory to make it in; NULL: $TMPDIR, or /tmp without it
 *   scratch  to be given to rk_scratch_close(), from the same address
 *
 * RK_EIO, RK_ENOMEM: too many files are open.
 */
enum rk_rc rk_scratch_open(const char *above, const char *name, struct rk_scratch *scratch, struct rk_err *err);

/* Remove the directory and all that is in it.  What cannot be removed stays. */
void rk_scratch_close(struct rk_scratch *scratch);

/* Remove a directory with all that is in it, as far as that is possible. */
void rk_scratch_remove(const char *dir);

#endif
