#ifndef RK_LIVE_H
#define RK_LIVE_H

#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

/* How live objects are judged. */
struct rk_live_options {
	const struct rk_catalog *catalog;	/* borrowed */
	int64_t as_of;		/* the time now, in seconds since 1970 */
	int64_t max_age;	/* seconds after which Argo CD's last comparison says nothing any more */
};

/* Override records, joined with what Argo CD or Flux says of the objects that deploy them. */
struct rk_live;

/* options are borrowed until rk_live_close(). */
struct rk_live *rk_live_open(const struct rk_live_options *options);
void rk_live_close(struct rk_live *live);	/* may be NULL */

/*
 * Take an override record, a new reference to which is kept.
 * RK_EDATA: it is not one.  RK_ECONFIG: the catalogue does not say which object deploys its tenant.
 */
enum rk_rc rk_live_add(struct rk_live *live, json_t *record, struct rk_err *err);

/*
 * Read a file of Applications and HelmReleases, and judge the overrides that they hold.  Call it after rk_live_add(), once for
 * each file.  RK_ENOINPUT, RK_EDATA: as rk_live_object_read_file().
 */
enum rk_rc rk_live_read(struct rk_live *live, const char *path, struct rk_err *err);

/* Return the records with their "live" (ring-records(5)), in their order: borrowed. */
const json_t *rk_live_records(struct rk_live *live);

#endif
