#ifndef RK_TREE_MERGE_H
#define RK_TREE_MERGE_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/merge_attr.h"

/* An entry in which the merged tree differs from the tree of theirs. */
struct rk_tree_merge_change {
	char *path;			/* of a directory: with a "/" at its end */
	git_filemode_t mode;		/* 0: the merged tree does not have the entry */
	git_oid id;			/* zero: the caller merges the three blobs, and sets it */
	git_oid base, ours, theirs;
};

/* The three-way merge of three trees. */
struct rk_tree_merge {
	git_oid base, ours, theirs;	/* set by the caller; the rest is zeroed at first */
	const char *doubt;		/* why the trees are not enough to merge by, a phrase; NULL if they are */
	struct rk_tree_merge_change *change;
	size_t n_changes;
	json_t *discarded;		/* links that were settled for ours (ring-records(5), sync) */
};

/*
 * Merge three trees by the names in them; only directories that differ on all three sides are read.  A link that both
 * sides have changed is settled for ours.
 *
 *   attributes  borrowed: which files may have a merge driver
 *   merge       free with rk_tree_merge_free() in any case
 *
 * merge->doubt is set, and the rest is of no use, when Git could find a rename (both sides add a file, or one side
 * deletes what the other has changed or deleted), when a type changes, when both sides change a submodule, and when a
 * file that both sides have changed may have a merge driver.
 * RK_ENOINPUT: an object is missing.  RK_EIO.
 */
enum rk_rc rk_tree_merge(git_repository *git, const struct rk_merge_attr *attributes, struct rk_tree_merge *merge,
    struct rk_err *err);

/*
 * Add the new trees to the pack: *root is the id of the merged tree.  RK_REFUSED ("unreadable"): a tree of theirs is
 * malformed.  RK_ENOINPUT, RK_EIO: as above.
 */
enum rk_rc rk_tree_merge_write(git_repository *git, struct rk_tree_merge *merge, struct rk_pack *pack, git_oid *root,
    struct rk_err *err);

/* Free what a merge holds. */
void rk_tree_merge_free(struct rk_tree_merge *merge);

#endif
