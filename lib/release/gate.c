#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/gate.h"
#include "base/code.h"
#include "base/err.h"
#include "base/hold.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "forge/pulls.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "gitops/catalog.h"
#include "override/override_record.h"
#include "release/ga_commit.h"
#include "release/gate_values.h"

#define MERGED_BYTES (64u << 20)
#define MOST_TIPS 32	/* of one ring */

/* The commit that an override runs. */
struct deployed {
	char oid[RK_OID_HEX];
	bool found;		/* in the service's repository */
	const char *ring;
};

struct rk_gate {
	const struct rk_gate_options *options;
	struct rk_io *io;
	json_t *merged;			/* rk_pulls_read()'s, those that are merged; "lacks_commit", "lacks_merge": not found */
	json_t *records;		/* overrides in order; those without "gate" are open unless another one holds them */
	json_t *answers;		/* {"<what an override says>": {"why": "<why it is held>" or "", "resolved": {...}}, ...} */
	json_t *held;			/* {"<tenant>\n<service>": "<why its other charts are held>", ...} */
	json_t *refused;		/* {"<tenant>": "<why it is held>", ...} */
};

/* Merged pull requests */

/* Check the head and the merge commit of a merged pull request, and note which of them the repository lacks. */
static enum rk_rc
check_merged(const struct rk_gate *gate, json_t *pull, struct rk_err *err)
{
	static const char *const members[][2] = { { "commit", "lacks_commit" }, { "merge", "lacks_merge" } };
	enum rk_rc rc = rk_pulls_require(pull, "commit", err);
	const char *id, *fault;
	char oid[RK_OID_HEX];
	size_t i;

	for (i = 0; rc == RK_OK && i < 2; i++) {
		id = rk_json_string(pull, members[i][0]);
		fault = rk_validate_oid(id, strlen(id));
		if (fault)
			return rk_err_set(err, RK_EDATA, "invalid commit of a merged pull request \"%s\": it %s", id, fault);
		rc = rk_ancestry_commit(gate->options->ancestry, id, oid, err);
		if (rc == RK_END) {
			rk_json_set(pull, members[i][1], json_true());
			rc = RK_OK;
		}
	}
	return rc;
}

static enum rk_rc
read_merged(struct rk_gate *gate, const char *file, struct rk_err *err)
{
	struct rk_io in = { 0 };
	json_t *pulls = NULL, *pull;
	enum rk_rc rc;
	size_t i;

	rc = rk_io_open_file(&in, file, MERGED_BYTES, err);
	if (rc == RK_OK && (rc = rk_pulls_read(&in, &pulls, err)) != RK_OK)
		rk_io_where(&in, file, rc, err);
	json_array_foreach(pulls, i, pull) {
		if (rc != RK_OK || !json_object_get(pull, "merge"))
			continue;
		rc = check_merged(gate, pull, err);
		if (rc == RK_OK)
			rk_json_append(gate->merged, json_incref(pull));
		else
			rk_err_prefix(err, rc, "%s", file);
	}
	json_decref(pulls);
	rk_io_close_file(&in);
	return rc;
}

enum rk_rc
rk_gate_open(const struct rk_gate_options *options, struct rk_io *io, struct rk_gate **gate, struct rk_err *err)
{
	struct rk_gate *new = rk_memory_calloc(1, sizeof *new);
	enum rk_rc rc = RK_OK;

	*gate = NULL;
	new->options = options;
	new->io = io;
	new->merged = json_array();
	new->records = json_array();
	new->answers = json_object();
	new->held = json_object();
	new->refused = json_object();
	if (options->merged)
		rc = read_merged(new, options->merged, err);
	if (rc == RK_OK)
		*gate = new;
	else
		rk_gate_close(new);
	return rc;
}

void
rk_gate_close(struct rk_gate *gate)
{
	if (!gate)
		return;
	json_decref(gate->merged);
	json_decref(gate->records);
	json_decref(gate->answers);
	json_decref(gate->held);
	json_decref(gate->refused);
	free(gate);
}

/* Decisions on one override.  RK_OK: open.  RK_END: held, err->msg says why. */

static enum rk_rc
find_chart(const struct rk_gate *gate, const struct rk_override_record *o, struct rk_ga_commit_query *query,
    struct rk_err *err)
{
	enum rk_rc rc = rk_catalog_service(gate->options->catalog, o->service, &query->service, err);
	size_t i;

	if (rc == RK_EUSAGE)
		return rk_err_set(err, RK_END, RK_HOLD_SERVICE, o->service);
	if (rc != RK_OK)
		return rc;
	for (i = 0; i < query->service->n_charts; i++)
		if (strcmp(query->service->chart[i].name, o->chart) == 0)
			query->chart = &query->service->chart[i];
	return query->chart ? RK_OK
	    : rk_err_set(err, RK_END, RK_HOLD_CHART, o->chart, o->service);
}

/* The commits of a ring from which its history goes back. */
struct tips {
	const char *tip[MOST_TIPS];
	char oid[MOST_TIPS][RK_OID_HEX];
	size_t n;
	bool head;			/* one of them is the ring's head, not only its merge */
};

/* Add the commit of a ref, if it is here. */
static enum rk_rc
add_ref(const struct rk_gate *gate, const char *prefix, const char *name, struct tips *tips, struct rk_err *err)
{
	struct rk_err missing;
	enum rk_rc rc;

	if (tips->n == MOST_TIPS)
		return RK_OK;
	rc = rk_ancestry_ref(gate->options->ancestry, prefix, name, tips->oid[tips->n], &missing);
	if (rc == RK_OK) {
		tips->tip[tips->n] = tips->oid[tips->n];
		tips->n++;
		tips->head = true;
	} else if (rc != RK_END) {
		*err = missing;
		return rc;
	}
	return RK_OK;
}

/* Add the head and the merge commit of a ring's pull request, as far as they are here. */
static enum rk_rc
add_pull(const struct rk_gate *gate, const json_t *pull, struct tips *tips, struct rk_err *err)
{
	static const char *const prefixes[] = { "refs/pull/", "refs/remotes/origin/pull/" };
	const json_t *number = json_object_get(pull, "number");
	char name[32];
	enum rk_rc rc = RK_OK;
	size_t i;

	snprintf(name, sizeof name, "%" JSON_INTEGER_FORMAT "/head", json_integer_value(number));
	for (i = 0; rc == RK_OK && number && i < 2; i++)
		rc = add_ref(gate, prefixes[i], name, tips, err);
	if (!json_object_get(pull, "lacks_commit") && tips->n < MOST_TIPS) {
		tips->tip[tips->n++] = rk_json_string(pull, "commit");
		tips->head = true;
	}
	if (!json_object_get(pull, "lacks_merge") && tips->n < MOST_TIPS)
		tips->tip[tips->n++] = rk_json_string(pull, "merge");
	return rc;
}

/* Return whether a merged pull request is that of a ring. */
static bool
is_of_ring(const json_t *pull, const char *ring)
{
	return rk_json_is(json_object_get(pull, "head"), ring) && !json_is_true(json_object_get(pull, "fork"));
}

/* Add the commits of a ring's branch. */
static enum rk_rc
add_branch(const struct rk_gate *gate, const char *ring, struct tips *tips, struct rk_err *err)
{
	static const char *const prefixes[] = { "refs/remotes/origin/", "refs/heads/" };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < 2; i++)
		rc = add_ref(gate, prefixes[i], ring, tips, err);
	return rc;
}

/* Find the only commit of a ring whose id starts with the short one of an image's tag. */
static enum rk_rc
find_short(const struct rk_gate *gate, const struct rk_override_record *o, struct deployed *deployed, struct rk_err *err)
{
	struct tips tips = { .n = 0 };
	enum rk_rc rc = add_branch(gate, o->ring, &tips, err);
	const json_t *pull;
	size_t i, found;

	json_array_foreach(gate->merged, i, pull)
		if (rc == RK_OK && is_of_ring(pull, o->ring))
			rc = add_pull(gate, pull, &tips, err);
	if (rc == RK_OK && !tips.head)
		return rk_err_set(err, RK_END, RK_HOLD_SHORT, o->commit, o->ring);
	if (rc == RK_OK)
		rc = rk_ancestry_find_in(gate->options->ancestry, o->commit, tips.tip, tips.n, deployed->oid, &found, err);
	if (rc == RK_OK && found == 0)
		return rk_err_set(err, RK_END, RK_HOLD_NOT_OF_RING, o->commit, o->ring);
	if (rc == RK_OK && found > 1)
		return rk_err_set(err, RK_END, RK_HOLD_AMBIGUOUS, o->commit, o->ring);
	deployed->found = rc == RK_OK;
	return rc;
}

static enum rk_rc
find_deployed(const struct rk_gate *gate, const struct rk_service *service, const struct rk_override_record *o,
    struct deployed *deployed, struct rk_err *err)
{
	const char *repository = service->repository;
	const json_t *pull;
	enum rk_rc rc;
	size_t i;

	*deployed = (struct deployed){ .ring = o->ring };
	if (!o->commit)
		return rk_err_set(err, RK_END, RK_HOLD_NO_COMMIT, service->tag);
	if (strlen(o->commit) >= 7 && strlen(o->commit) < 40 && !o->commit[strspn(o->commit, "0123456789abcdef")])
		return find_short(gate, o, deployed, err);
	rc = rk_ancestry_commit(gate->options->ancestry, o->commit, deployed->oid, err);
	deployed->found = rc == RK_OK;
	if (rc != RK_END)
		return rc;
	/* after a squash merge, the commit may be known only from the list of merged pull requests */
	json_array_foreach(gate->merged, i, pull)
		if (rk_json_is(json_object_get(pull, "commit"), o->commit)) {
			memcpy(deployed->oid, o->commit, RK_OID_HEX);
			return RK_OK;
		}
	return rk_err_set(err, RK_END, RK_HOLD_DEPLOYED, service->name, repository ? " (" : "", repository ? repository : "",
	    repository ? ")" : "", err->msg);
}

/* Set *contains to whether a merged pull request contains the deployed commit.  RK_END: cannot tell. */
static enum rk_rc
pull_contains(const struct rk_gate *gate, const json_t *pull, const struct deployed *deployed, bool *contains,
    struct rk_err *err)
{
	const char *head = rk_json_string(pull, "commit");

	*contains = strcmp(head, deployed->oid) == 0;
	if (*contains || !deployed->found)
		return RK_OK;
	if (json_object_get(pull, "lacks_commit"))
		return rk_err_set(err, RK_END, RK_HOLD_PULL_HEAD, head);
	return rk_ancestry_contains(gate->options->ancestry, head, deployed->oid, contains, err);
}

/* Check that the GA commit contains the deployed one.  A doubt about a pull request counts if it is the ring's own. */
static enum rk_rc
check_contained(const struct rk_gate *gate, const char *ga, const struct deployed *deployed, struct rk_err *err)
{
	struct rk_ancestry *ancestry = gate->options->ancestry;
	bool contains = false, in_pull = false, doubtful = false;
	const char *ring, *merge;
	struct rk_err doubt;
	enum rk_rc rc = RK_OK;
	const json_t *pull;
	size_t i;

	if (deployed->found)
		rc = rk_ancestry_contains(ancestry, ga, deployed->oid, &contains, err);
	if (contains || (rc != RK_OK && rc != RK_END))
		return rc;
	if (rc == RK_END) {
		doubtful = true;
		doubt = *err;
	}
	json_array_foreach(gate->merged, i, pull) {
		ring = rk_json_string(pull, "head");
		merge = rk_json_string(pull, "merge");
		if (json_object_get(pull, "lacks_merge"))
			rc = rk_err_set(err, RK_END, RK_HOLD_PULL_MERGE, merge, deployed->ring);
		else
			rc = rk_ancestry_contains(ancestry, ga, merge, &contains, err);
		if (rc == RK_OK && contains)
			rc = pull_contains(gate, pull, deployed, &in_pull, err);
		if (in_pull || (rc != RK_OK && rc != RK_END))
			return rc;
		if (rc == RK_END && !doubtful && ring && strcmp(ring, deployed->ring) == 0) {
			doubtful = true;
			doubt = *err;
		}
	}
	if (doubtful)
		return rk_err_set(err, RK_END, RK_HOLD_UNSURE, ga, deployed->oid,
		    doubt.msg);
	return rk_err_set(err, RK_END, RK_HOLD_NOT_CONTAINED, ga, deployed->oid);
}

/* Return whether another author has written over the ring's image, so that the tag which a clear leaves is newer than the ring. */
static bool
is_bumped(const struct rk_override_record *o)
{
	return o->code && strcmp(o->code, rk_code_word(RK_CODE_HALF_BUMPED)) == 0;
}

/*
 * Check that the GA commit contains all that is known of a ring, its branch and the heads of its merged pull requests: the
 * commit that a tenant had is one of these, but its tag, which another author has written over, does not say which.
 */
static enum rk_rc
check_whole_ring(const struct rk_gate *gate, const char *ga, const char *ring, struct rk_err *err)
{
	struct deployed head = { .ring = ring, .found = true };
	struct tips tips = { .n = 0 };
	enum rk_rc rc = add_branch(gate, ring, &tips, err);
	size_t i, n = tips.n;
	const json_t *pull;

	for (i = 0; rc == RK_OK && i < tips.n; i++) {
		memcpy(head.oid, tips.oid[i], RK_OID_HEX);
		rc = check_contained(gate, ga, &head, err);
	}
	json_array_foreach(gate->merged, i, pull)
		if (rc == RK_OK && is_of_ring(pull, ring)) {
			memcpy(head.oid, rk_json_string(pull, "commit"), RK_OID_HEX);
			head.found = !json_object_get(pull, "lacks_commit");
			rc = check_contained(gate, ga, &head, err);
			n++;
		}
	return rc == RK_OK && n == 0 ? rk_err_set(err, RK_END, RK_HOLD_BUMPED, ring) : rc;
}

/* *resolved is set to what the version is resolved to, or NULL: borrowed. */
static enum rk_rc
decide(const struct rk_gate *gate, const struct rk_override_record *o, const json_t **resolved, struct rk_err *err)
{
	struct rk_ga_commit_query query = { .by_itself = o->deploys, .tag = o->ga_tag,
		.version = { .revision = o->target_revision, .url = o->source_url, .path = o->source_path } };
	const struct rk_service *only = gate->options->service;
	const json_t *commits = NULL, *commit;
	struct deployed deployed;
	struct rk_err why;
	enum rk_rc rc;
	size_t i;

	*resolved = NULL;
	if (only && strcmp(only->name, o->service) != 0)
		return rk_err_set(err, RK_END, RK_HOLD_ONLY, only->name);
	rc = find_chart(gate, o, &query, err);
	if (rc == RK_OK && o->over)
		rc = rk_err_set(err, RK_END, RK_HOLD_BELOW, o->over);
	else if (rc == RK_OK && o->ga_tag)
		;	/* the version of the chart does not decide what the tenant gets */
	else if (rc == RK_OK && o->source_fault)
		rc = rk_err_set(err, RK_END, RK_HOLD_SOURCE, o->source_fault);
	else if (rc == RK_OK && (!o->target_revision || !*o->target_revision))
		rc = rk_err_set(err, RK_END, RK_HOLD_NO_REVISION);
	if (rc == RK_OK && !is_bumped(o))
		rc = find_deployed(gate, query.service, o, &deployed, err);
	if (rc == RK_OK)
		rc = rk_ga_commit_find(gate->options->ga, &query, &commits, resolved, err);
	json_array_foreach(commits, i, commit)
		if (rc == RK_OK)
			rc = is_bumped(o) ? check_whole_ring(gate, json_string_value(commit), o->ring, err)
			    : check_contained(gate, json_string_value(commit), &deployed, err);
	if (rc == RK_END && json_array_size(commits) && o->ga_tag && !is_bumped(o)) {
		why = *err;
		return rk_err_set(err, rc, RK_HOLD_NOT_BUMPED, o->ga_tag, why.msg);
	}
	if (rc == RK_OK && o->values && !gate->options->drop_values)
		rc = rk_gate_values_check(gate->options->values, query.chart, o, err);
	return rc;
}

static void
add_part(struct rk_strbuf *key, const char *part)
{
	rk_strbuf_printf(key, "%s%s\n", part ? "=" : "", part ? part : "");
}

/* Set *answer to why an override is held, and what its version is: borrowed.  Decide once for all overrides that say the same. */
static enum rk_rc
find_answer(struct rk_gate *gate, const struct rk_override_record *o, const json_t **answer, struct rk_err *err)
{
	const char *const parts[] = { o->service, o->ring, o->chart, o->commit, o->deploys ? "" : NULL, o->target_revision,
		o->source_url, o->source_path, o->source_fault, o->ga_tag, o->over, o->code };
	struct rk_strbuf key = { 0 };
	const json_t *resolved;
	json_t *new;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < sizeof parts / sizeof parts[0]; i++)
		add_part(&key, parts[i]);
	if (o->values)
		rk_json_add(&key, o->values);
	rk_strbuf_putc(&key, '\n');
	if (o->ga_values)
		rk_json_add(&key, o->ga_values);
	if (!json_object_get(gate->answers, key.data)) {
		rc = decide(gate, o, &resolved, err);
		if (rc == RK_OK || rc == RK_END) {
			new = rk_json_pack("{ss sO*}", "why", rc == RK_OK ? "" : err->msg, "resolved", resolved);
			rk_json_set(gate->answers, key.data, new);
			rc = RK_OK;
		}
	}
	if (rc == RK_OK)
		*answer = json_object_get(gate->answers, key.data);
	rk_strbuf_free(&key);
	return rc;
}

/* The stream */

static bool
is_decided(const struct rk_gate *gate, const struct rk_override_record *o, const json_t *record)
{
	const json_t *decision = json_object_get(record, "gate");

	return gate->options->service && strcmp(gate->options->service->name, o->service) != 0
	    && (rk_json_is(decision, "open") || rk_json_is(decision, "held"));
}

/* Set a record's gate: held for a reason, or open if why is empty. */
static void
set_gate(json_t *record, const char *why)
{
	rk_json_set(record, "gate", json_string(*why ? "held" : "open"));
	if (*why)
		rk_json_set(record, "reason", json_string(why));
}

/* Append what the charts of a service in a tenant have in common.  An image that was taken over is cleared by itself. */
static void
held_key(struct rk_strbuf *key, const json_t *record)
{
	rk_strbuf_printf(key, "%s\n%s%s", rk_json_string(record, "tenant"), rk_json_string(record, "service"),
	    json_object_get(record, "under") ? "\nunder" : "");
}

/* Hold a record, and the other charts of its service in its tenant. */
static void
hold(struct rk_gate *gate, const struct rk_override_record *o, json_t *record, const char *why)
{
	struct rk_strbuf key = { 0 };
	struct rk_err reason;

	held_key(&key, record);
	if (!json_object_get(gate->held, key.data)) {
		rk_err_set(&reason, RK_END, RK_HOLD_TOGETHER, o->chart, o->path, why);
		rk_json_set(gate->held, key.data, json_string(reason.msg));
	}
	rk_strbuf_free(&key);
	set_gate(record, why);
}

enum rk_rc
rk_gate_override(struct rk_gate *gate, json_t *record, struct rk_err *err)
{
	struct rk_override_record o;
	const json_t *answer = NULL;
	const char *why;
	json_t *resolved;
	enum rk_rc rc = rk_override_record_read(record, &o, err);

	if (rc == RK_OK && !o.chart)
		rc = rk_err_set(err, RK_EDATA, "missing \"chart\" in an override record");
	if (rc == RK_OK && !is_decided(gate, &o, record)) {
		json_object_del(record, "gate");
		json_object_del(record, "reason");
		json_object_del(record, "resolved");
		rc = find_answer(gate, &o, &answer, err);
	}
	resolved = json_object_get(answer, "resolved");
	if (rc == RK_OK && resolved)
		rk_json_set(record, "resolved", json_incref(resolved));
	why = rk_json_string(answer, "why");
	if (rc == RK_OK && why && *why)
		hold(gate, &o, record, why);
	if (rc == RK_OK)
		rk_json_append(gate->records, json_incref(record));
	return rc;
}

enum rk_rc
rk_gate_refused(struct rk_gate *gate, const json_t *record, struct rk_err *err)
{
	const char *tenant = rk_json_string(record, "tenant"), *reason = rk_json_string(record, "reason");
	struct rk_err why;

	rk_err_set(&why, RK_END, RK_HOLD_REFUSED, reason ? reason : "no reason given");
	if (tenant)
		rk_json_set(gate->refused, tenant, json_string(why.msg));
	return rk_record_pass(gate->io, err);
}

/* Set the gate of a record that has none yet: it is held if something else of its tenant is. */
static void
set_last_gate(const struct rk_gate *gate, json_t *record)
{
	const char *tenant = rk_json_string(record, "tenant"), *why = rk_json_string(gate->refused, tenant);
	struct rk_strbuf key = { 0 };

	held_key(&key, record);
	if (!why)
		why = rk_json_string(gate->held, key.data);
	rk_strbuf_free(&key);
	set_gate(record, why ? why : "");
}

enum rk_rc
rk_gate_end(struct rk_gate *gate, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	json_t *record;
	size_t i;

	json_array_foreach(gate->records, i, record) {
		if (rc == RK_OK && !json_object_get(record, "gate"))
			set_last_gate(gate, record);
		if (rc == RK_OK)
			rc = rk_record_write(gate->io, json_incref(record), err);
	}
	return rc;
}
