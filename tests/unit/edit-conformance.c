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
read_file(const char *name, struct rk_strbuf *text)
{
	FILE *file = fopen(corpus(name), "r");
	char bytes[4096];
	size_t n;

	if (!file)
		return false;
	while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
		rk_strbuf_add(text, bytes, n);
	fclose(file);
	return true;
}

/* The document as a file: as JSON, or as YAML that somebody might have written. */
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

/* The document that the patch gives, NULL when it does not apply. */
static json_t *
patched(const json_t *document, bool yaml, const json_t *patch)
{
	struct rk_json_patch_options options = { .document = -1 };
	struct rk_strbuf text = { 0 }, out = { 0 };
	struct rk_err err = { 0 };
	struct rk_yaml *y = NULL;
	json_t *result = NULL;
	enum rk_rc rc;

	as_text(document, yaml, &text);
	rc = rk_json_patch_apply(rk_strbuf_str(&text), text.len, &options, patch, &out, &err);
	if (rc == RK_OK && !yaml)
		rc = rk_json_parse(rk_strbuf_str(&out), out.len, &result, &err);
	if (rc == RK_OK && yaml)
		rc = rk_yaml_parse(rk_strbuf_str(&out), out.len, &y, &err);
	if (rc == RK_OK && yaml)
		rc = rk_yaml_json(y, rk_yaml_root(y, 0), &result, &err);
	if (rc != RK_OK && rc != RK_REFUSED && rc != RK_EDATA)
		fail_msg("%s: %s", rk_strbuf_str(&text), err.msg);
	rk_yaml_free(y);
	rk_strbuf_free(&text);
	rk_strbuf_free(&out);
	return result;
}

static unsigned
cases_of(const char *name, bool yaml)
{
	struct rk_strbuf text = { 0 };
	json_t *list, *each, *want, *have;
	const char *comment;
	unsigned n = 0;
	size_t i;

	assert_true(read_file(name, &text));
	list = json_loadb(text.data, text.len, 0, NULL);
	assert_non_null(list);
	json_array_foreach(list, i, each) {
		want = json_object_get(each, "expected");
		if (json_is_true(json_object_get(each, "disabled")) || !json_object_get(each, "patch"))
			continue;
		comment = json_string_value(json_object_get(each, "comment"));
		have = patched(json_object_get(each, "doc"), yaml, json_object_get(each, "patch"));
		if (json_object_get(each, "error") ? have != NULL : !have || (want && !rk_json_equal(have, want)))
			fail_msg("%s: case %zu, %s", name, i, comment ? comment : "without a comment");
		json_decref(have);
		n++;
	}
	json_decref(list);
	rk_strbuf_free(&text);
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

/* Every place of a real manifest: what is added there and removed again leaves no trace. */
static void
set_and_clear(const char *name, unsigned *done, unsigned *refused)
{
	struct rk_strbuf text = { 0 };
	struct rk_edit draft;
	struct rk_err err = { 0 };
	const struct rk_yaml_node *n;
	json_t *value = json_pack("{s:{s:s,s:s}}", "image", "repository", "ghcr.io/x/y-ring-z", "tag", "0644");
	uint32_t node, added;
	size_t document;
	enum rk_rc rc;

	assert_true(read_file(name, &text));
	for (node = 1, document = 0;; node++) {
		rc = rk_edit_open(&draft, text.data, text.len, document, &err);
		if (rc != RK_OK)
			fail_msg("%s: %s", name, err.msg);
		if (node >= rk_yaml_nodes(draft.yaml)) {
			rk_edit_close(&draft);
			break;
		}
		n = rk_yaml_node(draft.yaml, node);
		rc = n->kind == RK_YAML_MAP ? rk_edit_add(&draft, node, "ringkit", 0, value, &err) :
		    n->kind == RK_YAML_SEQ ? rk_edit_add(&draft, node, NULL, n->count, value, &err) : RK_END;
		if (rc == RK_OK) {
			n = rk_yaml_node(draft.yaml, node);
			for (added = n->child; rk_yaml_node(draft.yaml, added)->next; added = rk_yaml_node(draft.yaml, added)->next)
				;
			if (rk_edit_remove(&draft, added, &err) != RK_OK)
				fail_msg("%s: %s", name, err.msg);
			if (draft.len != text.len || memcmp(draft.text, text.data, text.len) != 0)
				fail_msg("%s: node %u", name, node);
			++*done;
		} else if (rc == RK_REFUSED) {
			++*refused;
		} else if (rc != RK_END) {
			fail_msg("%s: node %u: %s", name, node, err.msg);
		}
		rk_edit_close(&draft);
	}
	json_decref(value);
	rk_strbuf_free(&text);
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
		set_and_clear(name, &done, &refused);
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

	assert_true(read_file("yaml/hang41.yaml", &text));
	assert_int_equal(rk_yaml_parse(text.data, text.len, &y, &err), RK_EDATA);
	rk_strbuf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_corpus_of_patches_passes_on_json),
		cmocka_unit_test(the_corpus_of_patches_passes_on_yaml),
		cmocka_unit_test(each_manifest_of_the_corpus_is_set_and_cleared_everywhere),
		cmocka_unit_test(bytes_of_the_corpus_that_hang_libfyaml_are_no_text),
	};

	if (access(corpus("SOURCES.md"), R_OK) != 0) {
		printf("1..0 # SKIP no corpus at %s\n", corpus(""));
		return 0;
	}
	return cmocka_run_group_tests_name("edit-conformance", tests, NULL, NULL);
}
