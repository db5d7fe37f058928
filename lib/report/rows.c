#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "report/age.h"
#include "report/board.h"
#include "report/report_internal.h"

#define SHORT_OID 12	/* digits that identify a commit among millions */

#define RUNNING "running"	/* the state of a tenant that runs the ring's image */
#define NAMED 10		/* tenants that do not, by name */

#define CELLS(...) (const char *const[]){ __VA_ARGS__ }

/* A record that becomes rows; rc is that of the last failure. */
struct row {
	struct rk_report *report;
	const json_t *record;
	enum rk_rc rc;
	struct rk_err *err;
};

void
rk_rows_share(struct rk_report_value *of, json_t *value)
{
	if (!value)
		return;
	if (!of->value)
		of->value = json_incref(value);
	else if (!json_equal(of->value, value))
		of->differs = true;
}

const char *
rk_rows_shared(const struct rk_report_value *of)
{
	return of->differs ? NULL : json_string_value(of->value);
}

static void
invalid(struct row *row, const char *member, const char *expected)
{
	row->rc = rk_err_set(row->err, RK_EDATA, "invalid %s record: expected %s in \"%s\"",
	    rk_json_string(row->record, "type"), expected, member);
}

/* The string of an optional member, "" if it is missing. */
static const char *
string(struct row *row, const char *member)
{
	const json_t *value = json_object_get(row->record, member);

	if (value && !json_is_string(value))
		invalid(row, member, "a string");
	return json_is_string(value) ? json_string_value(value) : "";
}

static const char *
required(struct row *row, const char *member)
{
	if (!json_object_get(row->record, member))
		row->rc = rk_err_set(row->err, RK_EDATA, "invalid %s record: missing \"%s\"",
		    rk_json_string(row->record, "type"), member);
	return string(row, member);
}

/* An optional member that is an array: borrowed, or NULL. */
static const json_t *
array(struct row *row, const char *member)
{
	const json_t *value = json_object_get(row->record, member);

	if (value && !json_is_array(value))
		invalid(row, member, "an array");
	return value;
}

/* Append the strings of an optional array member, separated by between. */
static void
strings(struct row *row, struct rk_strbuf *text, const char *member, const char *between)
{
	const json_t *list = array(row, member), *value;
	size_t i;

	json_array_foreach(list, i, value) {
		if (!json_is_string(value))
			invalid(row, member, "strings");
		else
			rk_strbuf_printf(text, "%s%s", i ? between : "", json_string_value(value));
	}
}

/* Append the optional member "image" as REPOSITORY:TAG. */
static void
image(struct row *row, struct rk_strbuf *text)
{
	const json_t *value = json_object_get(row->record, "image");
	const char *repository = rk_json_string(value, "repository"), *tag = rk_json_string(value, "tag");

	if (value && (!repository || !tag))
		invalid(row, "image", "\"repository\" and \"tag\"");
	else if (value)
		rk_strbuf_printf(text, "%s:%s", repository, tag);
}

/* An optional member that is an object: borrowed, or NULL. */
static const json_t *
object(struct row *row, const char *member)
{
	const json_t *value = json_object_get(row->record, member);

	if (value && !json_is_object(value))
		invalid(row, member, "an object");
	return value;
}

/* Values of a chart, of which each becomes a row. */
struct values {
	struct row *row;
	const char *chart;
};

static void
add_value(void *context, const char *pointer, const json_t *value)
{
	const struct values *of = context;
	struct row *row = of->row;
	const char *service = string(row, "service"), *ring = string(row, "ring");
	struct rk_strbuf text = { 0 }, key = { 0 };

	rk_json_add(&text, value);
	rk_strbuf_printf(&key, "value\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s", service, ring, of->chart, pointer, text.data);
	if (rk_table_once(row->report, &key))
		rk_table_add(&row->report->table[RK_TABLE_VALUES], CELLS(service, ring, of->chart, pointer, text.data));
	rk_strbuf_free(&text);
	rk_strbuf_free(&key);
}

/* Add the values that a release or a patch sets, once. */
static void
add_values(struct row *row)
{
	const json_t *values = object(row, "values"), *chart;
	struct values of = { .row = row };

	if (row->rc == RK_OK && rk_json_is(json_object_get(row->record, "action"), "set"))
		json_object_foreach((json_t *)values, of.chart, chart)
			rk_json_pointer_each(chart, add_value, &of);
}

/* Add the advice for a word, once. */
static void
advise(struct row *row, const char *word)
{
	const char *advice = row->rc == RK_OK ? rk_table_advice(word) : NULL;
	struct rk_strbuf key = { 0 };

	if (!advice)
		return;
	rk_strbuf_printf(&key, "advice\x1f%s", word);
	if (rk_table_once(row->report, &key))
		rk_table_add(&row->report->table[RK_TABLE_ADVICE], CELLS(word, advice));
	rk_strbuf_free(&key);
}

static void
share(struct row *row, struct rk_report_value *of, const char *member)
{
	rk_rows_share(of, json_object_get(row->record, member));
}

static void
add_refused(struct row *row)
{
	const char *code = required(row, "code"), *reason = required(row, "reason");
	const char *tenant = string(row, "tenant"), *label = string(row, "label"), *subject = *tenant ? tenant : label;
	struct rk_report *report = row->report;
	struct rk_strbuf title = { 0 };

	if (row->rc != RK_OK)
		return;
	rk_table_add(&report->table[RK_TABLE_REFUSED], CELLS(subject, code, reason));
	rk_strbuf_printf(&title, "%s%s%s", code, *subject ? ": " : "", subject);
	rk_table_note(report, RK_REPORT_ERROR, CELLS(rk_strbuf_str(&title), "", "", reason));
	rk_strbuf_free(&title);
	report->refused++;
	report->stale += strcmp(code, rk_code_word(RK_CODE_STALE)) == 0;
	advise(row, code);
}

static void
add_finding(struct row *row)
{
	const char *code = required(row, "code"), *reason = required(row, "reason"), *path = string(row, "path");
	const char *service = string(row, "service"), *chart = string(row, "chart"), *tenant = string(row, "tenant");

	if (row->rc != RK_OK)
		return;
	rk_table_add(&row->report->table[RK_TABLE_FINDINGS], CELLS(service, chart, tenant, path, code, reason));
	rk_table_note(row->report, RK_REPORT_ERROR, CELLS(code, path, "", reason));
	row->report->findings++;
}

/* Add a row to a table of tenants, and count it, unless there is an equal one. */
static void
add_tenant(struct row *row, const char *status, size_t *count)
{
	struct rk_report *report = row->report;
	const char *tenant = required(row, "tenant"), *service = string(row, "service"), *ring = string(row, "ring");
	const char *action = string(row, "action");
	struct rk_strbuf key = { 0 }, cohorts = { 0 };
	bool is = false;

	strings(row, &cohorts, "cohorts", " ");
	rk_strbuf_printf(&key, "tenant\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s", tenant, service, ring, action, status);
	if (row->rc == RK_OK)
		is = rk_table_once(report, &key);
	if (is) {
		rk_table_add(&report->table[count == &report->unchanged ? RK_TABLE_UNCHANGED : RK_TABLE_TENANTS],
		    CELLS(tenant, service, ring, action, status, rk_strbuf_str(&cohorts)));
		++*count;
	}
	if (row->rc == RK_OK) {
		share(row, &report->service, "service");
		share(row, &report->ring, "ring");
		share(row, &report->pull_request, "pull_request");
	}
	rk_strbuf_free(&cohorts);
	rk_strbuf_free(&key);
}

/* Warn of something in a place, once. */
static void
warn(struct row *row, const char *code, const struct rk_strbuf *where)
{
	const char *service = string(row, "service"), *ring = string(row, "ring");
	struct rk_strbuf key = { 0 };

	rk_strbuf_printf(&key, "%s\x1f%s\x1f%s\x1f%s", code, service, ring, rk_strbuf_str(where));
	if (row->rc == RK_OK && rk_table_once(row->report, &key))
		rk_table_add(&row->report->table[RK_TABLE_WARNINGS], CELLS(service, ring, code, rk_strbuf_str(where)));
	rk_strbuf_free(&key);
	advise(row, code);
}

/* Warn of what a person has changed in the values of a ring. */
static void
add_by_hand(struct row *row)
{
	const char *tenant = string(row, "tenant");
	const json_t *paths = array(row, "changed_by_hand"), *path;
	struct rk_strbuf where = { 0 };
	size_t i;

	json_array_foreach(paths, i, path) {
		rk_strbuf_clear(&where);
		rk_strbuf_printf(&where, "%s: %s", tenant, json_is_string(path) ? json_string_value(path) : "");
		warn(row, "changed-by-hand", &where);
	}
	rk_strbuf_free(&where);
}

/* Tell that a person is to merge the change of a tenant, and why. */
static void
add_review(struct row *row)
{
	const char *review = string(row, "review");
	struct rk_strbuf where = { 0 };

	rk_strbuf_printf(&where, "%s: %s", string(row, "tenant"), review);
	if (*review)
		warn(row, "review", &where);
	rk_strbuf_free(&where);
}

static void
add_selected(struct row *row)
{
	add_tenant(row, "selected", &row->report->selected);
}

/* A tenant that waits for earlier waves; several runs in one stream say it once. */
static void
add_waiting(struct row *row)
{
	const char *tenant = required(row, "tenant"), *code = required(row, "code"), *reason = required(row, "reason");
	const char *service = string(row, "service"), *ring = string(row, "ring"), *until = string(row, "until");
	struct rk_report *report = row->report;
	struct rk_strbuf key = { 0 };

	if (row->rc != RK_OK)
		return;
	rk_strbuf_printf(&key, "waiting\x1f%s\x1f%s\x1f%s", tenant, service, ring);
	if (rk_table_once(report, &key)) {
		rk_table_add(&report->table[RK_TABLE_WAITING], CELLS(tenant, service, ring, code, until, reason));
		report->waiting++;
	}
	rk_strbuf_free(&key);
	share(row, &report->service, "service");
	share(row, &report->ring, "ring");
	advise(row, code);
}

static void
add_result(struct row *row)
{
	struct rk_report *report = row->report;
	const char *status = required(row, "status");
	size_t *count = strcmp(status, "committed") == 0 ? &report->committed :
	    strcmp(status, "planned") == 0 ? &report->planned : strcmp(status, "withheld") == 0 ? &report->withheld :
	    strcmp(status, "unchanged") == 0 ? &report->unchanged : &report->other_status;

	string(row, "branch");
	string(row, "commit");
	if (row->rc == RK_OK)
		add_tenant(row, status, count);
	add_by_hand(row);
	add_review(row);
	if (row->rc != RK_OK)
		return;
	share(row, &report->branch, "branch");
	share(row, &report->commit, "commit");
	if (count == &report->withheld)
		advise(row, "withheld");
}

static void
add_patch(struct row *row)
{
	const json_t *edits = json_object_get(row->record, "edits");
	struct rk_report *report = row->report;
	struct rk_strbuf name = { 0 };
	json_t *value;

	if (!json_is_array(edits))
		invalid(row, "edits", "an array");
	image(row, &name);
	if (row->rc == RK_OK && json_array_size(edits))
		add_tenant(row, "to apply", &report->to_apply);
	else if (row->rc == RK_OK)
		add_tenant(row, "unchanged", &report->unchanged);
	add_values(row);
	add_by_hand(row);
	if (json_array_size(edits))
		add_review(row);
	if (row->rc == RK_OK && name.len) {
		value = json_string(name.data);
		rk_rows_share(&report->image, value);
		json_decref(value);
	}
	rk_strbuf_free(&name);
}

/* Append what a cluster says of the override: its state and, unless it runs, why.  Note the state of the tenant, the worst. */
static void
add_live(struct row *row, struct rk_strbuf *text)
{
	const json_t *live = json_object_get(row->record, "live");
	const char *state = rk_json_string(live, "state"), *reason = rk_json_string(live, "reason");
	const char *tenant = string(row, "tenant");
	struct rk_strbuf key = { 0 };
	json_t *known;

	if (!state)
		return;
	rk_strbuf_printf(text, "%s%s%s", state, reason && strcmp(state, RUNNING) != 0 ? ": " : "",
	    reason && strcmp(state, RUNNING) != 0 ? reason : "");
	if (!row->report->live)
		row->report->live = json_object();
	rk_strbuf_printf(&key, "%s\x1f%s\x1f%s", tenant, string(row, "service"), string(row, "ring"));
	known = json_object_get(row->report->live, key.data);
	if (!known || rk_json_is(json_object_get(known, "state"), RUNNING))
		rk_json_set(row->report->live, key.data, rk_json_pack("{ss ss ss}", "tenant", tenant,
		    "ring", string(row, "ring"), "state", state));
	rk_strbuf_clear(&key);
	rk_strbuf_printf(&key, "%s: %s", state, tenant);
	if (strcmp(state, "degraded") == 0 || strcmp(state, "ignored") == 0)
		rk_table_note(row->report, RK_REPORT_WARNING, CELLS(key.data, "", "", reason ? reason : state));
	rk_strbuf_free(&key);
}

/* Add the row of the override that was kept. */
static enum rk_rc
end_override(struct rk_report *report, struct rk_err *err)
{
	struct row row = { report, report->override, RK_OK, err };
	struct rk_strbuf charts = { 0 }, since = { 0 }, values = { 0 }, live = { 0 };
	const char *gate, *tag;
	bool open;

	if (!row.record)
		return RK_OK;
	gate = string(&row, "gate");
	open = strcmp(gate, "open") == 0;
	tag = rk_json_string(json_object_get(row.record, "image"), "tag");
	strings(&row, &charts, "chart", " ");
	if (object(&row, "values"))
		rk_json_add(&values, object(&row, "values"));
	rk_age_add(&since, string(&row, "since"), report->options.now);
	add_live(&row, &live);
	if (report->options.board)
		rk_board_add(&report->board, row.record, rk_strbuf_str(&charts));
	else
		rk_table_add(&report->table[open ? RK_TABLE_OPEN : *gate ? RK_TABLE_HELD : RK_TABLE_OVERRIDES],
		    CELLS(string(&row, "tenant"), string(&row, "service"), string(&row, "ring"), rk_strbuf_str(&charts),
		    tag ? tag : "", rk_strbuf_str(&since), string(&row, "pull_request"), rk_strbuf_str(&values),
		    rk_strbuf_str(&live), string(&row, "reason")));
	++*(open ? &report->open : *gate ? &report->held : &report->overrides);
	rk_strbuf_free(&charts);
	rk_strbuf_free(&since);
	rk_strbuf_free(&values);
	rk_strbuf_free(&live);
	json_decref(report->override);
	report->override = NULL;
	return row.rc;
}

/* Overrides that differ only in their chart, those of a service in one manifest, become one row. */
static void
add_override(struct row *row)
{
	static const char *const member[] = { "service", "ring", "chart", "since", "since_commit", "commit",
	    "pull_request", "gate", "reason" };
	const json_t *chart = json_object_get(row->record, "chart"), *held = json_object_get(row->record, "image");
	struct rk_report *report = row->report;
	json_t *charts, *next;
	size_t i;

	required(row, "tenant");
	for (i = 0; i < sizeof member / sizeof *member; i++)
		string(row, member[i]);
	if (held && !rk_json_string(held, "tag"))
		invalid(row, "image", "\"tag\"");
	object(row, "values");
	if (json_object_get(row->record, "live") && !rk_json_string(json_object_get(row->record, "live"), "state"))
		invalid(row, "live", "\"state\"");
	if (row->rc != RK_OK)
		return;
	share(row, &report->service, "service");
	share(row, &report->ring, "ring");

	charts = json_array();
	if (chart)
		rk_json_append(charts, json_incref((json_t *)chart));
	next = json_copy((json_t *)row->record);
	rk_json_set(next, "chart", json_incref(report->override ? json_object_get(report->override, "chart") : charts));
	if (report->override && json_equal(next, report->override))
		rk_json_extend(json_object_get(report->override, "chart"), charts);
	else if ((row->rc = end_override(report, row->err)) == RK_OK) {
		rk_json_set(next, "chart", json_incref(charts));
		report->override = json_incref(next);
	}
	json_decref(next);
	json_decref(charts);
}

static void
add_warnings(struct row *row)
{
	const char *service = string(row, "service"), *ring = string(row, "ring"), *code, *path, *advice;
	const json_t *warnings = array(row, "warnings"), *warning, *paths;
	size_t i, k;

	json_array_foreach(warnings, i, warning) {
		code = rk_json_string(warning, "code");
		if (!code)
			invalid(row, "warnings", "\"code\", a string,");
		if (row->rc != RK_OK)
			return;
		advice = rk_table_advice(code);
		paths = json_object_get(warning, "paths");
		for (k = 0; k == 0 || k < json_array_size(paths); k++) {
			path = json_string_value(json_array_get(paths, k));
			path = path ? path : "";
			rk_table_add(&row->report->table[RK_TABLE_WARNINGS], CELLS(service, ring, code, path));
			rk_table_note(row->report, RK_REPORT_WARNING, CELLS(code, path, "", advice ? advice : code));
		}
		advise(row, code);
	}
}

static void
add_release_row(struct row *row)
{
	const char *service = string(row, "service"), *ring = string(row, "ring"), *repository = string(row, "repository");
	const char *action = required(row, "action"), *commit = string(row, "commit");
	const json_t *number = json_object_get(row->record, "pull_request");
	struct rk_strbuf reasons = { 0 }, name = { 0 }, request = { 0 };

	strings(row, &reasons, "reasons", "; ");
	image(row, &name);
	if (number && !json_is_integer(number))
		invalid(row, "pull_request", "an integer");
	else if (number)
		rk_strbuf_printf(&request, "%s#%lld", repository, (long long)json_integer_value(number));
	if (row->rc == RK_OK)
		rk_table_add(&row->report->table[RK_TABLE_RELEASES], CELLS(service, ring, action, rk_strbuf_str(&reasons),
		    rk_strbuf_str(&name), commit, rk_strbuf_str(&request)));
	rk_strbuf_free(&reasons);
	rk_strbuf_free(&name);
	rk_strbuf_free(&request);
}

/* Advise on the reasons or, if there is no advice on them, on the action. */
static void
advise_release(struct row *row)
{
	const json_t *reasons = json_object_get(row->record, "reasons"), *reason;
	const char *word;
	bool advised = false;
	size_t i;

	json_array_foreach(reasons, i, reason) {
		word = json_string_value(reason);
		row->report->rejected += strcmp(word, "rejected") == 0;
		advised = advised || rk_table_advice(word);
		advise(row, word);
	}
	if (!advised)
		advise(row, string(row, "action"));
}

static void
add_release(struct row *row)
{
	static const char *const actions[] = { "set", "keep", "clear", "hold", "none" };
	struct rk_report *report = row->report;
	const char *action = string(row, "action");
	struct rk_strbuf key = { 0 };
	const json_t *label;
	bool is;
	size_t i;

	rk_strbuf_puts(&key, "release\x1f");
	rk_json_add(&key, row->record);
	is = rk_table_once(report, &key);
	rk_strbuf_free(&key);
	/* the jobs of several GitOps repositories have the same decision */
	if (!is)
		return;
	add_release_row(row);
	add_values(row);
	if (row->rc != RK_OK)
		return;
	json_array_foreach(json_object_get(row->record, "labels"), i, label)
		rk_table_add(&report->table[RK_TABLE_SELECTORS],
		    CELLS(json_is_string(label) ? json_string_value(label) : "", "", "", ""));
	share(row, &report->service, "service");
	share(row, &report->ring, "ring");
	share(row, &report->action, "action");
	report->releases++;
	report->kept += strcmp(action, "keep") == 0 || strcmp(action, "hold") == 0;
	for (i = 0; i < sizeof actions / sizeof *actions && strcmp(action, actions[i]) != 0; i++)
		;
	report->other_status += i == sizeof actions / sizeof *actions;
	add_warnings(row);
	advise_release(row);
}

/* Add a displaced hunk as lines, and a warning at its line. */
static void
add_discarded(struct row *row, const char *branch, const json_t *hunk)
{
	const char *path = rk_json_string(hunk, "path"), *kind = rk_json_string(hunk, "kind");
	const json_t *number = json_object_get(hunk, "line"), *line;
	struct rk_table *table = &row->report->table[RK_TABLE_DISCARDED];
	struct rk_strbuf text = { 0 };
	char at[32] = "";
	size_t i;

	if (!path || !kind || (number && !json_is_integer(number))) {
		invalid(row, "discarded", "\"path\", \"kind\" and an integer \"line\"");
		return;
	}
	if (number)
		snprintf(at, sizeof at, "%lld", (long long)json_integer_value(number));
	rk_strbuf_printf(&text, "%s: %s%s%s (%s)", branch, path, number ? ":" : "", at, kind);
	rk_table_add(table, CELLS(rk_strbuf_str(&text)));
	json_array_foreach(json_object_get(hunk, "lines"), i, line) {
		rk_strbuf_clear(&text);
		rk_strbuf_printf(&text, "- %s", json_is_string(line) ? json_string_value(line) : "");
		rk_table_add(table, CELLS(rk_strbuf_str(&text)));
	}
	rk_strbuf_clear(&text);
	rk_strbuf_printf(&text, "%s: its own side displaced a %s of the default branch", branch, kind);
	rk_table_note(row->report, RK_REPORT_WARNING, CELLS("displaced", path, at, rk_strbuf_str(&text)));
	rk_strbuf_free(&text);
	row->report->discarded++;
	advise(row, "displaced");
}

static void
add_sync(struct row *row)
{
	const char *branch = required(row, "branch"), *status = required(row, "status");
	const char *before = string(row, "old"), *after = string(row, "new");
	const json_t *discarded = array(row, "discarded"), *hunk;
	struct rk_report *report = row->report;
	char displaced[32] = "", was[SHORT_OID + 1], is[SHORT_OID + 1];
	size_t i;

	if (row->rc != RK_OK)
		return;
	if (json_array_size(discarded))
		snprintf(displaced, sizeof displaced, "%zu", json_array_size(discarded));
	snprintf(was, sizeof was, "%s", before);
	snprintf(is, sizeof is, "%s", after);
	rk_table_add(&report->table[RK_TABLE_BRANCHES], CELLS(branch, status, was, is, displaced));
	share(row, &report->ring, "branch");
	++*(strcmp(status, "merged") == 0 ? &report->merged : strcmp(status, "up-to-date") == 0 ? &report->up_to_date :
	    &report->other_status);
	json_array_foreach(discarded, i, hunk)
		if (row->rc == RK_OK)
			add_discarded(row, branch, hunk);
}

static void
add_selector(struct row *row)
{
	const char *label = string(row, "label"), *source = string(row, "source"), *key = string(row, "key");
	const char *value = string(row, "value");

	if (row->rc == RK_OK)
		rk_table_add(&row->report->table[RK_TABLE_SELECTORS], CELLS(label, source, key, value));
	row->report->selectors++;
}

static void
add_proposal(struct row *row)
{
	const char *branch = required(row, "branch"), *service = string(row, "service"), *ring = string(row, "ring");
	const char *state = string(row, "state");

	if (row->rc != RK_OK)
		return;
	rk_table_add(&row->report->table[RK_TABLE_PROPOSALS], CELLS(branch, service, ring, state));
	share(row, &row->report->service, "service");
	share(row, &row->report->ring, "ring");
	row->report->branches++;
}

/* Add a detail, which may be NULL, unless there is an equal one: a release and its results may have the same. */
static void
add_fact(struct rk_report *report, const char *name, const char *value)
{
	struct rk_strbuf key = { 0 };
	bool is = false;

	if (!value)
		return;
	rk_strbuf_printf(&key, "fact\x1f%s\x1f%s", name, value);
	is = rk_table_once(report, &key);
	rk_strbuf_free(&key);
	if (is)
		rk_table_add(&report->table[RK_TABLE_FACTS], CELLS(name, value));
}

static void
add_selection(struct row *row)
{
	const json_t *tenants = json_object_get(row->record, "tenants");
	struct rk_strbuf text = { 0 };

	required(row, "repository");
	if (!json_is_integer(tenants))
		invalid(row, "tenants", "an integer");
	if (row->rc != RK_OK)
		return;
	rk_strbuf_printf(&text, "%lld tenants in all GitOps repositories", (long long)json_integer_value(tenants));
	add_fact(row->report, "Selected", text.data);
	rk_strbuf_free(&text);
}

enum rk_rc
rk_rows_add(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	static const struct { const char *type; void (*add)(struct row *); } kinds[] = {
		{ "refused", add_refused }, { "finding", add_finding }, { "result", add_result }, { "patch", add_patch },
		{ "tenant", add_selected }, { "selection", add_selection }, { "waiting", add_waiting }, { "override", add_override },
		{ "release", add_release }, { "sync", add_sync }, { "selector", add_selector }, { "proposal", add_proposal },
	};
	struct row row = { report, record, RK_OK, err };
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (rk_json_is(json_object_get(record, "type"), kinds[i].type))
			kinds[i].add(&row);
	return row.rc;
}

/* Count the tenants that run the ring, and name the others: "running on 4 of 5; acme degraded". */
static void
add_running(struct rk_report *report)
{
	const bool one = !report->ring.differs;
	struct rk_strbuf text = { 0 }, others = { 0 };
	const char *key, *state;
	size_t n = 0;
	json_t *each;

	json_object_foreach(report->live, key, each) {
		state = rk_json_string(each, "state");
		report->living++;
		if (strcmp(state, RUNNING) == 0)
			report->running++;
		else if (n++ < NAMED)
			rk_strbuf_printf(&others, "%s %s%s%s %s", n == 1 ? ";" : ",", rk_json_string(each, "tenant"),
			    one ? "" : " in ", one ? "" : rk_json_string(each, "ring"), state);
	}
	rk_strbuf_printf(&text, "running on %zu of %zu%s", report->running, report->living, rk_strbuf_str(&others));
	if (n > NAMED)
		rk_strbuf_printf(&text, " and %zu more", n - NAMED);
	if (n)
		add_fact(report, "Live", text.data);
	rk_strbuf_free(&text);
	rk_strbuf_free(&others);
}

/* Turn a table of one release into details. */
static void
unfold_release(struct rk_report *report)
{
	struct rk_table *table = &report->table[RK_TABLE_RELEASES];
	size_t i;

	if (table->n_rows != 1)
		return;
	for (i = 0; i < table->n_columns; i++)
		if (rk_summary_shows(report, table, i))
			add_fact(report, table->column[i].name, table->cells.data + table->first[i]);
	table->n_rows = 0;
}

/*
 * Append a line in which the runner of GitHub finds no command if the report is printed in a job: "##[" anywhere in the line,
 * or "::" after white space, of Unicode, too.
 */
static void
add_without_command(struct rk_strbuf *text, const char *line, size_t len)
{
	bool start = true;
	size_t i;

	for (i = 0; i < len; i++) {
		if ((start && len - i > 1 && memcmp(line + i, "::", 2) == 0) || (len - i > 2 && memcmp(line + i, "##[", 3) == 0))
			rk_strbuf_printf(text, "\\x%02x", (unsigned)line[i]);
		else
			rk_strbuf_putc(text, line[i]);
		start = start && (memchr(" \t\v\f\r", line[i], 5) || (unsigned char)line[i] >= 0x80);
	}
}

/* Add the lines of the rendered difference. */
static void
add_rendered(struct rk_report *report)
{
	const char *line = report->options.rendered;
	struct rk_strbuf shown = { 0 };
	size_t len;

	for (; line && *line; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		rk_strbuf_clear(&shown);
		add_without_command(&shown, line, len);
		rk_table_add(&report->table[RK_TABLE_RENDERED], CELLS(rk_strbuf_str(&shown)));
	}
	rk_strbuf_free(&shown);
}

enum rk_rc
rk_rows_end(struct rk_report *report, struct rk_err *err)
{
	const struct { const char *name; const struct rk_report_value *of; } fact[] = {
		{ "Image", &report->image }, { "Pull request", &report->pull_request }, { "Branch", &report->branch },
		{ "GitOps commit", &report->commit }, { "Proposal", &report->proposal }, { "Merge", &report->merge }
	};
	enum rk_rc rc = end_override(report, err);
	size_t i;

	if (rc == RK_OK)
		unfold_release(report);
	for (i = 0; rc == RK_OK && i < sizeof fact / sizeof *fact; i++)
		add_fact(report, fact[i].name, rk_rows_shared(fact[i].of));
	if (rc == RK_OK)
		add_running(report);
	rk_board_end(report->board, report->options.now, &report->table[RK_TABLE_BOARD]);
	add_rendered(report);
	return rc;
}
