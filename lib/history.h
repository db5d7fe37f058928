#ifndef RK_HISTORY_H
#define RK_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "repo.h"
#include "text.h"

/* Does this version of a file say the same?  text has a NUL behind its len bytes. */
typedef enum rk_rc rk_history_same(void *context, const char *text, size_t len, bool *same, struct rk_err *err);

/* A commit that brought something. */
struct rk_history_commit {
	char oid[RK_OID_HEX];
	int64_t time;		/* the committer's, in seconds since 1970 */
	struct rk_text message;
};

/*
 * The commit since which the file at path says what it says in dir's revision rev: the newest one of whose
 * parents none has a version that says the same.  Of a merge, the first parent that does is followed.
 * Free commit->message with rk_text_free() in any case.
 * RK_ENOINPUT: no such revision, or the history here is too shallow to tell (err->msg names the remedy).
 * RK_EIO, RK_ENOMEM, and what same answers.
 */
enum rk_rc rk_history_since(const char *dir, const char *rev, const char *path, rk_history_same *same, void *context,
    struct rk_history_commit *commit, struct rk_err *err);

/*
 * Ancestry, for many questions to one repository: each commit is read once, each pair answered once.
 * Memory grows with the commits that were read, about 100 bytes each.
 */
struct rk_history;

/* *history on RK_OK is closed with rk_history_close(), else NULL.  As rk_git_open() fails. */
enum rk_rc rk_history_open(const char *dir, struct rk_history **history, struct rk_err *err);
void rk_history_close(struct rk_history *history);	/* may be NULL */

/*
 * The commit that id, 7 to 40 hexadecimal digits, names here: oid becomes its whole id.
 * RK_END: none, or more than one object, or no commit; err->msg says which, with the remedy.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_history_commit(struct rk_history *history, const char *id, char oid[RK_OID_HEX], struct rk_err *err);

/*
 * Is the commit tip, or one of tip's ancestors?  Both are whole ids that rk_history_commit() gave.  A yes holds in
 * a shallow clone, too.
 * RK_END: it cannot be told, for the history here ends too early; err->msg has the remedy.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_history_contains(struct rk_history *history, const char *tip, const char *commit, bool *contains,
    struct rk_err *err);

#endif
