#ifndef RK_OVERRIDE_RECORD_H
#define RK_OVERRIDE_RECORD_H

#include <jansson.h>

#include "base/err.h"
#include "gitops/chart_source.h"
#include "gitops/values.h"
#include "override/override.h"

/*
 * Return the record of an override (ring-records(5)): a new reference, NULL when out of memory.  It has "commit" if the
 * catalogue's tag template finds one in the tag, "target_revision" if the chart's source has one, and "source" if that is a Git
 * repository or has a fault.
 */
json_t *rk_override_record_json(const struct rk_values *values, const struct rk_override *override,
    const struct rk_chart_source *source);

/* The members of an override record, borrowed from it; those from chart on are NULL if it does not have them. */
struct rk_override_record {
	const char *tenant, *path, *service, *ring;
	const char *chart, *commit, *target_revision, *deploys;
	const char *ga_tag, *over, *under, *code;
	const json_t *values;		/* that the ring has brought for this chart, or NULL */
	const json_t *ga_values;	/* what a clear gives back for some of them, or NULL */
	const char *source_url, *source_path, *source_fault;
};

/* Check and read an override record.  RK_EDATA: a member is missing or invalid. */
enum rk_rc rk_override_record_read(const json_t *record, struct rk_override_record *override, struct rk_err *err);

#endif
