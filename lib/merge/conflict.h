#ifndef RK_CONFLICT_H
#define RK_CONFLICT_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * A file as Git leaves it where both sides have changed the same lines: with conflict markers (git-merge(1), HOW
 * CONFLICTS ARE PRESENTED), each of marker characters.
 */
struct rk_conflict_file {
	const char *path;		/* in the merged tree */
	const char *text;		/* with the markers */
	size_t len;
	size_t marker;
	git_odb *odb;
	git_oid ours, theirs;		/* the blobs */
};

/*
 * Settle its conflicts for ours, as git merge -X ours does: settled grows by the file, discarded by a hunk for each
 * conflict (rk_displaced_add()).  A hunk's line is that of theirs on which its lines stand, or, where it has none,
 * before which ours has some.
 * RK_END: the markers are not understood.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_conflict_settle(const struct rk_conflict_file *file, struct rk_strbuf *settled, json_t *discarded,
    struct rk_err *err);

#endif
