#ifndef RK_CHART_SOURCE_H
#define RK_CHART_SOURCE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/values.h"

/*
 * Where the chart of a manifest comes from, and in which version.  Zeroed is empty; free with rk_chart_source_free().  Strings
 * that are not known are empty.
 */
struct rk_chart_source {
	struct rk_strbuf revision;	/* the version, range or Git revision */
	struct rk_strbuf url, path;	/* of a Git source: its repository, and the chart's path there */
	struct rk_strbuf fault;		/* why the revision does not say what is deployed */
};

/*
 * Find the source of the chart that a manifest deploys.  The revision of
 *
 *   an Application		is its source's targetRevision;
 *   a HelmRelease		is the version of its chart, from a HelmRepository; from a GitRepository, which must be in the
 *				same file, it is its reference: "refs/heads/NAME", "refs/tags/NAME", a name, a range or a commit;
 *   a file with a version	is at the place that the catalogue names;
 *   a file without a kind	is that of the dependency umbrella.chart in the Chart.yaml beside it, by Chart.lock if there is one.
 *
 * source is freed in any case.  RK_ENOINPUT, RK_EIO: as rk_source_read().
 */
enum rk_rc rk_chart_source_find(const struct rk_values *values, struct rk_chart_source *source, struct rk_err *err);
void rk_chart_source_free(struct rk_chart_source *source);

#endif
