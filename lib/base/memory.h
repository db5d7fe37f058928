#ifndef RK_MEMORY_H
#define RK_MEMORY_H

#include <stddef.h>

/*
 * Memory.  These functions never return NULL: when memory is short the program ends at once, by rk_memory_fail(), so that
 * no caller can go on with a part of its data.  jansson and libgit2 allocate with them too, by rk_io_open() and
 * rk_git_open().  Free with free().
 */

/* n items of size bytes each: zeroed (rk_memory_calloc), or an array with its first items kept (rk_memory_realloc). */
void *rk_memory_calloc(size_t n, size_t size);
void *rk_memory_realloc(void *array, size_t n, size_t size);

/* A copy of a string, and of len bytes with a NUL after them. */
char *rk_memory_strdup(const char *s);
char *rk_memory_strndup(const void *bytes, size_t len);

/* malloc(3), for a library that takes its address; never NULL. */
void *rk_memory_malloc(size_t size);

/*
 * Make space for one more item in a growing array.
 *
 *   array   the address of the pointer to its items, NULL or from these functions; the items may move
 *   n       how many of the items are in use
 *   size    the address of how many there is space for, 0 at first; it doubles, and new items are zeroed
 *   bytes   the size of an item
 */
void rk_memory_grow(void *array, size_t n, size_t *size, size_t bytes);

/* A list of n NUL-terminated strings, freed by the struct that holds it. */
struct rk_strings {
	char **item;
	size_t n;
};

/* rk_abort() with RK_ENOMEM; for a library that reports that it has run out of memory. */
_Noreturn void rk_memory_fail(void);

#endif
