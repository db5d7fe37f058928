#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void *
rk_array_with_room(void *items, size_t n, size_t *room, size_t size)
{
	size_t want = *room ? 2 * *room : 64;
	char *more;

	if (n < *room)
		return items;
	more = want > UINT32_MAX ? NULL : realloc(items, want * size);
	if (more) {
		memset(more + *room * size, 0, (want - *room) * size);
		*room = want;
	}
	return more;
}

bool
rk_array_grow(void *array, size_t n, size_t *room, size_t size)
{
	void *items, *more;

	memcpy(&items, array, sizeof items);
	more = rk_array_with_room(items, n, room, size);
	if (more)
		memcpy(array, &more, sizeof more);
	return more != NULL;
}
