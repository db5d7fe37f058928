#ifndef RK_JSON_POINTER_H
#define RK_JSON_POINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * A JSON Pointer (RFC 6901), split and unescaped.  token[i] is NUL-terminated; "" has n = 0.
 * Zeroed is empty; free with rk_json_pointer_free().
 */
struct rk_json_pointer {
	size_t n;
	char **token;
	char *bytes;
};

/* RK_EDATA: neither "" nor starting with "/", or "~" not followed by 0 or 1.  RK_ENOMEM. */
enum rk_rc rk_json_pointer_parse(const char *s, struct rk_json_pointer *pointer, struct rk_err *err);
void rk_json_pointer_free(struct rk_json_pointer *pointer);

/* Append "/" and the token, escaped. */
void rk_json_pointer_add(struct rk_strbuf *text, const char *token);

/* The array index that a token spells (digits, no leading zero: RFC 6901, section 4), or SIZE_MAX. */
size_t rk_json_pointer_index(const char *token);

/* What pointer names in json: borrowed, or NULL.  "-" names nothing. */
json_t *rk_json_pointer_get(json_t *json, const struct rk_json_pointer *pointer);

/* Is a the same as b, or above it? */
bool rk_json_pointer_covers(const struct rk_json_pointer *a, const struct rk_json_pointer *b);

#endif
