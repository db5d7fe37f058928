#include <string.h>

#include "base/strbuf.h"
#include "report/escape.h"
#include "report/format_internal.h"
#include "report/report_internal.h"

#define COMMENT_BYTES 65536	/* GitHub accepts as many characters in a comment, which are no more than bytes */

static void
head(struct rk_format_sheet *sheet)
{
	struct rk_strbuf *text = sheet->text;

	rk_summary_marker(sheet->report, text);
	rk_strbuf_printf(text, "\n### %s ", rk_format_sign(sheet));
	rk_escape_code(text, sheet->title, strlen(sheet->title));
	rk_strbuf_printf(text, ": %s\n\n%s.\n", sheet->verdict, sheet->counts);
}

/* A fence longer than any run of backticks in the table. */
static size_t
fence_of(const struct rk_table *table)
{
	size_t most = 2, run = 0, i;

	for (i = 0; i < table->cells.len; i++) {
		run = table->cells.data[i] == '`' ? run + 1 : 0;
		if (run > most)
			most = run;
	}
	return most + 1;
}

static void
begin(struct rk_format_sheet *sheet, const struct rk_table *table)
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	if (table->folded)
		rk_strbuf_printf(text, "\n<details>\n<summary>%s: %zu</summary>\n\n", table->title, table->n_rows);
	else if (table->shape == RK_TABLE_LIST)
		rk_strbuf_printf(text, "\n**%s**\n\n", table->title);
	else
		rk_strbuf_printf(text, "\n**%s: %zu**\n\n", table->title, table->n_rows);
	if (table->shape == RK_TABLE_LINES) {
		sheet->fence = fence_of(table);
		rk_strbuf_fill(text, '`', sheet->fence);
		rk_strbuf_puts(text, table->diff ? "diff\n" : "text\n");
	}
	if (table->shape != RK_TABLE_CELLS)
		return;
	for (i = 0; i < table->n_columns; i++)
		if (rk_format_shows(sheet, table, i))
			rk_strbuf_printf(text, "| %s ", table->column[i].name);
	rk_strbuf_puts(text, "|\n");
	for (i = 0; i < table->n_columns; i++)
		if (rk_format_shows(sheet, table, i))
			rk_strbuf_puts(text, "| --- ");
	rk_strbuf_puts(text, "|\n");
}

static void
add_cell(struct rk_strbuf *text, const struct rk_table_column *column, const char *cell)
{
	if (column->prose)
		rk_escape_prose(text, cell);
	else
		rk_escape_code(text, cell, strlen(cell));
}

static bool
row(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[])
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	if (table->shape == RK_TABLE_LINES) {
		rk_strbuf_printf(text, "%s\n", cell[0]);
		return true;
	}
	if (table->shape == RK_TABLE_LIST) {
		rk_strbuf_puts(text, "- ");
		add_cell(text, &table->column[0], cell[0]);
		rk_strbuf_puts(text, ": ");
		add_cell(text, &table->column[1], cell[1]);
		rk_strbuf_putc(text, '\n');
		return true;
	}
	for (i = 0; i < table->n_columns; i++) {
		if (!rk_format_shows(sheet, table, i))
			continue;
		rk_strbuf_puts(text, "| ");
		add_cell(text, &table->column[i], cell[i]);
		rk_strbuf_puts(text, *cell[i] ? " " : "");
	}
	rk_strbuf_puts(text, "|\n");
	return true;
}

static void
end(struct rk_format_sheet *sheet, const struct rk_table *table, size_t left)
{
	if (table->shape == RK_TABLE_LINES) {
		rk_strbuf_fill(sheet->text, '`', sheet->fence);
		rk_strbuf_putc(sheet->text, '\n');
	}
	rk_format_left(sheet, "\n", left, "\n");
	if (table->folded)
		rk_strbuf_puts(sheet->text, "\n</details>\n");
}

static void
tail(struct rk_format_sheet *sheet, size_t left)
{
	rk_format_left_of_all(sheet, "\n", left, "\n");
}

const struct rk_format rk_markdown = { "markdown", COMMENT_BYTES, RK_FORMAT_LEAST, head, begin, row, end, tail };
