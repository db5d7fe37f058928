#ifndef RK_INVENTORY_H
#define RK_INVENTORY_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "git/source.h"
#include "gitops/catalog.h"

/* The overrides of a GitOps revision, manifest by manifest. */
struct rk_inventory;

/* The overrides to find, and the revision to search.  All is borrowed until rk_inventory_close(). */
struct rk_inventory_options {
	const struct rk_catalog *catalog;
	const struct rk_service *service;	/* NULL: every service */
	const char *ring, *tenant;		/* NULL: every ring, every tenant */
	bool everywhere;			/* also YAML and JSON files that no pattern of the catalogue matches */
	struct rk_source *source;
	const char *dir;			/* the directory that source is a revision of */
};

/* List the manifests.  *inventory on RK_OK is closed with rk_inventory_close(), else NULL.  Fails as rk_source_glob(). */
enum rk_rc rk_inventory_open(const struct rk_inventory_options *options, struct rk_inventory **inventory,
    struct rk_err *err);
void rk_inventory_close(struct rk_inventory *inventory);	/* may be NULL */

/*
 * Find the overrides in the next manifest that has some.  A manifest whose bytes cannot hold one is not parsed.
 * An override in a file that no pattern matches has the code stray-override; an image there that cannot be cleared is a
 * finding.
 *
 *   records  a new reference on RK_OK and RK_REFUSED, else NULL: an array of override records and findings (ring-records(5))
 *   tenant   borrowed until the next call
 *
 * RK_END: no more.  RK_REFUSED: the manifest cannot be read (err->code as rk_values_find() and rk_override_find());
 * records are what was found before, and the next call goes on.  RK_EIO.
 */
enum rk_rc rk_inventory_next(struct rk_inventory *inventory, json_t **records, const char **tenant, struct rk_err *err);

/*
 * Add "since", "since_commit" and "pull_request" to a record: when, and by which commit and pull request, the manifest
 * got the value.
 * RK_ENOINPUT: the history here is too short; err->msg has the remedy.  RK_EIO.
 */
enum rk_rc rk_inventory_add_since(struct rk_inventory *inventory, json_t *record, struct rk_err *err);

#endif
