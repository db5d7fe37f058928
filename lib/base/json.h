#ifndef RK_JSON_H
#define RK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

#define RK_JSON_DEPTH 512	/* levels of arrays and objects, as design's bounds have it */

/*
 * jansson with our bounds.  len bytes hold one JSON text and nothing else but white space; members keep
 * their order.  *json is a new reference on RK_OK, else NULL.
 * RK_EDATA: not JSON (RFC 8259), a duplicate member, not UTF-8, a NUL in a string, deeper than
 * RK_JSON_DEPTH; err->msg has line and column where more than one line was given.  RK_ENOMEM.
 */
enum rk_rc rk_json_parse(const char *text, size_t len, json_t **json, struct rk_err *err);

/*
 * The same for one value of a longer text, which starts on *line of it: on RK_EDATA *line is where it is
 * wrong, and err->msg has no position.  A NUL may stand in its strings: see json_string_length().
 */
enum rk_rc rk_json_parse_part(const char *text, size_t len, size_t *line, json_t **json, struct rk_err *err);

/*
 * Where one JSON value ends, found as its text comes in, before it is parsed.  Start with { 0 } and with the
 * value's first byte as text[0]; text may have moved, and grown, between calls.  True: the value is the first
 * scan->at bytes (none, where no value starts).  False: it is not over within the len bytes.
 */
struct rk_json_scan {
	size_t at, depth;
	bool string, escaped;
};
bool rk_json_scan(struct rk_json_scan *scan, const char *text, size_t len);

/* The string member of an object: borrowed, or NULL when object is NULL, has no such member, or it is not a string. */
const char *rk_json_string(const json_t *object, const char *member);

/* Append json, compact and in its own order of members, without a final newline. */
void rk_json_add(struct rk_strbuf *text, const json_t *json);

/* Is json (may be NULL) a string, and this one? */
bool rk_json_is(const json_t *json, const char *s);

/* Equal as RFC 6902, section 4.6 has it: numbers by their value, objects in any order. */
bool rk_json_equal(const json_t *a, const json_t *b);

#endif
