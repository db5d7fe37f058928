#ifndef RK_PREFILTER_H
#define RK_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "gitops/catalog.h"

/*
 * Return whether the YAML or JSON text, NUL-terminated after len bytes, can hold the image of a service and of a ring
 * (NULL: of any).  Only its bytes are searched, and what two levels of escapes in quoted strings mean, for a string may hold
 * YAML.  If it is false, the text does not hold one.
 */
bool rk_prefilter_may_hold(const char *text, size_t len, const struct rk_service *service, const char *ring);

/* The same for all services of a catalogue, by its pattern of rings: it is true more often. */
bool rk_prefilter_may_hold_any(const char *text, size_t len, const char *pattern, const char *ring);

#endif
