#ifndef RK_LIVE_OBJECT_H
#define RK_LIVE_OBJECT_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "gitops/manifest.h"

/* An Application of Argo CD, or a HelmRelease of Flux, as a cluster has it. */
struct rk_live_object {
	bool flux;
	const char *namespace, *name;
	const json_t *json;			/* what is needed of it, see picks in live_object.c; other members are null */
	struct rk_manifest manifest;		/* its spec, as a manifest whose tenant is not known yet */
	bool is_compared;			/* Argo CD has compared the spec that it has now, or does not say what it compared */
};

/* Process an object, borrowed.  Any result except RK_OK ends the reading with it. */
typedef enum rk_rc rk_live_object_found(void *context, struct rk_live_object *object, struct rk_err *err);

/*
 * Read Applications and HelmReleases, as kubectl get or argocd app list prints them in JSON, one at a time.
 * RK_EDATA: io has other things, or an object without a name, a namespace or a spec.  RK_EIO.
 */
enum rk_rc rk_live_object_read(struct rk_io *io, rk_live_object_found *found, void *context, struct rk_err *err);

#endif
