#ifndef RK_LINE_MERGE_H
#define RK_LINE_MERGE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct rk_line_merge_text {
	const char *bytes;
	size_t len;
};

/*
 * Merge three texts where that needs no comparing of lines that two algorithms could do in two ways: all that ours
 * changes is above all that theirs changes, or below it, and a line between them stands once in each of the three.
 * Then any algorithm that Git has pairs that line with itself, for the longest run of equal lines around it is longer
 * than any run that crosses it, and the outcome is the one text up to there and the other from there on.
 *
 *   merged  grows by the outcome, on RK_OK alone
 *
 * RK_END: the texts are not like that, or one has a NUL near its start, which makes it binary.  RK_ENOMEM.
 */
enum rk_rc rk_line_merge(const struct rk_line_merge_text *base, const struct rk_line_merge_text *ours,
    const struct rk_line_merge_text *theirs, struct rk_strbuf *merged, struct rk_err *err);

#endif
