/*
 * Fuzz workflow runs: an input is GitHub's answer.  What is read is written in the shape of the REST API, and must be read as
 * the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "base/memory.h"
#include "forge/runs.h"
#include "fuzz.h"

static const char *const strings[][2] = { { "status", "status" }, { "conclusion", "conclusion" }, { "event", "event" },
	{ "branch", "head_branch" }, { "commit", "head_sha" }, { "path", "path" }, { "name", "name" } };

static void
check_run(const json_t *run)
{
	static char file[] = "main.yml", workflow[] = "Build";
	const struct rk_strings by_file = { (char *[]){ file }, 1 }, by_name = { (char *[]){ workflow }, 1 };
	const char *path = json_string_value(json_object_get(run, "path")), *name = json_string_value(json_object_get(run, "name"));
	size_t i;

	for (i = 0; i < 5; i++)
		EXPECT(json_is_string(json_object_get(run, strings[i][0])));
	EXPECT(path || name);
	EXPECT(json_integer_value(json_object_get(run, "id")) >= 0);
	if (rk_runs_match(run, &by_file) == RK_RUNS_MATCH)
		EXPECT((path && strstr(path, ".github/workflows/main.yml")) || (name && strstr(name, ".github/workflows/main.yml")));
	if (rk_runs_match(run, &by_name) == RK_RUNS_MATCH)
		EXPECT(name && strcmp(name, "Build") == 0);
}

static json_t *
rest_run(const json_t *run)
{
	json_t *rest = json_pack("{sO* sO*}", "id", json_object_get(run, "id"), "run_attempt", json_object_get(run, "attempt"));
	const char *repository = json_string_value(json_object_get(run, "repository"));
	json_t *value;
	size_t i;

	for (i = 0; i < sizeof strings / sizeof *strings; i++)
		if ((value = json_object_get(run, strings[i][0])))
			json_object_set(rest, strings[i][1], value);
	if (repository)
		json_object_set_new(rest, "head_repository", json_pack("{ss}", "full_name", repository));
	return rest;
}

static enum rk_rc
read_runs(const void *bytes, size_t len, json_t **runs, bool *more)
{
	struct rk_io io = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc;

	fuzz_open(&io, bytes, len);
	rc = rk_runs_read(&io, runs, more, &err);
	rk_io_close_file(&io);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	EXPECT((rc == RK_OK) == (*runs != NULL));
	if (rc != RK_OK)
		fuzz_message(&err);
	return rc;
}

int
fuzz_runs(const uint8_t *data, size_t size)
{
	json_t *runs, *run, *rest, *again = NULL, *ids = json_object(), *id;
	bool more = false, none;
	char *text, key[32];
	size_t i, n;

	if (read_runs(data, size, &runs, &more) != RK_OK) {
		json_decref(ids);
		return 0;
	}
	n = json_array_size(runs);
	rest = json_pack("{s[] sI}", "workflow_runs", "total_count", (json_int_t)n + more);
	json_array_foreach(runs, i, run) {
		check_run(run);
		json_array_append_new(json_object_get(rest, "workflow_runs"), rest_run(run));
		if ((id = json_object_get(run, "id"))) {
			snprintf(key, sizeof key, "%lld", (long long)json_integer_value(id));
			EXPECT(!json_object_get(ids, key));
			json_object_set_new(ids, key, json_null());
		}
	}
	text = json_dumps(rest, 0);
	EXPECT(text && read_runs(text, strlen(text), &again, &none) == RK_OK);
	EXPECT(json_equal(again, runs) && none == more);
	free(text);
	json_decref(again);
	json_decref(rest);
	json_decref(runs);
	json_decref(ids);
	return 0;
}
