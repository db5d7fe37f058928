#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/abort.h"
#include "base/cpu_limit.h"
#include "base/err.h"
#include "child.h"

static void
say(void *what, enum rk_rc rc, const char *why)
{
	(void)rc;
	(void)why;
	if (write(STDERR_FILENO, what, strlen(what)) < 0)
		_exit(1);
}

/* Never return, with one second of processor time. */
static void
spin(void)
{
	char safe[] = "safe", unsafe[] = "unsafe";
	struct rk_abort_undo in_signal = { .undo = say, .context = safe, .in_signal = true };
	struct rk_abort_undo other = { .undo = say, .context = unsafe };

	dup2(child_out, STDERR_FILENO);
	rk_abort_undo_begin(&in_signal);
	rk_abort_undo_begin(&other);
	rk_cpu_limit_set("prog", 1);
	for (;;)
		free(malloc(100));
}

static void
a_program_that_loops_ends_with_71(void **state)
{
	int status;

	(void)state;
	assert_string_equal(run_child(spin, &status),
	    "prog: the limit of processor time is used up (--cpu-limit raises it); the input may be hostile\nsafe");
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 71);
}

static void
a_lower_limit_stays_and_the_old_one_comes_back(void **state)
{
	struct rlimit old, now;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_CPU, &old), 0);
	rk_cpu_limit_restore();
	rk_cpu_limit_set("prog", 1000);
	assert_int_equal(getrlimit(RLIMIT_CPU, &now), 0);
	assert_int_equal(now.rlim_cur, 1000);
	assert_int_equal(now.rlim_max, old.rlim_max);
	rk_cpu_limit_set("prog", 2000);
	assert_int_equal(getrlimit(RLIMIT_CPU, &now), 0);
	assert_int_equal(now.rlim_cur, 1000);
	setrlimit(RLIMIT_CPU, &old);
	rk_cpu_limit_set("prog", 1000);
	rk_cpu_limit_restore();
	assert_int_equal(getrlimit(RLIMIT_CPU, &now), 0);
	assert_int_equal(now.rlim_cur, old.rlim_cur);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_that_loops_ends_with_71),
		cmocka_unit_test(a_lower_limit_stays_and_the_old_one_comes_back),
	};

	return cmocka_run_group_tests_name("cpu-limit", tests, NULL, NULL);
}
