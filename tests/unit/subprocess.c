#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cpu_limit.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "process/subprocess.h"

struct outcome {
	struct rk_strbuf out, said;
	struct rk_err err;
	int status;
	enum rk_rc rc;
};

static void
clear(struct outcome *o)
{
	rk_strbuf_free(&o->out);
	rk_strbuf_free(&o->said);
	*o = (struct outcome){ 0 };
}

/* Run a shell script. */
static void
run(struct outcome *o, const char *script, const char *in, size_t in_len, unsigned seconds, size_t limit)
{
	const char *argv[] = { "sh", "-c", script, NULL };
	const struct rk_subprocess child = { .argv = argv, .in = in, .in_len = in_len, .seconds = seconds, .limit = limit };

	clear(o);
	o->rc = rk_subprocess_run(&child, &o->out, &o->said, &o->status, &o->err);
}

static void
input_is_written_and_both_outputs_are_read(void **state)
{
	char *big = rk_memory_malloc(3000000);
	struct outcome o = { 0 };

	(void)state;
	memset(big, 'x', 3000000);
	run(&o, "cat; echo said >&2; exit 3", "abc", 3, 20, 100);
	assert_int_equal(o.rc, RK_OK);
	assert_int_equal(o.status, 3);
	assert_string_equal(rk_strbuf_str(&o.out), "abc");
	assert_string_equal(rk_strbuf_str(&o.said), "said\n");
	run(&o, "cat", big, 3000000, 20, 3000000);
	assert_int_equal(o.rc, RK_OK);
	assert_int_equal(o.out.len, 3000000);
	run(&o, "exec <&-; head -c 300000 /dev/zero >&2; echo done", big, 3000000, 20, 100);
	assert_int_equal(o.rc, RK_OK);
	assert_int_equal(o.said.len, 65536);
	assert_string_equal(rk_strbuf_str(&o.out), "done\n");
	run(&o, "kill -9 $$", NULL, 0, 20, 100);
	assert_int_equal(o.rc, RK_OK);
	assert_int_equal(o.status, 128 + 9);
	clear(&o);
	free(big);
}

static void
a_child_has_no_terminal_and_not_our_input(void **state)
{
	struct outcome o = { 0 };

	(void)state;
	run(&o, "read line; echo $?; (: </dev/tty) 2>/dev/null || echo none", NULL, 0, 20, 100);
	assert_int_equal(o.rc, RK_OK);
	assert_string_equal(rk_strbuf_str(&o.out), "1\nnone\n");
	clear(&o);
}

static void
a_child_has_our_limit_of_processor_time_from_before(void **state)
{
	struct outcome o = { 0 };

	(void)state;
	rk_cpu_limit_set("prog", 77);
	run(&o, "ulimit -t", NULL, 0, 20, 100);
	rk_cpu_limit_restore();
	assert_int_equal(o.rc, RK_OK);
	assert_string_not_equal(rk_strbuf_str(&o.out), "77\n");
	clear(&o);
}

static void
a_slow_child_is_killed_with_its_children(void **state)
{
	const struct timespec moment = { .tv_nsec = 20000000 };
	struct outcome o = { 0 };
	int tries;
	pid_t pid;

	(void)state;
	run(&o, "sleep 60 & echo $!; wait", NULL, 0, 1, 100);
	assert_int_equal(o.rc, RK_EIO);
	assert_string_equal(o.err.msg, "sh took longer than 1 seconds, and was stopped");
	pid = (pid_t)atoi(rk_strbuf_str(&o.out));
	assert_true(pid > 1);
	for (tries = 0; tries < 250 && kill(pid, 0) == 0; tries++)
		nanosleep(&moment, NULL);
	assert_true(tries < 250);
	clear(&o);
}

static void
a_child_that_writes_too_much_is_killed(void **state)
{
	struct outcome o = { 0 };

	(void)state;
	run(&o, "cat /dev/zero", NULL, 0, 60, 1000);
	assert_int_equal(o.rc, RK_EIO);
	assert_int_equal(o.out.len, 1000);
	assert_string_equal(o.err.msg, "sh wrote more than 1000 bytes, and was stopped");
	run(&o, "head -c 1000 /dev/zero", NULL, 0, 60, 1000);
	assert_int_equal(o.rc, RK_OK);
	assert_int_equal(o.out.len, 1000);
	clear(&o);
}

static void
processes_that_outlive_the_child_are_not_waited_for(void **state)
{
	struct outcome o = { 0 };

	(void)state;
	run(&o, "sleep 600 & echo $!; exit 5", NULL, 0, 60, 100);
	assert_int_equal(o.rc, RK_OK);
	assert_int_equal(o.status, 5);
	assert_int_equal(kill((pid_t)atoi(rk_strbuf_str(&o.out)), SIGKILL), 0);
	clear(&o);
}

static void
a_missing_program_is_named(void **state)
{
	const char *argv[] = { "no-such-program", NULL };
	const struct rk_subprocess child = { .argv = argv, .seconds = 10 };
	struct outcome o = { 0 };

	(void)state;
	o.rc = rk_subprocess_run(&child, &o.out, &o.said, &o.status, &o.err);
	assert_int_equal(o.rc, RK_ENOINPUT);
	assert_string_equal(o.err.msg, "cannot run no-such-program: No such file or directory");
	clear(&o);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_is_written_and_both_outputs_are_read),
		cmocka_unit_test(a_child_has_no_terminal_and_not_our_input),
		cmocka_unit_test(a_child_has_our_limit_of_processor_time_from_before),
		cmocka_unit_test(a_slow_child_is_killed_with_its_children),
		cmocka_unit_test(a_child_that_writes_too_much_is_killed),
		cmocka_unit_test(processes_that_outlive_the_child_are_not_waited_for),
		cmocka_unit_test(a_missing_program_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
