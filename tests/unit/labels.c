#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json_stream.h"
#include "base/strbuf.h"
#include "forge/labels.h"

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

/* Open the bytes as a file. */
static void
open_bytes(struct rk_io *io, const char *bytes, size_t len)
{
	char path[] = "/tmp/ringkit-XXXXXX";
	struct rk_err err = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	assert_int_equal(rk_io_open_file(io, path, SIZE_MAX, &err), RK_OK);
	unlink(path);
}

static enum rk_rc
read_labels(const char *input, size_t len, bool nul, struct seen *seen, size_t *line, struct rk_err *err)
{
	struct rk_io io = { .prog = "prog" };
	enum rk_rc rc;

	open_bytes(&io, input, len);
	rc = rk_labels_read(&io, nul, found, seen, err);
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
lines_are_labels_and_so_is_what_a_nul_ends(void **state)
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
the_line_of_a_fault_is_told(void **state)
{
	(void)state;
	fails_on("[\n\"a\",\n1]", 3, "no label");
	fails_on("{\n\"labels\":\n[x]}", 3, "not JSON");
	fails_on("[]\n\n{\n\"a\":1\n}", 3, "without labels");
	fails_on("\n\n[\n\n\"a\"\n\"b\"]", 6, "no comma");
	fails_on("[\"a\",\n", 2, "cut short");
}

/* GitHub's answer keeps other members that look alike; only the place that is documented counts. */
static void
the_pull_request_counts_and_not_what_is_around_it(void **state)
{
	(void)state;
	gives("{\"labels\":[\"no\"],\"pull_request\":{\"labels\":[{\"name\":\"a\"}]},\"label\":{\"name\":\"no\"}}", "a|");
	gives("{\"labels\":[{\"name\":\"a\",\"title\":\"no\"}]}", "a|");
	gives("{\"data\":{\"repository\":{\"labels\":{\"nodes\":[\"no\"]},\"pullRequest\":{\"labels\":{\"nodes\":[\"a\"]}}}}}", "a|");
	fails_on("{\"data\":{\"repository\":{\"labels\":{\"nodes\":[\"no\"]}}}}", 1, "without labels");
	fails_on("{\"label\":{\"name\":\"a\"}}", 1, "without labels");
}

static void
a_long_list_is_read_in_little_memory(void **state)
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
one_document_is_bounded(void **state)
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
		cmocka_unit_test(lines_are_labels_and_so_is_what_a_nul_ends),
		cmocka_unit_test(the_line_of_a_fault_is_told),
		cmocka_unit_test(the_pull_request_counts_and_not_what_is_around_it),
		cmocka_unit_test(a_long_list_is_read_in_little_memory),
		cmocka_unit_test(one_document_is_bounded),
	};

	return cmocka_run_group_tests_name("github", tests, NULL, NULL);
}
