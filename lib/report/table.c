#include <string.h>

#include "base/code.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "report/report_internal.h"

#define NOTES 10	/* of a level, which is what GitHub shows for one step */
#define CELL 1000	/* characters */

#define COLUMNS(...) (const struct rk_table_column[]){ __VA_ARGS__ }, \
	sizeof (const struct rk_table_column[]){ __VA_ARGS__ } / sizeof(struct rk_table_column)

#define TENANT_COLUMNS COLUMNS({ "Tenant", false }, { "Service", false }, { "Ring", false }, { "Change", true }, \
	{ "Status", true }, { "Cohorts", false })
#define OVERRIDE_COLUMNS COLUMNS({ "Tenant", false }, { "Service", false }, { "Ring", false }, { "Charts", false }, \
	{ "Tag", false }, { "Since", true }, { "Pull request", false }, { "Values", false }, { "Live", true }, \
	{ "Reason", true })

struct definition {
	const char *title;
	enum rk_table_shape shape;
	bool folded;
	const struct rk_table_column *column;
	size_t n_columns;
};

static const struct definition definitions[RK_TABLES] = {
	[RK_TABLE_REFUSED] = { "Refused", RK_TABLE_CELLS, false,
	    COLUMNS({ "Tenant", false }, { "Code", false }, { "Reason", true }) },
	[RK_TABLE_FINDINGS] = { "Findings", RK_TABLE_CELLS, false,
	    COLUMNS({ "Service", false }, { "Chart", false }, { "Tenant", false }, { "Path", false }, { "Code", false },
		{ "Reason", true }) },
	[RK_TABLE_WARNINGS] = { "Warnings", RK_TABLE_CELLS, false,
	    COLUMNS({ "Service", false }, { "Ring", false }, { "Code", false }, { "Path", false }) },
	[RK_TABLE_ADVICE] = { "What to do", RK_TABLE_LIST, false, COLUMNS({ "Of", false }, { "To do", true }) },
	[RK_TABLE_RELEASES] = { "Releases", RK_TABLE_CELLS, false,
	    COLUMNS({ "Service", false }, { "Ring", false }, { "Action", false }, { "Reasons", true }, { "Image", false },
		{ "Commit", false }, { "Pull request", false }) },
	[RK_TABLE_FACTS] = { "Details", RK_TABLE_LIST, false, COLUMNS({ "Name", true }, { "Value", true }) },
	[RK_TABLE_VALUES] = { "Values beside the image", RK_TABLE_CELLS, false,
	    COLUMNS({ "Service", false }, { "Ring", false }, { "Chart", false }, { "Path", false }, { "Value", false }) },
	[RK_TABLE_TENANTS] = { "Tenants", RK_TABLE_CELLS, false, TENANT_COLUMNS },
	[RK_TABLE_WAITING] = { "Waiting", RK_TABLE_CELLS, false, COLUMNS({ "Tenant", false }, { "Service", false }, { "Ring", false },
	    { "Code", false }, { "Until", true }, { "Reason", true }) },
	[RK_TABLE_BOARD] = { "Held by rings", RK_TABLE_CELLS, false,
	    COLUMNS({ "Tenant", false }, { "Service", false }, { "Ring", false }, { "Image", false }, { "Charts", false },
		{ "Values", false }, { "Since", true }, { "Age", true }, { "Live", true }, { "Why", true }, { "Gate", true },
		{ "Reason", true }, { "Pull request", false }, { "Commit", false }, { "Change", false }, { "Group", true },
		{ "Shared", true }) },
	[RK_TABLE_OPEN] = { "May be cleaned up", RK_TABLE_CELLS, false, OVERRIDE_COLUMNS },
	[RK_TABLE_HELD] = { "Not yet", RK_TABLE_CELLS, false, OVERRIDE_COLUMNS },
	[RK_TABLE_OVERRIDES] = { "Held by rings", RK_TABLE_CELLS, false, OVERRIDE_COLUMNS },
	[RK_TABLE_BRANCHES] = { "Ring branches", RK_TABLE_CELLS, false,
	    COLUMNS({ "Ring", false }, { "Status", true }, { "Before", false }, { "After", false }, { "Displaced", true }) },
	[RK_TABLE_PROPOSALS] = { "Proposals", RK_TABLE_CELLS, false,
	    COLUMNS({ "Branch", false }, { "Service", false }, { "Ring", false }, { "State", true }) },
	[RK_TABLE_UNCHANGED] = { "Unchanged", RK_TABLE_CELLS, true, TENANT_COLUMNS },
	[RK_TABLE_SELECTORS] = { "Labels", RK_TABLE_CELLS, true,
	    COLUMNS({ "Label", false }, { "Source", false }, { "Key", false }, { "Value", false }) },
	[RK_TABLE_DISCARDED] = { "What the rings displaced, by line", RK_TABLE_LINES, true, COLUMNS({ "Line", false }) },
	[RK_TABLE_RENDERED] = { "What changes in the cluster, by line", RK_TABLE_LINES, true, COLUMNS({ "Line", false }) },
};

static const struct definition note_definition = { NULL, RK_TABLE_CELLS, false,
    COLUMNS({ "title", false }, { "file", false }, { "line", false }, { "message", true }) };

/* Advice for words that are not in codes.def. */
static const struct { const char *word, *advice; } advices[] = {
	{ "withheld", "Nothing was committed, because of the refusals in this report. Correct what was refused and run again, "
	    "or run with --partial." },
	{ "not-carried-by-image", "Release these changes with the umbrella chart: no image brings them to a tenant." },
	{ "displaced", "Look at each hunk. Merge by hand what the ring needs of it." },
	{ "changed-by-hand", "Nothing, if it is to stay. What a person has changed in the values of a ring is no longer taken back: "
	    "remove it by hand." },
	{ "review", "Look at the proposal and merge it: for the tenants named the catalogue's \"merge\" requires a person. The word after "
	    "each is explained in mkpatch(1)." },
	{ "rejected", "A person has closed the proposal. Push a commit, change the labels or open it again, or run with "
	    "--ignore-rejection." },
	{ "older", "Run again: the branch was read before the tenants' images. If it was moved back, or rewritten to an older "
	    "commit, give --held-at and --head-at." },
	{ "moved-back", "Nothing, if the branch was moved back on purpose. Otherwise push the newer commits again." },
	{ "retargeted", "Nothing: all that the ring holds is cleared, because its pull request has another target." },
	{ "base-unknown", "If the default branch was renamed, correct \"branch\" in the catalogue. Otherwise give the pull request "
	    "its target, or fetch the branches and run again." },
	{ "keep", "Wait for a green build. Until then selected tenants stay as they are, and others are cleared." },
	{ "clear", "Nothing: all that the ring holds is cleared." },
	{ "unhealthy", "Look at the tenant that the reason names: the release goes no further until it runs." },
	{ "earlier-wave", "Nothing, if the tenants of the wave before are selected. Otherwise label the pull request with their "
	    "cohort." },
	{ "hold", "Nothing: the gate releases each tenant when the general release has reached it." },
};

static void
define(struct rk_table *table, const struct definition *definition)
{
	table->title = definition->title;
	table->shape = definition->shape;
	table->folded = definition->folded;
	table->column = definition->column;
	table->n_columns = definition->n_columns;
}

void
rk_table_init(struct rk_report *report)
{
	size_t i;

	for (i = 0; i < RK_TABLES; i++)
		define(&report->table[i], &definitions[i]);
	report->table[RK_TABLE_RENDERED].diff = true;
	for (i = 0; i < RK_REPORT_LEVELS; i++)
		define(&report->note[i], &note_definition);
}

void
rk_table_clip(struct rk_strbuf *text, const char *s, size_t most)
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

void
rk_table_add(struct rk_table *table, const char *const cell[])
{
	struct rk_strbuf *cells = &table->cells;
	size_t i, start;

	for (i = 0; i < table->n_columns; i++) {
		start = cells->len;
		rk_table_clip(cells, cell[i], CELL);
		rk_strbuf_putc(cells, '\0');
		if (table->n_rows == 0)
			table->first[i] = start;
		table->used[i] |= *cell[i] != '\0';
		table->mixed[i] |= strcmp(cells->data + start, cells->data + table->first[i]) != 0;
	}
	table->n_rows++;
}

const char *
rk_table_row(const struct rk_table *table, const char *at, const char *cell[RK_TABLE_COLUMNS])
{
	size_t i;

	for (i = 0; i < table->n_columns; i++) {
		cell[i] = at;
		at += strlen(at) + 1;
	}
	return at;
}

void
rk_table_note(struct rk_report *report, enum rk_report_level level, const char *const cell[4])
{
	if (++report->n_notes[level] <= NOTES)
		rk_table_add(&report->note[level], cell);
}

bool
rk_table_once(struct rk_report *report, const struct rk_strbuf *key)
{
	const size_t before = report->seen.n;

	return rk_intern_add(&report->seen, rk_strbuf_str(key)) == before;
}

const char *
rk_table_advice(const char *word)
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
