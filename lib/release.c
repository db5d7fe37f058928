#include <string.h>
#include <strings.h>

#include "grammar.h"
#include "io.h"
#include "json.h"
#include "override.h"
#include "pulls.h"
#include "record.h"
#include "release.h"
#include "runs.h"

#define FILE_BYTES (64u << 20)	/* the largest file of records that is read */

/* What the builds of a commit come to. */
enum build { MISSING, FAILED, RUNNING, GREEN };

static const char *
text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

const char *
rk_release_word(enum rk_action action)
{
	static const char *const words[] = { "none", "clear", "hold", "keep", "set" };

	return words[action];
}

/* Add a reason, once. */
static enum rk_rc
because(struct rk_release *r, const char *reason, struct rk_err *err)
{
	json_t *old;
	size_t i;

	json_array_foreach(r->reasons, i, old)
		if (rk_json_is(old, reason))
			return RK_OK;
	return json_array_append_new(r->reasons, json_string(reason)) < 0 ? rk_nomem(err) : RK_OK;
}

/* Whose ring */

enum rk_rc
rk_release_service(const struct rk_catalog *catalog, const json_t *pulls, const struct rk_service **service,
    struct rk_err *err)
{
	const char *repository = NULL, *other;
	json_t *pull;
	size_t i;

	*service = NULL;
	json_array_foreach(pulls, i, pull) {
		other = text(pull, "repository");
		if (repository && other && strcasecmp(repository, other) != 0)
			return rk_fail(err, RK_EDATA, "pull requests of %s and of %s", repository, other);
		if (other)
			repository = other;
	}
	if (!repository)
		return rk_fail(err, RK_EDATA, "%s: name the service with --service", json_array_size(pulls)
		    ? "the pull request does not say its repository (gh: url; REST: base.repo)"
		    : "no pull request, and so no repository");
	for (i = 0; i < catalog->n_services; i++) {
		if (!catalog->service[i].repository || strcasecmp(catalog->service[i].repository, repository) != 0)
			continue;
		if (*service)
			return rk_fail(err, RK_EDATA, "the services %s and %s are both of %s: name one with --service",
			    (*service)->name, catalog->service[i].name, repository);
		*service = &catalog->service[i];
	}
	return *service ? RK_OK : rk_fail(err, RK_EDATA, "no service in %s is of the repository %s: name one with --service",
	    catalog->file, repository);
}

/* Which pull request */

static enum rk_rc
check_service(const struct rk_service *service, struct rk_err *err)
{
	const char *lacks = !service->repository ? "repository" : !service->branch ? "branch"
	    : !service->build_workflow.n ? "build-workflow" : NULL;

	return lacks ? rk_fail(err, RK_ECONFIG, "the service %s lacks \"%s\" in the catalogue, without which nothing is decided",
	    service->name, lacks) : RK_OK;
}

/* Why a pull request does not count: *why is NULL when it does. */
static enum rk_rc
does_not_count(const struct rk_service *service, const json_t *pull, const char **why, struct rk_err *err)
{
	const json_t *head = json_object_get(pull, "head"), *repository = json_object_get(pull, "repository");
	enum rk_rc rc = RK_OK;

	*why = NULL;
	if (rk_ring_fault(json_string_value(head), json_string_length(head)))
		*why = "no-ring";
	else if ((rc = rk_pulls_want(pull, "fork", err)) == RK_OK && json_is_true(json_object_get(pull, "fork")))
		*why = "fork";
	else if (rc == RK_OK && repository && strcasecmp(json_string_value(repository), service->repository) != 0)
		*why = "other-repository";
	else if (rc == RK_OK && (rc = rk_pulls_want(pull, "base", err)) == RK_OK
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
	rc = rk_pulls_want(pull, "updated", err);
	if (rc == RK_OK)
		rc = rk_pulls_want(other, "updated", err);
	if (rc != RK_OK)
		return rc;
	order = strcmp(text(other, "updated"), text(pull, "updated"));
	*later = order > 0 || (order == 0 && json_integer_value(json_object_get(other, "number"))
	    > json_integer_value(json_object_get(pull, "number")));
	return RK_OK;
}

static enum rk_rc
choose(struct rk_release *r, const json_t *pulls, struct rk_err *err)
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
		rc = rk_pulls_want(pull, "number state labels", err);
		if (rc != RK_OK)
			return rc;
		if (r->pull && strcmp(text(r->pull, "head"), text(pull, "head")) != 0)
			return rk_fail(err, RK_EDATA, "pull requests of the rings %s and %s: give those of one", text(r->pull, "head"),
			    text(pull, "head"));
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
rk_release_begin(struct rk_release *r, const struct rk_service *service, const json_t *pulls, struct rk_err *err)
{
	const char *fault;
	enum rk_rc rc;

	*r = (struct rk_release){ .service = service, .reasons = json_array(), .warnings = json_array() };
	if (!r->reasons || !r->warnings)
		return rk_nomem(err);
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
	rc = rk_pulls_want(r->pull, "draft commit", err);
	if (rc != RK_OK)
		return rc;
	fault = rk_oid_fault(rk_release_head(r), strlen(rk_release_head(r)));
	return fault ? rk_fail(err, RK_EDATA, "the ring's head \"%s\" %s", rk_release_head(r), fault) : RK_OK;
}

const char *
rk_release_ring(const struct rk_release *r)
{
	return text(r->pull, "head");
}

const char *
rk_release_head(const struct rk_release *r)
{
	return text(r->pull, "commit");
}

/* Which commit, and is it built */

/* Is it a run for a push of this commit to the ring, in the service's own repository? */
static bool
is_push_of(const struct rk_release *r, const json_t *run, const char *commit)
{
	const char *repository = text(run, "repository");

	return rk_json_is(json_object_get(run, "commit"), commit) && rk_json_is(json_object_get(run, "event"), "push")
	    && rk_json_is(json_object_get(run, "branch"), rk_release_ring(r))
	    && (!repository || strcasecmp(repository, r->service->repository) == 0);
}

/* What a commit's builds come to; *untold when there are runs that could be of the workflow and do not say. */
static enum build
build_of(const struct rk_release *r, const struct rk_evidence *e, const char *commit, bool *untold)
{
	enum build best = MISSING, one;
	enum rk_run_is is;
	json_t *run;
	size_t i;

	json_array_foreach(e->runs, i, run) {
		if (!is_push_of(r, run, commit))
			continue;
		is = rk_runs_is(run, &r->service->build_workflow);
		*untold = *untold || is == RK_RUN_UNTOLD;
		if (is != RK_RUN_WANTED)
			continue;
		one = !rk_json_is(json_object_get(run, "status"), "completed") ? RUNNING
		    : rk_json_is(json_object_get(run, "conclusion"), "success") ? GREEN : FAILED;
		if (one > best)
			best = one;
	}
	return best;
}

static bool
is_held(const struct rk_evidence *e, const char *commit)
{
	const json_t *held;
	size_t i;

	json_array_foreach(e->held, i, held)
		if (strncmp(commit, json_string_value(held), json_string_length(held)) == 0)
			return true;
	return false;
}

static enum rk_rc
warn(struct rk_release *r, json_t *warning, struct rk_err *err)
{
	return json_array_append_new(r->warnings, warning) < 0 ? rk_nomem(err) : RK_OK;
}

static enum rk_rc
warn_of_charts(struct rk_release *r, const struct rk_evidence *e, struct rk_err *err)
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
not_green(struct rk_release *r, const struct rk_evidence *e, enum build build, bool untold, struct rk_err *err)
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
rk_release_build(struct rk_release *r, const struct rk_evidence *e, struct rk_err *err)
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
		synced = !is_held(e, rk_release_head(r));
		break;
	}
	if (synced)
		rc = warn(r, json_pack("{ss}", "code", "sync-only"), err);
	if (!synced)
		at = rk_release_head(r);
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
		rc = rk_evidence_is_older(e, at, &older, err);
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
image(const struct rk_release *r)
{
	struct rk_text repository = { 0 }, tag = { 0 };
	json_t *json = NULL;

	rk_override_repository(&repository, r->service, rk_release_ring(r));
	rk_template_fill(&tag, r->service->tag, "sha", r->commit);
	if (!repository.failed && !tag.failed)
		json = json_pack("{ss ss}", "repository", rk_text_str(&repository), "tag", rk_text_str(&tag));
	rk_text_free(&repository);
	rk_text_free(&tag);
	return json;
}

enum rk_rc
rk_release_record(const struct rk_release *r, json_t **record, struct rk_err *err)
{
	json_t *labels = r->pull ? json_incref(json_object_get(r->pull, "labels")) : json_array();
	json_t *set = r->action == RK_SET ? image(r) : NULL;

	*record = NULL;
	if (labels && (set || r->action != RK_SET))
		*record = json_pack("{ss ss ss ss ss* sO* sO ss* sO* sO sO}", "type", "release", "action",
		    rk_release_word(r->action), "service", r->service->name, "repository", r->service->repository, "ring",
		    r->pull ? rk_release_ring(r) : NULL, "pull_request", json_object_get(r->pull, "number"), "labels", labels,
		    "commit", *r->commit ? r->commit : NULL, "image", set, "reasons", r->reasons, "warnings", r->warnings);
	json_decref(labels);
	json_decref(set);
	return *record ? RK_OK : rk_nomem(err);
}

void
rk_release_free(struct rk_release *r)
{
	json_decref(r->reasons);
	json_decref(r->warnings);
}

/* The record, read back */

static enum rk_rc
read_action(const json_t *record, enum rk_action *action, struct rk_err *err)
{
	const char *word = text(record, "action");

	for (*action = RK_NONE; *action <= RK_SET; ++*action)
		if (word && strcmp(word, rk_release_word(*action)) == 0)
			return RK_OK;
	return rk_fail(err, RK_EDATA, "the release record has no \"action\" that is known");
}

/* The image has to be the one that the catalogue gives to the ring: a record is no trust. */
static enum rk_rc
read_image(struct rk_release_order *order, struct rk_err *err)
{
	const json_t *repository = json_object_get(json_object_get(order->record, "image"), "repository");
	const json_t *tag = json_object_get(json_object_get(order->record, "image"), "tag");
	struct rk_text want = { 0 };
	const char *fault;
	enum rk_rc rc;

	if (order->action != RK_SET && !json_object_get(order->record, "image"))
		return RK_OK;
	if (!json_is_string(repository) || !json_is_string(tag))
		return rk_fail(err, RK_EDATA, "the release record has no \"image\" with a \"repository\" and a \"tag\"");
	fault = rk_tag_fault(json_string_value(tag), json_string_length(tag));
	if (fault)
		return rk_fail(err, RK_EDATA, "the release record's tag \"%s\" %s", json_string_value(tag), fault);
	order->tag = json_string_value(tag);
	rk_override_repository(&want, order->service, order->ring);
	rc = rk_text_check(&want, err);
	if (rc == RK_OK && !rk_json_is(repository, want.data))
		rc = rk_fail(err, RK_EPERM, "the release record's image is %s, and the catalogue's for %s is %s",
		    json_string_value(repository), order->ring, want.data);
	rk_text_free(&want);
	return rc;
}

static enum rk_rc
read_service(struct rk_release_order *order, const struct rk_catalog *catalog, struct rk_err *err)
{
	const char *service = text(order->record, "service"), *repository = text(order->record, "repository");
	const json_t *number = json_object_get(order->record, "pull_request");

	if (!service || !repository)
		return rk_fail(err, RK_EDATA, "the release record lacks its \"service\" or \"repository\"");
	if (number && (!json_is_integer(number) || json_integer_value(number) < 1))
		return rk_fail(err, RK_EDATA, "the release record's \"pull_request\" is no number");
	if (rk_catalog_service(catalog, service, &order->service, err) != RK_OK)
		return rk_fail(err, RK_EPERM, "the release record: %s", err->msg);
	if (!order->service->repository || strcasecmp(order->service->repository, repository) != 0)
		return rk_fail(err, RK_EPERM, "the release record is of %s, and the catalogue's repository of %s is %s", repository,
		    service, order->service->repository ? order->service->repository : "none");
	if (number)
		rk_text_printf(&order->pull_request, "%s#%lld", order->service->repository,
		    (long long)json_integer_value(number));
	return rk_text_check(&order->pull_request, err);
}

static enum rk_rc
read_order(struct rk_release_order *order, const struct rk_catalog *catalog, struct rk_err *err)
{
	const json_t *ring = json_object_get(order->record, "ring");
	const char *fault;
	enum rk_rc rc = read_action(order->record, &order->action, err);

	if (rc == RK_OK && order->action == RK_NONE)
		return rk_fail(err, RK_EPERM, "there is nothing to do (\"none\": %s): nothing is changed",
		    json_string_value(json_array_get(json_object_get(order->record, "reasons"), 0))
		    ? json_string_value(json_array_get(json_object_get(order->record, "reasons"), 0)) : "no reason is given");
	if (rc == RK_OK && !json_is_string(ring))
		rc = rk_fail(err, RK_EDATA, "the release record has no \"ring\"");
	if (rc != RK_OK)
		return rc;
	order->ring = json_string_value(ring);
	fault = rk_ring_fault(order->ring, json_string_length(ring));
	if (fault)
		return rk_fail(err, RK_EDATA, "the release record's ring \"%s\" %s", order->ring, fault);
	rc = read_service(order, catalog, err);
	return rc == RK_OK ? read_image(order, err) : rc;
}

enum rk_rc
rk_release_order_read(struct rk_release_order *order, const char *path, bool unframed, const struct rk_catalog *catalog,
    struct rk_err *err)
{
	struct rk_io io = { .unframed = unframed };
	json_t *record;
	enum rk_rc rc = rk_io_named(&io, path, FILE_BYTES, err);

	*order = (struct rk_release_order){ 0 };
	if (rc != RK_OK) {
		rk_text_free(&io.in);
		return rc;
	}
	while ((rc = rk_next(&io, "release", &record, err)) == RK_OK) {
		if (order->record) {
			json_decref(record);
			rc = rk_fail(err, RK_EDATA, "a second release record");
			break;
		}
		order->record = record;
	}
	if (rc == RK_END)
		rc = order->record ? read_order(order, catalog, err) : rk_fail(err, RK_EDATA, "there is no release record in it");
	if (rc != RK_OK)
		rk_io_where(&io, path, rc, err);
	rk_text_free(&io.in);
	return rc;
}

void
rk_release_order_free(struct rk_release_order *order)
{
	json_decref(order->record);
	rk_text_free(&order->pull_request);
}
