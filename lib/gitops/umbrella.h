#ifndef RK_UMBRELLA_H
#define RK_UMBRELLA_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"

/*
 * The umbrella chart in the charts' repository, as it lies or at a revision.
 * Its shape is Helm's (helm.sh/docs/topics/charts): Chart.yaml with dependencies, values.yaml.
 */
struct rk_umbrella {
	const struct rk_catalog *catalog;
	struct rk_source *repo;
	json_t *chart;		/* Chart.yaml */
};

/*
 * catalog and repo are borrowed, and must outlive the umbrella.  Free with rk_umbrella_close() in any case.
 * RK_END: there is no Chart.yaml.  RK_EDATA: it is not understood.  Both err->msg begin with its path.
 * RK_ECONFIG: the catalogue has no umbrella.path.  RK_ENOINPUT, RK_EIO, RK_ENOMEM: as rk_source_read().
 */
enum rk_rc rk_umbrella_open(const struct rk_catalog *catalog, struct rk_source *repo, struct rk_umbrella *umbrella,
    struct rk_err *err);
void rk_umbrella_close(struct rk_umbrella *umbrella);

/*
 * The dependency whose values go under a key of the umbrella's: by its alias, else its name.  NULL if there is none;
 * of several the last, and *several is set.  names (may be NULL) become all the keys.  Borrowed.
 */
const json_t *rk_umbrella_dependency(const struct rk_umbrella *umbrella, const char *key, bool *several,
    struct rk_strbuf *names);

/*
 * Append the path of what relative, from the umbrella's directory, names in the repository.
 * RK_EDATA: it leads out of it.  RK_ENOMEM.
 */
enum rk_rc rk_umbrella_path(const struct rk_umbrella *umbrella, const char *relative, struct rk_strbuf *path,
    struct rk_err *err);

/*
 * A YAML file of the charts, its first document: *json is a new reference on RK_OK, else NULL; an empty one is null.
 * RK_END, RK_EDATA and the rest as above.
 */
enum rk_rc rk_umbrella_yaml(struct rk_source *repo, const char *path, json_t **json, struct rk_err *err);

#endif
