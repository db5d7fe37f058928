#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "release/decide.h"
#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "forge/pulls.h"
#include "forge/runs.h"
#include "git/git.h"
#include "git/proposal_name.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"
#include "gitops/image.h"
#include "release/digest.h"
#include "release/rejection.h"
#include "release/ring_base.h"
#include "release/ring_commits.h"
#include "release/ring_values.h"

/* The result of a commit's builds, the better the greater. */
enum build { MISSING, FAILED, RUNNING, GREEN };

struct rk_decision {
	const struct rk_service *service;
	const json_t *pull;		/* the pull request that decides, NULL if there is none */
	const json_t *elsewhere;	/* the one that would, if pull requests to other branches counted; or NULL */
	enum rk_action action;
	char commit[RK_OID_HEX];	/* "" if there is none */
	json_t *values;			/* of the ring, NULL if there are none, or a reason says why not */
	json_t *supersedes;		/* the rings whose tenants may be taken over, or NULL */
	struct rk_strbuf digest;	/* of the image, if it is known */
	json_int_t rejected;		/* the pull request of its proposal that a person closed, or 0 */
	bool ignores_rejection;		/* a person has said that there is none */
	json_t *reasons, *warnings;	/* as ring-records(5) has them */
};

const char *
rk_decide_word(enum rk_action action)
{
	static const char *const words[] = { "none", "clear", "hold", "keep", "set" };

	return words[action];
}

enum rk_action
rk_decide_action(const struct rk_decision *d)
{
	return d->action;
}

const char *
rk_decide_ring(const struct rk_decision *d)
{
	return rk_json_string(d->pull, "head");
}

const char *
rk_decide_head(const struct rk_decision *d)
{
	return rk_json_string(d->pull, "commit");
}

/* Add a reason, once. */
static void
add_reason(struct rk_decision *d, const char *reason)
{
	json_t *old;
	size_t i;

	json_array_foreach(d->reasons, i, old)
		if (rk_json_is(old, reason))
			return;
	rk_json_append(d->reasons, json_string(reason));
}

/* The service */

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
			return rk_err_set(err, RK_EDATA, "expected pull requests of one repository, got %s and %s", repository, other);
		if (other)
			repository = other;
	}
	if (!repository)
		return rk_err_set(err, RK_EDATA, "%s: name the service with --service", json_array_size(pulls)
		    ? "the pull request does not name its repository (gh: url; REST: base.repo)" : "no pull request");
	for (i = 0; i < catalog->n_services; i++) {
		if (!catalog->service[i].repository || strcasecmp(catalog->service[i].repository, repository) != 0)
			continue;
		if (*service)
			return rk_err_set(err, RK_EDATA, "the services %s and %s both have the repository %s: name one with --service",
			    (*service)->name, catalog->service[i].name, repository);
		*service = &catalog->service[i];
	}
	return *service ? RK_OK : rk_err_set(err, RK_EDATA, "no service in %s has the repository %s: name one with --service",
	    catalog->file, repository);
}

/* The pull request */

static enum rk_rc
check_service(const struct rk_service *service, struct rk_err *err)
{
	const char *missing = !service->repository ? "repository" : !service->branch ? "branch"
	    : !service->build_workflow.n ? "build-workflow" : NULL;

	return missing ? rk_err_set(err, RK_ECONFIG, "missing \"%s\" in the catalogue for the service %s", missing, service->name)
	    : RK_OK;
}

static const char other_base[] = "other-base";

/* Set *why to why a pull request does not count, NULL if it counts. */
static enum rk_rc
find_fault(const struct rk_service *service, const json_t *pull, const char **why, struct rk_err *err)
{
	const json_t *head = json_object_get(pull, "head"), *repository = json_object_get(pull, "repository");
	enum rk_rc rc = RK_OK;

	*why = NULL;
	if (rk_ring_pattern_check(service->ring, json_string_value(head), json_string_length(head)))
		*why = "no-ring";
	else if ((rc = rk_pulls_require(pull, "fork", err)) == RK_OK && json_is_true(json_object_get(pull, "fork")))
		*why = "fork";
	else if (rc == RK_OK && repository && strcasecmp(json_string_value(repository), service->repository) != 0)
		*why = "other-repository";
	else if (rc == RK_OK && (rc = rk_pulls_require(pull, "base", err)) == RK_OK
	    && !rk_json_is(json_object_get(pull, "base"), service->branch))
		*why = other_base;
	return rc;
}

static bool
is_open(const json_t *pull)
{
	return rk_json_is(json_object_get(pull, "state"), "open");
}

/* Set *later to whether the other pull request decides, and not this one. */
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

/* Take a pull request as *best, if it is the first or the later one. */
static enum rk_rc
consider(const json_t **best, const json_t *pull, struct rk_err *err)
{
	enum rk_rc rc = rk_pulls_require(pull, "number state labels", err);
	bool later = true;

	if (rc == RK_OK && *best && strcmp(rk_json_string(*best, "head"), rk_json_string(pull, "head")) != 0)
		rc = rk_err_set(err, RK_EDATA, "expected pull requests of one ring, got %s and %s", rk_json_string(*best, "head"),
		    rk_json_string(pull, "head"));
	if (rc == RK_OK && *best)
		rc = is_later(*best, pull, &later, err);
	if (rc == RK_OK && later)
		*best = pull;
	return rc;
}

static enum rk_rc
choose_pull(struct rk_decision *d, const json_t *pulls, struct rk_err *err)
{
	const json_t *pull;
	const char *why;
	enum rk_rc rc = RK_OK;
	size_t i;

	json_array_foreach(pulls, i, pull) {
		if (rc == RK_OK)
			rc = find_fault(d->service, pull, &why, err);
		if (rc == RK_OK && why)
			add_reason(d, why);
		else if (rc == RK_OK)
			rc = consider(&d->pull, pull, err);
		if (rc == RK_OK && why == other_base)
			rc = consider(&d->elsewhere, pull, err);
	}
	if (rc == RK_OK && json_array_size(pulls) == 0)
		add_reason(d, "no-pull-request");
	return rc;
}

/* Decide what the pull request says without its builds. */
static enum rk_rc
decide_by_pull(struct rk_decision *d, struct rk_err *err)
{
	const char *fault;
	enum rk_rc rc;

	json_array_clear(d->reasons);
	if (rk_json_is(json_object_get(d->pull, "state"), "merged")) {
		d->action = RK_HOLD;
		add_reason(d, "merged");
		return RK_OK;
	}
	d->action = RK_CLEAR;
	if (!is_open(d->pull)) {
		add_reason(d, "closed");
		return RK_OK;
	}
	if (json_array_size(json_object_get(d->pull, "labels")) == 0) {
		add_reason(d, "no-label");
		return RK_OK;
	}
	d->action = RK_SET;
	rc = rk_pulls_require(d->pull, "draft commit", err);
	if (rc != RK_OK)
		return rc;
	fault = rk_validate_oid(rk_decide_head(d), strlen(rk_decide_head(d)));
	return fault ? rk_err_set(err, RK_EDATA, "invalid head of the ring \"%s\": it %s", rk_decide_head(d), fault) : RK_OK;
}

enum rk_rc
rk_decide_open(const struct rk_service *service, const json_t *pulls, struct rk_decision **decision, struct rk_err *err)
{
	struct rk_decision *d = rk_memory_calloc(1, sizeof *d);
	enum rk_rc rc;

	*decision = NULL;
	d->service = service;
	d->reasons = json_array();
	d->warnings = json_array();
	rc = check_service(service, err);
	if (rc == RK_OK)
		rc = choose_pull(d, pulls, err);
	if (rc == RK_OK && d->pull)
		rc = decide_by_pull(d, err);
	if (rc == RK_OK)
		*decision = d;
	else
		rk_decide_close(d);
	return rc;
}

void
rk_decide_close(struct rk_decision *d)
{
	if (!d)
		return;
	json_decref(d->reasons);
	json_decref(d->warnings);
	json_decref(d->values);
	json_decref(d->supersedes);
	rk_strbuf_free(&d->digest);
	free(d);
}

/* The branch that the pull request is for */

enum rk_rc
rk_decide_base(struct rk_decision *d, const struct rk_ring_commits_sources *from, struct rk_err *err)
{
	const char *ring = rk_json_string(d->elsewhere, "head"), *head = rk_json_string(d->elsewhere, "commit");
	const struct rk_rejection_query query = { .service = d->service, .ring = ring, .me = from->me };
	bool matters = false, known = false;
	enum rk_rc rc;

	/* one that was closed decides, unless the ring has another one that is open */
	if (!d->elsewhere || (d->pull && !(rk_json_is(json_object_get(d->pull, "state"), "closed") && is_open(d->elsewhere)
	    && rk_json_is(json_object_get(d->pull, "head"), ring))))
		return RK_OK;
	rc = rk_ring_commits_holds(from, ring, &matters, err);
	if (rc == RK_OK && !matters && from->proposals)
		rc = rk_rejection_pending(from->proposals, &query, &matters, err);
	if (rc != RK_OK || !matters)
		return rc;
	/* what was merged into another branch may still become GA */
	if (!rk_json_is(json_object_get(d->elsewhere, "state"), "merged") && from->dir && head)
		rc = rk_ring_base_check(from->dir, d->service->branch, rk_json_string(d->elsewhere, "base"), head, &known, err);
	d->pull = d->elsewhere;
	d->action = known ? RK_CLEAR : RK_HOLD;
	json_array_clear(d->reasons);
	if (rc == RK_OK)
		add_reason(d, known ? RK_DECIDE_RETARGETED : "base-unknown");
	return rc;
}

/* The commit and its builds */

/* Return whether a run is for a push of this commit to the ring, in the service's own repository. */
static bool
is_push_of(const struct rk_decision *d, const json_t *run, const char *commit)
{
	const char *repository = rk_json_string(run, "repository");

	return rk_json_is(json_object_get(run, "commit"), commit) && rk_json_is(json_object_get(run, "event"), "push")
	    && rk_json_is(json_object_get(run, "branch"), rk_decide_ring(d))
	    && (!repository || strcasecmp(repository, d->service->repository) == 0);
}

/* Return the result of a commit's builds; set *unknown if a run may be one of the workflow, but does not say so. */
static enum build
build_of(const struct rk_decision *d, const struct rk_ring_commits *c, const char *commit, bool *unknown)
{
	enum build best = MISSING, one;
	enum rk_runs_match match;
	json_t *run;
	size_t i;

	json_array_foreach(c->runs, i, run) {
		if (!is_push_of(d, run, commit))
			continue;
		match = rk_runs_match(run, &d->service->build_workflow);
		*unknown = *unknown || match == RK_RUNS_UNKNOWN;
		if (match != RK_RUNS_MATCH)
			continue;
		one = !rk_json_is(json_object_get(run, "status"), "completed") ? RUNNING
		    : rk_json_is(json_object_get(run, "conclusion"), "success") ? GREEN : FAILED;
		if (one > best)
			best = one;
	}
	return best;
}

static bool
is_deployed(const struct rk_ring_commits *c, const char *commit)
{
	const json_t *deployed;
	size_t i;

	json_array_foreach(c->deployed, i, deployed)
		if (strncmp(commit, json_string_value(deployed), json_string_length(deployed)) == 0)
			return true;
	return false;
}

/* Add a warning, which is stolen. */
static void
add_warning(struct rk_decision *d, json_t *warning)
{
	rk_json_append(d->warnings, warning);
}

/* Warn of changed files that the image does not carry. */
static void
warn_of_paths(struct rk_decision *d, const struct rk_ring_commits *c)
{
	size_t more = c->n_paths - json_array_size(c->paths);
	json_t *warning;

	if (c->n_paths == 0)
		return;
	warning = rk_json_pack("{ss sO}", "code", "not-carried-by-image", "paths", c->paths);
	if (more)
		rk_json_set(warning, "more", json_integer((json_int_t)more));
	add_warning(d, warning);
}

/* Add why there is no green build. */
static void
add_build_reason(struct rk_decision *d, const struct rk_ring_commits *c, enum build build, bool unknown)
{
	add_reason(d, build == RUNNING ? "running" : build == FAILED ? "failed" : "missing");
	if (build == MISSING && unknown)
		add_reason(d, "cannot tell which runs are of build-workflow: the catalogue has only a file name and gh gives only "
		    "workflow names (add the workflow's name, or use REST), or the reverse");
	else if (build == MISSING && c->more_runs)
		add_reason(d, "the list of runs is not complete: give all pages, or those of the commit (head_sha)");
}

/* Return the first commit of the chain after the head that is deployed, if the head is not; else NULL. */
static const char *
find_deployed(const struct rk_decision *d, const struct rk_ring_commits *c)
{
	const json_t *commit;
	size_t i;

	if (is_deployed(c, rk_decide_head(d)))
		return NULL;
	json_array_foreach(c->chain, i, commit)
		if (i > 0 && is_deployed(c, json_string_value(commit)))
			return json_string_value(commit);
	return NULL;
}

/* Return the first commit of the chain with a green build, else the head; *build is the best result. */
static const char *
find_green(const struct rk_decision *d, const struct rk_ring_commits *c, enum build *build, bool *unknown)
{
	const json_t *commit;
	enum build one;
	size_t i;

	*build = MISSING;
	json_array_foreach(c->chain, i, commit) {
		one = build_of(d, c, json_string_value(commit), unknown);
		if (one > *build)
			*build = one;
		if (one == GREEN)
			return json_string_value(commit);
	}
	return rk_decide_head(d);
}

/* Check the length of the tag, which may have the ring's name in it. */
static void
check_tag(struct rk_decision *d)
{
	struct rk_strbuf tag = { 0 };

	rk_image_tag(&tag, d->service, rk_decide_ring(d), d->commit);
	if (rk_validate_tag(tag.data, tag.len))
		add_reason(d, "name-too-long");
	rk_strbuf_free(&tag);
}

enum rk_rc
rk_decide_build(struct rk_decision *d, const struct rk_ring_commits *c, struct rk_err *err)
{
	const char *deployed = find_deployed(d, c), *commit = deployed;
	bool unknown = false, older = false;
	enum build build = GREEN;
	enum rk_rc rc;

	warn_of_paths(d, c);
	if (deployed)
		add_warning(d, rk_json_pack("{ss}", "code", "sync-only"));
	if (!deployed)
		commit = find_green(d, c, &build, &unknown);
	memcpy(d->commit, commit, sizeof d->commit);
	rc = rk_ring_commits_is_older(c, commit, &older, err);
	if (rc == RK_OK && json_is_true(json_object_get(d->pull, "draft")))
		add_reason(d, "draft");
	if (rc == RK_OK && older && c->at_head)
		add_warning(d, rk_json_pack("{ss}", "code", "moved-back"));
	else if (rc == RK_OK && older)
		add_reason(d, "older");
	if (rc == RK_OK)
		check_tag(d);
	if (rc == RK_OK && build != GREEN)
		add_build_reason(d, c, build, unknown);
	d->action = json_array_size(d->reasons) ? RK_KEEP : RK_SET;
	return rc;
}

enum rk_rc
rk_decide_image(struct rk_decision *d, const struct rk_ring_commits_sources *from, const struct rk_ring_commits *c,
    struct rk_err *err)
{
	enum rk_rc rc;

	if (d->action != RK_SET)
		return RK_OK;
	rc = rk_ring_commits_supersedes(c, from->merged, d->commit, &d->supersedes, err);
	if (rc == RK_OK && from->digests)
		rc = rk_digest_find(from->digests, d->commit, &d->digest, err);
	if (rc == RK_OK && from->digests && !d->digest.len) {
		d->action = RK_KEEP;
		add_reason(d, "no-digest");
	}
	return rc;
}

enum rk_rc
rk_decide_values(struct rk_decision *d, const struct rk_ring_commits_sources *from, struct rk_err *err)
{
	enum rk_rc rc;

	if (!d->service->values.file || (d->action != RK_SET && !from->proposals))
		return RK_OK;
	rc = rk_ring_values_read(d->service, from->dir, rk_decide_ring(d), d->commit, &d->values, err);
	if (d->action != RK_SET && (rc == RK_REFUSED || rc == RK_ENOINPUT))
		return RK_OK;	/* only a rejection depends on them */
	if (rc != RK_REFUSED)
		return rc;
	d->action = RK_KEEP;
	add_reason(d, rk_code_word(RK_CODE_BAD_VALUES));
	add_reason(d, rk_code_word(err->code));
	add_reason(d, err->msg);
	return RK_OK;
}

enum rk_rc
rk_decide_rejected(struct rk_decision *d, const struct rk_ring_commits_sources *from, struct rk_err *err)
{
	const struct rk_rejection_query query = { .service = d->service, .ring = rk_decide_ring(d), .commit = d->commit,
		.labels = json_object_get(d->pull, "labels"), .values = d->values, .me = from->me };
	enum rk_rc rc = RK_OK;

	d->ignores_rejection = from->ignore_rejection;
	if (from->proposals)
		rc = rk_rejection_find(from->proposals, &query, &d->rejected, err);
	if (rc != RK_OK || !d->rejected)
		return rc;
	d->action = RK_KEEP;
	add_reason(d, "rejected");
	return RK_OK;
}

/* The record */

static json_t *
image(const struct rk_decision *d)
{
	struct rk_strbuf repository = { 0 }, tag = { 0 };
	json_t *json = NULL;

	rk_image_repository(&repository, d->service, rk_decide_ring(d));
	rk_image_tag(&tag, d->service, rk_decide_ring(d), d->commit);
	json = rk_json_pack("{ss ss ss*}", "repository", rk_strbuf_str(&repository), "tag", rk_strbuf_str(&tag), "digest",
	    d->digest.len ? d->digest.data : NULL);
	rk_strbuf_free(&repository);
	rk_strbuf_free(&tag);
	return json;
}

/* Set *first to the branch of the ring's proposal, and *older to the others that it may have: new references, or NULL. */
static void
name_proposals(const struct rk_decision *d, json_t **first, json_t **older)
{
	const struct rk_strings *templates = d->service->proposals;
	struct rk_strbuf name = { 0 };
	json_t *string;
	size_t i;

	*first = NULL;
	*older = json_array();
	for (i = 0; i < templates->n; i++) {
		rk_strbuf_clear(&name);
		rk_proposal_name_add(&name, templates->item[i], d->service->name, rk_decide_ring(d));
		string = json_string(rk_strbuf_str(&name));
		if (i == 0)
			*first = string;
		else
			rk_json_append(*older, string);
	}
	rk_strbuf_free(&name);
}

json_t *
rk_decide_record(const struct rk_decision *d)
{
	json_t *record, *labels = d->pull ? json_incref(json_object_get(d->pull, "labels")) : json_array();
	json_t *set = d->action == RK_SET ? image(d) : NULL, *proposal = NULL, *older = NULL;
	json_t *rejected = d->rejected ? json_integer(d->rejected) : NULL;

	if (d->pull)
		name_proposals(d, &proposal, &older);
	record = rk_json_pack("{ss ss ss ss ss* sO* sO* sO* sO ss* sO* sO* sO* sO* sO* sO sO}", "type", "release", "action",
	    rk_decide_word(d->action), "service", d->service->name, "repository", d->service->repository, "ring",
	    rk_decide_ring(d), "proposal", proposal, "older_proposals", older, "pull_request", json_object_get(d->pull, "number"),
	    "labels", labels, "commit", *d->commit ? d->commit : NULL, "image", set, "values", set || d->rejected ? d->values : NULL,
	    "supersedes", set && json_array_size(d->supersedes) ? d->supersedes : NULL, "rejected_proposal", rejected,
	    "rejection_ignored", d->ignores_rejection ? json_true() : NULL, "reasons", d->reasons, "warnings", d->warnings);
	json_decref(labels);
	json_decref(set);
	json_decref(rejected);
	json_decref(proposal);
	json_decref(older);
	return record;
}
