#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/strbuf.h"
#include "report/escape.h"

static void
is(struct rk_strbuf *text, const char *want)
{
	assert_string_equal(rk_strbuf_str(text), want);
	rk_strbuf_clear(text);
}

static void
code_is_shown_as_it_was(void **state)
{
	static const struct { const char *src, *want; } t[] = {
		{ "", "" },
		{ "acme", "`acme`" },
		{ "a|b", "`a`&#124;`b`" },
		{ "||", "&#124;&#124;" },
		{ "\\|", "`\\`&#124;" },
		{ "a`b", "`a`&#96;`b`" },
		{ "``", "&#96;&#96;" },
		{ " a", "`  a `" },		/* renderers strip one blank from both ends */
		{ "a ", "` a  `" },
		{ "  ", "`  `" },		/* except from blanks only */
		{ "<b>@x #1 \\", "`<b>@x #1 \\`" },
	};
	struct rk_strbuf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		rk_escape_code(&text, t[i].src, strlen(t[i].src));
		is(&text, t[i].want);
	}
	rk_escape_code(&text, "acme", 2);
	is(&text, "`ac`");
	rk_strbuf_free(&text);
}

static void
a_sentence_has_words_and_code(void **state)
{
	static const struct { const char *src, *want; } t[] = {
		{ "", "" },
		{ "no cohort \"blue\" (there are two, or 12).", "no cohort \"blue\" (there are two, or 12)." },
		{ "half-set, isn't it?", "half-set, isn't it?" },
		{ "found a/b.yaml: x", "found `a/b.yaml`: x" },
		{ "by @octocat, (#12)", "by `@octocat`, (`#12`)" },
		{ "see https://x.example/a.", "see `https://x.example/a`." },
		{ "GH-123 www.x 1234567 12a", "`GH-123` `www.x` `1234567` `12a`" },
		{ "**b** _i_ <i> [x](y) - 1. x", "`**b**` `_i_` `<i>` `[x](y`) `-` 1. x" },
		{ "a|b", "`a`&#124;`b`" },
		{ "-a a- a--b 'a' :", "`-a` `a-` `a--b` 'a' :" },
		{ "\xc3\xa9t\xc3\xa9  x", "`\xc3\xa9t\xc3\xa9`  x" },
	};
	struct rk_strbuf text = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof *t; i++) {
		rk_escape_prose(&text, t[i].src);
		is(&text, t[i].want);
	}
	rk_strbuf_free(&text);
}

static void
characters_of_html_slack_and_commands_are_replaced(void **state)
{
	struct rk_strbuf text = { 0 };

	(void)state;
	rk_escape_html(&text, "<a href=\"x\" id='y'>&amp;</a>");
	is(&text, "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;");
	rk_escape_slack(&text, "<!here> & <@U1> \"x\"");
	is(&text, "&lt;!here&gt; &amp; &lt;@U1&gt; \"x\"");
	rk_escape_command(&text, "100%: a,b\r\n::error::x %0A", false);
	is(&text, "100%25: a,b%0D%0A::error::x %250A");
	rk_escape_command(&text, "100%: a,b\r\n", true);
	is(&text, "100%25%3A a%2Cb%0D%0A");
	rk_strbuf_free(&text);
}

static void
nothing_ends_a_comment(void **state)
{
	struct rk_strbuf text = { 0 };

	(void)state;
	rk_escape_comment(&text, "ring-lean_graph.1/x");
	is(&text, "ring-lean_graph.1/x");
	rk_escape_comment(&text, "a-->b --!> -");
	is(&text, "a-%2D%3Eb%20-%2D%21%3E%20%2D");
	rk_escape_comment(&text, "-x-");
	is(&text, "%2Dx%2D");
	rk_escape_comment(&text, "\xc3\xa9");
	is(&text, "%C3%A9");
	rk_strbuf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_shown_as_it_was),
		cmocka_unit_test(a_sentence_has_words_and_code),
		cmocka_unit_test(characters_of_html_slack_and_commands_are_replaced),
		cmocka_unit_test(nothing_ends_a_comment),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
