#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "yaml/json_patch.h"

static json_t *
json(const char *text)
{
	json_t *json;
	struct rk_err err = { 0 };

	if (rk_json_parse(text, strlen(text), &json, &err) != RK_OK)
		fail_msg("%s: %s", text, err.msg);
	return json;
}

/* The patch changes text to expected, byte for byte; back, if not NULL, changes expected to text. */
static void
gives_in(long document, const char *text, const char *patch, const char *expected, const char *back)
{
	struct rk_json_patch_options options = { .document = document };
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	json_t *ops = json(patch);

	if (rk_json_patch_apply(text, strlen(text), &options, ops, &out, &err) != RK_OK)
		fail_msg("%s\n%s: %s %s", text, patch, rk_code_word(err.code), err.msg);
	json_decref(ops);
	if (strcmp(rk_strbuf_str(&out), expected) != 0)
		fail_msg("%s gives\n%s\nnot\n%s", patch, rk_strbuf_str(&out), expected);
	rk_strbuf_free(&out);
	if (back)
		gives_in(document, expected, back, text, NULL);
}

static void
gives(const char *text, const char *patch, const char *expected, const char *back)
{
	gives_in(-1, text, patch, expected, back);
}

/* Adding gives expected, and removing it again gives the text as it was. */
static void
adds(const char *text, const char *path, const char *value, const char *expected)
{
	struct rk_strbuf add = { 0 }, remove = { 0 };

	rk_strbuf_printf(&add, "[{\"op\":\"add\",\"path\":\"%s\",\"value\":%s}]", path, value);
	rk_strbuf_printf(&remove, "[{\"op\":\"remove\",\"path\":\"%s\"}]", path);
	gives(text, rk_strbuf_str(&add), expected, rk_strbuf_str(&remove));
	rk_strbuf_free(&add);
	rk_strbuf_free(&remove);
}

static void
sets(const char *text, const char *path, const char *value, const char *expected)
{
	struct rk_strbuf patch = { 0 };

	rk_strbuf_printf(&patch, "[{\"op\":\"replace\",\"path\":\"%s\",\"value\":%s}]", path, value);
	gives(text, rk_strbuf_str(&patch), expected, NULL);
	rk_strbuf_free(&patch);
}

static void
removes(const char *text, const char *path, const char *expected)
{
	struct rk_strbuf patch = { 0 };

	rk_strbuf_printf(&patch, "[{\"op\":\"remove\",\"path\":\"%s\"}]", path);
	gives(text, rk_strbuf_str(&patch), expected, NULL);
	rk_strbuf_free(&patch);
}

static void
refuses_with(bool strict, const char *text, const char *patch, const char *code)
{
	struct rk_json_patch_options options = { .document = -1, .strict = strict };
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	json_t *ops = json(patch);
	enum rk_rc rc = rk_json_patch_apply(text, strlen(text), &options, ops, &out, &err);

	json_decref(ops);
	if (rc != RK_REFUSED || strcmp(rk_code_word(err.code), code) != 0)
		fail_msg("%s: %d, %s: %s, not %s", patch, rc, rk_code_word(err.code), err.msg, code);
	assert_int_equal(out.len, 0);
	rk_strbuf_free(&out);
}

static void
refuses(const char *text, const char *patch, const char *code)
{
	refuses_with(false, text, patch, code);
}

static void
edits_strictly(const char *text, const char *edits, json_t *created, const char *expected)
{
	struct rk_json_patch_options options = { .document = -1, .strict = true, .created = created };
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	json_t *list = json(edits);

	if (rk_json_patch_edits(text, strlen(text), &options, list, &out, &err) != RK_OK)
		fail_msg("%s\n%s: %s %s", text, edits, rk_code_word(err.code), err.msg);
	if (strcmp(rk_strbuf_str(&out), expected) != 0)
		fail_msg("%s gives\n%s\nnot\n%s", edits, rk_strbuf_str(&out), expected);
	json_decref(list);
	rk_strbuf_free(&out);
}

static void
refuses_edits(const char *text, const char *edits, const char *code)
{
	struct rk_json_patch_options options = { .document = -1, .strict = true };
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	json_t *list = json(edits);

	assert_int_equal(rk_json_patch_edits(text, strlen(text), &options, list, &out, &err), RK_REFUSED);
	assert_string_equal(rk_code_word(err.code), code);
	json_decref(list);
	rk_strbuf_free(&out);
}

static void
a_new_member_follows_the_last_one(void **state)
{
	(void)state;
	adds("a: 1\nb:\n  c: 2 # c\n\n# d\nd: 3\n", "/b/e", "\"x\"", "a: 1\nb:\n  c: 2 # c\n  e: x\n\n# d\nd: 3\n");
	adds("- a: 1\n- b: 2\n", "/0/c", "[1,{\"d\":{}}]", "- a: 1\n  c:\n    - 1\n    - d: {}\n- b: 2\n");
	adds("a:\n    b:\n        c: 1\n", "/a/b/d", "{\"e\":{\"f\":null}}",
	    "a:\n    b:\n        c: 1\n        d:\n            e:\n                f: null\n");
	adds("a:\n- b\nc: {}\n", "/d", "[1,[2,3]]", "a:\n- b\nc: {}\nd:\n- 1\n- - 2\n  - 3\n");
	adds("a: {}\n  # more\nb: 1\n", "/c", "1", "a: {}\n  # more\nb: 1\nc: 1\n");
	adds("a:\n  b: |\n    x\n  c: |+\n    y\n\nd: 1\n", "/a/e", "1", "a:\n  b: |\n    x\n  c: |+\n    y\n\n  e: 1\nd: 1\n");
}

static void
a_missing_final_line_break_stays_missing(void **state)
{
	(void)state;
	adds("a:\n  b: 1", "/a/c", "2", "a:\n  b: 1\n  c: 2");
	adds("- 1", "/1", "2", "- 1\n- 2");
	removes("a: 1\nb: 2", "/b", "a: 1");
	removes("a:\n  b: 1", "/a/b", "a: {}");
	adds("a: |-\n  x", "/b", "1", "a: |-\n  x\nb: 1");
}

static void
a_block_scalar_that_ends_the_text_keeps_its_ending(void **state)
{
	(void)state;
	adds("a: |\n  x", "/b", "{\"c\":1}", "b:\n  c: 1\na: |\n  x");
	adds("a: 1\n\n# c\nd: >\n  x", "/b", "1", "a: 1\nb: 1\n\n# c\nd: >\n  x");
	adds("a: |\n  x\n\n  # y\nd:\n  - e: |\n      x", "/b", "1", "a: |\n  x\n\n  # y\nb: 1\nd:\n  - e: |\n      x");
	adds("# h\n\n# c\n# d\na: |\n  x", "/b", "1", "# h\n\nb: 1\n# c\n# d\na: |\n  x");
	adds("a:\n    # far\n  # near\n  b: |\n    x", "/a/c", "1", "a:\n    # far\n  c: 1\n  # near\n  b: |\n    x");
	adds("a:\r\n  # c\r\n  b: |\r\n    x", "/a/c", "1", "a:\r\n  c: 1\r\n  # c\r\n  b: |\r\n    x");
	adds("- a: |\n    x", "/0/b", "1", "- b: 1\n  a: |\n    x");
	refuses("- |\n  x", "[{\"op\":\"add\",\"path\":\"/-\",\"value\":1}]", "block-scalar");
	removes("a: |\n  x\nb: 1", "/b", "a: |\n  x\n");
	removes("- >\n  x\n- y", "/1", "- >\n  x\n");
}

static void
line_endings_and_byte_order_marks_stay(void **state)
{
	(void)state;
	adds("a:\r\n  b: 1\r\nc: 2\r\n", "/a/d", "{\"e\":1}", "a:\r\n  b: 1\r\n  d:\r\n    e: 1\r\nc: 2\r\n");
	adds("\xef\xbb\xbf" "a: 1\n", "/b", "2", "\xef\xbb\xbf" "a: 1\nb: 2\n");
	adds("\xef\xbb\xbf" "a:\n  c: 1\n", "/a/b", "2", "\xef\xbb\xbf" "a:\n  c: 1\n  b: 2\n");
	adds("%YAML 1.1\n---\n# x\na: 1 # y\n...\n# z\n", "/b", "2", "%YAML 1.1\n---\n# x\na: 1 # y\nb: 2\n...\n# z\n");
	removes("\xef\xbb\xbf" "a: 1\nb: 2\n", "/a", "\xef\xbb\xbf" "b: 2\n");
	gives_in(1, "a: 1\n---\nb: 2\n---\nc: 3\n", "[{\"op\":\"add\",\"path\":\"/x\",\"value\":1}]",
	    "a: 1\n---\nb: 2\nx: 1\n---\nc: 3\n", "[{\"op\":\"remove\",\"path\":\"/x\"}]");
	adds("---\na: 1\n---\n", "/b", "2", "---\na: 1\nb: 2\n---\n");
}

static void
flow_stays_flow(void **state)
{
	(void)state;
	adds("a: {}\n", "/a/atlas", "{\"image\":{\"repository\":\"x\",\"tag\":\"v1\"}}", "a: {atlas: {image: {repository: x, tag: v1}}}\n");
	adds("a: {b: 1} # c\n", "/a/d", "\"1e3\"", "a: {b: 1, d: \"1e3\"} # c\n");
	adds("a: {\"b\": 1}\n", "/a/d", "{\"e\":[]}", "a: {\"b\": 1, \"d\": {\"e\": []}}\n");
	adds("a: { b: 1 }\n", "/a/d", "2", "a: { b: 1, d: 2 }\n");
	adds("a: [x, y, z]\n", "/a/1", "\"w\"", "a: [x, w, y, z]\n");
	adds("a: [x]\n", "/a/0", "\"w\"", "a: [w, x]\n");
	adds("a: []\n", "/a/0", "\"w, x\"", "a: [\"w, x\"]\n");
	adds("a: [\n  x,\n  y\n]\n", "/a/2", "\"z\"", "a: [\n  x,\n  y,\n  z\n]\n");
	removes("a: [x, # x\n  y, # y\n  z # z\n]\n", "/a/1", "a: [x, # x\n   # y\n  z # z\n]\n");
	removes("a: {b: 1, c: {d: 2}}\n", "/a/c/d", "a: {b: 1, c: {}}\n");
	removes("a: {b: 1, c: {d: 2}}\n", "/a/b", "a: {c: {d: 2}}\n");
	removes("a: [1, 2, ]\n", "/a/1", "a: [1, ]\n");
	removes("a: [1, ]\n", "/a/0", "a: []\n");
}

static void
json_stays_json(void **state)
{
	(void)state;
	adds("{\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}\n", "/a/c", "{\"d\":[true,\"x\"]}",
	    "{\n\t\"a\": {\n\t\t\"b\": 1,\n\t\t\"c\": {\n\t\t\t\"d\": [\n\t\t\t\ttrue,\n\t\t\t\t\"x\"\n\t\t\t]\n\t\t}\n\t}\n}\n");
	adds("{\"a\":1,\"b\":[1,2]}", "/c", "{\"d\":[1,2]}", "{\"a\":1,\"b\":[1,2],\"c\":{\"d\":[1,2]}}");
	adds("{}", "/a", "\"\xc3\xa9\\n\"", "{\"a\": \"\xc3\xa9\\n\"}");
	adds("[]", "/0", "1.5", "[1.5]");
	sets("\"a\": \"b\"\n\"c\": |-\n    d\n    e", "/c", "\"x\\ny: 1\"", "\"a\": \"b\"\n\"c\": |-\n    x\n    y: 1");
	sets("a: &x\n  # b\n  c: 1\nd: 2\n", "/a", "\"e\"", "a: &x e\n  # b\nd: 2\n");
	gives("a:\n  # b\n  c: 1\nd: 2\n", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":\"e\"},"
	    "{\"op\":\"replace\",\"path\":\"/a\",\"value\":\"f\\ng\"}]", "a: \"f\\ng\"\n  # b\nd: 2\n", NULL);
	sets("{\"a\": \"x\"}", "/a", "null", "{\"a\": null}");
	sets("12", "", "{\"a\":\"b\"}", "{\"a\": \"b\"}");
	removes("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "/a", "{\n  \"b\": 2\n}\n");
	removes("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "/b", "{\n  \"a\": 1\n}\n");
}

static void
a_removal_leaves_nothing_of_the_entry(void **state)
{
	(void)state;
	removes("a: 1\nb: # x\n  c: 2 # y\nd: 3\n", "/b", "a: 1\nd: 3\n");
	removes("a:\n  b: 1\nc: 2\n", "/a/b", "a: {}\nc: 2\n");
	removes("a: # x\n  # y\n  - b # z\nc: 2\n", "/a/0", "a: [] # x\n  # y\nc: 2\n");
	removes("a:\n- b\n", "/a/0", "a: []\n");
	removes("- a: 1\n  b: 2\n", "/0/a", "- b: 2\n");
	removes("- a: 1 # x\n\n  # y\n  b: 2\n", "/0/a", "- # y\n  b: 2\n");
	removes("- a: 1\n- b\n", "/0/a", "- {}\n- b\n");
	removes("- - a\n  - b\n", "/0/0", "- - b\n");
	removes("a: |\n  x\n\nb: 1\n", "/a", "\nb: 1\n");
	removes("a: 1\n", "/a", "{}\n");
	removes("a: &x\n  b: 1\n", "/a/b", "a: &x {}\n");
	removes("a:\n  b:\n  - c: |+\n      x\n\n  d: 1\n", "/a/b", "a:\n  d: 1\n");
	refuses("a: |+\n  x\nb: 1\n\n\nc: 2\n", "[{\"op\":\"remove\",\"path\":\"/b\"}]", "block-scalar");
	removes("a: |\n  x\nb: 1\n   # z\nc: 2\n", "/b", "a: |\n  x\nc: 2\n");
	removes("a:\n  - b: 1\n      # y\n    c: 2\n      # z\n  # x\n", "/a/0/b", "a:\n  - c: 2\n      # z\n  # x\n");
	refuses("a: |\n  x\nb: 1\n\n   # z\nc: 2\n", "[{\"op\":\"remove\",\"path\":\"/b\"}]", "block-scalar");
}

static void
a_scalar_keeps_its_quotes_and_comment(void **state)
{
	(void)state;
	sets("a: 'x' # c\n", "/a", "\"it's\"", "a: 'it''s' # c\n");
	sets("a: \"x\"\n", "/a", "\"y\"", "a: \"y\"\n");
	sets("a: \"x\"\n", "/a", "1", "a: 1\n");
	sets("a: x   # c\n", "/a", "\"on\"", "a: \"on\"   # c\n");
	sets("a: 'q'\nb: x\n", "/b", "\"on\"", "a: 'q'\nb: 'on'\n");
	sets("a: &x !t y\n", "/a", "\"z\"", "a: &x !t z\n");
	sets("a: &x !!int 5\n", "/a", "\"z\"", "a: &x z\n");
	sets("a:\nb: 1\n", "/a", "\"z\"", "a: z\nb: 1\n");
	sets("a: # c\nb: 1\n", "/a", "\"z\"", "a: z # c\nb: 1\n");
	sets("- \n- 1\n", "/0", "2", "- 2\n- 1\n");
	sets("a: |  # c\n  x\n  y\nb: 1\n", "/a", "\"z\\n w\\n\"", "a: |\n  z\n   w\nb: 1\n");
	sets("a: x\nb: 1\n", "/a", "\"l1\\nl2\"", "a: |-\n  l1\n  l2\nb: 1\n");
	sets("a:\n    x\nb: 1\n", "/a", "\"l1\\nl2\"", "a:\n    |-\n      l1\n      l2\nb: 1\n");
	sets("{a: , b: 1}\n", "/a", "2", "{a: 2 , b: 1}\n");
	sets("{a, b: 1}\n", "/a", "2", "{a: 2, b: 1}\n");
	sets("a: >\n  x\n  y\n", "/a", "\"z\"", "a: z\n");
}

static void
a_block_scalar_is_replaced_by_a_literal(void **state)
{
	(void)state;
	sets("v: |\n  a: 1\n  b: 2\n", "/v", "\"a: 1\\nb: 3\\n\\n\"", "v: |+\n  a: 1\n  b: 3\n\n");
	sets("v: |\n  a: 1\n\n\n\nw: 1\n", "/v", "\"a: 1\\n\\n\"", "v: |+\n  a: 1\n\nw: 1\n");
	sets("v: |\n    a: 1\nw: 1\n", "/v", "\"  a: 1\\nb\"", "v: |4-\n      a: 1\n    b\nw: 1\n");
	sets("v: >\n  a: 1\n\nw: 1\n", "/v", "\"\\ta: 1\\nb: 1\\n\"", "v: |2\n  \ta: 1\n  b: 1\n\nw: 1\n");
	sets("c:\n- v: |\n      x\n  w: 1\n", "/c/0/v", "\"\\n  x\\ny\\n\\n\"", "c:\n- v: |4+\n\n        x\n      y\n\n  w: 1\n");
	sets("c:\n- |\n   x\n- 1\n", "/c/0", "\" x\\ny\\n\\n\"", "c:\n- |3+\n    x\n   y\n\n- 1\n");
	sets("v:\n  |\n   a: 1\n\nw: 1\n", "/v", "\" a: 1\\nb\\n\"", "v:\n  |3\n    a: 1\n   b\n\nw: 1\n");
	sets("v: |\r\n  a\r\n\r\nw: 1\r\n", "/v", "\" a\\n\\nb\\n\\n\"", "v: |2+\r\n   a\r\n\r\n  b\r\n\r\nw: 1\r\n");
	sets("v: |+\n  a\n\n\nw: 1\n", "/v", "\"a\\nb\\n\"", "v: |\n  a\n  b\nw: 1\n");
	/* lines of blanks only, more than nine columns, no final line break: quotes */
	sets("v: |\n  a\nw: 1\n", "/v", "\"a\\n  \\n\"", "v: \"a\\n  \\n\"\nw: 1\n");
	sets("v: |\n            a\nw: 1\n", "/v", "\" a\\nb\\n\"", "v: \" a\\nb\\n\"\nw: 1\n");
	sets("v: |\n  a", "/v", "\"a\\nb\\n\\n\"", "v: \"a\\nb\\n\\n\"");
	sets("v: x\n", "/v", "\"  a\\nb\"", "v: \"  a\\nb\"\n");
}

static void
a_value_changes_its_kind(void **state)
{
	(void)state;
	sets("a: x # c\nb: 1\n", "/a", "{\"c\":[1]}", "a: # c\n  c:\n    - 1\nb: 1\n");
	sets("- x\n- y\n", "/0", "{\"c\":1,\"d\":2}", "- c: 1\n  d: 2\n- y\n");
	sets("- x # c\n- y\n", "/0", "{\"c\":1,\"d\":2}", "- # c\n  c: 1\n  d: 2\n- y\n");
	sets("a:\n  b: 1 # c\nd: 2\n", "/a", "\"z\"", "a: z\nd: 2\n");
	sets("a:\n- b\nd: 2\n", "/a", "{\"e\":1}", "a:\n  e: 1\nd: 2\n");
	sets("a:\n  b: 1\nd: 2\n", "/a", "[1,2]", "a:\n  - 1\n  - 2\nd: 2\n");
	sets("a: {b: 1}\n", "/a", "{\"c\":2}", "a: {c: 2}\n");
	sets("--- x\n", "", "{\"c\":2}", "---\nc: 2\n");
	sets("a: 1\nb: 2\n", "", "[1]", "- 1\n");
	sets("a: null\n", "/a", "{\"c\":2}", "a:\n  c: 2\n");
	sets("a:\nb: 1\n", "/a", "{\"c\":2}", "a:\n  c: 2\nb: 1\n");
	sets("# x\n", "", "{\"c\":2}", "# x\nc: 2\n");
	sets("", "", "{\"c\":2}", "c: 2\n");
}

static void
new_lines_follow_the_style_of_their_neighbours(void **state)
{
	(void)state;
	adds("a: \"x\"\nb: \"y z\"\n", "/c", "\"w\"", "a: \"x\"\nb: \"y z\"\nc: \"w\"\n");
	adds("a: 'x: y'\nb: z\n", "/c", "\"n\"", "a: 'x: y'\nb: z\nc: 'n'\n");
	adds("a: 1\n", "/n", "{\"on\":\"a, b\",\"1e3\":\"a: b\"}", "a: 1\n\"n\":\n  \"on\": a, b\n  \"1e3\": \"a: b\"\n");
	adds("\"a\": 1\n", "/b", "2", "\"a\": 1\n\"b\": 2\n");
	adds("a: 1\n", "/b", "\"l1\\n  l2\\n\\nl3\\n\"", "a: 1\nb: |\n  l1\n    l2\n\n  l3\n");
	adds("a: 1\n", "/b", "\" l1\\nl2\"", "a: 1\nb: \" l1\\nl2\"\n");
	adds("a: 1\n", "/b", "\"20240101\"", "a: 1\nb: \"20240101\"\n");
	adds("a: 1\n", "/b", "1e300", "a: 1\nb: 1.0e+300\n");
	adds("a: 1\n", "/b", "0.1", "a: 1\nb: 0.1\n");
}

static void
unsafe_edits_are_refused(void **state)
{
	(void)state;
	refuses("a: &x {b: 1}\nc: *x\n", "[{\"op\":\"add\",\"path\":\"/c/d\",\"value\":1}]", "through-alias");
	refuses("a: &x {b: 1}\nc: *x\n", "[{\"op\":\"add\",\"path\":\"/a/d\",\"value\":1}]", "anchor-in-use");
	refuses("a: &x {b: 1}\nc: *x\n", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "anchor-in-use");
	refuses("a: &x {b: 1}\nc:\n  <<: *x\n", "[{\"op\":\"remove\",\"path\":\"/c/b\"}]", "through-merge-key");
	refuses("a: 1\na: 2\n", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "duplicate-key");
	refuses("a: \"\\0\"\n", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]", "unreadable");
	refuses("a: *x\n", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1}]", "unreadable");
	refuses("a:\n", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", "null-parent");
	refuses("a: 1\n---\nb: 2\n", "[]", "ambiguous");
	refuses("a: !x {b: 1}\n", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}]", "tagged");
	refuses("[a: b]\n", "[{\"op\":\"add\",\"path\":\"/0/c\",\"value\":1}]", "single-pair");
	refuses("a: 1\n", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]", "stale");
	refuses("a: 1\n", "[{\"op\":\"remove\",\"path\":\"\"}]", "whole-document");
	refuses_with(true, "a: 1\n", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2}]", "stale");
	gives("a: &x {b: 1}\nc: *x\n", "[{\"op\":\"test\",\"path\":\"/c/b\",\"value\":1.0},{\"op\":\"remove\",\"path\":\"/c\"}]",
	    "a: &x {b: 1}\n", NULL);
}

/* A removal leaves nothing at its path (RFC 6902, section 4.2), so a merge key may not have another value for it. */
static void
a_merge_key_brings_nothing_back(void **state)
{
	(void)state;
	refuses("base: &b {tag: 1}\nc:\n  <<: *b\n  tag: 2\n", "[{\"op\":\"remove\",\"path\":\"/c/tag\"}]", "through-merge-key");
	refuses("c: {<<: [{x: 1}, {tag: 5}], tag: 2}\n", "[{\"op\":\"move\",\"from\":\"/c/tag\",\"path\":\"/d\"}]", "through-merge-key");
	refuses("b: &b {tag: 1}\nc: &c\n  <<: *b\nd:\n  <<: *c\n  tag: 2\n", "[{\"op\":\"remove\",\"path\":\"/d/tag\"}]",
	    "through-merge-key");
	refuses("c:\n  <<: *x\n  tag: 2\n", "[{\"op\":\"remove\",\"path\":\"/c/tag\"}]", "unreadable");
	removes("base: &b {x: 1}\nc:\n  <<: *b\n  tag: 2\n", "/c/tag", "base: &b {x: 1}\nc:\n  <<: *b\n");
	removes("c:\n  \"<<\": {tag: 1}\n  tag: 2\n", "/c/tag", "c:\n  \"<<\": {tag: 1}\n");
	sets("base: &b {tag: 1}\nc:\n  <<: *b\n  tag: 2\n", "/c/tag", "3", "base: &b {tag: 1}\nc:\n  <<: *b\n  tag: 3\n");
}

static void
edits_values(const char *text, const char *at, const char *ops, json_t *created, const char *expected)
{
	struct rk_json_patch_options options = { .document = -1, .strict = true, .values = true, .created = created };
	struct rk_strbuf out = { 0 }, edits = { 0 };
	struct rk_err err = { 0 };
	json_t *list;

	rk_strbuf_printf(&edits, "[{\"at\":\"%s\",\"patch\":[%s]}]", at, ops);
	list = json(rk_strbuf_str(&edits));
	if (rk_json_patch_edits(text, strlen(text), &options, list, &out, &err) != RK_OK)
		fail_msg("%s\n%s: %s %s", text, ops, rk_code_word(err.code), err.msg);
	if (strcmp(rk_strbuf_str(&out), expected) != 0)
		fail_msg("%s gives\n%s\nnot\n%s", ops, rk_strbuf_str(&out), expected);
	json_decref(list);
	rk_strbuf_free(&edits);
	rk_strbuf_free(&out);
}

#define ADD_K "{\"op\":\"add\",\"path\":\"/k\",\"value\":{\"a\":1}}"
#define ADD_L "{\"op\":\"add\",\"path\":\"/l\",\"value\":2}"
#define REMOVE_K "{\"op\":\"remove\",\"path\":\"/k\"}"
#define REMOVE_L "{\"op\":\"remove\",\"path\":\"/l\"}"

static void
values_are_filled_and_emptied(const char *text, const char *at, const char *expected)
{
	edits_values(text, at, ADD_K, NULL, expected);
	edits_values(expected, at, REMOVE_K, NULL, text);
	edits_values(text, at, ADD_K "," ADD_L "," REMOVE_K "," REMOVE_L, NULL, text);
	edits_values(text, at, ADD_K "," ADD_L "," REMOVE_L "," REMOVE_K, NULL, text);
}

static void
values_without_content_are_an_empty_map(void **state)
{
	json_t *created = json_object();
	(void)state;

	values_are_filled_and_emptied("", "", "k:\n  a: 1\n");
	values_are_filled_and_emptied("# c\n\n", "", "# c\n\nk:\n  a: 1\n");
	values_are_filled_and_emptied("# c", "", "# c\nk:\n  a: 1");
	values_are_filled_and_emptied("# c\r\n# d", "", "# c\r\n# d\r\nk:\r\n  a: 1");
	values_are_filled_and_emptied("\xef\xbb\xbf# c\n", "", "\xef\xbb\xbf# c\nk:\n  a: 1\n");
	values_are_filled_and_emptied("---\n# c\n...\n# d\n", "", "---\n# c\nk:\n  a: 1\n...\n# d\n");
	values_are_filled_and_emptied("v: |-\n  # c\n\nw: 1\n", "/v", "v: |-\n  # c\n  k:\n    a: 1\n\nw: 1\n");
	values_are_filled_and_emptied("v: \"# c\"\n", "/v", "v: \"# c\\nk:\\n  a: 1\"\n");
	values_are_filled_and_emptied("# c\n{}\n", "", "# c\n{k: {a: 1}}\n");
	values_are_filled_and_emptied("{}\n", "", "{\"k\": {\"a\": 1}}\n");
	edits_values("", "", ADD_K, created, "k:\n  a: 1\n");
	edits_values("k:\n  a: 1\n", "", "{\"op\":\"add\",\"path\":\"/k\",\"value\":{\"b\":2}}", created, "k:\n  a: 1\n  b: 2\n");
	json_decref(created);
	/* what would not be an empty map, or not be the same document */
	edits_values("v: |\n  k: 1\nw: 1\n", "/v", REMOVE_K, NULL, "v: |\n  {}\nw: 1\n");
	edits_values("k: 1 # c\n", "", REMOVE_K, NULL, "");
	edits_values("--- !t\nk: 1\n", "", REMOVE_K, NULL, "--- !t\n{}\n");
	edits_values("- k\n", "", "{\"op\":\"remove\",\"path\":\"/0\"}", NULL, "[]\n");
	removes("k: 1\n", "/k", "{}\n");
	refuses("# c\n", "[" ADD_K "]", "null-parent");
	refuses("null\n", "[" ADD_K "]", "null-parent");
}

static void
created_maps_are_merged_into(void **state)
{
	json_t *created = json_object();
	(void)state;

	edits_strictly("v: {}\n", "[{\"at\":\"\",\"patch\":[{\"op\":\"add\",\"path\":\"/v/a\",\"value\":{\"b\":{\"c\":1}}}]}]", created,
	    "v: {a: {b: {c: 1}}}\n");
	edits_strictly("v: {a: {b: {c: 1}}}\n",
	    "[{\"at\":\"\",\"patch\":[{\"op\":\"add\",\"path\":\"/v/a\",\"value\":{\"b\":{\"c\":1,\"d\":2},\"e\":3}}]}]", created,
	    "v: {a: {b: {c: 1, d: 2}, e: 3}}\n");
	assert_int_equal(json_array_size(json_object_get(created, "")), 1);
	json_decref(created);
	refuses_edits("v: {a: {b: 1}}\n", "[{\"at\":\"\",\"patch\":[{\"op\":\"add\",\"path\":\"/v/a\",\"value\":{}}]}]", "stale");
}

#define VALUES(patch) "[{\"at\":\"/v\",\"patch\":[" patch "]}]"
#define ADD "{\"op\":\"add\",\"path\":\"/a/m\",\"value\":{\"t\":\"1e3\"}}"
#define REMOVE "{\"op\":\"remove\",\"path\":\"/a/m\"}"

static void
both_ways(const char *text, const char *expected)
{
	edits_strictly(text, VALUES(ADD), NULL, expected);
	edits_strictly(expected, VALUES(REMOVE), NULL, text);
}

static void
yaml_in_strings_is_edited(void **state)
{
	(void)state;
	both_ways("v: |\n  a:\n    b: 1 # c\n\n   \n  # d\n  e: 2\nw: 1\n", "v: |\n  a:\n    b: 1 # c\n    m:\n      t: \"1e3\"\n\n   \n  # d\n  e: 2\nw: 1\n");
	both_ways("v: |-\n    a:\n      b: 1\n\nw: 1\n", "v: |-\n    a:\n      b: 1\n      m:\n        t: \"1e3\"\n\nw: 1\n");
	both_ways("v: |\n  a:\n    b: 1", "v: |\n  a:\n    b: 1\n    m:\n      t: \"1e3\"");
	both_ways("v: |+\n  a:\n    b: 1\n\nw: 1\n", "v: |+\n  a:\n    b: 1\n    m:\n      t: \"1e3\"\n\nw: 1\n");
	both_ways("v: |\r\n  a:\r\n    b: 1\r\nw: 1\r\n", "v: |\r\n  a:\r\n    b: 1\r\n    m:\r\n      t: \"1e3\"\r\nw: 1\r\n");
	both_ways("v: |2 # x\n  a:\n    b: 1\n", "v: |2 # x\n  a:\n    b: 1\n    m:\n      t: \"1e3\"\n");
	both_ways("v: \"a:\\n  b: 1\\n\"\n", "v: \"a:\\n  b: 1\\n  m:\\n    t: \\\"1e3\\\"\\n\"\n");
	both_ways("v: 'a: {b: ''1''}'\n", "v: 'a: {b: ''1'', m: {t: ''1e3''}}'\n");
	both_ways("v: 'a: {b: 1}'\nw: 1\n", "v: 'a: {b: 1, m: {t: \"1e3\"}}'\nw: 1\n");
	edits_strictly("v: 'a: 1'\n", VALUES("{\"op\":\"add\",\"path\":\"/b\",\"value\":{\"c\":{\"d\":1}}}"), NULL,
	    "v: 'a: 1\n\n  b: {c: {d: 1}}'\n");
	edits_strictly("v: 'a: 1\n\n  b: {c: {d: 1}}'\n", VALUES("{\"op\":\"remove\",\"path\":\"/b\"}"), NULL, "v: 'a: 1'\n");
	edits_strictly("v: 'a: 1 # b'\n", VALUES("{\"op\":\"replace\",\"path\":\"/a\",\"value\":{\"c\":1}}"), NULL,
	    "v: 'a: {c: 1} # b'\n");
	both_ways("{\"v\": \"a: {}\\nc: 1\"}", "{\"v\": \"a: {m: {t: \\\"1e3\\\"}}\\nc: 1\"}");
	both_ways("v: >\n  a: {}\n\n  b:\n    c: 1\n", "v: >\n  a: {m: {t: \"1e3\"}}\n\n  b:\n    c: 1\n");
	both_ways("v: >-\n  {a: {b: 1},\n  c: [d,\n  e],\n\n  f: 1}\nw: 1\n", "v: >-\n  {a: {b: 1, m: {t: \"1e3\"}},\n  c: [d,\n  e],\n\n  f: 1}\nw: 1\n");
	edits_strictly("v: >\n  {a: b,\n  c: [d,\n  e], f: 1}\nw: 1\n", VALUES("{\"op\":\"remove\",\"path\":\"/c\"}"), NULL,
	    "v: >\n  {a: b,\n  f: 1}\nw: 1\n");
	edits_strictly("v: >\n  {a: b,\n  c: [d,\n  e], f: 1}\nw: 1\n", VALUES("{\"op\":\"replace\",\"path\":\"/c/0\",\"value\":\"x y\"}"), NULL,
	    "v: >\n  {a: b,\n  c: [x y,\n  e], f: 1}\nw: 1\n");
	refuses_edits("v: >-\n  a:\n    b: 1\n  c: 1\n", VALUES(ADD), "string-style");
	refuses_edits("v: |\n  {{ if .x }}\n  a: {}\n", VALUES(ADD), "not-yaml");
	refuses_edits("v: |\n  b: {{ .x }}\n  a: {}\n", VALUES(ADD), "not-yaml");
	refuses_edits("v: '? a'\n", VALUES("{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}"), "explicit-key");
	refuses_edits("v: 1\n", VALUES(ADD), "no-such-path");
	refuses_edits("w: 1\n", VALUES(ADD), "no-such-path");
}

#define REMOVE_B VALUES("{\"op\":\"remove\",\"path\":\"/b\"}")

static void
blank_lines_at_the_end_of_a_string_stay(void **state)
{
	(void)state;
	edits_strictly("v: |\n  a: 1\n\n  b: 1\n\n", REMOVE_B, NULL, "v: |\n  a: 1\n\n\n");
	edits_strictly("v: |\n  a: 1\n\n\n  b: 1\nw: 1\n", REMOVE_B, NULL, "v: |\n  a: 1\n\n\nw: 1\n");
	edits_strictly("v: |\r\n  a: 1\r\n\r\n  b: 1\r\n", REMOVE_B, NULL, "v: |\r\n  a: 1\r\n\r\n");
	edits_strictly("v: |-\n  a: 1\n\n\n  b: 1\n\nw: 1\n", REMOVE_B, NULL, "v: |-\n  a: 1\n\n\n\nw: 1\n");
	edits_strictly("v: |-\n  a: 1\n\n  b: 1", REMOVE_B, NULL, "v: |-\n  a: 1\n");
	edits_strictly("v: |\n  a: 1\n\n  b: 1", REMOVE_B, NULL, "v: |\n  a: 1\n");
	edits_strictly("v: |\n  a: |-\n    x\n\n  b: 1\nw: 1\n", REMOVE_B, NULL, "v: |\n  a: |-\n    x\n\nw: 1\n");
	edits_strictly("v: |+\n  a: 1\n\n  b: 1\n\nw: 1\n", REMOVE_B, NULL, "v: |+\n  a: 1\n\n\nw: 1\n");
	refuses_edits("v: >\n  a: 1\n\n\n  b: 1\n", REMOVE_B, "string-style");
	/* unless they are content of the string's last value */
	edits_strictly("v: |\n  a: |+\n    x\n\n  b: 1\n\n\nw: 1\n", REMOVE_B, NULL, "v: |+\n  a: |+\n    x\n\nw: 1\n");
	edits_strictly("v: |-\n  a: |+\n    x\n\n  b: 1\n\n\nw: 1\n", REMOVE_B, NULL, "v: |+\n  a: |+\n    x\n\nw: 1\n");
	edits_strictly("v: |-\n  a: |\n    x\n  b: 1\nw: 1\n", REMOVE_B, NULL, "v: |\n  a: |\n    x\nw: 1\n");
	edits_strictly("v: |-\n  a: |\n    x\n  b: 1", REMOVE_B, NULL, "v: |\n  a: |\n    x\n");
}

static void
a_string_that_ends_in_a_block_scalar_gains_keys_before_it(void **state)
{
	(void)state;
	both_ways("v: |-\n  a:\n    b: 1\n    c: |\n      x\nw: 1\n",
	    "v: |-\n  a:\n    b: 1\n    m:\n      t: \"1e3\"\n    c: |\n      x\nw: 1\n");
	both_ways("v: |-\n  # h\n  a:\n    c: >\n      x\n", "v: |-\n  # h\n  a:\n    m:\n      t: \"1e3\"\n    c: >\n      x\n");
	both_ways("v: \"a:\\n  # h\\n  c: |\\n    x\"\n", "v: \"a:\\n  m:\\n    t: \\\"1e3\\\"\\n  # h\\n  c: |\\n    x\"\n");
}

static void
moves(const char *text, const char *from, const char *to, const char *expected)
{
	struct rk_strbuf patch = { 0 };

	rk_strbuf_printf(&patch, "[{\"op\":\"move\",\"from\":\"%s\",\"path\":\"%s\"}]", from, to);
	gives(text, rk_strbuf_str(&patch), expected, NULL);
	rk_strbuf_free(&patch);
}

static void
a_moved_value_is_written_in_the_style_of_its_new_neighbours(void **state)
{
	(void)state;
	moves("a:\n  b: 'x' # y\n  c: 1\n", "/a/b", "/d", "a:\n  c: 1\nd: x\n");
	moves("a:\n    b:\n    - c # d\n    e: |\n      f\n\n       g\nh:\n  i: 1\n", "/a", "/h/a",
	    "h:\n  i: 1\n  a:\n    b:\n      - c\n    e: |\n      f\n\n       g\n");
	moves("a:\n  image:\n    tag: 0x1F\n  c: 1\n", "/a/image", "/i", "a:\n  c: 1\ni:\n  tag: 31\n");
	moves("a:\n- b # c\n- 'd'\n- e: f # g\n", "/a/2", "/a/0", "a:\n- e: 'f'\n- b # c\n- 'd'\n");
	moves("a:\r\n  b: 1 # c\r\n  d: 2\r\ne: {}\r\n", "/a", "/g", "e: {}\r\ng:\r\n  b: 1\r\n  d: 2\r\n");
	moves("a: 'x' # y\nb: {c: 1}\n", "/a", "/b/d", "b: {c: 1, d: x}\n");
	moves("a:\n  b: &x 1 # c\nd: 1\n", "/a", "/e", "d: 1\ne:\n  b: 1\n");
	moves("a: 'x' # y\nb: 1 # z\n", "/a", "/b", "b: x # z\n");
	moves("s: [t:  u \n\t, v]\n", "/s/0", "/new", "s: [v]\nnew:\n  t: u\n");
	moves("s: [? t : u, v]\n", "/s/0", "/new", "s: [v]\nnew:\n  t: u\n");
	moves("s: [v, t:\n\tu]\n", "/s/1", "/s/0", "s: [{t: u}, v]\n");
	moves("a:\n  b: |\n    c\nd: 1", "/a", "/e", "d: 1\ne:\n  b: \"c\\n\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_member_follows_the_last_one),
		cmocka_unit_test(a_missing_final_line_break_stays_missing),
		cmocka_unit_test(a_block_scalar_that_ends_the_text_keeps_its_ending),
		cmocka_unit_test(line_endings_and_byte_order_marks_stay),
		cmocka_unit_test(flow_stays_flow),
		cmocka_unit_test(json_stays_json),
		cmocka_unit_test(a_removal_leaves_nothing_of_the_entry),
		cmocka_unit_test(a_scalar_keeps_its_quotes_and_comment),
		cmocka_unit_test(a_block_scalar_is_replaced_by_a_literal),
		cmocka_unit_test(a_value_changes_its_kind),
		cmocka_unit_test(new_lines_follow_the_style_of_their_neighbours),
		cmocka_unit_test(unsafe_edits_are_refused),
		cmocka_unit_test(a_merge_key_brings_nothing_back),
		cmocka_unit_test(values_without_content_are_an_empty_map),
		cmocka_unit_test(created_maps_are_merged_into),
		cmocka_unit_test(yaml_in_strings_is_edited),
		cmocka_unit_test(blank_lines_at_the_end_of_a_string_stay),
		cmocka_unit_test(a_string_that_ends_in_a_block_scalar_gains_keys_before_it),
		cmocka_unit_test(a_moved_value_is_written_in_the_style_of_its_new_neighbours),
	};

	return cmocka_run_group_tests_name("patch", tests, NULL, NULL);
}
