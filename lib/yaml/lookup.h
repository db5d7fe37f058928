#ifndef RK_LOOKUP_H
#define RK_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/yaml.h"

/*
 * Read a map's scalar member, decoded, into text: "" if there is none or it is null.
 * RK_EDATA: an invalid escape sequence.
 */
enum rk_rc rk_lookup_string(const struct rk_yaml *yaml, uint32_t map, const char *key, struct rk_strbuf *text,
    struct rk_err *err);

/* Append the JSON Pointer (RFC 6901) of a node in its document.  RK_EDATA: a key is not a scalar. */
enum rk_rc rk_lookup_pointer(const struct rk_yaml *yaml, uint32_t node, struct rk_strbuf *path, struct rk_err *err);

/*
 * Find the value of a key in a map, as an edit must see it; *value is 0 if there is none.
 * RK_REFUSED: through-alias, through-merge-key, duplicate-key: the value is not the one that its line shows.
 * RK_EDATA: a key has an invalid escape sequence.
 */
enum rk_rc rk_lookup_member(const struct rk_yaml *yaml, uint32_t map, const char *key, uint32_t *value,
    struct rk_err *err);

/* The elements of a list whose member is a name. */
struct rk_lookup_element {
	size_t count;			/* of them */
	size_t index;			/* of the last, and its node */
	uint32_t node;
	bool is_string;			/* the name there is a string to YAML 1.1 */
};

/* Find the elements of a list of maps whose member has a name.  RK_EDATA: an invalid escape sequence. */
enum rk_rc rk_lookup_element(const struct rk_yaml *yaml, uint32_t list, const char *member, const char *name,
    struct rk_lookup_element *found, struct rk_err *err);

#endif
