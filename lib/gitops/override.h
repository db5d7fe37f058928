#ifndef RK_OVERRIDE_H
#define RK_OVERRIDE_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"

/*
 * The edits that give the charts of a service that a manifest deploys the ring's image, all of them or none.
 * edits is a new reference on RK_OK, else NULL: [{"at": s, "patch": [...]}] as ring-records(5) has it,
 * [] when all is as wanted already.  Each replace and remove stands behind a test of the value that was seen.
 *
 * RK_REFUSED: held-by-another-ring, foreign-override, tag-without-repository, null-parent, not-a-map,
 * empty-flow, shadowed, and rk_lookup_member()'s.  RK_ENOMEM.
 */
enum rk_rc rk_override_set(const struct rk_manifest *manifest, const struct rk_service *service, const char *ring,
    const char *tag, json_t **edits, struct rk_err *err);

/*
 * The edits that take the ring's image out again, with the parents that this leaves empty; [] when the ring
 * holds nothing here.  What others have set stays.  target_revision, where it is not NULL, is what the
 * source must still say when the edits are applied.
 */
enum rk_rc rk_override_clear(const struct rk_manifest *manifest, const struct rk_service *service, const char *ring,
    const char *target_revision, json_t **edits, struct rk_err *err);

/* An image that a ring owns, as a manifest has it.  All of it is valid during the call alone. */
struct rk_override {
	const struct rk_service *service;
	const struct rk_chart *chart;
	const char *ring, *repository, *tag;	/* tag "" where there is none */
	const char *path;			/* JSON Pointer of the repository, from where the manifest's base starts */
};

typedef enum rk_rc rk_override_found(void *context, const struct rk_override *override, struct rk_err *err);

/*
 * Every image of a service's charts that a ring owns; ring NULL: any ring.  Anything but RK_OK from found ends
 * the listing with it.  RK_REFUSED: rk_lookup_member()'s, bad-values.  RK_ENOMEM.
 */
enum rk_rc rk_override_list(const struct rk_manifest *manifest, const struct rk_service *service, const char *ring,
    rk_override_found *found, void *context, struct rk_err *err);

/* Is image, "repository[:tag][@digest]", a ring's of this service?  ring then becomes the ring's name. */
bool rk_override_is_ring(const struct rk_service *service, const char *image, struct rk_strbuf *ring);

/* Append the repository that the service's image has for a ring: what is written. */
void rk_override_repository(struct rk_strbuf *text, const struct rk_service *service, const char *ring);

#endif
