#ifndef RK_MERGE_INTERNAL_H
#define RK_MERGE_INTERNAL_H

#include <stddef.h>

#include "base/err.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/merge.h"
#include "merge/merge_attr.h"
#include "merge/scratch_repo.h"
#include "merge/tree_merge.h"

#define RK_MERGE_BINARY_BYTES 8000	/* in which Git looks for the NUL that makes a file binary (xdiff-interface.c) */

/* A merge while it is made: by its trees, or, if merge->by_git, by Git. */
struct rk_merge_work {
	struct rk_merge *merge;
	struct rk_tree_merge trees;
};

/* What the merges of one rk_merge_all() share. */
struct rk_merge_job {
	git_repository *git;
	git_odb *odb;
	const struct rk_merge_options *options;
	struct rk_pack *pack;
	struct rk_merge_attr attributes;
	struct rk_scratch_repo *scratch;	/* NULL until the first rk_merge_scratch() */
	struct rk_merge_work *work;
	size_t n;
};

/* Make sure that there is a scratch repository.  Fails as rk_scratch_repo_open(). */
enum rk_rc rk_merge_scratch(struct rk_merge_job *job, struct rk_err *err);

/*
 * Merge the files that both sides have changed, one merge's by their lines (rk_line_merge()), then the rest of all merges
 * by one git merge-tree.  Both set the ids in the changes of work->trees.  The second sets by_git of a merge that
 * it cannot make.  RK_ENOINPUT: an object is missing (by_lines), there is no Git (by_git).  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_merge_files_by_lines(struct rk_merge_job *job, struct rk_merge_work *work, struct rk_err *err);
enum rk_rc rk_merge_files_by_git(struct rk_merge_job *job, struct rk_err *err);

/*
 * Let Git make a merge, and resolve its conflicts; work->merge gets tree and discarded.
 * RK_REFUSED: "conflict", "git-failed".  RK_ENOINPUT: an object is missing, or there is no Git.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_merge_whole(struct rk_merge_job *job, struct rk_merge_work *work, struct rk_err *err);

#endif
