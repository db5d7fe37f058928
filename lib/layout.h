#ifndef RK_LAYOUT_H
#define RK_LAYOUT_H

#include <stddef.h>

#include "err.h"
#include "report.h"
#include "text.h"

#define RK_LAYOUT_LEAST 8192	/* bytes: the least limit, in which every head and every table's frame has room */

/* A way to write a report.  rk_layout_find() gives one. */
struct rk_layout;

/* The format of a name: markdown, text, github, slack, html.  RK_EUSAGE: there is no such. */
enum rk_rc rk_layout_find(const char *name, const struct rk_layout **layout, struct rk_err *err);

/* The most bytes that its destination takes; 0: any number. */
size_t rk_layout_limit(const struct rk_layout *layout);

/*
 * Append the report, in at most limit bytes (0: any number, else RK_LAYOUT_LEAST of them or more).  Whole rows are
 * left out where it would be more, the last of a table first and the last tables first, and counted; what is there
 * is well-formed.  RK_ENOMEM.
 */
enum rk_rc rk_layout_write(const struct rk_layout *layout, const struct rk_report *report, size_t limit,
    struct rk_text *text, struct rk_err *err);

#endif
