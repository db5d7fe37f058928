#ifndef RK_GA_COMMIT_H
#define RK_GA_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "gitops/catalog.h"

/* The general release: which commit of a service a chart's version runs.  Each answer is found once. */
struct rk_ga_commit;

/*
 * catalog and history, the service's, are borrowed, and must outlive it.  charts is the charts' repository, NULL for
 * none.  *general on RK_OK is closed with rk_ga_commit_close(), else NULL.
 * RK_ECONFIG: there are charts, and the catalogue lacks umbrella.path or umbrella.revision.
 * RK_ENOINPUT, RK_EPERM, RK_EIO, RK_ENOMEM: as rk_git_open().
 */
enum rk_rc rk_ga_commit_open(const struct rk_catalog *catalog, struct rk_ancestry *history, const char *charts,
    struct rk_ga_commit **general, struct rk_err *err);
void rk_ga_commit_close(struct rk_ga_commit *general);	/* may be NULL */

#define RK_GA_COMMIT_MOST 2

/* What the chart runs: the whole ids of n commits, all of which count. */
struct rk_ga_commit_list {
	size_t n;
	char oid[RK_GA_COMMIT_MOST][RK_OID_HEX];
};

/*
 * What a service's chart runs where a manifest's targetRevision is revision: the commits that the catalogue's
 * ga-version and ga-tag find in revision itself, else in the version of the subchart that the umbrella depends on,
 * and in the tag that the umbrella's values give to its image, at that version.  alone: the manifest deploys the
 * subchart by itself, so revision is no version of the umbrella, and only what stands in it counts.
 * RK_END: there is a doubt; err->msg is which.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_ga_commit_find(struct rk_ga_commit *general, const struct rk_service *service, const struct rk_chart *chart,
    const char *revision, bool alone, struct rk_ga_commit_list *commits, struct rk_err *err);

#endif
