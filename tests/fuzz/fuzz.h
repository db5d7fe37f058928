#ifndef RK_FUZZ_H
#define RK_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/io.h"

/* The targets, which libFuzzer and replay.c call for each input: they return 0, or do not. */
#define TARGET(function, name) int function(const uint8_t *data, size_t size);
#include "targets.def"
#undef TARGET

/* Set up what is slow and counts for no input: libFuzzer and replay.c call it first.  It returns 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* End the run, as a crash, unless a property holds. */
#define EXPECT(property) do { \
	if (!(property)) \
		fuzz_fail(__FILE__, __LINE__, #property); \
} while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *property);

/* Return a copy of bytes, which a NUL follows and nothing else, so that the sanitizer sees every byte read after it. */
char *fuzz_copy(const void *bytes, size_t len);

/* Give io bytes as its input.  It is closed with rk_io_close_file(). */
void fuzz_open(struct rk_io *io, const void *bytes, size_t len);

/* Return the path of a file in memory with these bytes; which (0 to 3) is the file, whose old content is dropped. */
const char *fuzz_file(unsigned which, const void *bytes, size_t len);

/* Return the path of a new directory in memory, if there is any such file system; it is removed at exit. */
const char *fuzz_directory(void);

/* Write a file below that directory; NULL as bytes removes it. */
void fuzz_write(const char *name, const void *bytes, size_t len);

/*
 * Return the next section of *rest, of *left bytes, and set *len to its length: a line "%" is between two sections.  NULL after
 * the last one.
 */
char *fuzz_section(char **rest, size_t *left, size_t *len);

/* Return the next line of *rest, as strsep(3) does; "" after the last one. */
char *fuzz_field(char **rest);

/* Return whether a string matches a POSIX extended regular expression, a literal of the caller. */
bool fuzz_matches(const char *regex, const char *s);

/* Return whether a string starts with another: strncmp(3) is slow under a fuzzer. */
static inline bool
fuzz_starts(const char *s, const char *with)
{
	while (*with && *s == *with) {
		s++;
		with++;
	}
	return !*with;
}

/* Return the length of the UTF-8 character at s, 0 if it is not one; by a table, not by arithmetic. */
size_t fuzz_character(const char *s, size_t len);

/* Return whether bytes are UTF-8 without control, format or other invisible characters. */
bool fuzz_printable(const char *s, size_t len);

/* End the run unless an error's message is one printable line that is not empty. */
void fuzz_message(const struct rk_err *err);

#endif
