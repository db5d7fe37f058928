#include "base/strbuf.h"
#include "report/escape.h"
#include "report/format_internal.h"
#include "report/report_internal.h"

/* Append a workflow command of GitHub Actions: title, file, line, message. */
static void
add_command(struct rk_strbuf *text, enum rk_report_level level, const char *const cell[4])
{
	static const char *const name[] = { "error", "warning", "notice" };
	static const char *const property[] = { "title", "file", "line" };
	size_t i, n = 0;

	rk_strbuf_printf(text, "::%s", name[level]);
	for (i = 0; i < 3; i++)
		if (*cell[i]) {
			rk_strbuf_printf(text, "%s%s=", n++ ? "," : " ", property[i]);
			rk_escape_command(text, cell[i], true);
		}
	rk_strbuf_puts(text, "::");
	rk_escape_command(text, cell[3], false);
	rk_strbuf_putc(text, '\n');
}

static void
head(struct rk_format_sheet *sheet)
{
	const struct rk_report *report = sheet->report;
	const char *cell[RK_TABLE_COLUMNS], *at;
	struct rk_strbuf line = { 0 };
	size_t level, i, n;

	for (level = 0; level < RK_REPORT_NOTICE; level++) {
		at = report->note[level].cells.data;
		n = report->note[level].n_rows;
		if (report->n_notes[level] > n)
			n--;	/* the last one says how many are not shown */
		for (i = 0; i < n; i++) {
			at = rk_table_row(&report->note[level], at, cell);
			add_command(sheet->text, level, cell);
		}
		if (report->n_notes[level] > n) {
			rk_strbuf_clear(&line);
			rk_strbuf_printf(&line, "%zu more are not shown.", report->n_notes[level] - n);
			add_command(sheet->text, level, (const char *[]){ "", "", "", rk_strbuf_str(&line) });
		}
	}
	rk_strbuf_clear(&line);
	rk_strbuf_printf(&line, "%s: %s", sheet->verdict, sheet->counts);
	add_command(sheet->text, RK_REPORT_NOTICE, (const char *[]){ sheet->title, "", "", rk_strbuf_str(&line) });
	rk_strbuf_free(&line);
}

const struct rk_format rk_annotations = { "github", 0, RK_FORMAT_LEAST, head, NULL, NULL, NULL, NULL };
