/*
 * Fuzz patch records: an input is one.  What is accepted keeps the grammars of ring-records(5); its commit's message says, in
 * trailers, what the record says and no more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/trailer.h"
#include "publish/commit_message.h"
#include "publish/patch_record.h"
#include "fuzz.h"

#define WORD "[A-Za-z0-9_][A-Za-z0-9._-]*"

static const char *
string(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

static void
check_grammar(const json_t *record)
{
	const json_t *image = json_object_get(record, "image"), *cohorts = json_object_get(record, "cohorts");
	const char *blob = string(record, "blob"), *request = string(record, "pull_request");
	json_t *cohort;
	size_t i;

	EXPECT(fuzz_matches("^" WORD "$", string(record, "tenant")));
	EXPECT(fuzz_matches("^" WORD "(/" WORD ")*$", string(record, "path")) && !strstr(string(record, "path"), ".."));
	EXPECT(fuzz_matches("^" WORD "$", string(record, "service")));
	EXPECT(fuzz_matches("^[a-z0-9][a-z0-9._/-]*$", string(record, "ring")));
	EXPECT(!blob || fuzz_matches("^[0-9a-f]{40}$", blob));
	EXPECT(!request || fuzz_matches("^" WORD "(/" WORD ")+#[0-9]+$", request));
	if (image) {
		EXPECT(fuzz_matches("^[A-Za-z0-9._:/-]+$", string(image, "repository")));
		EXPECT(fuzz_matches("^" WORD "$", string(image, "tag")));
	}
	json_array_foreach(cohorts, i, cohort)
		EXPECT(fuzz_matches("^" WORD ":" WORD ":" WORD "$", json_string_value(cohort)));
	EXPECT(json_is_array(json_object_get(record, "edits")));
}

/* A mark has the grammar of marks, and is of one line, so that it can be a comment. */
static void
check_marks(const json_t *record)
{
	const json_t *edits = json_object_get(record, "edits");
	json_t *edit, *mark;
	size_t i, j;

	json_array_foreach(edits, i, edit)
		json_array_foreach(json_object_get(edit, "marks"), j, mark) {
			EXPECT(fuzz_matches("^" WORD "/[a-z0-9][a-z0-9._/-]* (made|[0-9a-f]{8}( over [a-z0-9][a-z0-9._/-]* \".*\")?( was \".*\")?)$",
			    string(mark, "mark")));
			EXPECT(!strpbrk(string(mark, "mark"), "\r\n"));
		}
}

/* The same record with its members in another order has the same key. */
static void
check_key(const json_t *record)
{
	json_t *reversed = json_object(), *value, *old;
	struct rk_strbuf one = { 0 }, other = { 0 };
	const char *name;

	json_object_foreach((json_t *)record, name, value) {
		old = reversed;
		reversed = json_object();
		json_object_set(reversed, name, value);
		json_object_update(reversed, old);
		json_decref(old);
	}
	rk_patch_record_key(record, &one);
	rk_patch_record_key(reversed, &other);
	EXPECT(one.len == other.len && memcmp(one.data, other.data, one.len) == 0);
	rk_strbuf_free(&one);
	rk_strbuf_free(&other);
	json_decref(reversed);
}

static void
expect(json_t *list, const char *key, const char *value)
{
	json_t *each;
	size_t i;

	json_array_foreach(list, i, each)
		if (strcmp(json_string_value(json_array_get(each, 0)), key) == 0 &&
		    strcmp(json_string_value(json_array_get(each, 1)), value) == 0)
			return;
	json_array_append_new(list, json_pack("[ss]", key, value));
}

/* The trailers that a record makes, except Labels. */
static json_t *
expected_trailers(const json_t *record)
{
	const json_t *release = json_object_get(record, "release"), *rejected = json_object_get(release, "rejected");
	const json_t *image = json_object_get(record, "image"), *each;
	json_t *list = json_array();
	char text[600];
	size_t i;

	expect(list, "Service", string(record, "service"));
	expect(list, "Ring", string(record, "ring"));
	if (json_is_object(image) && strcmp(string(record, "action"), "set") == 0) {
		snprintf(text, sizeof text, "%s:%s", string(image, "repository"), string(image, "tag"));
		expect(list, "Image", text);
	}
	json_array_foreach(json_object_get(record, "cohorts"), i, each)
		expect(list, "Cohort", json_string_value(each));
	if (string(record, "pull_request"))
		expect(list, "Pull-Request", string(record, "pull_request"));
	if (release)
		expect(list, "Release-Commit", string(release, "commit"));
	if (release && string(release, "values"))
		expect(list, "Values", string(release, "values"));
	if (rejected) {
		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(rejected));
		expect(list, "Rejected-Proposal", text);
	}
	return list;
}

/* The labels of the trailer are those of the record: each once, and each byte that is not printable ASCII as %XX. */
static void
check_labels(const json_t *release, const char *text)
{
	char *copy = fuzz_copy(text, strlen(text)), *rest = copy, *label, *in, *out;
	json_t *found = json_object(), *given = json_object(), *each;
	unsigned byte;
	size_t i;

	EXPECT(fuzz_printable(text, strlen(text)));
	while ((label = rest)) {
		rest = strchr(label, ' ');
		if (rest)
			*rest++ = '\0';
		for (in = out = label; *in; in++) {
			if (*in == '%') {
				EXPECT(sscanf(in + 1, "%2X", &byte) == 1);
				*out++ = (char)byte;
				in += 2;
			} else {
				*out++ = *in;
			}
		}
		*out = '\0';
		json_object_set_new(found, label, json_null());
	}
	json_array_foreach(json_object_get(release, "labels"), i, each)
		json_object_set_new(given, json_string_value(each), json_null());
	EXPECT(json_equal(found, given));
	json_decref(found);
	json_decref(given);
	free(copy);
}

static void
check_message(const json_t *record)
{
	struct rk_commit_message *of = rk_commit_message_new();
	json_t *given = json_object(), *read, *expected = expected_trailers(record), *each;
	struct rk_strbuf message = { 0 }, phrase = { 0 };
	struct rk_err err = { 0 };
	const char *key;
	size_t i;

	rk_commit_message_phrase(record, &phrase);
	rk_commit_message_take(of, string(record, "tenant"), phrase.data, record, json_object_get(record, "cohorts"));
	EXPECT(rk_commit_message_write(of, given, &message, &err) == RK_OK);
	EXPECT(fuzz_starts(message.data, "Release ") || fuzz_starts(message.data, "Clear "));
	EXPECT(rk_trailer_read(message.data, &read, &err) == RK_OK);
	for (i = 0; i < json_array_size(read); i++) {
		each = json_array_get(read, i);
		key = json_string_value(json_array_get(each, 0));
		if (strcmp(key, "Labels") != 0)
			continue;
		check_labels(json_object_get(record, "release"), json_string_value(json_array_get(each, 1)));
		json_array_remove(read, i--);
	}
	EXPECT(json_equal(read, expected));
	rk_strbuf_free(&message);
	rk_strbuf_free(&phrase);
	rk_commit_message_free(of);
	json_decref(given);
	json_decref(read);
	json_decref(expected);
}

int
fuzz_patch(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size);
	struct rk_err err = { 0 };
	json_t *record;
	enum rk_rc rc;

	if (rk_json_parse(text, size, &record, &err) == RK_OK) {
		rc = rk_patch_record_check(record, &err);
		EXPECT(rc == RK_OK || rc == RK_EDATA);
		if (rc == RK_OK) {
			check_grammar(record);
			check_marks(record);
			check_key(record);
			check_message(record);
		} else {
			fuzz_message(&err);
		}
	}
	json_decref(record);
	free(text);
	return 0;
}
