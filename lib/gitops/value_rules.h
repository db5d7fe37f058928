#ifndef RK_VALUE_RULES_H
#define RK_VALUE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/yaml_file.h"

#define RK_VALUE_RULES_BYTES (64u << 10)	/* the largest file of values */

/*
 * The values that a ring brings with its image: an object whose members are charts, as the catalogue spells them, and have
 * the values of these charts.  A person who can push to the ring writes them, so they are not trusted: each value must be
 * at or below a path that the service allows.
 *
 * A key that ends in "+" has a list, whose items are appended to the list of the key without it.  Of a key that ends in
 * "++" only the last "+" is removed.
 */

/* Return the length of a key without the "+" that it ends in, and set *append to whether that means to append to a list. */
size_t rk_value_rules_key(const char *key, bool *append);

/* Append a key of a map as a file of values has it: with one "+" more if it ends in one. */
void rk_value_rules_add_key(struct rk_strbuf *text, const char *key);

/* Set pointer to the JSON Pointer of a chart's values in the umbrella's. */
void rk_value_rules_chart(const struct rk_chart *chart, struct rk_strbuf *pointer);

/*
 * Check a path that the catalogue allows values at, a JSON Pointer in the umbrella's values: below one of the service's
 * charts; not above, at or below an image of any service, which includes registry, repository, tag and digest beside its
 * members; and not global or tags of the umbrella or the chart.
 * RK_ECONFIG: err->msg says why not.
 */
enum rk_rc rk_value_rules_allow(const struct rk_catalog *catalog, const struct rk_service *service, const char *pointer,
    struct rk_err *err);

/*
 * Check values, any JSON: at most 32 levels and 300 strings, numbers and booleans; no null and no empty map outside of lists.
 * RK_REFUSED: foreign-values (a path that is not allowed) or bad-values; err->msg starts with the path.
 */
enum rk_rc rk_value_rules_check(const struct rk_service *service, const json_t *values, struct rk_err *err);

/*
 * Check values, and list their leaves: scalars, and lists as a whole.  *leaves is a new reference on RK_OK, else NULL:
 * [{"chart": its name, "path": JSON Pointer in the umbrella's values, "append": whether it is a list to append, "value": v}, ...]
 * Fails as rk_value_rules_check().
 */
enum rk_rc rk_value_rules_leaves(const struct rk_service *service, const json_t *values, json_t **leaves, struct rk_err *err);

/*
 * Read the values of a YAML or JSON file whose text has been read: {} if it is empty.  It has at most one document, and no
 * alias, anchor, merge key or tag.  *values is a new reference on RK_OK, else NULL.
 * RK_REFUSED: as rk_value_rules_check(), or a file that is not read so; err->msg starts with FILE, and LINE:COLUMN if known.
 */
enum rk_rc rk_value_rules_read(const struct rk_service *service, struct rk_yaml_file *file, json_t **values,
    struct rk_err *err);

#endif
