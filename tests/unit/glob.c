#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/glob.h"

static bool
match(const char *pattern, const char *string, enum rk_glob how)
{
	return rk_glob_match(pattern, strlen(pattern), string, how);
}

static void
a_star_matches_any_run_of_bytes(void **state)
{
	(void)state;
	assert_true(match("release/*", "release/cart/ring-a", RK_GLOB_NAME));
	assert_true(match("*", "", RK_GLOB_NAME));
	assert_true(match("*", ".x", RK_GLOB_NAME));
	assert_true(match("a*b*c", "a-b-b-c", RK_GLOB_NAME));
	assert_false(match("a*b*c", "a-b-b-c-", RK_GLOB_NAME));
	assert_false(match("a", "ab", RK_GLOB_NAME));
	assert_false(match("", "a", RK_GLOB_NAME));
	assert_true(match("a?[b]\\", "a?[b]\\", RK_GLOB_NAME));
}

static void
only_the_given_bytes_of_the_pattern_count(void **state)
{
	(void)state;
	assert_true(rk_glob_match("ab/c", 2, "ab", RK_GLOB_PATH));
	assert_false(rk_glob_match("ab/c", 2, "ab/c", RK_GLOB_PATH));
	assert_true(rk_glob_match("a*c", 2, "abb", RK_GLOB_NAME));
}

static void
in_a_path_a_star_stays_in_its_component(void **state)
{
	(void)state;
	assert_true(match("tenants/*/app.yaml", "tenants/acme/app.yaml", RK_GLOB_PATH));
	assert_false(match("tenants/*/app.yaml", "tenants/a/b/app.yaml", RK_GLOB_PATH));
	assert_false(match("tenants/*", "tenants/.git", RK_GLOB_PATH));
	assert_true(match("tenants/a*", "tenants/a.git", RK_GLOB_PATH));
	assert_true(match("tenants/.*", "tenants/.a", RK_GLOB_PATH));
}

/* The same rules, written as they are read. */
static bool
reference(const char *pattern, const char *string, enum rk_glob how, char before)
{
	if (!*pattern)
		return !*string;
	if (*pattern != '*')
		return *pattern == *string && reference(pattern + 1, string + 1, how, *string);
	if (how == RK_GLOB_PATH && before == '/' && *string == '.')
		return false;
	if (reference(pattern + 1, string, how, '*'))
		return true;
	return *string && !(how == RK_GLOB_PATH && *string == '/') && reference(pattern, string + 1, how, *string);
}

/* The number-th string of at most six characters; false after the last. */
static bool
word(unsigned number, char string[8])
{
	static const char letters[] = "a/.*";
	size_t n = 0;

	for (; number; number = (number - 1) / 4)
		string[n++] = letters[(number - 1) % 4];
	string[n] = '\0';
	return n <= 5;
}

static void
every_short_pattern_matches_what_the_rules_say(void **state)
{
	char pattern[8], string[8];
	unsigned i, j;

	(void)state;
	for (i = 0; word(i, pattern); i++)
		for (j = 0; word(j, string); j++)
			if (match(pattern, string, RK_GLOB_PATH) != reference(pattern, string, RK_GLOB_PATH, '/') ||
			    match(pattern, string, RK_GLOB_NAME) != reference(pattern, string, RK_GLOB_NAME, '/'))
				fail_msg("\"%s\" and \"%s\"", pattern, string);
}

static void
a_hostile_pattern_takes_no_longer(void **state)
{
	char pattern[2002], string[20001];
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	memcpy(pattern + 2000, "b", 2);
	memset(string, 'a', sizeof string - 1);
	string[sizeof string - 1] = '\0';
	assert_false(match(pattern, string, RK_GLOB_NAME));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_star_matches_any_run_of_bytes),
		cmocka_unit_test(only_the_given_bytes_of_the_pattern_count),
		cmocka_unit_test(in_a_path_a_star_stays_in_its_component),
		cmocka_unit_test(every_short_pattern_matches_what_the_rules_say),
		cmocka_unit_test(a_hostile_pattern_takes_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
