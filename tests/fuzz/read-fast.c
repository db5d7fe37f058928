/* Fuzz the fast reader, compared with libfyaml: an input is YAML, or any bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/readers.h"
#include "fuzz.h"

static unsigned long tried, plain;

static void
tell(void)
{
	fprintf(stderr, "the fast reader read %lu of %lu inputs, as libfyaml did\n", plain, tried);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	enum readers result;

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!tried++)
		atexit(tell);
	result = compare_readers(text, size);
	if (result == DIFFERENT)
		abort();
	plain += result == SAME;
	free(text);
	return 0;
}
