#ifndef RK_RECONCILE_H
#define RK_RECONCILE_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "release/chart_values.h"
#include "release/decide.h"
#include "release/unattended.h"

/* The changes that make the manifests agree with a stream of records: tenants in, patch records out. */
struct rk_reconcile;

/* The release, and the repository to change.  All is borrowed until rk_reconcile_close(). */
struct rk_reconcile_options {
	const struct rk_catalog *catalog;
	const char *dir, *rev;			/* the GitOps repository and a revision of it */
	struct rk_source *source;		/* that revision */
	const struct rk_service *service;	/* NULL: only overrides are cleared, which name their service */
	const char *ring, *tag;
	const char *digest;			/* of the image, or NULL */
	const json_t *values;			/* that the ring brings, or NULL: those of the tenants stay */
	struct rk_chart_values *charts;		/* what the charts have by default, or NULL: no list can be added */
	const json_t *supersedes;		/* rk_override_set(): other rings' images that it may take over; or NULL */
	const char *to;				/* the tag that cleared tenants get, or NULL */
	bool keep_value;			/* cleared tenants keep what they have, and lose only the marks */
	enum rk_action action;			/* for the tenants: RK_SET, or what a release record says */
	const char *pull_request;		/* "OWNER/NAME#N", or NULL */
	const json_t *release;			/* for the patches: commit, labels, rejected; or NULL */
	const json_t *labels;			/* the ring's, for patches with what the proposal releases; or NULL */
	const char *claims;			/* a pattern of branches, open proposals: rk_claims_read(); NULL: none */
	const char *proposal;			/* a revision, the ring's own proposal: rk_claims_proposed(); NULL: none */
	const char *remote;			/* of all proposals, by the catalogue's names; NULL: the two above */
	const json_t *open;			/* their branches that have an open pull request; NULL: all */
	bool respect_reverts;			/* tenants from which a person took this image do not get it: rk_reverts_check() */
	const struct rk_freeze *freeze;		/* in which no tenant gets an image, or NULL */
	struct rk_unattended *unattended;	/* judges the records, or NULL */
	bool rejected;				/* the ring's own proposal counts for nothing */
	bool reconcile;				/* clear the tenants that the ring holds and that are not selected */
	bool allow_empty;			/* also if none is selected */
	unsigned long max_clear;		/* but not more tenants than this in all GitOps repositories, of which each has the same
						 * share; with RK_CLEAR, only if it is retargeted */
	bool retargeted;			/* the pull request of RK_CLEAR is for another branch */
	bool rfc6902;				/* write one plain JSON Patch, no records */
};

/*
 * Start, and read what proposals claim.  *reconcile on RK_OK is closed with rk_reconcile_close(), else NULL.
 * RK_ENOINPUT, RK_EIO: as rk_claims_read().
 */
enum rk_rc rk_reconcile_open(const struct rk_reconcile_options *options, struct rk_io *io,
    struct rk_reconcile **reconcile, struct rk_err *err);
void rk_reconcile_close(struct rk_reconcile *reconcile);	/* may be NULL */

/*
 * Write the patch records of a tenant, or a refusal; rk_reconcile_set() by the action:
 *
 *   RK_SET             the tenant gets the image
 *   RK_KEEP            the tenant gets what the ring's proposal gives it; otherwise it stays as it is, and if it has the
 *                      ring's image, it gets records without edits
 *   RK_CLEAR, RK_HOLD  none; the tenant is only noted as selected
 *
 * RK_EDATA: invalid tenant record.  RK_EUSAGE: a second manifest with rfc6902, or no service.  RK_EIO.
 */
enum rk_rc rk_reconcile_set(struct rk_reconcile *reconcile, const json_t *tenant, struct rk_err *err);
enum rk_rc rk_reconcile_remove(struct rk_reconcile *reconcile, const json_t *tenant, struct rk_err *err);

/* Take the selection record of a GitOps repository: no tenant is then a whole selection, too.  As rk_fleet_read_selection(). */
enum rk_rc rk_reconcile_selection(struct rk_reconcile *reconcile, const json_t *record, struct rk_err *err);

/*
 * Note a tenant that waits for earlier waves as selected: it keeps what it has, and gets nothing, not even what the ring's
 * proposal gives it.  The record is passed on.  RK_EDATA: invalid waiting record.  RK_EIO.
 */
enum rk_rc rk_reconcile_wait(struct rk_reconcile *reconcile, const json_t *waiting, struct rk_err *err);

/*
 * Note an override that rk_reconcile_end() will clear; pass it on if ringgate(1) holds it.
 * RK_EDATA: invalid override record.  RK_EIO.
 */
enum rk_rc rk_reconcile_override(struct rk_reconcile *reconcile, const json_t *override, struct rk_err *err);

/*
 * Note an override in a live object, which rk_reconcile_end() will write into the tenant's manifests, or refuse.
 * RK_EDATA: it is not a record of ringls --apps.
 */
enum rk_rc rk_reconcile_adopt(struct rk_reconcile *reconcile, const json_t *override, struct rk_err *err);

/*
 * After the last record, clear and adopt the overrides that were noted; with options->reconcile also the tenants that the ring
 * holds and that are not selected, unless the selection is incomplete, empty or too small.  With RK_CLEAR clear all
 * tenants of the ring, with RK_HOLD none.  Fails as rk_reconcile_set().
 */
enum rk_rc rk_reconcile_end(struct rk_reconcile *reconcile, struct rk_err *err);

#endif
