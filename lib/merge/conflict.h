#ifndef RK_CONFLICT_H
#define RK_CONFLICT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"

/* A file that Git could not merge: it has conflict markers (git-merge(1), HOW CONFLICTS ARE PRESENTED), or is as in ours. */
struct rk_conflict {
	const char *path;	/* in the merged tree */
	git_odb *odb;		/* has the blobs */
	git_oid marked;		/* the file as Git has left it */
	git_oid ours, theirs;
	size_t marker;		/* characters in a marker */
};

/*
 * Resolve the conflicts of a file in favour of ours, as git merge -X ours does.
 *
 *   resolved   the id of the resolved file, which is written to odb
 *   discarded  borrowed: gets a hunk for each conflict, or the whole file of theirs if there are no markers.  The line
 *              of a hunk is where its lines are in the file of theirs; of an empty hunk, where they would be.
 *
 * RK_END: the markers are not well-formed, because a line of the file looks like one, or nested.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_conflict_resolve(const struct rk_conflict *conflict, git_oid *resolved, json_t *discarded, struct rk_err *err);

/* Return whether a line of the file starts with so many "<" as a marker has, or more. */
bool rk_conflict_has_markers(const char *file, size_t len, size_t marker);

#endif
