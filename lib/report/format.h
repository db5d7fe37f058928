#ifndef RK_FORMAT_H
#define RK_FORMAT_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "report/report.h"

#define RK_FORMAT_LEAST 8192	/* bytes: the least limit, in which every head and every table's frame has room */

/* A way to write a report.  rk_format_find() gives one. */
struct rk_format;

/* The format of a name: markdown, text, github, slack, html.  RK_EUSAGE: there is no such. */
enum rk_rc rk_format_find(const char *name, const struct rk_format **layout, struct rk_err *err);

/* The most bytes that its destination takes; 0: any number. */
size_t rk_format_limit(const struct rk_format *layout);

/*
 * Append the report, in at most limit bytes (0: any number, else RK_FORMAT_LEAST of them or more).  Whole rows are
 * left out where it would be more, the last of a table first and the last tables first, and counted; what is there
 * is well-formed.  RK_ENOMEM.
 */
enum rk_rc rk_format_write(const struct rk_format *layout, const struct rk_report *report, size_t limit,
    struct rk_strbuf *text, struct rk_err *err);

#endif
