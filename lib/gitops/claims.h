#ifndef RK_CLAIMS_H
#define RK_CLAIMS_H

#include <jansson.h>

#include "base/err.h"
#include "git/git.h"
#include "gitops/catalog.h"

/* The repository and the branch that proposals are for, and the service.  All is borrowed. */
struct rk_claims_query {
	const char *dir, *rev;			/* a directory in the repository; a revision in it */
	const struct rk_catalog *catalog;
	const struct rk_service *service;
};

/*
 * Read what open proposals claim: the tenants that a branch gives to a ring beyond its merge base with rev.
 *
 *   pattern  of the branches: local ones or REMOTE/BRANCH, or whole refs; "*" matches any string, also "/"
 *   claims   a new reference on RK_OK, else NULL: {"<tenant>": [{"ring": s, "branch": s}, ...]}; {} if no branch matches
 *
 * RK_ENOINPUT: rev not found, or a branch has no common history with it, or the clone is too shallow.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_claims_read(const struct rk_claims_query *query, const char *pattern, json_t **claims, struct rk_err *err);

/*
 * Read what a ring's own open proposal gives to tenants beyond its merge base with rev.
 *
 *   proposal  a revision; if it does not exist, it proposes nothing
 *   proposed  a new reference on RK_OK, else NULL: {"<tenant>": "<tag>", ...}
 *   release   set to the commit of the service that its newest commit releases (trailer Release-Commit), "" if it has
 *             none; clean merges by a forge are passed over
 *
 * Fails as rk_claims_read().
 */
enum rk_rc rk_claims_proposed(const struct rk_claims_query *query, const char *ring, const char *proposal,
    json_t **proposed, char release[RK_OID_HEX], struct rk_err *err);

#endif
