#ifndef RK_SCRATCH_H
#define RK_SCRATCH_H

#include "base/err.h"

/*
 * Make a directory for temporary files, "ABOVE/NAMEXXXXXX" with six characters of its own for the Xs.
 *
 *   above  borrowed: the directory to make it in; NULL: $TMPDIR, or /tmp without it
 *   dir    its path on RK_OK, to be given to rk_scratch_close(); else NULL
 *
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_scratch_open(const char *above, const char *name, char **dir, struct rk_err *err);

/* Remove the directory and all that is in it, and free its path, which may be NULL.  What cannot be removed stays. */
void rk_scratch_close(char *dir);

#endif
