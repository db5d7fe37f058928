#include <stdint.h>
#include <string.h>

#include "report/format.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "report/format_internal.h"
#include "report/report_internal.h"

#define TAIL 160	/* bytes that are kept for the tail */

static const struct rk_format *const formats[] = { &rk_markdown, &rk_terminal, &rk_annotations, &rk_slack, &rk_html };

enum rk_rc
rk_format_find(const char *name, const struct rk_format **format, struct rk_err *err)
{
	size_t i;

	*format = NULL;
	for (i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(name, formats[i]->name) == 0)
			*format = formats[i];
	return *format ? RK_OK : rk_err_set(err, RK_EUSAGE,
	    "--format: expected markdown, text, github, slack or html, got \"%s\"", name);
}

size_t
rk_format_limit(const struct rk_format *format)
{
	return format->limit;
}

size_t
rk_format_least(const struct rk_format *format)
{
	return format->least;
}

bool
rk_format_shows(const struct rk_format_sheet *sheet, const struct rk_table *table, size_t column)
{
	return rk_summary_shows(sheet->report, table, column);
}

const char *
rk_format_sign(const struct rk_format_sheet *sheet)
{
	static const char *const of[] = { "\xe2\x9d\x8c", "\xe2\x9a\xa0\xef\xb8\x8f", "\xe2\x9c\x85" };

	return of[rk_summary_level(sheet->report)];
}

void
rk_format_left(struct rk_format_sheet *sheet, const char *before, size_t left, const char *after)
{
	if (left)
		rk_strbuf_printf(sheet->text, "%s%zu more %s not shown.%s", before, left, left == 1 ? "is" : "are", after);
}

void
rk_format_left_of_all(struct rk_format_sheet *sheet, const char *before, size_t left, const char *after)
{
	if (left)
		rk_strbuf_printf(sheet->text, "%s%zu %s of further tables %s not shown.%s", before, left,
		    left == 1 ? "row" : "rows", left == 1 ? "is" : "are", after);
}

/* The size of a table without rows: in bytes, of its end, and in Slack's blocks. */
struct frame {
	size_t bytes, end, blocks;
};

static struct frame
frame_of(const struct rk_format *format, const struct rk_format_sheet *sheet, const struct rk_table *table)
{
	struct rk_strbuf text = { 0 };
	struct rk_format_sheet scratch = *sheet;
	struct frame frame = { 0 };

	scratch.text = &text;
	format->begin(&scratch, table);
	scratch.block = 1;	/* the last row may have left a block open */
	frame.end = text.len;
	format->end(&scratch, table, table->n_rows);
	frame.bytes = text.len;
	frame.end = frame.bytes - frame.end;
	frame.blocks = scratch.blocks - sheet->blocks;
	rk_strbuf_free(&text);
	return frame;
}

/* Write rows until one does not fit into most bytes; return how many were written. */
static size_t
write_rows(const struct rk_format *format, struct rk_format_sheet *sheet, const struct rk_table *table, size_t most)
{
	const char *cell[RK_TABLE_COLUMNS], *at = table->cells.data;
	struct rk_strbuf *text = sheet->text;
	struct rk_format_sheet before;
	size_t row, len;

	for (row = 0; row < table->n_rows; row++) {
		before = *sheet;
		len = text->len;
		at = rk_table_row(table, at, cell);
		if (format->row(sheet, table, cell) && text->len <= most)
			continue;
		*sheet = before;
		text->len = len;
		text->data[len] = '\0';
		break;
	}
	return row;
}

/* Write the tables, of which each keeps space for the frames of those that follow; return how many rows were left out. */
static size_t
write_tables(const struct rk_format *format, struct rk_format_sheet *sheet, size_t most)
{
	const struct rk_table *table = sheet->report->table;
	struct frame frame[RK_TABLES] = { 0 };
	size_t kept = TAIL, left = 0, shown, i;

	for (i = 0; i < RK_TABLES; i++)
		if (table[i].n_rows) {
			frame[i] = frame_of(format, sheet, &table[i]);
			kept += frame[i].bytes;
			sheet->blocks_kept += frame[i].blocks;
		}
	for (i = 0; i < RK_TABLES; i++) {
		if (!table[i].n_rows)
			continue;
		kept -= frame[i].bytes;
		sheet->blocks_kept -= frame[i].blocks - 1;	/* one for the rows that are left out */
		if (sheet->text->len + frame[i].bytes + kept > most) {
			left += table[i].n_rows;
			continue;
		}
		format->begin(sheet, &table[i]);
		shown = write_rows(format, sheet, &table[i], most - kept - frame[i].end);
		sheet->blocks_kept--;
		format->end(sheet, &table[i], table[i].n_rows - shown);
	}
	return left;
}

void
rk_format_write(const struct rk_format *format, const struct rk_report *report, size_t limit, struct rk_strbuf *text)
{
	struct rk_strbuf out = { 0 }, title = { 0 }, counts = { 0 };
	struct rk_format_sheet sheet = { .report = report, .text = &out };

	rk_summary_title(report, &title);
	rk_summary_counts(report, &counts);
	sheet.title = rk_strbuf_str(&title);
	sheet.verdict = rk_summary_verdict(report);
	sheet.counts = rk_strbuf_str(&counts);
	format->head(&sheet);
	if (format->begin)
		format->tail(&sheet, write_tables(format, &sheet, limit ? limit : SIZE_MAX / 2));
	rk_strbuf_add(text, rk_strbuf_str(&out), out.len);
	rk_strbuf_free(&out);
	rk_strbuf_free(&title);
	rk_strbuf_free(&counts);
}
