#ifndef RK_RELEASE_RECORD_H
#define RK_RELEASE_RECORD_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "release/decide.h"

/* A release record that is read from a file.  Free with rk_release_record_free(). */
struct rk_release_record {
	enum rk_action action;			/* not RK_NONE */
	const struct rk_service *service;	/* the catalogue's */
	const char *ring, *tag;			/* tag is NULL if the record has no image */
	bool retargeted;			/* the reason of RK_CLEAR is RK_DECIDE_RETARGETED */
	struct rk_strbuf pull_request;		/* "OWNER/NAME#N", empty if the record has none */
	bool rejected;				/* what a proposal of RK_KEEP has counts for nothing */
	json_t *release;			/* of the patches (ring-records(5)), or NULL */
	const json_t *labels;			/* the record's, or NULL */
	json_t *values;				/* that the ring brings, with RK_SET or rejected: {} if the record has none */
	json_t *record;				/* checked; owns ring, tag and labels */
};

/*
 * Read the one release record of a file, which is a whole stream unless unframed is set, and check it against the
 * catalogue.  Free release in any case.
 * RK_EPERM: the action is "none", or its service, repository or image is not what the catalogue has for that ring, or the
 * catalogue does not allow its values.
 * RK_EDATA: invalid, or not exactly one record; err->msg starts with the file's name.  RK_ENOINPUT.
 */
enum rk_rc rk_release_record_read(struct rk_release_record *release, const char *path, bool unframed,
    const struct rk_catalog *catalog, struct rk_err *err);
void rk_release_record_free(struct rk_release_record *release);

#endif
