#ifndef RK_SCRATCH_REPO_H
#define RK_SCRATCH_REPO_H

#include <stdbool.h>

#include "base/err.h"
#include "git/git.h"
#include "git/pack.h"

/*
 * A scratch repository, in which Git merges commits of another repository: a temporary directory with that one's
 * objects, configuration, attributes and submodules, without its hooks.  What Git writes stays there; the other
 * repository is only read.
 */
struct rk_scratch_repo;

#define RK_SCRATCH_REPO_MARKER 173	/* characters in a conflict marker: no sane file has lines that start with so many */

/*
 * *repo on RK_OK is removed with rk_scratch_repo_close(), else NULL.  git is borrowed, and must outlive it.  seconds is the
 * time that one git command may take.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_scratch_repo_open(git_repository *git, unsigned seconds, struct rk_scratch_repo **repo, struct rk_err *err);
void rk_scratch_repo_close(struct rk_scratch_repo *repo);	/* may be NULL */

/*
 * Its objects, borrowed, as an object database and as a repository: those of the other repository, those that Git has
 * written, and those that are added to it, which stay in memory and are not seen by Git.
 */
git_odb *rk_scratch_repo_odb(const struct rk_scratch_repo *repo);
git_repository *rk_scratch_repo_git(const struct rk_scratch_repo *repo);

/* Add the objects of a pack, and let Git see them.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_scratch_repo_write(struct rk_scratch_repo *repo, const struct rk_pack *pack, struct rk_err *err);

/*
 * Copy an object, and all that it contains, to a pack, except what the other repository has.
 * RK_REFUSED ("git-failed"): Git made a tree with an entry that has no object.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_scratch_repo_export(const struct rk_scratch_repo *repo, const git_oid *id, struct rk_pack *pack,
    struct rk_err *err);

/* Return whether Git could not be run, or was too old; repo may be NULL. */
bool rk_scratch_repo_lacks_git(const struct rk_scratch_repo *repo);

/*
 * Make a work tree that has only the attribute files and the .gitmodules of a tree; a NULL tree has none.
 *
 *   dir  its path, freed by the caller, also when this fails
 *
 * RK_ENOINPUT: an object is missing.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_scratch_repo_worktree(struct rk_scratch_repo *repo, const git_oid *tree, char **dir, struct rk_err *err);

/*
 * Run a git command in the work tree dir.
 *
 *   arguments  those after "git", then NULL; at most 20
 *   most       the greatest exit status that is not an error
 *   command    its output and status; free with rk_git_command_free() in any case
 *
 * RK_REFUSED ("git-failed"): a greater status (err->msg has Git's first line), or it took too long or wrote too much.
 * RK_ENOINPUT: there is no Git, or it is older than 2.38.  RK_EIO: also if Git could not read an attribute file.  RK_ENOMEM.
 */
enum rk_rc rk_scratch_repo_run(struct rk_scratch_repo *repo, const char *dir, const char *const *arguments, int most,
    struct rk_git_command *command, struct rk_err *err);

#endif
