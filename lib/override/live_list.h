#ifndef RK_LIVE_LIST_H
#define RK_LIVE_LIST_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/values.h"

/* The overrides in live objects, and what is done with each.  All is borrowed. */
struct rk_live_list {
	const struct rk_catalog *catalog;
	const struct rk_service *service;	/* NULL: every service */
	const char *ring, *tenant;		/* NULL: every ring, every tenant */

	/* Take an override record, a new reference; or of an object that cannot be read (RK_REFUSED), why. */
	enum rk_rc (*found)(void *context, json_t *record, struct rk_err *err);
	enum rk_rc (*refused)(void *context, const struct rk_err *why, const char *tenant, struct rk_err *err);
	void *context;
};

/*
 * Call found for each override in a file of Applications and HelmReleases, as kubectl get or argocd app list prints them.  Its
 * record has "object", and as "path" that of the manifest by the catalogue's pattern; "helm_values" is
 * rk_live_list_digest() of the object's Helm values, unless it takes some from files or objects beside it.
 * RK_ECONFIG: the catalogue does not say which object deploys a tenant.  RK_ENOINPUT, RK_EDATA: as rk_live_object_read_file().
 */
enum rk_rc rk_live_list(const struct rk_live_list *list, const char *path, struct rk_err *err);

/*
 * Append the SHA-256 of the values that Helm gets for the chart of a manifest: the same for the same values, in whatever order.
 * RK_REFUSED: as rk_helm_values_read().
 */
enum rk_rc rk_live_list_digest(const struct rk_values *values, struct rk_strbuf *digest, struct rk_err *err);

#endif
