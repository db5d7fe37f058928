#ifndef RK_REPORT_H
#define RK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/io.h"
#include "base/strbuf.h"

#define RK_REPORT_COLUMNS 8
#define RK_REPORT_CELL 1000	/* characters of one text that are kept; how many were cut is added */

/*
 * What a stream says, in tables, before any format is given to it.  The tables stand in the order in which they
 * are shown: what failed first.
 */
enum rk_report_place {
	RK_REPORT_REFUSED, RK_REPORT_FINDINGS, RK_REPORT_WARNINGS, RK_REPORT_ADVICE, RK_REPORT_RELEASES,
	RK_REPORT_FACTS, RK_REPORT_TENANTS, RK_REPORT_OPEN, RK_REPORT_HELD, RK_REPORT_OVERRIDES, RK_REPORT_BRANCHES,
	RK_REPORT_UNCHANGED, RK_REPORT_SELECTORS, RK_REPORT_DISCARDED, RK_REPORT_TABLES
};

enum rk_report_level { RK_REPORT_ERROR, RK_REPORT_WARNING, RK_REPORT_NOTICE, RK_REPORT_LEVELS };

/* How rows are shown: cells side by side; "first: second"; lines of a text as they are. */
enum rk_report_shape { RK_REPORT_TABLE, RK_REPORT_LIST, RK_REPORT_LINES };

struct rk_report_column {
	const char *name;
	bool prose;		/* a sentence; else a word that somebody may want to copy */
};

struct rk_report_table {
	const char *title;
	enum rk_report_shape shape;
	bool folded;				/* less often read: shown when it is asked for */
	const struct rk_report_column *column;
	size_t n_columns, n_rows;
	struct rk_strbuf cells;			/* row by row, printable, a NUL behind each */
	size_t n_cells;
	size_t first[RK_REPORT_COLUMNS];	/* where the first row's cells start */
	bool used[RK_REPORT_COLUMNS];		/* some row has something there */
	bool mixed[RK_REPORT_COLUMNS];		/* not all rows have the same */
};

/* A value that is told of the whole report when all records agree in it. */
struct rk_report_one {
	json_t *value;
	bool many;
};

/* Zeroed is empty, but for now.  Free with rk_report_free(). */
struct rk_report {
	const char *title;	/* borrowed; NULL: made of the service and the ring */
	const char *marker;	/* borrowed; NULL: made of them too */
	int64_t now;		/* seconds since 1970, for ages; below 0: none are told */

	struct rk_report_table table[RK_REPORT_TABLES];
	struct rk_report_table note[RK_REPORT_LEVELS];	/* annotations: the title, the file, the line, the message */
	size_t n_notes[RK_REPORT_LEVELS];		/* all of them; the tables have ten at most */

	size_t records, others;		/* others: of a type that is not told of */
	size_t committed, planned, withheld, unchanged, to_apply, selected, selectors, elsewise;
	size_t refused, stale, findings, releases;
	size_t held, open, overrides, merged, up_to_date, discarded;
	struct rk_report_one service, ring, branch, commit, image, pull_request, proposal, action;
	struct rk_intern seen;		/* rows of which a second would say nothing new */
	json_t *override;		/* the last, with its "chart" as a list: the next may be of the same manifest */
};

/*
 * Add a record, or an end record.  A member that is missing is an empty cell, but for those that say of whom the
 * record is, and what became of it.  RK_EDATA: these are missing, or a member is of another kind than
 * ring-records(5) says.  RK_ENOMEM.
 */
enum rk_rc rk_report_add(struct rk_report *report, const json_t *record, struct rk_err *err);

/* Read all of standard input into the report, to its end.  As rk_record_next() and rk_report_add(). */
enum rk_rc rk_report_read(struct rk_report *report, struct rk_io *io, struct rk_err *err);

/* What the report is about, in plain text of one line and at most some 200 characters. */
void rk_report_title(const struct rk_report *report, struct rk_strbuf *text);

/* An HTML comment that is the same for every report on the same ring, whatever came of it. */
void rk_report_marker(const struct rk_report *report, struct rk_strbuf *text);

/* What came of it, in two to five of our own words, and the numbers behind it. */
const char *rk_report_verdict(const struct rk_report *report);
void rk_report_counts(const struct rk_report *report, struct rk_strbuf *text);

/* How much somebody should care. */
enum rk_report_level rk_report_level(const struct rk_report *report);

/* Is a column of a table shown?  Not where it is empty, or says what the title does. */
bool rk_report_shows(const struct rk_report *report, const struct rk_report_table *table, size_t column);

/*
 * Seconds since 1970 of a time in UTC, 2026-01-02T03:04:05Z, or of a number of them.
 * RK_EUSAGE: it is neither.
 */
enum rk_rc rk_report_time(const char *name, const char *value, int64_t *seconds, struct rk_err *err);

void rk_report_free(struct rk_report *report);

#endif
