#ifndef RK_CATALOG_H
#define RK_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/memory.h"

/*
 * The paths of a chart's image in the umbrella chart's values: JSON Pointers (RFC 6901), the subchart's key first
 * ("/atlas/atlas/image/tag").  An image has one of three forms: repository and tag, and optionally registry and digest;
 * tag, and optionally digest, if the chart has the repository; reference, a string repository:tag.  Members that its
 * form does not have are NULL.
 */
struct rk_image_form {
	char *registry, *repository, *tag, *digest;
	char *reference;
	bool replace;			/* the image that a tenant already has may be replaced, with marks */
};

/* Where manifests are. */
struct rk_entry {
	char *path;			/* a template with {tenant}; "*" matches within a component; with elements neither */
	bool optional;			/* may be missing */
	char *values, *version;		/* JSON Pointers, from an element if there are some; NULL: as the kind says */
	char *elements;			/* JSON Pointer of a list that has an element for each tenant, or NULL */
	char *tenant;			/* the member of an element that names its tenant; with elements only */
	char *applications;		/* as the catalogue's, for these manifests, or NULL */
};

struct rk_entries {
	struct rk_entry *item;
	size_t n;
};

/* A subchart: the first form of its image is written, all are recognised. */
struct rk_chart {
	char *name;			/* the keys that lead to its values in the umbrella's: "atlas", "shop/cart" */
	size_t depth;			/* components of the name: the first tokens of the paths */
	struct rk_image_form *form;
	size_t n_forms;
};

/* The values that a ring brings with its image. */
struct rk_service_values {
	char *file;			/* its path in the service's repository: a template with {ring}; NULL: there are none */
	struct rk_strings allow;	/* JSON Pointers in the umbrella's values: only what is there, or below, is set */
};

struct rk_service {
	char *name;
	char *repository;		/* OWNER/NAME, or NULL */
	char *branch;			/* or NULL */
	struct rk_strings build_workflow;
	struct rk_strings image;	/* templates with {ring}, if tag does not have it; at least one, the first is written */
	const char *ring;		/* the catalogue's */
	const struct rk_strings *proposals;	/* the catalogue's */
	char *tag;			/* a template with {sha} or {sha:N}, and {ring} if each image does not have it */
	struct rk_chart *chart;		/* at least one */
	size_t n_charts;
	char *ga_tag, *ga_version;	/* extended regular expressions with one group, or NULL */
	struct rk_strings chart_paths;
	struct rk_service_values values;
	struct rk_entries manifests;	/* its own, or the catalogue's */
};

/* Tenants that get a release at one time, and how long they must run it before those of the next wave get it. */
struct rk_wave {
	char *cohort;			/* a selector, "github:path:NAME" */
	int64_t soak;			/* seconds */
};

struct rk_waves {
	struct rk_wave *item;
	size_t n;			/* 0: the catalogue has no waves */
};

struct rk_day {
	char *text;			/* "2026-12-20" */
	int64_t start;			/* its first second in UTC, since 1970 */
};

/* Days on which no tenant gets an image; the last one is among them. */
struct rk_freeze {
	struct rk_day from, to;
};

struct rk_freezes {
	struct rk_freeze *item;
	size_t n;
};

/* The users who may put a cohort's label on a pull request. */
struct rk_allowed {
	char *cohort;			/* a selector, "github:path:NAME"; with "*" as its last part, all that have no entry */
	struct rk_strings who;		/* logins, and teams: ORG/TEAM */
};

struct rk_allowed_list {
	struct rk_allowed *item;
	size_t n;
};

/* Which proposals are merged without a person. */
struct rk_merge_policy {
	bool given;			/* the catalogue has "merge" */
	struct rk_strings set;		/* selectors of cohorts whose tenants may get a release so */
	bool clear;			/* tenants may lose one so */
	struct rk_strings values;	/* SERVICE, and a JSON Pointer in the umbrella's values: what a ring may bring so, or below */
	unsigned long per_day;		/* tenants on a day, in UTC; 0: any number */
};

/* A GitOps repository of several, and its tenants. */
struct rk_gitops {
	char *repository;		/* OWNER/NAME */
	struct rk_strings tenants;	/* patterns of their names, in which "*" is any text */
};

struct rk_fleet {
	struct rk_gitops *item;
	size_t n;			/* 0: all tenants are in one repository */
};

/* A catalogue, as ring.yaml(5) describes it. */
struct rk_catalog {
	char *file;			/* its path as given */
	char *cohorts;			/* a template with {value}, or NULL */
	char *applications;		/* a template with {tenant}: NAMESPACE/NAME of the live object that deploys a tenant, or NULL */
	struct rk_entries manifests;
	unsigned long max_tenants;	/* in one cohort */
	struct rk_waves waves;
	struct rk_freezes freezes;
	struct rk_allowed_list allowed;
	struct rk_merge_policy merge;
	struct rk_fleet fleet;
	char *ring;			/* the pattern of the rings' branches (git/ring_pattern.h) */
	struct rk_strings proposals;	/* at least one (git/proposal_name.h): the first is written, all are read */
	struct { char *chart, *path, *revision; } umbrella;	/* each may be NULL */
	struct rk_service *service;
	size_t n_services;
};

/* Return the path of a catalogue: file if it is not NULL, else $RING_CATALOG, else ring.yaml in the current directory. */
const char *rk_catalog_file(const char *file);

/*
 * Load a catalogue from the path that rk_catalog_file() gives.
 * *catalog on RK_OK is freed with rk_catalog_free(), else NULL.
 * RK_ENOINPUT: cannot be read.  RK_ECONFIG: invalid; err->msg is "FILE:LINE:COLUMN: what".
 */
enum rk_rc rk_catalog_load(const char *file, struct rk_catalog **catalog, struct rk_err *err);
void rk_catalog_free(struct rk_catalog *catalog);	/* may be NULL */

/* Return the path that every form has: of the reference, the repository, or the tag. */
const char *rk_catalog_path(const struct rk_image_form *form);

/* Find a service by its name: *service is borrowed.  RK_EUSAGE: not found; err->msg lists the services. */
enum rk_rc rk_catalog_service(const struct rk_catalog *catalog, const char *name, const struct rk_service **service,
    struct rk_err *err);

/* Check the name of a ring, as an option gives it.  RK_EUSAGE: it does not match the pattern of rings. */
enum rk_rc rk_catalog_check_ring(const struct rk_catalog *catalog, const char *ring, struct rk_err *err);

#endif
