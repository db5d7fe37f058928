/*
 * Give inputs to the targets again, with any compiler: replay @TARGET FILE ... @TARGET FILE ...
 * The last file that is named on standard error is the one that ended the run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static const struct { const char *name; int (*run)(const uint8_t *data, size_t size); } targets[] = {
#define TARGET(function, name) { name, function },
#include "targets.def"
#undef TARGET
};

static int
run_file(const char *path, int (*run)(const uint8_t *data, size_t size))
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long size;

	if (!file || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		goto fault;
	rewind(file);
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
		goto fault;
	fclose(file);
	fprintf(stderr, "%s\n", path);
	run(data, (size_t)size);
	free(data);
	return 0;
fault:
	perror(path);
	if (file)
		fclose(file);
	free(data);
	return 1;
}

int
main(int argc, char *argv[])
{
	int (*run)(const uint8_t *data, size_t size) = NULL;
	size_t n = 0, k;
	int i;

	LLVMFuzzerInitialize(&argc, &argv);
	for (i = 1; i < argc; i++) {
		if (*argv[i] != '@') {
			if (!run || run_file(argv[i], run) != 0)
				return 1;
			n++;
			continue;
		}
		for (k = 0; k < sizeof targets / sizeof *targets && strcmp(argv[i] + 1, targets[k].name) != 0; k++)
			;
		run = k < sizeof targets / sizeof *targets ? targets[k].run : NULL;
	}
	printf("%zu inputs\n", n);
	return 0;
}
