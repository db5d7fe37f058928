#ifndef RK_APART_H
#define RK_APART_H

#include <stddef.h>

#include "err.h"
#include "text.h"

struct rk_apart_text {
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
enum rk_rc rk_merge_apart(const struct rk_apart_text *base, const struct rk_apart_text *ours,
    const struct rk_apart_text *theirs, struct rk_text *merged, struct rk_err *err);

#endif
