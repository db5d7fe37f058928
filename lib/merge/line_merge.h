#ifndef RK_LINE_MERGE_H
#define RK_LINE_MERGE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct rk_line_merge_file {
	const char *bytes;
	size_t len;
};

/*
 * Merge three versions of a file, if every algorithm that Git has would merge them in the same way: all that ours
 * changes is above all that theirs changes, or below it, and a line between them occurs once in each version.  The
 * longest run of equal lines around that line is longer than any run across it, so all algorithms match the line with
 * itself, and the result is the one version up to it and the other from it on.
 *
 *   merged  grows by the result, only on RK_OK
 *
 * RK_END: the versions are not like that, or one is binary.  RK_ENOMEM.
 */
enum rk_rc rk_line_merge(const struct rk_line_merge_file *base, const struct rk_line_merge_file *ours,
    const struct rk_line_merge_file *theirs, struct rk_strbuf *merged, struct rk_err *err);

#endif
