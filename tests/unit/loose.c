#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "git/git.h"

/* Loose objects, each written by Git, and read by libgit2 in a repository that rk_git_open() has opened. */

#define SECONDS 60	/* until the test is killed: libgit2 would read some of these objects for ever */

static git_repository *git;
static git_odb *odb;

static void
sh(const char *command)
{
	assert_int_equal(system(command), 0);
}

static int
setup(void **state)
{
	static char dir[] = "/tmp/rk-loose-XXXXXX";

	(void)state;
	alarm(SECONDS);
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	sh("git init -q repo && git init -q --bare far && echo ../../../far/objects >repo/.git/objects/info/alternates");
	return 0;
}

static int
teardown(void **state)
{
	char command[300], dir[200];

	(void)state;
	if (!getcwd(dir, sizeof dir))
		return -1;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

static void
open_repository(void)
{
	struct rk_err err = { 0 };

	assert_int_equal(rk_git_open("repo", &git, &err), RK_OK);
	assert_int_equal(git_repository_odb(&odb, git), 0);
}

static void
close_repository(void)
{
	git_odb_free(odb);
	rk_git_close(git);
}

/* Let Git write a blob of len bytes into a repository; path becomes that of its file. */
static void
write_blob(const char *into, const unsigned char *bytes, size_t len, git_oid *oid, char path[100])
{
	FILE *file = fopen("content", "w");
	char command[100], hex[RK_OID_HEX];

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	snprintf(command, sizeof command, "git -C %s hash-object -w --stdin <content >id", into);
	sh(command);
	file = fopen("id", "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%40s", hex), 1);
	fclose(file);
	assert_int_equal(git_oid_fromstr(oid, hex), 0);
	snprintf(path, 100, "%s/%s/%.2s/%s", into, strcmp(into, "far") == 0 ? "objects" : ".git/objects", hex, hex + 2);
}

static void
fill(unsigned char *bytes, size_t len)
{
	uint32_t seed = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		bytes[i] = (unsigned char)(i % 3 == 0 ? seed >> 24 : 'a');
	}
}

/* An object is found with this content, by its id, by its first digits, and its length by itself. */
static void
assert_readable(const git_oid *oid, const void *bytes, size_t len)
{
	git_odb_object *object;
	git_object_t type;
	size_t size;

	assert_int_equal(git_odb_read_header(&size, &type, odb, oid), 0);
	assert_int_equal(size, len);
	assert_int_equal(type, GIT_OBJECT_BLOB);
	assert_int_equal(git_odb_read(&object, odb, oid), 0);
	assert_int_equal(git_odb_object_size(object), len);
	assert_memory_equal(git_odb_object_data(object), bytes, len);
	git_odb_object_free(object);
	assert_int_equal(git_odb_read_prefix(&object, odb, oid, 10), 0);
	assert_true(git_oid_equal(git_odb_object_id(object), oid));
	git_odb_object_free(object);
}

static void
assert_corrupt(const git_oid *oid, const char *why)
{
	git_odb_object *object = NULL;

	open_repository();
	assert_int_equal(git_odb_read(&object, odb, oid), GIT_ERROR);
	assert_int_equal(git_error_last()->klass, GIT_ERROR_ODB);
	if (why)
		assert_non_null(strstr(git_error_last()->message, why));
	assert_int_equal(git_odb_read_prefix(&object, odb, oid, 10), GIT_ERROR);
	close_repository();
}

static void
objects_of_any_length_are_read_as_git_wrote_them(void **state)
{
	static const size_t sizes[] = { 0, 1, 21, 22, 23, 24, 25, 26, 31, 32, 33, 1000, 16384, 65536, 1000000 };
	static unsigned char bytes[1000000];
	char path[100];
	git_oid oid;
	size_t i;

	(void)state;
	fill(bytes, sizeof bytes);
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		write_blob(i % 2 ? "repo" : "far", bytes, sizes[i], &oid, path);
		open_repository();
		assert_readable(&oid, bytes, sizes[i]);
		close_repository();
	}
}

static int
count(const git_oid *oid, void *n)
{
	(void)oid;
	++*(size_t *)n;
	return 0;
}

static void
each_object_is_listed_once(void **state)
{
	size_t n = 0;

	(void)state;
	sh("cd repo/.git && rm -rf objects/?? ../../far/objects/?? && echo one | git hash-object -w --stdin >id");
	open_repository();
	assert_int_equal(git_odb_foreach(odb, count, &n), 0);
	assert_int_equal(n, 1);
	close_repository();
}

static void
objects_that_are_missing_or_ambiguous_are_told_as_such(void **state)
{
	git_oid oid;
	git_odb_object *object = NULL;

	(void)state;
	assert_int_equal(git_oid_fromstr(&oid, "1234567890123456789012345678901234567890"), 0);
	sh("mkdir -p repo/.git/objects/12 && cd repo/.git/objects/12 && touch 34567890123456789012345678901234567891 34567890123456789012345678901234567892");
	open_repository();
	assert_int_equal(git_odb_read(&object, odb, &oid), GIT_ENOTFOUND);
	assert_int_equal(git_odb_read_prefix(&object, odb, &oid, 39), GIT_EAMBIGUOUS);
	assert_int_equal(git_odb_read_prefix(&object, odb, &oid, 40), GIT_ENOTFOUND);
	close_repository();
	sh("rm -r repo/.git/objects/12");
}

/* Wherever its file is cut off, an object is an error, and reading it ends. */
static void
a_truncated_object_is_corrupt(void **state)
{
	static unsigned char bytes[600];
	struct stat st;
	char path[100], command[300];
	git_oid oid;
	int cut;

	(void)state;
	fill(bytes, sizeof bytes);
	write_blob("repo", bytes, sizeof bytes, &oid, path);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_in_range(st.st_size, 100, 10000);
	for (cut = (int)st.st_size - 1; cut >= 0; cut--) {
		assert_int_equal(truncate(path, cut), 0);
		assert_corrupt(&oid, NULL);
	}
	assert_int_equal(unlink(path), 0);
	snprintf(command, sizeof command, "mkfifo %s", path);
	sh(command);
	assert_corrupt(&oid, "not a regular file");
	assert_int_equal(unlink(path), 0);
	snprintf(command, sizeof command, "mkdir %s", path);
	sh(command);
	assert_corrupt(&oid, "not a regular file");
	assert_int_equal(rmdir(path), 0);
}

/* Replace an object by the compressed bytes of a Python expression, and those of another after them. */
static void
replace_by(const char *path, const char *text, const char *more)
{
	char command[500];

	snprintf(command, sizeof command, "chmod u+w %s && /usr/bin/python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(%s) + %s)' >%s",
	    path, text, more, path);
	sh(command);
}

static void
an_object_that_contradicts_itself_is_corrupt(void **state)
{
	char path[100];
	git_oid oid;

	(void)state;
	write_blob("repo", (const unsigned char *)"four", 4, &oid, path);
	replace_by(path, "b\"blob 4\\0four\"", "b\"\"");
	open_repository();
	assert_readable(&oid, "four", 4);
	close_repository();
	replace_by(path, "b\"blob 5\\0four\"", "b\"\"");
	assert_corrupt(&oid, "truncated, or not as long as it says");
	replace_by(path, "b\"blob 3\\0four\"", "b\"\"");
	assert_corrupt(&oid, "its length is wrong");
	replace_by(path, "b\"blob 40\\0\" + 41 * b\"x\"", "b\"\"");
	assert_corrupt(&oid, "not as long as it says");
	replace_by(path, "b\"blob 4\\0four\"", "b\"more\"");
	assert_corrupt(&oid, "not as long as it says");
	replace_by(path, "b\"blob 4000000000\\0four\"", "b\"\"");
	assert_corrupt(&oid, "its length is wrong");
	replace_by(path, "b\"blob 99999999999999999999999999\\0four\"", "b\"\"");
	assert_corrupt(&oid, "a type and a length");
	replace_by(path, "b\"bulb 4\\0four\"", "b\"\"");
	assert_corrupt(&oid, "a type and a length");
	replace_by(path, "b\"blob four\"", "b\"\"");
	assert_corrupt(&oid, "a type and a length");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_of_any_length_are_read_as_git_wrote_them),
		cmocka_unit_test(each_object_is_listed_once),
		cmocka_unit_test(objects_that_are_missing_or_ambiguous_are_told_as_such),
		cmocka_unit_test(a_truncated_object_is_corrupt),
		cmocka_unit_test(an_object_that_contradicts_itself_is_corrupt),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
