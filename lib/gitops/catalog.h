#ifndef RK_CATALOG_H
#define RK_CATALOG_H

#include <stddef.h>

#include "base/array.h"
#include "base/err.h"

/*
 * Where a chart's values hold an image: JSON Pointers (RFC 6901) from the root of the umbrella's values,
 * the subchart's key first ("/atlas/atlas/image/tag").  Either repository and tag, or reference alone, a
 * string repository:tag; digest may be NULL beside the former.
 */
struct rk_image_form {
	char *repository, *tag, *digest;
	char *reference;
};

/* One subchart: the first form is written, all are recognised. */
struct rk_chart {
	char *name;
	struct rk_image_form *form;
	size_t n_forms;
};

struct rk_service {
	char *name;
	char *repository;		/* OWNER/NAME, may be NULL */
	char *branch;			/* may be NULL */
	struct rk_strings build_workflow;
	struct rk_strings image;	/* templates with {ring}; at least one, the first is written */
	char *tag;			/* template with {sha} or {sha:N} */
	struct rk_chart *chart;		/* at least one */
	size_t n_charts;
	char *ga_tag, *ga_version;	/* extended regular expressions with one group, may be NULL */
	struct rk_strings chart_paths;
	struct rk_strings manifests;	/* its own, or the catalogue's */
};

/* ring.yaml(5), read and checked. */
struct rk_catalog {
	char *file;			/* as it was named */
	char *cohorts;			/* template with {value}, may be NULL */
	struct rk_strings manifests;	/* templates with {tenant}; "*" matches within one component */
	unsigned long max_tenants;	/* in one cohort */
	struct { char *chart, *path, *revision; } umbrella;	/* each may be NULL */
	struct rk_service *service;
	size_t n_services;

	void **own;			/* all of the above's memory */
	size_t n_own, room_own;
};

/*
 * Read the catalogue: file, else $RING_CATALOG, else ring.yaml in the current directory.
 * RK_ENOINPUT: it cannot be read.  RK_ECONFIG: it is wrong; err->msg is "FILE:LINE:COLUMN: what", with the
 * nearest known key for an unknown one.  RK_ENOMEM.
 */
enum rk_rc rk_catalog_load(const char *file, struct rk_catalog **catalog, struct rk_err *err);
void rk_catalog_free(struct rk_catalog *catalog);

/* RK_EUSAGE: no such service; err->msg names those that are. */
enum rk_rc rk_catalog_service(const struct rk_catalog *catalog, const char *name, const struct rk_service **service,
    struct rk_err *err);

#endif
