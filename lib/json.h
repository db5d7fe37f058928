#ifndef RK_JSON_H
#define RK_JSON_H

#include <stdbool.h>
#include <jansson.h>

#include "err.h"
#include "text.h"

#define RK_JSON_DEPTH 512	/* levels of arrays and objects, as design's bounds have it */

/*
 * jansson with our bounds.  len bytes hold one JSON text and nothing else but white space; members keep
 * their order.  *json is a new reference on RK_OK, else NULL.
 * RK_EDATA: not JSON (RFC 8259), a duplicate member, not UTF-8, a NUL in a string, deeper than
 * RK_JSON_DEPTH; err->msg has line and column where more than one line was given.  RK_ENOMEM.
 */
enum rk_rc rk_json_parse(const char *text, size_t len, json_t **json, struct rk_err *err);

/*
 * The same for the first of several concatenated JSON texts: *used is how many bytes it took, leading
 * white space included.  RK_END: only white space was left.
 */
enum rk_rc rk_json_parse_first(const char *text, size_t len, size_t *used, json_t **json, struct rk_err *err);

/* Append json, compact and in its own order of members, without a final newline. */
void rk_json_add(struct rk_text *text, const json_t *json);

/* Is json (may be NULL) a string, and this one? */
bool rk_json_is(const json_t *json, const char *s);

#endif
