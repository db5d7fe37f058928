#ifndef RK_TREE_MERGE_H
#define RK_TREE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/merge_attr.h"

/* A file that both sides have changed, each in its own way: who reads the weave merges the three blobs. */
struct rk_tree_merge_file {
	char *path;
	git_oid base, ours, theirs;
	bool done;
	struct rk_strbuf merged;			/* to be filled before rk_tree_merge_write() */
	size_t node, at;			/* where its id goes */
};

/*
 * The merge of two trees from one base, as far as it can be told from the trees alone.  Only directories that differ
 * on all three are read.
 */
struct rk_tree_merge {
	const char *whole;		/* why Git has to do this merge itself, as a phrase; NULL: it need not */
	struct rk_tree_merge_file *file;
	size_t n_files, files_room;
	json_t *discarded;		/* what was settled for our side: links (ring-records(5), sync) */
	struct rk_weave_node *node;	/* the trees that are new, each behind the one that it stands in */
	size_t n_nodes, nodes_room;
};

/*
 * Weave three trees; a conflict that git merge -X ours settles for ours is settled so.
 *
 *   drivers  borrowed: which files have a merge driver of their own
 *   weave    zeroed; free with rk_tree_merge_free() in any case
 *
 * weave->whole is set, and the rest of no use, where the trees do not say all: where a rename could matter (a file that
 * both sides add, or that one side deletes and the other changes or deletes, too), where a type changes, where a
 * submodule changes on both sides, and where a merge driver is asked for.
 * RK_ENOINPUT: an object is not here.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_tree_merge(git_odb *odb, const git_oid *base, const git_oid *ours, const git_oid *theirs,
    const struct rk_merge_attr *drivers, struct rk_tree_merge *weave, struct rk_err *err);

/* Put the merged files and the new trees into the pack.  *tree is the root's id.  RK_ENOMEM. */
enum rk_rc rk_tree_merge_write(struct rk_tree_merge *weave, struct rk_pack *pack, git_oid *tree, struct rk_err *err);

void rk_tree_merge_free(struct rk_tree_merge *weave);

#endif
