#ifndef RK_ARRAY_H
#define RK_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Items, each of size bytes, with room for one more behind n of them: as they were, or moved, new ones zeroed, with
 * *room grown.  NULL when out of memory: items then is as it was.
 */
void *rk_array_with_room(void *items, size_t n, size_t *room, size_t size);

/* The same for the items that the pointer at array points to: false when out of memory. */
bool rk_array_grow(void *array, size_t n, size_t *room, size_t size);

struct rk_strings {
	char **item;
	size_t n;
};

#endif
