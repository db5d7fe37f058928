#ifndef RK_ROLLOUT_H
#define RK_ROLLOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "release/decide.h"

#define RK_ROLLOUT_AGE 600	/* seconds after which a file of overrides says nothing any more */

/* The waves of a catalogue, and how far a release has come in them. */
struct rk_rollout;

/* All is borrowed until rk_rollout_close(). */
struct rk_rollout_options {
	const struct rk_catalog *catalog;
	struct rk_source *source;		/* of the cohort files */
	const struct rk_service *service;
	const char *ring, *tag;			/* what is released; tag is NULL unless action is RK_SET */
	enum rk_action action;
	const char *held;			/* a file of override records with since and live */
	bool unframed;				/* it need not be a whole stream */
	int64_t now, as_of;			/* seconds since 1970: the clock's, for the file's age; and the time to judge by */
};

/*
 * Read the waves' cohorts and the overrides.  *rollout on RK_OK is closed with rk_rollout_close(), else NULL.
 * RK_EDATA: the file of overrides is older than RK_ROLLOUT_AGE, or invalid.  RK_ENOINPUT, RK_EIO, RK_ECONFIG: as
 * rk_cohort_select().
 */
enum rk_rc rk_rollout_open(const struct rk_rollout_options *options, struct rk_rollout **rollout, struct rk_err *err);
void rk_rollout_close(struct rk_rollout *rollout);	/* may be NULL */

/*
 * Judge a tenant record: *waiting is NULL if the tenant may get the release, else a waiting record (ring-records(5)), a new
 * reference.  RK_EDATA: it is not a tenant record.
 */
enum rk_rc rk_rollout_judge(const struct rk_rollout *rollout, const json_t *record, json_t **waiting, struct rk_err *err);

#endif
