#ifndef RK_REPORT_H
#define RK_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/io.h"

/* A report: the contents of a stream as tables, before any format is applied. */
struct rk_report;

struct rk_report_options {
	const char *title;	/* borrowed; NULL: the service and the ring */
	const char *marker;	/* borrowed; NULL: the service and the ring */
	const char *rendered;	/* borrowed: the lines of a rendered difference, or NULL; a NUL ends them */
	int64_t now;		/* seconds since 1970, for ages; negative: show no ages */
	bool board;		/* overrides are one table, by ring and age, instead of one for each gate */
	bool colour;		/* for a terminal; only text has any */
	const char *server, *gitops;	/* borrowed: link.h; only HTML has links */
};

/*
 * Read the input, records of all types, to its end.  *report is to be freed on RK_OK, else NULL.
 * RK_EDATA: as rk_record_next(), or a record lacks the members that say what it concerns and what its outcome is, or a
 * member is of another type than in ring-records(5).  RK_EIO.
 */
enum rk_rc rk_report_read(const struct rk_report_options *options, struct rk_io *io, struct rk_report **report,
    struct rk_err *err);

/* Free a report, which may be NULL. */
void rk_report_free(struct rk_report *report);

#endif
