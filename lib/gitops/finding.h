#ifndef RK_FINDING_H
#define RK_FINDING_H

#include <jansson.h>

#include "base/err.h"

/* The subject of a finding, borrowed; each member may be NULL. */
struct rk_finding {
	const char *service, *chart, *tenant, *path;
};

/* Append the finding record (ring-records(5)) whose code and reason err has to an array.  RK_ENOMEM. */
enum rk_rc rk_finding_add(json_t *findings, const struct rk_finding *about, struct rk_err *err);

#endif
