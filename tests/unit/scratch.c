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
	char command[200], path[100];
	struct rk_scratch scratch;
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_scratch_open(NULL, "rk-scratch-", &scratch, &err), RK_OK);
	assert_memory_equal(scratch.dir, "/tmp/rk-scratch-", 16);
	snprintf(path, sizeof path, "%s", scratch.dir);
	snprintf(command, sizeof command, "cd %s && mkdir -p a/b .c && touch .x a/b/y && ln -s / a/root && chmod 500 .c",
	    scratch.dir);
	assert_int_equal(system(command), 0);
	rk_scratch_close(&scratch);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(access("/tmp", F_OK), 0);
	assert_null(scratch.dir);
	rk_scratch_close(&scratch);
}

static void
it_is_made_where_it_is_asked_for(void **state)
{
	struct rk_err err = { 0 };
	struct rk_scratch outer, inner;

	(void)state;
	assert_int_equal(rk_scratch_open(NULL, "rk-scratch-", &outer, &err), RK_OK);
	assert_int_equal(rk_scratch_open(outer.dir, "in-", &inner, &err), RK_OK);
	assert_memory_equal(inner.dir, outer.dir, strlen(outer.dir));
	assert_memory_equal(inner.dir + strlen(outer.dir), "/in-", 4);
	rk_scratch_close(&inner);
	setenv("TMPDIR", outer.dir, 1);
	assert_int_equal(rk_scratch_open(NULL, "x", &inner, &err), RK_OK);
	assert_memory_equal(inner.dir, outer.dir, strlen(outer.dir));
	rk_scratch_close(&inner);
	unsetenv("TMPDIR");
	rk_scratch_close(&outer);
	assert_int_equal(rk_scratch_open("/nowhere/at/all", "x", &inner, &err), RK_EIO);
	assert_null(inner.dir);
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
