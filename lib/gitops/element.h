#ifndef RK_ELEMENT_H
#define RK_ELEMENT_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/manifest.h"
#include "gitops/values.h"
#include "yaml/json_patch.h"

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
 * RK_REFUSED: bad-yaml, ambiguous; no-such-path: no list there.
 */
enum rk_rc rk_element_names(struct rk_manifest *manifest, json_t **names, struct rk_err *err);

/*
 * Return the text of the one element of a manifest's tenant, *len bytes: borrowed from the manifest.  NULL if it is not known:
 * the manifest cannot be read, or several or none have the name.
 */
const char *rk_element_text(struct rk_manifest *manifest, size_t *len);

/*
 * Check that rk_json_patch_edits() can apply edits of a tenant's element, by doing the same with a copy of the file that has
 * only this element and its neighbours: the work for one tenant does not grow with the number of tenants.
 * RK_END: not known, so that the whole file must be tried; values have no element, the file has an alias, or the edits fail.
 */
enum rk_rc rk_element_check(const struct rk_values *values, const struct rk_json_patch_options *options, json_t *edits,
    struct rk_err *err);

#endif
