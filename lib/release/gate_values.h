#ifndef RK_GATE_VALUES_H
#define RK_GATE_VALUES_H

#include "base/err.h"
#include "gitops/catalog.h"
#include "override/override_record.h"
#include "release/chart_values.h"

/*
 * Check that a tenant keeps the values that its ring has brought for a chart when the override is cleared: for each, what the
 * record says that a clear gives back is the same, or, if it says nothing, what the charts have at the manifest's version.
 *
 *   charts    what the charts have, or NULL: then only what a clear gives back is known
 *   override  has values; its chart is chart
 *
 * RK_END: one is not, or it cannot be told; err->msg says which.  RK_EIO.
 */
enum rk_rc rk_gate_values_check(struct rk_chart_values *charts, const struct rk_chart *chart,
    const struct rk_override_record *override, struct rk_err *err);

#endif
