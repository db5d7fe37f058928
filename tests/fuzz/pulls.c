/*
 * Fuzz pull requests: an input is GitHub's answer.  What is read is written in the shape of the REST API, and must be read as
 * the same again; the branches of open ones, as mkpatch --open reads them, are those that we find in it.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "forge/pulls.h"
#include "fuzz.h"

static const char *
string(const json_t *pull, const char *member)
{
	const json_t *value = json_object_get(pull, member);

	EXPECT(!value || (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value)));
	return json_string_value(value);
}

static void
check_pull(const json_t *pull)
{
	static const char *const members[] = { "commit", "base", "repository", "author" };
	const json_t *number = json_object_get(pull, "number"), *labels = json_object_get(pull, "labels");
	const char *state = string(pull, "state"), *updated = string(pull, "updated"), *label;
	json_t *each;
	size_t i;

	EXPECT(string(pull, "head"));
	for (i = 0; i < sizeof members / sizeof *members; i++)
		string(pull, members[i]);
	EXPECT(!number || json_integer_value(number) > 0);
	EXPECT(!state || strcmp(state, "open") == 0 || strcmp(state, "closed") == 0 || strcmp(state, "merged") == 0);
	EXPECT(!string(pull, "merge") || (state && strcmp(state, "merged") == 0) || !state || strcmp(state, "open") == 0 ||
	    strcmp(state, "closed") == 0);
	EXPECT(!updated || fuzz_matches("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", updated));
	EXPECT(!labels || json_array_size(labels) <= 100);
	json_array_foreach(labels, i, each) {
		label = json_string_value(each);
		EXPECT(label && strncmp(label, "cohort:", 7) == 0 && json_string_length(each) <= 1024);
	}
}

/* A pull request as the REST API has it; a member that is missing stays so. */
static json_t *
rest_pull(const json_t *pull)
{
	const char *state = string(pull, "state"), *repository = string(pull, "repository");
	json_t *labels = NULL, *label, *rest, *base;
	size_t i;

	if (json_object_get(pull, "labels"))
		labels = json_array();
	json_array_foreach(json_object_get(pull, "labels"), i, label)
		json_array_append_new(labels, json_pack("{sO ss}", "name", label, "color", "f00"));
	base = json_pack("{sO* so*}", "ref", json_object_get(pull, "base"), "repo",
	    repository ? json_pack("{ss}", "full_name", repository) : NULL);
	rest = json_pack("{sO* sO* sO* s{ss sO*} so so* sO*}", "number", json_object_get(pull, "number"), "draft",
	    json_object_get(pull, "draft"), "isCrossRepository", json_object_get(pull, "fork"), "head", "ref", string(pull, "head"),
	    "sha", json_object_get(pull, "commit"), "base", base, "labels", labels, "updated_at", json_object_get(pull, "updated"));
	if (state) {
		json_object_set_new(rest, "state", json_string(strcmp(state, "open") == 0 ? "open" : "closed"));
		json_object_set_new(rest, "merged_at", strcmp(state, "merged") == 0 ? json_string("2026-01-02T03:04:05Z") : json_null());
	}
	if (string(pull, "merge"))
		json_object_set_new(rest, "mergeCommit", json_pack("{ss}", "oid", string(pull, "merge")));
	if (string(pull, "author"))
		json_object_set_new(rest, "user", json_pack("{ss}", "login", string(pull, "author")));
	return rest;
}

static enum rk_rc
read_pulls(const void *bytes, size_t len, json_t **pulls)
{
	struct rk_io io = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc;

	fuzz_open(&io, bytes, len);
	rc = rk_pulls_read(&io, pulls, &err);
	rk_io_close_file(&io);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	EXPECT((rc == RK_OK) == (*pulls != NULL));
	if (rc != RK_OK)
		fuzz_message(&err);
	return rc;
}

static void
check_same(const json_t *pulls)
{
	json_t *rest = json_array(), *pull, *again;
	char *text;
	size_t i;

	json_array_foreach(pulls, i, pull)
		json_array_append_new(rest, rest_pull(pull));
	text = json_dumps(rest, 0);
	EXPECT(text && read_pulls(text, strlen(text), &again) == RK_OK);
	EXPECT(json_equal(again, pulls));
	free(text);
	json_decref(again);
	json_decref(rest);
}

static void
check_branches(const void *bytes, size_t len, const json_t *pulls)
{
	const char *path = fuzz_file(0, bytes, len), *state;
	json_t *branches, *expected = json_object(), *pull;
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_pulls_branches(path, &branches, &err);
	bool known = pulls;
	size_t i;

	json_array_foreach(pulls, i, pull) {
		state = string(pull, "state");
		known = known && state && json_object_get(pull, "fork");
		if (known && strcmp(state, "open") == 0 && json_is_false(json_object_get(pull, "fork")))
			json_object_set_new(expected, string(pull, "head"), json_true());
	}
	EXPECT((rc == RK_OK) == known);
	EXPECT(rc == RK_OK ? json_equal(branches, expected) : rc == RK_EDATA && !branches);
	EXPECT(rc == RK_OK || strncmp(err.msg, path, strlen(path)) == 0);
	json_decref(branches);
	json_decref(expected);
}

int
fuzz_pulls(const uint8_t *data, size_t size)
{
	json_t *pulls, *pull;
	size_t i;

	if (read_pulls(data, size, &pulls) == RK_OK) {
		json_array_foreach(pulls, i, pull)
			check_pull(pull);
		if (json_array_size(pulls))
			check_same(pulls);
	}
	check_branches(data, size, pulls);
	json_decref(pulls);
	return 0;
}
