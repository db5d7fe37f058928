#define _GNU_SOURCE	/* memfd_create() */
#include <fcntl.h>
#include <ftw.h>
#include <git2.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"
#include "base/io_internal.h"
#include "fuzz.h"

#define FILES 4

void
fuzz_fail(const char *file, int line, const char *property)
{
	fprintf(stderr, "%s:%d: expected %s\n", file, line, property);
	abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	git_libgit2_init();
	return 0;
}

char *
fuzz_copy(const void *bytes, size_t len)
{
	char *text = malloc(len + 1);

	if (!text)
		abort();
	if (len)
		memcpy(text, bytes, len);
	text[len] = '\0';
	return text;
}

void
fuzz_open(struct rk_io *io, const void *bytes, size_t len)
{
	io->plain = true;
	io->state = calloc(1, sizeof *io->state);
	if (!io->state)
		abort();
	io->state->in_end = true;
	io->state->in.data = fuzz_copy(bytes, len);
	io->state->in.len = len;
	io->state->in.size = len + 1;
}

const char *
fuzz_file(unsigned which, const void *bytes, size_t len)
{
	static char name[FILES][32];
	static int fd[FILES];

	if (!*name[which]) {
		fd[which] = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(name[which], sizeof name[which], "/proc/self/fd/%d", fd[which]);
	}
	if (fd[which] < 0 || ftruncate(fd[which], 0) < 0 || pwrite(fd[which], bytes, len, 0) != (ssize_t)len) {
		perror("a file in memory");
		abort();
	}
	return name[which];
}

static char directory[64];

static int
remove_entry(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

static void
remove_directory(void)
{
	nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *
fuzz_directory(void)
{
	const char *in = getenv("TMPDIR");

	if (*directory)
		return directory;
	snprintf(directory, sizeof directory, "%s/fuzz-XXXXXX", in ? in : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(directory)) {
		perror(directory);
		abort();
	}
	atexit(remove_directory);
	return directory;
}

void
fuzz_write(const char *name, const void *bytes, size_t len)
{
	char path[160], *slash;
	int fd;

	snprintf(path, sizeof path, "%s/%s", fuzz_directory(), name);
	if (!bytes) {
		remove(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	for (slash = path + strlen(directory) + 1; fd < 0 && (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	if (fd < 0)
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd) < 0) {
		perror(path);
		abort();
	}
}

char *
fuzz_section(char **rest, size_t *left, size_t *len)
{
	char *section = *rest, *end = section ? memmem(section, *left, "\n%\n", 3) : NULL;

	*len = section ? end ? (size_t)(end + 1 - section) : *left : 0;
	*rest = end ? end + 3 : NULL;
	*left -= end ? *len + 2 : *len;
	return section;
}

char *
fuzz_field(char **rest)
{
	static char none[1];
	char *field = *rest ? *rest : none, *end = strchr(field, '\n');

	*none = '\0';
	if (end)
		*end++ = '\0';
	*rest = end;
	return field;
}

bool
fuzz_matches(const char *regex, const char *s)
{
	static struct { const char *source; regex_t compiled; } known[32];
	size_t i;

	for (i = 0; i < 32 && known[i].source && known[i].source != regex; i++)
		;
	if (i == 32 || (!known[i].source && regcomp(&known[i].compiled, regex, REG_EXTENDED | REG_NOSUB) != 0))
		abort();
	known[i].source = regex;
	return regexec(&known[i].compiled, s, 0, NULL, 0) == 0;
}

/* Unicode, table 3-7: well-formed UTF-8 byte sequences. */
size_t
fuzz_character(const char *s, size_t len)
{
	static const struct { unsigned char first[2], second[2]; size_t length; } rows[] = {
		{ { 0x00, 0x7f }, { 0, 0 }, 1 }, { { 0xc2, 0xdf }, { 0x80, 0xbf }, 2 }, { { 0xe0, 0xe0 }, { 0xa0, 0xbf }, 3 },
		{ { 0xe1, 0xec }, { 0x80, 0xbf }, 3 }, { { 0xed, 0xed }, { 0x80, 0x9f }, 3 }, { { 0xee, 0xef }, { 0x80, 0xbf }, 3 },
		{ { 0xf0, 0xf0 }, { 0x90, 0xbf }, 4 }, { { 0xf1, 0xf3 }, { 0x80, 0xbf }, 4 }, { { 0xf4, 0xf4 }, { 0x80, 0x8f }, 4 },
	};
	const unsigned char *b = (const unsigned char *)s;
	size_t i, k;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (b[0] < rows[i].first[0] || b[0] > rows[i].first[1] || rows[i].length > len)
			continue;
		if (rows[i].length > 1 && (b[1] < rows[i].second[0] || b[1] > rows[i].second[1]))
			return 0;
		for (k = 2; k < rows[i].length; k++)
			if (b[k] < 0x80 || b[k] > 0xbf)
				return 0;
		return rows[i].length;
	}
	return 0;
}

bool
fuzz_printable(const char *s, size_t len)
{
	/* the first bytes, and the range of the next one: C1 controls and the soft hyphen, marks of direction, separators and
	 * joiners, the byte order mark, tags */
	static const struct { const char *start; unsigned char from, to; } bad[] = { { "\xc2", 0x80, 0x9f }, { "\xc2", 0xad, 0xad },
		{ "\xd8", 0x9c, 0x9c }, { "\xe2\x80", 0x8b, 0x8f }, { "\xe2\x80", 0xa8, 0xae }, { "\xe2\x81", 0xa0, 0xa0 },
		{ "\xe2\x81", 0xa6, 0xa9 }, { "\xef\xbb", 0xbf, 0xbf }, { "\xf3\xa0", 0x80, 0x81 } };
	unsigned char last;
	size_t n, i;

	for (; len > 0; s += n, len -= n) {
		n = fuzz_character(s, len);
		if (n == 0 || (n == 1 && ((unsigned char)*s < 0x20 || *s == 0x7f)))
			return false;
		for (i = 0; n > 1 && i < sizeof bad / sizeof *bad; i++) {
			if (!fuzz_starts(s, bad[i].start))
				continue;
			last = (unsigned char)s[strlen(bad[i].start)];
			if (last >= bad[i].from && last <= bad[i].to)
				return false;
		}
	}
	return true;
}

void
fuzz_message(const struct rk_err *err)
{
	EXPECT(*err->msg);
	EXPECT(strlen(err->msg) < sizeof err->msg);
	EXPECT(fuzz_printable(err->msg, strlen(err->msg)));
}
