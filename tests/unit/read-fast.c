#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "readers.h"

#define N(array) (sizeof(array) / sizeof *(array))

static void
check(const char *const *text, size_t n, enum readers expected)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++)
		if (compare_readers(text[i], strlen(text[i])) != expected) {
			print_message("not as expected: <<%s>>\n", text[i]);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

static void
the_fast_reader_reads_as_libfyaml_does(void **state)
{
	static const char *const text[] = { "a: 1\n", "a: 1", "a:\n  b: c\nd:\n", "a:", "a: # c\n  b: c # d\n", "# c\n\na: b\n\n# d\n",
		"- a\n- b: c\n  d: e\n-   - f\n    - g\n", "a:\n- b\n- c\nd:\n  - e\n", "a:\n- b:\n  - c\n  d:\ne: f\n", "-\n  a: b\n",
		"---\na: b\n", "# c\n---  \na: b\n---\n- c\n", "a: b\n---\nc: d\n# e\n", "a: \"x\\n\\\"y\\\\\" # c\n", "'it''s': \"a\"\n\"b: c\": d\n",
		"a: {}\nb: []\nc: { }\n", "a: {b: c, \"d\": [e, 'f', -1, {g: h}]} # i\nb: c\n", "a: [x y, http://z:80/w, a.b/c]\n",
		"a: |\n  b\n   c\n\n  d\ne: f\n", "a: >-\n    b\n    c\n# d\ne: f\n", "a: |+ # c\n  b\n\n\ne: f\n", "- |\n b\n- c\n",
		"a: |\n  b", "a: |-\n  b\n\n", "a: -1\nb: a#b\nc: x:y\nd: a, b [c] {d}\ne: x # y\n", "a: b   \nc: d \n", "\xc3\xa9: \xe2\x82\xac\n",
		"a:\n      b: c\n      d: e\nf:\n g: h\n", "a:\n  # c\n  b: d\n # e\nf: g\n", "  # c\na: b\n", "a:\n\n\n  b: c\n", "<<: a\n~: b\n=: c\n",
		"a: ~\nb: null\nc: 1e3\nd: 12:30:45\n", "a: |\n  # b\n  c: d\ne:\n", "a:\n  b: |\n    c\n  # d\n  e: f\n" };

	(void)state;
	check(text, N(text), SAME);
}

static void
the_fast_reader_leaves_all_else_to_libfyaml(void **state)
{
	static const char *const text[] = { "", "# c\n", "---\n", "a: b\n---\n", "a: b\n...\n", "%YAML 1.2\n---\na: b\n", "--- a\n", "--- # c\na: b\n",
		"\xef\xbb\xbf\x61: b\n", "a: b\r\n", "a:\tb\n", "a: b\tc\n", "\ta: b\n", "a\n", "- a\n  b\n", "a: b\n  c\n", "a: b\n\n  c\n", "a: b\n  # c\n  d\n",
		"a: \"b\n  c\"\n", "a: 'b\n  c'\n", "a: \"\\x41\"\n", "a: \"b\" c\n", "a: \"b\"#c\n", "a: 'b\n", "a: &x b\n", "a: *x\n", "a: !!str b\n", "? a\n: b\n",
		"a: ? b\n", "a: - b\n", "a: b: c\n", "a: b:\n", "a:  |2\n   b\n", "a: |\n\n  b\n", "a: |\nb: c\n", "a: |\n  \tb\n", "a: | b\n  c\n",
		"a: |--\n  b\n", "a: |\n   b\n  # c\nd: e\n", "a: {b}\n", "a: {b: }\n", "a: {b: c,}\n", "a: [b: c]\n", "a: {b: c\n}\n", "a: {b:c}\n", "a: [a b: c]\n",
		"a: [b]c\n", "a: {*b : c}\n", "a: {\"b\":c}\n", "- a\nb: c\n", "a: b\n- c\n", "a:\n   b: c\n  d: e\n", " a: b\n", "a:\n  b: c\n d: e\n", "-\n- a\n", "-\n",
		"- a\n-\n", "---a: b\n", "...a: b\n", "---\na: b\n--- c\n", "@a: b\n", "`a: b\n", "a: %b\n", "a: @b\n", "a : b\n", "a: --b\n", "a: -- b\n",
		"a: ,b\n", "a: ]\n", "a\nb: c\n", ": a\n", "a: \xe2\x80\xa8\n", "a: \"\xe2\x80\xa8\"\n", "a: b #c\n d: e\n", "a: [\n  b\n]\n", "a:\n  - b\n c: d\n" };

	(void)state;
	check(text, N(text), NOT_PLAIN);
}

static void
the_fast_reader_bounds_the_depth(void **state)
{
	char text[400] = "a: ";
	size_t depth;

	(void)state;
	for (depth = 120; depth <= 140; depth += 20) {
		memset(text + 3, '[', depth);
		memset(text + 3 + depth, ']', depth);
		memcpy(text + 3 + 2 * depth, "\n", 2);
		assert_int_equal(compare_readers(text, strlen(text)), depth == 120 ? SAME : NOT_PLAIN);
	}
}

static void
the_fast_reader_bounds_the_length_of_keys(void **state)
{
	char text[1200];
	size_t len;

	(void)state;
	for (len = 1000; len <= 1001; len++) {
		memset(text, 'k', len);
		memcpy(text + len, ": v\n", 5);
		assert_int_equal(compare_readers(text, strlen(text)), len == 1000 ? SAME : NOT_PLAIN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fast_reader_reads_as_libfyaml_does),
		cmocka_unit_test(the_fast_reader_leaves_all_else_to_libfyaml),
		cmocka_unit_test(the_fast_reader_bounds_the_depth),
		cmocka_unit_test(the_fast_reader_bounds_the_length_of_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
