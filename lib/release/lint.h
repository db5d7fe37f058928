#ifndef RK_LINT_H
#define RK_LINT_H

#include <jansson.h>

#include "base/code.h"
#include "base/err.h"
#include "git/source.h"
#include "gitops/catalog.h"

/* One fault of the catalogue, or of what it speaks of.  code as ring-records(5) lists it; the rest may be NULL. */
struct rk_lint_finding {
	enum rk_code code;
	const char *reason;
	const char *service, *chart, *tenant, *path;
};

typedef enum rk_rc rk_lint_found(void *context, const struct rk_lint_finding *finding, struct rk_err *err);

/* Its record: a new reference, NULL when memory is short. */
json_t *rk_lint_record(const struct rk_lint_finding *finding);

/*
 * Hold the catalogue against the umbrella chart: every chart it names must be a dependency (by alias, where it
 * has one), and the first form of its image must be in that subchart's values.yaml.  Subcharts are read from the
 * umbrella's charts/NAME, or where a "file://" repository says.
 * Findings: unknown-chart, no-values, no-such-path.
 * RK_ENOINPUT: the umbrella's Chart.yaml cannot be read.  RK_ECONFIG: the catalogue has no umbrella.path.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_lint_charts(const struct rk_catalog *catalog, struct rk_source *charts, rk_lint_found *found,
    void *context, struct rk_err *err);

/*
 * Hold it against the manifests: every pattern matches something, and no ring's image stands where the catalogue
 * does not look.
 * Findings: no-manifest, stray-override, and bad-yaml for a manifest that may hold one.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_lint_manifests(const struct rk_catalog *catalog, struct rk_source *repo, rk_lint_found *found,
    void *context, struct rk_err *err);

#endif
