#ifndef RK_INTERN_H
#define RK_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Strings, each once, numbered from 0 in the order in which they came: a hash table that grows.
 * Zeroed is empty; free with rk_intern_free().
 */
struct rk_intern {
	size_t n;
	struct rk_strbuf bytes;	/* all of them, a NUL behind each */
	size_t *at;		/* where each starts in bytes */
	size_t room;
	uint32_t *slot;		/* a string's number + 1, or 0; searched from its hash on */
	size_t slots;		/* a power of two, at most half in use */
};

/* The number of s, which is added where it is not there yet: then it is the n of before.  RK_ENOMEM. */
enum rk_rc rk_intern_add(struct rk_intern *names, const char *s, uint32_t *number, struct rk_err *err);

/* The string of a number: borrowed, until the next is added. */
const char *rk_intern_get(const struct rk_intern *names, uint32_t number);

void rk_intern_free(struct rk_intern *names);

#endif
