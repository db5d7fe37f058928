#ifndef RK_SINCE_H
#define RK_SINCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* Does this version of a file say the same?  text has a NUL behind its len bytes. */
typedef enum rk_rc rk_since_same(void *context, const char *text, size_t len, bool *same, struct rk_err *err);

/* A commit that brought something. */
struct rk_since_commit {
	char oid[RK_OID_HEX];
	int64_t time;		/* the committer's, in seconds since 1970 */
	struct rk_strbuf message;
};

/*
 * The commit since which the file at path says what it says in dir's revision rev: the newest one of whose
 * parents none has a version that says the same.  Of a merge, the first parent that does is followed.
 * Free commit->message with rk_strbuf_free() in any case.
 * RK_ENOINPUT: no such revision, or the history here is too shallow to tell (err->msg names the remedy).
 * RK_EIO, RK_ENOMEM, and what same answers.
 */
enum rk_rc rk_since_find(const char *dir, const char *rev, const char *path, rk_since_same *same, void *context,
    struct rk_since_commit *commit, struct rk_err *err);

#endif
