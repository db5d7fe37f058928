#ifndef RK_OVERRIDE_INTERNAL_H
#define RK_OVERRIDE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/values.h"

enum rk_override_owner { RK_OVERRIDE_NO_IMAGE, RK_OVERRIDE_THIS_RING, RK_OVERRIDE_ANOTHER_RING, RK_OVERRIDE_NOT_A_RING, RK_OVERRIDE_TAG_ONLY };

/* A member of the values, which may be missing. */
struct rk_override_member {
	char *path;		/* JSON Pointer from the values' root */
	struct rk_json_pointer pointer;
	uint32_t node;		/* its value, 0 if it is missing */
	uint32_t parent;	/* if it is missing: the map that its first missing key belongs in, 0 if that is not a map */
	size_t depth;		/* how many of the pointer's tokens exist */
};

/* One form of a chart's image in the values. */
struct rk_override_image {
	const struct rk_image_form *form;
	struct rk_override_member registry, repository, tag, digest;	/* of a reference, repository is the whole, and the others are unused */
	struct rk_strbuf found, version;	/* the repository, with its registry, and the tag that are there */
	struct rk_strbuf ring;			/* the ring that the repository names, if it names one */
	enum rk_override_owner owner;
};

/*
 * Find a form of a chart's image in the values, and whose it is: a ring's (NULL: every ring is another one), or neither.
 * Free image in any case.
 * RK_REFUSED: bad-values, and as rk_lookup_member().
 */
enum rk_rc rk_override_image_find(const struct rk_values *values, const char *ring, const struct rk_chart *chart,
    size_t form, struct rk_override_image *image, struct rk_err *err);
void rk_override_image_free(struct rk_override_image *image);

/* Return whether the chart has the repository; in the values is a tag, and perhaps a repository that must be the catalogue's. */
bool rk_override_image_is_tag_only(const struct rk_image_form *form);

#endif
