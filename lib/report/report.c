#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "base/code.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/io.h"
#include "base/json.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "report/escape.h"

#define NOTES 10	/* of a level are shown by GitHub in one step */
#define TITLE 100	/* characters */
#define SHORT 12	/* digits of a commit that names one among millions */
#define DAY 86400

static const struct rk_report_column refused_columns[] = { { "Tenant", false }, { "Code", false }, { "Reason", true } };
static const struct rk_report_column finding_columns[] = { { "Service", false }, { "Chart", false }, { "Tenant", false },
	{ "Path", false }, { "Code", false }, { "Reason", true } };
static const struct rk_report_column warning_columns[] = { { "Service", false }, { "Ring", false }, { "Code", false },
	{ "Path", false } };
static const struct rk_report_column advice_columns[] = { { "Of", false }, { "To do", true } };
static const struct rk_report_column release_columns[] = { { "Service", false }, { "Ring", false }, { "Action", false },
	{ "Reasons", true }, { "Image", false }, { "Commit", false }, { "Pull request", false } };
static const struct rk_report_column fact_columns[] = { { "Name", true }, { "Value", true } };
static const struct rk_report_column tenant_columns[] = { { "Tenant", false }, { "Service", false }, { "Ring", false },
	{ "Change", true }, { "Status", true }, { "Cohorts", false } };
static const struct rk_report_column override_columns[] = { { "Tenant", false }, { "Service", false }, { "Ring", false },
	{ "Charts", false }, { "Tag", false }, { "Since", true }, { "Pull request", false }, { "Reason", true } };
static const struct rk_report_column branch_columns[] = { { "Ring", false }, { "Status", true }, { "Before", false },
	{ "After", false }, { "Displaced", true } };
static const struct rk_report_column selector_columns[] = { { "Label", false }, { "Source", false }, { "Key", false },
	{ "Value", false } };
static const struct rk_report_column line_columns[] = { { "Line", false } };
static const struct rk_report_column note_columns[] = { { "title", false }, { "file", false }, { "line", false },
	{ "message", true } };

#define COLUMNS(c) c, sizeof c / sizeof *c

static const struct {
	const char *title;
	enum rk_report_shape shape;
	bool folded;
	const struct rk_report_column *column;
	size_t n_columns;
} layout[RK_REPORT_TABLES] = {
	[RK_REPORT_REFUSED] = { "Refused", RK_REPORT_TABLE, false, COLUMNS(refused_columns) },
	[RK_REPORT_FINDINGS] = { "Findings", RK_REPORT_TABLE, false, COLUMNS(finding_columns) },
	[RK_REPORT_WARNINGS] = { "Warnings", RK_REPORT_TABLE, false, COLUMNS(warning_columns) },
	[RK_REPORT_ADVICE] = { "What to do", RK_REPORT_LIST, false, COLUMNS(advice_columns) },
	[RK_REPORT_RELEASES] = { "Releases", RK_REPORT_TABLE, false, COLUMNS(release_columns) },
	[RK_REPORT_FACTS] = { "Details", RK_REPORT_LIST, false, COLUMNS(fact_columns) },
	[RK_REPORT_TENANTS] = { "Tenants", RK_REPORT_TABLE, false, COLUMNS(tenant_columns) },
	[RK_REPORT_OPEN] = { "May be cleaned up", RK_REPORT_TABLE, false, COLUMNS(override_columns) },
	[RK_REPORT_HELD] = { "Not yet", RK_REPORT_TABLE, false, COLUMNS(override_columns) },
	[RK_REPORT_OVERRIDES] = { "Held by rings", RK_REPORT_TABLE, false, COLUMNS(override_columns) },
	[RK_REPORT_BRANCHES] = { "Ring branches", RK_REPORT_TABLE, false, COLUMNS(branch_columns) },
	[RK_REPORT_UNCHANGED] = { "Unchanged", RK_REPORT_TABLE, true, COLUMNS(tenant_columns) },
	[RK_REPORT_SELECTORS] = { "Labels", RK_REPORT_TABLE, true, COLUMNS(selector_columns) },
	[RK_REPORT_DISCARDED] = { "What the rings displaced, by line", RK_REPORT_LINES, true, COLUMNS(line_columns) },
};

/* What to do about words that are not the code of a refusal or a finding; those are in codes.def. */
static const struct { const char *word, *advice; } advices[] = {
	{ "withheld", "Nothing was committed, because of what is refused here. Put that right and run again, or run with "
	    "--partial." },
	{ "not-carried-by-image", "Release these changes with the umbrella chart: no image brings them to a tenant." },
	{ "displaced", "Look at each hunk. What the ring needs of it must be merged by hand." },
	{ "keep", "Wait for a green build. Until then selected tenants stay as they are, and others are cleared." },
	{ "clear", "Nothing: all that the ring holds is cleared." },
	{ "hold", "Nothing: the gate lets each tenant go when the general release has reached it." },
};

/* Append s as one printable line, of at most most characters and how many more there were. */
static void
clip(struct rk_strbuf *text, const char *s, size_t most)
{
	size_t len = strlen(s), at = 0, n, used;
	char buf[16];

	for (n = 0; at < len && n < most; n++) {
		at += rk_utf8_escape_next(buf, s + at, len - at);
		rk_strbuf_puts(text, buf);
	}
	for (n = 0; at < len; n++, at += used)
		rk_utf8_decode(s + at, len - at, &used);
	if (n)
		rk_strbuf_printf(text, "... (+%zu)", n);
}

static void
add_cell(struct rk_report_table *table, const char *s)
{
	size_t column = table->n_cells % table->n_columns, start = table->cells.len;

	clip(&table->cells, s, RK_REPORT_CELL);
	rk_strbuf_putc(&table->cells, '\0');
	table->n_cells++;
	if (table->cells.failed)
		return;
	if (table->n_rows == 0)
		table->first[column] = start;
	table->used[column] |= *s != '\0';
	table->mixed[column] |= strcmp(table->cells.data + start, table->cells.data + table->first[column]) != 0;
	table->n_rows += column + 1 == table->n_columns;
}

static struct rk_report_table *
at(struct rk_report *report, enum rk_report_place place)
{
	struct rk_report_table *table = &report->table[place];

	table->title = layout[place].title;
	table->shape = layout[place].shape;
	table->folded = layout[place].folded;
	table->column = layout[place].column;
	table->n_columns = layout[place].n_columns;
	return table;
}

static void
note(struct rk_report *report, enum rk_report_level level, const char *title, const char *file, const char *line,
    const char *message)
{
	struct rk_report_table *table = &report->note[level];

	table->column = note_columns;
	table->n_columns = sizeof note_columns / sizeof *note_columns;
	if (++report->n_notes[level] > NOTES)
		return;
	add_cell(table, title);
	add_cell(table, file);
	add_cell(table, line);
	add_cell(table, message);
}

/* Is this row, as key tells it, a new one? */
static enum rk_rc
is_new(struct rk_report *report, const struct rk_strbuf *key, bool *is, struct rk_err *err)
{
	enum rk_rc rc = rk_strbuf_check(key, err);
	uint32_t n = 0, before = (uint32_t)report->seen.n;

	if (rc == RK_OK)
		rc = rk_intern_add(&report->seen, rk_strbuf_str(key), &n, err);
	*is = rc == RK_OK && n == before;
	return rc;
}

static const char *
advice(const char *word)
{
	enum rk_code code = rk_code_find(word);
	size_t i;

	if (code)
		return rk_code_advice(code);
	for (i = 0; i < sizeof advices / sizeof *advices; i++)
		if (strcmp(word, advices[i].word) == 0)
			return advices[i].advice;
	return NULL;
}

/* Say what to do about a code, once. */
static enum rk_rc
advise(struct rk_report *report, const char *code, struct rk_err *err)
{
	struct rk_strbuf key = { 0 };
	bool is = false;
	enum rk_rc rc;

	if (!advice(code))
		return RK_OK;
	rk_strbuf_printf(&key, "advice\x1f%s", code);
	rc = is_new(report, &key, &is, err);
	rk_strbuf_free(&key);
	if (is) {
		add_cell(at(report, RK_REPORT_ADVICE), code);
		add_cell(at(report, RK_REPORT_ADVICE), advice(code));
	}
	return rc;
}

static void
one(struct rk_report_one *of, json_t *value)
{
	if (!value)
		return;
	if (!of->value)
		of->value = json_incref(value);
	else if (!json_equal(of->value, value))
		of->many = true;
}

static const char *
only(const struct rk_report_one *of)
{
	return of->many ? NULL : json_string_value(of->value);
}

/*
 * The string of a member, "" where it is missing.  *rc becomes RK_EDATA where it is no string, and where it is
 * missing and wanted.
 */
static const char *
string(const json_t *record, const char *member, bool wanted, enum rk_rc *rc, struct rk_err *err)
{
	const json_t *value = json_object_get(record, member);

	if ((value || wanted) && !json_is_string(value))
		*rc = rk_err_set(err, RK_EDATA, "a %s wants a \"%s\" that is a string",
		    rk_json_string(record, "type"), member);
	return value && json_is_string(value) ? json_string_value(value) : "";
}

/* The strings of an array member with between between them, appended. */
static void
strings(struct rk_strbuf *text, const json_t *record, const char *member, const char *between, enum rk_rc *rc,
    struct rk_err *err)
{
	const json_t *array = json_object_get(record, member), *value;
	size_t i;

	if (array && !json_is_array(array))
		*rc = rk_err_set(err, RK_EDATA, "\"%s\" wants to be a list of strings", member);
	json_array_foreach(array, i, value) {
		if (!json_is_string(value))
			*rc = rk_err_set(err, RK_EDATA, "\"%s\" wants to be a list of strings", member);
		else
			rk_strbuf_printf(text, "%s%s", i ? between : "", json_string_value(value));
	}
}

/* repository:tag, or nothing. */
static void
image(struct rk_strbuf *text, const json_t *record, enum rk_rc *rc, struct rk_err *err)
{
	const json_t *value = json_object_get(record, "image");
	const char *repository = rk_json_string(value, "repository");
	const char *tag = rk_json_string(value, "tag");

	if (value && (!repository || !tag))
		*rc = rk_err_set(err, RK_EDATA, "an \"image\" wants a \"repository\" and a \"tag\"");
	else if (value)
		rk_strbuf_printf(text, "%s:%s", repository, tag);
}

static void
add_image(struct rk_report *report, const char *name)
{
	json_t *value = *name ? json_string(name) : NULL;

	one(&report->image, value);
	json_decref(value);
}

static enum rk_rc
add_refused(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	struct rk_report_table *table = at(report, RK_REPORT_REFUSED);
	struct rk_strbuf title = { 0 };
	enum rk_rc rc = RK_OK;
	const char *code = string(record, "code", true, &rc, err), *reason = string(record, "reason", true, &rc, err);
	const char *whom = string(record, "tenant", false, &rc, err), *label = string(record, "label", false, &rc, err);

	if (rc != RK_OK)
		return rc;
	if (!*whom)
		whom = label;
	add_cell(table, whom);
	add_cell(table, code);
	add_cell(table, reason);
	rk_strbuf_printf(&title, "%s%s%s", code, *whom ? ": " : "", whom);
	note(report, RK_REPORT_ERROR, rk_strbuf_str(&title), "", "", reason);
	rc = rk_strbuf_check(&title, err);
	rk_strbuf_free(&title);
	report->refused++;
	report->stale += strcmp(code, rk_code_word(RK_CODE_STALE)) == 0;
	return rc == RK_OK ? advise(report, code, err) : rc;
}

static enum rk_rc
add_finding(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	static const char *const member[] = { "service", "chart", "tenant", "path" };
	struct rk_report_table *table = at(report, RK_REPORT_FINDINGS);
	enum rk_rc rc = RK_OK;
	const char *code = string(record, "code", true, &rc, err), *reason = string(record, "reason", true, &rc, err);
	const char *cell[4];
	size_t i;

	for (i = 0; i < 4; i++)
		cell[i] = string(record, member[i], false, &rc, err);
	if (rc != RK_OK)
		return rc;
	for (i = 0; i < 4; i++)
		add_cell(table, cell[i]);
	add_cell(table, code);
	add_cell(table, reason);
	note(report, RK_REPORT_ERROR, code, cell[3], "", reason);
	report->findings++;
	return RK_OK;
}

/* A row of the tables of tenants, if there is none of these cells yet.  *count is one more then. */
static enum rk_rc
add_tenant(struct rk_report *report, const json_t *record, const char *status, size_t *count, struct rk_err *err)
{
	static const char *const member[] = { "tenant", "service", "ring", "action" };
	enum rk_report_place place = count == &report->unchanged ? RK_REPORT_UNCHANGED : RK_REPORT_TENANTS;
	struct rk_strbuf key = { 0 }, cohorts = { 0 };
	enum rk_rc rc = RK_OK;
	const char *cell[4];
	bool is = false;
	size_t i;

	for (i = 0; i < 4; i++)
		cell[i] = string(record, member[i], i == 0, &rc, err);
	strings(&cohorts, record, "cohorts", " ", &rc, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&cohorts, err);
	rk_strbuf_puts(&key, "tenant");
	for (i = 0; i < 4; i++)
		rk_strbuf_printf(&key, "\x1f%s", cell[i]);
	rk_strbuf_printf(&key, "\x1f%s", status);
	if (rc == RK_OK)
		rc = is_new(report, &key, &is, err);
	for (i = 0; is && i < 4; i++)
		add_cell(at(report, place), cell[i]);
	if (is) {
		add_cell(at(report, place), status);
		add_cell(at(report, place), rk_strbuf_str(&cohorts));
		++*count;
	}
	if (rc == RK_OK) {
		one(&report->service, json_object_get(record, "service"));
		one(&report->ring, json_object_get(record, "ring"));
		one(&report->pull_request, json_object_get(record, "pull_request"));
	}
	rk_strbuf_free(&cohorts);
	rk_strbuf_free(&key);
	return rc;
}

static enum rk_rc
add_result(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	const char *status = string(record, "status", true, &rc, err);
	size_t *count = strcmp(status, "committed") == 0 ? &report->committed :
	    strcmp(status, "planned") == 0 ? &report->planned : strcmp(status, "withheld") == 0 ? &report->withheld :
	    strcmp(status, "unchanged") == 0 ? &report->unchanged : &report->elsewise;

	string(record, "branch", false, &rc, err);
	string(record, "commit", false, &rc, err);
	if (rc == RK_OK)
		rc = add_tenant(report, record, status, count, err);
	if (rc == RK_OK) {
		one(&report->branch, json_object_get(record, "branch"));
		one(&report->commit, json_object_get(record, "commit"));
	}
	return rc == RK_OK && count == &report->withheld ? advise(report, "withheld", err) : rc;
}

static enum rk_rc
add_patch(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	const bool empty = json_array_size(json_object_get(record, "edits")) == 0;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;

	if (!json_is_array(json_object_get(record, "edits")))
		rc = rk_err_set(err, RK_EDATA, "a patch wants \"edits\" that are a list");
	image(&name, record, &rc, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&name, err);
	if (rc == RK_OK)
		rc = add_tenant(report, record, empty ? "unchanged" : "to apply",
		    empty ? &report->unchanged : &report->to_apply, err);
	if (rc == RK_OK)
		add_image(report, rk_strbuf_str(&name));
	rk_strbuf_free(&name);
	return rc;
}

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t
days(int64_t year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t past = year - (month <= 2);	/* years with their leap day behind them */

	return 365 * (year - 1970) + (past / 4 - 492) - (past / 100 - 19) + (past / 400 - 4) + before[month - 1] + day -
	    1;
}

static bool
read_time(const char *s, int64_t *seconds)
{
	static const char pattern[] = "0000-00-00T00:00:00Z";
	int year, month, day, hour, minute, second;
	size_t i;

	for (i = 0; i < sizeof pattern; i++)
		if (pattern[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != pattern[i])
			return false;
	sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2dZ", &year, &month, &day, &hour, &minute, &second);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
		return false;
	*seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
	return true;
}

enum rk_rc
rk_report_time(const char *name, const char *value, int64_t *seconds, struct rk_err *err)
{
	size_t len = strlen(value);

	if (read_time(value, seconds))
		return RK_OK;
	if (len == 0 || len > 12 || strspn(value, "0123456789") != len)
		return rk_err_set(err, RK_EUSAGE, "%s wants a time as 2026-01-02T03:04:05Z or in seconds since 1970, not "
		    "\"%s\"", name, value);
	*seconds = strtoll(value, NULL, 10);
	return RK_OK;
}

/* The date of a time, and how long ago that was. */
static void
add_age(const struct rk_report *report, struct rk_strbuf *text, const char *since)
{
	int64_t seconds, age;

	if (!read_time(since, &seconds)) {
		rk_strbuf_puts(text, since);
		return;
	}
	rk_strbuf_printf(text, "%.10s", since);
	age = (report->now - seconds) / DAY;
	if (report->now >= seconds)
		rk_strbuf_printf(text, " (%lld %s)", (long long)age, age == 1 ? "day" : "days");
}

/* Write the row of the override that was kept. */
static enum rk_rc
end_override(struct rk_report *report, struct rk_err *err)
{
	struct rk_strbuf charts = { 0 }, since = { 0 };
	const json_t *record = report->override;
	struct rk_report_table *table;
	enum rk_rc rc = RK_OK;
	const char *gate;

	if (!record)
		return RK_OK;
	gate = string(record, "gate", false, &rc, err);
	table = at(report, strcmp(gate, "open") == 0 ? RK_REPORT_OPEN : *gate ? RK_REPORT_HELD : RK_REPORT_OVERRIDES);
	strings(&charts, record, "chart", " ", &rc, err);
	add_age(report, &since, string(record, "since", false, &rc, err));
	add_cell(table, string(record, "tenant", true, &rc, err));
	add_cell(table, string(record, "service", false, &rc, err));
	add_cell(table, string(record, "ring", false, &rc, err));
	add_cell(table, rk_strbuf_str(&charts));
	add_cell(table, string(json_object_get(record, "image"), "tag", false, &rc, err));
	add_cell(table, rk_strbuf_str(&since));
	add_cell(table, string(record, "pull_request", false, &rc, err));
	add_cell(table, string(record, "reason", false, &rc, err));
	++*(strcmp(gate, "open") == 0 ? &report->open : *gate ? &report->held : &report->overrides);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&charts, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&since, err);
	rk_strbuf_free(&charts);
	rk_strbuf_free(&since);
	json_decref(report->override);
	report->override = NULL;
	return rc;
}

/* The charts of a service in one manifest say the same but for their names: they are one row. */
static enum rk_rc
add_override(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	static const char *const member[] = { "service", "ring", "chart", "since", "pull_request", "gate", "reason" };
	const json_t *held = json_object_get(record, "image");
	json_t *next = NULL, *charts = NULL;
	enum rk_rc rc = RK_OK;
	size_t i;

	string(record, "tenant", true, &rc, err);
	for (i = 0; i < sizeof member / sizeof *member; i++)
		string(record, member[i], false, &rc, err);
	if (held && !json_is_string(json_object_get(held, "tag")))
		rc = rk_err_set(err, RK_EDATA, "an \"image\" wants a \"repository\" and a \"tag\"");
	if (rc != RK_OK)
		return rc;
	one(&report->service, json_object_get(record, "service"));
	one(&report->ring, json_object_get(record, "ring"));

	charts = json_array();
	if (json_object_get(record, "chart"))
		json_array_append(charts, json_object_get(record, "chart"));
	next = json_copy((json_t *)record);
	if (!charts || !next || json_object_set(next, "chart", report->override ?
	    json_object_get(report->override, "chart") : charts) < 0)
		rc = rk_err_nomem(err);
	else if (report->override && json_equal(next, report->override))
		json_array_extend(json_object_get(report->override, "chart"), charts);
	else if ((rc = end_override(report, err)) == RK_OK && json_object_set(next, "chart", charts) == 0)
		report->override = json_incref(next);
	json_decref(next);
	json_decref(charts);
	return rc;
}

static enum rk_rc
add_warnings(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	const json_t *warnings = json_object_get(record, "warnings"), *warning, *paths;
	struct rk_report_table *table = at(report, RK_REPORT_WARNINGS);
	const char *code, *path;
	enum rk_rc rc = RK_OK;
	size_t i, k;

	if (warnings && !json_is_array(warnings))
		return rk_err_set(err, RK_EDATA, "a release wants \"warnings\" that are a list");
	json_array_foreach(warnings, i, warning) {
		code = rk_json_string(warning, "code");
		if (!code)
			return rk_err_set(err, RK_EDATA, "a warning wants a \"code\" that is a string");
		paths = json_object_get(warning, "paths");
		for (k = 0; k == 0 || k < json_array_size(paths); k++) {
			path = json_string_value(json_array_get(paths, k));
			add_cell(table, string(record, "service", false, &rc, err));
			add_cell(table, string(record, "ring", false, &rc, err));
			add_cell(table, code);
			add_cell(table, path ? path : "");
			note(report, RK_REPORT_WARNING, code, path ? path : "", "", advice(code) ? advice(code) : code);
		}
		rc = rc == RK_OK ? advise(report, code, err) : rc;
		if (rc != RK_OK)
			return rc;
	}
	return rc;
}

static enum rk_rc
add_release(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	const json_t *number = json_object_get(record, "pull_request"), *label;
	struct rk_strbuf reasons = { 0 }, name = { 0 }, request = { 0 };
	struct rk_report_table *table = at(report, RK_REPORT_RELEASES);
	enum rk_rc rc = RK_OK;
	const char *action = string(record, "action", true, &rc, err), *service = string(record, "service", false, &rc, err);
	const char *ring = string(record, "ring", false, &rc, err), *commit = string(record, "commit", false, &rc, err);
	const char *repository = string(record, "repository", false, &rc, err);
	size_t i;

	strings(&reasons, record, "reasons", "; ", &rc, err);
	image(&name, record, &rc, err);
	if (number && !json_is_integer(number))
		rc = rk_err_set(err, RK_EDATA, "a release wants a \"pull_request\" that is a whole number");
	if (number && rc == RK_OK)
		rk_strbuf_printf(&request, "%s#%lld", repository, (long long)json_integer_value(number));
	if (rc == RK_OK)
		rc = rk_strbuf_check(&reasons, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&name, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&request, err);
	if (rc == RK_OK) {
		add_cell(table, service);
		add_cell(table, ring);
		add_cell(table, action);
		add_cell(table, rk_strbuf_str(&reasons));
		add_cell(table, rk_strbuf_str(&name));
		add_cell(table, commit);
		add_cell(table, rk_strbuf_str(&request));
		json_array_foreach(json_object_get(record, "labels"), i, label) {
			add_cell(at(report, RK_REPORT_SELECTORS), json_is_string(label) ? json_string_value(label) : "");
			add_cell(at(report, RK_REPORT_SELECTORS), "");
			add_cell(at(report, RK_REPORT_SELECTORS), "");
			add_cell(at(report, RK_REPORT_SELECTORS), "");
		}
		one(&report->service, json_object_get(record, "service"));
		one(&report->ring, json_object_get(record, "ring"));
		one(&report->action, json_object_get(record, "action"));
		report->releases++;
		rc = add_warnings(report, record, err);
	}
	if (rc == RK_OK)
		rc = advise(report, action, err);
	rk_strbuf_free(&reasons);
	rk_strbuf_free(&name);
	rk_strbuf_free(&request);
	return rc;
}

/* One displaced hunk, as lines; a warning where it stood. */
static enum rk_rc
add_discarded(struct rk_report *report, const char *branch, const json_t *hunk, struct rk_err *err)
{
	const char *path = rk_json_string(hunk, "path");
	const char *kind = rk_json_string(hunk, "kind");
	const json_t *number = json_object_get(hunk, "line"), *line;
	struct rk_report_table *table = at(report, RK_REPORT_DISCARDED);
	struct rk_strbuf text = { 0 };
	char where[32] = "";
	enum rk_rc rc;
	size_t i;

	if (!path || !kind || (number && !json_is_integer(number)))
		return rk_err_set(err, RK_EDATA, "what is discarded wants a \"path\", a \"kind\" and a \"line\"");
	if (number)
		snprintf(where, sizeof where, "%lld", (long long)json_integer_value(number));
	rk_strbuf_printf(&text, "%s: %s%s%s (%s)", branch, path, number ? ":" : "", where, kind);
	add_cell(table, rk_strbuf_str(&text));
	json_array_foreach(json_object_get(hunk, "lines"), i, line) {
		rk_strbuf_clear(&text);
		rk_strbuf_printf(&text, "- %s", json_is_string(line) ? json_string_value(line) : "");
		add_cell(table, rk_strbuf_str(&text));
	}
	rk_strbuf_clear(&text);
	rk_strbuf_printf(&text, "%s: its own side displaced a %s of the default branch", branch, kind);
	note(report, RK_REPORT_WARNING, "displaced", path, where, rk_strbuf_str(&text));
	rc = rk_strbuf_check(&text, err);
	rk_strbuf_free(&text);
	report->discarded++;
	return rc == RK_OK ? advise(report, "displaced", err) : rc;
}

static enum rk_rc
add_sync(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	const json_t *discarded = json_object_get(record, "discarded"), *hunk;
	struct rk_report_table *table = at(report, RK_REPORT_BRANCHES);
	enum rk_rc rc = RK_OK;
	const char *branch = string(record, "branch", true, &rc, err), *status = string(record, "status", true, &rc, err);
	const char *before = string(record, "old", false, &rc, err), *after = string(record, "new", false, &rc, err);
	char lost[64] = "", was[SHORT + 1], is[SHORT + 1];
	size_t i;

	if (discarded && !json_is_array(discarded))
		rc = rk_err_set(err, RK_EDATA, "a sync wants a \"discarded\" that is a list");
	if (rc != RK_OK)
		return rc;
	if (json_array_size(discarded))
		snprintf(lost, sizeof lost, "%zu", json_array_size(discarded));
	add_cell(table, branch);
	add_cell(table, status);
	snprintf(was, sizeof was, "%s", before);
	snprintf(is, sizeof is, "%s", after);
	add_cell(table, was);
	add_cell(table, is);
	add_cell(table, lost);
	one(&report->ring, json_object_get(record, "branch"));
	++*(strcmp(status, "merged") == 0 ? &report->merged : strcmp(status, "up-to-date") == 0 ? &report->up_to_date :
	    &report->elsewise);
	json_array_foreach(discarded, i, hunk)
		if ((rc = add_discarded(report, branch, hunk, err)) != RK_OK)
			return rc;
	return RK_OK;
}

static enum rk_rc
add_selector(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	static const char *const member[] = { "label", "source", "key", "value" };
	enum rk_rc rc = RK_OK;
	const char *cell[4];
	size_t i;

	for (i = 0; i < 4; i++)
		cell[i] = string(record, member[i], false, &rc, err);
	for (i = 0; rc == RK_OK && i < 4; i++)
		add_cell(at(report, RK_REPORT_SELECTORS), cell[i]);
	report->selectors++;
	return rc;
}

enum rk_rc
rk_report_add(struct rk_report *report, const json_t *record, struct rk_err *err)
{
	const json_t *type = json_object_get(record, "type");
	enum rk_rc rc = RK_OK;
	size_t i;

	if (rk_json_is(type, "end")) {
		one(&report->proposal, json_object_get(record, "proposal"));
		return RK_OK;
	}
	report->records++;
	if (rk_json_is(type, "refused"))
		rc = add_refused(report, record, err);
	else if (rk_json_is(type, "finding"))
		rc = add_finding(report, record, err);
	else if (rk_json_is(type, "result"))
		rc = add_result(report, record, err);
	else if (rk_json_is(type, "patch"))
		rc = add_patch(report, record, err);
	else if (rk_json_is(type, "tenant"))
		rc = add_tenant(report, record, "selected", &report->selected, err);
	else if (rk_json_is(type, "override"))
		rc = add_override(report, record, err);
	else if (rk_json_is(type, "release"))
		rc = add_release(report, record, err);
	else if (rk_json_is(type, "sync"))
		rc = add_sync(report, record, err);
	else if (rk_json_is(type, "selector"))
		rc = add_selector(report, record, err);
	else
		report->others++;
	for (i = 0; rc == RK_OK && i < RK_REPORT_TABLES; i++)
		rc = rk_strbuf_check(&report->table[i].cells, err);
	for (i = 0; rc == RK_OK && i < RK_REPORT_LEVELS; i++)
		rc = rk_strbuf_check(&report->note[i].cells, err);
	return rc;
}

/* A release and its results may both tell of the pull request and the image: once is enough. */
static enum rk_rc
add_fact(struct rk_report *report, const char *name, const char *value, struct rk_err *err)
{
	struct rk_strbuf key = { 0 };
	bool is = false;
	enum rk_rc rc;

	if (!value)
		return RK_OK;
	rk_strbuf_printf(&key, "fact\x1f%s\x1f%s", name, value);
	rc = is_new(report, &key, &is, err);
	rk_strbuf_free(&key);
	if (is) {
		add_cell(at(report, RK_REPORT_FACTS), name);
		add_cell(at(report, RK_REPORT_FACTS), value);
	}
	return rc;
}

/* A table of one release says more as a list. */
static enum rk_rc
unfold_release(struct rk_report *report, struct rk_err *err)
{
	struct rk_report_table *table = &report->table[RK_REPORT_RELEASES];
	enum rk_rc rc = RK_OK;
	size_t i;

	if (table->n_rows != 1)
		return RK_OK;
	for (i = 0; rc == RK_OK && i < table->n_columns; i++)
		if (rk_report_shows(report, table, i))
			rc = add_fact(report, table->column[i].name, table->cells.data + table->first[i], err);
	table->n_rows = 0;
	return rc;
}

static enum rk_rc
add_facts(struct rk_report *report, struct rk_err *err)
{
	const struct { const char *name; const struct rk_report_one *of; } fact[] = {
		{ "Image", &report->image }, { "Pull request", &report->pull_request }, { "Branch", &report->branch },
		{ "GitOps commit", &report->commit }, { "Proposal", &report->proposal }
	};
	enum rk_rc rc = unfold_release(report, err);
	size_t i;

	for (i = 0; rc == RK_OK && i < sizeof fact / sizeof *fact; i++)
		rc = add_fact(report, fact[i].name, only(fact[i].of), err);
	return rc;
}

enum rk_rc
rk_report_read(struct rk_report *report, struct rk_io *io, struct rk_err *err)
{
	json_t *record;
	enum rk_rc rc;

	while ((rc = rk_record_next(io, "refused finding result patch tenant override release sync selector end", &record, err)) ==
	    RK_OK) {
		rc = rk_report_add(report, record, err);
		if (rc == RK_OK && !rk_json_is(json_object_get(record, "type"), "end"))
			rc = rk_record_pass(io, err);
		json_decref(record);
		if (rc != RK_OK)
			return rc;
	}
	if (rc != RK_END)
		return rc;
	report->others += io->records - report->records;
	rc = end_override(report, err);
	if (rc == RK_OK)
		rc = add_facts(report, err);
	return rc == RK_OK ? rk_strbuf_check(&report->table[RK_REPORT_FACTS].cells, err) : rc;
}

void
rk_report_title(const struct rk_report *report, struct rk_strbuf *text)
{
	const char *service = only(&report->service), *ring = only(&report->ring);

	clip(text, report->title ? report->title : service ? service : ring ? ring : "ringkit", TITLE);
	if (!report->title && service && ring) {
		rk_strbuf_putc(text, ' ');
		clip(text, ring, TITLE);
	}
}

void
rk_report_marker(const struct rk_report *report, struct rk_strbuf *text)
{
	const char *value[] = { report->marker, only(&report->service), only(&report->ring) };
	static const char *const name[] = { "", "service=", "ring=" };
	struct rk_strbuf part = { 0 };
	size_t i;

	rk_strbuf_puts(text, "<!-- ringkit:report");
	for (i = 0; i < 3 && (i == 0 || !report->marker); i++) {
		if (!value[i])
			continue;
		rk_strbuf_clear(&part);
		clip(&part, value[i], TITLE);
		rk_strbuf_printf(text, " %s", name[i]);
		rk_escape_comment(text, rk_strbuf_str(&part));
	}
	rk_strbuf_puts(text, " -->");
	text->failed |= part.failed;
	rk_strbuf_free(&part);
}

bool
rk_report_shows(const struct rk_report *report, const struct rk_report_table *table, size_t column)
{
	const char *name = table->column[column].name;
	bool in_title = !report->title && ((strcmp(name, "Service") == 0 && only(&report->service)) ||
	    (strcmp(name, "Ring") == 0 && only(&report->ring) && table != &report->table[RK_REPORT_BRANCHES]));

	return table->used[column] && (table->mixed[column] || !in_title);
}

enum rk_report_level
rk_report_level(const struct rk_report *report)
{
	if (report->refused + report->findings + report->withheld)
		return RK_REPORT_ERROR;
	return report->table[RK_REPORT_WARNINGS].n_rows + report->discarded ? RK_REPORT_WARNING : RK_REPORT_NOTICE;
}

const char *
rk_report_verdict(const struct rk_report *report)
{
	const size_t changed = report->committed + report->planned;
	const char *action = only(&report->action);

	if (report->withheld)
		return "nothing was committed";
	if (report->refused)
		return report->committed ? "done in part" : report->stale == report->refused ? "out of date" : "refused";
	if (report->findings)
		return "faults were found";
	if (report->elsewise)
		return "look at it";
	if (changed)
		return report->committed ? "done" : "dry run";
	if (report->to_apply)
		return "to apply";
	if (report->unchanged)
		return "nothing to change";
	if (report->open + report->held)
		return report->open ? "may be cleaned up" : "nothing may be cleaned up yet";
	if (report->overrides)
		return "held by rings";
	if (report->releases)
		return report->releases == 1 && action && strcmp(action, "set") == 0 ? "to be released" :
		    report->releases == 1 && action && strcmp(action, "clear") == 0 ? "to be cleared" : "to be kept";
	if (report->merged + report->up_to_date)
		return report->discarded ? "in step, with something displaced" : "in step";
	return report->selected + report->selectors ? "selected" : "nothing to tell";
}

void
rk_report_counts(const struct rk_report *report, struct rk_strbuf *text)
{
	const struct { size_t n; const char *one, *many; } part[] = {
		{ report->refused, "refused", NULL }, { report->withheld, "withheld", NULL },
		{ report->findings, "found", NULL }, { report->committed, "committed", NULL },
		{ report->planned, "planned", NULL }, { report->to_apply, "to apply", NULL },
		{ report->unchanged, "unchanged", NULL }, { report->open, "open", NULL },
		{ report->held, "held back", NULL }, { report->overrides, "held", NULL },
		{ report->releases, "ring", "rings" }, { report->merged, "merged", NULL },
		{ report->up_to_date, "up to date", NULL }, { report->discarded, "displaced", NULL },
		{ report->selected, "selected", NULL }, { report->selectors, "label", "labels" },
		{ report->elsewise, "other", NULL }, { report->others, "record of another type", "records of other types" }
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof part / sizeof *part; i++)
		if (part[i].n)
			rk_strbuf_printf(text, "%s%zu %s", n++ ? ", " : "", part[i].n,
			    part[i].many && part[i].n != 1 ? part[i].many : part[i].one);
	if (!n)
		rk_strbuf_puts(text, "no records");
}

void
rk_report_free(struct rk_report *report)
{
	struct rk_report_one *ones[] = { &report->service, &report->ring, &report->branch, &report->commit,
		&report->image, &report->pull_request, &report->proposal, &report->action };
	size_t i;

	for (i = 0; i < RK_REPORT_TABLES; i++)
		rk_strbuf_free(&report->table[i].cells);
	for (i = 0; i < RK_REPORT_LEVELS; i++)
		rk_strbuf_free(&report->note[i].cells);
	for (i = 0; i < sizeof ones / sizeof *ones; i++)
		json_decref(ones[i]->value);
	rk_intern_free(&report->seen);
	json_decref(report->override);
	*report = (struct rk_report){ .now = -1 };
}
