#ifndef RK_LOOSE_H
#define RK_LOOSE_H

#include "base/err.h"
#include "git/git.h"

/*
 * Let a repository read its loose objects, and those of its alternates, by this file: libgit2 1.5 loops for ever on one that
 * is truncated, and waits for ever for a named pipe.  Here both are errors of libgit2's kind (GIT_ERROR_ODB).
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_loose_read_by(git_repository *git, struct rk_err *err);

#endif
