#ifndef RK_JSON_H
#define RK_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

#define RK_JSON_DEPTH 512	/* levels of arrays and objects */
#define RK_JSON_SMALL (1u << 20)	/* bytes of a string that may take 32 MiB; each more may take 48 bytes */

/* Return the bytes of memory that the values in len bytes may take, so that a filter's memory is bounded by its input. */
size_t rk_json_memory(size_t len);

/*
 * Parse len bytes as one JSON value, surrounded by white space only; members keep their order.  *json is a new
 * reference on RK_OK, else NULL.
 * RK_EDATA: not JSON (RFC 8259), a duplicate member, not UTF-8, a NUL in a string, or deeper than RK_JSON_DEPTH;
 * err->msg starts with LINE:COLUMN if there are several lines.  RK_EDATA with too-large: it would take too much memory.
 */
enum rk_rc rk_json_parse(const char *text, size_t len, json_t **json, struct rk_err *err);

/*
 * Parse one value of a longer input.  The callback read, as jansson defines it, returns the input piece by piece: 0 at
 * its end, (size_t)-1 if it fails.  *len becomes the length of the value.  *line is the line on which the value starts,
 * and becomes that of the error on RK_EDATA.
 * As rk_json_parse(), except that err->msg has no position, and strings may hold NUL.
 */
enum rk_rc rk_json_load(json_load_callback_t read, void *context, size_t *line, size_t *len, json_t **json,
    struct rk_err *err);

/*
 * Build values.  value is stolen, other is not; members that exist are replaced.  A value that is NULL, as json_string()
 * makes of bytes that are not UTF-8, is a bug: the program ends (rk_abort()), so that nothing is lost in silence.
 * rk_json_pack() is json_pack(), which jansson documents.
 */
void rk_json_set(json_t *object, const char *member, json_t *value);
void rk_json_append(json_t *array, json_t *value);
void rk_json_update(json_t *object, const json_t *other);
void rk_json_extend(json_t *array, const json_t *other);
json_t *rk_json_pack(const char *format, ...);

/* Return a string member of an object: borrowed; NULL if object is NULL, or the member is missing or not a string. */
const char *rk_json_string(const json_t *object, const char *member);

/* Append json as compact text, its members in their own order, without a final newline. */
void rk_json_add(struct rk_strbuf *text, const json_t *json);

/* Return whether json, which may be NULL, is the string s. */
bool rk_json_is(const json_t *json, const char *s);

/* Return whether two values are equal by RFC 6902, section 4.6: numbers by value, objects in any order of members. */
bool rk_json_equal(const json_t *a, const json_t *b);

#endif
