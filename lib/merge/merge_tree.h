#ifndef RK_MERGE_TREE_H
#define RK_MERGE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * A place of its own, in a temporary directory, where Git merges commits of a repository: it has the repository's
 * objects, configuration, attributes and submodules, and what Git writes stays there.  The repository is only read.
 */
struct rk_merge_tree {
	git_repository *git;	/* borrowed */
	char *dir;		/* the temporary directory, below $TMPDIR */
	git_odb *odb;		/* the repository's objects and those that Git has written here */
	size_t trees;		/* work trees so far */
	size_t marker;		/* characters in a conflict marker */
	bool lacks_git;		/* there is no Git, or too old a one */
};

/* A side of a conflict: where it stands in the index, stage 1 is the base, 2 ours, 3 theirs. */
struct rk_merge_tree_stage {
	const char *path;	/* in answer->out */
	unsigned mode;
	int stage;
	git_oid oid;
};

/* Something that Git says of paths: type is its stable word ("CONFLICT (contents)"). */
struct rk_merge_tree_message {
	const char *type;
	const char *path;	/* the first of n_paths, each with a NUL behind it */
	size_t n_paths;
};

struct rk_merge_tree_result {
	git_oid tree;		/* with conflict markers in files */
	struct rk_merge_tree_stage *stage;	/* none: the merge is clean */
	size_t n_stages, stages_room;
	struct rk_merge_tree_message *said;
	size_t n_said, said_room;
	struct rk_strbuf out;
};

/* Make the place; close it in any case, which removes it.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_merge_tree_open(git_repository *git, struct rk_merge_tree *place, struct rk_err *err);
void rk_merge_tree_close(struct rk_merge_tree *place);

/*
 * A work tree with the attribute files of a commit's tree and its .gitmodules alone; number names it below.
 * Free *dir.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_merge_tree_worktree(struct rk_merge_tree *place, const git_oid *tree, char **dir, struct rk_err *err);

/*
 * What git merge-tree --write-tree makes of two commits, without a preference.
 *
 *   dir        a work tree of rk_merge_tree_worktree(), whose attributes count
 *   relocate   let a file that one side adds to a directory move along when the other renames the directory, where the
 *              configuration does not decide (merge.directoryRenames)
 *   answer     zeroed; free with rk_merge_tree_free() in any case
 *
 * RK_REFUSED ("git-failed"): Git gives no answer; err->msg has its own words.  RK_ENOINPUT: there is no Git, or one
 * before 2.38.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_merge_tree_run(struct rk_merge_tree *place, const char *dir, const git_oid *ours, const git_oid *theirs,
    bool relocate, struct rk_merge_tree_result *answer, struct rk_err *err);
void rk_merge_tree_free(struct rk_merge_tree_result *answer);

/*
 * Which driver merges the file at path?  RK_MERGE_TREE_TEXT: Git's for text, with markers of *marker characters.
 * As rk_merge_tree_run() fails.
 */
enum rk_merge_tree_driver { RK_MERGE_TREE_TEXT, RK_MERGE_TREE_BINARY, RK_MERGE_TREE_OTHER };
enum rk_rc rk_merge_tree_driver(struct rk_merge_tree *place, const char *dir, const char *path,
    enum rk_merge_tree_driver *driver, size_t *marker, struct rk_err *err);

/*
 * What git merge -X ours itself makes of them, in that work tree: *tree.  RK_REFUSED ("conflict"): it stops.
 * Else as rk_merge_tree_run().
 */
enum rk_rc rk_merge_tree_ours(struct rk_merge_tree *place, const char *dir, const git_oid *ours, const git_oid *theirs,
    git_oid *tree, struct rk_err *err);

#endif
