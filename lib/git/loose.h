#ifndef RK_LOOSE_H
#define RK_LOOSE_H

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * Let a repository read its loose objects, and those of its alternates, by this file: libgit2 1.5 loops for ever on one that
 * is truncated, and waits for ever for a named pipe.  Here both are errors of libgit2's kind (GIT_ERROR_ODB).
 * RK_EIO.
 */
enum rk_rc rk_loose_read_by(git_repository *git, struct rk_err *err);

/*
 * Append the directories of a repository's objects, a NUL after each: its own, and those of its alternates.  common is its
 * directory, which ends in a slash.
 */
void rk_loose_dirs(const char *common, struct rk_strbuf *dirs);

#endif
