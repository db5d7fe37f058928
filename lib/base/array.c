#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

bool
rk_array_grow(void *array, size_t n, size_t *size, size_t bytes)
{
	size_t more = *size ? 2 * *size : 64;
	char *items;

	if (n < *size)
		return true;
	memcpy(&items, array, sizeof items);
	items = more > UINT32_MAX ? NULL : realloc(items, more * bytes);
	if (!items)
		return false;
	memset(items + *size * bytes, 0, (more - *size) * bytes);
	memcpy(array, &items, sizeof items);
	*size = more;
	return true;
}
