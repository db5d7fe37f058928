#ifndef RK_ELEMENT_H
#define RK_ELEMENT_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/manifest.h"

/*
 * Find the list of the elements, each of a tenant, of a manifest that is parsed and whose entry has elements: in one of its
 * documents.
 * RK_REFUSED: no-such-path, ambiguous.
 */
enum rk_rc rk_element_list(const struct rk_manifest *manifest, size_t *document, uint32_t *list, struct rk_err *err);

/*
 * List the names of the elements of a manifest whose entry has elements: each once, in their order.
 *
 *   names  a new reference on RK_OK, else NULL: ["<name>", ...], those that can be a tenant's
 *
 * RK_REFUSED: bad-yaml, ambiguous; no-such-path: no list there.  RK_ENOMEM.
 */
enum rk_rc rk_element_names(struct rk_manifest *manifest, json_t **names, struct rk_err *err);

/*
 * Return the text of the one element of a manifest's tenant, *len bytes: borrowed from the manifest.  NULL if it is not known:
 * the manifest cannot be read, or several or none have the name.
 */
const char *rk_element_text(struct rk_manifest *manifest, size_t *len);

#endif
