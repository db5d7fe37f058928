#ifndef RK_FORMAT_H
#define RK_FORMAT_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "report/report.h"

#define RK_FORMAT_LEAST 8192	/* bytes: the smallest limit, in which any head and any table's frame fits */

/* A format that a report is written in. */
struct rk_format;

/* Look up a format: markdown, text, github, slack or html; *format is static.  RK_EUSAGE: unknown. */
enum rk_rc rk_format_find(const char *name, const struct rk_format **format, struct rk_err *err);

/* Return the number of bytes that the format's destination accepts; 0: any. */
size_t rk_format_limit(const struct rk_format *format);

/*
 * Append the report, in at most limit bytes (0: any number; else at least RK_FORMAT_LEAST).  If it is too long, whole
 * rows are left out and counted, the last of a table first and the last tables first; the result is well-formed.
 */
void rk_format_write(const struct rk_format *format, const struct rk_report *report, size_t limit,
    struct rk_strbuf *text);

#endif
