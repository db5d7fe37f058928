#ifndef RK_INTERN_H
#define RK_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A set of strings, numbered from 0 in the order in which they were added: a hash table that grows.  Its hash is
 * keyed with random bytes, so that an attacker cannot choose strings that collide; numbers do not depend on
 * the key.
 * A zeroed set is empty; free it with rk_intern_free().
 */
struct rk_intern {
	size_t n;			/* strings in the set; read-only */
	struct rk_intern_table *table;	/* private */
};

/*
 * Return the number of s (rk_intern_add) or of len bytes (rk_intern_add_bytes), which are copied into the set if they are
 * not in it: the number is then the n from before the call.
 */
uint32_t rk_intern_add(struct rk_intern *set, const char *s);
uint32_t rk_intern_add_bytes(struct rk_intern *set, const void *bytes, size_t len);

/* Return whether the len bytes are in the set; if they are, *number is their number. */
bool rk_intern_find(const struct rk_intern *set, const void *bytes, size_t len, uint32_t *number);

/* Return the string with a number, NUL-terminated: borrowed until the next string is added. */
const char *rk_intern_get(const struct rk_intern *set, uint32_t number);

/* Free what the set holds, and leave it empty. */
void rk_intern_free(struct rk_intern *set);

#endif
