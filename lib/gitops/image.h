#ifndef RK_IMAGE_H
#define RK_IMAGE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"

/* Append the repository of the service's image for a ring, with its host. */
void rk_image_repository(struct rk_strbuf *text, const struct rk_service *service, const char *ring);

/* Append the host of that repository, nothing if it has none.  RK_ENOMEM. */
enum rk_rc rk_image_host(struct rk_strbuf *text, const struct rk_service *service, const char *ring, struct rk_err *err);

/*
 * Return the part of an image's repository that follows its host and "/": a part of image, or all of it if it has no host.
 * A host has "." or ":", or is localhost (distribution/reference).
 */
const char *rk_image_path(const char *image);

/* Return the length of the repository in "repository[:tag][@digest]". */
size_t rk_image_repository_length(const char *reference);

/*
 * Return whether image, "repository[:tag][@digest]", is one of the service's rings; ring is set to the ring's name.  If
 * hostless, the host may be missing, because the chart adds it.
 */
bool rk_image_is_ring(const struct rk_service *service, const char *image, bool hostless, struct rk_strbuf *ring);

#endif
