#ifndef RK_OVERRIDE_H
#define RK_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"
#include "gitops/values.h"

/*
 * Make the edits that set a ring's image in all charts of the service that the manifest deploys, or in none.
 * *edits is a new reference on RK_OK, else NULL: [{"at": s, "patch": [...]}] as in ring-records(5), [] if the image is
 * set already.  Each replace and remove is preceded by a test of the value that was seen.
 *
 * RK_REFUSED: held-by-another-ring, foreign-override, tag-without-repository, null-parent, not-a-map, empty-flow,
 * shadowed, bad-values, and as rk_lookup_member(); err->msg starts with the path.
 */
enum rk_rc rk_override_set(const struct rk_values *values, const char *ring, const char *tag, json_t **edits,
    struct rk_err *err);

/*
 * Make the edits that remove the ring's image, and the maps that become empty; [] if the ring has no image here.  What
 * others have set stays.  If target_revision is not NULL, the edits test that the manifest still has it; if it is in another
 * file or object, it is compared now.
 * RK_REFUSED: bad-values; stale: it is another one; and as rk_lookup_member(); err->msg starts with the path.
 */
enum rk_rc rk_override_clear(const struct rk_values *values, const char *ring, const char *target_revision,
    json_t **edits, struct rk_err *err);

/*
 * Return whether a manifest, or its tenant's element, can hold the image of a service (NULL: of any) and of a ring (NULL:
 * of any): as rk_prefilter_may_hold().
 */
bool rk_override_may_hold(struct rk_manifest *manifest, const struct rk_service *service, const char *ring);

/* A ring's image in the values. */
struct rk_override {
	const struct rk_chart *chart;
	char *ring, *repository, *tag;	/* tag "" if there is none */
	char *path;			/* JSON Pointer, from values->root: the repository or reference, else the tag */
};

/* The overrides of a service in a manifest, and the values that they are in.  Free with rk_override_list_free(). */
struct rk_override_list {
	struct rk_values values;
	struct rk_override *item;
	size_t n, size;
};

/*
 * Find the overrides of a service in a manifest; if ring is NULL, those of every ring.  A manifest whose bytes cannot
 * hold one is not parsed.  manifest, catalog and service are borrowed until rk_override_list_free(), which is called in
 * any case.
 * RK_REFUSED: bad-values, as rk_values_find() and as rk_lookup_member(); err->msg starts with the path.
 */
enum rk_rc rk_override_find(struct rk_manifest *manifest, const struct rk_catalog *catalog,
    const struct rk_service *service, const char *ring, struct rk_override_list *list, struct rk_err *err);
void rk_override_list_free(struct rk_override_list *list);

#endif
