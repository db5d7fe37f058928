#ifndef RK_RING_PATTERN_H
#define RK_RING_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/*
 * The pattern of the names of rings' branches, a template with {name}: {name} stands for a part of [a-z0-9._-] that starts
 * with a letter or digit.
 */
#define RK_RING_PATTERN "ring-{name}"	/* if the catalogue has none */

/* Return why a string is invalid as a pattern: a static phrase that continues it ("has ..."); NULL if it is valid. */
const char *rk_ring_pattern_fault(const char *pattern);

/* Return why s, which may hold any bytes, is not the name of a ring by this pattern, as above; NULL if it is one. */
const char *rk_ring_pattern_check(const char *pattern, const char *s, size_t len);

/* Append a ring's name as it is written in images and tags, where a "/" of the branch is "-". */
void rk_ring_pattern_slug(struct rk_strbuf *slug, const char *ring);

/* Return whether slug is a ring's name as images and tags have it; if it is, append the name to ring. */
bool rk_ring_pattern_ring(const char *pattern, const char *slug, struct rk_strbuf *ring);

/* Append the part of the pattern before {name}, as images and tags have it. */
void rk_ring_pattern_prefix(struct rk_strbuf *prefix, const char *pattern);

#endif
