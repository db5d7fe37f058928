#ifndef RK_DECIDE_H
#define RK_DECIDE_H

#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"
#include "release/ring_commits.h"

/*
 * The decision on a ring, from its pull requests and builds only:
 *
 *	rk_decide_service()	the service whose ring it is
 *	rk_decide_open()	the pull request that decides, and the action that it implies
 *	rk_decide_base()	what follows if that one is for another branch
 *	rk_decide_build()	if that is RK_SET: the commit, and whether it may be released
 *	rk_decide_image()	its image's digest, and the rings whose tenants it may take over
 *	rk_decide_values()	the values that go with it
 *	rk_decide_rejected()	and whether a person has closed its proposal
 *	rk_decide_sources()	these five (release/decide_sources.h)
 *	rk_decide_record()	the release record
 */
struct rk_decision;

enum rk_action { RK_NONE, RK_CLEAR, RK_HOLD, RK_KEEP, RK_SET };

#define RK_DECIDE_RETARGETED "retargeted"	/* a reason: --max-clear of mkpatch(1) holds for this clear */

/* Return the word of an action in a release record, static. */
const char *rk_decide_word(enum rk_action action);

/*
 * Find the one service whose repository has the pull requests (rk_pulls_read()'s): *service is borrowed.
 * RK_EDATA: they do not name their repository, or no service or several have it; err->msg suggests --service.
 */
enum rk_rc rk_decide_service(const struct rk_catalog *catalog, const json_t *pulls, const struct rk_service **service,
    struct rk_err *err);

/*
 * Choose the pull request that decides: an open one, else the one that was updated last.  Those from forks, to other
 * branches than the service's, of other repositories, and of branches that are not rings do not count.
 * service and pulls are borrowed until rk_decide_close().  *decision on RK_OK is closed with it, else NULL.
 *
 * RK_ECONFIG: repository, branch or build-workflow of the service is missing in the catalogue.
 * RK_EDATA: a pull request lacks a member that is required, or they are of several rings.
 */
enum rk_rc rk_decide_open(const struct rk_service *service, const json_t *pulls, struct rk_decision **decision,
    struct rk_err *err);
void rk_decide_close(struct rk_decision *decision);	/* may be NULL */

/*
 * If the ring has pull requests to other branches only, or an open one and closed ones to the service's, and holds
 * tenants or has an open proposal, clear them; hold them if the clone does not show that the pull request was retargeted (rk_ring_base_check()).
 * RK_ENOINPUT, RK_EDATA: the overrides or the repository cannot be read.  RK_EPERM, RK_EIO.
 */
enum rk_rc rk_decide_base(struct rk_decision *decision, const struct rk_ring_commits_sources *from, struct rk_err *err);

/* Return the action so far. */
enum rk_action rk_decide_action(const struct rk_decision *decision);

/* Return the name, and the head, of the ring that decides: borrowed, NULL if no pull request counts. */
const char *rk_decide_ring(const struct rk_decision *decision);
const char *rk_decide_head(const struct rk_decision *decision);

/*
 * Decide whether a commit is set, or what is deployed is kept, and why.  The commit is the first in the chain that is
 * deployed; otherwise, unless that is the head, the first with a green build; otherwise the head.
 * RK_ENOINPUT, RK_EIO: as rk_ring_commits_is_older().
 */
enum rk_rc rk_decide_build(struct rk_decision *decision, const struct rk_ring_commits *commits, struct rk_err *err);

/*
 * If a commit is to be set, find the digest of its image and the rings that it contains.  Without the digest, keep what is
 * deployed, if there is a file of digests.  Fails as rk_digest_find() and rk_ring_commits_supersedes().
 */
enum rk_rc rk_decide_image(struct rk_decision *decision, const struct rk_ring_commits_sources *from,
    const struct rk_ring_commits *commits, struct rk_err *err);

/*
 * If a commit is to be set, read the values that the ring brings with it, where the service has any.  If they are refused,
 * keep what is deployed.  Fails as rk_ring_values_read(), except that it does not return RK_REFUSED.
 */
enum rk_rc rk_decide_values(struct rk_decision *decision, const struct rk_ring_commits_sources *from, struct rk_err *err);

/*
 * If a person has closed the proposal of this commit and these labels, keep what is deployed.  Fails as
 * rk_rejection_find().
 */
enum rk_rc rk_decide_rejected(struct rk_decision *decision, const struct rk_ring_commits_sources *from,
    struct rk_err *err);

/* Make the release record (ring-records(5)): *record is a new reference on RK_OK, else NULL. */
json_t *rk_decide_record(const struct rk_decision *decision);

#endif
