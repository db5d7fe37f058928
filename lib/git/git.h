#ifndef RK_GIT_H
#define RK_GIT_H

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

#define RK_OID_HEX 41	/* a SHA-1 in hexadecimal and its NUL */
#define RK_GIT_TREE_BYTES (16u << 20)	/* the largest tree that libgit2 keeps in memory; its default is 4 KiB */

/* git_libgit2_init(), as which it is undone, with our allocator. */
int rk_git_start(void);

/*
 * Open the repository in or above dir, as "git -C dir" finds it, but without regard to GIT_DIR.
 * *git on RK_OK is closed with rk_git_close(), else NULL.
 * RK_ENOINPUT: not found, or not supported by libgit2; err->msg says what to do.
 * RK_EPERM: it belongs to another user (safe.directory).  RK_EIO.
 */
enum rk_rc rk_git_open(const char *dir, git_repository **git, struct rk_err *err);
void rk_git_close(git_repository *git);	/* may be NULL */

/*
 * Set err to "<fmt>: <libgit2's last error>", and return the status for result, that of a libgit2 call: RK_ENOINPUT if
 * something was not found, RK_ERACE if it is locked, else RK_EIO.
 */
enum rk_rc rk_git_fail(struct rk_err *err, int result, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Look up a commit by its id of 40 hexadecimal digits.  *commit on RK_OK is freed with git_commit_free(), else NULL.
 * RK_ENOINPUT: it is not in this clone; err->msg says how to fetch it.  RK_EIO.
 */
enum rk_rc rk_git_commit(git_repository *git, const char *id, git_commit **commit, struct rk_err *err);

/*
 * Set *id to the nth parent (from 0) that the commit object names, and return true; false: it names no more than n.
 * The parent may be missing in a shallow clone: libgit2 1.7 and newer hide such parents, this function does not.
 */
bool rk_git_parent(const git_commit *commit, unsigned n, git_oid *id);

/* Look up the tree of a commit.  *tree on RK_OK is freed with git_tree_free(), else NULL.  Fails as rk_git_commit(). */
enum rk_rc rk_git_tree_of(git_repository *git, const git_oid *commit, git_tree **tree, struct rk_err *err);

/* Return true if a commit is another one, or has it as an ancestor; false also if the history does not say. */
bool rk_git_contains(git_repository *git, const git_oid *commit, const git_oid *ancestor);

/*
 * Return true unless two files have too many lines for libgit2 to compare them in bounded memory: it takes some 60 bytes for
 * each line, also for an empty one.
 */
bool rk_git_comparable(const char *before, size_t before_len, const char *after, size_t after_len);

/*
 * Split strings that are in a buffer, a NUL after each, into a list that ends with NULL and is freed with free(); the
 * strings stay in the buffer.
 */
const char **rk_git_split(const struct rk_strbuf *strings);

/* A git command: the caller fills the first part, rk_git_run() the second. */
struct rk_git_command {
	const char *dir;		/* borrowed: the directory to run it in (git -C) */
	const char *const *arguments;	/* borrowed: those after "git -C dir", then NULL */
	const char *in;			/* borrowed: its standard input; NULL: empty */
	size_t in_len;
	const char *objects;		/* borrowed: a directory of more objects to read; NULL: none */
	unsigned seconds;		/* until it is killed */
	size_t limit;			/* bytes of standard output to accept */

	struct rk_strbuf out, errors;	/* its standard output and standard error */
	int status;			/* its exit status, or 128 + N if signal N ended it */
};

/*
 * Run a git command to its end, without variables that select a repository (GIT_DIR and the like), without prompts,
 * and with messages in English.  out and errors are cleared first; free them with rk_git_command_free() in any case.
 * RK_OK: it ran and ended by itself, whatever its status.  Otherwise fails as rk_subprocess_run().
 */
enum rk_rc rk_git_run(struct rk_git_command *command, struct rk_err *err);
void rk_git_command_free(struct rk_git_command *command);

/* Append the lines of a command's standard error, with "; " between them; nothing if there are none. */
void rk_git_command_messages(const struct rk_git_command *command, struct rk_strbuf *line);

#endif
