#ifndef RK_CHART_INDEX_H
#define RK_CHART_INDEX_H

#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

/* The characters of a version, or of a tag that is one. */
#define RK_CHART_INDEX_CHARACTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-_"

/*
 * Read the published versions of the catalogue's umbrella from a file: Helm's index.yaml, or one version a line.  *versions is a
 * new reference on RK_OK, ["<version>", ...], else NULL.
 * RK_EDATA: the file is invalid.  RK_ENOINPUT.
 */
enum rk_rc rk_chart_index_read(const struct rk_catalog *catalog, const char *path, json_t **versions, struct rk_err *err);

#endif
