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
	const char *pattern;			/* branches of proposals: local ones, REMOTE/BRANCH or whole refs; or NULL */
	const char *remote;			/* all branches of it that the catalogue names count; "." is the repository; or NULL */
	const json_t *open;			/* {"<branch>": ...}: only these count; or NULL */
};

/*
 * Read what open proposals claim: the tenants that a branch gives to a ring beyond its merge base with rev.  In the
 * pattern, "*" matches any string, also "/".
 *
 *   claims   a new reference on RK_OK, else NULL: {"<tenant>": [{"ring": s, "branch": s}, ...]}; {} if no branch matches
 *
 * RK_ENOINPUT: rev not found, or a branch has no common history with it, or the clone is too shallow.  RK_EIO.
 */
enum rk_rc rk_claims_read(const struct rk_claims_query *query, json_t **claims, struct rk_err *err);

/* What the trailers of a proposal say that it releases, "" if they do not. */
struct rk_claims_release {
	char commit[RK_OID_HEX];	/* Release-Commit */
	char values[65];		/* Values: the digest of what the ring brings */
};

/*
 * Read what a ring's own open proposal gives to tenants beyond its merge base with rev.
 *
 *   proposal  a revision; NULL: all branches that the catalogue names for the ring on query->remote, the first of several
 *             taking precedence.  What does not exist proposes nothing
 *   proposed  a new reference on RK_OK, else NULL: {"<tenant>": {"tag": s, "digest": s, "supersedes": [...],
 *              "values": ...}, ...}: as in a release record; digest may be missing
 *   release   set to what its newest commit releases; clean merges by a forge are passed over
 *
 * Fails as rk_claims_read().
 */
enum rk_rc rk_claims_proposed(const struct rk_claims_query *query, const char *ring, const char *proposal,
    json_t **proposed, struct rk_claims_release *release, struct rk_err *err);

/*
 * List the branches of a remote ("." is the repository) that the catalogue names as those of proposals.
 *
 *   records  a new reference on RK_OK, else NULL: [proposal record of ring-records(5), ...]
 *
 * Fails as rk_git_open().
 */
enum rk_rc rk_claims_branches(const char *dir, const struct rk_catalog *catalog, const char *remote, json_t **records,
    struct rk_err *err);

#endif
