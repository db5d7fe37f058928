/* The same files as a directory and as its commit: each case is tried with both. */
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
#include "base/strbuf.h"
#include "git/git.h"
#include "git/source.h"

static const char *const revs[] = { NULL, "HEAD" };

static void
sh(const char *command)
{
	assert_int_equal(system(command), 0);
}

static int
setup(void **state)
{
	static char dir[] = "/tmp/rk-repo-XXXXXX";

	(void)state;
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	return system("git init -q . && git config user.name t && git config user.email t@t && "
	    "mkdir -p tenants/acme tenants/acme-2 tenants/beta tenants/.hidden tenants/empty outside && "
	    "for t in acme acme-2 beta .hidden; do echo \"name: $t\" >tenants/$t/application.yaml; done && "
	    "mkdir -p d/1/2/3/4/5/6/7/8/9/10/11 && echo deep >d/1/2/3/4/5/6/7/8/9/10/11/f && "
	    "touch tenants/empty/other.yaml && echo secret >outside/secret && echo flat >tenants.yaml && "
	    "ln -s ../../outside tenants/acme/away && ln -s secret outside/link && ln -s ../outside tenants/linked && "
	    "git add . && git commit -qm one");
}

static int
teardown(void **state)
{
	char cwd[256], command[300];

	(void)state;
	if (!getcwd(cwd, sizeof cwd) || strncmp(cwd, "/tmp/rk-repo-", 13) != 0)
		return -1;
	snprintf(command, sizeof command, "rm -rf %s", cwd);
	return chdir("/") == 0 ? system(command) : -1;
}

static enum rk_rc
read_from(const char *rev, const char *path, size_t limit, struct rk_strbuf *bytes, char *oid, struct rk_err *err)
{
	struct rk_source *source;
	enum rk_rc rc;

	assert_int_equal(rk_source_open(".", rev, &source, err), RK_OK);
	rc = rk_source_read(source, path, NULL, limit, bytes, oid, err);
	rk_source_close(source);
	return rc;
}

static void
a_file_is_the_same_in_both(void **state)
{
	struct rk_strbuf bytes = { 0 };
	struct rk_err err = { 0 };
	char oid[RK_OID_HEX];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		rk_strbuf_clear(&bytes);
		assert_int_equal(read_from(revs[i], "tenants/acme/application.yaml", 100, &bytes, oid, &err), RK_OK);
		assert_string_equal(rk_strbuf_str(&bytes), "name: acme\n");
		assert_string_equal(oid, revs[i] ? "b0c042011a968ce16f8fd0c1ab223d2cf3d2f0cd" : "");
	}
	rk_strbuf_free(&bytes);
}

static void
the_limit_is_the_most_bytes_of_a_file(void **state)
{
	struct rk_strbuf bytes = { 0 };
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(read_from(revs[i], "tenants.yaml", 5, &bytes, NULL, &err), RK_OK);
		assert_int_equal(read_from(revs[i], "tenants.yaml", 4, &bytes, NULL, &err), RK_EDATA);
		assert_string_equal(err.msg, "tenants.yaml: larger than 4 bytes");
	}
	rk_strbuf_free(&bytes);
}

static void
a_missing_file_is_named(void **state)
{
	static const char *const paths[] = { "none", "tenants/none/application.yaml", "tenants.yaml/below" };
	struct rk_strbuf bytes = { 0 };
	struct rk_err err;
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++)
		for (j = 0; j < sizeof paths / sizeof paths[0]; j++) {
			err.msg[0] = '\0';
			assert_int_equal(read_from(revs[i], paths[j], 100, &bytes, NULL, &err), RK_END);
			assert_non_null(strstr(err.msg, paths[j]));
		}
	assert_null(bytes.data);
}

static void
no_path_leads_outside(void **state)
{
	static const char *const paths[] = { "/etc/passwd", "../x", "tenants/../tenants.yaml", "tenants//acme", "", ".",
	    "./tenants.yaml", "tenants/", ".git/config", ".GIT/config", "a/.git", ".git./config", "git~1/config",
	    ".git::$INDEX_ALLOCATION/config", ".g\xe2\x80\x8cit/config", "a\\b", "a\nb", "\xff" };
	static const char *const links[] = { "tenants/acme/away/secret", "outside/link", "tenants/linked/secret" };
	struct rk_strbuf bytes = { 0 };
	struct rk_err err = { 0 };
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (j = 0; j < sizeof paths / sizeof paths[0]; j++)
			assert_int_equal(read_from(revs[i], paths[j], 100, &bytes, NULL, &err), RK_EDATA);
		for (j = 0; j < sizeof links / sizeof links[0]; j++) {
			assert_int_equal(read_from(revs[i], links[j], 100, &bytes, NULL, &err), RK_EDATA);
			assert_non_null(strstr(err.msg, "symbolic link"));
		}
	}
	assert_null(bytes.data);
}

static void
a_directory_or_a_fifo_is_not_a_file(void **state)
{
	struct rk_strbuf bytes = { 0 };
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(read_from(NULL, "tenants", 100, &bytes, NULL, &err), RK_EDATA);
	assert_int_equal(read_from("HEAD", "tenants", 100, &bytes, NULL, &err), RK_EDATA);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(read_from(NULL, "fifo", 100, &bytes, NULL, &err), RK_EDATA);
	assert_int_equal(unlink("fifo"), 0);
}

static enum rk_rc
collect(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	(void)blob;
	(void)err;
	rk_strbuf_puts(context, path);
	rk_strbuf_puts(context, " ");
	return RK_OK;
}

static void
finds(const char *pattern, const char *expected)
{
	struct rk_strbuf paths = { 0 };
	struct rk_err err = { 0 };
	struct rk_source *source;
	size_t i;

	for (i = 0; i < 2; i++) {
		rk_strbuf_clear(&paths);
		assert_int_equal(rk_source_open(".", revs[i], &source, &err), RK_OK);
		assert_int_equal(rk_source_glob(source, pattern, collect, &paths, &err), RK_OK);
		assert_string_equal(rk_strbuf_str(&paths), expected);
		rk_source_close(source);
	}
	rk_strbuf_free(&paths);
}

static void
a_pattern_finds_files_in_the_order_of_their_paths(void **state)
{
	(void)state;
	finds("tenants/*/application.yaml", "tenants/acme-2/application.yaml tenants/acme/application.yaml "
	    "tenants/beta/application.yaml ");
	finds("tenants/acme*/*", "tenants/acme-2/application.yaml tenants/acme/application.yaml ");
	finds("*", "tenants.yaml ");
	finds("t*s.*l", "tenants.yaml ");
	finds("tenants/*e*a/application.yaml", "tenants/beta/application.yaml ");
	finds("tenants/acme/application.yaml", "tenants/acme/application.yaml ");
	finds("tenants/.h*/application.yaml", "tenants/.hidden/application.yaml ");
	finds("tenants/acme", "");
	finds("none/*/x", "");
	finds("tenants/*/*/*", "");
}

static enum rk_rc
stop(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	(void)path;
	(void)blob;
	++*(int *)context;
	return rk_err_set(err, RK_EIO, "enough");
}

static void
a_search_ends_with_the_result_of_its_caller(void **state)
{
	struct rk_err err = { 0 };
	struct rk_source *source;
	size_t i;
	int calls;

	(void)state;
	for (i = 0; i < 2; i++) {
		calls = 0;
		assert_int_equal(rk_source_open(".", revs[i], &source, &err), RK_OK);
		assert_int_equal(rk_source_glob(source, "tenants/*/application.yaml", stop, &calls, &err), RK_EIO);
		assert_int_equal(calls, 1);
		rk_source_close(source);
	}
}

struct reading {
	struct rk_source *source;
	struct rk_strbuf bytes;
};

static enum rk_rc
read_found(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	struct reading *reading = context;

	return rk_source_read(reading->source, path, blob, 100, &reading->bytes, NULL, err);
}

static enum rk_rc
read_more(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	struct reading *reading = context;

	assert_int_equal(read_found(reading, path, blob, err), RK_OK);
	assert_int_equal(read_found(reading, "tenants.yaml", NULL, err), RK_OK);
	assert_int_equal(rk_source_glob(reading->source, "tenants/*-2/application.yaml", read_found, reading, err), RK_OK);
	assert_int_equal(read_found(reading, "d/1/2/3/4/5/6/7/8/9/10/11/f", NULL, err), RK_OK);
	assert_int_equal(read_found(reading, "tenants/none/application.yaml", NULL, err), RK_END);
	assert_int_equal(read_found(reading, "d/1/2/3/4/5/6/7/8/9/10/11/f/g", NULL, err), RK_END);
	return read_found(reading, path, blob, err);
}

static void
a_search_continues_whatever_its_caller_reads(void **state)
{
	struct reading reading = { 0 };
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		rk_strbuf_clear(&reading.bytes);
		assert_int_equal(rk_source_open(".", revs[i], &reading.source, &err), RK_OK);
		assert_int_equal(rk_source_glob(reading.source, "tenants/*a/application.yaml", read_more, &reading, &err),
		    RK_OK);
		assert_int_equal(rk_source_glob(reading.source, "*/*/*/*/*/*/*/*/*/*/*/*/f", read_found, &reading, &err), RK_OK);
		rk_source_close(reading.source);
		assert_string_equal(rk_strbuf_str(&reading.bytes),
		    "name: beta\nflat\nname: acme-2\ndeep\nname: beta\ndeep\n");
	}
	rk_strbuf_free(&reading.bytes);
}

static void
a_source_that_cannot_be_opened_has_a_remedy(void **state)
{
	static const struct { const char *make, *dir, *rev, *says; } cases[] = {
		{ "true", "none", NULL, "none: No such file or directory" },
		{ "true", "/", "HEAD", "/: not a Git repository" },
		{ "true", ".", "nope", "revision \"nope\" not found" },
		{ "git init -q empty", "empty", "HEAD", "revision \"HEAD\" not found" },
		{ "git init -q --object-format=sha256 long", "long", "HEAD", "SHA-256" },
		{ "git init -q reftable && git -C reftable config core.repositoryformatversion 1 && "
		  "git -C reftable config extensions.refstorage reftable", "reftable", "HEAD",
		  "git refs migrate --ref-format=files" },
		{ "git init -q unknown && git -C unknown config core.repositoryformatversion 1 && "
		  "git -C unknown config extensions.noSuchExtension true", "unknown", "HEAD", "fresh clone" },
	};
	struct rk_source *source;
	struct rk_err err;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		sh(cases[i].make);
		err.msg[0] = '\0';
		assert_int_equal(rk_source_open(cases[i].dir, cases[i].rev, &source, &err), RK_ENOINPUT);
		assert_null(source);
		assert_non_null(strstr(err.msg, cases[i].says));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_the_same_in_both),
		cmocka_unit_test(the_limit_is_the_most_bytes_of_a_file),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(no_path_leads_outside),
		cmocka_unit_test(a_directory_or_a_fifo_is_not_a_file),
		cmocka_unit_test(a_pattern_finds_files_in_the_order_of_their_paths),
		cmocka_unit_test(a_search_ends_with_the_result_of_its_caller),
		cmocka_unit_test(a_search_continues_whatever_its_caller_reads),
		cmocka_unit_test(a_source_that_cannot_be_opened_has_a_remedy),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
