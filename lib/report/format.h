#ifndef RK_FORMAT_H
#define RK_FORMAT_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "report/report.h"

/* A format that a report is written in. */
struct rk_format;

/* Look up a format: markdown, text, github, slack or html; *format is static.  RK_EUSAGE: unknown. */
enum rk_rc rk_format_find(const char *name, const struct rk_format **format, struct rk_err *err);

/* Return the number of bytes that the format's destination accepts; 0: any. */
size_t rk_format_limit(const struct rk_format *format);

/* Return the smallest limit in bytes that the format accepts. */
size_t rk_format_least(const struct rk_format *format);

/*
 * Append the report, in at most limit bytes (0: any number; else at least rk_format_least()).  If it is too long, whole
 * rows are left out and counted, the last of a table first and the last tables first; the result is well-formed.
 */
void rk_format_write(const struct rk_format *format, const struct rk_report *report, size_t limit,
    struct rk_strbuf *text);

#endif
