#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/abort.h"
#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "child.h"

static char undone[32];
static size_t undone_len;

static void
note(void *name, enum rk_rc rc, const char *why)
{
	undone_len += (size_t)snprintf(undone + undone_len, sizeof undone - undone_len, "%s", (const char *)name);
	if (write(child_out, undone, undone_len) < 0 || write(child_out, why, strlen(why)) < 0)
		_exit(1);
	undone_len = 0;
	if (strcmp(name, "last") == 0)
		_exit(rc == RK_ENOMEM ? 71 : rc == RK_EBUG ? 70 : 1);
}

static void
too_much(void)
{
	static char name[] = "last";
	static struct rk_abort_undo last = { .undo = note, .context = name };

	rk_abort_undo_begin(&last);
	rk_memory_realloc(NULL, SIZE_MAX, 1);
}

static void
overflow(void)
{
	static char name[] = "last";
	static struct rk_abort_undo last = { .undo = note, .context = name };

	rk_abort_undo_begin(&last);
	rk_memory_realloc(NULL, SIZE_MAX / 2, 4);
}

static void
long_text(void)
{
	static char name[] = "last";
	static struct rk_abort_undo last = { .undo = note, .context = name };
	struct rk_strbuf text = { 0 };

	rk_abort_undo_begin(&last);
	rk_strbuf_puts(&text, "x");
	rk_strbuf_fill(&text, 'x', SIZE_MAX - 8);
}

static void
library(void)
{
	static char name[] = "last";
	static struct rk_abort_undo last = { .undo = note, .context = name };
	struct rk_err err;

	rk_abort_undo_begin(&last);
	errno = ENOMEM;
	rk_err_set(&err, RK_EDATA, "not YAML");
}

static void
not_utf8(void)
{
	static char name[] = "last";
	static struct rk_abort_undo last = { .undo = note, .context = name };

	rk_abort_undo_begin(&last);
	rk_json_append(json_array(), json_string("\xff"));
}

static void
without_memory_nothing_goes_on(void **state)
{
	void (*const act[])(void) = { too_much, overflow, long_text, library };
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < sizeof act / sizeof act[0]; i++) {
		assert_string_equal(run_child(act[i], &status), "lastout of memory");
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 71);
	}
}

static void
a_value_that_json_cannot_hold_is_a_bug_and_not_lost(void **state)
{
	int status;

	(void)state;
	assert_string_equal(run_child(not_utf8, &status), "lastbug: invalid JSON would be built");
	assert_int_equal(WEXITSTATUS(status), 70);
}

static void
nested(void)
{
	struct rk_abort_undo last = { .undo = note, .context = (char[]){ "last" } }, a = { .undo = note, .context = (char[]){ "a" } };
	struct rk_abort_undo b = { .undo = note, .context = (char[]){ "b" } }, c = { .undo = note, .context = (char[]){ "c" } };

	rk_abort_undo_begin(&last);
	rk_abort_undo_begin(&a);
	rk_abort_undo_begin(&b);
	rk_abort_undo_begin(&c);
	rk_abort_undo_end(&b);
	rk_abort_undo_end(&b);
	rk_abort(RK_EBUG, ".");
}

static void
what_is_begun_is_undone_the_last_first(void **state)
{
	int status;

	(void)state;
	assert_string_equal(run_child(nested, &status), "c.a.last.");
	assert_int_equal(WEXITSTATUS(status), 70);
}

static void
fail_again(void *context, enum rk_rc rc, const char *why)
{
	note(context, rc, why);
	rk_abort(rc, why);
}

static void
failing_undo(void)
{
	struct rk_abort_undo last = { .undo = note, .context = (char[]){ "last" } }, a = { .undo = fail_again, .context = (char[]){ "a" } };

	rk_abort_undo_begin(&last);
	rk_abort_undo_begin(&a);
	rk_abort(RK_EBUG, ".");
}

static void
nothing_begun(void)
{
	rk_abort(RK_EBUG, ".");
}

static void
an_undo_that_fails_is_not_run_again(void **state)
{
	int status;

	(void)state;
	assert_string_equal(run_child(failing_undo, &status), "a.last.");
	assert_int_equal(WEXITSTATUS(status), 70);
	assert_string_equal(run_child(nothing_begun, &status), "");
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
an_array_grows_with_zeroed_items_and_keeps_the_first(void **state)
{
	uint32_t *item = NULL;
	size_t size = 0, n;

	(void)state;
	for (n = 0; n < 1000; n++) {
		rk_memory_grow(&item, n, &size, sizeof *item);
		assert_int_equal(item[n], 0);
		item[n] = (uint32_t)n + 1;
	}
	for (n = 0; n < 1000; n++)
		assert_int_equal(item[n], n + 1);
	free(item);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_memory_nothing_goes_on),
		cmocka_unit_test(a_value_that_json_cannot_hold_is_a_bug_and_not_lost),
		cmocka_unit_test(what_is_begun_is_undone_the_last_first),
		cmocka_unit_test(an_undo_that_fails_is_not_run_again),
		cmocka_unit_test(an_array_grows_with_zeroed_items_and_keeps_the_first),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
