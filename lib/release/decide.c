#include <string.h>
#include <strings.h>

#include "release/decide.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "forge/pulls.h"
#include "forge/runs.h"
#include "gitops/catalog.h"
#include "gitops/override.h"
#include "release/facts.h"

/* What the builds of a commit come to. */
enum build { MISSING, FAILED, RUNNING, GREEN };

const char *
rk_decide_word(enum rk_action action)
{
	static const char *const words[] = { "none", "clear", "hold", "keep", "set" };

	return words[action];
}

/* Add a reason, once. */
static enum rk_rc
because(struct rk_decision *r, const char *reason, struct rk_err *err)
{
	json_t *old;
	size_t i;

	json_array_foreach(r->reasons, i, old)
		if (rk_json_is(old, reason))
			return RK_OK;
	return json_array_append_new(r->reasons, json_string(reason)) < 0 ? rk_err_nomem(err) : RK_OK;
}

/* Whose ring */

enum rk_rc
rk_decide_service(const struct rk_catalog *catalog, const json_t *pulls, const struct rk_service **service,
    struct rk_err *err)
{
	const char *repository = NULL, *other;
	json_t *pull;
	size_t i;

	*service = NULL;
	json_array_foreach(pulls, i, pull) {
		other = rk_json_string(pull, "repository");
		if (repository && other && strcasecmp(repository, other) != 0)
			return rk_err_set(err, RK_EDATA, "pull requests of %s and of %s", repository, other);
		if (other)
			repository = other;
	}
	if (!repository)
		return rk_err_set(err, RK_EDATA, "%s: name the service with --service", json_array_size(pulls)
		    ? "the pull request does not say its repository (gh: url; REST: base.repo)"
		    : "no pull request, and so no repository");
	for (i = 0; i < catalog->n_services; i++) {
		if (!catalog->service[i].repository || strcasecmp(catalog->service[i].repository, repository) != 0)
			continue;
		if (*service)
			return rk_err_set(err, RK_EDATA, "the services %s and %s are both of %s: name one with --service",
			    (*service)->name, catalog->service[i].name, repository);
		*service = &catalog->service[i];
	}
	return *service ? RK_OK : rk_err_set(err, RK_EDATA, "no service in %s is of the repository %s: name one with --service",
	    catalog->file, repository);
}

/* Which pull request */

static enum rk_rc
check_service(const struct rk_service *service, struct rk_err *err)
{
	const char *lacks = !service->repository ? "repository" : !service->branch ? "branch"
	    : !service->build_workflow.n ? "build-workflow" : NULL;

	return lacks ? rk_err_set(err, RK_ECONFIG, "the service %s lacks \"%s\" in the catalogue, without which nothing is decided",
	    service->name, lacks) : RK_OK;
}

/* Why a pull request does not count: *why is NULL when it does. */
static enum rk_rc
does_not_count(const struct rk_service *service, const json_t *pull, const char **why, struct rk_err *err)
{
	const json_t *head = json_object_get(pull, "head"), *repository = json_object_get(pull, "repository");
	enum rk_rc rc = RK_OK;

	*why = NULL;
	if (rk_validate_ring(json_string_value(head), json_string_length(head)))
		*why = "no-ring";
	else if ((rc = rk_pulls_require(pull, "fork", err)) == RK_OK && json_is_true(json_object_get(pull, "fork")))
		*why = "fork";
	else if (rc == RK_OK && repository && strcasecmp(json_string_value(repository), service->repository) != 0)
		*why = "other-repository";
	else if (rc == RK_OK && (rc = rk_pulls_require(pull, "base", err)) == RK_OK
	    && !rk_json_is(json_object_get(pull, "base"), service->branch))
		*why = "other-base";
	return rc;
}

static bool
is_open(const json_t *pull)
{
	return rk_json_is(json_object_get(pull, "state"), "open");
}

/* Does the other one decide, rather than this? */
static enum rk_rc
is_later(const json_t *pull, const json_t *other, bool *later, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	int order;

	*later = is_open(other);
	if (is_open(pull) != is_open(other))
		return RK_OK;
	rc = rk_pulls_require(pull, "updated", err);
	if (rc == RK_OK)
		rc = rk_pulls_require(other, "updated", err);
	if (rc != RK_OK)
		return rc;
	order = strcmp(rk_json_string(other, "updated"), rk_json_string(pull, "updated"));
	*later = order > 0 || (order == 0 && json_integer_value(json_object_get(other, "number"))
	    > json_integer_value(json_object_get(pull, "number")));
	return RK_OK;
}

static enum rk_rc
choose(struct rk_decision *r, const json_t *pulls, struct rk_err *err)
{
	const json_t *pull;
	const char *why;
	enum rk_rc rc;
	bool later;
	size_t i;

	json_array_foreach(pulls, i, pull) {
		rc = does_not_count(r->service, pull, &why, err);
		if (rc == RK_OK && why)
			rc = because(r, why, err);
		if (rc != RK_OK || why) {
			if (rc != RK_OK)
				return rc;
			continue;
		}
		rc = rk_pulls_require(pull, "number state labels", err);
		if (rc != RK_OK)
			return rc;
		if (r->pull && strcmp(rk_json_string(r->pull, "head"), rk_json_string(pull, "head")) != 0)
			return rk_err_set(err, RK_EDATA, "pull requests of the rings %s and %s: give those of one", rk_json_string(r->pull, "head"),
			    rk_json_string(pull, "head"));
		later = !r->pull;
		if (r->pull)
			rc = is_later(r->pull, pull, &later, err);
		if (rc != RK_OK)
			return rc;
		if (later)
			r->pull = pull;
	}
	if (!r->pull && json_array_size(pulls) == 0)
		return because(r, "no-pull-request", err);
	return RK_OK;
}

enum rk_rc
rk_decide_begin(struct rk_decision *r, const struct rk_service *service, const json_t *pulls, struct rk_err *err)
{
	const char *fault;
	enum rk_rc rc;

	*r = (struct rk_decision){ .service = service, .reasons = json_array(), .warnings = json_array() };
	if (!r->reasons || !r->warnings)
		return rk_err_nomem(err);
	rc = check_service(service, err);
	if (rc == RK_OK)
		rc = choose(r, pulls, err);
	if (rc != RK_OK || !r->pull)
		return rc;
	json_array_clear(r->reasons);
	if (rk_json_is(json_object_get(r->pull, "state"), "merged")) {
		r->action = RK_HOLD;
		return because(r, "merged", err);
	}
	if (!is_open(r->pull)) {
		r->action = RK_CLEAR;
		return because(r, "closed", err);
	}
	if (json_array_size(json_object_get(r->pull, "labels")) == 0) {
		r->action = RK_CLEAR;
		return because(r, "no-label", err);
	}
	r->action = RK_SET;
	rc = rk_pulls_require(r->pull, "draft commit", err);
	if (rc != RK_OK)
		return rc;
	fault = rk_validate_oid(rk_decide_head(r), strlen(rk_decide_head(r)));
	return fault ? rk_err_set(err, RK_EDATA, "the ring's head \"%s\" %s", rk_decide_head(r), fault) : RK_OK;
}

const char *
rk_decide_ring(const struct rk_decision *r)
{
	return rk_json_string(r->pull, "head");
}

const char *
rk_decide_head(const struct rk_decision *r)
{
	return rk_json_string(r->pull, "commit");
}

/* Which commit, and is it built */

/* Is it a run for a push of this commit to the ring, in the service's own repository? */
static bool
is_push_of(const struct rk_decision *r, const json_t *run, const char *commit)
{
	const char *repository = rk_json_string(run, "repository");

	return rk_json_is(json_object_get(run, "commit"), commit) && rk_json_is(json_object_get(run, "event"), "push")
	    && rk_json_is(json_object_get(run, "branch"), rk_decide_ring(r))
	    && (!repository || strcasecmp(repository, r->service->repository) == 0);
}

/* What a commit's builds come to; *untold when there are runs that could be of the workflow and do not say. */
static enum build
build_of(const struct rk_decision *r, const struct rk_facts *e, const char *commit, bool *untold)
{
	enum build best = MISSING, one;
	enum rk_runs_match is;
	json_t *run;
	size_t i;

	json_array_foreach(e->runs, i, run) {
		if (!is_push_of(r, run, commit))
			continue;
		is = rk_runs_match(run, &r->service->build_workflow);
		*untold = *untold || is == RK_RUNS_UNKNOWN;
		if (is != RK_RUNS_MATCH)
			continue;
		one = !rk_json_is(json_object_get(run, "status"), "completed") ? RUNNING
		    : rk_json_is(json_object_get(run, "conclusion"), "success") ? GREEN : FAILED;
		if (one > best)
			best = one;
	}
	return best;
}

static bool
is_held(const struct rk_facts *e, const char *commit)
{
	const json_t *held;
	size_t i;

	json_array_foreach(e->held, i, held)
		if (strncmp(commit, json_string_value(held), json_string_length(held)) == 0)
			return true;
	return false;
}

static enum rk_rc
warn(struct rk_decision *r, json_t *warning, struct rk_err *err)
{
	return json_array_append_new(r->warnings, warning) < 0 ? rk_err_nomem(err) : RK_OK;
}

static enum rk_rc
warn_of_charts(struct rk_decision *r, const struct rk_facts *e, struct rk_err *err)
{
	json_t *warning;

	if (e->n_paths == 0)
		return RK_OK;
	warning = json_pack("{ss sO}", "code", "not-carried-by-image", "paths", e->paths);
	if (warning && e->n_paths > json_array_size(e->paths)
	    && json_object_set_new(warning, "more", json_integer((json_int_t)(e->n_paths - json_array_size(e->paths)))) < 0) {
		json_decref(warning);
		warning = NULL;
	}
	return warn(r, warning, err);
}

/* Why there is no green build. */
static enum rk_rc
not_green(struct rk_decision *r, const struct rk_facts *e, enum build build, bool untold, struct rk_err *err)
{
	enum rk_rc rc = because(r, build == RUNNING ? "running" : build == FAILED ? "failed" : "missing", err);

	if (rc == RK_OK && build == MISSING && untold)
		rc = because(r, "no run says whether it is of build-workflow: the catalogue has a file's name alone and gh none "
		    "(add the workflow's name, or ask REST), or it has a name alone and the run none", err);
	else if (rc == RK_OK && build == MISSING && e->more_runs)
		rc = because(r, "the list of runs goes on: give all pages, or those of the commit (head_sha)", err);
	return rc;
}

enum rk_rc
rk_decide_build(struct rk_decision *r, const struct rk_facts *e, struct rk_err *err)
{
	enum build build = MISSING, one;
	bool untold = false, older = false, synced = false;
	enum rk_rc rc = warn_of_charts(r, e, err);
	const json_t *commit;
	const char *at = NULL;
	size_t i;

	if (rc != RK_OK)
		return rc;
	json_array_foreach(e->way, i, commit) {
		if (i == 0 || !is_held(e, json_string_value(commit)))
			continue;
		at = json_string_value(commit);
		synced = !is_held(e, rk_decide_head(r));
		break;
	}
	if (synced)
		rc = warn(r, json_pack("{ss}", "code", "sync-only"), err);
	if (!synced)
		at = rk_decide_head(r);
	json_array_foreach(e->way, i, commit) {
		if (synced || build == GREEN)
			break;
		one = build_of(r, e, json_string_value(commit), &untold);
		if (one > build)
			build = one;
		if (one == GREEN)
			at = json_string_value(commit);
	}
	memcpy(r->commit, at, sizeof r->commit);
	if (rc == RK_OK)
		rc = rk_facts_is_older(e, at, &older, err);
	if (rc == RK_OK && json_is_true(json_object_get(r->pull, "draft")))
		rc = because(r, "draft", err);
	if (rc == RK_OK && older)
		rc = because(r, "older", err);
	if (rc == RK_OK && !synced && build != GREEN)
		rc = not_green(r, e, build, untold, err);
	r->action = json_array_size(r->reasons) ? RK_KEEP : RK_SET;
	return rc;
}

/* The record */

static json_t *
image(const struct rk_decision *r)
{
	struct rk_strbuf repository = { 0 }, tag = { 0 };
	json_t *json = NULL;

	rk_override_repository(&repository, r->service, rk_decide_ring(r));
	rk_template_fill(&tag, r->service->tag, "sha", r->commit);
	if (!repository.failed && !tag.failed)
		json = json_pack("{ss ss}", "repository", rk_strbuf_str(&repository), "tag", rk_strbuf_str(&tag));
	rk_strbuf_free(&repository);
	rk_strbuf_free(&tag);
	return json;
}

enum rk_rc
rk_decide_record(const struct rk_decision *r, json_t **record, struct rk_err *err)
{
	json_t *labels = r->pull ? json_incref(json_object_get(r->pull, "labels")) : json_array();
	json_t *set = r->action == RK_SET ? image(r) : NULL;

	*record = NULL;
	if (labels && (set || r->action != RK_SET))
		*record = json_pack("{ss ss ss ss ss* sO* sO ss* sO* sO sO}", "type", "release", "action",
		    rk_decide_word(r->action), "service", r->service->name, "repository", r->service->repository, "ring",
		    r->pull ? rk_decide_ring(r) : NULL, "pull_request", json_object_get(r->pull, "number"), "labels", labels,
		    "commit", *r->commit ? r->commit : NULL, "image", set, "reasons", r->reasons, "warnings", r->warnings);
	json_decref(labels);
	json_decref(set);
	return *record ? RK_OK : rk_err_nomem(err);
}

void
rk_decide_free(struct rk_decision *r)
{
	json_decref(r->reasons);
	json_decref(r->warnings);
}
