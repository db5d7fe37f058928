#ifndef RK_RECONCILE_H
#define RK_RECONCILE_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "release/decide.h"

/*
 * What must change so that the manifests say what the records say: tenants and overrides in, patch records
 * out.  The caller names the first part; all of it is borrowed.  Free with rk_reconcile_free().
 */
struct rk_reconcile {
	struct rk_io *io;
	const struct rk_catalog *catalog;
	struct rk_source *repo;
	const struct rk_service *service;	/* NULL: only overrides, which name theirs */
	const char *ring, *tag;
	enum rk_action action;			/* what tenant records ask for: RK_SET, or what a release record says */
	const char *pull_request;		/* "OWNER/NAME#N", or NULL */
	bool reconcile, allow_empty;
	unsigned long max_clear;		/* tenants */
	bool rfc6902;				/* no records: one plain JSON Patch */

	json_t *selected;	/* {"<tenant>": true}, with reconcile */
	json_t *overrides;	/* those to clear, one a manifest, service and ring */
	json_t *plain;		/* with rfc6902, the patch */
	json_t *claims;		/* what open proposals claim of service: rk_claims_read() */
	json_t *proposed;	/* what the ring's own has: rk_claims_proposed() */
};

/*
 * Count what the branches that match pattern claim of the service, beyond dir's revision rev: rk_reconcile_set()
 * then refuses another ring's tenants.  RK_ENOINPUT, RK_EIO, RK_ENOMEM: see rk_claims_read().
 */
enum rk_rc rk_reconcile_pending(struct rk_reconcile *converge, const char *dir, const char *rev, const char *pattern,
    struct rk_err *err);

/* With RK_KEEP: what the ring's open proposal has beyond dir's revision rev stays wanted.  As rk_claims_proposed() fails. */
enum rk_rc rk_reconcile_proposal(struct rk_reconcile *converge, const char *dir, const char *rev, const char *proposal,
    struct rk_err *err);

/*
 * Each of these writes the patch records of one tenant, or a refusal.  rk_reconcile_set() does what action says:
 *
 *   RK_SET          the tenant gets the image
 *   RK_KEEP         it gets what the ring's proposal has for it, else stays as it is: then only a ring's tenant has
 *                   records, with empty edits
 *   RK_CLEAR, HOLD  it is only noted
 *
 * RK_EDATA: the record is not what ring-records(5) says.  RK_EUSAGE: a second patch with rfc6902.
 * RK_EIO, RK_ENOMEM, RK_EBUG.
 */
enum rk_rc rk_reconcile_set(struct rk_reconcile *converge, const json_t *tenant, struct rk_err *err);
enum rk_rc rk_reconcile_remove(struct rk_reconcile *converge, const json_t *tenant, struct rk_err *err);

/* Keep an override to be cleared; one that a gate holds is passed on.  Written by rk_reconcile_end(). */
enum rk_rc rk_reconcile_override(struct rk_reconcile *converge, const json_t *override, struct rk_err *err);

/*
 * After the last record: clear the overrides that were kept, and with reconcile the tenants that the ring
 * holds and that were not selected, under their guards; with RK_CLEAR all that it holds, and with RK_HOLD none.
 */
enum rk_rc rk_reconcile_end(struct rk_reconcile *converge, struct rk_err *err);

void rk_reconcile_free(struct rk_reconcile *converge);

#endif
