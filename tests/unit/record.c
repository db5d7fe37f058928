#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/record.h"
#include "base/strbuf.h"

#define A "{\"type\":\"a\",\"n\":1}\n"
#define B "{\"n\": 1.50, \"type\":\"b\"}\n"
#define R "{\"type\":\"refused\",\"code\":\"x\"}\n"
#define S "{\"code\":\"stale\",\"type\":\"refused\"}\n"
#define F "{\"type\":\"finding\",\"code\":\"stale\"}\n"
#define END(n, r) "{\"type\":\"end\",\"by\":\"x\",\"records\":" #n ",\"refused\":" #r "}\n"

/* The output, the messages and the exit status of a filter. */
struct came {
	char out[8192], err[8192];
	int status;
};

static void
slurp(FILE *file, char *bytes, size_t size)
{
	rewind(file);
	bytes[fread(bytes, 1, size - 1, file)] = '\0';
	fclose(file);
}

/* Read records of some types, and call does for each. */
static void
filter(const char *types, enum rk_rc (*does)(struct rk_io *io, json_t *record, struct rk_err *err), bool unframed)
{
	struct rk_io io = { .prog = "prog", .unframed = unframed };
	struct rk_err err = { 0 };
	json_t *record;
	enum rk_rc rc;

	rk_io_open(&io);
	while ((rc = rk_record_next(&io, types, &record, &err)) == RK_OK) {
		rc = does(&io, record, &err);
		json_decref(record);
		if (rc != RK_OK)
			break;
	}
	_exit(rk_record_done(&io, rc, &err));
}

static struct came
run(const char *input, size_t len, const char *types, bool unframed,
    enum rk_rc (*does)(struct rk_io *io, json_t *record, struct rk_err *err))
{
	FILE *in = tmpfile(), *out = tmpfile(), *err = tmpfile();
	struct came came;
	int status;
	pid_t pid;

	if (!in || !out || !err)
		abort();
	fwrite(input, 1, len, in);
	rewind(in);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(in), 0);
		dup2(fileno(out), 1);
		dup2(fileno(err), 2);
		filter(types, does, unframed);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	came.status = WEXITSTATUS(status);
	slurp(out, came.out, sizeof came.out);
	slurp(err, came.err, sizeof came.err);
	fclose(in);
	return came;
}

static enum rk_rc
pass(struct rk_io *io, json_t *record, struct rk_err *err)
{
	(void)record;
	return rk_record_pass(io, err);
}

static void
gives(const char *input, int status, const char *out)
{
	struct came came = run(input, strlen(input), "a", false, pass);

	assert_string_equal(came.out, out);
	assert_int_equal(came.status, status);
	assert_string_equal(came.err, "");
}

static void
fails_of(const char *input, size_t len, const char *message)
{
	struct came came = run(input, len, "a", false, pass);

	if (came.status != 65 || !strstr(came.err, message))
		fail_msg("status %d: %s", came.status, came.err);
	assert_null(strstr(came.out, "\"end\""));
	assert_ptr_equal(strchr(came.err, '\n') + 1, came.err + strlen(came.err));
}

static void
fails(const char *input, const char *message)
{
	fails_of(input, strlen(input), message);
}

static void
complete_streams_are_counted(void **state)
{
	(void)state;
	gives(END(0, 0), 0, "{\"type\":\"end\",\"by\":\"prog\",\"records\":0,\"refused\":0}\n");
	gives(A B END(2, 0), 0, A B "{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":0}\n");
	gives(A END(1, 0) END(0, 0) B END(1, 0), 0, A B "{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":0}\n");
	gives(R A END(2, 1), 1, R A "{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":1}\n");
	gives("{ \"type\" : \"a\" } \r\n" END(1, 0), 0, "{ \"type\" : \"a\" } \r\n"
	    "{\"type\":\"end\",\"by\":\"prog\",\"records\":1,\"refused\":0}\n");
}

static void
only_stale_refusals_mean_try_again(void **state)
{
	(void)state;
	gives(S END(1, 1), 75, S "{\"type\":\"end\",\"by\":\"prog\",\"records\":1,\"refused\":1}\n");
	gives(S R END(2, 2), 1, S R "{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":2}\n");
}

static void
a_finding_is_counted_apart_from_refusals(void **state)
{
	(void)state;
	gives(F END(1, 0), 1, F "{\"type\":\"end\",\"by\":\"prog\",\"records\":1,\"refused\":0}\n");
	gives(F S END(2, 1), 1, F S "{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":1}\n");
}

static void
a_stream_without_its_end_is_cut_short(void **state)
{
	static const char whole[] = A R B END(3, 1);
	size_t len;

	(void)state;
	fails("", "cut short: it has no end record (--unframed");
	fails(A, "no end record");
	fails(A END(1, 0) B, "no end record");
	for (len = 0; len < sizeof whole - 1; len++)
		fails_of(whole, len, "cut short");
}

static void
a_wrong_count_means_damage(void **state)
{
	(void)state;
	fails(A END(0, 0), "<stdin>:2: the stream is damaged: the end record counts 0 records and 0 refused, but 1 and 0 were read");
	fails(A END(2, 0), "damaged");
	fails(A END(1, 1), "damaged");
	fails(R END(1, 0), "damaged");
	fails(A END(1, 0) B END(2, 0), "damaged");
	fails(A "{\"type\":\"end\",\"records\":1}\n", "the end record: missing");
	fails(A "{\"type\":\"end\",\"records\":\"1\",\"refused\":0}\n", "the end record: missing");
	fails(A "{\"type\":\"end\",\"records\":1.0,\"refused\":0}\n", "the end record: missing");
}

static void
an_invalid_record_ends_the_stream(void **state)
{
	struct rk_strbuf deep = { 0 };

	(void)state;
	fails(A "\n" END(1, 0), "<stdin>:2: expected a record, got an empty line");
	fails(A " \n" END(1, 0), "<stdin>:2: not JSON");
	fails("oops\n" END(1, 0), "<stdin>:1: not JSON");
	fails("[]\n" END(1, 0), "expected a record, a JSON object");
	fails("\"type\"\n" END(1, 0), "expected a record, a JSON object");
	fails("{}\n" END(1, 0), "missing \"type\"");
	fails("{\"type\":null}\n" END(1, 0), "missing \"type\"");
	fails("{\"type\":1}\n" END(1, 0), "missing \"type\"");
	fails("{\"type\":\"a\",\"type\":\"a\"}\n" END(1, 0), "duplicate");
	fails("{\"type\":\"b\",\"x\":{\"y\":1,\"y\":2}}\n" END(1, 0), "duplicate");
	fails("{\"type\":\"a\"}{\"type\":\"a\"}\n" END(1, 0), "not JSON");
	fails("{\"type\":\"b\",\"x\":\"\\u0000\"}\n" END(1, 0), "NUL");
	fails("{\"type\":\"b\",\"x\":\"\xff\"}\n" END(1, 0), "not JSON");
	fails("{\"type\":\"b\",\"x\":\"\\ud800\"}\n" END(1, 0), "not JSON");
	fails("{\"type\":\"b\",\"x\":\"\xed\xa0\x80\"}\n" END(1, 0), "not JSON");
	fails_of("{\"type\":\"b\"}\0\n", 14, "not JSON");
	fails_of("{\"type\":\"b\",\"x\":1\0}\n" END(1, 0), strlen("{\"type\":\"b\",\"x\":1 }\n" END(1, 0)), "not JSON");
	rk_strbuf_puts(&deep, "{\"type\":\"b\",\"x\":");
	rk_strbuf_fill(&deep, '[', 512);
	rk_strbuf_fill(&deep, ']', 512);
	rk_strbuf_puts(&deep, "}\n" END(1, 0));
	fails_of(deep.data, deep.len, "deeper than 512");
	rk_strbuf_free(&deep);
}

static void
a_line_has_at_most_a_mebibyte(void **state)
{
	static const char head[] = "{\"type\":\"a\",\"x\":\"", tail[] = "\"}\n" END(1, 0);
	size_t most = (1u << 20) - strlen(head) - 2;
	struct rk_strbuf text = { 0 };
	struct came came;

	(void)state;
	rk_strbuf_puts(&text, head);
	rk_strbuf_fill(&text, 'x', most);
	rk_strbuf_puts(&text, tail);
	came = run(text.data, text.len, "a", false, pass);
	assert_int_equal(came.status, 0);
	rk_strbuf_clear(&text);
	rk_strbuf_puts(&text, head);
	rk_strbuf_fill(&text, 'x', most + 1);
	rk_strbuf_puts(&text, tail);
	fails_of(text.data, text.len, "longer than 1048576 bytes");
	rk_strbuf_free(&text);
}

static void
unframed_accepts_streams_without_an_end(void **state)
{
	struct came came = run(A B, strlen(A B), "a", true, pass);

	(void)state;
	assert_int_equal(came.status, 0);
	came = run(A END(7, 7) "{\"type\":\"refused\"}", strlen(A END(7, 7)) + 18, "a", true, pass);
	assert_int_equal(came.status, 1);
	assert_string_equal(came.out, A "{\"type\":\"refused\"}\n{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":1}\n");
	came = run("", 0, "a", true, pass);
	assert_int_equal(came.status, 0);
	came = run("{\"type\":\"a\"", 11, "a", true, pass);
	assert_int_equal(came.status, 65);
}

static enum rk_rc
refuse(struct rk_io *io, json_t *record, struct rk_err *err)
{
	struct rk_err why = { 0 };

	rk_err_refuse(&why, RK_CODE_NO_SUCH_COHORT, "no \"%s\"\n", "x\x1b");
	return rk_record_refuse(io, &why, "tenant", json_string_value(json_object_get(record, "tenant")), err);
}

static void
a_refusal_is_a_record_and_a_line(void **state)
{
	static const char two[] = "{\"type\":\"a\",\"tenant\":\"acme\"}\n" A END(2, 0);
	struct came came = run(two, strlen(two), "other a", false, refuse);

	(void)state;
	assert_int_equal(came.status, 1);
	assert_string_equal(came.out,
	    "{\"type\":\"refused\",\"by\":\"prog\",\"code\":\"no-such-cohort\",\"reason\":\"no \\\"x\\\\x1b\\\"\\\\n\",\"tenant\":\"acme\"}\n"
	    "{\"type\":\"refused\",\"by\":\"prog\",\"code\":\"no-such-cohort\",\"reason\":\"no \\\"x\\\\x1b\\\"\\\\n\"}\n"
	    "{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":2}\n");
	assert_string_equal(came.err, "prog: <stdin>:1: acme: no \"x\\x1b\"\\n\nprog: <stdin>:2: no \"x\\x1b\"\\n\n");
}

static enum rk_rc
emit_after_prepare(struct rk_io *io, json_t *record, struct rk_err *err)
{
	enum rk_rc rc = rk_record_prepare(io, err);

	if (rc == RK_OK)
		rc = rk_record_prepare(io, err);
	json_incref(record);
	return rc == RK_OK ? rk_record_write(io, record, err) : rc;
}

static void
a_prepared_record_is_continued(void **state)
{
	struct came came = run(A A END(2, 0), strlen(A A END(2, 0)), "a", false, emit_after_prepare);

	(void)state;
	assert_string_equal(came.out, A A "{\"type\":\"end\",\"by\":\"prog\",\"records\":2,\"refused\":0}\n");
	assert_int_equal(came.status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complete_streams_are_counted),
		cmocka_unit_test(only_stale_refusals_mean_try_again),
		cmocka_unit_test(a_finding_is_counted_apart_from_refusals),
		cmocka_unit_test(a_stream_without_its_end_is_cut_short),
		cmocka_unit_test(a_wrong_count_means_damage),
		cmocka_unit_test(an_invalid_record_ends_the_stream),
		cmocka_unit_test(a_line_has_at_most_a_mebibyte),
		cmocka_unit_test(unframed_accepts_streams_without_an_end),
		cmocka_unit_test(a_refusal_is_a_record_and_a_line),
		cmocka_unit_test(a_prepared_record_is_continued),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
