#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "release/unattended.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "git/git.h"
#include "git/trailer.h"
#include "gitops/policy.h"
#include "gitops/value_rules.h"
#include "release/decide.h"

#define DAY 86400

struct rk_unattended {
	struct rk_unattended_query query;
	const char *doubt;	/* about the whole release, or NULL */
	json_t *tenants;	/* {"<tenant>": true} of those that are changed today */
	bool unknown;		/* the history does not say which */
};

/* Return whether a list of the release record has a reason, or a warning with a code. */
static bool
release_has(const json_t *release, const char *member, const char *code)
{
	json_t *each;
	size_t i;

	json_array_foreach(json_object_get(release, member), i, each)
		if (rk_json_is(each, code) || rk_json_is(json_object_get(each, "code"), code))
			return true;
	return false;
}

static const char *
doubt_release(const json_t *release)
{
	if (release_has(release, "warnings", "moved-back"))
		return "moved-back";
	if (release_has(release, "reasons", RK_DECIDE_RETARGETED))
		return RK_DECIDE_RETARGETED;
	return json_is_true(json_object_get(release, "rejection_ignored")) ? "rejection-ignored" : NULL;
}

/* Note the tenants of the lines "TENANT: set ..." and "TENANT: clear ..." of a commit's message. */
static void
note_tenants(struct rk_unattended *u, const char *message)
{
	const char *line, *colon;
	char *tenant;

	for (line = message; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
		colon = line + strcspn(line, ": \n");
		if (strncmp(colon, ": set ", 6) != 0 && strncmp(colon, ": clear ", 8) != 0)
			continue;
		tenant = rk_memory_strndup(line, (size_t)(colon - line));
		rk_json_set(u->tenants, tenant, json_true());
		free(tenant);
	}
}

/* Note the tenants of a commit that applypatch(1) made to be merged unattended. */
static enum rk_rc
note_commit(struct rk_unattended *u, const char *message, struct rk_err *err)
{
	json_t *trailers;
	enum rk_rc rc = rk_trailer_read(message, &trailers, err);

	if (rk_trailer_has(trailers, "Merge", "auto"))
		note_tenants(u, message);
	json_decref(trailers);
	return rc;
}

/* Note the commits of a day.  A day more is looked through, because clocks differ. */
static enum rk_rc
read_day(struct rk_unattended *u, git_repository *git, git_revwalk *walk, struct rk_err *err)
{
	const int64_t today = u->query.now - u->query.now % DAY;
	git_commit *commit = NULL;
	char hex[RK_OID_HEX];
	enum rk_rc rc = RK_OK;
	bool done = false;
	int result = 0;
	git_oid id;

	while (rc == RK_OK && !done && (result = git_revwalk_next(&id, walk)) == 0) {
		rc = rk_git_commit(git, git_oid_tostr(hex, sizeof hex, &id), &commit, err);
		if (rc == RK_OK && git_commit_time(commit) >= today && git_commit_time(commit) < today + DAY)
			rc = note_commit(u, git_commit_message(commit), err);
		done = rc == RK_OK && git_commit_time(commit) < today - DAY;
		git_commit_free(commit);
		commit = NULL;
	}
	u->unknown = !done && (rc == RK_ENOINPUT || result != GIT_ITEROVER || git_repository_is_shallow(git));
	return rc == RK_ENOINPUT ? RK_OK : rc;
}

static enum rk_rc
read_history(struct rk_unattended *u, struct rk_err *err)
{
	git_repository *git = NULL;
	git_revwalk *walk = NULL;
	git_object *commit = NULL;
	enum rk_rc rc = rk_git_open(u->query.dir, &git, err);
	int result = 0;

	if (rc == RK_OK && (result = git_revparse_single(&commit, git, u->query.rev)) == 0)
		result = git_revwalk_new(&walk, git);
	if (rc == RK_OK && result == 0)
		result = git_revwalk_sorting(walk, GIT_SORT_TIME);
	if (rc == RK_OK && result == 0)
		result = git_revwalk_push(walk, git_object_id(commit));
	if (rc == RK_OK && result < 0)
		rc = rk_git_fail(err, result, "%s", u->query.rev);
	if (rc == RK_OK)
		rc = read_day(u, git, walk, err);
	git_revwalk_free(walk);
	git_object_free(commit);
	rk_git_close(git);
	return rc;
}

enum rk_rc
rk_unattended_open(const struct rk_unattended_query *query, struct rk_unattended **unattended, struct rk_err *err)
{
	struct rk_unattended *u;
	enum rk_rc rc = RK_OK;

	*unattended = NULL;
	if (!query->catalog->merge.given)
		return RK_OK;
	u = rk_memory_calloc(1, sizeof *u);
	u->query = *query;
	u->doubt = doubt_release(query->release);
	u->tenants = json_object();
	if (query->catalog->merge.per_day)
		rc = read_history(u, err);
	if (rc == RK_OK)
		*unattended = u;
	else
		rk_unattended_close(u);
	return rc;
}

void
rk_unattended_close(struct rk_unattended *u)
{
	if (!u)
		return;
	json_decref(u->tenants);
	free(u);
}

static bool
lists_cohort(const struct rk_strings *cohorts, const char *cohort)
{
	size_t i;

	for (i = 0; i < cohorts->n; i++)
		if (strcasecmp(cohorts->item[i], cohort) == 0)
			return true;
	return false;
}

/* Return whether the policy lists a value of the ring, or what is above it. */
static bool
lists_value(const struct rk_unattended *u, const char *path)
{
	const struct rk_strings *paths = &u->query.catalog->merge.values;
	const char *service = u->query.service->name;
	const size_t len = strlen(service);
	struct rk_json_pointer given = { 0 }, allowed = { 0 };
	struct rk_err ignored;
	bool covers = false;
	size_t i;

	if (rk_json_pointer_parse(path, &given, &ignored) != RK_OK)
		return false;
	for (i = 0; i < paths->n && !covers; i++) {
		if (strncmp(paths->item[i], service, len) != 0 || paths->item[i][len] != '/')
			continue;
		covers = rk_json_pointer_parse(paths->item[i] + len, &allowed, &ignored) == RK_OK &&
		    rk_json_pointer_covers(&allowed, &given);
		rk_json_pointer_free(&allowed);
	}
	rk_json_pointer_free(&given);
	return covers;
}

static bool
lists_values(const struct rk_unattended *u, const json_t *values)
{
	json_t *leaves, *leaf;
	struct rk_err ignored;
	bool all = true;
	size_t i;

	if (!values)
		return true;
	if (!u->query.service || rk_value_rules_leaves(u->query.service, values, &leaves, &ignored) != RK_OK)
		return false;
	json_array_foreach(leaves, i, leaf)
		all = all && lists_value(u, rk_json_string(leaf, "path"));
	json_decref(leaves);
	return all;
}

static const char *
doubt_set(const struct rk_unattended *u, const json_t *record)
{
	const json_t *cohorts = json_object_get(record, "cohorts");
	const struct rk_catalog *catalog = u->query.catalog;
	const char *cohort;
	size_t i;

	if (json_array_size(cohorts) == 0)
		return "cohort";
	for (i = 0; i < json_array_size(cohorts); i++) {
		cohort = json_string_value(json_array_get(cohorts, i));
		if (!lists_cohort(&catalog->merge.set, cohort))
			return "cohort";
		if (!rk_policy_may_label(catalog, cohort))
			return "not-protected";
	}
	return lists_values(u, json_object_get(record, "values")) ? NULL : "values";
}

/* Return whether the tenant is one too many on this day. */
static bool
exceeds_day(struct rk_unattended *u, const json_t *record)
{
	const unsigned long most = u->query.catalog->merge.per_day;

	if (!most || json_array_size(json_object_get(record, "edits")) == 0)
		return false;
	rk_json_set(u->tenants, rk_json_string(record, "tenant"), json_true());
	return u->unknown || json_object_size(u->tenants) > most;
}

const char *
rk_unattended_doubt(const json_t *record)
{
	const json_t *code = json_object_get(record, "code");

	if (code)
		return rk_json_is(code, "half-bumped") ? "half-bumped" : "stray-override";
	return rk_json_is(json_object_get(record, "gate"), "open") ? NULL : "without-gate";
}

void
rk_unattended_judge(struct rk_unattended *u, const char *doubt, json_t *record)
{
	if (!u)
		return;
	if (u->doubt)
		doubt = u->doubt;
	if (!doubt && json_object_get(record, "took_over"))
		doubt = "took-over";
	if (!doubt && rk_json_is(json_object_get(record, "action"), "set"))
		doubt = doubt_set(u, record);
	else if (!doubt && !u->query.catalog->merge.clear)
		doubt = "clear";
	if (!doubt && exceeds_day(u, record))
		doubt = "daily-cap";
	rk_json_set(record, "merge", json_string(doubt ? "review" : "auto"));
	if (doubt)
		rk_json_set(record, "review", json_string(doubt));
}
