/* Our own reader of plain YAML beside libfyaml's, under a fuzzer: an input is a text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/readers.h"
#include "fuzz.h"

static unsigned long tried, plain;

static void
tell(void)
{
	fprintf(stderr, "%lu of %lu texts were plain, and read alike\n", plain, tried);
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
