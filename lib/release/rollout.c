#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "release/rollout.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/cohort.h"
#include "override/override_record.h"
#include "report/age.h"

#define FILE_BYTES (64u << 20)	/* the largest file of records that is read */
#define UNKNOWN INT64_MIN	/* of a time */

/* Why a wave is not over.  The greatest of its tenants counts. */
enum stop { OVER, SOAKING, EARLIER, UNHEALTHY };

struct rk_rollout {
	const struct rk_rollout_options *options;
	const char *tag;	/* of the release; NULL: no tenant of the first wave has one */
	json_t *held;		/* {"<tenant>": [override record, ...]}, of the service and the ring */
	json_t *waves;		/* {"<tenant>": the number of its first wave, from 0} */
	size_t current;		/* the first wave that is not over, or their number */
	enum stop stop;		/* why it is not */
	size_t n;		/* tenants of it that are the reason */
	int64_t until;		/* when it will be over, or UNKNOWN */
	struct rk_strbuf reason;
};

/* The overrides */

/* Note an override of the release's service and ring; one that another ring has taken over is not deployed. */
static enum rk_rc
add_held(struct rk_rollout *r, json_t *record, struct rk_err *err)
{
	struct rk_override_record o;
	enum rk_rc rc = rk_override_record_read(record, &o, err);
	json_t *list;

	if (rc != RK_OK || strcmp(o.service, r->options->service->name) != 0 || strcmp(o.ring, r->options->ring) != 0 || o.under)
		return rc;
	if (!o.chart || !rk_json_string(json_object_get(record, "image"), "tag"))
		return rk_err_set(err, RK_EDATA, "missing \"chart\" or \"image\" in an override record");
	list = json_object_get(r->held, o.tenant);
	if (!list)
		rk_json_set(r->held, o.tenant, list = json_array());
	rk_json_append(list, json_incref(record));
	return RK_OK;
}

static enum rk_rc
read_held(struct rk_rollout *r, struct rk_err *err)
{
	const struct rk_rollout_options *o = r->options;
	struct rk_io io = { .unframed = o->unframed };
	enum rk_rc rc = rk_io_open_file(&io, o->held, FILE_BYTES, err);
	struct stat st;
	json_t *record;

	if (rc == RK_OK && stat(o->held, &st) == 0 && S_ISREG(st.st_mode) && o->now - (int64_t)st.st_mtime > RK_ROLLOUT_AGE)
		rc = rk_err_set(err, RK_EDATA, "%s: its overrides were listed %lld minutes ago, more than %d: list them in this run",
		    o->held, (long long)(o->now - (int64_t)st.st_mtime) / 60, RK_ROLLOUT_AGE / 60);
	while (rc == RK_OK && (rc = rk_record_next(&io, "override", &record, err)) == RK_OK) {
		rc = add_held(r, record, err);
		json_decref(record);
		if (rc != RK_OK)
			rk_io_where(&io, o->held, rc, err);
	}
	rk_io_close_file(&io);
	return rc == RK_END ? RK_OK : rc;
}

/* Return the tag of a tenant's overrides, if all charts of the service have it; else NULL. */
static const char *
tag_of(const struct rk_rollout *r, const char *tenant)
{
	const struct rk_service *service = r->options->service;
	const json_t *list = json_object_get(r->held, tenant), *record;
	const char *tag = rk_json_string(json_object_get(json_array_get(list, 0), "image"), "tag");
	bool has;
	size_t i, j;

	json_array_foreach(list, i, record)
		if (!rk_json_is(json_object_get(json_object_get(record, "image"), "tag"), tag) || json_object_get(record, "code"))
			return NULL;
	for (i = 0; tag && i < service->n_charts; i++) {
		has = false;
		json_array_foreach(list, j, record)
			has = has || rk_json_is(json_object_get(record, "chart"), service->chart[i].name);
		if (!has)
			tag = NULL;
	}
	return tag;
}

static bool
has_release(const struct rk_rollout *r, const char *tenant)
{
	const char *tag = tag_of(r, tenant);

	return tag && r->tag && strcmp(tag, r->tag) == 0;
}

/* The waves */

/* What stops a wave, and the latest time from which its tenants run the release. */
struct soak {
	struct rk_rollout *rollout;
	const char *cohort, *tenant;	/* the tenant that is looked at */
	bool counted;			/* it is in rollout->n */
	int64_t latest;
};

/* Note why a tenant stops its wave, "TENANT of COHORT WHAT": the first of the worst is named, and the others are counted. */
static void
note(struct soak *s, enum stop why, const char *what, const char *state, const char *since, const char *reason)
{
	struct rk_rollout *r = s->rollout;

	if (why < r->stop)
		return;
	if (why == r->stop) {
		r->n += !s->counted;
	} else {
		r->stop = why;
		r->n = 1;
		rk_strbuf_clear(&r->reason);
		rk_strbuf_printf(&r->reason, "%s of %s %s%s%s%s%s%s", s->tenant, s->cohort, what, state, since ? " since " : "",
		    since ? since : "", reason ? ": " : "", reason ? reason : "");
	}
	s->counted = true;
}

/* Take the latest of the times at which an override was committed, rolled out, and became healthy. */
static void
take_times(struct soak *s, const json_t *record)
{
	const json_t *live = json_object_get(record, "live");
	const char *const times[] = { rk_json_string(record, "since"), rk_json_string(live, "finished"),
		rk_json_string(live, "healthy_since") };
	static const char *const what[] = { "its override was committed", "its last sync ended", "it is healthy" };
	struct rk_err ignored;
	int64_t time;
	size_t i;

	for (i = 0; i < sizeof times / sizeof times[0]; i++) {
		if (!times[i] || rk_age_time("", times[i], &time, &ignored) != RK_OK) {
			s->latest = UNKNOWN;
			note(s, SOAKING, "runs the release, but it is not known since when ", what[i], NULL, NULL);
			return;
		}
		if (s->latest != UNKNOWN && time > s->latest)
			s->latest = time;
	}
}

/* Judge an override of a tenant that has the release. */
static void
judge_override(struct soak *s, const json_t *record, int64_t length)
{
	const json_t *live = json_object_get(record, "live");
	const char *state = rk_json_string(live, "state"), *reason = rk_json_string(live, "reason");

	if (!state)
		note(s, UNHEALTHY, "is ", "unknown", NULL, "its override has no live state");
	else if (strcmp(state, "pending") == 0 || strcmp(state, "progressing") == 0)
		note(s, EARLIER, "is ", state, NULL, reason);
	else if (strcmp(state, "running") != 0)
		note(s, UNHEALTHY, "is ", state, rk_json_string(live, "healthy_since"), reason);
	else if (length > 0)
		take_times(s, record);
}

/* Decide whether a wave is over, whose tenants a set of cohorts has. */
static void
judge_wave(struct rk_rollout *r, const struct rk_wave *wave, const struct rk_cohort_set *cohorts)
{
	struct soak s = { .rollout = r, .cohort = wave->cohort, .latest = 0 };
	const json_t *record;
	json_t *item;
	size_t i, j;

	for (i = 0; i < rk_cohort_count(cohorts); i++) {
		item = rk_cohort_tenant(cohorts, i);
		s.tenant = rk_json_string(item, "tenant");
		s.counted = false;
		if (!has_release(r, s.tenant))
			note(&s, EARLIER, "does not have", " the release yet", NULL, NULL);
		else
			json_array_foreach(json_object_get(r->held, s.tenant), j, record)
				judge_override(&s, record, wave->soak);
		json_decref(item);
	}
	r->until = r->stop <= SOAKING && s.latest != UNKNOWN ? s.latest + wave->soak : UNKNOWN;
	if (r->stop != OVER || wave->soak == 0 || r->until <= r->options->as_of)
		return;
	r->stop = SOAKING;
	rk_strbuf_printf(&r->reason, "the tenants of %s have run the release for %lld of %lld minutes", wave->cohort,
	    (long long)(r->options->as_of > s.latest ? (r->options->as_of - s.latest) / 60 : 0), (long long)wave->soak / 60);
}

/* Select a wave's tenants; a selector that is refused has none, and *refused is set. */
static enum rk_rc
select_wave(const struct rk_wave *wave, struct rk_cohort_set *cohorts, bool *refused, struct rk_err *err)
{
	char part[3][RK_NAME_BYTES + 1];
	struct rk_strbuf label = { 0 };
	json_t *selector;
	enum rk_rc rc;

	rk_strbuf_printf(&label, "cohort:%s", wave->cohort);
	rc = rk_validate_label(label.data, label.len, part, err);
	rk_strbuf_free(&label);
	if (rc == RK_OK) {
		selector = rk_json_pack("{ss ss ss}", "source", part[0], "key", part[1], "value", part[2]);
		rc = rk_cohort_select(cohorts, selector, err);
		json_decref(selector);
	}
	*refused = rc == RK_REFUSED;
	return rc == RK_REFUSED ? RK_OK : rc;
}

/* Note the tenants of a wave that are in none before it; if the release's tag is not known, it is that of the first that has one. */
static void
note_tenants(struct rk_rollout *r, size_t number, const struct rk_cohort_set *cohorts)
{
	const char *tenant;
	json_t *item;
	size_t i;

	for (i = 0; i < rk_cohort_count(cohorts); i++) {
		item = rk_cohort_tenant(cohorts, i);
		tenant = rk_json_string(item, "tenant");
		if (!json_object_get(r->waves, tenant))
			rk_json_set(r->waves, tenant, json_integer((json_int_t)number));
		if (!r->tag && number == 0)
			r->tag = tag_of(r, tenant);
		json_decref(item);
	}
}

static enum rk_rc
read_wave(struct rk_rollout *r, size_t number, struct rk_err *err)
{
	const struct rk_wave *wave = &r->options->catalog->waves.item[number];
	struct rk_cohort_set *cohorts = rk_cohort_open(r->options->catalog, r->options->source);
	bool refused;
	enum rk_rc rc = select_wave(wave, cohorts, &refused, err);

	if (rc == RK_OK)
		note_tenants(r, number, cohorts);
	if (rc == RK_OK && r->stop == OVER) {
		r->current = number;
		if (refused) {
			r->stop = EARLIER;
			r->until = UNKNOWN;
			rk_strbuf_printf(&r->reason, "the wave %s has no tenants: %s", wave->cohort, err->msg);
		} else {
			judge_wave(r, wave, cohorts);
		}
		if (r->stop == OVER)
			r->current++;
		else if (r->n > 1)
			rk_strbuf_printf(&r->reason, ", and %zu more", r->n - 1);
	}
	rk_cohort_close(cohorts);
	return rc;
}

enum rk_rc
rk_rollout_open(const struct rk_rollout_options *options, struct rk_rollout **rollout, struct rk_err *err)
{
	struct rk_rollout *r = rk_memory_calloc(1, sizeof *r);
	enum rk_rc rc;
	size_t i;

	*rollout = NULL;
	r->options = options;
	r->tag = options->tag;
	r->held = json_object();
	r->waves = json_object();
	rc = read_held(r, err);
	if (options->action == RK_SET || options->action == RK_KEEP)
		for (i = 0; rc == RK_OK && i < options->catalog->waves.n; i++)
			rc = read_wave(r, i, err);
	if (rc == RK_OK)
		*rollout = r;
	else
		rk_rollout_close(r);
	return rc;
}

void
rk_rollout_close(struct rk_rollout *r)
{
	if (!r)
		return;
	json_decref(r->held);
	json_decref(r->waves);
	rk_strbuf_free(&r->reason);
	free(r);
}

enum rk_rc
rk_rollout_judge(const struct rk_rollout *r, const json_t *record, json_t **waiting, struct rk_err *err)
{
	static const char *const codes[] = { [SOAKING] = "soaking", [EARLIER] = "earlier-wave", [UNHEALTHY] = "unhealthy" };
	const struct rk_waves *waves = &r->options->catalog->waves;
	const char *tenant = rk_json_string(record, "tenant");
	const json_t *number = json_object_get(r->waves, tenant ? tenant : "");
	struct rk_strbuf until = { 0 };
	enum stop stop = r->stop;
	size_t wave;

	*waiting = NULL;
	if (!tenant)
		return rk_err_set(err, RK_EDATA, "missing \"tenant\" in a tenant record");
	wave = number ? (size_t)json_integer_value(number) : waves->n;
	if (stop == OVER || wave <= r->current || has_release(r, tenant))
		return RK_OK;
	/* what holds up the wave before holds up only this one */
	if (wave > r->current + 1)
		stop = EARLIER;
	if (stop == SOAKING && r->until != UNKNOWN)
		rk_age_print(&until, r->until);
	*waiting = rk_json_pack("{ss ss ss ss* ss ss ss sO*}", "type", "waiting", "code", codes[stop], "tenant", tenant, "until",
	    until.len ? until.data : NULL, "reason", rk_strbuf_str((struct rk_strbuf *)&r->reason), "service",
	    r->options->service->name, "ring", r->options->ring, "cohorts", json_object_get(record, "cohorts"));
	rk_strbuf_free(&until);
	return RK_OK;
}
