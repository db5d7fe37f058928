#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "publish/patch_record.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "publish/commit_message.h"
#include "yaml/marks.h"

#define WORD 40	/* bytes of a reason to review */

/* Returns a phrase to append after the string, "has ...", or NULL if it is valid. */
typedef const char *fault_fn(const char *s, size_t len);

static enum rk_rc
missing(const char *member, struct rk_err *err)
{
	return rk_err_set(err, RK_EDATA, "missing \"%s\" in a patch record", member);
}

/* Check a member that is a string of a grammar. */
static enum rk_rc
check_string(const json_t *object, const char *member, bool required, fault_fn *find_fault, struct rk_err *err)
{
	const json_t *value = json_object_get(object, member);
	const char *fault;

	if (!value)
		return required ? missing(member, err) : RK_OK;
	if (!json_is_string(value))
		return rk_err_set(err, RK_EDATA, "expected a string as \"%s\" of a patch record", member);
	fault = find_fault(json_string_value(value), json_string_length(value));
	return fault ? rk_err_set(err, RK_EDATA, "invalid %s of a patch record \"%s\": it %s", member, json_string_value(value),
	    fault) : RK_OK;
}

static const char *
action_fault(const char *s, size_t len)
{
	(void)len;
	return strcmp(s, "set") == 0 || strcmp(s, "clear") == 0 ? NULL : "is not \"set\" or \"clear\"";
}

/* "OWNER/REPO#N"; OWNER may have several components, as groups in a group */
static const char *
pull_request_fault(const char *s, size_t len)
{
	const char *number = memchr(s, '#', len);
	size_t digits;

	if (!number || !memchr(s, '/', (size_t)(number - s)))
		return "is not OWNER/REPO#N";
	digits = strspn(number + 1, "0123456789");
	if (digits == 0 || digits > 18 || number + 1 + digits != s + len)
		return "has no number after the #";
	return rk_validate_path(s, (size_t)(number - s));
}

static enum rk_rc
check_image(const json_t *record, struct rk_err *err)
{
	const json_t *image = json_object_get(record, "image");
	enum rk_rc rc;

	if (!image && rk_json_is(json_object_get(record, "action"), "clear"))
		return RK_OK;
	if (!json_is_object(image))
		return missing("image", err);
	rc = check_string(image, "repository", true, rk_validate_image, err);
	return rc == RK_OK ? check_string(image, "tag", true, rk_validate_tag, err) : rc;
}

enum rk_rc
rk_patch_record_check_names(const json_t *record, const char *kind, struct rk_err *err)
{
	static const struct { const char *member, *what; fault_fn *fault; } lists[] = {
		{ "cohorts", "cohort", rk_validate_cohort }, { "requested_by", "login", rk_validate_login },
	};
	const json_t *list, *item;
	const char *fault;
	size_t i, j;

	for (i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		list = json_object_get(record, lists[i].member);
		if (list && !json_is_array(list))
			return rk_err_set(err, RK_EDATA, "expected a list as \"%s\" of a %s record", lists[i].member, kind);
		json_array_foreach(list, j, item) {
			if (!json_is_string(item))
				return rk_err_set(err, RK_EDATA, "expected strings in \"%s\" of a %s record", lists[i].member, kind);
			fault = lists[i].fault(json_string_value(item), json_string_length(item));
			if (fault)
				return rk_err_set(err, RK_EDATA, "invalid %s of a %s record \"%s\": it %s", lists[i].what, kind,
				    json_string_value(item), fault);
		}
	}
	return RK_OK;
}

/* What the release was: the service's commit, the labels, the digest of the values, and the number of a proposal that was rejected. */
static enum rk_rc
check_release(const json_t *record, struct rk_err *err)
{
	const json_t *release = json_object_get(record, "release"), *labels = json_object_get(release, "labels");
	const json_t *rejected = json_object_get(release, "rejected"), *kept = json_object_get(release, "kept");
	enum rk_rc rc;
	json_t *label;
	size_t i;

	if (!release)
		return RK_OK;
	if (!json_is_object(release) || !json_is_array(labels))
		return rk_err_set(err, RK_EDATA, "expected commit and labels as \"release\" of a patch record");
	json_array_foreach(labels, i, label)
		if (json_string_length(label) == 0)
			return rk_err_set(err, RK_EDATA, "expected strings that are not empty in \"labels\" of a patch record");
	if (kept && !json_is_boolean(kept))
		return rk_err_set(err, RK_EDATA, "expected true or false as \"kept\" of a patch record");
	if (rejected && (!json_is_integer(rejected) || json_integer_value(rejected) < 1))
		return rk_err_set(err, RK_EDATA, "expected a number as \"rejected\" of a patch record");
	rc = check_string(release, "values", false, rk_commit_message_values_fault, err);
	return rc == RK_OK ? check_string(release, "commit", true, rk_validate_oid, err) : rc;
}

static enum rk_rc
check_by_hand(const json_t *record, struct rk_err *err)
{
	const json_t *paths = json_object_get(record, "changed_by_hand"), *path;
	size_t i;

	if (paths && !json_is_array(paths))
		return rk_err_set(err, RK_EDATA, "expected a list as \"changed_by_hand\" of a patch record");
	json_array_foreach(paths, i, path)
		if (!json_is_string(path))
			return rk_err_set(err, RK_EDATA, "expected strings in \"changed_by_hand\" of a patch record");
	return RK_OK;
}

static enum rk_rc
check_values(const json_t *record, struct rk_err *err)
{
	const json_t *values = json_object_get(record, "values"), *chart;
	const char *name;

	if (values && !json_is_object(values))
		return rk_err_set(err, RK_EDATA, "expected an object as \"values\" of a patch record");
	json_object_foreach((json_t *)values, name, chart)
		if (!json_is_object(chart))
			return rk_err_set(err, RK_EDATA, "expected objects in \"values\" of a patch record");
	return RK_OK;
}

static enum rk_rc
check_pointer(const json_t *object, const char *member, struct rk_err *err)
{
	const char *s = rk_json_string(object, member);
	struct rk_json_pointer pointer;
	enum rk_rc rc;

	if (!s)
		return missing(member, err);
	rc = rk_json_pointer_parse(s, &pointer, err);
	rk_json_pointer_free(&pointer);
	return rc;
}

/* RFC 6902, section 4 */
static enum rk_rc
check_operation(const json_t *operation, struct rk_err *err)
{
	static const struct { const char *op, *requires; } known[] = { { "add", "value" }, { "replace", "value" },
	    { "test", "value" }, { "remove", NULL }, { "move", "from" }, { "copy", "from" } };
	enum { KNOWN = sizeof known / sizeof known[0] };
	const char *op = rk_json_string(operation, "op");
	enum rk_rc rc;
	size_t i;

	for (i = 0; i < KNOWN && !(op && strcmp(op, known[i].op) == 0); i++)
		;
	if (i == KNOWN)
		return rk_err_set(err, RK_EDATA, "missing or unknown \"op\" in a patch record (RFC 6902)");
	rc = check_pointer(operation, "path", err);
	if (rc != RK_OK || !known[i].requires)
		return rc;
	if (strcmp(known[i].requires, "from") == 0)
		return check_pointer(operation, "from", err);
	return json_object_get(operation, "value") ? RK_OK : missing("value", err);
}

static enum rk_rc
check_marks(json_t *list, struct rk_err *err)
{
	struct rk_marks *marks;
	enum rk_rc rc = rk_marks_read(list, false, &marks, err);

	rk_marks_free(marks);
	return rc;
}

size_t
rk_patch_record_operations(const json_t *edits)
{
	json_t *edit;
	size_t i, n = 0;

	json_array_foreach(edits, i, edit)
		n += json_array_size(json_object_get(edit, "patch")) + json_array_size(json_object_get(edit, "marks"));
	return n;
}

static enum rk_rc
check_edits(const json_t *record, struct rk_err *err)
{
	const json_t *edits = json_object_get(record, "edits"), *patch;
	json_t *edit, *operation, *marks;
	enum rk_rc rc = RK_OK;
	size_t i, j, n = rk_patch_record_operations(edits);

	if (!json_is_array(edits))
		return rk_err_set(err, RK_EDATA, "expected a list as \"edits\" of a patch record");
	json_array_foreach(edits, i, edit) {
		patch = json_object_get(edit, "patch");
		marks = json_object_get(edit, "marks");
		if (rc == RK_OK && !json_is_array(patch))
			rc = rk_err_set(err, RK_EDATA, "expected a list as \"patch\" of a patch record");
		if (rc == RK_OK)
			rc = check_pointer(edit, "at", err);
		json_array_foreach(patch, j, operation)
			if (rc == RK_OK)
				rc = check_operation(operation, err);
		if (rc == RK_OK && n <= RK_PATCH_RECORD_OPERATIONS)
			rc = check_marks(marks, err);
	}
	/* each operation edits and parses the whole manifest */
	if (rc == RK_OK && n > RK_PATCH_RECORD_OPERATIONS)
		rc = rk_err_set(err, RK_EDATA, "a patch record with %zu operations and marks, more than %d", n,
		    RK_PATCH_RECORD_OPERATIONS);
	return rc;
}

/* The element of a list that the edits are for. */
static enum rk_rc
check_element(const json_t *record, struct rk_err *err)
{
	const json_t *element = json_object_get(record, "element"), *index = json_object_get(element, "index");
	enum rk_rc rc;

	if (!element)
		return RK_OK;
	if (!json_is_object(element) || !rk_json_string(element, "member") || !json_is_integer(index)
	    || json_integer_value(index) < 0)
		return rk_err_set(err, RK_EDATA, "expected list, index and member as \"element\" of a patch record");
	rc = check_pointer(element, "list", err);
	return rc == RK_EDATA ? rk_err_prefix(err, rc, "element of a patch record") : rc;
}

static const char *
merge_fault(const char *s, size_t len)
{
	(void)len;
	return strcmp(s, "auto") == 0 || strcmp(s, "review") == 0 ? NULL : "is neither auto nor review";
}

static const char *
review_fault(const char *s, size_t len)
{
	return len > 0 && len <= WORD && strspn(s, "abcdefghijklmnopqrstuvwxyz-") == len ? NULL : "is not a word of mkpatch(1)";
}

enum rk_rc
rk_patch_record_check(const json_t *record, struct rk_err *err)
{
	static const struct { const char *member; bool required; fault_fn *fault; } members[] = {
		{ "tenant", true, rk_validate_name }, { "path", true, rk_validate_path }, { "blob", false, rk_validate_oid },
		{ "service", true, rk_validate_name }, { "ring", true, rk_validate_ring }, { "action", true, action_fault },
		{ "took_over", false, rk_validate_ring }, { "pull_request", false, pull_request_fault },
		{ "merge", false, merge_fault }, { "review", false, review_fault },
	};
	const json_t *document = json_object_get(record, "document");
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0] && rc == RK_OK; i++)
		rc = check_string(record, members[i].member, members[i].required, members[i].fault, err);
	if (rc == RK_OK && document && !(json_is_integer(document) && json_integer_value(document) >= 0 &&
	    json_integer_value(document) <= 1000000))
		rc = rk_err_set(err, RK_EDATA, "expected a number from 0 to 1000000 as \"document\" of a patch record");
	if (rc == RK_OK)
		rc = check_element(record, err);
	if (rc == RK_OK)
		rc = check_image(record, err);
	if (rc == RK_OK)
		rc = rk_patch_record_check_names(record, "patch", err);
	if (rc == RK_OK)
		rc = check_values(record, err);
	if (rc == RK_OK)
		rc = check_by_hand(record, err);
	if (rc == RK_OK)
		rc = check_release(record, err);
	return rc == RK_OK ? check_edits(record, err) : rc;
}

void
rk_patch_record_key(const json_t *record, struct rk_strbuf *key)
{
	static const char *const members[] = { "tenant", "path", "document", "element", "service", "ring", "action", "edits" };
	const json_t *value;
	char *text;
	size_t i;

	for (i = 0; i < sizeof members / sizeof members[0]; i++) {
		value = json_object_get(record, members[i]);
		text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
		rk_strbuf_printf(key, "%s\n", text ? text : "");
		free(text);
	}
}
