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

/* The repository that manifests are in, for what a manifest itself does not say.  All is borrowed until rk_override_history_free(). */
struct rk_override_history *rk_override_history_new(const struct rk_catalog *catalog, const char *dir, const char *rev);
void rk_override_history_free(struct rk_override_history *history);	/* may be NULL */

/*
 * What the charts that a manifest deploys have, at its version.  pointer is a JSON Pointer in the umbrella's values.
 *
 *   find   sets *value, borrowed, to the default there, NULL if there is none.  RK_END: cannot be told; err->msg says why
 *   allow  RK_REFUSED: foreign-values: Helm reads the value itself
 */
struct rk_override_defaults {
	enum rk_rc (*find)(void *context, const struct rk_values *values, const char *pointer, const json_t **value,
	    struct rk_err *err);
	enum rk_rc (*allow)(void *context, const struct rk_values *values, const char *pointer, struct rk_err *err);
	void *context;
};

/* What to set.  All is borrowed. */
struct rk_override_setting {
	const char *ring, *tag;
	const char *digest;			/* of the image, or NULL */
	const json_t *values;			/* that the ring brings (gitops/value_rules.h); NULL: those of the tenant stay */
	const json_t *supersedes;		/* [{"ring": s, "commit": s}, ...]: images that may be taken over; or NULL */
	const struct rk_override_defaults *defaults;	/* NULL: not known, so that no list can be added */
	json_t *by_hand;			/* paths of values that another author has changed, and that stay, are appended; or NULL */
	const struct rk_override_history *history;	/* NULL: none */
};

/*
 * Make the edits that set a ring's image in all charts of the service that the manifest deploys, or in none.
 * *edits is a new reference on RK_OK, else NULL: [{"at": s, "patch": [...], "marks": [...]}] as in ring-records(5), [] if the
 * image is set already.  Each replace and remove is preceded by a test of the value that was seen.
 *
 * The values that the ring brings are set as well, and those that it no longer brings are taken back.
 *
 * In a chart whose form has replace, what the values have is replaced under marks (yaml/mark.h).
 *
 *   took_over  set to the ring that the image was taken from, "" if from none
 *
 * RK_REFUSED: held-by-another-ring, foreign-override, tag-without-repository, null-parent, not-a-map, empty-flow,
 * shadowed, bad-values, foreign-values, value-in-the-way, no-list, no-mark, bad-mark, too-shallow, and as rk_lookup_member(); err->msg starts with the path.
 */
enum rk_rc rk_override_set(const struct rk_values *values, const struct rk_override_setting *setting, struct rk_strbuf *took_over,
    json_t **edits, struct rk_err *err);

/* How to clear.  All is borrowed. */
struct rk_override_clearing {
	const char *ring;
	const char *target_revision;		/* the edits test that the manifest still has it; NULL: any */
	const char *to;				/* the tag that the tenant gets; NULL: the one that it had */
	bool keep_value;			/* take the marks away, and nothing else */
	json_t *by_hand;			/* as in a setting */
	const struct rk_override_history *history;	/* NULL: none */
};

/*
 * Make the edits that remove the ring's image, and the maps that become empty; [] if the ring has no image here.  What has a
 * mark gets back the bytes that were there before, and a value that another author has written since then stays.  What others
 * have set stays.  If the target_revision is in another file or object, it is compared now.
 * RK_REFUSED: bad-values; stale: it is another one; mark-lost, bad-mark, too-shallow; and as rk_lookup_member(); err->msg
 * starts with the path.
 */
enum rk_rc rk_override_clear(const struct rk_values *values, const struct rk_override_clearing *clearing, json_t **edits,
    struct rk_err *err);

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
	char *digest;			/* beside the tag, or NULL */
	char *ga_tag;			/* of the image that a clear leaves, if the manifest has one; or NULL */
	bool bumped;			/* another author has written over it */
	json_t *values;			/* that the ring has brought for this chart, NULL if none: as in a release record */
	json_t *ga_values;		/* those that a clear gives back in their place, or NULL */
	char *over, *under;		/* the ring from which it was taken over; the one that took it over; or NULL */
	char *over_tag;			/* of the ring from which it was taken over, or NULL */
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
