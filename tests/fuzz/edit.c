/*
 * Fuzz edits.  An input is a line with a patch, and after it the text to patch.  The line has a byte of flags, then
 * three bytes an operation: its kind, its path and its value.  So every input is a patch, most of paths that exist.  Under
 * the flag MARKS the values are replaced and added with marks; if that is not refused, taking all back gives the text.
 * If FUZZ_STRICT is in the environment, a result that verification had to catch ends the run; else such inputs are
 * counted, and the first of them kept as FUZZ_KEEP/NUMBER, if that is a directory.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "yaml/json_patch.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"
#include "fuzz.h"

#define PATHS 250
#define OPERATIONS ((size_t)6)
#define KEEP 1000

enum { STRICT = 1, CREATED = 2, INSIDE = 4, DOCUMENT = 8, MARKS = 64 };

static const char *const values[] = { "1", "\"x\"", "null", "{}", "[]", "{\"a\":1}", "[1,2]", "\"on\"", "1.5", "\"a: b\\n\"",
	"{\"a\":{\"b\":[\"c\",{\"d\":\"e\"}]}}", "\"l1\\nl2\\n\"", "\"l1\\nl2\"", "[[1],{\"k\":\" l1\\n\\nl2\"}]", "\"\\u2028'\\\"\"" };

static const char *const scalars[] = { "1", "\"x\"", "null", "\"on\"", "1.5", "\"a: b\\n\"", "\"l1\\nl2\"", "\"\\u2028'\\\"\"", "true",
	"\"\"" };

/* Append every pointer of a value, and for each map or list that of a new member or last item. */
static void
paths(const json_t *value, const char *at, json_t *list)
{
	char path[512];
	const char *key;
	json_t *each;
	size_t i;

	if (json_array_size(list) >= PATHS || strlen(at) > 400)
		return;
	json_array_append_new(list, json_string(at));
	if (json_is_object(value) || json_is_array(value)) {
		snprintf(path, sizeof path, "%s/%s", at, json_is_object(value) ? "new" : "-");
		json_array_append_new(list, json_string(path));
	}
	json_object_foreach((json_t *)value, key, each) {
		if (strlen(key) > 100 || strpbrk(key, "~/"))
			continue;
		snprintf(path, sizeof path, "%s/%s", at, key);
		paths(each, path, list);
	}
	json_array_foreach(value, i, each) {
		snprintf(path, sizeof path, "%s/%zu", at, i);
		paths(each, path, list);
	}
}

/* List the pointers of all documents; only "" if it is not YAML. */
static json_t *
paths_of(const char *text, size_t len)
{
	json_t *list = json_array(), *value;
	struct rk_err err = { 0 };
	struct rk_yaml *yaml;
	size_t i;

	if (rk_yaml_parse(text, len, &yaml, &err) == RK_OK)
		for (i = 0; i < rk_yaml_documents(yaml); i++)
			if (rk_yaml_root(yaml, i) && rk_yaml_json(yaml, rk_yaml_root(yaml, i), &value, &err) == RK_OK) {
				paths(value, "", list);
				json_decref(value);
			}
	rk_yaml_free(yaml);
	if (json_array_size(list) == 0)
		json_array_append_new(list, json_string(""));
	return list;
}

static const char *
pick(const json_t *list, uint8_t n)
{
	return json_string_value(json_array_get(list, n % json_array_size(list)));
}

static json_t *
patch_of(const uint8_t *ops, size_t len, const json_t *list)
{
	static const char *const names[] = { "add", "remove", "replace", "move", "copy", "test", "add" };
	json_t *patch = json_array(), *value;
	struct rk_err err;
	const char *name;
	size_t i;

	for (i = 0; i + 2 < len && i < 3 * OPERATIONS; i += 3) {
		name = names[ops[i] % 7];
		if (rk_json_parse(values[ops[i + 2] % 15], strlen(values[ops[i + 2] % 15]), &value, &err) != RK_OK)
			abort();
		json_array_append_new(patch, json_pack("{s:s,s:s,s:s,s:o}", "op", name, "path", pick(list, ops[i + 1]),
		    "from", pick(list, ops[i + 2]), "value", value));
	}
	return patch;
}

/* Read the value at a pointer of the first document. */
static json_t *
string_at(const char *text, size_t len, const char *path)
{
	struct rk_err err = { 0 };
	struct rk_yaml *yaml;
	json_t *value = NULL;

	if (rk_yaml_parse(text, len, &yaml, &err) == RK_OK &&
	    rk_yaml_json(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), path), &value, &err) != RK_OK)
		value = NULL;
	rk_yaml_free(yaml);
	return value;
}

static unsigned long caught;	/* results that verification has caught */

static void
tell(void)
{
	fprintf(stderr, "caught by verification: %lu\n", caught);
}

static void
keep(const uint8_t *data, size_t size)
{
	const char *dir = getenv("FUZZ_KEEP");
	char name[4096];
	FILE *file;

	if (!dir || caught > KEEP)
		return;
	snprintf(name, sizeof name, "%s/%lu", dir, caught);
	file = fopen(name, "wb");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		perror(name);
}

/* Has verification found that the result of an edit is wrong? */
static bool
is_caught(enum rk_rc rc, const struct rk_err *err)
{
	return rc == RK_REFUSED && err->code == RK_CODE_UNSAFE_EDIT;
}

static void
check(enum rk_rc rc, const struct rk_err *err, const struct rk_strbuf *out)
{
	struct rk_err again = { 0 };
	struct rk_yaml *yaml;

	if (is_caught(rc, err) && !caught++)
		atexit(tell);
	if ((is_caught(rc, err) && getenv("FUZZ_STRICT")) || (rc == RK_REFUSED && !err->code) ||
	    (rc != RK_OK && rc != RK_REFUSED && rc != RK_EDATA)) {
		fprintf(stderr, "%d: %s\n", (int)rc, err->msg);
		abort();
	}
	if (rc == RK_OK) {
		rc = rk_yaml_parse(out->data ? out->data : "", out->len, &yaml, &again);
		if (rc != RK_OK) {
			fprintf(stderr, "the result is not YAML: %s\n", again.msg);
			abort();
		}
		rk_yaml_free(yaml);
	} else if (out->len) {
		fprintf(stderr, "refused, but something was written\n");
		abort();
	}
}

static enum rk_rc
apply(const uint8_t *ops, size_t n, const char *text, size_t len, struct rk_strbuf *out, struct rk_err *err)
{
	struct rk_json_patch_options options = { .document = -1, .strict = ops[0] & STRICT };
	json_t *list = paths_of(text, len), *inside = NULL, *patch, *edits, *string = NULL;
	const char *at = ops[0] & INSIDE ? pick(list, ops[1]) : "";
	enum rk_rc rc;

	if (ops[0] & DOCUMENT)
		options.document = ops[0] >> 4 & 3;
	if (*at && (string = string_at(text, len, at)) && json_is_string(string))
		inside = paths_of(json_string_value(string), json_string_length(string));
	patch = patch_of(ops + 2, n - 2, inside ? inside : list);
	if (ops[0] & (CREATED | INSIDE)) {
		options.created = ops[0] & CREATED ? json_pack("{s:[s]}", at, pick(inside ? inside : list, ops[1])) : NULL;
		edits = json_pack("[{s:s,s:O}]", "at", at, "patch", patch);
		rc = rk_json_patch_edits(text, len, &options, edits, out, err);
		json_decref(edits);
		json_decref(options.created);
	} else {
		rc = rk_json_patch_apply(text, len, &options, patch, out, err);
	}
	if (is_caught(rc, err) && getenv("FUZZ_STRICT"))
		json_dumpf(patch, stderr, 0);
	json_decref(patch);
	json_decref(list);
	json_decref(inside);
	json_decref(string);
	return rc;
}

/* Append the bytes of the scalar at a pointer as a JSON string; return false if they cannot be in a mark, or have one. */
static bool
add_raw(struct rk_strbuf *mark, const char *text, size_t len, const char *path)
{
	const struct rk_yaml_node *node;
	struct rk_mark has;
	struct rk_yaml *yaml;
	struct rk_err err;
	json_t *raw;
	char *dump;
	bool is;

	if (rk_yaml_parse(text, len, &yaml, &err) != RK_OK)
		return false;
	node = rk_yaml_node(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), path));
	is = node->kind == RK_YAML_SCALAR && rk_mark_is_scalar(text + node->start, node->end - node->start);
	if (rk_mark_find(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), path), &has, &err) == RK_OK)
		is = false;
	rk_mark_free(&has);
	if (is) {
		raw = json_stringn(text + node->start, node->end - node->start);
		dump = json_dumps(raw, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
		rk_strbuf_puts(mark, dump);
		free(dump);
		json_decref(raw);
	}
	rk_yaml_free(yaml);
	return is;
}

/* Is there a scalar at a pointer, or a new member of a map in block style? */
static bool
is_editable(const char *text, size_t len, const char *path)
{
	const struct rk_yaml_node *node;
	char above[512];
	struct rk_yaml *yaml;
	struct rk_err err;
	bool is;

	if (rk_yaml_parse(text, len, &yaml, &err) != RK_OK)
		return false;
	snprintf(above, sizeof above, "%s", path);
	if (strrchr(above, '/'))
		*strrchr(above, '/') = '\0';
	node = rk_yaml_node(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), above));
	is = node->style == RK_YAML_BLOCK && node->kind == RK_YAML_MAP;
	node = rk_yaml_node(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), path));
	is = is && (node->kind == RK_YAML_SCALAR || node->kind == RK_YAML_NONE);
	rk_yaml_free(yaml);
	return is;
}

/* Append the marks of all that is added at path. */
static void
add_marks(json_t *marks, const json_t *value, const char *path)
{
	char below[600];
	const char *key;
	json_t *each;
	size_t i;

	json_array_append_new(marks, json_pack("{ss ss}", "path", path, "mark", json_object_size(value) || json_array_size(value)
	    ? "c/ring-a made" : "c/ring-a ?"));
	json_object_foreach((json_t *)value, key, each) {
		snprintf(below, sizeof below, "%s/%s", path, key);
		add_marks(marks, each, below);
	}
	json_array_foreach(value, i, each) {
		snprintf(below, sizeof below, "%s/%zu", path, i);
		add_marks(marks, each, below);
	}
}

/* Fill an edit with marks, and the one that takes it back. */
static void
marked(const uint8_t *ops, size_t n, const char *text, size_t len, const json_t *list, json_t *there, json_t *back)
{
	json_t *patch = json_object_get(there, "patch"), *marks = json_object_get(there, "marks"), *value, *seen = json_object();
	struct rk_strbuf mark = { 0 };
	struct rk_err err;
	const char *path, *word;
	size_t i, next;
	bool adds;

	for (i = 0; i + 2 < n && i < 3 * OPERATIONS; i += 3) {
		path = pick(list, ops[i + 1]);
		for (next = 1; next < 20 && !is_editable(text, len, path); next++)
			path = pick(list, (uint8_t)(ops[i + 1] + next));
		adds = strlen(path) >= 4 && strcmp(path + strlen(path) - 4, "/new") == 0;
		if (json_object_get(seen, path))
			continue;
		json_object_set_new(seen, path, json_true());
		word = adds ? values[ops[i + 2] % 15] : scalars[ops[i + 2] % 10];
		if (rk_json_parse(word, strlen(word), &value, &err) != RK_OK)
			abort();
		rk_strbuf_clear(&mark);
		rk_strbuf_puts(&mark, ops[i] % 4 == 3 ? "c/ring-b ? over ring-a " : "c/ring-a ? was ");
		if (adds) {
			json_array_append_new(patch, json_pack("{ss ss sO}", "op", "add", "path", path, "value", value));
			json_array_append_new(back, json_pack("{ss ss}", "op", "remove", "path", path));
			add_marks(marks, value, path);
		} else if (add_raw(&mark, text, len, path)) {
			if (ops[i] % 4)
				json_array_append_new(patch, json_pack("{ss ss sO}", "op", "replace", "path", path, "value", value));
			json_array_append_new(back, json_pack("{ss ss so}", "op", "replace", "path", path, "value", string_at(text, len, path)));
			json_array_append_new(marks, json_pack("{ss ss}", "path", path, "mark", mark.data));
		}
		json_decref(value);
	}
	rk_strbuf_free(&mark);
	json_decref(seen);
}

/* The marks that are restored: those of the values that are replaced. */
static json_t *
restores(const json_t *marks, const json_t *back)
{
	json_t *list = json_array(), *operation, *mark;
	size_t i, j;

	json_array_foreach(back, i, operation)
		json_array_foreach(marks, j, mark)
			if (json_object_get(operation, "value") &&
			    json_equal(json_object_get(mark, "path"), json_object_get(operation, "path")))
				json_array_append_new(list, json_pack("{sO sO ss}", "path", json_object_get(mark, "path"), "mark",
				    json_object_get(mark, "mark"), "op", "restore"));
	return list;
}

/* What "over" restores has the mark of the ring that was below: it goes, too. */
static json_t *
leftovers(const struct rk_strbuf *text, const json_t *edits)
{
	const char *at = json_string_value(json_object_get(json_array_get(edits, 0), "at")), *inner = text->data;
	json_t *list = json_array(), *string = *at ? string_at(text->data, text->len, at) : NULL, *mark;
	struct rk_strbuf found = { 0 };
	struct rk_yaml *yaml;
	struct rk_mark has;
	struct rk_err err;
	const char *path;
	size_t i;

	if (string)
		inner = json_string_value(string);
	if (rk_yaml_parse(inner, strlen(inner), &yaml, &err) != RK_OK)
		abort();
	json_array_foreach(json_object_get(json_array_get(edits, 0), "marks"), i, mark) {
		path = json_string_value(json_object_get(mark, "path"));
		if (rk_mark_find(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, 0), path), &has, &err) == RK_OK) {
			rk_strbuf_clear(&found);
			rk_mark_write(&has, &found);
			json_array_append_new(list, json_pack("{ss ss ss}", "path", path, "mark", found.data, "op", "remove"));
		}
		rk_mark_free(&has);
	}
	rk_yaml_free(yaml);
	rk_strbuf_free(&found);
	json_decref(string);
	return list;
}

/* Write marks and take them back. */
static void
there_and_back(const uint8_t *ops, size_t n, const char *text, size_t len)
{
	const struct rk_json_patch_options options = { .document = -1, .strict = true };
	json_t *list = paths_of(text, len), *inside = NULL, *string = NULL, *edits, *there, *back = json_array();
	const char *at = ops[0] & INSIDE ? pick(list, ops[1]) : "", *inner = text;
	struct rk_strbuf out = { 0 }, again = { 0 }, last = { 0 };
	struct rk_err err = { 0 };
	struct rk_yaml *yaml;
	enum rk_rc rc;

	if (*at && (string = string_at(text, len, at)) && json_is_string(string)) {
		inside = paths_of(json_string_value(string), json_string_length(string));
		inner = json_string_value(string);
	}
	there = json_pack("{ss s[] s[]}", "at", at, "patch", "marks");
	edits = json_pack("[o]", there);
	marked(ops + 2, n - 2, inner, inside ? json_string_length(string) : len, inside ? inside : list, there, back);
	rc = rk_yaml_parse(text, len, &yaml, &err);
	if (rc == RK_OK)
		rc = rk_json_patch_check(yaml, &options, edits, NULL, &err);
	rk_yaml_free(yaml);
	if (rc == RK_OK && json_array_size(json_object_get(there, "marks"))) {
		EXPECT(rk_json_patch_edits(text, len, &options, edits, &out, &err) == RK_OK);
		json_object_set_new(there, "marks", restores(json_object_get(there, "marks"), back));
		json_object_set(there, "patch", back);
		rc = rk_json_patch_edits(out.data, out.len, &options, edits, &again, &err);
		check(rc, &err, &again);
		if (rc == RK_OK) {
			json_object_set_new(there, "marks", leftovers(&again, edits));
			json_object_set_new(there, "patch", json_array());
			rc = rk_json_patch_edits(again.data, again.len, &options, edits, &last, &err);
		}
		if (rc != RK_OK || last.len != len || memcmp(last.data, text, len) != 0) {
			fprintf(stderr, "%s\n--- there\n%s\n--- back\n%s\n---\n%s\n", rc == RK_OK ? "" : err.msg, out.data, rk_strbuf_str(&again), text);
			json_dumpf(back, stderr, 0);
			abort();
		}
	} else {
		check(rc == RK_OK ? RK_REFUSED : rc, &(struct rk_err){ .code = rc == RK_OK ? RK_CODE_NO_MARK : err.code }, &out);
	}
	rk_strbuf_free(&out);
	rk_strbuf_free(&again);
	rk_strbuf_free(&last);
	json_decref(back);
	json_decref(edits);
	json_decref(list);
	json_decref(inside);
	json_decref(string);
}

int
fuzz_edit(const uint8_t *data, size_t size)
{
	const uint8_t *nl = size ? memchr(data, '\n', size) : NULL;
	size_t n = nl ? (size_t)(nl - data) : 0, len = size - n - 1;
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc;
	char *text;

	if (n < 2)
		return 0;
	text = fuzz_copy(nl + 1, len);
	if (data[0] & MARKS) {
		there_and_back(data, n, text, len);
		free(text);
		return 0;
	}
	rc = apply(data, n, text, len, &out, &err);
	check(rc, &err, &out);
	if (is_caught(rc, &err))
		keep(data, size);
	rk_strbuf_free(&out);
	free(text);
	return 0;
}
