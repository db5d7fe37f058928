#ifndef RK_REPORT_INTERNAL_H
#define RK_REPORT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "report/report.h"

#define RK_TABLE_COLUMNS 17	/* the most that a table has */

/* The tables, in the order in which they are shown: failures first. */
enum rk_table_place {
	RK_TABLE_REFUSED, RK_TABLE_FINDINGS, RK_TABLE_WARNINGS, RK_TABLE_ADVICE, RK_TABLE_RELEASES, RK_TABLE_FACTS,
	RK_TABLE_VALUES, RK_TABLE_TENANTS, RK_TABLE_WAITING, RK_TABLE_BOARD,
	RK_TABLE_OPEN, RK_TABLE_HELD, RK_TABLE_OVERRIDES, RK_TABLE_BRANCHES, RK_TABLE_PROPOSALS,
	RK_TABLE_UNCHANGED, RK_TABLE_SELECTORS, RK_TABLE_DISCARDED, RK_TABLE_RENDERED, RK_TABLES
};

/* How rows are shown: cells side by side; "first: second"; preformatted lines. */
enum rk_table_shape { RK_TABLE_CELLS, RK_TABLE_LIST, RK_TABLE_LINES };

struct rk_table_column {
	const char *name;
	bool prose;		/* a sentence; else a word to copy */
};

struct rk_table {
	const char *title;
	enum rk_table_shape shape;
	bool folded;				/* shown on demand, as a collapsed section */
	bool diff;				/* the lines are of a unified difference */
	const struct rk_table_column *column;
	size_t n_columns, n_rows;
	struct rk_strbuf cells;			/* row by row, printable, each with a NUL after it */
	size_t first[RK_TABLE_COLUMNS];		/* offset of the first row's cells */
	bool used[RK_TABLE_COLUMNS];		/* a row has a cell there that is not empty */
	bool mixed[RK_TABLE_COLUMNS];		/* the rows' cells there differ */
};

enum rk_report_level { RK_REPORT_ERROR, RK_REPORT_WARNING, RK_REPORT_NOTICE, RK_REPORT_LEVELS };

/* A value that is shown once for the whole report, if all records that have it agree. */
struct rk_report_value {
	json_t *value;		/* NULL: no record has it */
	bool differs;
};

struct rk_report {
	struct rk_report_options options;

	struct rk_table table[RK_TABLES];
	struct rk_table note[RK_REPORT_LEVELS];		/* annotations: title, file, line, message; ten at most */
	size_t n_notes[RK_REPORT_LEVELS];		/* all of them */

	size_t records, others;		/* others: of types that no table shows */
	size_t committed, planned, withheld, unchanged, to_apply, other_status, selected, waiting, selectors;
	size_t refused, stale, findings, releases, kept, rejected;	/* kept: releases with keep or hold */
	bool proposes;			/* what was committed, or is unchanged, is a proposal */
	size_t living, running;		/* tenants of which a cluster says something; those of them that run the ring */
	size_t held, open, overrides, merged, up_to_date, discarded, branches;	/* branches: of proposals */
	struct rk_report_value service, ring, branch, commit, image, pull_request, proposal, merge, action;
	struct rk_intern seen;		/* keys of rows that are shown once */
	json_t *live;			/* {"<tenant, service and ring>": {"tenant": s, "state": s}}, or NULL: no override has "live" */
	struct rk_board *board;		/* board.h; NULL: no override, or no board */
	json_t *override;		/* the last, its "chart" an array: the next may be of the same manifest */
};

/* table.c: the tables' definitions, rows, notes and advice. */

/* Set up the tables of a zeroed report. */
void rk_table_init(struct rk_report *report);

/* Append a row of n_columns cells, as one printable line each, of at most 1,000 characters. */
void rk_table_add(struct rk_table *table, const char *const cell[]);

/* Set cell[] to the cells of the row that starts at at, borrowed; return where the next row starts. */
const char *rk_table_row(const struct rk_table *table, const char *at, const char *cell[RK_TABLE_COLUMNS]);

/* Append s as one printable line of at most most characters, and how many were cut. */
void rk_table_clip(struct rk_strbuf *text, const char *s, size_t most);

/* Add an annotation: title, file, line, message. */
void rk_table_note(struct rk_report *report, enum rk_report_level level, const char *const cell[4]);

/* Return whether key, the identity of a row, is new. */
bool rk_table_once(struct rk_report *report, const struct rk_strbuf *key);

/* Return what to do about a word: a refusal's code, a status, a warning's code, an action; NULL if nothing. */
const char *rk_table_advice(const char *word);

/* rows.c: rows from records. */

#define RK_ROWS_TYPES "refused finding result patch tenant selection waiting override release sync selector proposal"

/* Add the rows of a record of one of RK_ROWS_TYPES.  RK_EDATA: as rk_report_read(). */
enum rk_rc rk_rows_add(struct rk_report *report, const json_t *record, struct rk_err *err);

/* Add the rows that are known only after the last record. */
enum rk_rc rk_rows_end(struct rk_report *report, struct rk_err *err);

/* Note a record's value, which may be NULL. */
void rk_rows_share(struct rk_report_value *of, json_t *value);

/* Return the string on which all records agree, borrowed, or NULL. */
const char *rk_rows_shared(const struct rk_report_value *of);

/* summary.c: what the report says in a line. */

/* Append the report's subject: plain text of one line and about 200 characters. */
void rk_summary_title(const struct rk_report *report, struct rk_strbuf *text);

/* Append an HTML comment that is the same for all reports on the same ring. */
void rk_summary_marker(const struct rk_report *report, struct rk_strbuf *text);

/* Return the outcome, two to five words, static. */
const char *rk_summary_verdict(const struct rk_report *report);

/* Append the numbers: "1 refused, 2 committed". */
void rk_summary_counts(const struct rk_report *report, struct rk_strbuf *text);

/* Return the severity of the outcome. */
enum rk_report_level rk_summary_level(const struct rk_report *report);

/* Return whether a column of a table is shown: not if it is empty, or repeats the title. */
bool rk_summary_shows(const struct rk_report *report, const struct rk_table *table, size_t column);

#endif
