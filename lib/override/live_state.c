#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "override/live_state.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/image.h"
#include "override/live_object.h"
#include "override/override.h"
#include "report/age.h"

/* What an object says of itself: borrowed from it, NULL if it does not say. */
struct view {
	bool flux;
	const char *sync, *health, *health_since;	/* of a HelmRelease, health is the status of its condition Ready */
	const char *message;				/* why it is not healthy */
	const char *operation, *finished, *compared;	/* the phase of the last sync, its end; the last comparison */
	const char *revision;
	bool of_this_spec;		/* the status is of the spec that the object has now */
	bool suspended;
	const json_t *images;		/* NULL: it does not name any */
};

/* A judgement that is being made: the first that sets a state decides. */
struct judgement {
	const char *state;
	struct rk_strbuf reason;
};

static void __attribute__((format(printf, 3, 4)))
decide(struct judgement *j, const char *state, const char *fmt, ...)
{
	char text[512];
	va_list args;

	if (j->state)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	j->state = state;
	rk_strbuf_escape(&j->reason, text, strlen(text));
}

/* Return the value at members, which "." separates. */
static const json_t *
at(const json_t *json, const char *members)
{
	size_t len;

	for (; *members && json; members += len + (members[len] == '.')) {
		len = strcspn(members, ".");
		json = json_object_getn(json, members, len);
	}
	return json;
}

static const char *
string_at(const json_t *json, const char *members)
{
	return json_string_value(at(json, members));
}

static bool
is(const char *s, const char *other)
{
	return s && strcmp(s, other) == 0;
}

/* https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml and the CRD of Application, .status */
static void
see_application(const struct rk_live_object *object, struct view *v)
{
	const json_t *status = json_object_get(object->json, "status");

	v->sync = string_at(status, "sync.status");
	v->health = string_at(status, "health.status");
	v->health_since = string_at(status, "health.lastTransitionTime");
	v->message = string_at(status, "health.message");
	v->operation = string_at(status, "operationState.phase");
	v->finished = string_at(status, "operationState.finishedAt");
	v->compared = string_at(status, "reconciledAt");
	v->revision = string_at(status, "sync.revision");
	if (!v->revision)
		v->revision = json_string_value(json_array_get(at(status, "sync.revisions"), 0));
	v->images = at(status, "summary.images");
	v->of_this_spec = object->is_compared;
}

/* https://fluxcd.io/flux/components/helm/helmreleases/, "HelmRelease Status" */
static void
see_release(const json_t *object, struct view *v)
{
	const json_t *status = json_object_get(object, "status"), *latest = json_array_get(json_object_get(status, "history"), 0);
	const json_t *generation = json_object_get(status, "observedGeneration");
	json_t *condition;
	size_t i;

	v->flux = true;
	v->suspended = json_is_true(at(object, "spec.suspend"));
	json_array_foreach(json_object_get(status, "conditions"), i, condition)
		if (is(rk_json_string(condition, "type"), "Ready")) {
			v->health = rk_json_string(condition, "status");
			v->health_since = rk_json_string(condition, "lastTransitionTime");
			v->message = rk_json_string(condition, "message");
		}
	v->finished = rk_json_string(latest, "lastDeployed");
	v->revision = rk_json_string(latest, "chartVersion");
	if (!v->revision)
		v->revision = rk_json_string(status, "lastAppliedRevision");
	v->of_this_spec = generation && json_integer_value(generation) == json_integer_value(at(object, "metadata.generation"));
}

/* Return whether time is before limit; false if one of them is not known. */
static bool
is_before(const char *time, const char *limit)
{
	struct rk_err ignored;
	int64_t a, b;

	return time && limit && rk_age_time("", time, &a, &ignored) == RK_OK && rk_age_time("", limit, &b, &ignored) == RK_OK
	    && a < b;
}

/* Append an image's name as containerd writes it: docker.io and library/ are added, and a missing tag is latest. */
static void
normalise(struct rk_strbuf *out, const char *image)
{
	size_t first = strcspn(image, "/"), length = rk_image_repository_length(image);
	bool host = image[first] && (memchr(image, '.', first) || memchr(image, ':', first)
	    || (first == 9 && memcmp(image, "localhost", 9) == 0));

	if (host && strncmp(image, "index.docker.io/", 16) == 0) {
		image += 16;
		length -= 16;
		host = false;
	}
	if (!host)
		rk_strbuf_puts(out, "docker.io/");
	if (!host && !memchr(image, '/', length))
		rk_strbuf_puts(out, "library/");
	rk_strbuf_puts(out, image);
	if (!image[length])
		rk_strbuf_puts(out, ":latest");
}

/* Return whether an image is among those that run; other is set to one of the same repository, or to "". */
static bool
runs(const json_t *images, const char *repository, const char *tag, struct rk_strbuf *other)
{
	struct rk_strbuf expected = { 0 }, found = { 0 };
	json_t *image;
	bool yes = false;
	size_t i, len;

	rk_strbuf_printf(&found, "%s:%s", repository, tag);
	normalise(&expected, found.data);
	len = rk_image_repository_length(expected.data);
	json_array_foreach(images, i, image) {
		if (!json_is_string(image))
			continue;
		rk_strbuf_clear(&found);
		normalise(&found, json_string_value(image));
		if (strcmp(found.data, expected.data) == 0 || (strncmp(found.data, expected.data, expected.len) == 0
		    && found.data[expected.len] == '@'))
			yes = true;
		else if (rk_image_repository_length(found.data) == len && memcmp(found.data, expected.data, len) == 0 && !other->len)
			rk_strbuf_puts(other, json_string_value(image));
	}
	rk_strbuf_free(&expected);
	rk_strbuf_free(&found);
	return yes;
}

/* Return whether some of the values come from files or objects beside the spec. */
static bool
has_files(const json_t *object)
{
	const json_t *spec = json_object_get(object, "spec"), *sources = json_object_get(spec, "sources");
	json_t *source;
	size_t i;

	json_array_foreach(sources, i, source)
		if (json_array_size(at(source, "helm.valueFiles")))
			return true;
	return json_array_size(at(spec, "source.helm.valueFiles")) || json_array_size(json_object_get(spec, "valuesFrom"))
	    || json_array_size(at(spec, "chart.spec.valuesFiles"));
}

/* Set *there to whether the live spec has the override, as a manifest would. */
static enum rk_rc
find_in_spec(const struct rk_live_options *options, struct rk_live_object *object, const json_t *record, bool *there,
    struct rk_err *err)
{
	const json_t *image = json_object_get(record, "image");
	const struct rk_service *service;
	struct rk_override_list list = { 0 };
	enum rk_rc rc = rk_catalog_service(options->catalog, rk_json_string(record, "service"), &service, err);
	size_t i;

	*there = false;
	if (rc != RK_OK)
		return rc;
	object->manifest.tenant = rk_json_string(record, "tenant");
	rc = rk_override_find(&object->manifest, options->catalog, service, rk_json_string(record, "ring"), &list, err);
	for (i = 0; rc == RK_OK && i < list.n; i++)
		*there = *there || (is(rk_json_string(record, "chart"), list.item[i].chart->name)
		    && is(rk_json_string(image, "repository"), list.item[i].repository)
		    && is(rk_json_string(image, "tag"), list.item[i].tag));
	rk_override_list_free(&list);
	return rc == RK_REFUSED ? RK_OK : rc;	/* it is not there */
}

/* Decide by the object's spec, and by what its status is of. */
static enum rk_rc
judge_spec(const struct rk_live_options *options, struct rk_live_object *object, const json_t *record, const struct view *v,
    struct judgement *j, struct rk_err *err)
{
	const char *since = rk_json_string(record, "since");
	bool there, files = has_files(object->json);
	enum rk_rc rc = find_in_spec(options, object, record, &there, err);

	if (rc != RK_OK)
		return rc;
	if (!there && !files)
		decide(j, "pending", "the live object does not have this image yet");
	if (v->suspended)
		decide(j, "out-of-sync", "reconciliation is suspended");
	if (!v->of_this_spec)
		decide(j, "pending", "its status is of an earlier spec");
	if (is(v->operation, "Running") || is(v->operation, "Terminating"))
		decide(j, "pending", "a sync runs");
	if (!there && is_before(v->compared, since))
		decide(j, "pending", "Argo CD has not compared it since the override was committed, %s", since);
	if (v->flux && is_before(v->finished ? v->finished : v->health_since, since))
		decide(j, "pending", "Flux has not released it since the override was committed, %s", since);
	return RK_OK;
}

/* Decide by what Argo CD says of it. */
static void
judge_application(const json_t *record, const struct view *v, bool shared, struct judgement *j)
{
	const json_t *image = json_object_get(record, "image");
	const char *repository = rk_json_string(image, "repository"), *tag = rk_json_string(image, "tag");
	struct rk_strbuf other = { 0 };

	if (!is(v->sync, "Synced"))
		decide(j, "out-of-sync", "Argo CD says %s", v->sync);
	if (is(v->health, "Degraded") || is(v->health, "Missing"))
		decide(j, "degraded", "Argo CD says %s%s%s", v->health, v->message ? ": " : "", v->message ? v->message : "");
	if (is(v->health, "Progressing") || is(v->health, "Suspended"))
		decide(j, "progressing", "Argo CD says %s", v->health);
	if (!is(v->health, "Healthy"))
		decide(j, "unknown", "Argo CD says %s", v->health);
	if (!v->images)
		decide(j, "unknown", "the object does not name the images that run");
	if (!runs(v->images, repository, tag, &other))
		decide(j, "ignored", "%s:%s is not among the images that run: nothing reads the override", repository, tag);
	if (shared && other.len)
		decide(j, "unknown", "%s runs, too, and several charts of the object have this image", other.data);
	decide(j, "running", "Argo CD says Synced and Healthy, and the image runs");
	rk_strbuf_free(&other);
}

/* Decide by what Flux says of it, which does not name images. */
static void
judge_release(const struct view *v, struct judgement *j)
{
	if (is(v->health, "False"))
		decide(j, "degraded", "Flux says that it is not ready%s%s", v->message ? ": " : "", v->message ? v->message : "");
	if (!is(v->health, "True"))
		decide(j, "progressing", "Flux says that it is not ready yet");
	decide(j, "running", "Flux says that it is ready");
}

json_t *
rk_live_state_of(const char *state, const char *reason)
{
	return rk_json_pack("{ss ss}", "state", state, "reason", reason);
}

enum rk_rc
rk_live_state_judge(const struct rk_live_options *options, struct rk_live_object *object, const json_t *record, bool shared,
    json_t **state, struct rk_err *err)
{
	struct view v = { 0 };
	struct judgement j = { 0 };
	struct rk_err ignored;
	enum rk_rc rc;
	int64_t compared;

	*state = NULL;
	if (object->flux)
		see_release(object->json, &v);
	else
		see_application(object, &v);
	if (!v.health || (!v.flux && !v.sync))
		decide(&j, "unknown", "the object has no status");
	if (v.compared && rk_age_time("", v.compared, &compared, &ignored) == RK_OK && options->as_of - compared > options->max_age)
		decide(&j, "unknown", "Argo CD compared it last at %s", v.compared);
	rc = judge_spec(options, object, record, &v, &j, err);
	if (rc != RK_OK) {
		rk_strbuf_free(&j.reason);
		return rc;
	}
	if (v.flux)
		judge_release(&v, &j);
	else
		judge_application(record, &v, shared, &j);
	*state = rk_json_pack("{ss ss* ss* ss* sO* ss* ss* ss ss*}", "state", j.state, "sync", v.sync, "health", v.health, "revision",
	    v.revision, "images", v.images, "healthy_since", v.health_since, "finished", v.finished, "reason", rk_strbuf_str(&j.reason),
	    "code", shared && is(j.state, "unknown") && v.images ? "charts-not-told-apart" : NULL);
	rk_strbuf_free(&j.reason);
	return RK_OK;
}
