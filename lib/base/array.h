#ifndef RK_ARRAY_H
#define RK_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Make space for one more item in a growing array.
 *
 *   array   the address of the pointer to its items, NULL or from malloc(); the items may move
 *   n       how many of the items are in use
 *   size    the address of how many there is space for, 0 at first; it doubles, and new items are zeroed
 *   bytes   the size of an item
 *
 * Return false when out of memory; the array is then unchanged.
 */
bool rk_array_grow(void *array, size_t n, size_t *size, size_t bytes);

/* A list of n NUL-terminated strings, freed by the struct that holds it. */
struct rk_strings {
	char **item;
	size_t n;
};

#endif
