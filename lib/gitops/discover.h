#ifndef RK_DISCOVER_H
#define RK_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"

/* A manifest that was found. */
struct rk_discover_path {
	char *tenant;			/* in one block of memory with path */
	char *path;
	const struct rk_strings *manifests;	/* the catalogue's patterns, borrowed, one of which it matches */
	git_oid blob;			/* of a revision */
};

/* Zeroed is empty; free with rk_discover_free(). */
struct rk_discover_list {
	struct rk_discover_path *item;
	size_t n, size;
};

/* Free the paths of a list, and leave it empty. */
void rk_discover_free(struct rk_discover_list *list);

/*
 * Append a tenant's manifests of a service, each once, ordered by pattern and path.
 * RK_REFUSED: no-manifest: nothing matches one of the patterns.  RK_ECONFIG: the service has no patterns.
 * RK_ENOINPUT, RK_EIO, RK_ENOMEM: as rk_source_glob().
 */
enum rk_rc rk_discover_tenant(struct rk_source *source, const struct rk_service *service, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err);

/* Append the files that match patterns, each once, ordered as above; if tenant is NULL, of every tenant.  Fails as above. */
enum rk_rc rk_discover(struct rk_source *source, const struct rk_strings *patterns, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err);

/*
 * Append the manifests of a service, or if service is NULL of all services; if tenant is NULL, of every tenant.  Services
 * with the same patterns have their manifests in the list once.  Fails as above.
 */
enum rk_rc rk_discover_all(struct rk_source *source, const struct rk_catalog *catalog, const struct rk_service *service,
    const char *tenant, struct rk_discover_list *list, struct rk_err *err);

/* Append a manifest.  The strings are copied; blob is NULL in a directory.  RK_ENOMEM. */
enum rk_rc rk_discover_add(struct rk_discover_list *list, const char *tenant, const char *path,
    const struct rk_strings *manifests, const git_oid *blob, struct rk_err *err);

/* Return whether a manifest in a list of rk_discover_all() is one of the service. */
bool rk_discover_is_of(const struct rk_discover_path *path, const struct rk_service *service);

/* Return whether path matches one of the patterns, and append the tenant's name to tenant if it does. */
bool rk_discover_match(const struct rk_strings *patterns, const char *path, struct rk_strbuf *tenant);

#endif
