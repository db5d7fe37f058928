#include <stdio.h>
#include <string.h>

#include "forge/runs.h"
#include "base/array.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/json_stream.h"

/* What is read, and what is known of it. */
struct reader {
	json_t *runs;
	json_t *by_id;		/* {"<id>": one of runs} */
	json_int_t total;	/* that REST says there are */
	size_t came;
};

static enum rk_rc
lacks(const char *gh, const char *rest, struct rk_err *err)
{
	return rk_err_set(err, RK_EDATA, "a run lacks \"%s\" (REST: %s): without it nothing is decided", gh, rest);
}

static enum rk_rc
put_text(json_t *run, const char *member, const json_t *value, const char *called, struct rk_err *err)
{
	const char *s = json_is_null(value) ? "" : json_string_value(value);

	if (!s || (json_is_string(value) && strlen(s) != json_string_length(value)))
		return rk_err_set(err, RK_EDATA, "a run's \"%s\" is no text", called);
	return json_object_set_new(run, member, json_string(s)) < 0 ? rk_err_nomem(err) : RK_OK;
}

static enum rk_rc
put_number(json_t *run, const char *member, const json_t *value, struct rk_err *err)
{
	if (!value)
		return RK_OK;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return rk_err_set(err, RK_EDATA, "a run's %s is no whole number", member);
	return json_object_set_new(run, member, json_integer(json_integer_value(value))) < 0 ? rk_err_nomem(err) : RK_OK;
}

static const json_t *
either(const json_t *from, const char *gh, const char *rest)
{
	const json_t *value = json_object_get(from, gh);

	return value ? value : json_object_get(from, rest);
}

/* The repository that the commit lies in: a fork that was deleted is null. */
static enum rk_rc
put_repository(json_t *run, const json_t *from, struct rk_err *err)
{
	const json_t *repo = either(from, "head_repository", "repository"), *name = json_object_get(repo, "full_name");

	if (!repo)
		return RK_OK;
	if (!json_is_null(repo) && !name)
		return rk_err_set(err, RK_EDATA, "a run's \"head_repository\" has no \"full_name\"");
	return json_object_set_new(run, "repository", json_string(name && json_is_string(name) ? json_string_value(name) : ""))
	    < 0 ? rk_err_nomem(err) : RK_OK;
}

static enum rk_rc
read_run(const json_t *from, json_t *run, struct rk_err *err)
{
	static const struct { const char *member, *gh, *rest; } texts[] = {
		{ "status", "status", "status" },
		{ "conclusion", "conclusion", "conclusion" },
		{ "event", "event", "event" },
		{ "branch", "headBranch", "head_branch" },
		{ "commit", "headSha", "head_sha" },
	};
	const json_t *path = json_object_get(from, "path"), *name = either(from, "workflowName", "name"), *value;
	enum rk_rc rc = put_number(run, "id", either(from, "databaseId", "id"), err);
	size_t i;

	if (rc == RK_OK)
		rc = put_number(run, "attempt", either(from, "attempt", "run_attempt"), err);
	for (i = 0; rc == RK_OK && i < sizeof texts / sizeof texts[0]; i++) {
		value = either(from, texts[i].gh, texts[i].rest);
		rc = value ? put_text(run, texts[i].member, value, texts[i].gh, err) : lacks(texts[i].gh, texts[i].rest, err);
	}
	if (rc == RK_OK && !path && !name)
		rc = lacks("workflowName", "path or name", err);
	if (rc == RK_OK && path)
		rc = put_text(run, "path", path, "path", err);
	if (rc == RK_OK && name)
		rc = put_text(run, "name", name, "workflowName", err);
	return rc == RK_OK ? put_repository(run, from, err) : rc;
}

/* Of the attempts of one run the latest stays. */
static enum rk_rc
keep(struct reader *r, json_t *run, struct rk_err *err)
{
	const json_t *id = json_object_get(run, "id"), *attempt = json_object_get(run, "attempt"), *old;
	json_t *same;
	char key[32];

	snprintf(key, sizeof key, "%lld", (long long)json_integer_value(id));
	same = id ? json_object_get(r->by_id, key) : NULL;
	if (!same) {
		if (json_array_append(r->runs, run) < 0 || (id && json_object_set(r->by_id, key, run) < 0))
			return rk_err_nomem(err);
		return RK_OK;
	}
	old = json_object_get(same, "attempt");
	if (!attempt || !old)
		return lacks("attempt", "run_attempt", err);
	if (json_integer_value(attempt) <= json_integer_value(old))
		return RK_OK;
	json_object_clear(same);
	return json_object_update(same, run) < 0 ? rk_err_nomem(err) : RK_OK;
}

static enum rk_rc
one_run(struct reader *r, const json_t *from, struct rk_err *err)
{
	json_t *run = json_object();
	enum rk_rc rc = run ? read_run(from, run, err) : rk_err_nomem(err);

	if (rc == RK_OK)
		rc = keep(r, run, err);
	r->came++;
	json_decref(run);
	return rc;
}

static enum rk_rc
found(void *context, json_t *object, struct rk_err *err)
{
	json_t *page = json_object_get(object, "workflow_runs"), *total = json_object_get(object, "total_count"), *run;
	enum rk_rc rc = rk_json_stream_error(object, err);
	struct reader *r = context;
	size_t i;

	if (rc != RK_OK)
		return rk_err_prefix(err, rc, "no runs but an error");
	if (!page && !total)
		return one_run(r, object, err);
	if (!json_is_array(page))
		return rk_err_set(err, RK_EDATA, "the \"workflow_runs\" are no list");
	if (json_integer_value(total) > r->total)
		r->total = json_integer_value(total);
	json_array_foreach(page, i, run) {
		rc = json_is_object(run) ? one_run(r, run, err) : rk_err_set(err, RK_EDATA, "a run is no JSON object");
		if (rc != RK_OK)
			break;
	}
	return rc;
}

enum rk_rc
rk_runs_read(struct rk_io *io, json_t **runs, bool *more, struct rk_err *err)
{
	struct reader r = { .runs = json_array(), .by_id = json_object() };
	enum rk_rc rc = r.runs && r.by_id ? rk_json_stream_objects(io, found, &r, err) : rk_err_nomem(err);

	*more = r.total > (json_int_t)r.came;
	*runs = rc == RK_OK ? r.runs : NULL;
	if (rc != RK_OK)
		json_decref(r.runs);
	json_decref(r.by_id);
	return rc;
}

static bool
is_file(const char *workflow)
{
	size_t len = strlen(workflow);

	return (len > 4 && strcmp(workflow + len - 4, ".yml") == 0) || (len > 5 && strcmp(workflow + len - 5, ".yaml") == 0);
}

/* Is the path, ".github/workflows/FILE" or "OWNER/NAME/.github/workflows/FILE@REF", that of this file? */
static bool
is_path_of(const char *path, const char *file)
{
	static const char folder[] = ".github/workflows/";
	const char *at = strstr(path, folder);
	size_t len = strlen(file);

	if (!at)
		return false;
	at += sizeof folder - 1;
	if (strncmp(file, folder, sizeof folder - 1) == 0) {
		file += sizeof folder - 1;
		len -= sizeof folder - 1;
	}
	return strncmp(at, file, len) == 0 && (at[len] == '\0' || at[len] == '@');
}

enum rk_runs_match
rk_runs_match(const json_t *run, const struct rk_strings *workflows)
{
	const char *path = rk_json_string(run, "path");
	const char *name = rk_json_string(run, "name");
	bool files = false, names = false;
	size_t i;

	for (i = 0; i < workflows->n; i++) {
		files = files || is_file(workflows->item[i]);
		names = names || !is_file(workflows->item[i]);
	}
	/* a workflow without a name of its own is called by its path */
	if (!(path && *path) && name && strncmp(name, ".github/", 8) == 0)
		path = name;
	if (path && *path && files) {
		for (i = 0; i < workflows->n; i++)
			if (is_file(workflows->item[i]) && is_path_of(path, workflows->item[i]))
				return RK_RUNS_MATCH;
		return RK_RUNS_OTHER;
	}
	if (!name || !*name || !names)
		return RK_RUNS_UNKNOWN;
	for (i = 0; i < workflows->n; i++)
		if (!is_file(workflows->item[i]) && strcmp(name, workflows->item[i]) == 0)
			return RK_RUNS_MATCH;
	return RK_RUNS_OTHER;
}
