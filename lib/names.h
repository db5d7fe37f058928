#ifndef RK_NAMES_H
#define RK_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "text.h"

/*
 * Strings, each once, numbered from 0 in the order in which they came: a hash table that grows.
 * Zeroed is empty; free with rk_names_free().
 */
struct rk_names {
	size_t n;
	struct rk_text bytes;	/* all of them, a NUL behind each */
	size_t *at;		/* where each starts in bytes */
	size_t room;
	uint32_t *slot;		/* a string's number + 1, or 0; searched from its hash on */
	size_t slots;		/* a power of two, at most half in use */
};

/* The number of s, which is added where it is not there yet: then it is the n of before.  RK_ENOMEM. */
enum rk_rc rk_names_add(struct rk_names *names, const char *s, uint32_t *number, struct rk_err *err);

/* The string of a number: borrowed, until the next is added. */
const char *rk_names_get(const struct rk_names *names, uint32_t number);

void rk_names_free(struct rk_names *names);

#endif
