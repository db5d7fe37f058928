#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"

static json_t *
get(json_t *json, const char *s)
{
	struct rk_json_pointer pointer;
	struct rk_err err = { 0 };
	json_t *found;

	assert_int_equal(rk_json_pointer_parse(s, &pointer, &err), RK_OK);
	found = rk_json_pointer_get(json, &pointer);
	rk_json_pointer_free(&pointer);
	return found;
}

/* RFC 6901, section 5 */
static void
the_examples_of_the_rfc_work(void **state)
{
	static const char text[] = "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
	    "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";
	static const char *const number[] = { "/", "/a~1b", "/c%d", "/e^f", "/g|h", "/i\\j", "/k\"l", "/ ", "/m~0n" };
	struct rk_err err = { 0 };
	json_t *json;
	int i;

	(void)state;
	assert_int_equal(rk_json_parse(text, strlen(text), &json, &err), RK_OK);
	assert_ptr_equal(get(json, ""), json);
	assert_int_equal(json_array_size(get(json, "/foo")), 2);
	assert_true(rk_json_is(get(json, "/foo/0"), "bar"));
	for (i = 0; i < 9; i++)
		assert_int_equal(json_integer_value(get(json, number[i])), i);
	assert_null(get(json, "/foo/2"));
	assert_null(get(json, "/foo/-"));
	assert_null(get(json, "/foo/00"));
	assert_null(get(json, "/foo/ 0"));
	assert_null(get(json, "/foo/1e0"));
	assert_null(get(json, "/foo/0/0"));
	assert_null(get(json, "/foo/18446744073709551616"));
	assert_null(get(json, "/nil/nil"));
	assert_null(get(NULL, ""));
	json_decref(json);
}

static void
an_invalid_pointer_is_refused(void **state)
{
	static const char *const wrong[] = { "a", "a/b", "#/a", "/a~", "/~2", "/~/0", " /a" };
	struct rk_json_pointer pointer;
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(rk_json_pointer_parse(wrong[i], &pointer, &err), RK_EDATA);
		assert_int_equal(pointer.n, 0);
		rk_json_pointer_free(&pointer);
	}
}

static void
tokens_are_escaped_as_they_were(void **state)
{
	static const char s[] = "/~0~1/~01//a~0~0b/";
	struct rk_json_pointer pointer;
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(rk_json_pointer_parse(s, &pointer, &err), RK_OK);
	assert_int_equal(pointer.n, 5);
	assert_string_equal(pointer.token[0], "~/");
	assert_string_equal(pointer.token[1], "~1");
	assert_string_equal(pointer.token[2], "");
	assert_string_equal(pointer.token[4], "");
	for (i = 0; i < pointer.n; i++)
		rk_json_pointer_add(&text, pointer.token[i]);
	assert_string_equal(text.data, s);
	rk_json_pointer_free(&pointer);
	rk_strbuf_free(&text);
}

static bool
covers(const char *a, const char *b)
{
	struct rk_json_pointer x, y;
	struct rk_err err = { 0 };
	bool does;

	assert_int_equal(rk_json_pointer_parse(a, &x, &err), RK_OK);
	assert_int_equal(rk_json_pointer_parse(b, &y, &err), RK_OK);
	does = rk_json_pointer_covers(&x, &y);
	rk_json_pointer_free(&x);
	rk_json_pointer_free(&y);
	return does;
}

static void
a_pointer_covers_itself_and_those_below(void **state)
{
	(void)state;
	assert_true(covers("", ""));
	assert_true(covers("", "/a/b"));
	assert_true(covers("/a", "/a"));
	assert_true(covers("/a", "/a/b"));
	assert_false(covers("/a/b", "/a"));
	assert_false(covers("/a", "/ab"));
	assert_false(covers("/a~1b", "/a/b"));
}

static void
an_index_is_digits_without_a_leading_zero(void **state)
{
	(void)state;
	assert_int_equal(rk_json_pointer_index("0"), 0);
	assert_int_equal(rk_json_pointer_index("10"), 10);
	assert_int_equal(rk_json_pointer_index("01"), SIZE_MAX);
	assert_int_equal(rk_json_pointer_index(""), SIZE_MAX);
	assert_int_equal(rk_json_pointer_index("-"), SIZE_MAX);
	assert_int_equal(rk_json_pointer_index("+1"), SIZE_MAX);
	assert_int_equal(rk_json_pointer_index("1a"), SIZE_MAX);
	assert_int_equal(rk_json_pointer_index("99999999999999999999"), SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_examples_of_the_rfc_work),
		cmocka_unit_test(an_invalid_pointer_is_refused),
		cmocka_unit_test(tokens_are_escaped_as_they_were),
		cmocka_unit_test(a_pointer_covers_itself_and_those_below),
		cmocka_unit_test(an_index_is_digits_without_a_leading_zero),
	};

	return cmocka_run_group_tests_name("json-pointer", tests, NULL, NULL);
}
