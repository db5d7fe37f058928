#include <stdio.h>
#include <string.h>

#include "forge/runs.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "forge/api_internal.h"
#include "forge/json_stream.h"

static const struct rk_api_member id_member = { "id", "databaseId", "id" };
static const struct rk_api_member attempt_member = { "attempt", "attempt", "run_attempt" };
static const struct rk_api_member path_member = { "path", "path", "path" };
static const struct rk_api_member name_member = { "name", "workflowName", "name" };

static const struct rk_api_member strings[] = {
	{ "status", "status", "status" },
	{ "conclusion", "conclusion", "conclusion" },
	{ "event", "event", "event" },
	{ "branch", "headBranch", "head_branch" },
	{ "commit", "headSha", "head_sha" },
};

struct reader {
	json_t *runs;
	json_t *by_id;		/* {"<id>": one of runs} */
	json_int_t total;	/* runs that REST has */
	size_t n;		/* that were read */
};

static enum rk_rc
put_string(json_t *run, const struct rk_api_member *member, const json_t *value, struct rk_err *err)
{
	if (json_is_null(value)) {
		rk_json_set(run, member->name, json_string(""));
		return RK_OK;
	}
	return rk_api_put_string(run, member, value, "a run", err);
}

static enum rk_rc
put_number(json_t *run, const struct rk_api_member *member, const json_t *from, struct rk_err *err)
{
	const json_t *value = rk_api_get(from, member);

	if (!value)
		return RK_OK;
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return rk_api_invalid(member, "a run", "an integer", err);
	rk_json_set(run, member->name, json_integer(json_integer_value(value)));
	return RK_OK;
}

/* The repository of the commit: a fork that was deleted is null. */
static enum rk_rc
put_repository(json_t *run, const json_t *from, struct rk_err *err)
{
	static const struct rk_api_member member = { "repository", "head_repository", "repository" };
	const json_t *repo = rk_api_get(from, &member);
	const char *name = rk_json_string(repo, "full_name");

	if (!repo)
		return RK_OK;
	if (!json_is_null(repo) && !json_object_get(repo, "full_name"))
		return rk_api_invalid(&member, "a run", "a repository with a \"full_name\"", err);
	rk_json_set(run, "repository", json_string(name ? name : ""));
	return RK_OK;
}

static enum rk_rc
read_run(const json_t *from, json_t *run, struct rk_err *err)
{
	const json_t *path = rk_api_get(from, &path_member), *name = rk_api_get(from, &name_member);
	enum rk_rc rc = put_number(run, &id_member, from, err);
	size_t i;

	if (rc == RK_OK)
		rc = put_number(run, &attempt_member, from, err);
	for (i = 0; rc == RK_OK && i < sizeof strings / sizeof *strings; i++)
		rc = put_string(run, &strings[i], rk_api_get(from, &strings[i]), err);
	if (rc == RK_OK && path)
		rc = put_string(run, &path_member, path, err);
	if (rc == RK_OK && (name || !path))
		rc = put_string(run, &name_member, name, err);
	return rc == RK_OK ? put_repository(run, from, err) : rc;
}

/* Keep only the latest attempt of a run. */
static enum rk_rc
keep(struct reader *r, json_t *run, struct rk_err *err)
{
	const json_t *id = json_object_get(run, "id"), *attempt = json_object_get(run, "attempt"), *old;
	json_t *same;
	char key[32];

	snprintf(key, sizeof key, "%lld", (long long)json_integer_value(id));
	same = id ? json_object_get(r->by_id, key) : NULL;
	if (!same) {
		rk_json_append(r->runs, json_incref(run));
		if (id)
			rk_json_set(r->by_id, key, json_incref(run));
		return RK_OK;
	}
	old = json_object_get(same, "attempt");
	if (!attempt || !old)
		return rk_api_missing(&attempt_member, "a run", err);
	if (json_integer_value(attempt) <= json_integer_value(old))
		return RK_OK;
	json_object_clear(same);
	rk_json_update(same, run);
	return RK_OK;
}

static enum rk_rc
one_run(struct reader *r, const json_t *from, struct rk_err *err)
{
	json_t *run = json_object();
	enum rk_rc rc = read_run(from, run, err);

	if (rc == RK_OK)
		rc = keep(r, run, err);
	r->n++;
	json_decref(run);
	return rc;
}

static enum rk_rc
found(void *context, json_t *object, struct rk_err *err)
{
	json_t *page = json_object_get(object, "workflow_runs"), *total = json_object_get(object, "total_count"), *run;
	enum rk_rc rc = rk_api_check(object, "workflow runs", err);
	struct reader *r = context;
	size_t i;

	if (rc != RK_OK)
		return rc;
	if (!page && !total)
		return one_run(r, object, err);
	if (!json_is_array(page))
		return rk_err_set(err, RK_EDATA, "invalid \"workflow_runs\": expected an array");
	if (json_integer_value(total) > r->total)
		r->total = json_integer_value(total);
	json_array_foreach(page, i, run) {
		rc = json_is_object(run) ? one_run(r, run, err) : rk_err_set(err, RK_EDATA,
		    "invalid \"workflow_runs\": expected JSON objects");
		if (rc != RK_OK)
			break;
	}
	return rc;
}

enum rk_rc
rk_runs_read(struct rk_io *io, json_t **runs, bool *more, struct rk_err *err)
{
	struct reader r = { .runs = json_array(), .by_id = json_object() };
	enum rk_rc rc = rk_json_stream_objects(io, found, &r, err);

	*more = r.total > (json_int_t)r.n;
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

/* Whether a path, ".github/workflows/FILE" or "OWNER/NAME/.github/workflows/FILE@REF", is that of a file. */
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
	/* GitHub uses the path as the name of a workflow that has none */
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
