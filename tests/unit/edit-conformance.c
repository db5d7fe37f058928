#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "yaml/edit.h"
#include "yaml/emit.h"
#include "yaml/json_patch.h"
#include "yaml/yaml.h"

static const char *
corpus(const char *name)
{
	static char path[4096];	/* a test's own, good until the next call */
	const char *root = getenv("RINGKIT_CORPUS");

	snprintf(path, sizeof path, "%s/%s", root ? root : "../shared/corpus", name);
	return path;
}

static bool
read_file(const char *path, struct rk_strbuf *text)
{
	FILE *file = fopen(path, "r");
	char bytes[4096];
	size_t n;

	if (!file)
		return false;
	while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
		rk_strbuf_add(text, bytes, n);
	fclose(file);
	return true;
}

/* The document as a file: as JSON, or as YAML in block style. */
static void
as_text(const json_t *document, bool yaml, struct rk_strbuf *text)
{
	struct rk_emit_style style = { .newline = "\n", .step = 2, .quote = '\'', .literal = true, .colon = ": ", .comma = ", " };

	if (yaml && json_object_size(document) + json_array_size(document) > 0)
		rk_emit_entries(text, document, &style, 0);
	else if (yaml)
		rk_emit_flow(text, document, &style, NULL, NULL);
	else
		rk_json_add(text, document);
	rk_strbuf_putc(text, '\n');
}

/*
 * Apply patch to document, written as YAML or JSON.  *result is the patched document as a new reference, NULL unless RK_OK.
 * RK_REFUSED, RK_EDATA: the patch fails, and the text is as it was.  Any other failure ends the test.
 */
static enum rk_rc
patched(const json_t *document, bool yaml, const json_t *patch, json_t **result)
{
	struct rk_json_patch_options options = { .document = -1 };
	struct rk_strbuf text = { 0 }, out = { 0 };
	struct rk_err err = { 0 };
	struct rk_yaml *y = NULL;
	enum rk_rc rc, failed;

	*result = NULL;
	as_text(document, yaml, &text);
	failed = rc = rk_json_patch_apply(rk_strbuf_str(&text), text.len, &options, patch, &out, &err);
	if (rc != RK_OK && out.len)
		fail_msg("%s: a patch that fails has written %s", rk_strbuf_str(&text), out.data);
	if (rc == RK_OK && !yaml)
		rc = rk_json_parse(rk_strbuf_str(&out), out.len, result, &err);
	if (rc == RK_OK && yaml)
		rc = rk_yaml_parse(rk_strbuf_str(&out), out.len, &y, &err);
	if (rc == RK_OK && yaml)
		rc = rk_yaml_json(y, rk_yaml_root(y, 0), result, &err);
	if (rc != failed || (rc != RK_OK && rc != RK_REFUSED && rc != RK_EDATA))
		fail_msg("%s: %s", rk_strbuf_str(&text), err.msg);
	rk_yaml_free(y);
	rk_strbuf_free(&text);
	rk_strbuf_free(&out);
	return rc;
}

static json_t *
read_cases(const char *path)
{
	struct rk_strbuf text = { 0 };
	json_t *list;

	if (!read_file(path, &text))
		fail_msg("cannot read %s", path);
	list = json_loadb(text.data, text.len, 0, NULL);
	assert_non_null(list);
	rk_strbuf_free(&text);
	return list;
}

/* The patch of a case: as it is, or as the text that a file would hold.  NULL: the text is not JSON to us. */
static json_t *
patch_of(const json_t *each)
{
	const char *text = json_string_value(json_object_get(each, "patch_text"));
	struct rk_err err = { 0 };
	json_t *patch;

	if (!text)
		return json_incref(json_object_get(each, "patch"));
	return rk_json_parse(text, strlen(text), &patch, &err) == RK_OK ? patch : NULL;
}

/* Hold the rules of the two RFCs (tests/rfc6902.json): the outcome, and how a patch fails. */
static unsigned
table(bool yaml)
{
	json_t *list = read_cases("tests/rfc6902.json"), *each, *expected, *have, *patch;
	const char *error;
	enum rk_rc rc, outcome;
	size_t i;

	json_array_foreach(list, i, each) {
		expected = json_object_get(each, "expected");
		error = json_string_value(json_object_get(each, "error"));
		outcome = expected ? RK_OK : error && strcmp(error, "malformed") == 0 ? RK_EDATA : RK_REFUSED;
		patch = patch_of(each);
		have = NULL;
		rc = patch ? patched(json_object_get(each, "doc"), yaml, patch, &have) : RK_EDATA;
		if (rc != outcome || (expected && !rk_json_equal(have, expected)))
			fail_msg("case %zu, RFC %s, section %s: %s", i, json_string_value(json_object_get(each, "rfc")),
			    json_string_value(json_object_get(each, "section")), json_string_value(json_object_get(each, "rule")));
		json_decref(have);
		json_decref(patch);
	}
	i = json_array_size(list);
	json_decref(list);
	return (unsigned)i;
}

static void
the_table_of_the_rfcs_holds_on_json(void **state)
{
	(void)state;
	assert_true(table(false) >= 120);
}

static void
the_table_of_the_rfcs_holds_on_yaml(void **state)
{
	(void)state;
	assert_true(table(true) >= 120);
}

static unsigned
cases_of(const char *name, bool yaml)
{
	json_t *list = read_cases(corpus(name)), *each, *expected, *have;
	const char *comment;
	unsigned n = 0;
	size_t i;

	json_array_foreach(list, i, each) {
		expected = json_object_get(each, "expected");
		if (json_is_true(json_object_get(each, "disabled")) || !json_object_get(each, "patch"))
			continue;
		comment = json_string_value(json_object_get(each, "comment"));
		patched(json_object_get(each, "doc"), yaml, json_object_get(each, "patch"), &have);
		if (json_object_get(each, "error") ? have != NULL : !have || (expected && !rk_json_equal(have, expected)))
			fail_msg("%s: case %zu, %s", name, i, comment ? comment : "without a comment");
		json_decref(have);
		n++;
	}
	json_decref(list);
	return n;
}

static void
the_corpus_of_patches_passes_on_json(void **state)
{
	unsigned n = cases_of("json-patch-tests/tests.json", false) + cases_of("json-patch-tests/spec_tests.json", false);
	(void)state;

	print_message("# %u cases\n", n);
	assert_true(n >= 108);
}

static void
the_corpus_of_patches_passes_on_yaml(void **state)
{
	unsigned n = cases_of("json-patch-tests/tests.json", true) + cases_of("json-patch-tests/spec_tests.json", true);
	(void)state;

	print_message("# %u cases\n", n);
	assert_true(n >= 108);
}

/* Add to a map or list, and remove that again: every byte is as it was.  RK_END: the node is neither. */
static enum rk_rc
set_and_clear_node(struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(rk_edit_yaml(edit), node);
	uint32_t added, last;
	enum rk_rc rc;

	rc = n->kind == RK_YAML_MAP ? rk_edit_add(edit, node, "ringkit", 0, value, err) :
	    n->kind == RK_YAML_SEQ ? rk_edit_add(edit, node, NULL, n->count, value, err) : RK_END;
	if (rc != RK_OK)
		return rc;
	added = rk_yaml_get(rk_edit_yaml(edit), node, "ringkit");
	for (last = rk_yaml_node(rk_edit_yaml(edit), node)->child; !added && rk_yaml_node(rk_edit_yaml(edit), last)->next;)
		last = rk_yaml_node(rk_edit_yaml(edit), last)->next;
	if (!added)
		added = last;
	return rk_edit_remove(edit, added, err);
}

/* The same for each map and list of a file, in all its documents. */
static void
set_and_clear(const char *path, unsigned *done, unsigned *refused)
{
	struct rk_strbuf text = { 0 };
	struct rk_edit *edit;
	struct rk_err err = { 0 };
	json_t *value = json_pack("{s:{s:s,s:s}}", "image", "repository", "ghcr.io/x/y-ring-z", "tag", "0644");
	uint32_t node = 1, nodes = 2;
	const char *after;
	enum rk_rc rc;
	size_t len;

	assert_true(read_file(path, &text));
	for (; node < nodes; node++) {
		rc = rk_edit_open(rk_strbuf_str(&text), text.len, &edit, &err);
		if (rc != RK_OK)
			fail_msg("%s: %s", path, err.msg);
		nodes = rk_yaml_nodes(rk_edit_yaml(edit));
		if (node < nodes) {
			rc = set_and_clear_node(edit, node, value, &err);
			if (rc != RK_OK && rc != RK_END && rc != RK_REFUSED)
				fail_msg("%s: node %u: %s", path, node, err.msg);
			after = rk_edit_text(edit, &len);
			if (rc == RK_OK && (len != text.len || memcmp(after, text.data, text.len) != 0))
				fail_msg("%s: node %u is not as it was", path, node);
			*done += rc == RK_OK;
			*refused += rc == RK_REFUSED;
		}
		rk_edit_close(edit);
	}
	json_decref(value);
	rk_strbuf_free(&text);
}

/* Every manifest of ours, except the one that is not YAML. */
static void
each_manifest_is_set_and_cleared_everywhere(void **state)
{
	unsigned done = 0, refused = 0;
	glob_t found;
	size_t i;
	(void)state;

	assert_int_equal(glob("tests/manifests/*/*", 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++)
		if (!strstr(found.gl_pathv[i], "/broken-indent."))
			set_and_clear(found.gl_pathv[i], &done, &refused);
	assert_true(found.gl_pathc > 100);
	globfree(&found);
	print_message("# %u places, %u refused\n", done, refused);
	assert_true(done > 1000);
	assert_true(refused < done / 50);
}

static void
each_manifest_of_the_corpus_is_set_and_cleared_everywhere(void **state)
{
	static const char *const names[] = { "D1", "D2", "D4", "D5", "D6", "D7", "D8", "D10", "D13", "D14", "D15" };
	char name[64];
	unsigned done = 0, refused = 0;
	size_t i;
	(void)state;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "manifests/%s.yaml", names[i]);
		set_and_clear(corpus(name), &done, &refused);
	}
	print_message("# %u places, %u refused\n", done, refused);
	assert_true(done > 300);
	assert_int_equal(refused, 0);
}

static void
bytes_of_the_corpus_that_hang_libfyaml_are_no_text(void **state)
{
	struct rk_strbuf text = { 0 };
	struct rk_yaml *y;
	struct rk_err err = { 0 };
	(void)state;

	assert_true(read_file(corpus("yaml/hang41.yaml"), &text));
	assert_int_equal(rk_yaml_parse(text.data, text.len, &y, &err), RK_EDATA);
	rk_strbuf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest ours[] = {
		cmocka_unit_test(the_table_of_the_rfcs_holds_on_json),
		cmocka_unit_test(the_table_of_the_rfcs_holds_on_yaml),
		cmocka_unit_test(each_manifest_is_set_and_cleared_everywhere),
	};
	const struct CMUnitTest all[] = {
		ours[0],
		ours[1],
		ours[2],
		cmocka_unit_test(the_corpus_of_patches_passes_on_json),
		cmocka_unit_test(the_corpus_of_patches_passes_on_yaml),
		cmocka_unit_test(each_manifest_of_the_corpus_is_set_and_cleared_everywhere),
		cmocka_unit_test(bytes_of_the_corpus_that_hang_libfyaml_are_no_text),
	};

	if (access(corpus("SOURCES.md"), R_OK) == 0)
		return cmocka_run_group_tests_name("edit-conformance", all, NULL, NULL);
	printf("# no corpus at %s: its tests are left out\n", corpus(""));
	return cmocka_run_group_tests_name("edit-conformance", ours, NULL, NULL);
}
