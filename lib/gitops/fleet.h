#ifndef RK_FLEET_H
#define RK_FLEET_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

/* Tenants that are spread over several GitOps repositories, as the catalogue's gitops says. */

/* Find a repository by its name, without regard to case: *repository is borrowed.  RK_EUSAGE: the catalogue does not have it. */
enum rk_rc rk_fleet_repository(const struct rk_catalog *catalog, const char *name, const char **repository, struct rk_err *err);

/*
 * Find the repository of a tenant: *repository is borrowed, and NULL if the catalogue has no gitops.
 * RK_REFUSED: no-repository, ambiguous.
 */
enum rk_rc rk_fleet_find(const struct rk_catalog *catalog, const char *tenant, const char **repository, struct rk_err *err);

/* Return the number of repositories, at least 1. */
size_t rk_fleet_size(const struct rk_catalog *catalog);

/* Return the record that says how many tenants are selected in all repositories: a new reference. */
json_t *rk_fleet_selection(const char *repository, size_t tenants);

/*
 * Take a selection record.  *selection is the one before, or NULL; it becomes a new reference to record.
 * RK_EDATA: invalid, or another one than the one before.
 */
enum rk_rc rk_fleet_read_selection(const json_t *record, json_t **selection, struct rk_err *err);

/* Return how many tenants a selection record names in all repositories; 0 if it is NULL. */
size_t rk_fleet_selected(const json_t *selection);

#endif
