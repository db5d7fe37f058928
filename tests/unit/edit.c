#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "yaml/edit.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

static json_t *
json(const char *text)
{
	json_t *json;
	struct rk_err err = { 0 };

	if (rk_json_parse(text, strlen(text), &json, &err) != RK_OK)
		fail_msg("%s: %s", text, err.msg);
	return json;
}

static bool
is_key(const struct rk_yaml *y, uint32_t node)
{
	uint32_t child = rk_yaml_node(y, rk_yaml_node(y, node)->parent)->child;
	bool key = rk_yaml_node(y, rk_yaml_node(y, node)->parent)->kind == RK_YAML_MAP;

	for (; key && child != node; child = rk_yaml_node(y, rk_yaml_node(y, child)->next)->next)
		if (rk_yaml_node(y, child)->next == node)
			return false;
	return key;
}

/* Carry out each kind of edit at each node, each on the same text; return how many were possible. */
static unsigned
edit_everywhere(const char *text, const json_t *value)
{
	struct rk_edit *edit;
	struct rk_err err = { 0 };
	const struct rk_yaml_node *n;
	uint32_t node, count = 2, up;
	unsigned done = 0, kind;
	enum rk_rc rc;

	for (kind = 0; kind < 3; kind++) {
		for (node = 1; node < count; node++) {
			if (rk_edit_open(text, strlen(text), &edit, &err) != RK_OK)
				fail_msg("%s: %s", text, err.msg);
			count = rk_yaml_nodes(rk_edit_yaml(edit));
			n = rk_yaml_node(rk_edit_yaml(edit), node);
			for (up = node; up && !is_key(rk_edit_yaml(edit), up); up = rk_yaml_node(rk_edit_yaml(edit), up)->parent)
				;
			rc = up ? RK_END : kind == 0 ? rk_edit_replace(edit, node, value, &err) :
			    kind == 1 ? rk_edit_remove(edit, node, &err) :
			    n->kind == RK_YAML_MAP ? rk_edit_add(edit, node, "new", 0, value, &err) :
			    n->kind == RK_YAML_SEQ ? rk_edit_add(edit, node, NULL, n->count / 2, value, &err) : RK_END;
			if (rc != RK_OK && rc != RK_END && rc != RK_REFUSED)
				fail_msg("%s: %s", text, err.msg);
			done += rc == RK_OK;
			rk_edit_close(edit);
		}
	}
	return done;
}

static void
each_node_is_replaced_removed_and_added_to(void **state)
{
	static const char *const inputs[] = {
		"a: 1\nb:\n  c: 2 # c\n\n# d\nd: 3\n",
		"a:\n- b: 1\n  c:\n  - d: e\n    f: |\n      g\n\n  h: 1\n- i\nj: {k: [l, m]}\nn: o\n",
		"---\na: &x 1\nb: *x\nc:\n  d: &y {e: *x}\n  f: *y\n  g: 1\nh: *y\ni: &x 2\n",
		"a: 1\n---\nb:\n  c: 1\n  d: 2\ne: 3\n---\n---\nf: 1\n...\n# g\n",
		"? a\n: b: 1\n  c: 2\n? d\n: - e\n  - f\ng: h\n",
		"a: \"b\n  c\"\nd: e\n  f\ng: >-\n  h\n   i\nj: 1\n",
		"a:\r\n  b: 1\r\n  c:\r\n    - d\r\ne: 2",
		"- - a: 1\n    b: 2\n  - c\n- d:\n    e: f\n    g: h\n",
		"%YAML 1.1\n---\na: !!str 1\nb: !t\n  c: 1\n  d: 2\ne: 1\n",
		"s:\n- a\n-\n- b\nt:\n  u: 1\n  v: 2\n",
	};
	static const char *const values[] = { "1", "\"x: y\"", "{\"k\":{\"l\":[1,{\"m\":\"n\"}]}}", "[]", "\"l1\\nl2\\n\"" };
	unsigned done = 0;
	size_t i, j;
	json_t *value;
	(void)state;

	for (j = 0; j < sizeof values / sizeof *values; j++) {
		value = json(values[j]);
		for (i = 0; i < sizeof inputs / sizeof *inputs; i++)
			done += edit_everywhere(inputs[i], value);
		json_decref(value);
	}
	print_message("# %u edits\n", done);
	assert_true(done > 500);
}

static void
a_failed_edit_changes_nothing(void **state)
{
	const char *text = "a: |+\n  x\nb: 1\n\nc: 2\n";
	struct rk_edit *edit;
	struct rk_err err = { 0 };
	size_t len;
	(void)state;

	assert_int_equal(rk_edit_open(text, strlen(text), &edit, &err), RK_OK);
	assert_int_equal(rk_edit_remove(edit, rk_yaml_at(rk_edit_yaml(edit), 1, "/b"), &err), RK_REFUSED);
	assert_string_equal(rk_code_word(err.code), "block-scalar");
	assert_ptr_equal(rk_edit_text(edit, &len), text);
	assert_int_equal(rk_edit_remove(edit, rk_yaml_at(rk_edit_yaml(edit), 1, "/c"), &err), RK_OK);
	assert_string_equal(rk_edit_text(edit, &len), "a: |+\n  x\nb: 1\n\n");
	rk_edit_close(edit);
}

/* If the old tree were not compared with the new one, these inputs would silently change their meaning. */
static void
no_line_joins_a_neighbouring_block_scalar(void **state)
{
	static const char *const inputs[] = { "a: |+\n  x\nb: 1\n\nc: 2\n", "a: |\n  x\nb: 1\n\n   # y\nc: 2\n",
		"a: >\n  x\nb: 1\n\n  # y\n", "c:\n  a: |\n    x\nb: 1\n\n     # y\n" };
	struct rk_edit *edit;
	struct rk_err err = { 0 };
	size_t i;
	(void)state;

	for (i = 0; i < sizeof inputs / sizeof *inputs; i++) {
		assert_int_equal(rk_edit_open(inputs[i], strlen(inputs[i]), &edit, &err), RK_OK);
		assert_int_equal(rk_edit_remove(edit, rk_yaml_at(rk_edit_yaml(edit), 1, "/b"), &err), RK_REFUSED);
		assert_string_equal(rk_code_word(err.code), "block-scalar");
		rk_edit_close(edit);
	}
}

static void
bounds_are_refused(void **state)
{
	struct rk_strbuf text = { 0 };
	struct rk_edit *edit;
	struct rk_err err = { 0 };
	json_t *value = json("[[1]]");
	(void)state;

	rk_strbuf_fill(&text, '[', RK_YAML_DEPTH);
	rk_strbuf_puts(&text, " x");
	rk_strbuf_fill(&text, ']', RK_YAML_DEPTH);
	assert_int_equal(rk_edit_open(rk_strbuf_str(&text), text.len, &edit, &err), RK_OK);
	assert_int_equal(rk_edit_replace(edit, RK_YAML_DEPTH + 1, value, &err), RK_REFUSED);
	assert_string_equal(rk_code_word(err.code), "too-large");
	rk_edit_close(edit);
	rk_strbuf_clear(&text);
	rk_strbuf_fill(&text, 'k', 2000);
	assert_int_equal(rk_edit_open("a: {}\n", 6, &edit, &err), RK_OK);
	assert_int_equal(rk_edit_add(edit, 1, rk_strbuf_str(&text), 0, value, &err), RK_REFUSED);
	assert_string_equal(rk_code_word(err.code), "key-too-long");
	rk_edit_close(edit);
	rk_strbuf_free(&text);
	json_decref(value);
}

/* No known edit goes wrong, so these are splices that do not do what they say. */
static const struct wrong {
	const char *old, *new, *why;		/* why: NULL if the result is right */
	size_t from, to;
	uint32_t first, gone, parent;
	int children;
	const char *key, *value;
} wrong[] = {
	/* /a by 1 */
	{ "a: 0\nb: 2\n", "a: 1\nb: 2\n", NULL, 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "a: 2\nb: 2\n", "the requested value", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "a: 1\nb: 2\nc: 3\n", "(count)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "a: 1\n", "(count)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "a: 1\n---\nb: 2\n", "(count)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "a: [1]\nb: 2\n", "the requested value", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "{a: 1,\nb: 2}\n", "(shape)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "- a: 1\n  b: 2\n", "(shape)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: '2'\n", "a: 1\nb: \"2\"\n", "(shape)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 22\n", "a: 1\nb: []\n", "(shape)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: [1, 2]\n", "a: 1\nb: [[1,2]]\n", "(shape)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 22\n", "a: 1\nb: 2 \n", "(offsets)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: &x  2\n", "a: 1\nb:  &x 2\n", "(offsets)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: &x 22\n", "a: 1\nb: &x  2\n", "(offsets)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: |2\n  2\n", "a: 1\nb: |2\n  2\n", NULL, 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: |-2\n  2\n", "a: 1\nb: |-2\n  2\n", NULL, 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\n", "a: 1\n---\n", "the number of documents", 3, 4, 3, 1, 1, 0, NULL, "1" },
	/* the same, but the splice reaches into a neighbour */
	{ "a: 0\nb: 2\n", "a: 1\nb: 2\n", "(splice)", 0, 4, 3, 1, 1, 0, NULL, "1" },
	{ "a: 0\nb: 2\n", "a: 1\nb: 2\n", "(splice)", 3, 6, 3, 1, 1, 0, NULL, "1" },
	/* /a by a string */
	{ "a: 0\nb: 2\n", "a: 'x'\nb: 2\n", NULL, 3, 4, 3, 1, 1, 0, NULL, "\"x\"" },
	{ "a: 0\nb: 2\n", "a: 'y'\nb: 2\n", "the requested value", 3, 4, 3, 1, 1, 0, NULL, "\"x\"" },
	{ "a: 0\nb: 2\n", "a: 'xx'\nb: 2\n", "the requested value", 3, 4, 3, 1, 1, 0, NULL, "\"x\"" },
	{ "a: 0\nb: 2\n", "a: !t 'x'\nb: 2\n", "the requested value", 3, 4, 3, 1, 1, 0, NULL, "\"y\"" },
	/* /a/b and /0/0 by 1: what is above */
	{ "a:\n  b: 0\n", "a:\n  b: 1\n", NULL, 8, 9, 5, 1, 3, 0, NULL, "1" },
	{ "a:\n  b: 0\n", "a:\n   b: 1\n", "(offsets)", 8, 9, 5, 1, 3, 0, NULL, "1" },
	{ "a: &x\n  b: 0\n", "a:  &x\n  b: 1\n", "(offsets)", 11, 12, 5, 1, 3, 0, NULL, "1" },
	{ "a: &x\n  b: 0\n", "a: &xx\n  b: 1\n", "(offsets)", 11, 12, 5, 1, 3, 0, NULL, "1" },
	{ "[[0], 2]\n", "[[1], 2]\n", NULL, 2, 3, 3, 1, 2, 0, NULL, "1" },
	{ "[[0], 2]\n", "[[1] , 2]\n", "(end)", 2, 3, 3, 1, 2, 0, NULL, "1" },
	/* /z by 1: an alias of another anchor */
	{ "x: &x 1\ny: &y 2\nz: 0\nw: *x\n", "x: &x 1\ny: &y 2\nz: 1\nw: *x\n", NULL, 19, 20, 7, 1, 1, 0, NULL, "1" },
	{ "x: &x 1\ny: &y 2\nz: 0\nw: *x\n", "x: &x 1\ny: &y 2\nz: 1\nw: *y\n", "(alias)", 19, 20, 7, 1, 1, 0, NULL, "1" },
	{ "z: 0\nx: &x 1\ny: &y 2\nw: *x\n", "z: 1\nx: &x 1\ny: &y 2\nw: *x\n", NULL, 3, 4, 3, 1, 1, 0, NULL, "1" },
	{ "z: 0\nx: &x 1\ny: &y 2\nw: *x\n", "z: 1\nx: &x 1\ny: &y 2\nw: *y\n", "(alias)", 3, 4, 3, 1, 1, 0, NULL, "1" },
	/* an added entry k: 1 */
	{ "a: 0\n", "a: 0\nk: 1\n", NULL, 5, 5, 4, 0, 1, 2, "k", "1" },
	{ "a: 0\n", "a: 0\nx: 1\n", "(key)", 5, 5, 4, 0, 1, 2, "k", "1" },
	/* a removed entry b, which comes back in another document */
	{ "a: 0\nb: 2\n---\n", "a: 0\n---\n", NULL, 5, 10, 4, 2, 1, -2, NULL, NULL },
	{ "a: 0\nb: 2\n---\n", "a: 0\n---\nb: 2\n", "(debris)", 5, 10, 4, 2, 1, -2, NULL, NULL },
	/* documents: the root of the first by 2, or removed */
	{ "0\n---\n1\n---\n", "2\n---\n1\n---\n", NULL, 0, 1, 1, 1, 0, 0, NULL, "2" },
	{ "0\n---\n1\n---\n", "2\n---\n---\n1\n#ab\n", "the root of another document", 0, 1, 1, 1, 0, 0, NULL, "2" },
	{ "0\n", "\n", NULL, 0, 1, 1, 1, 0, 0, NULL, NULL },
	{ "0\n", "1\n", "the root of another document", 0, 1, 1, 1, 0, 0, NULL, NULL },
};

static void
a_wrong_result_is_refused_as_unsafe(void **state)
{
	const struct wrong *w;
	struct rk_splice splice;
	struct rk_err err;
	struct rk_yaml *old, *new;
	enum rk_rc rc;
	(void)state;

	for (w = wrong; w < wrong + sizeof wrong / sizeof *wrong; w++) {
		err = (struct rk_err){ 0 };
		assert_int_equal(rk_yaml_parse(w->old, strlen(w->old), &old, &err), RK_OK);
		assert_int_equal(rk_yaml_parse(w->new, strlen(w->new), &new, &err), RK_OK);
		splice = (struct rk_splice){ .from = w->from, .to = w->to, .first = w->first, .gone = w->gone, .parent = w->parent,
			.children = w->children, .key = w->key, .value = w->value ? json(w->value) : NULL };
		rc = rk_verify_edit(old, new, &splice, &err);
		if (w->why ? rc != RK_REFUSED || err.code != RK_CODE_UNSAFE_EDIT || !strstr(err.msg, w->why) : rc != RK_OK)
			fail_msg("case %d: %s: %d %s", (int)(w - wrong), w->new, rc, err.msg);
		json_decref((json_t *)splice.value);
		rk_yaml_free(old);
		rk_yaml_free(new);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_node_is_replaced_removed_and_added_to),
		cmocka_unit_test(a_failed_edit_changes_nothing),
		cmocka_unit_test(no_line_joins_a_neighbouring_block_scalar),
		cmocka_unit_test(bounds_are_refused),
		cmocka_unit_test(a_wrong_result_is_refused_as_unsafe),
	};

	return cmocka_run_group_tests_name("edit", tests, NULL, NULL);
}
