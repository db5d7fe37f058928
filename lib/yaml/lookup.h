#ifndef RK_LOOKUP_H
#define RK_LOOKUP_H

#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/yaml.h"

/* The text of a map's scalar member into text; "" where there is none, or null.  RK_EDATA, RK_ENOMEM. */
enum rk_rc rk_lookup_string(const struct rk_yaml *yaml, uint32_t map, const char *key, struct rk_strbuf *text,
    struct rk_err *err);

/* Append the JSON Pointer of a node in its document.  RK_EDATA: a key on the way is no text.  RK_ENOMEM. */
enum rk_rc rk_lookup_pointer(const struct rk_yaml *yaml, uint32_t node, struct rk_strbuf *path, struct rk_err *err);

/*
 * The value of a key in a map, as an edit would see it; *value is 0 where there is none.
 * RK_REFUSED: through-alias, through-merge-key, duplicate-key: what a reader would see there is not plain.
 */
enum rk_rc rk_lookup_member(const struct rk_yaml *yaml, uint32_t map, const char *key, uint32_t *value,
    struct rk_err *err);

#endif
