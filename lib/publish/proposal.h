#ifndef RK_PROPOSAL_H
#define RK_PROPOSAL_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"

/* A branch that was proposed for another one, and what is wanted of it now.  All is borrowed. */
struct rk_proposal {
	const char *dir;		/* a directory in the repository */
	const char *branch;		/* as its commits' trailers "Proposal" name it */
	git_oid tip, base;		/* its commit; that of the branch which it is for */
	const git_oid *tree;		/* what that one should become; NULL: it is so already */
	const json_t *services;		/* {"<service>": ...}, of the records; where it is empty, any is theirs */
};

/*
 * May the proposal stay, or else be replaced or deleted?
 *
 * *stands: merging tip into base gives tree as it is.
 * Not so, and RK_OK: all that tip holds beyond base is ours: commits with the trailer "Proposal" of the branch
 * and trailers "Service" of these services alone, and clean merges of commits that base has.
 * RK_REFUSED: "foreign-commit", the first that is not, or "too-shallow", it cannot be told from the history that
 * is here; err->msg has the remedy.  RK_ENOINPUT, RK_EPERM: as rk_git_open() fails.  RK_EIO, RK_ENOMEM.
 * Nothing is written to the repository.
 */
enum rk_rc rk_proposal_judge(const struct rk_proposal *proposal, bool *stands, struct rk_err *err);

#endif
