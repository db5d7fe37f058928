#ifndef RK_COMMIT_H
#define RK_COMMIT_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * A commit in the making: the tree of its parent, with new bytes for some of its files.  No work tree and no
 * index are looked at, and nothing is written before rk_commit_write().
 */
struct rk_commit;

/* git is borrowed, and must outlive it.  RK_EIO: parent is not a commit, or cannot be read.  RK_ENOMEM. */
enum rk_rc rk_commit_new(git_repository *git, const git_oid *parent, struct rk_commit **commit, struct rk_err *err);
void rk_commit_free(struct rk_commit *commit);	/* may be NULL */

/*
 * Is a file of the parent what a filter driver (gitattributes(5), filter=) made of the text that people see?
 * The attributes are those of the parent, of $GIT_DIR/info/attributes and of the configuration's core.attributesFile;
 * no work tree's and no index's.  RK_EDATA: it is; err->msg says which.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_commit_plain(struct rk_commit *commit, const char *path, struct rk_err *err);

/*
 * New bytes (copied) for a file of the parent, whose mode stays; each path once.  A change of nothing is none.
 * RK_EDATA: the parent has no regular file there.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_commit_put(struct rk_commit *commit, const char *path, const char *bytes, size_t len,
    struct rk_err *err);

/* How many files are new. */
size_t rk_commit_count(const struct rk_commit *commit);

/*
 * Append what changes as git diff would print it for a repository without configuration, paths in order.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_commit_diff(struct rk_commit *commit, struct rk_strbuf *diff, struct rk_err *err);

/* Make the trees, after the last rk_commit_put(): *oid is the root's id, or the parent's.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_commit_tree(struct rk_commit *commit, git_oid *oid, struct rk_err *err);

/*
 * Make the trees, after the last rk_commit_put(), and append to text the bytes of the commit object.  message is
 * UTF-8 without a NUL.  Author, committer and dates are what rk_ident_add() finds; so are its errors.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_commit_draft(struct rk_commit *commit, const char *message, struct rk_strbuf *text, struct rk_err *err);

/* Make these bytes, signed or as they are, the commit: *oid is its id.  RK_ENOMEM. */
enum rk_rc rk_commit_make(struct rk_commit *commit, const struct rk_strbuf *text, git_oid *oid, struct rk_err *err);

/*
 * Append the bytes of a commit object of any tree and n parents, for who has no rk_commit.  message, author and errors
 * are as above.
 */
enum rk_rc rk_commit_text(git_repository *git, const git_oid *tree, const git_oid *parents, size_t n,
    const char *message, struct rk_strbuf *text, struct rk_err *err);

/* Write all that was made, as one pack, on disk when this returns.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_commit_write(struct rk_commit *commit, struct rk_err *err);

#endif
