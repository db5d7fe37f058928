#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"

static void
refused(const char *text, size_t len, const char *message)
{
	struct rk_err err = { 0 };
	json_t *json = (json_t *)&err;

	assert_int_equal(rk_json_parse(text, len, &json, &err), RK_EDATA);
	assert_null(json);
	assert_non_null(strstr(err.msg, message));
}

static void
invalid_json_is_refused(void **state)
{
	(void)state;
	refused("", 0, "not JSON");
	refused(" ", 1, "not JSON");
	refused("{\"a\":1}x", 8, "not JSON");
	refused("{\"a\":1,\"a\":2}", 13, "duplicate");
	refused("\"\xff\"", 3, "not JSON");
	refused("\"\xed\xa0\x80\"", 5, "not JSON");
	refused("\"\\ud800\"", 8, "not JSON");
	refused("\"a\\u0000b\"", 10, "NUL");
	refused("\"a\0b\"", 5, "not JSON");
	refused("\"a\nb\"", 5, "1:");
	refused("{\n \"a\":\n x}", 11, "3:");
}

static void
depth_is_limited_to_512_levels(void **state)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	json_t *json;

	(void)state;
	rk_strbuf_fill(&text, '[', 512);
	rk_strbuf_fill(&text, ']', 512);
	assert_int_equal(rk_json_parse(text.data, text.len, &json, &err), RK_OK);
	json_decref(json);
	rk_strbuf_clear(&text);
	rk_strbuf_fill(&text, '[', 513);
	rk_strbuf_fill(&text, ']', 513);
	refused(text.data, text.len, "deeper than 512");
	rk_strbuf_clear(&text);
	rk_strbuf_fill(&text, '[', 1000000);
	refused(text.data, text.len, "not JSON");
	rk_strbuf_free(&text);
}

struct pieces {
	const char *at;
	size_t size;
};

/* Return a string in pieces. */
static size_t
read_piece(void *buffer, size_t size, void *context)
{
	struct pieces *pieces = context;
	size_t n = strlen(pieces->at);

	assert_true(pieces->size <= size);
	n = n < pieces->size ? n : pieces->size;
	memcpy(buffer, pieces->at, n);
	pieces->at += n;
	return n;
}

static enum rk_rc
load(const char *text, size_t size, size_t *line, size_t *len, json_t **json)
{
	struct pieces pieces = { text, size };
	struct rk_err err = { 0 };

	return rk_json_load(read_piece, &pieces, line, len, json, &err);
}

static void
a_part_may_have_a_nul_and_an_error_has_its_line(void **state)
{
	size_t line = 7, len;
	json_t *json;

	(void)state;
	assert_int_equal(load("\"a\\u0000b\"", 100, &line, &len, &json), RK_OK);
	assert_int_equal(json_string_length(json), 3);
	json_decref(json);
	assert_int_equal(line, 7);
	assert_int_equal(load("[1,\n2,\nx]", 100, &line, &len, &json), RK_EDATA);
	assert_null(json);
	assert_int_equal(line, 9);
}

/* The first len bytes of text are a value; 0: they are not. */
static void
ends(const char *text, size_t len)
{
	static const size_t sizes[] = { 1, 2, 100 };
	size_t i, found, line;
	json_t *json;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		assert_int_equal(load(text, sizes[i], &line, &found, &json), len ? RK_OK : RK_EDATA);
		if (len)
			assert_int_equal(found, len);
		json_decref(json);
	}
}

static void
the_end_of_a_value_is_found_in_pieces(void **state)
{
	(void)state;
	ends("{}", 2);
	ends("{\"a\":[1,{}]}{", 12);
	ends("\"a\"\"b\"", 3);
	ends("\"]}\\\"\" ", 6);
	ends("\"\xc3\xa9\"x", 4);
	ends("[\"\\\\\"]]", 6);
	ends("1 2", 1);
	ends("null,", 4);
	ends("12[", 2);
	ends("123", 3);
	ends("]", 0);
	ends("{\"a", 0);
	ends("[[]", 0);
	ends("\"a\\\"", 0);
	ends("", 0);
}

static void
members_keep_their_order(void **state)
{
	static const char line[] = "{\"type\":\"x\",\"z\":[1,null],\"a\":\"\\u001b\xc3\xa9\"}";
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	json_t *json;

	(void)state;
	assert_int_equal(rk_json_parse(line, strlen(line), &json, &err), RK_OK);
	rk_json_add(&text, json);
	assert_string_equal(rk_strbuf_str(&text), "{\"type\":\"x\",\"z\":[1,null],\"a\":\"\\u001B\xc3\xa9\"}");
	assert_true(rk_json_is(json_object_get(json, "type"), "x"));
	assert_false(rk_json_is(json_object_get(json, "z"), "x"));
	assert_false(rk_json_is(NULL, "x"));
	json_decref(json);
	rk_strbuf_free(&text);
}

static void
a_text_takes_no_more_memory_than_its_length_allows(void **state)
{
	static const char *const dense[] = { "{}", "[]", "{\"a\":0}", "[[]]" };
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	size_t i, line = 1, len;
	json_t *json;

	(void)state;
	for (i = 0; i < sizeof dense / sizeof dense[0]; i++) {
		rk_strbuf_clear(&text);
		rk_strbuf_putc(&text, '[');
		while (text.len < RK_JSON_SMALL - 16)
			rk_strbuf_printf(&text, "%s,", dense[i]);
		rk_strbuf_printf(&text, "%s]", dense[i]);
		refused(text.data, text.len, "too many values for its length");
		assert_int_equal(load(text.data, 1000, &line, &len, &json), RK_EDATA);
		assert_null(json);
	}
	/* what is built is not limited, and the next text has its own budget */
	for (json = json_array(), i = 0; i < 1000000; i++)
		rk_json_append(json, json_object());
	json_decref(json);
	assert_int_equal(rk_json_parse("[{}]", 4, &json, &err), RK_OK);
	json_decref(json);
	/* each byte after the first RK_JSON_SMALL adds its part */
	rk_strbuf_clear(&text);
	rk_strbuf_putc(&text, '[');
	for (i = 0; i < 250000; i++)
		rk_strbuf_puts(&text, "12345678901,");
	rk_strbuf_puts(&text, "1]");
	assert_int_equal(rk_json_parse(text.data, text.len, &json, &err), RK_OK);
	json_decref(json);
	assert_int_equal(load(text.data, 1000, &line, &len, &json), RK_OK);
	json_decref(json);
	rk_strbuf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invalid_json_is_refused),
		cmocka_unit_test(a_text_takes_no_more_memory_than_its_length_allows),
		cmocka_unit_test(depth_is_limited_to_512_levels),
		cmocka_unit_test(a_part_may_have_a_nul_and_an_error_has_its_line),
		cmocka_unit_test(the_end_of_a_value_is_found_in_pieces),
		cmocka_unit_test(members_keep_their_order),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
