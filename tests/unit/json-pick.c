#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "forge/json_pick.h"
#include "input.h"

static const struct rk_json_pick names[] = { { .name = "name" }, { 0 } };
static const struct rk_json_pick spec[] = { { .name = "from", .raw = 2 }, { .name = "list", .members = names }, { 0 } };
static const struct rk_json_pick picks[] = { { .name = "meta", .members = names }, { .name = "spec", .raw = 1, .members = spec },
	{ .name = "all" }, { .name = "bytes", .raw = 3 }, { 0 } };

/* Append what was picked of an object, and the bytes that were kept. */
static enum rk_rc
write_picked(void *context, const struct rk_json_picked *picked, struct rk_err *err)
{
	struct rk_strbuf *text = context;
	unsigned i;
	size_t len;
	const char *raw;

	(void)err;
	rk_json_add(text, rk_json_pick_object(picked));
	for (i = 1; i <= 3; i++) {
		raw = rk_json_pick_raw(picked, i, &len);
		rk_strbuf_putc(text, '|');
		rk_strbuf_add(text, raw, len);
	}
	rk_strbuf_putc(text, '\n');
	return RK_OK;
}

static enum rk_rc
pick(const char *bytes, size_t len, struct rk_strbuf *text, size_t *line, struct rk_err *err)
{
	struct rk_io io = { 0 };
	enum rk_rc rc;

	open_bytes(&io, bytes, len);
	rc = rk_json_pick_items(&io, picks, write_picked, text, err);
	*line = io.line;
	rk_io_close_file(&io);
	return rc;
}

static void
picked(const char *input, const char *expected)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	size_t line;

	assert_int_equal(pick(input, strlen(input), &text, &line, &err), RK_OK);
	assert_string_equal(rk_strbuf_str(&text), expected);
	rk_strbuf_free(&text);
}

static void
only_what_is_picked_becomes_a_value(void **state)
{
	(void)state;
	picked("{\"x\": [1, {\"name\": 2}], \"all\": {\"y\": [ 1.5e3 , true ]}, \"meta\": {\"name\": \"a\", \"labels\": {}}}",
	    "{\"x\":null,\"all\":{\"y\":[1500.0,true]},\"meta\":{\"name\":\"a\",\"labels\":null}}|||\n");
	picked("{ }", "{}|||\n");
}

static void
the_bytes_of_a_value_and_of_its_part_are_kept_without_white_space(void **state)
{
	(void)state;
	picked("{\"spec\" : { \"from\": {\n\t\"b\": 1, \"a\": \"x y\\u00e9\" }, \"list\": [ {\"name\": 1, \"z\": 2}, 7 ] }, \"bytes\": -0.5 }",
	    "{\"spec\":{\"from\":null,\"list\":[{\"name\":1,\"z\":null},7]},\"bytes\":null}"
	    "|{\"from\":{\"b\":1,\"a\":\"x y\\u00e9\"},\"list\":[{\"name\":1,\"z\":2},7]}|{\"b\":1,\"a\":\"x y\\u00e9\"}|-0.5\n");
	picked("{\"spec\": null} {\"meta\": 1}", "{\"spec\":null}|null||\n{\"meta\":1}|||\n");
}

static void
objects_are_found_wherever_programs_print_them(void **state)
{
	(void)state;
	picked("[{\"all\":1},{\"all\":2}] [[{\"all\":3}],[]]\n{\"all\":4}",
	    "{\"all\":1}|||\n{\"all\":2}|||\n{\"all\":3}|||\n{\"all\":4}|||\n");
	picked("{\"all\": 0, \"items\": [{\"all\": 1}, {\"items\": [1]}], \"kind\": \"List\"}", "{\"all\":1}|||\n{\"items\":null}|||\n");
	picked("{\"items\": {}, \"all\": 2}", "{\"items\":null,\"all\":2}|||\n");
	picked("{\"items\": []}[]", "");
}

/* An object that is longer than what is read at once, at every place of its end. */
static void
an_object_may_be_longer_than_a_chunk(void **state)
{
	struct rk_strbuf input = { 0 }, text = { 0 };
	struct rk_err err = { 0 };
	size_t line, i;

	(void)state;
	for (i = 0; i < 3; i++) {
		rk_strbuf_puts(&input, "{\"x\": [\"\\n");
		rk_strbuf_fill(&input, 'y', 65535 * (i + 1));
		rk_strbuf_puts(&input, "\", 12], \"bytes\": [1 , 2]}\n");
	}
	assert_int_equal(pick(input.data, input.len, &text, &line, &err), RK_OK);
	assert_string_equal(rk_strbuf_str(&text), "{\"x\":null,\"bytes\":null}|||[1,2]\n{\"x\":null,\"bytes\":null}|||[1,2]\n"
	    "{\"x\":null,\"bytes\":null}|||[1,2]\n");
	rk_strbuf_clear(&input);
	rk_strbuf_puts(&input, "{\"x\": \"");
	rk_strbuf_fill(&input, 'y', RK_JSON_PICK_BYTES);
	assert_int_equal(pick(input.data, input.len, &text, &line, &err), RK_EDATA);
	assert_non_null(strstr(err.msg, "longer than"));
	rk_strbuf_free(&input);
	rk_strbuf_free(&text);
}

static void
what_is_skipped_is_json_too(void **state)
{
	static const char *const bad[] = { "", " ", "{", "{\"x\"", "{\"x\":", "{\"x\":1", "{\"x\":1,", "{\"x\":1,}", "{\"x\":[1,]}",
		"{\"x\":[1 2]}", "{\"x\":{\"y\" 1}}", "{\"x\":{1:2}}", "{\"x\":{,}}", "{1:2}", "{\"x\":01}", "{\"x\":1.}", "{\"x\":.5}",
		"{\"x\":-}", "{\"x\":1e}", "{\"x\":1-2}", "{\"x\":+1}", "{\"x\":nul}", "{\"x\":nulls}", "{\"x\":True}", "{\"x\":\"\n\"}",
		"{\"x\":\"\\q\"}", "{\"x\":\"\\u12g4\"}", "{\"x\":\"\\u123", "{\"x\":\"\\", "{\"x\":\"\xff\"}", "{\"x\":\"\xed\xa0\x80\"}",
		"{\"x\":\"", "{\"x\":1}}", "{\"x\":1 \"y\":2}", "{\"x\":]}", "{\"x\":(}", "[{\"x\":1}", "[{\"x\":1} {}]", "[1]", "[[[{}]]]",
		"[{},]", "1", "\"x\"", "null", "{\"items\":[],\"items\":[]}", "{\"items\":[1]}", "{\"x\":1,\"x\":2}",
		"{\"meta\":{\"x\":1,\"x\":2}}", "{\"all\":{\"x\":1,\"x\":2}}", "{\"meta\":{\"na\\u006de\":1,\"name\":2}}" };
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	size_t i, line;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (pick(bad[i], strlen(bad[i]), &text, &line, &err) != RK_EDATA)
			fail_msg("accepted: %s", bad[i]);
		rk_strbuf_clear(&text);
	}
	assert_int_equal(pick("{\"x\":\"a\0b\"}", 11, &text, &line, &err), RK_EDATA);
	assert_int_equal(pick("[\n{\"x\":\n[1,\n}]}]", 15, &text, &line, &err), RK_EDATA);
	assert_int_equal(line, 4);
	rk_strbuf_free(&text);
	picked("{\"x\": [0, -1.25E+7, 1e-2, \"\\\"\\\\\\/\\b\\f\\n\\r\\t\\ud83d\\ude00 \xc3\xa9\", true, false, null, [], {}]}",
	    "{\"x\":null}|||\n");
}

static void
depth_is_limited_where_values_are_skipped(void **state)
{
	struct rk_strbuf input = { 0 }, text = { 0 };
	struct rk_err err = { 0 };
	size_t line;

	(void)state;
	rk_strbuf_puts(&input, "{\"x\":");
	rk_strbuf_fill(&input, '[', 511);
	rk_strbuf_fill(&input, ']', 511);
	rk_strbuf_putc(&input, '}');
	assert_int_equal(pick(input.data, input.len, &text, &line, &err), RK_OK);
	rk_strbuf_clear(&input);
	rk_strbuf_puts(&input, "[{\"x\":");
	rk_strbuf_fill(&input, '[', 1000000);
	assert_int_equal(pick(input.data, input.len, &text, &line, &err), RK_EDATA);
	assert_non_null(strstr(err.msg, "deeper than 512"));
	rk_strbuf_free(&input);
	rk_strbuf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_picked_becomes_a_value),
		cmocka_unit_test(the_bytes_of_a_value_and_of_its_part_are_kept_without_white_space),
		cmocka_unit_test(objects_are_found_wherever_programs_print_them),
		cmocka_unit_test(an_object_may_be_longer_than_a_chunk),
		cmocka_unit_test(what_is_skipped_is_json_too),
		cmocka_unit_test(depth_is_limited_where_values_are_skipped),
	};

	return cmocka_run_group_tests_name("json_pick", tests, NULL, NULL);
}
