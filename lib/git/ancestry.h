#ifndef RK_ANCESTRY_H
#define RK_ANCESTRY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "git/git.h"

/*
 * The history of a repository, for many questions: each commit is read once, and each question answered once.  It
 * grows by about 100 bytes for each commit that it reads.
 */
struct rk_ancestry;

/* Open the history of the repository that dir is in.  *ancestry is NULL unless RK_OK.  Fails as rk_git_open(). */
enum rk_rc rk_ancestry_open(const char *dir, struct rk_ancestry **ancestry, struct rk_err *err);
void rk_ancestry_close(struct rk_ancestry *ancestry);	/* may be NULL */

/*
 * Find the commit whose id starts with id, 7 to 40 hexadecimal digits, and set oid to the full id.
 * RK_END: no object here has that id, several have, or it is not a commit; err->msg has the remedy.  RK_EIO.
 */
enum rk_rc rk_ancestry_commit(struct rk_ancestry *ancestry, const char *id, char oid[RK_OID_HEX], struct rk_err *err);

/* Set oid to the commit of the ref whose name is prefix and name.  RK_END: there is no such ref, or it has no commit.  RK_EIO. */
enum rk_rc rk_ancestry_ref(struct rk_ancestry *ancestry, const char *prefix, const char *name, char oid[RK_OID_HEX],
    struct rk_err *err);

/*
 * Count the commits that are one of n tips or its ancestors, and whose ids start with id, as above.  Set oid to the last one.
 * RK_END: id is invalid, or unknown as rk_ancestry_contains().  RK_EIO.
 */
enum rk_rc rk_ancestry_find_in(struct rk_ancestry *ancestry, const char *id, const char *const *tip, size_t n,
    char oid[RK_OID_HEX], size_t *found, struct rk_err *err);

/*
 * Set *contains to whether commit is tip or one of its ancestors.  Both are full ids from rk_ancestry_commit().  In a
 * shallow clone, true is certain.
 * RK_END: unknown, because the history in this clone ends too early; err->msg has the remedy.  RK_EIO.
 */
enum rk_rc rk_ancestry_contains(struct rk_ancestry *ancestry, const char *tip, const char *commit, bool *contains,
    struct rk_err *err);

#endif
