#ifndef RK_RELEASE_RECORD_H
#define RK_RELEASE_RECORD_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "release/decide.h"

/* A release record, read back by who carries it out.  Free with rk_release_record_free(). */
struct rk_release_record {
	enum rk_action action;			/* never RK_NONE */
	const struct rk_service *service;	/* the catalogue's */
	const char *ring, *tag;			/* tag NULL where the record has no image */
	struct rk_strbuf pull_request;		/* "OWNER/NAME#N"; empty where the record has none */
	json_t *record;				/* owns the names above */
};

/*
 * The one release record in a file, a whole stream (or as it is, with unframed), held against the catalogue.
 * RK_EPERM: it says that there is nothing to do, or its service, its repository or its image is not the catalogue's
 * for that ring.  RK_EDATA: it is none, or one of several; err->msg has the file's name.  RK_ENOINPUT, RK_ENOMEM.
 */
enum rk_rc rk_release_record_read(struct rk_release_record *order, const char *path, bool unframed, const struct rk_catalog *catalog,
    struct rk_err *err);
void rk_release_record_free(struct rk_release_record *order);

#endif
