#ifndef RK_IDENT_H
#define RK_IDENT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * Append the name, address and date of a role, "author" or "committer", as a commit object has them:
 * "Ann <ann@example.com> 1700000000 +0100".
 *
 *   name, address  the first that is set of GIT_<ROLE>_NAME and _EMAIL, <role>.name and .email, user.name and .email in
 *                  the configuration, and EMAIL; unlike Git, never guessed from the machine's name
 *   date           GIT_<ROLE>_DATE, as git var reads it; else SOURCE_DATE_EPOCH in UTC; else the present
 *
 * RK_ENOINPUT: a name or address is missing or cannot be one, or a date is invalid; err->msg names the variable.
 * RK_EIO.
 */
enum rk_rc rk_ident_add(struct rk_strbuf *text, git_repository *git, const char *role, struct rk_err *err);

/* Return whether rk_ident_add() runs git: a variable gives a date. */
bool rk_ident_asks_git(void);

/* Let libgit2 write the committer's name and address into reflogs from now on.  Fails as rk_ident_add(). */
enum rk_rc rk_ident_log(git_repository *git, struct rk_err *err);

#endif
