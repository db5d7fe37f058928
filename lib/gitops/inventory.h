#ifndef RK_INVENTORY_H
#define RK_INVENTORY_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"
#include "gitops/override.h"

/* Which overrides to look for.  All is borrowed. */
struct rk_inventory_query {
	const struct rk_catalog *catalog;
	const struct rk_service *service;	/* NULL: of every service */
	const char *ring, *tenant;		/* NULL: of any */
};

/* One that was found: what it is and in which manifest.  All is valid during the call alone. */
struct rk_inventory_item {
	const char *tenant, *path;
	const struct rk_manifest *manifest;
	const struct rk_override *override;
};

typedef enum rk_rc rk_inventory_found(void *context, const struct rk_inventory_item *held, struct rk_err *err);

/* A manifest that may hold an override, and cannot be read: why is RK_REFUSED's. */
typedef enum rk_rc rk_inventory_refused(void *context, const char *tenant, const struct rk_err *why, struct rk_err *err);

/*
 * Every override of a revision that a ring holds.  Manifests whose bytes cannot hold one are not parsed.
 * Anything but RK_OK from found or refused ends the listing with it.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_inventory_list(struct rk_source *repo, const struct rk_inventory_query *query, rk_inventory_found *found,
    rk_inventory_refused *refused, void *context, struct rk_err *err);

/* The same for one manifest's text, a NUL behind its len bytes. */
enum rk_rc rk_inventory_in(const char *text, size_t len, const char *tenant, const char *path,
    const struct rk_inventory_query *query, rk_inventory_found *found, void *context, struct rk_err *err);

/*
 * Its override record (ring-records(5)): a new reference, NULL when memory is short.  "commit" is there where
 * the catalogue's tag template finds one in the tag, "target_revision" where the manifest has one.
 */
json_t *rk_inventory_record(const struct rk_inventory_item *held);

/* What an override record says, borrowed from it; the last three are NULL where it does not. */
struct rk_inventory_fields {
	const char *tenant, *path, *service, *ring;
	const char *chart, *commit, *target_revision, *deploys;
};

/* RK_EDATA: a member is missing, no text, or no name of its kind. */
enum rk_rc rk_inventory_read(const json_t *record, struct rk_inventory_fields *said, struct rk_err *err);

/* The same as rk_inventory_record() with "since", "since_commit" and "pull_request": what brought the value to revision rev of dir. */
enum rk_rc rk_inventory_record_since(const struct rk_inventory_item *held, const struct rk_inventory_query *query, const char *dir,
    const char *rev, json_t **record, struct rk_err *err);

#endif
