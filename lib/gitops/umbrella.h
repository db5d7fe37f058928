#ifndef RK_UMBRELLA_H
#define RK_UMBRELLA_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"

/* The umbrella chart in a directory or revision of the charts' repository (helm.sh/docs/topics/charts). */
struct rk_umbrella;

/*
 * Open the chart at the catalogue's umbrella.path.  catalog and source are borrowed until rk_umbrella_close().
 * *umbrella is NULL unless RK_OK.
 * RK_END: no Chart.yaml.  RK_EDATA: it is invalid.  err->msg starts with its path.
 * RK_ECONFIG: no umbrella.path in the catalogue.  RK_ENOINPUT, RK_EIO, RK_ENOMEM: as rk_source_read().
 */
enum rk_rc rk_umbrella_open(const struct rk_catalog *catalog, struct rk_source *source, struct rk_umbrella **umbrella,
    struct rk_err *err);
void rk_umbrella_close(struct rk_umbrella *umbrella);	/* may be NULL */

/* A subchart as a dependency of the umbrella, or of a chart in it.  Free with rk_umbrella_chart_free(). */
struct rk_umbrella_chart {
	json_t *dependency;		/* of Chart.yaml: the last of several; NULL if there is none */
	bool several;
	struct rk_strbuf names;		/* the keys of all dependencies there, separated by ", " */
	struct rk_strbuf directory;	/* of the subchart, in the repository */
};

/*
 * Find the dependency whose values are below a key of the umbrella's values, that is, whose alias, else name, is key; or,
 * if key has several components, separated by "/", a dependency of that dependency.  Free chart in any case.
 * RK_EDATA, RK_END: the Chart.yaml of a dependency is invalid, missing, or outside of the repository.  Else as
 * rk_umbrella_open().
 */
enum rk_rc rk_umbrella_find(const struct rk_umbrella *umbrella, const char *key, struct rk_umbrella_chart *chart,
    struct rk_err *err);
void rk_umbrella_chart_free(struct rk_umbrella_chart *chart);

/*
 * Append to path what relative, a path from the umbrella's directory, is in the repository.
 * RK_EDATA: outside of it.  RK_ENOMEM.
 */
enum rk_rc rk_umbrella_path(const struct rk_umbrella *umbrella, const char *relative, struct rk_strbuf *path,
    struct rk_err *err);

/*
 * Read the first document of a YAML file of the charts' repository, of at most 1 MiB: *json is a new reference on
 * RK_OK, else NULL.  An empty file gives null.  Fails as rk_umbrella_open().
 */
enum rk_rc rk_umbrella_yaml(const struct rk_umbrella *umbrella, const char *path, json_t **json, struct rk_err *err);

#endif
