#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/semver.h"

/* The highest of versions, separated by blanks, that satisfies a range; "-" if it cannot be told. */
static const char *
highest(const char *range, const char *versions)
{
	static char found[64];
	json_t *list = json_array();
	struct rk_err err;
	const char *s;
	size_t n;

	for (; *versions; versions += n + (versions[n] == ' ')) {
		n = strcspn(versions, " ");
		json_array_append_new(list, json_stringn(versions, n));
	}
	snprintf(found, sizeof found, "%s", rk_semver_highest(range, list, &s, &err) == RK_OK ? s : "-");
	json_decref(list);
	return found;
}

static void
kinds(void **state)
{
	static const char *const versions[] = { "1.2.3", "v1.2.3", "0.0.0", "1.2.3-rc.1", "1.2.3-rc.1+b.5" },
	    *const ranges[] = { "", "1", "1.2", "v1.2", "1.x", "1.2.*", "*", "x", "^1.2.3", "~1.2.3", ">=1.2.3", "1.2.3 - 2", "1.2.3 || 2.0.0",
		"1.2.3,2", "=1.2.3", "1.X.3-rc" }, *const neither[] = { "main", "HEAD", "latest", "1.2.3.4", "1.2.x.y", "v", "1..2",
		"a1.2.3", "1.2.3-", "fix-1.2" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		assert_true(rk_semver_is_version(versions[i]));
		assert_false(rk_semver_is_range(versions[i]));
	}
	for (i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
		assert_false(rk_semver_is_version(ranges[i]));
		assert_true(rk_semver_is_range(ranges[i]));
	}
	for (i = 0; i < sizeof neither / sizeof neither[0]; i++) {
		assert_false(rk_semver_is_version(neither[i]));
		assert_false(rk_semver_is_range(neither[i]));
	}
}

static void
ranges(void **state)
{
	static const char all[] = "0.0.1 0.3.0 0.3.7 0.4.0 1.2.0 1.2.9 1.4.0 1.4.2 2.0.0 2.1.0 3.0.0-rc.1";
	static const char *const cases[][2] = {
		{ "*", "2.1.0" }, { "1.*", "1.4.2" }, { "1.2.x", "1.2.9" }, { "^1.2", "1.4.2" }, { "^0.3", "0.3.7" }, { "^0", "0.4.0" },
		{ "^0.0.1", "0.0.1" }, { "~1.2.0", "1.2.9" }, { "~1", "1.4.2" }, { ">=1.2 <2", "1.4.2" }, { ">=1.2, <1.4.2", "1.4.0" },
		{ "<1.4", "1.2.9" }, { "<=1.4", "1.4.2" }, { ">1.4", "2.1.0" }, { ">2", "-" }, { "1.2 - 1.4", "1.4.2" }, { "!=2.1.0", "2.0.0" },
		{ "0.x || ^2", "2.1.0" }, { "^9", "-" }, { "=1.4.0", "1.4.0" }, { "v1.2", "1.2.9" }, { ">=1.2 < 1.4 || =2.0.0", "2.0.0" },
		{ "", "-" }, { "^", "-" }, { ">=1 <", "-" }, { "1.2 ||", "-" }, { "|| 1", "-" }, { "1,,2", "-" }, { ">=1<2", "-" }, { "a", "-" },
		{ ">1 - 2", "-" }, { "2||1.2 - 1.4", "-" }, { "2 || 1.2 - 1.4", "2.1.0" }, { "1.2 - 1.4||=0.4", "1.4.2" }, { "1.2.3.4", "-" }, { "18446744073709551616", "-" },
		{ "!=2", "1.4.2" }, { "!=2.1", "2.0.0" }, { "!=2, !=1", "0.4.0" }, { "<=1.4.0", "1.4.0" }, { "<=1.3", "1.2.9" }, { "^0.0", "0.0.1" },
		{ ">1.4.0 <2", "1.4.2" }, { "^0.3.1", "0.3.7" }, { "1.2 - ", "-" }, { "1.2 -1.4", "-" }, { "1.2 - 1.4 0.3", "-" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(highest(cases[i][0], all), cases[i][1]);
}

static void
pre_releases(void **state)
{
	static const char all[] = "1.0.0 1.1.0-alpha.1 1.1.0-alpha.beta 1.1.0-beta.2 1.1.0-beta.11";

	(void)state;
	assert_string_equal(highest("*", all), "1.0.0");
	assert_string_equal(highest(">=1.0.0-0", all), "1.1.0-beta.11");
	assert_string_equal(highest("~1.1.0-0", all), "1.1.0-beta.11");
	assert_string_equal(highest("<1.1.0-beta", all), "1.1.0-alpha.beta");
	assert_string_equal(highest("^1.0", "1.1.0-rc.1"), "-");
	assert_string_equal(highest("!=1.1.0-0", "1.1.0-0 1.0.0-0"), "1.0.0-0");
	assert_string_equal(highest(">=1.0.0-0", "1.1.0-a.1 1.1.0-ab 1.1.0-a"), "1.1.0-ab");
	assert_string_equal(highest(">=1.0.0-0", "1.1.0-a.1 1.1.0-a"), "1.1.0-a.1");
	assert_string_equal(highest(">=1.0.0-0", "1.1.0-a 1.1.0-1"), "1.1.0-a");
	assert_string_equal(highest(">=1.0.0-0", "1.1.0-9 1.1.0-10"), "1.1.0-10");
	assert_string_equal(highest(">=1.0.0-0", "1.1.0-10 1.1.0-11"), "1.1.0-11");
	/* releases of the package differ: whether the pre-release of one comparator counts for the other */
	assert_string_equal(highest(">=1.0.0-0 <2.0.0", all), "-");
	assert_string_equal(highest(">=1.0.0-0 <2.0.0-0", all), "1.1.0-beta.11");
	assert_string_equal(highest(">=1.0.0-0 <2.0.0", "1.0.0 1.1.0"), "1.1.0");
}

static void
strange_versions(void **state)
{
	(void)state;
	assert_string_equal(highest("*", "latest 1.0.0 main 1.x sha256-12 1.0.0-01"), "1.0.0");
	assert_string_equal(highest("*", "v1.0.0 1.1"), "1.1");
	assert_string_equal(highest("*", "1.0.0 1.1.0+b"), "1.1.0+b");
	assert_string_equal(highest("*", "1.0.0 1.1.0_b"), "1.1.0_b");
	assert_string_equal(highest("*", "1.1.0+a 1.1.0+b"), "-");
	assert_string_equal(highest("*", "1.1.0 1.1.0"), "1.1.0");
	assert_string_equal(highest("*", "1.1.0+a 1.1.0+b 1.2.0"), "1.2.0");
	assert_string_equal(highest("*", "2024.4.1 2024.05.01"), "-");
	assert_string_equal(highest("<2024.5", "2024.4.1 2024.05.01"), "2024.4.1");
	assert_string_equal(highest("*", ""), "-");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(kinds), cmocka_unit_test(ranges), cmocka_unit_test(pre_releases),
		cmocka_unit_test(strange_versions) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
