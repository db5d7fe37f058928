#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/intern.h"

static void
each_string_has_one_number(void **state)
{
	struct rk_intern names = { 0 };
	uint32_t i, round;
	char name[32];

	(void)state;
	for (round = 0; round < 2; round++)
		for (i = 0; i < 100000; i++) {
			snprintf(name, sizeof name, "tenant-%u", i);
			assert_int_equal(rk_intern_add(&names, name), i);
		}
	assert_int_equal(names.n, 100000);
	assert_string_equal(rk_intern_get(&names, 0), "tenant-0");
	assert_string_equal(rk_intern_get(&names, 99999), "tenant-99999");
	rk_intern_free(&names);
	rk_intern_free(&names);
}

static void
the_empty_string_is_one_too(void **state)
{
	struct rk_intern names = { 0 };

	(void)state;
	rk_intern_add(&names, "");
	rk_intern_add(&names, "a");
	assert_int_equal(rk_intern_add(&names, ""), 0);
	assert_int_equal(names.n, 2);
	rk_intern_free(&names);
}

static void
bytes_are_strings_with_a_length(void **state)
{
	struct rk_intern set = { 0 };
	uint32_t number = 7;

	(void)state;
	assert_false(rk_intern_find(&set, "a", 1, &number));
	assert_int_equal(rk_intern_add_bytes(&set, "a\0b", 3), 0);
	assert_int_equal(rk_intern_add_bytes(&set, "a\0c", 3), 1);
	assert_int_equal(rk_intern_add(&set, "a"), 2);
	assert_int_equal(rk_intern_add_bytes(&set, "abc", 1), 2);
	assert_false(rk_intern_find(&set, "a", 0, &number));
	assert_false(rk_intern_find(&set, "a\0", 2, &number));
	assert_int_equal(number, 7);
	assert_true(rk_intern_find(&set, "a\0c", 3, &number));
	assert_int_equal(number, 1);
	assert_string_equal(rk_intern_get(&set, 2), "a");
	assert_int_equal(set.n, 3);
	rk_intern_free(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_string_has_one_number),
		cmocka_unit_test(the_empty_string_is_one_too),
		cmocka_unit_test(bytes_are_strings_with_a_length),
	};

	return cmocka_run_group_tests_name("intern", tests, NULL, NULL);
}
