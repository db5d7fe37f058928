#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "git/ring_pattern.h"
#include "base/strbuf.h"

static bool
is_ring(const char *pattern, const char *name)
{
	return !rk_ring_pattern_check(pattern, name, strlen(name));
}

static void
patterns(void **state)
{
	static const char *const good[] = { "ring-{name}", "rollout/{name}", "abc{name}", "r/ng/{name}", "rings/{name}/head", "x-1{name}-z" },
	    *const bad[] = { "", "ring-", "{name}", "ab{name}", "ring-{name}-{name}", "Ring-{name}", "ring-{nam}", "-ab{name}",
	    "/abc{name}", "abc//{name}", "a b c{name}", "abc/.{name}", "abc..{name}", "abc-{name}-" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_null(rk_ring_pattern_fault(good[i]));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_non_null(rk_ring_pattern_fault(bad[i]));
}

static void
names(void **state)
{
	(void)state;
	assert_true(is_ring("ring-{name}", "ring-a"));
	assert_true(is_ring("ring-{name}", "ring-a.b_c-d"));
	assert_false(is_ring("ring-{name}", "ring-"));
	assert_false(is_ring("ring-{name}", "ring-a/b"));
	assert_false(is_ring("ring-{name}", "ring--a"));
	assert_false(is_ring("ring-{name}", "ring-A"));
	assert_false(is_ring("ring-{name}", "main"));
	assert_true(is_ring("rollout/{name}", "rollout/a"));
	assert_false(is_ring("rollout/{name}", "rollout-a"));
	assert_false(is_ring("rollout/{name}", "rollout/a/b"));
	assert_false(is_ring("rollout/{name}", "rollout/"));
	assert_true(is_ring("rings/{name}/head", "rings/a/head"));
	assert_false(is_ring("rings/{name}/head", "rings//head"));
	assert_false(is_ring("rings/{name}/head", "rings/head"));
	assert_false(is_ring("rings/{name}/head", "rings/a/heads"));
}

static void
names_in_images(void **state)
{
	static const char *const rings[][3] = {
		{ "ring-{name}", "ring-a-b", "ring-a-b" }, { "rollout/{name}", "rollout-a-b", "rollout/a-b" },
		{ "rings/{name}/head", "rings-a-head", "rings/a/head" },
	}, *const others[][2] = { { "ring-{name}", "ring-" }, { "rollout/{name}", "rollout/a" }, { "rollout/{name}", "ring-a" } };
	struct rk_strbuf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rings / sizeof rings[0]; i++) {
		rk_strbuf_clear(&text);
		assert_true(rk_ring_pattern_ring(rings[i][0], rings[i][1], &text));
		assert_string_equal(text.data, rings[i][2]);
		rk_strbuf_clear(&text);
		rk_ring_pattern_slug(&text, rings[i][2]);
		assert_string_equal(text.data, rings[i][1]);
	}
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(rk_ring_pattern_ring(others[i][0], others[i][1], &text));
	rk_strbuf_clear(&text);
	rk_ring_pattern_prefix(&text, "r/ng/{name}");
	assert_string_equal(text.data, "r-ng-");
	rk_strbuf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(names),
		cmocka_unit_test(names_in_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
