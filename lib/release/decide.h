#ifndef RK_DECIDE_H
#define RK_DECIDE_H

#include <jansson.h>

#include "base/err.h"
#include "git/git.h"
#include "gitops/catalog.h"
#include "release/facts.h"

/*
 * What to do with a ring: the decision, made of what GitHub and Git say, and of nothing else.
 *
 *	rk_decide_service()	whose ring it is
 *	rk_decide_begin()	which pull request decides, and what it says by itself
 *	rk_decide_build()	only where it is open and labelled: which commit, and may it go
 *	rk_decide_record()	the release record
 */
struct rk_decision {
	const struct rk_service *service;	/* borrowed */
	const json_t *pull;			/* the pull request that decides, borrowed; NULL where there is none */
	enum rk_action { RK_NONE, RK_CLEAR, RK_HOLD, RK_KEEP, RK_SET } action;
	char commit[RK_OID_HEX];		/* "" where there is none to speak of */
	json_t *reasons;			/* ["<word>", ...] and warnings as ring-records(5) has them */
	json_t *warnings;
};

/* The word of an action in a release record. */
const char *rk_decide_word(enum rk_action action);

/*
 * The one service of the catalogue whose repository the pull requests (rk_pulls_read()'s) are of.
 * RK_EDATA: they do not say their repository, or no service has it, or several; err->msg names --service.
 */
enum rk_rc rk_decide_service(const struct rk_catalog *catalog, const json_t *pulls, const struct rk_service **service,
    struct rk_err *err);

/*
 * The first part of the decision.  The action is RK_SET where the second part is wanted.  pulls must outlive release;
 * free it with rk_decide_free() in any case.
 *
 * Those of forks, to other branches than the service's, of other repositories, and of branches that are no ring's do
 * not count.  An open one decides, else the one updated last.
 *
 * RK_ECONFIG: the catalogue lacks the service's repository, branch or build-workflow.
 * RK_EDATA: a pull request lacks a member that is needed, or they are of several rings.  RK_ENOMEM.
 */
enum rk_rc rk_decide_begin(struct rk_decision *release, const struct rk_service *service, const json_t *pulls,
    struct rk_err *err);

/* The name and head of the ring that decides: borrowed. */
const char *rk_decide_ring(const struct rk_decision *release);
const char *rk_decide_head(const struct rk_decision *release);

/*
 * The second part: set, or keep and why.  The commit is the head, but that merges of ringsync(1) are looked through:
 * down to the commit that is held, which then stays, else down to the first that has a green build.
 * RK_ENOINPUT, RK_EIO: as rk_facts_is_older() fails.  RK_ENOMEM.
 */
enum rk_rc rk_decide_build(struct rk_decision *release, const struct rk_facts *evidence, struct rk_err *err);

/* The release record of ring-records(5): *record is a new reference on RK_OK, else NULL.  RK_ENOMEM. */
enum rk_rc rk_decide_record(const struct rk_decision *release, json_t **record, struct rk_err *err);

void rk_decide_free(struct rk_decision *release);

#endif
