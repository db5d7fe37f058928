#ifndef RK_MERGE_H
#define RK_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"
#include "git/pack.h"

/*
 * A merge of two commits as git merge -X ours makes it, without a work tree: if both sides have changed the same lines,
 * those of ours stay, and those of theirs are discarded and reported.
 */
struct rk_merge {
	git_oid ours, theirs;	/* the commits */

	/* the result, zeroed at first */
	enum rk_rc rc;		/* RK_OK or RK_REFUSED */
	struct rk_err why;	/* of a refusal */
	enum rk_merge_how { RK_MERGE_NOTHING, RK_MERGE_FORWARD, RK_MERGE_COMMIT } how;	/* what ours needs to contain theirs */
	git_oid tree;		/* of a merge commit */
	json_t *discarded;	/* an array by path (ring-records(5), sync); NULL if refused */
	const char *by_git;	/* why Git has made the whole merge, a phrase; NULL if it has not */
};

struct rk_merge_options {
	bool for_ours;		/* also resolve in favour of ours what -X ours does not resolve */
	size_t max_discard;	/* refuse a merge that would discard more pieces */
	unsigned seconds;	/* that one git command may take */
};

/*
 * Make n merges.  A refusal concerns its own merge only: "unrelated", "conflict", "max-discard", "git-failed", or
 * "unreadable", if an object is missing.
 *
 *   merge  free each with rk_merge_free() in any case
 *   pack   borrowed: gets all new objects
 *
 * RK_ENOINPUT: there is no Git, or it is older than 2.38.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_merge_all(git_repository *git, struct rk_merge *merge, size_t n, const struct rk_merge_options *options,
    struct rk_pack *pack, struct rk_err *err);
void rk_merge_free(struct rk_merge *merge);	/* may be NULL */

#endif
