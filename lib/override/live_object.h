#ifndef RK_LIVE_OBJECT_H
#define RK_LIVE_OBJECT_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/manifest.h"

/* The message of RK_ECONFIG, of the catalogue's file */
#define RK_LIVE_OBJECT_NO_NAME "%s: missing \"applications\", the name of the object that deploys a tenant"

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
 * Read a file of Applications and HelmReleases, as kubectl get or argocd app list prints them in JSON, one at a time.
 * RK_EDATA: it has other things, or an object without a name, a namespace or a spec; err->msg starts with the file.
 * RK_ENOINPUT: it cannot be read.
 */
enum rk_rc rk_live_object_read_file(const char *path, rk_live_object_found *found, void *context, struct rk_err *err);

#endif
