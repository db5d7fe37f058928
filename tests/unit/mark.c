/* Marks, by rows of marks.json (what an edit with marks gives, and the way back) and marks-forged.json (what is refused). */
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
#include "yaml/mark.h"
#include "yaml/yaml.h"

static json_t *
rows(const char *file)
{
	json_error_t error;
	json_t *json = json_load_file(file, 0, &error);

	if (!json_is_array(json))
		fail_msg("%s: %s", file, error.text);
	return json;
}

/* Apply edits; fill: their marks get their sums first, as mkpatch(1) does. */
static enum rk_rc
apply(const char *text, json_t *edits, bool fill, struct rk_strbuf *out, struct rk_err *err)
{
	const struct rk_json_patch_options options = { .document = -1, .strict = true, .values = true };
	struct rk_yaml *yaml = NULL;
	enum rk_rc rc = RK_OK;

	if (fill && (rc = rk_yaml_parse(text, strlen(text), &yaml, err)) == RK_OK)
		rc = rk_json_patch_check(yaml, &options, edits, NULL, err);
	rk_yaml_free(yaml);
	return rc == RK_OK ? rk_json_patch_edits(text, strlen(text), &options, edits, out, err) : rc;
}

static void
gives(const char *text, json_t *edits, bool fill, const char *expected)
{
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };

	if (apply(text, edits, fill, &out, &err) != RK_OK)
		fail_msg("%s\n%s: %s", text, rk_code_word(err.code), err.msg);
	if (strcmp(rk_strbuf_str(&out), expected) != 0)
		fail_msg("%s\ngives\n%s\nnot\n%s", text, rk_strbuf_str(&out), expected);
	rk_strbuf_free(&out);
}

/* The value that the bytes of a scalar are read as. */
static json_t *
decode(const struct rk_strbuf *raw)
{
	struct rk_strbuf text = { 0 };
	struct rk_yaml *yaml;
	struct rk_err err;
	json_t *value;

	rk_strbuf_printf(&text, "k: %s\n", rk_strbuf_str(raw));
	assert_int_equal(rk_yaml_parse(text.data, text.len, &yaml, &err), RK_OK);
	assert_int_equal(rk_yaml_json(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), "/k"), &value, &err), RK_OK);
	rk_yaml_free(yaml);
	rk_strbuf_free(&text);
	return value;
}

/* Has an operation of patch written the value at path, or one above it? */
static bool
is_written(const json_t *patch, const char *path, bool above)
{
	const char *each;
	json_t *operation;
	bool is = false;
	size_t i, len;

	json_array_foreach(patch, i, operation) {
		each = json_string_value(json_object_get(operation, "path"));
		len = strlen(each);
		is = is || (!above && strcmp(each, path) == 0) || (above && strncmp(each, path, len) == 0 && path[len] == '/');
	}
	return is;
}

/* The edit that takes an edit back. */
static json_t *
inverse(const json_t *edit)
{
	json_t *patch = json_array(), *marks = json_array(), *each;
	const json_t *written = json_object_get(edit, "patch");
	const char *path, *text;
	struct rk_mark mark;
	struct rk_err err;
	size_t i, used;

	json_array_foreach(json_object_get(edit, "marks"), i, each) {
		path = json_string_value(json_object_get(each, "path"));
		text = json_string_value(json_object_get(each, "mark"));
		assert_int_equal(rk_mark_parse(text, strlen(text), &mark, &used, &err), RK_OK);
		if (mark.replaced)
			rk_json_append(patch, rk_json_pack("{ss ss so}", "op", "replace", "path", path, "value", decode(&mark.was)));
		else if (is_written(written, path, false))
			rk_json_append(patch, rk_json_pack("{ss ss}", "op", "remove", "path", path));
		if (mark.replaced || (!is_written(written, path, false) && !is_written(written, path, true)))
			rk_json_append(marks, rk_json_pack("{ss ss ss}", "path", path, "mark", text, "op", mark.replaced ? "restore" :
			    "remove"));
		rk_mark_free(&mark);
	}
	return rk_json_pack("{sO so so}", "at", json_object_get(edit, "at"), "patch", patch, "marks", marks);
}

static void
a_mark_is_written_with_its_value_and_the_way_back_gives_the_bytes(void **state)
{
	json_t *list = rows("tests/unit/marks.json"), *row, *edits, *back, *edit;
	const char *before, *after;
	size_t i, j;

	(void)state;
	json_array_foreach(list, i, row) {
		before = json_string_value(json_object_get(row, "before"));
		after = json_string_value(json_object_get(row, "after"));
		edits = json_object_get(row, "edits");
		gives(before, edits, true, after);
		back = json_deep_copy(json_object_get(row, "back"));
		if (!back) {
			back = json_array();
			json_array_foreach(edits, j, edit)
				json_array_insert_new(back, 0, inverse(edit));
		}
		if (json_array_size(back))
			gives(after, back, false, before);
		json_decref(back);
	}
	assert_true(i > 80);
	json_decref(list);
}

static void
a_forged_or_broken_mark_changes_nothing(void **state)
{
	json_t *list = rows("tests/unit/marks-forged.json"), *row;
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	const char *text, *code, *got;
	enum rk_rc rc;
	size_t i;

	(void)state;
	json_array_foreach(list, i, row) {
		text = json_string_value(json_object_get(row, "text"));
		code = json_string_value(json_object_get(row, "code"));
		rc = apply(text, json_object_get(row, "edits"), json_is_true(json_object_get(row, "fill")), &out, &err);
		got = rc == RK_REFUSED ? rk_code_word(err.code) : rc == RK_EDATA ? "data" : "nothing";
		if (strcmp(got, code) != 0)
			fail_msg("%zu: %s\n%s: %s, not %s\n%s", i, text, got, err.msg, code, rk_strbuf_str(&out));
		assert_int_equal(out.len, 0);
	}
	assert_true(i > 160);
	json_decref(list);
}

/* As sha256sum(1) has them. */
static void
a_sum_is_the_start_of_a_sha_256(void **state)
{
	char sum[RK_MARK_SUM];

	(void)state;
	rk_mark_sum("abc", 3, sum);
	assert_string_equal(sum, "ba7816bf");
	rk_mark_sum("", 0, sum);
	assert_string_equal(sum, "e3b0c442");
}

/* The second record of a stream finds what the first has made. */
static void
edits_of_one_stream_share_the_maps_that_they_make(void **state)
{
	struct rk_json_patch_options options = { .document = -1, .strict = true, .values = true, .created = json_object() };
	const char *ring[] = { "c/ring-a", "d/ring-b" }, *leaf[] = { "c", "d" };
	struct rk_strbuf text = { 0 }, out = { 0 };
	struct rk_err err = { 0 };
	struct rk_yaml *yaml;
	json_t *edits;
	size_t i;

	(void)state;
	rk_strbuf_puts(&text, "a: 1\n");
	for (i = 0; i < 2; i++) {
		edits = rk_json_pack("[{ss s[{ss ss s{s{ss}}}] s[{ss ss+}{ss+ ss+}{ss+ ss+}]}]", "at", "", "patch", "op", "add", "path",
		    "/m", "value", leaf[i], "t", "x", "marks", "path", "/m", "mark", ring[i], " made", "path", "/m/", leaf[i], "mark", ring[i],
		    " made", "path", i ? "/m/d" : "/m/c", "/t", "mark", ring[i], " ?");
		assert_int_equal(rk_yaml_parse(text.data, text.len, &yaml, &err), RK_OK);
		if (rk_json_patch_check(yaml, &(struct rk_json_patch_options){ .document = -1, .strict = true,
		    .created = json_incref(options.created) }, edits, NULL, &err) != RK_OK)
			fail_msg("%s", err.msg);
		json_decref(options.created);
		rk_yaml_free(yaml);
		if (i == 0)
			json_object_clear(options.created);
		assert_int_equal(rk_json_patch_edits(text.data, text.len, &options, edits, &out, &err), RK_OK);
		json_decref(edits);
		rk_strbuf_free(&text);
		text = out;
		out = (struct rk_strbuf){ 0 };
	}
	assert_string_equal(text.data, "a: 1\nm:  # ringkit: c/ring-a made\n  c:  # ringkit: c/ring-a made\n    t: x  # ringkit: c/ring-a 2d711642\n"
	    "  d:  # ringkit: d/ring-b made\n    t: x  # ringkit: d/ring-b 2d711642\n");
	rk_strbuf_free(&text);
	json_decref(options.created);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_written_with_its_value_and_the_way_back_gives_the_bytes),
		cmocka_unit_test(a_forged_or_broken_mark_changes_nothing),
		cmocka_unit_test(a_sum_is_the_start_of_a_sha_256),
		cmocka_unit_test(edits_of_one_stream_share_the_maps_that_they_make),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
