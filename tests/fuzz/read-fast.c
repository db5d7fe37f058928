/* Fuzz the fast reader, compared with libfyaml: an input is YAML, or any bytes. */
#include <stdio.h>
#include <stdlib.h>

#include "../unit/readers.h"
#include "fuzz.h"

static unsigned long tried, plain;

static void
tell(void)
{
	fprintf(stderr, "the fast reader read %lu of %lu inputs, as libfyaml did\n", plain, tried);
}

int
fuzz_read_fast(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	enum readers result;

	if (!tried++)
		atexit(tell);
	result = compare_readers(text, size);
	if (result == DIFFERENT)
		abort();
	plain += result == SAME;
	free(text);
	return 0;
}
