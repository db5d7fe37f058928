#include <stdlib.h>
#include <string.h>

#include "release/gate.h"
#include "base/array.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/io.h"
#include "base/json.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "forge/pulls.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "gitops/catalog.h"
#include "gitops/override_record.h"
#include "release/ga_commit.h"

#define MERGED_BYTES (64u << 20)
#define SHORT 12	/* digits of an id in a reason */

/* A pull request that was merged. */
struct rk_gate_merged {
	char head[RK_OID_HEX], merge[RK_OID_HEX];
	bool head_here, merge_here;		/* are they in the service's repository? */
	char ring[RK_NAME_BYTES + 1];		/* its branch, "" where that is no ring */
};

struct rk_gate_kept {
	size_t at;
	uint32_t len, group;
	uint32_t reason;	/* its place in reasons */
	bool passed;		/* another gate's, which has judged it */
};

/* The commit that an override runs. */
struct running {
	char oid[RK_OID_HEX];
	bool here;
	const char *ring;
};

static enum rk_rc
read_merged(struct rk_gate *gate, const json_t *pull, struct rk_gate_merged *merged, struct rk_err *err)
{
	const char *ids[] = { rk_json_string(pull, "commit"),
		rk_json_string(pull, "merge") };
	const char *ring = rk_json_string(pull, "head"), *fault;
	char *place[] = { merged->head, merged->merge };
	bool *here[] = { &merged->head_here, &merged->merge_here };
	enum rk_rc rc = RK_OK;
	size_t i;

	if (ring && !rk_validate_ring(ring, strlen(ring)))
		memcpy(merged->ring, ring, strlen(ring) + 1);
	for (i = 0; rc == RK_OK && i < 2; i++) {
		fault = rk_validate_oid(ids[i], strlen(ids[i]));
		if (fault)
			return rk_err_set(err, RK_EDATA, "the commit \"%s\" of a merged pull request %s", ids[i], fault);
		rc = rk_ancestry_commit(gate->history, ids[i], place[i], err);
		*here[i] = rc == RK_OK;
		memcpy(place[i], ids[i], RK_OID_HEX);
		rc = rc == RK_END ? RK_OK : rc;
	}
	return rc;
}

static enum rk_rc
add_merged(struct rk_gate *gate, const json_t *pull, struct rk_err *err)
{
	enum rk_rc rc = rk_pulls_require(pull, "commit", err);
	struct rk_gate_merged *more;

	if (rc != RK_OK)
		return rc;
	more = rk_array_with_room(gate->merged, gate->n_merged, &gate->merged_room, sizeof *more);
	if (!more)
		return rk_err_nomem(err);
	gate->merged = more;
	rc = read_merged(gate, pull, &more[gate->n_merged], err);
	gate->n_merged += rc == RK_OK;
	return rc;
}

enum rk_rc
rk_gate_read_merged(struct rk_gate *gate, const char *file, struct rk_err *err)
{
	struct rk_io in = { 0 };
	json_t *pulls = NULL, *pull;
	enum rk_rc rc;
	size_t i;

	rc = rk_io_open_file(&in, file, MERGED_BYTES, err);
	if (rc == RK_OK) {
		rc = rk_pulls_read(&in, &pulls, err);
		if (rc != RK_OK)
			rk_io_where(&in, file, rc, err);
	}
	json_array_foreach(pulls, i, pull) {
		if (rc == RK_OK && json_object_get(pull, "merge"))
			rc = add_merged(gate, pull, err);
		if (rc != RK_OK) {
			rk_err_prefix(err, rc, "%s", file);
			break;
		}
	}
	json_decref(pulls);
	rk_io_close_file(&in);
	return rc;
}

/* The catalogue's service and chart of an override. */
static enum rk_rc
find_chart(const struct rk_gate *gate, const struct rk_override_record *said, const struct rk_service **service,
    const struct rk_chart **chart, struct rk_err *err)
{
	enum rk_rc rc = rk_catalog_service(gate->catalog, said->service, service, err);
	size_t i;

	*chart = NULL;
	if (rc == RK_EUSAGE)
		return rk_err_set(err, RK_END, "%s", err->msg);
	for (i = 0; rc == RK_OK && i < (*service)->n_charts; i++)
		if (strcmp((*service)->chart[i].name, said->chart) == 0)
			*chart = &(*service)->chart[i];
	if (rc == RK_OK && !*chart)
		return rk_err_set(err, RK_END, "the catalogue has no chart \"%s\" of the service %s", said->chart, said->service);
	return rc;
}

static enum rk_rc
find_running(const struct rk_gate *gate, const struct rk_service *service, const struct rk_override_record *said,
    struct running *running, struct rk_err *err)
{
	enum rk_rc rc;
	size_t i;

	*running = (struct running){ .ring = said->ring };
	if (!said->commit)
		return rk_err_set(err, RK_END, "the image's tag names no commit, as the catalogue's tag \"%s\" has it", service->tag);
	rc = rk_ancestry_commit(gate->history, said->commit, running->oid, err);
	running->here = rc == RK_OK;
	if (rc != RK_END)
		return rc;
	/* a squash merge may have left it nowhere but in the list of what was merged */
	for (i = 0; i < gate->n_merged; i++)
		if (strcmp(gate->merged[i].head, said->commit) == 0) {
			memcpy(running->oid, gate->merged[i].head, RK_OID_HEX);
			return RK_OK;
		}
	return rk_err_prefix(err, RK_END, "the repository of %s%s%s%s lacks what runs", service->name,
	    service->repository ? " (" : "", service->repository ? service->repository : "", service->repository ? ")" : "");
}

/* Does the pull request contain what runs?  RK_END: it cannot be told. */
static enum rk_rc
was_merged(const struct rk_gate *gate, const struct rk_gate_merged *merged, const struct running *running, bool *was,
    struct rk_err *err)
{
	*was = strcmp(merged->head, running->oid) == 0;
	if (*was || !running->here)
		return RK_OK;
	if (!merged->head_here)
		return rk_err_set(err, RK_END, "the merged pull request's head, %.*s, is not here to compare with (fetch refs/pull/*/head)",
		    SHORT, merged->head);
	return rk_ancestry_contains(gate->history, merged->head, running->oid, was, err);
}

/*
 * Is what runs contained in a commit of the general release?  RK_END: it is not, or a doubt; err->msg says which.
 * A doubt about a pull request counts where it is the ring's own.
 */
static enum rk_rc
is_contained(const struct rk_gate *gate, const char *general, const struct running *running, struct rk_err *err)
{
	const struct rk_gate_merged *merged;
	bool contains = false, was;
	struct rk_err doubt = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	if (running->here)
		rc = rk_ancestry_contains(gate->history, general, running->oid, &contains, err);
	if (contains || (rc != RK_OK && rc != RK_END))
		return rc;
	if (rc == RK_END)
		doubt = *err;
	for (i = 0; i < gate->n_merged; i++) {
		merged = &gate->merged[i];
		was = false;
		if (merged->merge_here)
			rc = rk_ancestry_contains(gate->history, general, merged->merge, &contains, err);
		else
			rc = rk_err_set(err, RK_END, "the merge of %s, %.*s, is not here (git fetch)", merged->ring, SHORT, merged->merge);
		if (rc == RK_OK && contains)
			rc = was_merged(gate, merged, running, &was, err);
		if (was || (rc != RK_OK && rc != RK_END))
			return rc;
		if (rc == RK_END && !*doubt.msg && strcmp(merged->ring, running->ring) == 0)
			doubt = *err;
	}
	if (*doubt.msg)
		return rk_err_set(err, RK_END, "whether the general release, %.*s, contains %.*s: %s", SHORT, general, SHORT,
		    running->oid, doubt.msg);
	return rk_err_set(err, RK_END, "the general release, %.*s, does not contain %.*s", SHORT, general, SHORT, running->oid);
}

/* RK_OK: open.  RK_END: held, err->msg says why. */
static enum rk_rc
judge(const struct rk_gate *gate, const struct rk_override_record *said, struct rk_err *err)
{
	struct rk_ga_commit_list general;
	const struct rk_service *service;
	const struct rk_chart *chart;
	struct running running;
	enum rk_rc rc;
	size_t i;

	if (gate->service && strcmp(gate->service->name, said->service) != 0)
		return rk_err_set(err, RK_END, "the gate was asked for the service %s alone", gate->service->name);
	rc = find_chart(gate, said, &service, &chart, err);
	if (rc == RK_OK && !said->target_revision)
		return rk_err_set(err, RK_END, "the manifest has no targetRevision: what it deploys may change");
	if (rc == RK_OK)
		rc = find_running(gate, service, said, &running, err);
	if (rc == RK_OK)
		rc = rk_ga_commit_find(gate->general, service, chart, said->target_revision, said->deploys, &general, err);
	for (i = 0; rc == RK_OK && i < general.n; i++)
		rc = is_contained(gate, general.oid[i], &running, err);
	return rc;
}

/* The verdict's place in reasons: judged once for all overrides that say the same. */
static enum rk_rc
find_verdict(struct rk_gate *gate, const struct rk_override_record *said, uint32_t *reason, struct rk_err *err)
{
	struct rk_strbuf key = { 0 };
	size_t before = gate->asked.n;
	uint32_t n, *more;
	enum rk_rc rc;

	rk_strbuf_printf(&key, "%s\n%s\n%s\n%s\n%d%s", said->service, said->ring, said->chart,
	    said->commit ? said->commit : "", said->deploys != NULL, said->target_revision ? said->target_revision : "\n");
	rc = rk_strbuf_check(&key, err);
	if (rc == RK_OK && !gate->reasons.n)
		rc = rk_intern_add(&gate->reasons, "", &n, err);
	if (rc == RK_OK)
		rc = rk_intern_add(&gate->asked, key.data, &n, err);
	rk_strbuf_free(&key);
	if (rc != RK_OK)
		return rc;
	more = rk_array_with_room(gate->verdict, n, &gate->verdicts_room, sizeof *more);
	if (!more)
		return rk_err_nomem(err);
	gate->verdict = more;
	if (n == before) {
		rc = judge(gate, said, err);
		if (rc == RK_OK || rc == RK_END)
			rc = rk_intern_add(&gate->reasons, rc == RK_OK ? "" : err->msg, &more[n], err);
	}
	*reason = more[n];
	return rc;
}

static bool
was_judged(const struct rk_gate *gate, const struct rk_override_record *said, const json_t *record)
{
	const json_t *verdict = json_object_get(record, "gate");

	return gate->service && strcmp(gate->service->name, said->service) != 0
	    && (rk_json_is(verdict, "open") || rk_json_is(verdict, "held"));
}

enum rk_rc
rk_gate_override(struct rk_gate *gate, const json_t *record, struct rk_err *err)
{
	struct rk_gate_kept kept = { .at = gate->lines.len, .len = (uint32_t)gate->io->raw_len }, *more;
	struct rk_strbuf key = { 0 };
	struct rk_override_record said;
	enum rk_rc rc = rk_override_record_read(record, &said, err);
	size_t *held;

	if (rc == RK_OK && !said.chart)
		rc = rk_err_set(err, RK_EDATA, "missing \"chart\" in an override record");
	if (rc != RK_OK)
		return rc;
	kept.passed = was_judged(gate, &said, record);
	rk_strbuf_printf(&key, "%s\n%s", said.tenant, said.service);
	rk_strbuf_add(&gate->lines, gate->io->raw, gate->io->raw_len);
	rc = rk_strbuf_check(key.failed ? &key : &gate->lines, err);
	if (rc == RK_OK)
		rc = rk_intern_add(&gate->groups, key.data, &kept.group, err);
	rk_strbuf_free(&key);
	if (rc == RK_OK && !kept.passed)
		rc = find_verdict(gate, &said, &kept.reason, err);
	if (rc != RK_OK)
		return rc;
	more = rk_array_with_room(gate->kept, gate->n_kept, &gate->kept_room, sizeof *more);
	held = rk_array_with_room(gate->held, kept.group, &gate->held_room, sizeof *held);
	gate->kept = more ? more : gate->kept;
	gate->held = held ? held : gate->held;
	if (!more || !held)
		return rk_err_nomem(err);
	more[gate->n_kept++] = kept;
	if (kept.reason && !held[kept.group])
		held[kept.group] = gate->n_kept;
	return RK_OK;
}

enum rk_rc
rk_gate_refused(struct rk_gate *gate, const json_t *record, struct rk_err *err)
{
	const char *tenant = rk_json_string(record, "tenant");
	json_t *reason = json_object_get(record, "reason");

	if (!gate->refused && !(gate->refused = json_object()))
		return rk_err_nomem(err);
	if (tenant && json_object_set(gate->refused, tenant, json_is_string(reason) ? reason : json_null()) < 0)
		return rk_err_nomem(err);
	return rk_record_pass(gate->io, err);
}

static enum rk_rc
read_kept(const struct rk_gate *gate, const struct rk_gate_kept *kept, json_t **record, struct rk_err *err)
{
	return rk_json_parse(gate->lines.data + kept->at, kept->len, record, err);
}

/* Why an override is held for what was found elsewhere in its tenant: "" where nothing was. */
static enum rk_rc
held_with(const struct rk_gate *gate, const struct rk_gate_kept *kept, const json_t *record, struct rk_err *why,
    struct rk_err *err)
{
	const json_t *refusal = json_object_get(gate->refused, rk_json_string(record, "tenant"));
	size_t held = gate->held[kept->group];
	json_t *other;
	enum rk_rc rc;

	*why->msg = '\0';
	if (refusal)
		rk_err_set(why, RK_END, "something of the tenant was refused: %s",
		    json_is_string(refusal) ? json_string_value(refusal) : "no reason was given");
	if (refusal || !held)
		return RK_OK;
	rc = read_kept(gate, &gate->kept[held - 1], &other, err);
	if (rc == RK_OK)
		rk_err_set(why, RK_END, "%s (%s) is held, and goes with it: %s",
		    rk_json_string(other, "chart"), rk_json_string(other, "path"),
		    rk_intern_get(&gate->reasons, gate->kept[held - 1].reason));
	json_decref(other);
	return rc;
}

static enum rk_rc
write_kept(struct rk_gate *gate, const struct rk_gate_kept *kept, struct rk_err *err)
{
	struct rk_err why = { 0 };
	const char *reason = "";
	json_t *record;
	enum rk_rc rc;

	rc = read_kept(gate, kept, &record, err);
	if (rc != RK_OK)
		return rc;
	if (kept->passed)
		return rk_record_write(gate->io, record, err);
	if (kept->reason)
		reason = rk_intern_get(&gate->reasons, kept->reason);
	else
		rc = held_with(gate, kept, record, &why, err);
	if (*why.msg)
		reason = why.msg;
	json_object_del(record, "gate");
	json_object_del(record, "reason");
	if (rc == RK_OK && (json_object_set_new(record, "gate", json_string(*reason ? "held" : "open")) < 0
	    || (*reason && json_object_set_new(record, "reason", json_string(reason)) < 0)))
		rc = rk_err_nomem(err);
	if (rc == RK_OK)
		return rk_record_write(gate->io, record, err);
	json_decref(record);
	return rc;
}

enum rk_rc
rk_gate_end(struct rk_gate *gate, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < gate->n_kept; i++)
		rc = write_kept(gate, &gate->kept[i], err);
	return rc;
}

void
rk_gate_free(struct rk_gate *gate)
{
	free(gate->merged);
	rk_strbuf_free(&gate->lines);
	free(gate->kept);
	rk_intern_free(&gate->groups);
	free(gate->held);
	rk_intern_free(&gate->asked);
	free(gate->verdict);
	rk_intern_free(&gate->reasons);
	json_decref(gate->refused);
}
