#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "forge/pulls.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/json_stream.h"

#define LABEL_BYTES 1024	/* the longest label, well-formed or not, that goes into a record */
#define LABELS 100		/* GitHub allows no more on one pull request */

/* What each member is called, by gh and by REST. */
static const struct name {
	const char *member, *gh, *rest;
} names[] = {
	{ "number", "number", "number" },
	{ "state", "state", "state and merged_at" },
	{ "draft", "isDraft", "draft" },
	{ "fork", "isCrossRepository", "head.repo and base.repo" },
	{ "head", "headRefName", "head.ref" },
	{ "commit", "headRefOid", "head.sha" },
	{ "base", "baseRefName", "base.ref" },
	{ "repository", "url", "base.repo" },
	{ "labels", "labels", "labels" },
	{ "merge", "mergeCommit", "merge_commit_sha" },
	{ "updated", "updatedAt", "updated_at" },
};

static const struct name *
named(const char *member, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0] - 1; i++)
		if (strlen(names[i].member) == len && memcmp(names[i].member, member, len) == 0)
			break;
	return &names[i];
}

static enum rk_rc
wrong(const char *member, const char *what, struct rk_err *err)
{
	const struct name *name = named(member, strlen(member));

	return rk_err_set(err, RK_EDATA, "the pull request's \"%s\" (REST: %s) is no %s", name->gh, name->rest, what);
}

/* Where gh or REST has it: borrowed; NULL where it is missing or null. */
static json_t *
either(const json_t *from, const char *gh, const char *above, const char *rest)
{
	json_t *value = json_object_get(from, gh);

	if (!value && above)
		value = json_object_get(json_object_get(from, above), rest);
	else if (!value)
		value = json_object_get(from, rest);
	return json_is_null(value) ? NULL : value;
}

static enum rk_rc
put_string(json_t *pull, const char *member, const json_t *value, struct rk_err *err)
{
	if (!value)
		return RK_OK;
	if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value))
		return wrong(member, "text", err);
	return json_object_set_new(pull, member, json_string(json_string_value(value))) < 0 ? rk_err_nomem(err) : RK_OK;
}

static enum rk_rc
put(json_t *pull, const char *member, json_t *value, struct rk_err *err)
{
	return json_object_set_new(pull, member, value) < 0 ? rk_err_nomem(err) : RK_OK;
}

/* "2026-03-02T09:00:00Z": such texts sort */
static enum rk_rc
put_time(json_t *pull, const char *member, const json_t *value, struct rk_err *err)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	const char *s = json_string_value(value);
	size_t i;

	if (!value)
		return RK_OK;
	for (i = 0; s && i < sizeof form; i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return wrong(member, "time in UTC", err);
	return put_string(pull, member, value, err);
}

/* gh: OPEN, CLOSED, MERGED; REST: open, or closed with the time of its merge or null. */
static enum rk_rc
put_state(json_t *pull, const json_t *from, struct rk_err *err)
{
	const json_t *state = either(from, "state", NULL, "state");
	const json_t *merged = json_object_get(from, "merged_at");

	if (!state)
		return RK_OK;
	if (rk_json_is(state, "OPEN") || rk_json_is(state, "open"))
		return put(pull, "state", json_string("open"), err);
	if (rk_json_is(state, "MERGED"))
		return put(pull, "state", json_string("merged"), err);
	if (rk_json_is(state, "CLOSED"))
		return put(pull, "state", json_string("closed"), err);
	if (!rk_json_is(state, "closed"))
		return wrong("state", "state of a pull request", err);
	if (!merged)
		return RK_OK;
	return put(pull, "state", json_string(json_is_null(merged) ? "closed" : "merged"), err);
}

/* "https://HOST/OWNER/NAME/pull/N" */
static enum rk_rc
put_repository_of_url(json_t *pull, const char *url, struct rk_err *err)
{
	const char *end = strstr(url, "/pull/"), *start = end;
	int slashes = 0;

	while (end && start > url && slashes < 2)
		slashes += *--start == '/';
	if (slashes < 2)
		return RK_OK;
	return put(pull, "repository", json_stringn(start + 1, (size_t)(end - start - 1)), err);
}

/* Whose it is, and whether its branch lies in the same repository; a fork that was deleted is null. */
static enum rk_rc
put_repository(json_t *pull, const json_t *from, struct rk_err *err)
{
	const json_t *cross = either(from, "isCrossRepository", NULL, "isCrossRepository");
	const json_t *base = json_object_get(json_object_get(json_object_get(from, "base"), "repo"), "full_name");
	const json_t *repo = json_object_get(json_object_get(from, "head"), "repo");
	const json_t *head = json_object_get(repo, "full_name"), *url = json_object_get(from, "url");
	enum rk_rc rc = put_string(pull, "repository", base, err);

	if (rc == RK_OK && !base && json_is_string(url))
		rc = put_repository_of_url(pull, json_string_value(url), err);
	if (rc != RK_OK)
		return rc;
	if (cross && !json_is_boolean(cross))
		return wrong("fork", "true or false", err);
	if (cross || json_is_null(repo))
		return put(pull, "fork", json_boolean(!cross || json_is_true(cross)), err);
	if (!json_is_string(head) || !json_is_string(base))
		return RK_OK;
	return put(pull, "fork", json_boolean(strcasecmp(json_string_value(head), json_string_value(base)) != 0), err);
}

static enum rk_rc
put_labels(json_t *pull, const json_t *labels, struct rk_err *err)
{
	json_t *list = json_array(), *label, *name;
	enum rk_rc rc = put(pull, "labels", list, err);
	const char *s;
	size_t i;

	if (rc == RK_OK && !json_is_array(labels))
		return wrong("labels", "list", err);
	json_array_foreach(labels, i, label) {
		if (rc != RK_OK)
			break;
		name = json_is_object(label) ? json_object_get(label, "name") : label;
		s = json_string_value(name);
		if (!s)
			rc = rk_err_set(err, RK_EDATA, "one of the pull request's labels has no \"name\"");
		else if (strncmp(s, "cohort:", 7) != 0)
			continue;
		else if (json_string_length(name) > LABEL_BYTES || strlen(s) != json_string_length(name))
			rc = rk_err_set(err, RK_EDATA, "a cohort label of more than %d bytes, or with a NUL in it", LABEL_BYTES);
		else if (json_array_size(list) == LABELS)
			rc = rk_err_set(err, RK_EDATA, "more than %d cohort labels on one pull request", LABELS);
		else if (json_array_append(list, name) < 0)
			rc = rk_err_nomem(err);
	}
	return rc;
}

static enum rk_rc
read_pull(const json_t *from, json_t *pull, struct rk_err *err)
{
	const json_t *number = json_object_get(from, "number"), *merge = json_object_get(from, "mergeCommit");
	const json_t *draft = either(from, "isDraft", NULL, "draft"), *labels = either(from, "labels", NULL, "labels");
	enum rk_rc rc = RK_OK;

	if (number && (!json_is_integer(number) || json_integer_value(number) < 1))
		return wrong("number", "number of a pull request", err);
	if (draft && !json_is_boolean(draft))
		return wrong("draft", "true or false", err);
	if (number)
		rc = put(pull, "number", json_integer(json_integer_value(number)), err);
	if (rc == RK_OK)
		rc = put_state(pull, from, err);
	if (rc == RK_OK && draft)
		rc = put(pull, "draft", json_boolean(json_is_true(draft)), err);
	if (rc == RK_OK)
		rc = put_string(pull, "head", either(from, "headRefName", "head", "ref"), err);
	if (rc == RK_OK)
		rc = put_string(pull, "commit", either(from, "headRefOid", "head", "sha"), err);
	if (rc == RK_OK)
		rc = put_string(pull, "base", either(from, "baseRefName", "base", "ref"), err);
	if (rc == RK_OK)
		rc = put_repository(pull, from, err);
	if (rc == RK_OK && labels)
		rc = put_labels(pull, labels, err);
	/* REST's is a trial merge while the pull request is open */
	if (rc == RK_OK && !merge && rk_json_is(json_object_get(pull, "state"), "merged"))
		rc = put_string(pull, "merge", either(from, "merge_commit_sha", NULL, "merge_commit_sha"), err);
	else if (rc == RK_OK && json_is_object(merge))
		rc = put_string(pull, "merge", json_object_get(merge, "oid"), err);
	if (rc == RK_OK)
		rc = put_time(pull, "updated", either(from, "updatedAt", NULL, "updated_at"), err);
	return rc;
}

static enum rk_rc
found(void *context, json_t *object, struct rk_err *err)
{
	json_t *pulls = context, *pull;
	enum rk_rc rc = rk_json_stream_error(object, err);

	if (rc != RK_OK)
		return rk_err_prefix(err, rc, "no pull request but an error");
	if (!json_object_get(object, "headRefName") && !json_object_get(object, "head"))
		return rk_err_set(err, RK_EDATA, json_object_get(object, "pull_request")
		    ? "an event's payload is as old as its event: ask for the pull request as it is now (gh pr view --json ...)"
		    : "a JSON object that is no pull request: it lacks \"headRefName\" (REST: head)");
	pull = json_object();
	if (!pull)
		return rk_err_nomem(err);
	rc = read_pull(object, pull, err);
	if (rc == RK_OK)
		rc = rk_pulls_require(pull, "head", err);
	if (rc == RK_OK && json_array_append(pulls, pull) < 0)
		rc = rk_err_nomem(err);
	json_decref(pull);
	return rc;
}

enum rk_rc
rk_pulls_read(struct rk_io *io, json_t **pulls, struct rk_err *err)
{
	enum rk_rc rc;

	*pulls = json_array();
	rc = *pulls ? rk_json_stream_objects(io, found, *pulls, err) : rk_err_nomem(err);
	if (rc != RK_OK) {
		json_decref(*pulls);
		*pulls = NULL;
	}
	return rc;
}

enum rk_rc
rk_pulls_require(const json_t *pull, const char *members, struct rk_err *err)
{
	json_int_t number = json_integer_value(json_object_get(pull, "number"));
	const struct name *name;
	const char *word;
	char which[32] = "";
	size_t n;

	if (number)
		snprintf(which, sizeof which, " #%lld", (long long)number);
	for (word = members; *word; word += n + strspn(word + n, " ")) {
		n = strcspn(word, " ");
		name = named(word, n);
		if (!json_object_get(pull, name->member))
			return rk_err_set(err, RK_EDATA, "the pull request%s lacks \"%s\" (REST: %s): without it nothing is decided",
			    which, name->gh, name->rest);
	}
	return RK_OK;
}
