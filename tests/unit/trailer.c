#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/trailer.h"

static void
reads(const char *message, const char *expected)
{
	struct rk_err err = { 0 };
	struct rk_strbuf have = { 0 };
	json_t *trailers;

	assert_int_equal(rk_trailer_read(message, &trailers, &err), RK_OK);
	rk_json_add(&have, trailers);
	assert_string_equal(rk_strbuf_str(&have), expected);
	rk_strbuf_free(&have);
	json_decref(trailers);
}

static void
the_last_paragraph_is_read(void **state)
{
	(void)state;
	reads("Subject\n\nBody\n\nService: atlas\nRing: ring-x\n", "[[\"Service\",\"atlas\"],[\"Ring\",\"ring-x\"]]");
	reads("Subject\n\nKey: a\n\nKey: b", "[[\"Key\",\"b\"]]");
	reads("Subject\n\nKey : spaced  \n", "[[\"Key\",\"spaced\"]]");
	reads("Subject\n\nSigned-off-by: Jos\xe9 \xf0\x9f\nRing: ring-x\n", "[[\"Signed-off-by\",\"Jos\\\\xe9 \\\\xf0\\\\x9f\"],[\"Ring\",\"ring-x\"]]");
	reads("Subject\n\nKey: one\n two\n   three\n", "[[\"Key\",\"one two three\"]]");
	reads("Subject\n\nKey:\n", "[[\"Key\",\"\"]]");
	reads("Subject\n\nSigned-off-by: Ann\n: value\n", "[[\"Signed-off-by\",\"Ann\"]]");
}

static void
a_subject_and_other_lines_are_not_trailers(void **state)
{
	(void)state;
	reads("", "[]");
	reads("fix: all", "[]");
	reads("fix: all\nKey: value\n", "[]");
	reads("Subject\n\nKey: value\nplain text\n", "[]");
	reads("Subject\n\nKey: value\n\nlast words\n", "[]");
	reads("Subject\n\nNo key: value\n", "[]");
	reads("Subject\n\nKey: a\n---\nKey: b\n", "[[\"Key\",\"a\"]]");
}

/* Messages of a subject and of the pieces that the rules distinguish, each read by Git too. */
static void
git_reads_the_same(void **state)
{
	static const char *const pieces[] = { "Key: value\n", "Other-Key:value\n", "plain text\n", "\n", "  indented\n",
	    "# comment\n", "---\n", "--- a\n", "Signed-off-by: A <a@b>\n", "(cherry picked from commit 123)\n", "Two words: x\n",
	    "Key :  y  \n", "-: dash\n", "no newline" };
	const size_t n = sizeof pieces / sizeof pieces[0];
	char path[] = "/tmp/rk-trailer-XXXXXX", command[100], line[1000];
	struct rk_strbuf message = { 0 }, have = { 0 }, git = { 0 };
	unsigned seed = 1, tries, k;
	struct rk_err err = { 0 };
	json_t *trailers, *pair;
	size_t i;
	FILE *f;

	(void)state;
	close(mkstemp(path));
	snprintf(command, sizeof command, "git interpret-trailers --parse <%s", path);
	for (tries = 0; tries < 300; tries++) {
		rk_strbuf_clear(&message);
		rk_strbuf_puts(&message, "Subject\n\n");
		rk_strbuf_clear(&have);
		rk_strbuf_clear(&git);
		for (k = 0; k < 3 + tries % 8; k++) {
			seed = seed * 1103515245 + 12345;
			rk_strbuf_puts(&message, pieces[(seed >> 16) % n]);
		}
		f = fopen(path, "w");
		assert_true(f && fputs(rk_strbuf_str(&message), f) >= 0 && fclose(f) == 0);
		f = popen(command, "r");
		while (fgets(line, sizeof line, f))
			rk_strbuf_puts(&git, line);
		assert_int_equal(pclose(f), 0);
		assert_int_equal(rk_trailer_read(rk_strbuf_str(&message), &trailers, &err), RK_OK);
		json_array_foreach(trailers, i, pair)
			rk_strbuf_printf(&have, "%s: %s\n", json_string_value(json_array_get(pair, 0)),
			    json_string_value(json_array_get(pair, 1)));
		if (strcmp(rk_strbuf_str(&have), rk_strbuf_str(&git)) != 0)
			print_message("message:\n%s", rk_strbuf_str(&message));
		assert_string_equal(rk_strbuf_str(&have), rk_strbuf_str(&git));
		json_decref(trailers);
	}
	unlink(path);
	rk_strbuf_free(&message);
	rk_strbuf_free(&have);
	rk_strbuf_free(&git);
}

static void
each_trailer_is_written_once_and_in_order(void **state)
{
	json_t *trailers = json_object();
	struct rk_strbuf message = { 0 };
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_trailer_add(trailers, "Service", "atlas", &err), RK_OK);
	assert_int_equal(rk_trailer_add(trailers, "Cohort", "b", &err), RK_OK);
	assert_int_equal(rk_trailer_add(trailers, "Cohort", "a", &err), RK_OK);
	assert_int_equal(rk_trailer_add(trailers, "Cohort", "b", &err), RK_OK);
	assert_int_equal(rk_trailer_add_given(trailers, "Reviewed-by: Ann <a@b>", &err), RK_OK);
	assert_int_equal(rk_trailer_add_given(trailers, "Key=x=y: z", &err), RK_OK);
	rk_strbuf_puts(&message, "Subject\n\nBody\n");
	rk_trailer_write(&message, trailers);
	assert_string_equal(rk_strbuf_str(&message), "Subject\n\nBody\n\nService: atlas\nCohort: b\nCohort: a\n"
	    "Reviewed-by: Ann <a@b>\nKey: x=y: z\n");
	rk_strbuf_free(&message);
	json_decref(trailers);
}

static void
a_value_is_one_line_and_a_key_one_word(void **state)
{
	static const char *const bad[] = { "Key: a\nRing: b", "Key: \x1b[31m", "Key: \xff", "Key:", "Key: ", "=v", "a b: c", "word",
	    "K\xc3\xa9y: v", "Ring: ring-x", "service=other", "Proposal: main", "---key: v", "-k: v", "" };
	json_t *trailers = json_object();
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(rk_trailer_add_given(trailers, bad[i], &err), RK_EUSAGE);
	assert_int_equal(rk_trailer_add(trailers, "Key", "a\nb", &err), RK_EDATA);
	assert_int_equal(rk_trailer_add(trailers, "", "a", &err), RK_EDATA);
	assert_int_equal(json_object_size(trailers), 0);
	json_decref(trailers);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_paragraph_is_read),
		cmocka_unit_test(a_subject_and_other_lines_are_not_trailers),
		cmocka_unit_test(git_reads_the_same),
		cmocka_unit_test(each_trailer_is_written_once_and_in_order),
		cmocka_unit_test(a_value_is_one_line_and_a_key_one_word),
	};

	git_libgit2_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
