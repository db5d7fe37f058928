#ifndef RK_DISCARDED_H
#define RK_DISCARDED_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"

/* A piece of the default branch that a merge discards (ring-records(5), sync).  All is borrowed. */
struct rk_discarded {
	const char *path;	/* in the merged tree */
	const char *kind;	/* "hunk", "file", "delete", "mode", "link" or "submodule" */
	size_t line;		/* from 1; 0: none */
	const char *lines;	/* len bytes, which end in a newline or not; NULL: there are none to show */
	size_t len;
};

/* Append a piece to an array, which is borrowed.  A path or line with a NUL or with bytes that are not UTF-8 is escaped. */
void rk_discarded_add(json_t *discarded, const struct rk_discarded *piece);

/*
 * Append a piece whose lines are a blob's; a binary file, which has a NUL near its start, has none.  RK_ENOINPUT: the
 * blob is missing.  RK_EIO.
 */
enum rk_rc rk_discarded_add_blob(json_t *discarded, const char *path, const char *kind, git_odb *odb, const git_oid *blob,
    struct rk_err *err);

#endif
