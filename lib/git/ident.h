#ifndef RK_IDENT_H
#define RK_IDENT_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * Append who and when as a commit has it, "Ann <ann@example.com> 1700000000 +0100", for the role "author" or
 * "committer", as Git finds them: GIT_<ROLE>_NAME, _EMAIL, _DATE; then <role>.name and .email, user.name and
 * .email of the configuration, EMAIL; for the date SOURCE_DATE_EPOCH, then the clock.
 * Unlike Git, names are not guessed from the machine's.
 * RK_ENOINPUT: there is no name, no address, or a date that is not understood; err->msg says what to do.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ident_add(struct rk_strbuf *text, git_repository *git, const char *role, struct rk_err *err);

/* Let the reflogs that git writes from now on name the committer, who is found in the same way. */
enum rk_rc rk_ident_log(git_repository *git, struct rk_err *err);

/*
 * A date as GIT_AUTHOR_DATE has it (git-commit(1), DATE FORMATS): "[@]SECONDS [ZONE]", RFC 2822 or ISO 8601.
 * time is seconds since 1970, zone minutes east of UTC; without a zone the local one.
 * RK_EDATA: it is none of these.
 */
enum rk_rc rk_ident_date(const char *s, int64_t *time, int *zone, struct rk_err *err);

#endif
