#ifndef RK_FORMAT_INTERNAL_H
#define RK_FORMAT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "report/format.h"
#include "report/report_internal.h"

#define RK_FORMAT_LEAST 8192	/* bytes: the smallest limit of formats without a style of their own */

/*
 * A report that is being written.  A row is taken back by restoring a copy of this and text's length, so that a format
 * keeps its state here.
 */
struct rk_format_sheet {
	const struct rk_report *report;
	struct rk_strbuf *text;
	const char *title, *verdict, *counts;	/* the report's summary, printable; title is from the input */
	size_t width[RK_TABLE_COLUMNS];		/* text: of the table's columns */
	size_t fence;				/* markdown: backticks around lines */
	size_t blocks, block;			/* slack: blocks begun, bytes in the open one; 0: none is open */
	size_t blocks_kept;			/* slack: for the tables that follow */
	const char *service, *ring;		/* html: of the row before on the board, borrowed; ring is NULL before the first */
};

/* How a format writes each part; left is a number of rows that did not fit. */
struct rk_format {
	const char *name;
	size_t limit;
	size_t least;				/* the smallest limit, in which any head and any table's frame fits */
	void (*head)(struct rk_format_sheet *);
	void (*begin)(struct rk_format_sheet *, const struct rk_table *);	/* NULL: no tables, and no tail */
	bool (*row)(struct rk_format_sheet *, const struct rk_table *, const char *const cell[]);	/* false: does not fit */
	void (*end)(struct rk_format_sheet *, const struct rk_table *, size_t left);
	void (*tail)(struct rk_format_sheet *, size_t left);
};

extern const struct rk_format rk_markdown, rk_terminal, rk_html, rk_slack, rk_annotations;

/* Return whether a column of a table is shown in cells. */
bool rk_format_shows(const struct rk_format_sheet *sheet, const struct rk_table *table, size_t column);

/* Return the sign of the report's level: a cross, a warning sign or a check mark, static. */
const char *rk_format_sign(const struct rk_format_sheet *sheet);

/* Append before, how many rows of a table or of further tables are not shown, and after; nothing if left is 0. */
void rk_format_left(struct rk_format_sheet *sheet, const char *before, size_t left, const char *after);
void rk_format_left_of_all(struct rk_format_sheet *sheet, const char *before, size_t left, const char *after);

#endif
