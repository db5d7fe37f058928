#include <string.h>

#include "base/strbuf.h"
#include "report/escape.h"
#include "report/report_internal.h"

#define TITLE 100	/* characters of each part */

void
rk_summary_title(const struct rk_report *report, struct rk_strbuf *text)
{
	const char *service = rk_rows_shared(&report->service), *ring = rk_rows_shared(&report->ring);
	const char *title = report->options.title;

	rk_table_clip(text, title ? title : service ? service : ring ? ring : "ringkit", TITLE);
	if (!title && service && ring) {
		rk_strbuf_putc(text, ' ');
		rk_table_clip(text, ring, TITLE);
	}
}

void
rk_summary_marker(const struct rk_report *report, struct rk_strbuf *text)
{
	const char *value[] = { report->options.marker, rk_rows_shared(&report->service), rk_rows_shared(&report->ring) };
	static const char *const name[] = { "", "service=", "ring=" };
	struct rk_strbuf part = { 0 };
	size_t i;

	rk_strbuf_puts(text, "<!-- ringkit:report");
	for (i = 0; i < 3 && (i == 0 || !report->options.marker); i++) {
		if (!value[i])
			continue;
		rk_strbuf_clear(&part);
		rk_table_clip(&part, value[i], TITLE);
		rk_strbuf_printf(text, " %s", name[i]);
		rk_escape_comment(text, rk_strbuf_str(&part));
	}
	rk_strbuf_puts(text, " -->");
	rk_strbuf_free(&part);
}

bool
rk_summary_shows(const struct rk_report *report, const struct rk_table *table, size_t column)
{
	const char *name = table->column[column].name;
	bool in_title = !report->options.title && ((strcmp(name, "Service") == 0 && rk_rows_shared(&report->service)) ||
	    (strcmp(name, "Ring") == 0 && rk_rows_shared(&report->ring) && table != &report->table[RK_TABLE_BRANCHES]));

	return table->used[column] && (table->mixed[column] || !in_title);
}

enum rk_report_level
rk_summary_level(const struct rk_report *report)
{
	if (report->refused + report->findings + report->withheld)
		return RK_REPORT_ERROR;
	return report->table[RK_TABLE_WARNINGS].n_rows + report->discarded + report->kept + report->held + report->overrides
	    + report->other_status + (report->living - report->running) ? RK_REPORT_WARNING : RK_REPORT_NOTICE;
}

/* The outcome of a stream that became a proposal, or was to become one; NULL if it did not. */
static const char *
proposal_verdict(const struct rk_report *report)
{
	const char *proposal = rk_rows_shared(&report->proposal);

	if (proposal && strcmp(proposal, "withdrawn") == 0)
		return "withdrawn";
	return report->proposes && !(proposal && strcmp(proposal, "none") == 0) ? "proposed" : NULL;
}

const char *
rk_summary_verdict(const struct rk_report *report)
{
	const char *action = rk_rows_shared(&report->action), *proposal = proposal_verdict(report);

	if (report->withheld)
		return "nothing was committed";
	if (report->refused)
		return report->committed ? report->proposes ? "proposed in part" : "done in part" : report->stale == report->refused ? "out of date" : "refused";
	if (report->findings)
		return "faults were found";
	if (report->other_status)
		return "look at it";
	if (report->rejected)
		return "rejected";
	if (report->committed + report->planned)
		return report->planned ? "dry run" : proposal ? proposal : "done";
	if (report->to_apply)
		return "to apply";
	if (proposal)
		return proposal;
	if (report->kept)
		return "to be kept";
	if (report->waiting)
		return "waiting for earlier waves";
	if (report->unchanged)
		return "nothing to change";
	if (report->open + report->held)
		return report->open ? "may be cleaned up" : "nothing may be cleaned up yet";
	if (report->overrides)
		return "held by rings";
	if (report->releases)
		return !action ? "several decisions" : strcmp(action, "set") == 0 ? "to be released"
		    : strcmp(action, "clear") == 0 ? "to be cleared" : "nothing to do";
	if (report->branches)
		return "proposals";
	if (report->merged + report->up_to_date)
		return report->discarded ? "in step, with something displaced" : "in step";
	return report->selected + report->selectors ? "selected" : "nothing to report";
}

void
rk_summary_counts(const struct rk_report *report, struct rk_strbuf *text)
{
	const struct { size_t n; const char *one, *many; } part[] = {
		{ report->refused, "refused", NULL }, { report->withheld, "withheld", NULL },
		{ report->findings, "found", NULL }, { report->committed, "committed", NULL },
		{ report->planned, "planned", NULL }, { report->to_apply, "to apply", NULL },
		{ report->waiting, "waiting", NULL },
		{ report->unchanged, "unchanged", NULL }, { report->open, "open", NULL },
		{ report->held, "held back", NULL }, { report->overrides, "held", NULL },
		{ report->releases, "ring", "rings" }, { report->merged, "merged", NULL },
		{ report->up_to_date, "up to date", NULL }, { report->discarded, "displaced", NULL },
		{ report->branches, "proposal", "proposals" }, { report->selected, "selected", NULL }, { report->selectors, "label", "labels" },
		{ report->other_status, "other", NULL }, { report->others, "record of another type", "records of other types" }
	};
	size_t i, n = 0;

	for (i = 0; i < sizeof part / sizeof *part; i++)
		if (part[i].n)
			rk_strbuf_printf(text, "%s%zu %s", n++ ? ", " : "", part[i].n,
			    part[i].many && part[i].n != 1 ? part[i].many : part[i].one);
	if (report->living)
		rk_strbuf_printf(text, ", running on %zu of %zu", report->running, report->living);
	if (!n)
		rk_strbuf_puts(text, "no records");
}
