#ifndef RK_DISPLACED_H
#define RK_DISPLACED_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"

/*
 * Add to a list of what a merge displaced of the default branch (ring-records(5), sync).
 *
 *   discarded  borrowed, an array, which grows
 *   kind       hunk, file, delete, mode, link or submodule
 *   line       from 1; 0 for none
 *   text       its lines; NULL where there are none to show.  A NUL or bytes that are not UTF-8 are shown escaped.
 *
 * RK_ENOMEM.
 */
enum rk_rc rk_displaced_add(json_t *discarded, const char *path, const char *kind, size_t line, const char *text,
    size_t len, struct rk_err *err);

/* The same for a blob of the default branch; one with a NUL near its start is binary, and has no lines.  RK_EIO, too. */
enum rk_rc rk_displaced_blob(json_t *discarded, const char *path, const char *kind, git_odb *odb, const git_oid *blob,
    struct rk_err *err);

#endif
