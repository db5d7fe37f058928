#ifndef RK_DISCOVER_H
#define RK_DISCOVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"

/* A manifest that was found.  What belongs to the catalogue is borrowed. */
struct rk_discover_path {
	const char *tenant;		/* in one block of memory with path */
	const char *path;
	const struct rk_entries *manifests;
	const struct rk_entry *entry;	/* the first of them that it matches */
	git_oid blob;			/* of a revision; zero if it is not known */
};

/* Zeroed is empty; free with rk_discover_free(). */
struct rk_discover_list {
	struct rk_discover_path *item;
	size_t n, size;
	struct rk_discover_names *names;	/* private */
};

/* Drop the paths of a list.  What was read of files with elements is kept for the next search with it. */
void rk_discover_clear(struct rk_discover_list *list);

/* Free what a list holds, and leave it empty. */
void rk_discover_free(struct rk_discover_list *list);

/*
 * Append a tenant's manifests of a service, each once, ordered by entry and path.  A file with elements is one of each of its
 * tenants.
 * RK_REFUSED: no-manifest: nothing matches one of the entries that is not optional, or any of those that are.
 * RK_ECONFIG: the service has no entries.
 * RK_ENOINPUT, RK_EIO: as rk_source_glob().
 */
enum rk_rc rk_discover_tenant(struct rk_source *source, const struct rk_service *service, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err);

/* Append the files that match entries, each once, ordered as above; if tenant is NULL, of every tenant.  Fails as above. */
enum rk_rc rk_discover(struct rk_source *source, const struct rk_entries *entries, const char *tenant,
    struct rk_discover_list *list, struct rk_err *err);

/*
 * Append the manifests of a service, or if service is NULL of all services; if tenant is NULL, of every tenant.  Services
 * with the same patterns have their manifests in the list once.  Fails as above.
 */
enum rk_rc rk_discover_all(struct rk_source *source, const struct rk_catalog *catalog, const struct rk_service *service,
    const char *tenant, struct rk_discover_list *list, struct rk_err *err);

/*
 * Append a manifest.  The strings are copied; manifests and entry are NULL if none is known; blob is NULL in a directory.
 */
void rk_discover_add(struct rk_discover_list *list, const char *tenant, const char *path,
    const struct rk_entries *manifests, const struct rk_entry *entry, const git_oid *blob);

/* Return whether a manifest in a list of rk_discover_all() is one of the service. */
bool rk_discover_is_of(const struct rk_discover_path *path, const struct rk_service *service);

/*
 * Return the first entry that path matches, and append the tenant's name to tenant, nothing if the entry has elements; NULL if
 * it matches none.
 */
const struct rk_entry *rk_discover_match(const struct rk_entries *entries, const char *path, struct rk_strbuf *tenant);

#endif
