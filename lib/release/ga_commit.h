#ifndef RK_GA_COMMIT_H
#define RK_GA_COMMIT_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "git/ancestry.h"
#include "gitops/catalog.h"
#include "gitops/umbrella.h"
#include "release/chart_version.h"

/* The GA commits of services: which commit a version of a chart runs.  Each answer is found once. */
struct rk_ga_commit;

/*
 * Start.  catalog, ancestry, of the service's repository, and charts, which may be NULL, are borrowed until
 * rk_ga_commit_close().  *ga on RK_OK is closed with rk_ga_commit_close(), else NULL.
 */
struct rk_ga_commit *rk_ga_commit_open(const struct rk_catalog *catalog, struct rk_ancestry *ancestry,
    const struct rk_chart_version *charts);
void rk_ga_commit_close(struct rk_ga_commit *ga);	/* may be NULL */

/* A chart of a service as a manifest deploys it.  All is borrowed. */
struct rk_ga_commit_query {
	const struct rk_service *service;
	const struct rk_chart *chart;
	struct rk_chart_version_query version;	/* what the manifest says of its version */
	const char *tag;	/* what the manifest itself gives the image, or NULL: then the version does not count */
	bool by_itself;		/* the manifest deploys this chart, so that this is not a version of the umbrella */
};

/*
 * Find what a chart runs: the commits that the catalogue's ga-version and ga-tag find in the manifest's revision, or, if they
 * find none and the chart is not deployed by itself, in the version of the umbrella's dependency and in the tag that the
 * umbrella's values give to the image, at that version of the umbrella.  The revision of a Git source is a name, so it is looked
 * up in the charts if there are some.  A tenant may fall back to the chart only if all commits contain the tenant's.
 *
 *   commits   borrowed until rk_ga_commit_close(): ["<commit's id>", ...]
 *   resolved  borrowed until then, in any case: {"version": s, "commit": the charts'}, as far as known; NULL if nothing is
 *
 * RK_END: cannot be determined; err->msg says why.  RK_EIO.
 */
enum rk_rc rk_ga_commit_find(struct rk_ga_commit *ga, const struct rk_ga_commit_query *query, const json_t **commits,
    const json_t **resolved, struct rk_err *err);

/*
 * Check, without a repository of the service, that ga-version and ga-tag of the catalogue match the version and the tag that the
 * umbrella has for a chart.  RK_END: one of them does not; err->msg says which.  RK_EIO.
 */
enum rk_rc rk_ga_commit_check(const struct rk_umbrella *umbrella, const struct rk_service *service,
    const struct rk_chart *chart, struct rk_err *err);

#endif
