#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/code.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/utf8.h"

static void
it_grows_and_ends_with_a_nul(void **state)
{
	struct rk_strbuf text = { 0 };
	size_t i;

	(void)state;
	assert_string_equal(rk_strbuf_str(&text), "");
	rk_strbuf_add(&text, NULL, 0);
	assert_string_equal(text.data, "");
	for (i = 0; i < 10000; i++)
		rk_strbuf_putc(&text, (char)('a' + i % 26));
	assert_int_equal(text.len, 10000);
	assert_int_equal(strlen(text.data), 10000);
	rk_strbuf_clear(&text);
	rk_strbuf_puts(&text, "a");
	rk_strbuf_add(&text, "b\0c", 3);
	rk_strbuf_printf(&text, "%d%s", 42, "");
	rk_strbuf_fill(&text, '-', 3);
	assert_int_equal(text.len, 9);
	assert_memory_equal(text.data, "ab\0c42---", 10);
	rk_strbuf_free(&text);
	rk_strbuf_free(&text);
}

static void
decodes(const char *s, size_t len, int32_t c, size_t used)
{
	size_t n;

	assert_int_equal(rk_utf8_decode(s, len, &n), c);
	assert_int_equal(n, used);
}

static void
utf8_is_that_of_rfc_3629(void **state)
{
	(void)state;
	decodes("a", 1, 'a', 1);
	decodes("", 1, 0, 1);
	decodes("\xc2\x80", 2, 0x80, 2);
	decodes("\xed\x9f\xbf", 3, 0xd7ff, 3);
	decodes("\xee\x80\x80", 3, 0xe000, 3);
	decodes("\xf0\x90\x80\x80", 4, 0x10000, 4);
	decodes("\xf4\x8f\xbf\xbf", 4, 0x10ffff, 4);
	decodes("\x80", 1, -1, 1);			/* a continuation byte */
	decodes("\xc2", 1, -1, 1);			/* cut */
	decodes("\xc2" "a", 2, -1, 1);
	decodes("\xc1\xbf", 2, -1, 1);			/* overlong */
	decodes("\xe0\x9f\xbf", 3, -1, 1);
	decodes("\xf0\x8f\xbf\xbf", 4, -1, 1);
	decodes("\xed\xa0\x80", 3, -1, 1);		/* a surrogate */
	decodes("\xf4\x90\x80\x80", 4, -1, 1);		/* too large */
	decodes("\xf8\x88\x80\x80\x80", 5, -1, 1);
	decodes("\xff", 1, -1, 1);
	assert_int_equal(rk_utf8_valid("a\xc3\xa9\0z", 5), 5);
	assert_int_equal(rk_utf8_valid("ab\xc3", 3), 2);
	assert_int_equal(rk_utf8_valid("", 0), 0);
}

static void
escapes(const char *src, size_t len, const char *want)
{
	struct rk_strbuf text = { 0 };
	char dst[64];

	rk_utf8_escape(dst, sizeof dst, src, len);
	assert_string_equal(dst, want);
	rk_strbuf_escape(&text, src, len);
	assert_string_equal(rk_strbuf_str(&text), want);
	rk_strbuf_free(&text);
}

static void
unprintable_characters_are_escaped(void **state)
{
	(void)state;
	escapes("plain \"\\ text", 13, "plain \"\\ text");
	escapes("\n\t\r", 3, "\\n\\t\\r");
	escapes("\0\x1b[31m\x7f", 7, "\\x00\\x1b[31m\\x7f");
	escapes("\xff\xc3", 2, "\\xff\\xc3");
	escapes("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	escapes("\xc2\x9b", 2, "\\u009b");		/* CSI in one byte */
	escapes("\xe2\x80\x8b", 3, "\\u200b");		/* zero width */
	escapes((const char[]){ '\xe2', '\x80', '\xae' }, 3, "\\u202e");		/* from right to left */
	escapes("\xe2\x80\xa8", 3, "\\u2028");		/* a line separator */
	escapes("\xf3\xa0\x81\x81", 4, "\\ue0041");	/* an invisible letter */
	escapes("\xf0\x93\x90\xb0", 4, "\\u13430");
	escapes("", 0, "");
}

static void
a_string_that_is_too_long_ends_in_dots(void **state)
{
	char dst[8], exact[12];
	size_t size;

	(void)state;
	rk_utf8_escape(dst, sizeof dst, "1234567", 7);
	assert_string_equal(dst, "1234567");
	rk_utf8_escape(dst, sizeof dst, "12345678", 8);
	assert_string_equal(dst, "1234...");
	rk_utf8_escape(dst, sizeof dst, "12\x1b\x1b\x1b", 5);
	assert_string_equal(dst, "12...");		/* escapes are not cut */
	rk_utf8_escape(dst, sizeof dst, "123\xe2\x82\xac\xe2\x82\xac", 9);
	assert_string_equal(dst, "123...");		/* nor are characters */
	for (size = 8; size <= sizeof exact; size++) {
		memset(exact, '#', sizeof exact);
		rk_utf8_escape(exact, size, "\x1b\xff\x1b\xff", 4);
		assert_true(strlen(exact) < size);
	}
}

static void
a_message_is_one_line_of_bounded_length(void **state)
{
	struct rk_err err = { 0 };
	char big[5000];
	size_t i;

	(void)state;
	assert_int_equal(rk_err_refuse(&err, RK_CODE_STALE, "a\nb %s", "\x1b"), RK_REFUSED);
	assert_string_equal(rk_code_word(err.code), "stale");
	assert_string_equal(err.msg, "a\\nb \\x1b");
	assert_int_equal(rk_err_prefix(&err, RK_REFUSED, "f:%d", 3), RK_REFUSED);
	assert_string_equal(err.msg, "f:3: a\\nb \\x1b");
	assert_string_equal(rk_code_word(err.code), "stale");
	memset(big, 'x', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	assert_int_equal(rk_err_set(&err, RK_EDATA, "%s", big), RK_EDATA);
	assert_true(strlen(err.msg) < sizeof err.msg);
	assert_non_null(strstr(err.msg, "x...x"));
	assert_string_equal(rk_code_word(err.code), "");
	rk_err_prefix(&err, RK_EDATA, "%s", "there");
	assert_memory_equal(err.msg, "there: xxx", 10);
	assert_int_equal(rk_err_set(&err, RK_EDATA, "again %.3s", err.msg), RK_EDATA);
	assert_string_equal(err.msg, "again the");
	/* the end of a message says why; neither it nor the cut is in the middle of a character */
	for (i = 0; i < sizeof big - 2; i += 2)
		memcpy(big + i, "\xc3\xa9", 2);
	big[i] = '\0';
	rk_err_set(&err, RK_EDATA, "%s: why", big);
	assert_string_equal(err.msg + strlen(err.msg) - 5, ": why");
	assert_int_equal(rk_utf8_valid(err.msg, strlen(err.msg)), strlen(err.msg));
	assert_null(strstr(err.msg, "\\x"));
	memset(big, '\1', sizeof big - 1);
	rk_err_set(&err, RK_EDATA, "%s", big);
	assert_non_null(strstr(err.msg, "\\x01...\\x01"));
}

static void
the_nearest_word_is_suggested(void **state)
{
	static const char *const words[] = { "image", "tag", "charts", "chart-paths" };

	(void)state;
	assert_string_equal(rk_suggest("imgae", words, 4), "image");
	assert_string_equal(rk_suggest("chart", words, 4), "charts");
	assert_string_equal(rk_suggest("chart_paths", words, 4), "chart-paths");
	assert_null(rk_suggest("elsewhere", words, 4));
	assert_null(rk_suggest("x", words, 0));
	assert_null(rk_suggest("a-word-of-more-than-sixty-three-bytes-is-far-from-every-other-one-here", words, 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_grows_and_ends_with_a_nul),
		cmocka_unit_test(utf8_is_that_of_rfc_3629),
		cmocka_unit_test(unprintable_characters_are_escaped),
		cmocka_unit_test(a_string_that_is_too_long_ends_in_dots),
		cmocka_unit_test(a_message_is_one_line_of_bounded_length),
		cmocka_unit_test(the_nearest_word_is_suggested),
	};

	return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}
