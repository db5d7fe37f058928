#ifndef RK_COMMIT_H
#define RK_COMMIT_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"
#include "git/quarantine.h"
#include "git/source.h"

/*
 * A commit being built: the tree of its parent with the content of some files replaced.  Neither a work tree nor an index
 * is read, and nothing is written before rk_commit_write().
 */
struct rk_commit;

/*
 * Start a commit on top of parent.  git is borrowed until rk_commit_free().  *commit is NULL unless RK_OK.
 * RK_EIO: parent is not a commit, or cannot be read.
 */
enum rk_rc rk_commit_new(git_repository *git, const git_oid *parent, struct rk_commit **commit, struct rk_err *err);
void rk_commit_free(struct rk_commit *commit);	/* may be NULL */

/* As rk_pack_put_aside(), before the first file is replaced.  dir may be NULL. */
void rk_commit_put_aside(struct rk_commit *commit, const char *dir);

/* Look files up in a source of the parent, borrowed until rk_commit_free(), which has the directories of the last file at hand. */
void rk_commit_look_in(struct rk_commit *commit, struct rk_source *source);

/*
 * Replace the content of a file of the parent by bytes, which are copied; each path once.  Its mode stays.  Equal content
 * is not a change.  RK_EDATA: the parent does not have a regular file there.  RK_EIO.
 */
enum rk_rc rk_commit_put(struct rk_commit *commit, const char *path, const char *bytes, size_t len, struct rk_err *err);

/* The same, with the content of a blob of a pack, which must outlive the commit. */
enum rk_rc rk_commit_put_from(struct rk_commit *commit, const char *path, const struct rk_pack *pack, const git_oid *blob,
    struct rk_err *err);

/* Return the number of changed files. */
size_t rk_commit_count(const struct rk_commit *commit);

/* Append the changes as git diff prints them without configuration, in the order of the paths.  RK_EIO. */
enum rk_rc rk_commit_diff(struct rk_commit *commit, struct rk_strbuf *diff, struct rk_err *err);

/* Make the trees, after the last rk_commit_put(), and set *oid to the root's id.  RK_EIO. */
enum rk_rc rk_commit_tree(struct rk_commit *commit, git_oid *oid, struct rk_err *err);

/*
 * Append the bytes of a commit object for any tree and n parents, with the author, committer and dates that
 * rk_ident_add() gives.  message is UTF-8 without a NUL.  Fails as rk_ident_add().
 */
enum rk_rc rk_commit_text(git_repository *git, const git_oid *tree, const git_oid *parents, size_t n, const char *message,
    struct rk_strbuf *text, struct rk_err *err);

/* Make the trees as rk_commit_tree() does, and append the commit object for them as rk_commit_text() does. */
enum rk_rc rk_commit_draft(struct rk_commit *commit, const char *message, struct rk_strbuf *text, struct rk_err *err);

/* Make a commit of the bytes, signed or not, and set *oid to its id.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_commit_make(struct rk_commit *commit, const struct rk_strbuf *text, git_oid *oid, struct rk_err *err);

/* Write all new objects to a quarantine of the repository.  As rk_quarantine_open(). */
enum rk_rc rk_commit_write(const struct rk_commit *commit, struct rk_quarantine **quarantine, struct rk_err *err);

#endif
