#ifndef RK_GIT_MERGE_H
#define RK_GIT_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "merge/scratch_repo.h"

/*
 * Merges by Git, in a scratch repository.  All functions fail as rk_scratch_repo_run(), and with RK_EIO if Git's output
 * has another form than its manual pages say.
 */
struct rk_git_merge {
	struct rk_scratch_repo *repo;	/* borrowed */
	const char *dir;		/* borrowed: a work tree of it, whose attributes count */
	git_oid ours, theirs;		/* commits */
};

/* One version of a path in conflict, as in an index: stage 1 is that of the merge base, 2 that of ours, 3 that of theirs. */
struct rk_git_merge_stage {
	const char *path;	/* borrowed from the result */
	unsigned mode;
	int stage;
	git_oid oid;
};

/* A message about paths. */
struct rk_git_merge_message {
	const char *type;	/* borrowed from the result: "CONFLICT (contents)", for example */
	const char *path;	/* borrowed from the result: the first of n_paths, which follow each other, each with its NUL */
	size_t n_paths;
};

struct rk_git_merge_result {
	git_oid tree;		/* with conflict markers in its files */
	struct rk_git_merge_stage *stage;	/* in the order of paths; none: there is no conflict */
	size_t n_stages;
	struct rk_git_merge_message *message;
	size_t n_messages;
};

/*
 * Merge with git merge-tree --write-tree, without a preferred side.
 *
 *   relocate  move a file that one side adds to a directory along when the other side renames the directory, if the
 *             configuration does not decide (merge.directoryRenames)
 *   result    on RK_OK, freed with rk_git_merge_free(), else NULL
 */
enum rk_rc rk_git_merge_tree(const struct rk_git_merge *merge, bool relocate, struct rk_git_merge_result **result,
    struct rk_err *err);
void rk_git_merge_free(struct rk_git_merge_result *result);	/* may be NULL */

/* Merge with git merge -X ours; *tree is its tree.  RK_REFUSED: also if it ends with a conflict ("conflict"). */
enum rk_rc rk_git_merge_ours(const struct rk_git_merge *merge, git_oid *tree, struct rk_err *err);

/* Set *is_other if the merge driver of a path is another one than those of Git for text and for binary files. */
enum rk_rc rk_git_merge_driver(const struct rk_git_merge *merge, git_repository *git, const char *path, bool *is_other,
    struct rk_err *err);

#endif
