#ifndef RK_ANCESTRY_H
#define RK_ANCESTRY_H

#include <stdbool.h>

#include "base/err.h"
#include "git/git.h"

/*
 * Ancestry, for many questions to one repository: each commit is read once, each pair answered once.
 * Memory grows with the commits that were read, about 100 bytes each.
 */
struct rk_ancestry;

/* *history on RK_OK is closed with rk_ancestry_close(), else NULL.  As rk_git_open() fails. */
enum rk_rc rk_ancestry_open(const char *dir, struct rk_ancestry **history, struct rk_err *err);
void rk_ancestry_close(struct rk_ancestry *history);	/* may be NULL */

/*
 * The commit that id, 7 to 40 hexadecimal digits, names here: oid becomes its whole id.
 * RK_END: none, or more than one object, or no commit; err->msg says which, with the remedy.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ancestry_commit(struct rk_ancestry *history, const char *id, char oid[RK_OID_HEX], struct rk_err *err);

/*
 * Is the commit tip, or one of tip's ancestors?  Both are whole ids that rk_ancestry_commit() gave.  A yes holds in
 * a shallow clone, too.
 * RK_END: it cannot be told, for the history here ends too early; err->msg has the remedy.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ancestry_contains(struct rk_ancestry *history, const char *tip, const char *commit, bool *contains,
    struct rk_err *err);

#endif
