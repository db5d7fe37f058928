#ifndef RK_REF_H
#define RK_REF_H

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/quarantine.h"

/* A branch that is moved by compare-and-swap. */
struct rk_ref;

enum rk_ref_options {
	RK_REF_CREATE = 1,		/* the branch may be missing; it can be created and deleted */
	RK_REF_UPDATE_WORKTREES = 2,	/* it may be checked out; rk_ref_update_worktrees() is called after a move */
};

/* RK_EUSAGE: branch is not a valid branch name. */
enum rk_rc rk_ref_check(const char *branch, struct rk_err *err);

/*
 * Check that a new branch can exist beside another one of a repository or remote, which is named for messages: Git cannot
 * have a branch "a" and a branch "a/b".  RK_EUSAGE: it cannot; err->msg has both names.
 */
enum rk_rc rk_ref_check_beside(const char *branch, const char *other, const char *where, struct rk_err *err);

/* The names of refs, sorted; the members are for reading. */
struct rk_ref_list {
	const char **name;
	size_t n;
	struct rk_strbuf bytes;
};

/*
 * List the refs whose names start with prefix, "refs/heads/" for example.  libgit2's iterators leave out those of a directory
 * that cannot be opened, for lack of memory for example: they are not for decisions.  list is freed with rk_ref_list_free()
 * in any case.  RK_EIO, RK_ENOINPUT: a directory, or packed-refs, cannot be read.
 */
enum rk_rc rk_ref_list(git_repository *git, const char *prefix, struct rk_ref_list *list, struct rk_err *err);
void rk_ref_list_free(struct rk_ref_list *list);

/* Check the same for all local branches.  Fails as rk_ref_list().  RK_EUSAGE. */
enum rk_rc rk_ref_check_creatable(git_repository *git, const char *branch, struct rk_err *err);

/*
 * Find a local branch to move.  If its ref is symbolic, the branch that it names is moved.
 *
 *   git      borrowed until rk_ref_close()
 *   options  of enum rk_ref_options, or 0
 *   ref      on RK_OK closed with rk_ref_close(), else NULL
 *
 * RK_EUSAGE: invalid name.  RK_ENOINPUT: branch not found.  RK_EPERM: a work tree rebases or bisects it, or has it checked
 * out and cannot be updated or is not to be; err->msg says where.  RK_ERACE: that work tree's index stays locked.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ref_open(git_repository *git, const char *branch, unsigned options, struct rk_ref **ref, struct rk_err *err);

/* Find the remote-tracking branch of a branch, such as "origin/main".  RK_EUSAGE, RK_ENOINPUT, RK_EIO, RK_ENOMEM. */
enum rk_rc rk_ref_open_tracking(git_repository *git, const char *remote, const char *branch, struct rk_ref **ref,
    struct rk_err *err);
void rk_ref_close(struct rk_ref *ref);	/* may be NULL */

/* Read the commit of the branch: the zero id if it may be missing and is.  RK_ENOINPUT: it was deleted.  RK_EIO. */
enum rk_rc rk_ref_tip(const struct rk_ref *ref, git_oid *tip, struct rk_err *err);

/* Read the commit of a local branch that is not to be moved.  RK_EUSAGE, RK_ENOINPUT: as above.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_ref_read(git_repository *git, const char *branch, git_oid *tip, struct rk_err *err);

/*
 * Move the branch from old to new.  If old is zero, it is created; if new is zero, deleted.  If it is locked, wait for a few
 * seconds.  A lock of others is never removed.
 *
 *   quarantine  the new objects: they migrate once the branch is locked and found at old, so that a lost race leaves
 *               nothing in the repository; NULL: there are none
 *   message     for the reflog
 *
 * After any error the branch is read again:
 *
 * RK_OK: the branch is at new, or at a descendant.  RK_END: it has moved elsewhere.  RK_ENOINPUT: it was deleted.
 * RK_ERACE: it stays locked; err->msg has the lock and its age.  RK_EPERM: as rk_ref_open().
 * RK_EUSAGE: as rk_ref_check_creatable().  RK_EIO, RK_ENOMEM.
 * Unless RK_OK, it is not at new.
 */
enum rk_rc rk_ref_move(struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_quarantine *quarantine,
    const char *message, struct rk_err *err);

/* After a move, update the work trees that have the branch checked out.  Fails as rk_worktree_update(). */
enum rk_rc rk_ref_update_worktrees(const struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_err *err);

#endif
