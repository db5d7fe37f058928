#ifndef RK_TREE_DIFF_H
#define RK_TREE_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "git/git.h"

struct rk_tree_diff_entry {
	unsigned mode;		/* 0: there is none */
	git_oid id;
};

/* A path that is a file, a link or a submodule in one of two trees, and not the same in the other. */
struct rk_tree_diff_path {
	char *path;
	struct rk_tree_diff_entry old, new;	/* none also for a directory */
};

/* Zeroed at first. */
struct rk_tree_diff {
	struct rk_tree_diff_path *path;
	size_t n, size;
};

/*
 * List the paths at which two trees differ.  Only directories that differ are read.
 *
 *   diff  free with rk_tree_diff_free() in any case
 *
 * RK_ENOINPUT: a tree is missing.  RK_EIO.
 */
enum rk_rc rk_tree_diff_find(git_repository *git, const git_oid *old, const git_oid *new, struct rk_tree_diff *diff,
    struct rk_err *err);
void rk_tree_diff_free(struct rk_tree_diff *diff);

/* Get the entry at a path of a tree, which may be a directory.  RK_ENOINPUT, RK_EIO: as above. */
enum rk_rc rk_tree_diff_entry(git_tree *tree, const char *path, struct rk_tree_diff_entry *entry, struct rk_err *err);

/* Return whether two entries are the same. */
bool rk_tree_diff_same(const struct rk_tree_diff_entry *a, const struct rk_tree_diff_entry *b);

#endif
