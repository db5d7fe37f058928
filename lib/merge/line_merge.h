#ifndef RK_LINE_MERGE_H
#define RK_LINE_MERGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

struct rk_line_merge_file {
	const char *bytes;
	size_t len;
};

/*
 * Merge three versions of a file, if every diff algorithm of Git would merge them in the same way: if all changes of
 * ours are above all those of theirs, or below them, and a line between them occurs only once in each version.
 *
 * This suffices because each side has the lines of base from that line, inclusive, to one end of the file.  Only a run
 * of equal lines that is above the line in the side and below it in base, or the reverse, could keep an algorithm from
 * matching the line with itself, and such a run is shorter than those lines.  So all algorithms match the line with
 * itself, and the result is one version up to the line, and the other from it on.
 *
 * Append the result to merged.  Return false, and append nothing, if the versions are not like that or one is binary.
 */
bool rk_line_merge(const struct rk_line_merge_file *base, const struct rk_line_merge_file *ours,
    const struct rk_line_merge_file *theirs, struct rk_strbuf *merged);

#endif
