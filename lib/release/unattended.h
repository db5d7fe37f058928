#ifndef RK_UNATTENDED_H
#define RK_UNATTENDED_H

#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

/*
 * Which changes may be merged without a person, by the catalogue's "merge": each patch record gets a member "merge", "auto" or
 * "review", and with the latter "review", the first rule of these that it breaks:
 *
 *   moved-back, retargeted, rejection-ignored; the caller's doubt; took-over
 *   cohort		with "set": "merge" does not list each cohort that selects the tenant
 *   not-protected	with "set": the catalogue does not say who may label one of them
 *   values		the ring brings a value that "merge" does not list
 *   clear		with "clear": "merge" does not allow it
 *   daily-cap		more tenants than "per-day" have been changed on this day, or their number is not known
 */
struct rk_unattended;

struct rk_unattended_query {
	const struct rk_catalog *catalog;
	const struct rk_service *service;	/* of the values, or NULL: there are none */
	const char *dir, *rev;			/* the GitOps repository, and the branch that proposals are for */
	const json_t *release;			/* the release record, or NULL */
	int64_t now;				/* seconds since 1970 */
};

/*
 * *unattended on RK_OK is closed with rk_unattended_close(), else NULL; it is NULL if the catalogue has no "merge".
 * The members of query are borrowed until then.  RK_ENOINPUT, RK_EIO: the repository cannot be read.
 */
enum rk_rc rk_unattended_open(const struct rk_unattended_query *query, struct rk_unattended **unattended, struct rk_err *err);
void rk_unattended_close(struct rk_unattended *unattended);	/* may be NULL */

/*
 * Return why a person must merge the clear of an override in any case, or NULL: its code, half-bumped or stray-override, or
 * without-gate, if ringgate(1) has not opened it.
 */
const char *rk_unattended_doubt(const json_t *override);

/* Judge a patch record.  doubt is why a person must merge it in any case, or NULL.  unattended may be NULL. */
void rk_unattended_judge(struct rk_unattended *unattended, const char *doubt, json_t *record);

#endif
