#ifndef RK_MERGE_H
#define RK_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/tree_merge.h"

/*
 * Merges as git merge -X ours makes them, without a work tree, many at once: where both sides have changed the same
 * lines, those of ours stay, and what they displace of theirs is told.
 *
 * Only what differs on both sides is read (rk_tree_merge()); the files that both have changed are merged here where
 * they have changed different places (rk_line_merge()), else by one git merge-tree for all merges together.  Where the trees do not say all, git merge-tree does the whole merge, and what it leaves as
 * a conflict is settled here in the same way.  (libgit2's own file merge compares by another algorithm than Git's, and
 * silently takes other lines.)
 */
struct rk_merge {
	git_oid ours, theirs;	/* the commits */

	/* what came of it; all zeroed at first */
	enum rk_rc rc;		/* RK_OK, or RK_REFUSED: why says it */
	struct rk_err why;
	enum rk_merge_how { RK_MERGE_NOTHING, RK_MERGE_FORWARD, RK_MERGE_COMMIT } how;
	git_oid tree;		/* with RK_MERGE_COMMIT: it is in the pack, or was there before */
	json_t *discarded;	/* ring-records(5), sync: an array, by path; not NULL unless refused */
	const char *whole;	/* why Git did the whole merge, a phrase; NULL if it did not */
	struct rk_tree_merge weave;
};

struct rk_merge_options {
	bool settle;		/* what -X ours does not settle is settled for ours, too */
	size_t max_discard;	/* a merge that would displace more is refused */
};

/*
 * Merge each of the n pairs.  Refusals, each of its own merge: "unrelated", "conflict", "max-discard", "git-failed",
 * "unreadable" (an object is not here).
 *
 *   pack  gets all objects that are new
 *
 * RK_ENOINPUT: there is no Git, or one before 2.38.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_merge_all(git_repository *git, struct rk_merge *merge, size_t n, const struct rk_merge_options *options,
    struct rk_pack *pack, struct rk_err *err);

/* Free what it holds. */
void rk_merge_free(struct rk_merge *merge);

#endif
