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

static void
head(struct rk_format_sheet *sheet)
{
	rk_strbuf_puts(sheet->text, "ringkit: ");
	add(sheet->text, sheet->title);
	rk_strbuf_printf(sheet->text, ": %s (%s)\n", sheet->verdict, sheet->counts);
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
			add(sheet->text, cell[i]);
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
	rk_strbuf_printf(sheet->text, "\n%s", table->title);
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

const struct rk_format rk_terminal = { "text", 0, head, begin, row, end, tail };
