#ifndef RK_JSON_POINTER_H
#define RK_JSON_POINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/* A JSON Pointer (RFC 6901), split and unescaped: n NUL-terminated tokens, none for "". */
struct rk_json_pointer {
	size_t n;
	char **token;
	char *bytes;	/* which token points into */
};

/*
 * Parse a pointer; free it with rk_json_pointer_free(), which leaves it empty.
 * RK_EDATA: neither "" nor starting with "/", or "~" not followed by 0 or 1.
 */
enum rk_rc rk_json_pointer_parse(const char *s, struct rk_json_pointer *pointer, struct rk_err *err);
void rk_json_pointer_free(struct rk_json_pointer *pointer);

/* Append "/" and the token, escaped. */
void rk_json_pointer_add(struct rk_strbuf *text, const char *token);

/* Return the array index that a token spells (RFC 6901, section 4: digits, no leading zero), or SIZE_MAX. */
size_t rk_json_pointer_index(const char *token);

/* Return the value that pointer refers to in json: borrowed, or NULL.  "-" refers to none. */
json_t *rk_json_pointer_get(json_t *json, const struct rk_json_pointer *pointer);

/*
 * Set *found to the value that the pointer s refers to in json: borrowed, or NULL if there is none.
 * RK_EDATA: as rk_json_pointer_parse().
 */
enum rk_rc rk_json_pointer_find(json_t *json, const char *s, json_t **found, struct rk_err *err);

/*
 * Call each, with context, for every value below an object that is not itself an object with members, in order; pointer is
 * that from json on, and borrowed, as the value is.
 */
void rk_json_pointer_each(const json_t *json, void (*each)(void *context, const char *pointer, const json_t *value),
    void *context);

/* Return whether a refers to the same value as b, or to one above it. */
bool rk_json_pointer_covers(const struct rk_json_pointer *a, const struct rk_json_pointer *b);

#endif
