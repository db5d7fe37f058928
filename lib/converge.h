#ifndef RK_CONVERGE_H
#define RK_CONVERGE_H

#include <stdbool.h>
#include <jansson.h>

#include "catalog.h"
#include "err.h"
#include "io.h"
#include "repo.h"

/*
 * What must change so that the manifests say what the records say: tenants and overrides in, patch records
 * out.  The caller names the first part; all of it is borrowed.  Free with rk_converge_free().
 */
struct rk_converge {
	struct rk_io *io;
	const struct rk_catalog *catalog;
	struct rk_repo *repo;
	const struct rk_service *service;	/* NULL: only overrides, which name theirs */
	const char *ring, *tag;
	bool reconcile, allow_empty;
	unsigned long max_clear;		/* tenants */
	bool rfc6902;				/* no records: one plain JSON Patch */

	json_t *selected;	/* {"<tenant>": true}, with reconcile */
	json_t *overrides;	/* those to clear, one a manifest, service and ring */
	json_t *plain;		/* with rfc6902, the patch */
	json_t *claims;		/* what open proposals claim of service: rk_pending_claims() */
};

/*
 * Count what the branches that match pattern claim of the service, beyond dir's revision rev: rk_converge_set()
 * then refuses another ring's tenants.  RK_ENOINPUT, RK_EIO, RK_ENOMEM: see rk_pending_claims().
 */
enum rk_rc rk_converge_pending(struct rk_converge *converge, const char *dir, const char *rev, const char *pattern,
    struct rk_err *err);

/*
 * Each of these writes the patch records of one tenant, or a refusal.
 * RK_EDATA: the record is not what ring-records(5) says.  RK_EUSAGE: a second patch with rfc6902.
 * RK_EIO, RK_ENOMEM, RK_EBUG.
 */
enum rk_rc rk_converge_set(struct rk_converge *converge, const json_t *tenant, struct rk_err *err);
enum rk_rc rk_converge_remove(struct rk_converge *converge, const json_t *tenant, struct rk_err *err);

/* Keep an override to be cleared; one that a gate holds is passed on.  Written by rk_converge_end(). */
enum rk_rc rk_converge_override(struct rk_converge *converge, const json_t *override, struct rk_err *err);

/*
 * After the last record: clear the overrides that were kept, and with reconcile the tenants that the ring
 * holds and that were not selected, under their guards.
 */
enum rk_rc rk_converge_end(struct rk_converge *converge, struct rk_err *err);

void rk_converge_free(struct rk_converge *converge);

#endif
