/* The inputs that a fuzzer has found, given to its target again: by any compiler. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

int
main(int argc, char *argv[])
{
	uint8_t *data;
	FILE *file;
	long size;
	int i;

	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "rb");
		if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
			perror(argv[i]);
			return 1;
		}
		rewind(file);
		data = malloc((size_t)size + 1);
		if (!data || fread(data, 1, (size_t)size, file) != (size_t)size) {
			perror(argv[i]);
			return 1;
		}
		fclose(file);
		fprintf(stderr, "%s\n", argv[i]);
		LLVMFuzzerTestOneInput(data, (size_t)size);
		free(data);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
