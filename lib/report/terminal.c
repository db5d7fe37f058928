#include <stdbool.h>
#include <string.h>

#include "base/strbuf.h"
#include "report/format_internal.h"
#include "report/report_internal.h"

#define WIDEST 40	/* no column is padded to more; a longer cell moves the others of its row */

/* Append a string so that GitHub's runner does not take it for a command, which "##[" anywhere in a line begins. */
static void
add(struct rk_strbuf *text, const char *s)
{
	for (; *s; s++) {
		rk_strbuf_putc(text, *s);
		if (s[0] == '#' && s[1] == '#' && s[2] == '[') {
			rk_strbuf_puts(text, "#\\[");
			s += 2;
		}
	}
}

static size_t
width_of(const char *cell)
{
	size_t n = 0;

	for (; *cell; cell++)
		n += ((unsigned char)*cell & 0xc0) != 0x80;
	return n;
}

#define BOLD "\033[1m"
#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"

/* Append a string, between a colour, "" for none, and its end. */
static void
add_coloured(struct rk_format_sheet *sheet, const char *colour, const char *s)
{
	const bool coloured = sheet->report->options.colour && *colour && *s;

	rk_strbuf_puts(sheet->text, coloured ? colour : "");
	add(sheet->text, s);
	rk_strbuf_puts(sheet->text, coloured ? "\033[0m" : "");
}

/* The colour of a cell, which says nothing that its words do not; "" is none. */
static const char *
colour_of(const struct rk_format_sheet *sheet, const struct rk_table *table, const struct rk_table_column *column, const char *cell)
{
	static const struct { const char *word, *colour; } words[] = {
		{ "running", GREEN }, { "committed", GREEN }, { "merged", GREEN }, { "up-to-date", GREEN }, { "degraded", RED },
		{ "ignored", RED }, { "absent", RED }, { "withheld", RED }, { "out-of-sync", YELLOW }, { "unknown", YELLOW }
	};
	const struct rk_table *tables = sheet->report->table;
	size_t i, len = strcspn(cell, ":");

	if (table->diff)
		return *cell == '+' ? GREEN : *cell == '-' ? RED : "";
	if (strcmp(column->name, "Code") == 0)
		return table == &tables[RK_TABLE_REFUSED] || table == &tables[RK_TABLE_FINDINGS] ? RED : YELLOW;
	if (strcmp(column->name, "Live") == 0 || strcmp(column->name, "Status") == 0)
		for (i = 0; i < sizeof words / sizeof *words; i++)
			if (len == strlen(words[i].word) && strncmp(cell, words[i].word, len) == 0)
				return words[i].colour;
	return "";
}

static void
head(struct rk_format_sheet *sheet)
{
	static const char *const colours[] = { BOLD RED, BOLD YELLOW, BOLD GREEN };

	rk_strbuf_puts(sheet->text, "ringkit: ");
	add_coloured(sheet, BOLD, sheet->title);
	rk_strbuf_puts(sheet->text, ": ");
	add_coloured(sheet, colours[rk_summary_level(sheet->report)], sheet->verdict);
	rk_strbuf_printf(sheet->text, " (%s)\n", sheet->counts);
}

/* Each row begins with lead, because "::" at the start of a line is a command to that runner. */
static void
add_line(struct rk_format_sheet *sheet, const struct rk_table *table, const char *lead, const char *const cell[])
{
	size_t i, n, gap = 0;

	rk_strbuf_puts(sheet->text, lead);
	for (i = 0; i < table->n_columns; i++) {
		if (table->shape == RK_TABLE_CELLS && !rk_format_shows(sheet, table, i))
			continue;
		n = width_of(cell[i]);
		if (n) {
			rk_strbuf_fill(sheet->text, ' ', gap + 1);
			add_coloured(sheet, cell[i] == table->column[i].name ? "" : colour_of(sheet, table, &table->column[i], cell[i]),
			    cell[i]);
			gap = 0;
		} else
			gap++;
		gap += n < sheet->width[i] ? sheet->width[i] - n + 1 : 1;
	}
	rk_strbuf_putc(sheet->text, '\n');
}

static bool
row(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[])
{
	add_line(sheet, table, table->shape == RK_TABLE_LINES ? "  |" : "  -", cell);
	return true;
}

static void
measure(struct rk_format_sheet *sheet, const struct rk_table *table)
{
	const char *cell[RK_TABLE_COLUMNS], *at = table->cells.data;
	size_t i, n, row;

	for (i = 0; i < table->n_columns; i++)
		sheet->width[i] = table->shape == RK_TABLE_CELLS ? strlen(table->column[i].name) : 0;
	for (row = 0; row < table->n_rows; row++) {
		at = rk_table_row(table, at, cell);
		for (i = 0; i < table->n_columns; i++) {
			n = width_of(cell[i]);
			n = n > WIDEST ? WIDEST : n;
			sheet->width[i] = n > sheet->width[i] ? n : sheet->width[i];
		}
	}
}

static void
begin(struct rk_format_sheet *sheet, const struct rk_table *table)
{
	const char *cell[RK_TABLE_COLUMNS];
	size_t i;

	measure(sheet, table);
	rk_strbuf_putc(sheet->text, '\n');
	add_coloured(sheet, BOLD, table->title);
	if (table->shape != RK_TABLE_LIST)
		rk_strbuf_printf(sheet->text, ": %zu", table->n_rows);
	rk_strbuf_putc(sheet->text, '\n');
	if (table->shape != RK_TABLE_CELLS)
		return;
	for (i = 0; i < table->n_columns; i++)
		cell[i] = table->column[i].name;
	add_line(sheet, table, "   ", cell);
}

static void
end(struct rk_format_sheet *sheet, const struct rk_table *table, size_t left)
{
	(void)table;
	rk_format_left(sheet, "  ", left, "\n");
}

static void
tail(struct rk_format_sheet *sheet, size_t left)
{
	rk_format_left_of_all(sheet, "\n", left, "\n");
}

const struct rk_format rk_terminal = { "text", 0, RK_FORMAT_LEAST, head, begin, row, end, tail };
