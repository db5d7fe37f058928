

/* Append the shape of a tree: {key=value;...} for maps, [item;...] for lists, <...> for scalars as they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"

static void
shape(const struct rk_yaml *y, uint32_t node, struct rk_strbuf *out)
{
	const struct rk_yaml_node *n = rk_yaml_node(y, node);
	const char *text = rk_yaml_text(y);
	uint32_t child;
	bool map = n->kind == RK_YAML_MAP, key = true;

	if (n->props != n->start)
		rk_strbuf_printf(out, "%.*s ", (int)strcspn(text + n->props, " \n"), text + n->props);
	if (n->kind == RK_YAML_SCALAR || n->kind == RK_YAML_ALIAS) {
		rk_strbuf_printf(out, "<%.*s>", (int)(n->end - n->start), text + n->start);
		return;
	}
	rk_strbuf_puts(out, n->style == RK_YAML_FLOW ? "flow" : "");
	rk_strbuf_putc(out, map ? '{' : '[');
	for (child = n->child; child; child = rk_yaml_node(y, child)->next) {
		shape(y, child, out);
		rk_strbuf_putc(out, map && key ? '=' : ';');
		key = !key;
	}
	rk_strbuf_putc(out, map ? '}' : ']');
}

static struct rk_yaml *
parsed(const char *text)
{
	struct rk_yaml *y;
	struct rk_err err = { 0 };

	if (rk_yaml_parse(text, strlen(text), &y, &err) != RK_OK)
		fail_msg("%s: %s", text, err.msg);
	return y;
}

static void
has_shape(const char *text, const char *expected)
{
	struct rk_yaml *y = parsed(text);
	struct rk_strbuf out = { 0 };

	shape(y, rk_yaml_root(y, 0), &out);
	assert_string_equal(rk_strbuf_str(&out), expected);
	rk_strbuf_free(&out);
	rk_yaml_free(y);
}

static void
is_bad(const char *text, size_t len, const char *why)
{
	struct rk_yaml *y;
	struct rk_err err = { 0 };

	assert_int_equal(rk_yaml_parse(text, len, &y, &err), RK_EDATA);
	assert_null(y);
	if (!strstr(err.msg, why))
		fail_msg("\"%s\" lacks \"%s\"", err.msg, why);
}

static void
reads(const char *text, const char *expected)
{
	struct rk_yaml *y = parsed(text);
	struct rk_err err = { 0 };
	json_t *json;
	char *dump;

	if (rk_yaml_json(y, rk_yaml_root(y, 0), &json, &err) != RK_OK)
		fail_msg("%s: %s", text, err.msg);
	dump = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
	assert_string_equal(dump, expected);
	free(dump);
	json_decref(json);
	rk_yaml_free(y);
}

static void
does_not_read(const char *text, const char *why)
{
	struct rk_yaml *y = parsed(text);
	struct rk_err err = { 0 };
	json_t *json;

	assert_int_equal(rk_yaml_json(y, rk_yaml_root(y, 0), &json, &err), RK_EDATA);
	assert_null(json);
	if (!strstr(err.msg, why))
		fail_msg("\"%s\" lacks \"%s\"", err.msg, why);
	rk_yaml_free(y);
}

static void
block_collections_have_spans(void **state)
{
	(void)state;
	has_shape("a: 1\nb:\n  c: d e # f\n", "{<a>=<1>;<b>={<c>=<d e>;};}");
	has_shape("- a\n- - b\n  - c\n-\n  d\n- e: f\n  g: h\n", "[<a>;[<b>;<c>;];<d>;{<e>=<f>;<g>=<h>;};]");
	has_shape("a:\n- b\n- c\nd:\n", "{<a>=[<b>;<c>;];<d>=<>;}");
	has_shape("? a\n: b\n? - c\n: - d\n", "{<a>=<b>;[<c>;]=[<d>;];}");
	has_shape("\xef\xbb\xbf" "a: 1\r\nb: \"2\"\r\n", "{<a>=<1>;<b>=<\"2\">;}");
}

static void
flow_collections_have_spans(void **state)
{
	(void)state;
	has_shape("a: {b: c, \"d\" : [e, f, ], g}\n", "{<a>=flow{<b>=<c>;<\"d\">=flow[<e>;<f>;];<g>=<>;};}");
	has_shape("[a: b, {c: d}: e, ? f : g, {}, []]", "flow[flow{<a>=<b>;};flow{flow{<c>=<d>;}=<e>;};flow{<f>=<g>;};flow{};flow[];]");
	has_shape("{\n\t\"a\": 1,\n\t\"b\": [true, null, -1.5e3]\n}\n", "flow{<\"a\">=<1>;<\"b\">=flow[<true>;<null>;<-1.5e3>;];}");
	has_shape("a: {\n  b: c\n}\n", "{<a>=flow{<b>=<c>;};}");
}

static void
block_scalars_end_with_their_last_line(void **state)
{
	(void)state;
	has_shape("a: |  # c | d\n  x\n   y\n\n# z\nb: 1\n", "{<a>=<|  # c | d\n  x\n   y>;<b>=<1>;}");
	has_shape("a: |+\n  x\n\n\nb: 1\n", "{<a>=<|+\n  x\n\n>;<b>=<1>;}");
	has_shape("- - >2-\n     x\n  - |\n    y\n", "[[<>2-\n     x>;<|\n    y>;];]");
	has_shape("a: &x !t |-\nb: |\n\n\nc: d\n", "{<a>=&x <|->;<b>=<|>;<c>=<d>;}");
	has_shape("--- |\nfoo\n--- b\n", "<|\nfoo>");
	has_shape("a: |\n  x", "{<a>=<|\n  x>;}");
}

static void
a_null_lies_after_its_indicator(void **state)
{
	struct rk_yaml *y = parsed("a:  # x\nb: \n- ? d\n");
	(void)state;

	assert_int_equal(rk_yaml_node(y, rk_yaml_at(y, 1, "/a"))->start, 2);
	assert_true(rk_yaml_is_null(y, rk_yaml_at(y, 1, "/a")));
	assert_int_equal(rk_yaml_node(y, rk_yaml_at(y, 1, "/b/0/d"))->start, 17);
	rk_yaml_free(y);
	has_shape("s:\n- p\n-\n- q\n- - r\n  -  # x\n\n-\nt: |\n -\n-x: 1\n", "{<s>=[<p>;<>;<q>;[<r>;<>;];<>;];<t>=<|\n ->;<-x>=<1>;}");
	y = parsed("a: &c\nb: x\n");
	assert_int_equal(rk_yaml_node(y, rk_yaml_at(y, 1, "/a"))->start, 5);
	rk_yaml_free(y);
}

static void
an_empty_block_scalar_takes_in_no_following_lines(void **state)
{
	(void)state;
	has_shape("a:\n  b: |-\n  c: 1\n", "{<a>={<b>=<|->;<c>=<1>;};}");
	has_shape("a:\n- b: >+ # |\n\n  c: |\n- |\n- &x !!str |\n- d\n",
	    "{<a>=[{<b>=<>+ # |\n>;<c>=<|>;};<|>;&x <|>;<d>;];}");
}

static void
documents_are_separated(void **state)
{
	struct rk_yaml *y = parsed("a: 1\n---\n# nothing\n---\n- b\n...\n");
	(void)state;

	assert_int_equal(rk_yaml_documents(y), 3);
	assert_int_equal(rk_yaml_root(y, 1), 0);
	assert_int_equal(rk_yaml_node(y, rk_yaml_root(y, 2))->kind, RK_YAML_SEQ);
	assert_int_equal(rk_yaml_root(y, 3), 0);
	rk_yaml_free(y);
	y = parsed("# nothing\n");
	assert_int_equal(rk_yaml_documents(y), 0);
	rk_yaml_free(y);
}

static void
yaml_that_readers_read_differently_is_invalid(void **state)
{
	(void)state;
	is_bad("\xef\xbb\xbf\ta: b\n", 9, "1:1: not YAML");
	is_bad("%TAG\n", 5, "1:1: not YAML: unexpected characters between documents");
	is_bad(": b\n", 4, "1:1: missing key");
	is_bad("?\na\n", 4, "2:1: not YAML");
	is_bad("a:\n  !t:  >\n", 12, "2:3: invalid tag");
	is_bad("-7\0", 3, "1:3: character U+0000");
	is_bad("a:\n \tb\n", 7, "2:2: not YAML: tab as indentation");
	is_bad("? a\n: \tb\n", 9, "2:3: not YAML: tab as indentation");
	is_bad("-\tb\n", 4, "1:2: not YAML: tab as indentation");
	is_bad("{!!s, a: b}\n", 12, "missing key");
	is_bad("&a{b: c}\n", 9, "invalid anchor");
	is_bad("- &a b\n- *a: c\n", 15, "invalid alias");
	is_bad("{\"a\" # b\n: c}\n", 14, "2:1: not YAML: colon is not on the line of its key");
	is_bad("{\"a\":#b\nc}\n", 11, "1:6: not YAML: missing space before a comment");
	is_bad("[\n% a\n]\n", 8, "2:1: not YAML: unexpected characters");
	is_bad("a: \n[ # b\n]\n", 12, "not YAML");
	is_bad("a: b\n---c: d\n", 13, "2:1: plain scalar starts like a document marker");
	is_bad("a: \xff\n", 5, "1:4: not UTF-8");
	is_bad("a: \0 b\n", 7, "U+0000");
	is_bad("a: \x1b\n", 5, "U+001B");
	is_bad("a: b\rc: d\n", 10, "1:5: carriage return");
	is_bad("a: b\xc2\x85 c\n", 9, "U+0085");
	is_bad("b: *a\xc2\xa0\n", 8, "1:6: not YAML: invalid character in an anchor or alias");
	is_bad("b: &a-\xe3\x80\x80\nc\n", 12, "1:7: not YAML: invalid character in an anchor or alias");
	is_bad("a: \"&b\xc2\xa0\"\nc: *\n", 15, "2:5: not YAML: invalid alias");
	is_bad("a: 1\n%|---\n...\n", 15, "2:1: not YAML: unexpected characters between documents");
	is_bad("a: [\n", 5, "not YAML");
	is_bad("a:\n  b:\n  c\n", 12, "3:3: not YAML");
	is_bad("-\nx\n", 4, "not YAML");
	has_shape("a:\n - b\n -\n  c\n? d\n:\n e\n", "{<a>=[<b>;<c>;];<d>=<e>;}");
	has_shape("a: &b-1 c\n? d # e\n: {? f\n : g, \"h\":*b-1 }\n", "{<a>=&b-1 <c>;<d>=flow{<f>=<g>;<\"h\">=<*b-1>;};}");
	has_shape("a: \"b\xc2\x85 c\"\n", "{<a>=<\"b\xc2\x85 c\">;}");
}

static void
depth_is_bounded(void **state)
{
	struct rk_strbuf text = { 0 };
	(void)state;

	rk_strbuf_fill(&text, '[', RK_YAML_DEPTH + 1);
	rk_strbuf_fill(&text, ']', RK_YAML_DEPTH + 1);
	is_bad(rk_strbuf_str(&text), text.len, "deeper than 512");
	rk_strbuf_clear(&text);
	rk_strbuf_puts(&text, "a: ");
	rk_strbuf_fill(&text, '[', RK_YAML_DEPTH - 1);
	rk_strbuf_fill(&text, ']', RK_YAML_DEPTH - 1);
	rk_yaml_free(parsed(rk_strbuf_str(&text)));
	rk_strbuf_free(&text);
}

static void
a_flood_of_brackets_is_refused_at_once(void **state)
{
	struct rk_strbuf text = { 0 };
	size_t i;
	(void)state;

	rk_strbuf_fill(&text, '[', 1 << 20);
	is_bad(rk_strbuf_str(&text), text.len, "more than 32768 open brackets");
	rk_strbuf_clear(&text);
	rk_strbuf_putc(&text, '[');
	for (i = 0; i < 1 << 18; i++)
		rk_strbuf_puts(&text, "a,");
	rk_strbuf_puts(&text, "a]\n");
	is_bad(rk_strbuf_str(&text), text.len, "more than 32768 commas");
	rk_strbuf_clear(&text);
	rk_strbuf_fill(&text, ' ', RK_YAML_BYTES + 1);
	is_bad(rk_strbuf_str(&text), text.len, "at most 16777216");
	rk_strbuf_free(&text);
}

/* Many escapes between two other parts */
static void
put_escapes(struct rk_strbuf *text, const char *before, const char *after)
{
	int i;

	rk_strbuf_clear(text);
	rk_strbuf_puts(text, before);
	for (i = 0; i < 1 << 16; i++)
		rk_strbuf_puts(text, "%41");
	rk_strbuf_puts(text, after);
}

static void
only_the_escapes_of_a_tag_are_bounded(void **state)
{
	static const char *const tags[] = { "!", "!a,", "!<", "!<a,", "a: !", "a: !a!", "a: [b%c,!", "a: [\"\"!", "a: [''!",
		"a: {\"b\":!", "a: {b: c}!", "a: [b,[]!", "- !", "? !" };
	static const char *const others[][2] = { { "a", "\n" }, { "a!", "\n" }, { "a: b!", "\n" }, { "a: x@b!", " !\n" },
		{ "a: [b!", "]\n" }, { "'", " !a'\n" }, { "\"", " !a\"\n" }, { "# !a ", "\n" }, { "- ! a", "\n" },
		{ "- |\n  a!", "\n" } };
	struct rk_strbuf text = { 0 };
	size_t i;
	(void)state;

	for (i = 0; i < sizeof tags / sizeof *tags; i++) {
		put_escapes(&text, tags[i], "");
		is_bad(rk_strbuf_str(&text), text.len, "more than 128 escapes (%) in a tag");
	}
	for (i = 0; i < sizeof others / sizeof *others; i++) {
		put_escapes(&text, others[i][0], others[i][1]);
		rk_yaml_free(parsed(rk_strbuf_str(&text)));
	}
	rk_strbuf_free(&text);
}

static void
scalars_are_typed_as_helm_types_them(void **state)
{
	(void)state;
	reads("[1e3, 0644, 1_000, 0o17, 0x1F, y, off, ~, 08]", "[1000.0,420,1000,15,31,true,false,null,8.0]");
	reads("[12:30:45, 2024-01-01, 5e12345, 1.2.3, .5, -.inf, x]",
	    "[\"12:30:45\",\"2024-01-01\",\"5e12345\",\"1.2.3\",0.5,\"-.inf\",\"x\"]");
	reads("[\"1\", '2', !!str 3, !!int \"4\", !x 5]", "[\"1\",\"2\",\"3\",4,\"5\"]");
	reads("[0X1f, 0b11, 0B11, 0O17, 0x, 0b2, 0x1G, -0x1F, +7]", "[31,3,3,15,\"0x\",\"0b2\",\"0x1G\",-31,7]");
	reads("[1e+3, 1E-3, +.5e1, 1e, 1e+, 1.e2x]", "[1000.0,0.001,5.0,\"1e\",\"1e+\",\"1.e2x\"]");
	reads("[9223372036854775807, -9223372036854775808]", "[9223372036854775807,-9223372036854775808]");
	reads("[9223372036854775808, +9223372036854775808, -9223372036854775809, 18446744073709551616]",
	    "[9.2233720368547758e18,9.2233720368547758e18,-9.2233720368547758e18,1.8446744073709552e19]");
}

/* s is what is between the quotes; expected: NULL if it is invalid. */
static void
decodes(const char *s, bool json, const char *expected)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_scalar_flow_decode(s, strlen(s), '"', json, &text, &err);

	if (expected ? rc != RK_OK || strcmp(rk_strbuf_str(&text), expected) != 0 : rc != RK_EDATA || !strstr(err.msg, "escape"))
		fail_msg("%s: %d \"%s\" %s", s, rc, rk_strbuf_str(&text), err.msg);
	rk_strbuf_free(&text);
}

static void
escapes_are_characters_or_invalid(void **state)
{
	(void)state;
	decodes("\\a\\e\\t\\/\\_", false, "\a\x1b\t/\xc2\xa0");
	decodes("\\x41\\u00e9\\U0001F600", false, "A\xc3\xa9\xf0\x9f\x98\x80");
	decodes("\\ud83d\\ude00\\uD83D\\uDE00", true, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
	decodes("\\ud83d\\ude00", false, NULL);
	decodes("\\ud83d", true, NULL);
	decodes("\\ude00\\ud83d", true, NULL);
	decodes("\\ud83d\\u0041", true, NULL);
	decodes("\\ud83d\\ue000", true, NULL);
	decodes("\\ud83d\\udegg", true, NULL);
	decodes("\\ud83dxudegg", true, NULL);
	decodes("\\ud83d\\xdegg", true, NULL);
	decodes("\\0", false, NULL);
	decodes("\\u0000", false, NULL);
	decodes("\\U00110000", false, NULL);
	decodes("\\u12", false, NULL);
	decodes("\\u12g4", false, NULL);
	decodes("\\q", false, NULL);
	decodes("\\", false, NULL);
}

static void
scalars_of_all_styles_are_decoded(void **state)
{
	(void)state;
	reads("a: b\n  c\n\n  d\n", "{\"a\":\"b c\\nd\"}");
	reads("a: 'b''c\n  d'\n", "{\"a\":\"b'c d\"}");
	reads("a: \"b\\tc\\x41\\u00e9\\\n   d  e  \n\n  f\\  \n g\"\n", "{\"a\":\"b\\tcA\xc3\xa9" "d  e\\nf  g\"}");
	reads("a: |\n  x\n\n   y\n\nb: 1\n", "{\"a\":\"x\\n\\n y\\n\",\"b\":1}");
	reads("a: |+\n  x\n\n\nb: |-\n  z\n\n", "{\"a\":\"x\\n\\n\\n\",\"b\":\"z\"}");
	reads("a: >\n\n  x\n  y\n\n  z\n    more\n\n    m\n  end\n", "{\"a\":\"\\nx y\\nz\\n  more\\n\\n  m\\nend\\n\"}");
	reads("a: |1\n  x\n", "{\"a\":\" x\\n\"}");
	reads("a: |\r\n  x\r\n  y\r\n", "{\"a\":\"x\\ny\\n\"}");
	reads("a: |\n  x", "{\"a\":\"x\"}");
	reads("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"");
}

static void
aliases_and_merge_keys_are_resolved(void **state)
{
	(void)state;
	reads("a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  b: 3\n", "{\"a\":{\"b\":1,\"c\":2},\"d\":{\"b\":1,\"c\":2},\"e\":{\"b\":3,\"c\":2}}");
	reads("- &x 1\n- &x 2\n- *x\n", "[1,2,2]");
	reads("a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}\n",
	    "{\"a\":{\"b\":1},\"c\":{\"b\":2,\"d\":3},\"e\":{\"b\":1,\"d\":3}}");
	reads("a: &x key\nb: {*x : 1}\n", "{\"a\":\"key\",\"b\":{\"key\":1}}");
	does_not_read("a: *x\n", "1:4: undefined alias");
	does_not_read("a: {*x : 1}\n", "1:5: invalid key");
	does_not_read("a: &x [1]\nb: {*x : 1}\n", "2:5: invalid key");
	does_not_read("a: {<<: *x}\n", "1:9: undefined alias");
	does_not_read("a: {<<: 5}\n", "1:9: invalid merge key: expected a map or a list of maps");
	does_not_read("a: {<<: [{b: 1}, c]}\n", "1:9: invalid merge key");
	does_not_read("a: &x 1\nb: 2\na: 3\n", "3:1: duplicate key");
	does_not_read("a: &x [*x]\n", "expand");
	does_not_read("a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n", "expand");
}

/* Return the node at a path of the first document. */
static uint32_t
at(const struct rk_yaml *y, const char *path)
{
	return rk_yaml_at(y, rk_yaml_root(y, 0), path);
}

static void
tags_and_aliases_decide_what_is_null_or_a_string(void **state)
{
	struct rk_yaml *y = parsed("null: &n ~\nalias: *n\nnone: *m\ntag: !!null ''\nempty: !!null\ntext: !!str\nint: !!int 5\n"
	    "five: !!str 5\nquoted: 'null'\nmap: {}\nmany: a\n  b\n&k key: 1\n\"dou\\x62le\": 2\n'it''s': 3\n");
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };

	(void)state;
	assert_true(rk_yaml_is_null(y, at(y, "/alias")));
	assert_false(rk_yaml_is_null(y, at(y, "/none")));
	assert_true(rk_yaml_is_null(y, at(y, "/empty")));
	assert_false(rk_yaml_is_null(y, at(y, "/text")));
	assert_false(rk_yaml_is_null(y, at(y, "/quoted")));
	assert_false(rk_yaml_is_null(y, at(y, "/map")));
	assert_true(rk_yaml_is_string(y, at(y, "/five"), "5"));
	assert_true(rk_yaml_is_string(y, at(y, "/many"), "a b"));
	assert_false(rk_yaml_is_string(y, at(y, "/int"), "5"));
	assert_false(rk_yaml_is_string(y, at(y, "/map"), ""));
	assert_false(rk_yaml_is_string(y, at(y, "/alias"), "~"));
	assert_int_not_equal(at(y, "/double"), 0);
	assert_int_not_equal(at(y, "/it's"), 0);
	assert_int_equal(at(y, "/it''s"), 0);
	assert_int_equal(rk_yaml_scalar(y, at(y, "/map"), &text, &err), RK_EDATA);
	rk_strbuf_free(&text);
	rk_yaml_free(y);
}

#define LETTERS 6

/* Write a word, of the many that number can name, and return the FNV-1a hash (32 bits) that it makes of the hash h. */
static uint32_t
word(uint32_t number, uint32_t h, char out[LETTERS])
{
	static const char set[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	size_t i;

	number *= 2654435761u;	/* odd: no two numbers name the same word, and words are spread */
	for (i = 0; i < LETTERS; i++, number /= sizeof set - 1) {
		out[i] = set[number % (sizeof set - 1)];
		h = (h ^ (unsigned char)out[i]) * 16777619u;
	}
	return h;
}

#define SLOTS (1u << 19)

/*
 * Find two words that make the same hash of *h, and set *h to it: some 80,000 words suffice (birthday paradox).
 * With n such pairs in a row there are 2^n strings of one hash.
 */
static void
colliding_words(uint32_t *h, char first[LETTERS], char second[LETTERS])
{
	uint32_t *slot = calloc(SLOTS, sizeof *slot), number, to = 0, i;

	assert_non_null(slot);
	for (number = 0; number < SLOTS / 2; number++) {
		to = word(number, *h, second);
		for (i = to % SLOTS; slot[i] && word(slot[i] - 1, *h, first) != to; i = (i + 1) % SLOTS)
			;
		if (slot[i])
			break;
		slot[i] = number + 1;
	}
	assert_true(number < SLOTS / 2);
	*h = to;
	free(slot);
}

#define PAIRS 15

/* 32,768 anchors whose names an unkeyed FNV-1a puts into one slot, and an alias of each. */
static void
anchors_whose_names_collide_cost_no_more_than_others(void **state)
{
	char pair[PAIRS][2][LETTERS];
	struct rk_strbuf text = { 0 };
	uint32_t h = 2166136261u, i, j, k;
	struct rk_yaml *y;
	clock_t start;
	(void)state;

	for (j = 0; j < PAIRS; j++)
		colliding_words(&h, pair[j][0], pair[j][1]);
	for (i = 0; i < 1u << PAIRS; i++) {
		for (k = 0; k < 2; k++) {
			rk_strbuf_puts(&text, k ? "- *" : "- &");
			for (j = 0; j < PAIRS; j++)
				rk_strbuf_add(&text, pair[j][i >> j & 1], LETTERS);
			rk_strbuf_puts(&text, k ? "\n" : " x\n");
		}
	}
	start = clock();
	y = parsed(rk_strbuf_str(&text));
	assert_true(clock() - start < CLOCKS_PER_SEC);
	for (i = 0; i < 1u << PAIRS; i++)
		assert_int_equal(rk_yaml_node(y, 2 * i + 3)->child, 2 * i + 2);
	rk_yaml_free(y);
	rk_strbuf_free(&text);
}

static void
pointers_find_nodes(void **state)
{
	struct rk_yaml *y = parsed("a:\n  \"b/c\":\n  - x\n  - 'it''s': 5\n");
	(void)state;

	assert_int_equal(rk_yaml_at(y, 1, ""), 1);
	assert_int_equal(rk_yaml_node(y, rk_yaml_at(y, 1, "/a/b~1c/1/it's"))->end, 32);
	assert_int_equal(rk_yaml_at(y, 1, "/a/b~1c/2"), 0);
	assert_int_equal(rk_yaml_at(y, 1, "/a/b~1c/-"), 0);
	assert_int_equal(rk_yaml_at(y, 1, "a"), 0);
	rk_yaml_free(y);
}

static void
a_plain_string_is_one_to_every_reader(void **state)
{
	static const char *const quoted[] = { "", "on", "Y", "n", "1e3", "0644", "12:30:45", "2024-01-01", "1_000", "5e12345",
		"0o17", "0x1F", "null", "~", "20240101", ".inf", "-.INF", ".nan", "<<", "=", "0123456", "1.5", "+1", "-1",
		"1.", ".5", "a: b", "a #b", "- a", "-", "a:", " a", "a ", "{a", "a\nb", "#a", "!a", "&a", "*a", "%a", "@a",
		"`a", "'a", "\"a", "---", "a\tb\x01", "a, b", "2001-12-14t21:59:43", "0b11", "1:2", "true", "12e03", "e\xcc\xe2",
		"1e+3", "1E-3", "+0x1F", "-.inf", "0O17", "0B11", "2024-1-1 10:00", "2024-1-1T10", "?", ":", ",a", "]a", "}a", "|a", ">a",
		"[a", "-,", "a:,", "a:]", "\357\273\277a", "\xef\xbf\xbe", "\xc2\xa0", "\x7f", "1:30.5", "...x" };
	static const char *const plain[] = { "a", "1.2.3", "12ab34f", "v1", "0.6.1-rc1", "a:b", "http://x/y", "a#b", "-a",
		"10.0.0.1", "abc def", "\xc3\xa9", "deadbeef", "1e", "e3", "0x", "1h", "a-b_c", "ghcr.io/x/y:1",
		"2024-1", "2024-", "2024-1-1x", "2024-1-123", "202-01-01", "1e+", "1:x", "0x1G", "+", "--a" };
	size_t i;
	(void)state;

	for (i = 0; i < sizeof quoted / sizeof *quoted; i++)
		if (rk_scalar_plain(quoted[i], strlen(quoted[i]), true))
			fail_msg("%s", quoted[i]);
	for (i = 0; i < sizeof plain / sizeof *plain; i++)
		if (!rk_scalar_plain(plain[i], strlen(plain[i]), true))
			fail_msg("%s", plain[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_collections_have_spans),
		cmocka_unit_test(flow_collections_have_spans),
		cmocka_unit_test(block_scalars_end_with_their_last_line),
		cmocka_unit_test(a_null_lies_after_its_indicator),
		cmocka_unit_test(an_empty_block_scalar_takes_in_no_following_lines),
		cmocka_unit_test(documents_are_separated),
		cmocka_unit_test(yaml_that_readers_read_differently_is_invalid),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_flood_of_brackets_is_refused_at_once),
		cmocka_unit_test(only_the_escapes_of_a_tag_are_bounded),
		cmocka_unit_test(scalars_are_typed_as_helm_types_them),
		cmocka_unit_test(scalars_of_all_styles_are_decoded),
		cmocka_unit_test(escapes_are_characters_or_invalid),
		cmocka_unit_test(aliases_and_merge_keys_are_resolved),
		cmocka_unit_test(tags_and_aliases_decide_what_is_null_or_a_string),
		cmocka_unit_test(anchors_whose_names_collide_cost_no_more_than_others),
		cmocka_unit_test(pointers_find_nodes),
		cmocka_unit_test(a_plain_string_is_one_to_every_reader),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
