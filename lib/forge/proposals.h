#ifndef RK_PROPOSALS_H
#define RK_PROPOSALS_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

/* The pull requests of proposals, and what became of them.  Free with rk_proposals_free(). */
struct rk_proposals {
	json_t *pulls;		/* rk_pulls_read()'s */
	json_t *closers;	/* {"<number>": "<login of the user who closed it>"}; "" if GitHub does not know the user */
	json_t *commits;	/* {"<id>": {"message": s, "parent": the id of the first of several parents, if it is a merge}} */
};

/*
 * Read GitHub's answers from the input, one after the other, as objects, arrays or pages:
 *
 *   pulls?state=all&head=O:BRANCH	https://docs.github.com/en/rest/pulls/pulls ("List pull requests")
 *   issues/N				https://docs.github.com/en/rest/issues/issues ("Get an issue"): who closed it
 *   pulls/N/commits, git/commits/ID	https://docs.github.com/en/rest/pulls/pulls ("List commits on a pull request")
 *
 * Free proposals in any case.  RK_EDATA: something else, or a member of another type.  RK_EIO.
 */
enum rk_rc rk_proposals_read(struct rk_io *io, struct rk_proposals *proposals, struct rk_err *err);
void rk_proposals_free(struct rk_proposals *proposals);

/* Return whether two logins are of one user or App: "app/NAME", as gh writes an App's, is "NAME[bot]". */
bool rk_proposals_same_login(const char *a, const char *b);

#endif
