#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "forge/pulls.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/validate.h"
#include "forge/api_internal.h"
#include "forge/json_stream.h"

#define LABEL_BYTES 1024	/* the longest label, valid or not, that goes into a record */
#define FILE_BYTES (64u << 20)	/* the largest file that is read */
#define MOST_LABELS 100		/* GitHub allows no more on one pull request */

static const char pull_request[] = "the pull request";

enum { NUMBER, STATE, DRAFT, FORK, HEAD, COMMIT, BASE, REPOSITORY, LABELS, MERGE, UPDATED, AUTHOR, MEMBERS };

/* A REST name with "and" in it is for messages only. */
static const struct rk_api_member members[] = {
	[NUMBER] = { "number", "number", "number" },
	[STATE] = { "state", "state", "state and merged_at" },
	[DRAFT] = { "draft", "isDraft", "draft" },
	[FORK] = { "fork", "isCrossRepository", "head.repo and base.repo" },
	[HEAD] = { "head", "headRefName", "head.ref" },
	[COMMIT] = { "commit", "headRefOid", "head.sha" },
	[BASE] = { "base", "baseRefName", "base.ref" },
	[REPOSITORY] = { "repository", "url", "base.repo" },
	[LABELS] = { "labels", "labels", "labels" },
	[MERGE] = { "merge", "mergeCommit", "merge_commit_sha" },
	[UPDATED] = { "updated", "updatedAt", "updated_at" },
	[AUTHOR] = { "author", "author", "user" },
};

static enum rk_rc
invalid(int member, const char *expected, struct rk_err *err)
{
	return rk_api_invalid(&members[member], pull_request, expected, err);
}

/* The value of a member: borrowed; NULL if it is missing or null. */
static json_t *
get(const json_t *from, int member)
{
	json_t *value = rk_api_get(from, &members[member]);

	return json_is_null(value) ? NULL : value;
}

static enum rk_rc
put_string(json_t *pull, int member, const json_t *value, struct rk_err *err)
{
	return value ? rk_api_put_string(pull, &members[member], value, pull_request, err) : RK_OK;
}

static void
put_boolean(json_t *pull, int member, bool value)
{
	rk_json_set(pull, members[member].name, json_boolean(value));
}

static enum rk_rc
put_number(json_t *pull, const json_t *value, struct rk_err *err)
{
	if (!value)
		return RK_OK;
	if (!json_is_integer(value) || json_integer_value(value) < 1)
		return invalid(NUMBER, "a positive integer", err);
	rk_json_set(pull, "number", json_integer(json_integer_value(value)));
	return RK_OK;
}

/* "2026-03-02T09:00:00Z": such strings sort by time */
static enum rk_rc
put_time(json_t *pull, const json_t *value, struct rk_err *err)
{
	static const char form[] = "0000-00-00T00:00:00Z";
	const char *s = json_string_value(value);
	size_t i;

	for (i = 0; s && i < sizeof form; i++)
		if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return invalid(UPDATED, "a time in UTC", err);
	return put_string(pull, UPDATED, value, err);
}

/* gh: OPEN, CLOSED, MERGED; REST: open, or closed with merged_at, a time or null. */
static enum rk_rc
put_state(json_t *pull, const json_t *from, struct rk_err *err)
{
	const json_t *state = json_object_get(from, "state"), *merged = json_object_get(from, "merged_at");
	const char *is = NULL;

	if (!state || json_is_null(state) || (rk_json_is(state, "closed") && !merged))
		return RK_OK;
	if (rk_json_is(state, "OPEN") || rk_json_is(state, "open"))
		is = "open";
	else if (rk_json_is(state, "CLOSED") || (rk_json_is(state, "closed") && json_is_null(merged)))
		is = "closed";
	else if (rk_json_is(state, "MERGED") || rk_json_is(state, "closed"))
		is = "merged";
	if (!is)
		return invalid(STATE, "open, closed or merged", err);
	rk_json_set(pull, "state", json_string(is));
	return RK_OK;
}

/* "https://HOST/OWNER/NAME/pull/N" */
static void
put_repository_of_url(json_t *pull, const char *url)
{
	const char *end = strstr(url, "/pull/"), *start = end;
	int slashes = 0;

	while (end && start > url && slashes < 2)
		slashes += *--start == '/';
	if (slashes < 2)
		return;
	rk_json_set(pull, "repository", json_stringn(start + 1, (size_t)(end - start - 1)));
}

/* Its repository, and whether its branch is in another one: a fork that was deleted is null. */
static enum rk_rc
put_repository(json_t *pull, const json_t *from, struct rk_err *err)
{
	const json_t *cross = json_object_get(from, "isCrossRepository"), *url = json_object_get(from, "url");
	const json_t *base = json_object_get(json_object_get(json_object_get(from, "base"), "repo"), "full_name");
	const json_t *repo = json_object_get(json_object_get(from, "head"), "repo");
	const char *head = rk_json_string(repo, "full_name");
	enum rk_rc rc = put_string(pull, REPOSITORY, base, err);

	if (rc == RK_OK && !base && json_is_string(url))
		put_repository_of_url(pull, json_string_value(url));
	if (rc != RK_OK)
		return rc;
	if (cross && !json_is_null(cross) && !json_is_boolean(cross))
		return invalid(FORK, "true or false", err);
	if (json_is_boolean(cross))
		put_boolean(pull, FORK, json_is_true(cross));
	else if (json_is_null(repo))
		put_boolean(pull, FORK, true);
	else if (head && base)
		put_boolean(pull, FORK, strcasecmp(head, json_string_value(base)) != 0);
	return RK_OK;
}

static enum rk_rc
put_labels(json_t *pull, const json_t *labels, struct rk_err *err)
{
	json_t *list = json_array(), *label, *name;
	enum rk_rc rc = RK_OK;
	const char *s;
	size_t i;

	rk_json_set(pull, "labels", list);
	if (!json_is_array(labels))
		return invalid(LABELS, "an array", err);
	json_array_foreach(labels, i, label) {
		if (rc != RK_OK)
			break;
		name = json_is_object(label) ? json_object_get(label, "name") : label;
		s = json_string_value(name);
		if (!s)
			rc = invalid(LABELS, "labels with a \"name\"", err);
		else if (strncmp(s, "cohort:", 7) != 0)
			continue;
		else if (json_string_length(name) > LABEL_BYTES || strlen(s) != json_string_length(name))
			rc = rk_err_set(err, RK_EDATA, "invalid cohort label: longer than %d bytes, or with a NUL", LABEL_BYTES);
		else if (json_array_size(list) == MOST_LABELS)
			rc = rk_err_set(err, RK_EDATA, "the pull request has more than %d cohort labels", MOST_LABELS);
		else
			rk_json_append(list, json_incref(name));
	}
	return rc;
}

/* The commit of the merge; for an open pull request, REST's is that of a trial merge. */
static enum rk_rc
put_merge(json_t *pull, const json_t *from, struct rk_err *err)
{
	const json_t *merge = json_object_get(from, "mergeCommit"), *sha = json_object_get(from, "merge_commit_sha");

	if (json_is_object(merge))
		return put_string(pull, MERGE, json_object_get(merge, "oid"), err);
	if (merge || json_is_null(sha) || !rk_json_is(json_object_get(pull, "state"), "merged"))
		return RK_OK;
	return put_string(pull, MERGE, sha, err);
}

/* An author whose account was deleted may be null. */
static enum rk_rc
put_author(json_t *pull, const json_t *author, struct rk_err *err)
{
	if (json_is_null(author)) {
		rk_json_set(pull, "author", json_string(""));
		return RK_OK;
	}
	return put_string(pull, AUTHOR, json_object_get(author, "login"), err);
}

static enum rk_rc
read_pull(const json_t *from, json_t *pull, struct rk_err *err)
{
	const json_t *draft = get(from, DRAFT), *labels = get(from, LABELS);
	enum rk_rc rc = put_number(pull, json_object_get(from, "number"), err);
	int i;

	if (rc == RK_OK)
		rc = put_state(pull, from, err);
	if (rc == RK_OK && json_is_boolean(draft))
		put_boolean(pull, DRAFT, json_is_true(draft));
	else if (rc == RK_OK && draft)
		rc = invalid(DRAFT, "true or false", err);
	for (i = HEAD; rc == RK_OK && i <= BASE; i++)
		rc = put_string(pull, i, get(from, i), err);
	if (rc == RK_OK)
		rc = put_repository(pull, from, err);
	if (rc == RK_OK && labels)
		rc = put_labels(pull, labels, err);
	if (rc == RK_OK)
		rc = put_merge(pull, from, err);
	if (rc == RK_OK)
		rc = put_author(pull, rk_api_get(from, &members[AUTHOR]), err);
	return rc == RK_OK ? put_time(pull, get(from, UPDATED), err) : rc;
}

enum rk_rc
rk_pulls_add(void *context, json_t *object, struct rk_err *err)
{
	json_t *pulls = context, *pull;
	enum rk_rc rc = rk_api_check(object, "a pull request", err);

	if (rc != RK_OK)
		return rc;
	if (json_object_get(object, "pull_request") && !json_object_get(object, "headRefName") && !json_object_get(object, "head"))
		return rk_err_set(err, RK_EDATA, "expected a pull request, got an event's payload, which is as old as its event: "
		    "ask for the pull request as it is now (gh pr view --json ...)");
	pull = json_object();
	rc = read_pull(object, pull, err);
	if (rc == RK_OK)
		rc = rk_pulls_require(pull, "head", err);
	if (rc == RK_OK)
		rk_json_append(pulls, json_incref(pull));
	json_decref(pull);
	return rc;
}

enum rk_rc
rk_pulls_read(struct rk_io *io, json_t **pulls, struct rk_err *err)
{
	enum rk_rc rc;

	*pulls = json_array();
	rc = rk_json_stream_objects(io, rk_pulls_add, *pulls, err);
	if (rc != RK_OK) {
		json_decref(*pulls);
		*pulls = NULL;
	}
	return rc;
}

static enum rk_rc
find_open(const json_t *pulls, json_t *branches, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	json_t *pull;
	size_t i;

	json_array_foreach(pulls, i, pull) {
		rc = rk_pulls_require(pull, "state fork", err);
		if (rc != RK_OK)
			return rc;
		if (rk_json_is(json_object_get(pull, "state"), "open") && !json_is_true(json_object_get(pull, "fork")))
			rk_json_set(branches, rk_json_string(pull, "head"), json_true());
	}
	return rc;
}

static enum rk_rc
find_merged(const json_t *pulls, json_t *merged, struct rk_err *err)
{
	static const char *const ids[] = { "commit", "merge" };
	enum rk_rc rc = RK_OK;
	const char *id, *fault;
	json_t *pull;
	size_t i, j;

	json_array_foreach(pulls, i, pull) {
		if (!json_object_get(pull, "merge"))
			continue;
		rc = rk_pulls_require(pull, "commit fork", err);
		for (j = 0; rc == RK_OK && j < sizeof ids / sizeof *ids; j++) {
			id = rk_json_string(pull, ids[j]);
			fault = rk_validate_oid(id, strlen(id));
			if (fault)
				rc = rk_err_set(err, RK_EDATA, "invalid commit of a merged pull request \"%s\": it %s", id, fault);
		}
		if (rc != RK_OK)
			return rc;
		rk_json_append(merged, json_incref(pull));
	}
	return rc;
}

/* Read the pull requests of a file, and find some in them: *found is stolen, and NULL after an error. */
static enum rk_rc
find_in_file(const char *file, enum rk_rc (*find)(const json_t *pulls, json_t *found, struct rk_err *err), json_t **found,
    struct rk_err *err)
{
	struct rk_io io = { 0 };
	json_t *pulls = NULL;
	enum rk_rc opened = rk_io_open_file(&io, file, FILE_BYTES, err), rc = opened;

	if (rc == RK_OK)
		rc = rk_pulls_read(&io, &pulls, err);
	if (rc == RK_OK) {
		io.line = 0;	/* later errors concern the whole file */
		rc = find(pulls, *found, err);
	}
	if (rc != RK_OK) {
		if (opened == RK_OK)	/* else the message has the file already */
			rk_io_where(&io, file, rc, err);
		json_decref(*found);
		*found = NULL;
	}
	json_decref(pulls);
	rk_io_close_file(&io);
	return rc;
}

enum rk_rc
rk_pulls_branches(const char *file, json_t **branches, struct rk_err *err)
{
	*branches = json_object();
	return find_in_file(file, find_open, branches, err);
}

enum rk_rc
rk_pulls_merged(const char *file, json_t **merged, struct rk_err *err)
{
	*merged = json_array();
	return find_in_file(file, find_merged, merged, err);
}

enum rk_rc
rk_pulls_require(const json_t *pull, const char *names, struct rk_err *err)
{
	json_int_t number = json_integer_value(json_object_get(pull, "number"));
	char what[48] = "the pull request";
	const char *word;
	size_t n, i;

	if (number)
		snprintf(what, sizeof what, "pull request #%lld", (long long)number);
	for (word = names; *word; word += n + strspn(word + n, " ")) {
		n = strcspn(word, " ");
		for (i = 0; i < MEMBERS - 1 && (strlen(members[i].name) != n || memcmp(members[i].name, word, n) != 0); i++)
			;
		if (!json_object_get(pull, members[i].name))
			return rk_api_missing(&members[i], what, err);
	}
	return RK_OK;
}
