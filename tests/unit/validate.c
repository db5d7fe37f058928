#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/code.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"

typedef const char *fault_fn(const char *s, size_t len);

/* lists end with NULL */
static void
good(fault_fn *fault, const char *const *s)
{
	for (; *s; s++)
		if (fault(*s, strlen(*s)))
			fail_msg("\"%s\" %s", *s, fault(*s, strlen(*s)));
}

static void
bad(fault_fn *fault, const char *const *s)
{
	for (; *s; s++)
		if (!fault(*s, strlen(*s)))
			fail_msg("\"%s\" is let through", *s);
}

static const char long_128[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

static void
names(void **state)
{
	(void)state;
	good(rk_validate_name, (const char *const[]){ "a", "A-b_c.d", "0", "_x", "a.", "x.git", long_128, NULL });
	bad(rk_validate_name, (const char *const[]){ "", ".", "..", ".git", ".GIT", "-a", ".a", "a..b", "a/b",
	    "a b", "a\n", "a:b", "a\\b", "git~1", "\xc3\xa9", "\320\260cme", "a\x7f", "$(id)", NULL });
	assert_non_null(rk_validate_name("a\0b", 3));
	assert_non_null(rk_validate_name("a\0", 2));
	assert_int_equal(strlen(long_128), RK_NAME_BYTES);
	assert_non_null(rk_validate_name("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 129));
}

static void
rings(void **state)
{
	(void)state;
	good(rk_validate_ring, (const char *const[]){ "ring-a", "ring-lean-graph", "ring-a.b_c__d--e", "ring-2", "rollout/a", "a/b/c",
	    NULL });
	bad(rk_validate_ring, (const char *const[]){ "", "ring-", "Ring-a", "ring-A", "ring-a-", "ring-a.", "ring-a..b", "ring-a___b",
	    "ring-a._b", "ring-/b", "ring-a b", "/a", "a/", "a//b", "a/../b", "a/.b", NULL });
}

static void
paths(void **state)
{
	(void)state;
	good(rk_validate_path, (const char *const[]){ "a", "a/b/c.yaml", "tenants/acme/application.yaml", NULL });
	bad(rk_validate_path, (const char *const[]){ "", "/", "/a", "a/", "a//b", "./a", "a/./b", "../a", "a/../b",
	    "a/..", ".git/config", "a/.GIT/x", "a/-b", "a\\b", "a/b\n", NULL });
	assert_non_null(rk_validate_path("a/b\0c", 5));
}

static void
tags(void **state)
{
	(void)state;
	good(rk_validate_tag, (const char *const[]){ "a", "1.4.0", "_x", "5e12345", "latest", long_128, "a..b", NULL });
	bad(rk_validate_tag, (const char *const[]){ "", ".a", "-a", "a:b", "a/b", "a@b", "a b", "a+b", "a\n", NULL });
}

static void
images(void **state)
{
	(void)state;
	good(rk_validate_image, (const char *const[]){ "a", "a/b", "ghcr.io/atlanhq/atlas-metastore-ring-x",
	    "localhost/a", "localhost:5000/a", "Registry.Example.com:443/a/b", "docker.io/library/a_b", NULL });
	bad(rk_validate_image, (const char *const[]){ "", "/", "a/", "/a", "a//b", "A/b", "ghcr.io/A", "ghcr.io/",
	    "a:tag", "ghcr.io/a:tag", "a@sha256:0", "-a.b/c", "a.b-/c", "a.b:/c", "a.b:80:80/c", "a.b:x/c",
	    ":80/c", "a..b/c", ".a/c", "a.-b/c", "a-.b/c", "https://ghcr.io/a", "a b", "a\n", "u:p@ghcr.io/a", NULL });
}

static void
ids(void **state)
{
	(void)state;
	good(rk_validate_oid, (const char *const[]){ "0123456789abcdef0123456789abcdef01234567", NULL });
	bad(rk_validate_oid, (const char *const[]){ "", "0123456", "0123456789ABCDEF0123456789abcdef01234567",
	    "0123456789abcdef0123456789abcdef0123456g", "0123456789abcdef0123456789abcdef012345678", NULL });
}

static void
label_is(const char *label, size_t len, enum rk_rc want, const char *message)
{
	char part[3][RK_NAME_BYTES + 1];
	struct rk_err err = { 0 };

	assert_int_equal(rk_validate_label(label, len, part, &err), want);
	if (want == RK_REFUSED)
		assert_string_equal(rk_code_word(err.code), "malformed-label");
	if (message && !strstr(err.msg, message))
		fail_msg("\"%s\" is reported as: %s", label, err.msg);
}

static void
labels(void **state)
{
	char part[3][RK_NAME_BYTES + 1];
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_validate_label("cohort:github:path:internal-level-1", 35, part, &err), RK_OK);
	assert_string_equal(part[0], "github");
	assert_string_equal(part[1], "path");
	assert_string_equal(part[2], "internal-level-1");
	label_is("bug", 3, RK_END, NULL);
	label_is("", 0, RK_END, NULL);
	label_is("cohort", 6, RK_END, NULL);
	label_is("Cohort:a:b:c", 12, RK_END, NULL);
	label_is(" cohort:a:b:c", 13, RK_END, NULL);
	label_is("cohort:", 7, RK_REFUSED, "missing key");
	label_is("cohort:a", 8, RK_REFUSED, "missing key");
	label_is("cohort:a:b", 10, RK_REFUSED, "missing value");
	label_is("cohort:a:b:", 11, RK_REFUSED, "its value is empty");
	label_is("cohort::b:c", 11, RK_REFUSED, "its source is empty");
	label_is("cohort:a:b:c:", 13, RK_REFUSED, "too many parts");
	label_is("cohort:a:b:c ", 13, RK_REFUSED, "its value has a character");
	label_is("cohort:a:b:c\0", 13, RK_REFUSED, "c\\x00\": its value");
	label_is("cohort:a:b:c\n", 13, RK_REFUSED, "c\\n\": its value");
	label_is("cohort:a:b:\xff", 12, RK_REFUSED, "\\xff");
	label_is("cohort:a:b:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 50, RK_OK, NULL);
	label_is("cohort:a:b:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 51, RK_REFUSED, "longer than GitHub's 50");
}

static void
templates_are_checked(void **state)
{
	static const char *const wrong[] = { "{", "a}", "{a", "{}", "{x}", "{sha:7", "{sha:}", "{sha:0}",
	    "{sha:7x}", "{sha: 7}", "{sha:-1}", "{ring:7}", "{{ring}}", "{ring}}" };
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(rk_template_check("a-{ring}-{sha:7}{sha}", "ring sha sha:", &err), RK_OK);
	assert_int_equal(rk_template_check("", "ring", &err), RK_OK);
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (rk_template_check(wrong[i], "ring sha sha:", &err) != RK_ECONFIG)
			fail_msg("\"%s\" is let through", wrong[i]);
}

static void
fills(const char *template, const char *name, const char *value, const char *want)
{
	struct rk_strbuf text = { 0 };

	rk_strbuf_puts(&text, "=");
	rk_template_fill(&text, template, name, value);
	assert_string_equal(text.data + 1, want);
	rk_strbuf_free(&text);
}

static void
templates_are_filled(void **state)
{
	(void)state;
	fills("a-{ring}.{ring}", "ring", "x", "a-x.x");
	fills("{sha:3}-{sha:40}-{sha}", "sha", "abcdef", "abc-abcdef-abcdef");
	fills("{ring}{tenant}", "tenant", "{ring}", "{ring}{ring}");
	fills("none", "ring", "x", "none");
}

static void
matches(const char *template, const char *s, const char *want)
{
	struct rk_strbuf value = { 0 };

	rk_strbuf_puts(&value, "=");
	assert_int_equal(rk_template_match(template, "tenant", s, &value), want != NULL);
	assert_string_equal(value.data + 1, want ? want : "");
	rk_strbuf_free(&value);
}

static void
templates_are_matched(void **state)
{
	(void)state;
	matches("tenants/{tenant}/app.yaml", "tenants/acme/app.yaml", "acme");
	matches("tenants/{tenant}/app.yaml", "tenants//app.yaml", NULL);
	matches("tenants/{tenant}/app.yaml", "tenants/acme/app.yml", NULL);
	matches("tenants/{tenant}/app.yaml", "tenants/app.yaml", NULL);
	matches("{tenant}/{tenant}.yaml", "acme/acme.yaml", "acme");
	matches("{tenant}/{tenant}.yaml", "acme/beta.yaml", NULL);
	matches("{tenant}{tenant}", "aa", "a");
	matches("{tenant}", "a", "a");
	matches("{tenant}", "", NULL);
	matches("x{tenant}", "", NULL);
	matches("x", "x", NULL);
}

static void
regular_expressions_that_would_take_much_memory_or_time(void **state)
{
	static const char *const good[] = { "", "v(.*)", "([0-9a-f]{7,40})", "(a{255})", "(a{2})*b{3}", "a{2}(b{3})c{4}", "[{](a){2}",
		"\\(a{2}){3}", "[a{2}]{3}", "[])]{2}[^]{9}]{3}", "[[:alpha:]{2}]{3}", "(a{2}|b)c{3}", "{x}{y}", "(a{,}){", "a{2,", "a)b)",
		"(a+)+b+", "a{255}b{255}", "\\(\\(\\.\\\\[\\1(]", "-master\\.([0-9a-f]{7,40})abcd$" };
	static const struct { const char *fault, *pattern[8]; } bad[] = {
		{ "has a counted repetition of a counted repetition", { "(a{2}){3}", "a{2}{3}", "(a{2}b){3}", "(a{2})*{3}", "([)]{2}){2}",
		    "(a{,9}){,9}" } },
		{ "has more than 512 characters when its repetitions are written out", { "a{255}b{255}cd+", "(ab){255,}", "(a{250}b{50})+",
		    "(a{255})+bc", "([0-9]{255}[a-z]{255}xyz)" } },
		{ "has a repetition right after another", { "a++", "(a)?+", "a*?", "a+{2}", "a{2}*", "(a)**" } },
		{ "has more than one group", { "(a)(b)", "((a))", "(()*|()*)*", "((a?)+)+", "[(](a)(" } },
		{ "has a back-reference", { "(a*)\\1", "(a\\9" } },
		{ "has a repetition of more than 255 times", { "a{256}", "a{1,99999999999999999999}", "a{,256}" } },
	};
	char text[RK_REGEX_BYTES + 2];
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_null(rk_validate_regex(good[i]));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		for (k = 0; k < 8 && bad[i].pattern[k]; k++)
			assert_string_equal(rk_validate_regex(bad[i].pattern[k]), bad[i].fault);
	memset(text, 'a', sizeof text);
	text[RK_REGEX_BYTES] = '\0';
	assert_null(rk_validate_regex(text));
	text[RK_REGEX_BYTES] = 'a';
	text[RK_REGEX_BYTES + 1] = '\0';
	assert_string_equal(rk_validate_regex(text), "is longer than 256 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(rings),
		cmocka_unit_test(paths),
		cmocka_unit_test(tags),
		cmocka_unit_test(images),
		cmocka_unit_test(ids),
		cmocka_unit_test(labels),
		cmocka_unit_test(regular_expressions_that_would_take_much_memory_or_time),
		cmocka_unit_test(templates_are_checked),
		cmocka_unit_test(templates_are_filled),
		cmocka_unit_test(templates_are_matched),
	};

	return cmocka_run_group_tests_name("validate", tests, NULL, NULL);
}
