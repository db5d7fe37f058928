#ifndef RK_DIRECTIVE_H
#define RK_DIRECTIVE_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/record.h"
#include "gitops/catalog.h"
#include "gitops/values.h"

/* Return whether a string may have a comment that rk_directive_find() finds. */
bool rk_directive_may_be_in(const char *text);

/*
 * Append a finding, comment-directive, for each comment that another tool reads, on a line of a chart's image or on the line
 * before: a version updater may change the image that a ring sets there, and when a line is cleared, its comment goes, too.
 * RK_REFUSED: bad-values, and as rk_lookup_member().
 */
enum rk_rc rk_directive_find(const struct rk_values *values, const struct rk_chart *chart, const struct rk_record_about *about,
    json_t *findings, struct rk_err *err);

#endif
