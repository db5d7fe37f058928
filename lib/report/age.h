#ifndef RK_AGE_H
#define RK_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Parse a time in UTC, 2026-01-02T03:04:05Z, or a number of seconds since 1970; name is that of the option or variable
 * that gives it.  RK_EUSAGE: it is neither.
 */
enum rk_rc rk_age_time(const char *name, const char *value, int64_t *seconds, struct rk_err *err);

/* Parse a time in UTC, 2026-01-02T03:04:05Z; return whether s is one, from 1970 on. */
bool rk_age_read(const char *s, int64_t *seconds);

/* Parse a length of time: a number with s, m, h or d after it, for seconds to days.  RK_EUSAGE: it is another string. */
enum rk_rc rk_age_duration(const char *name, const char *value, int64_t *seconds, struct rk_err *err);

/* Append a time in UTC, as 2026-01-02T03:04:05Z. */
void rk_age_print(struct rk_strbuf *text, int64_t seconds);

/* Append the date of a time in UTC and, unless the time is after now, its age in days; another string as it is. */
void rk_age_add(struct rk_strbuf *text, const char *since, int64_t now);

#endif
