/*
 * Fuzz edits.  An input is a line with a patch, and after it the text to patch.  The line has a byte of flags, then
 * three bytes an operation: its kind, its path and its value.  So every input is a patch, most of paths that exist.
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
#include "yaml/yaml.h"
#include "fuzz.h"

#define PATHS 250
#define OPERATIONS ((size_t)6)
#define KEEP 1000

enum { STRICT = 1, CREATED = 2, INSIDE = 4, DOCUMENT = 8 };

static const char *const values[] = { "1", "\"x\"", "null", "{}", "[]", "{\"a\":1}", "[1,2]", "\"on\"", "1.5", "\"a: b\\n\"",
	"{\"a\":{\"b\":[\"c\",{\"d\":\"e\"}]}}", "\"l1\\nl2\\n\"", "\"l1\\nl2\"", "[[1],{\"k\":\" l1\\n\\nl2\"}]", "\"\\u2028'\\\"\"" };

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
	rc = apply(data, n, text, len, &out, &err);
	check(rc, &err, &out);
	if (is_caught(rc, &err))
		keep(data, size);
	rk_strbuf_free(&out);
	free(text);
	return 0;
}
