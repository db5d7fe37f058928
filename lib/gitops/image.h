#ifndef RK_IMAGE_H
#define RK_IMAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"

#define RK_IMAGE_COMMIT_LEAST 7	/* digits of a commit that are recognised in a tag */

/* Append the repository of the service's image for a ring, with its host; its tag for a ring and a commit. */
void rk_image_repository(struct rk_strbuf *text, const struct rk_service *service, const char *ring);
void rk_image_tag(struct rk_strbuf *text, const struct rk_service *service, const char *ring, const char *commit);

/* Append the host of that repository, nothing if it has none. */
void rk_image_host(struct rk_strbuf *text, const struct rk_service *service, const char *ring);

/*
 * Return the part of an image's repository that follows its host and "/": a part of image, or all of it if it has no host.
 * A host has "." or ":", or is localhost (distribution/reference).
 */
const char *rk_image_path(const char *image);

/* Return the length of the repository in "repository[:tag][@digest]". */
size_t rk_image_repository_length(const char *reference);

/* Return whether the ring is in the tag: the service's first image does not have it. */
bool rk_image_rings_by_tag(const struct rk_service *service);

/*
 * Return whether an image, "repository[:tag][@digest]", is one of the service's rings; ring is set to the ring's name.
 *
 *   tag       its tag if that is apart from image, or NULL
 *   hostless  the host may be missing in image, because the chart adds it
 */
bool rk_image_is_ring(const struct rk_service *service, const char *image, const char *tag, bool hostless,
    struct rk_strbuf *ring);

/* Return whether a tag is one of a ring, by the service's template; ring is set to its name.  False if that has no {ring}. */
bool rk_image_tag_ring(const struct rk_service *service, const char *tag, struct rk_strbuf *ring);

/* Set commit to the service's commit in a tag, by the catalogue's template; to "" if none is found. */
void rk_image_commit(const struct rk_service *service, const char *tag, struct rk_strbuf *commit);

/*
 * Check that a tag that is to be set names the ring, if the service's rings are found by their tags.
 * RK_EUSAGE: it does not.
 */
enum rk_rc rk_image_check_tag(const struct rk_service *service, const char *ring, const char *tag, struct rk_err *err);

#endif
