#ifndef RK_CHART_VERSION_H
#define RK_CHART_VERSION_H

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "gitops/catalog.h"

/* The repository of the umbrella chart, and the versions of it that are published. */
struct rk_chart_version;

/*
 * Open the charts' repository.
 *
 *   catalog  borrowed until rk_chart_version_close()
 *   index    a file with the published versions, as rk_chart_index_read() reads it; NULL: they are not known
 *   charts   on RK_OK closed with rk_chart_version_close(), else NULL
 *
 * RK_ECONFIG: no umbrella.path or umbrella.revision in the catalogue.
 * RK_EDATA: the index is invalid.  RK_ENOINPUT, RK_EPERM, RK_EIO: as rk_git_open().
 */
enum rk_rc rk_chart_version_open(const struct rk_catalog *catalog, const char *dir, const char *index,
    struct rk_chart_version **charts, struct rk_err *err);
void rk_chart_version_close(struct rk_chart_version *charts);	/* may be NULL */

/* Return the repository: borrowed. */
git_repository *rk_chart_version_repository(const struct rk_chart_version *charts);

/* What a manifest says of its chart.  All is borrowed. */
struct rk_chart_version_query {
	const char *revision;		/* its targetRevision */
	const char *url, *path;		/* of a Git source: the repository, and the chart's path there; NULL: of another source */
};

/*
 * Find the commit of the charts' repository that a manifest deploys: of a released version, of the highest version of a range,
 * or, of a Git source, of a branch, tag or commit.
 *
 *   version  cleared, and set to the version, "" if the revision is not one
 *
 * RK_END: cannot be determined; err->msg says why, and version may be set.  RK_EIO.
 */
enum rk_rc rk_chart_version_find(const struct rk_chart_version *charts, const struct rk_chart_version_query *query,
    struct rk_strbuf *version, git_oid *commit, struct rk_err *err);

#endif
