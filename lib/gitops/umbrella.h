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
 * RK_ECONFIG: no umbrella.path in the catalogue.  RK_ENOINPUT, RK_EIO: as rk_source_read().
 */
enum rk_rc rk_umbrella_open(const struct rk_catalog *catalog, struct rk_source *source, struct rk_umbrella **umbrella,
    struct rk_err *err);
void rk_umbrella_close(struct rk_umbrella *umbrella);	/* may be NULL */

/* Return the version in its Chart.yaml: borrowed, "" if that has none. */
const char *rk_umbrella_own_version(const struct rk_umbrella *umbrella);

/* A subchart as a dependency of the umbrella, or of a chart in it.  Free with rk_umbrella_chart_free(). */
struct rk_umbrella_chart {
	json_t *dependency;		/* of Chart.yaml: the last of several; NULL if there is none */
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
 * Append the version of the dependency that has a key, as rk_umbrella_find() finds it, to version: that of Chart.lock if there
 * is one, else that of Chart.yaml, which may be a range.
 * RK_END: there is no such dependency, or several; its version cannot be told, because the chart is vendored or Chart.lock does
 * not fit.  Else as rk_umbrella_find().
 */
enum rk_rc rk_umbrella_version(const struct rk_umbrella *umbrella, const char *key, struct rk_strbuf *version,
    struct rk_err *err);

/*
 * Find the value that a tenant without values of its own has at a JSON Pointer in the umbrella's values: what the umbrella's
 * values.yaml has there, else what that of the subchart has whose key the pointer leads through, and so on.
 * *value is a new reference, NULL if the charts have none or null, and unless RK_OK.
 * RK_END: cannot be told; err->msg says why.  Else as rk_umbrella_open().
 */
enum rk_rc rk_umbrella_value(const struct rk_umbrella *umbrella, const char *pointer, json_t **value, struct rk_err *err);

/*
 * Set *is to whether what is at a JSON Pointer in the umbrella's values, or above or below it, decides if a dependency is
 * installed (condition): of the umbrella, or of a subchart that the pointer leads through and that is unpacked.
 * Fails as rk_umbrella_open().
 */
enum rk_rc rk_umbrella_is_condition(const struct rk_umbrella *umbrella, const char *pointer, bool *is, struct rk_err *err);

/*
 * Append the version of a dependency to version, as Helm chooses it: by Chart.lock if there is one, else by Chart.yaml.
 *
 *   source      of the files
 *   directory   of the chart; "" for the root
 *   chart       its Chart.yaml
 *   dependency  one of the chart's dependencies
 *
 * RK_END: a member is not a string, or Chart.lock does not fit; err->msg starts with the file.  RK_EDATA: Chart.lock is invalid.
 * RK_ENOINPUT, RK_EIO: as rk_source_read().
 */
enum rk_rc rk_umbrella_lock(struct rk_source *source, const char *directory, const json_t *chart, const json_t *dependency,
    struct rk_strbuf *version, struct rk_err *err);

/*
 * Append to path what relative, a path from the umbrella's directory, is in the repository.
 * RK_EDATA: outside of it.
 */
enum rk_rc rk_umbrella_path(const struct rk_umbrella *umbrella, const char *relative, struct rk_strbuf *path,
    struct rk_err *err);

/*
 * Read the first document of a YAML file of the charts' repository, of at most 1 MiB: *json is a new reference on
 * RK_OK, else NULL.  An empty file gives null.  Fails as rk_umbrella_open().
 */
enum rk_rc rk_umbrella_yaml(const struct rk_umbrella *umbrella, const char *path, json_t **json, struct rk_err *err);

/* Read the first document of a YAML file of source, as above. */
enum rk_rc rk_umbrella_read(struct rk_source *source, const char *path, json_t **json, struct rk_err *err);

#endif
