#ifndef RK_SINCE_H
#define RK_SINCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* Set *same to whether a version of a file has a property; text has a NUL after its len bytes. */
typedef enum rk_rc rk_since_same(void *context, const char *text, size_t len, bool *same, struct rk_err *err);

struct rk_since_commit {
	char oid[RK_OID_HEX];
	int64_t time;		/* the committer's, in seconds since 1970 */
	struct rk_strbuf message;
};

/* The history of a repository, which is opened when it is searched.  dir is borrowed. */
struct rk_since *rk_since_new(const char *dir);
void rk_since_free(struct rk_since *since);	/* may be NULL */

/*
 * Find the commit since which the file at path has a property that it has in a revision: the newest commit without a parent in
 * which it has the property.  Of a merge, the first parent that has it is followed.  Free commit->message with
 * rk_strbuf_free() in any case.
 * RK_ENOINPUT: revision not found, or the history in this clone is incomplete; err->msg has the remedy.
 * RK_EIO, and what same returns.
 */
enum rk_rc rk_since_find(struct rk_since *since, const char *rev, const char *path, rk_since_same *same, void *context,
    struct rk_since_commit *commit, struct rk_err *err);

/* Take a path that a commit has changed, compared with its first parent.  Any result except RK_OK ends the walk with it. */
typedef enum rk_rc rk_since_changed(void *context, git_commit *commit, const char *path, struct rk_err *err);

/*
 * Walk a revision's first parents, the newest first, and call changed for each file that one of them added, changed or
 * removed.
 * RK_ENOINPUT: the history in this clone is incomplete, after what was found; err->msg has the remedy.  RK_EIO.
 */
enum rk_rc rk_since_walk(git_repository *git, const char *rev, rk_since_changed *changed, void *context, struct rk_err *err);

#endif
