#ifndef RK_CHART_VALUES_H
#define RK_CHART_VALUES_H

#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"
#include "override/override.h"
#include "release/chart_version.h"

/* What the umbrella chart has by default, at the versions that manifests deploy.  Each answer is found once. */
struct rk_chart_values;

/* Start.  catalog and charts are borrowed until rk_chart_values_close(). */
struct rk_chart_values *rk_chart_values_open(const struct rk_catalog *catalog, const struct rk_chart_version *charts);
void rk_chart_values_close(struct rk_chart_values *values);	/* may be NULL */

/*
 * Find the value at a JSON Pointer in the umbrella's values, as rk_umbrella_value() does, at the version that a manifest deploys.
 * *value is borrowed until rk_chart_values_close(), and NULL if there is none.
 * RK_END: cannot be told; err->msg says why.  RK_EIO.
 */
enum rk_rc rk_chart_values_find(struct rk_chart_values *values, const struct rk_chart_version_query *query, const char *pointer,
    const json_t **value, struct rk_err *err);

/*
 * Set defaults to what the charts have: values that decide whether a dependency is installed are not allowed, where the version is
 * known.  values is borrowed as long as defaults is used; if it is NULL, so that nothing is to be checked, there is nothing.
 */
void rk_chart_values_defaults(struct rk_chart_values *values, struct rk_override_defaults *defaults);

#endif
