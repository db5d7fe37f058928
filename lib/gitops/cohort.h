#ifndef RK_COHORT_H
#define RK_COHORT_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/source.h"
#include "gitops/catalog.h"

#define RK_COHORT_BYTES (1u << 20)	/* the largest cohort file */
#define RK_COHORT_TENANTS 100000	/* the most of one cohort, with those that it includes */
#define RK_COHORT_LEVELS 16		/* of cohorts that include each other, the first counted */

/* The tenants that a stream of selectors names, each once, with the cohorts that named it. */
struct rk_cohort_set;

/* Open a set.  catalog and source are borrowed until rk_cohort_close(). */
struct rk_cohort_set *rk_cohort_open(const struct rk_catalog *catalog, struct rk_source *source);
void rk_cohort_close(struct rk_cohort_set *cohorts);	/* may be NULL */

/* Refuse from now on selectors whose label was added by a user who may not, as catalog->allowed says. */
void rk_cohort_check_actors(struct rk_cohort_set *cohorts);

/*
 * Add the tenants that a selector names; the same selector again adds none.
 *
 *   selector   borrowed: {"type":"selector","source":s,"key":s,"value":s,"actor":login,"teams":{"ORG/TEAM":b,...}}
 *              actor, who added the label, and teams, of which it is a member or not, may be missing
 *
 *   github:path:NAME   the tenants of the cohort NAME, whose file catalog->cohorts gives: 1 to catalog->max_tenants
 *                      of them (cohort-resolve(1) describes the file)
 *   tenant:name:NAME   that tenant
 *
 * RK_REFUSED: none of its tenants is added; err->code is malformed-label, no-such-source, no-such-cohort,
 * bad-cohort, empty-cohort, too-many-tenants or not-allowed.  RK_EDATA: invalid selector.  RK_ECONFIG: no "cohorts" in the
 * catalogue.  RK_ENOINPUT, RK_EIO: as rk_source_read().
 */
enum rk_rc rk_cohort_select(struct rk_cohort_set *cohorts, const json_t *selector, struct rk_err *err);

/*
 * List the names of all cohorts that have a file: *names is borrowed until rk_cohort_close().  The catalogue has "cohorts".
 * RK_ENOINPUT, RK_EIO: as rk_source_glob().
 */
enum rk_rc rk_cohort_existing(struct rk_cohort_set *cohorts, const json_t **names, struct rk_err *err);

/* Return the number of tenants so far. */
size_t rk_cohort_count(const struct rk_cohort_set *cohorts);

/*
 * Return the record of tenant n, from 0, in the order in which they were first named:
 * {"type": "tenant", "tenant": s, "cohorts": ["github:path:NAME", ...], "requested_by": ["LOGIN", ...]}, a new reference;
 * requested_by, who added the labels, is missing if none is known.
 */
json_t *rk_cohort_tenant(const struct rk_cohort_set *cohorts, size_t n);

#endif
