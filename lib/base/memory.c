#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/abort.h"
#include "base/err.h"

_Noreturn void
rk_memory_fail(void)
{
	rk_abort(RK_ENOMEM, "out of memory");
}

static void *
checked(void *memory)
{
	if (!memory)
		rk_memory_fail();
	return memory;
}

void *
rk_memory_malloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *
rk_memory_calloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size));
}

void *
rk_memory_realloc(void *array, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		rk_memory_fail();
	n *= size;
	return checked(realloc(array, n ? n : 1));
}

char *
rk_memory_strndup(const void *bytes, size_t len)
{
	char *copy = rk_memory_realloc(NULL, len + 1, 1);

	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *
rk_memory_strdup(const char *s)
{
	return rk_memory_strndup(s, strlen(s));
}

void
rk_memory_grow(void *array, size_t n, size_t *size, size_t bytes)
{
	const size_t more = *size ? 2 * *size : 64;
	char *items;

	if (n < *size)
		return;
	/* items are numbered by 32 bits */
	if (more > UINT32_MAX)
		rk_memory_fail();
	memcpy(&items, array, sizeof items);
	items = rk_memory_realloc(items, more, bytes);
	memcpy(array, &items, sizeof items);
	memset(items + *size * bytes, 0, (more - *size) * bytes);
	*size = more;
}
