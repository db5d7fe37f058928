#ifndef RK_PROPOSAL_H
#define RK_PROPOSAL_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"

/* A branch that is proposed for another one, and what it should contain now.  All is borrowed. */
struct rk_proposal {
	const char *dir;		/* a directory in the repository */
	const char *branch;		/* its name, as in the trailer "Proposal" of its commits */
	git_oid tip, base;		/* its commit; the commit of the branch that it is for */
	const git_oid *tree;		/* the tree that the merge should have; NULL: that of base */
	const json_t *services;		/* {"<service>": ...}, of the records; if it is empty, of any service */
	bool unattended;		/* tip should be as it is merged without a person: with the trailer "Merge: auto", on base */
	const json_t *release;		/* rk_commit_message_release()'s trailers that tip should have; NULL: any */
};

/*
 * Return who merges a proposal of these records: "auto", unattended, if each of them says so and nothing was refused; "review",
 * a person; NULL if no record has the member "merge".
 */
const char *rk_proposal_merge(const json_t *records, bool refused);

/*
 * Check whether the proposal is up to date, or else may be replaced or deleted.  Nothing is written to the repository.
 *
 *   current  set to whether a merge of tip into base gives tree, and tip, if it is a commit of ours, has the trailers
 *
 * If it is not current, RK_OK means that all commits of tip that base lacks are ours: commits with the trailer "Proposal"
 * of the branch and trailers "Service" of only these services, and clean merges of commits of base.
 * RK_REFUSED: foreign-commit: one is not ours; too-shallow: the clone's history is too short to tell.  err->msg has the
 * remedy.  RK_ENOINPUT, RK_EPERM: as rk_git_open().  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_proposal_check(const struct rk_proposal *proposal, bool *current, struct rk_err *err);

#endif
