#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/strbuf.h"
#include "forge/json_stream.h"
#include "forge/labels.h"
#include "input.h"

struct seen {
	struct rk_strbuf labels;
	size_t n, stop_after;
};

static enum rk_rc
found(void *context, const char *label, size_t len, struct rk_err *err)
{
	struct seen *seen = context;

	rk_strbuf_add(&seen->labels, label, len);
	rk_strbuf_putc(&seen->labels, '|');
	return ++seen->n == seen->stop_after ? rk_err_set(err, RK_EIO, "enough") : RK_OK;
}

static enum rk_rc
read_labels(const char *input, size_t len, bool nul, struct seen *seen, size_t *line, struct rk_err *err)
{
	struct rk_io io = { .prog = "prog" };
	enum rk_rc rc;

	open_bytes(&io, input, len);
	rc = rk_labels_read(&io, nul, 0, found, seen, err);
	if (line)
		*line = io.line;
	rk_io_close_file(&io);
	return rc;
}

static void
gives(const char *input, const char *want)
{
	struct seen seen = { .n = 0 };
	struct rk_err err = { 0 };

	assert_int_equal(read_labels(input, strlen(input), false, &seen, NULL, &err), RK_END);
	assert_string_equal(rk_strbuf_str(&seen.labels), want);
	rk_strbuf_free(&seen.labels);
}

static void
fails_on(const char *input, size_t at, const char *message)
{
	struct seen seen = { .n = 0 };
	struct rk_err err = { 0 };
	size_t line;

	assert_int_equal(read_labels(input, strlen(input), false, &seen, &line, &err), RK_EDATA);
	if (line != at || !strstr(err.msg, message))
		fail_msg("line %zu: %s", line, err.msg);
	rk_strbuf_free(&seen.labels);
}

static void
a_label_ends_with_a_newline_or_with_a_nul(void **state)
{
	struct seen seen = { .n = 0 };
	struct rk_err err = { 0 };

	(void)state;
	gives("", "");
	gives("\n \n", " |");
	gives("a\n\nb\r\nc\rd\n\r\ne", "a|b|c\rd|e|");
	gives("\xef\xbb\xbf" "a\n", "a|");
	gives("a\n[b]\n{\n", "a|[b]|{|");
	assert_int_equal(read_labels("[a]\0b\nc\r\0\0d", 11, true, &seen, NULL, &err), RK_END);
	assert_string_equal(rk_strbuf_str(&seen.labels), "[a]|b\nc\r|d|");
	rk_strbuf_free(&seen.labels);
}

static void
the_line_of_an_error_is_known(void **state)
{
	(void)state;
	fails_on("[\n\"a\",\n1]", 3, "invalid label");
	fails_on("{\n\"labels\":\n[x]}", 3, "not JSON");
	fails_on("[]\n\n{\n\"a\":1\n}", 3, "without labels");
	fails_on("\n\n[\n\n\"a\"\n\"b\"]", 6, "missing comma");
	fails_on("[\"a\",\n", 2, "cut short");
}

/* GitHub's answers have other members of the same names. */
static void
only_documented_members_are_read(void **state)
{
	(void)state;
	gives("{\"labels\":[\"no\"],\"pull_request\":{\"labels\":[{\"name\":\"a\"}]},\"label\":{\"name\":\"no\"}}", "a|");
	gives("{\"labels\":[{\"name\":\"a\",\"title\":\"no\"}]}", "a|");
	gives("{\"data\":{\"repository\":{\"labels\":{\"nodes\":[\"no\"]},\"pullRequest\":{\"labels\":{\"nodes\":[\"a\"]}}}}}", "a|");
	fails_on("{\"data\":{\"repository\":{\"labels\":{\"nodes\":[\"no\"]}}}}", 1, "without labels");
	fails_on("{\"label\":{\"name\":\"a\"}}", 1, "without labels");
}

static void
a_list_may_be_longer_than_the_longest_value(void **state)
{
	struct seen seen = { .stop_after = 200000 };
	struct rk_strbuf input = { 0 };
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	rk_strbuf_puts(&input, "[");
	for (i = 0; i < 250000; i++)
		rk_strbuf_puts(&input, "{\"name\":\"a label of some length\"},");
	assert_true(input.len > RK_JSON_STREAM_BYTES);
	assert_int_equal(read_labels(input.data, input.len, false, &seen, NULL, &err), RK_EIO);
	assert_int_equal(seen.n, 200000);
	rk_strbuf_free(&seen.labels);
	rk_strbuf_free(&input);
}

static void
a_value_is_bounded(void **state)
{
	struct seen seen = { .n = 0 };
	struct rk_strbuf input = { 0 };
	struct rk_err err = { 0 };

	(void)state;
	rk_strbuf_puts(&input, "{\"labels\":[\"");
	rk_strbuf_fill(&input, 'x', RK_JSON_STREAM_BYTES);
	rk_strbuf_puts(&input, "\"]}");
	assert_int_equal(read_labels(input.data, input.len, false, &seen, NULL, &err), RK_EDATA);
	assert_int_equal(seen.n, 0);
	rk_strbuf_free(&seen.labels);
	rk_strbuf_free(&input);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_label_ends_with_a_newline_or_with_a_nul),
		cmocka_unit_test(the_line_of_an_error_is_known),
		cmocka_unit_test(only_documented_members_are_read),
		cmocka_unit_test(a_list_may_be_longer_than_the_longest_value),
		cmocka_unit_test(a_value_is_bounded),
	};

	return cmocka_run_group_tests_name("labels", tests, NULL, NULL);
}
