#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "process/scratch.h"

static void
a_scratch_directory_goes_with_all_that_is_in_it(void **state)
{
	char *dir, command[200], path[100];
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_scratch_open(NULL, "rk-scratch-", &dir, &err), RK_OK);
	assert_memory_equal(dir, "/tmp/rk-scratch-", 16);
	snprintf(path, sizeof path, "%s", dir);
	snprintf(command, sizeof command, "cd %s && mkdir -p a/b .c && touch .x a/b/y && ln -s / a/root && chmod 500 .c", dir);
	assert_int_equal(system(command), 0);
	rk_scratch_close(dir);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access("/tmp", F_OK), 0);
	rk_scratch_close(NULL);
}

static void
it_is_made_where_it_is_asked_for(void **state)
{
	struct rk_err err = { 0 };
	char *outer, *inner;

	(void)state;
	assert_int_equal(rk_scratch_open(NULL, "rk-scratch-", &outer, &err), RK_OK);
	assert_int_equal(rk_scratch_open(outer, "in-", &inner, &err), RK_OK);
	assert_memory_equal(inner, outer, strlen(outer));
	assert_memory_equal(inner + strlen(outer), "/in-", 4);
	rk_scratch_close(inner);
	setenv("TMPDIR", outer, 1);
	assert_int_equal(rk_scratch_open(NULL, "x", &inner, &err), RK_OK);
	assert_memory_equal(inner, outer, strlen(outer));
	rk_scratch_close(inner);
	unsetenv("TMPDIR");
	rk_scratch_close(outer);
	assert_int_equal(rk_scratch_open("/nowhere/at/all", "x", &inner, &err), RK_EIO);
	assert_null(inner);
	assert_non_null(strstr(err.msg, "cannot make the temporary directory /nowhere/at/all/x"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scratch_directory_goes_with_all_that_is_in_it),
		cmocka_unit_test(it_is_made_where_it_is_asked_for),
	};

	unsetenv("TMPDIR");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
