#ifndef RK_PREFILTER_H
#define RK_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gitops/catalog.h"

/*
 * Set *may to whether the YAML or JSON text, NUL-terminated after len bytes, can hold the image of a service and of a ring
 * (NULL: of any).  Only its bytes are searched, and what two levels of escapes in quoted strings mean, for a string may hold
 * YAML.  If *may is false, it does not hold one.  RK_ENOMEM.
 */
enum rk_rc rk_prefilter_may_hold(const char *text, size_t len, const struct rk_service *service, const char *ring,
    bool *may, struct rk_err *err);

/* The same for all services of a catalogue, by its pattern of rings: *may is true more often. */
enum rk_rc rk_prefilter_may_hold_any(const char *text, size_t len, const char *pattern, const char *ring, bool *may,
    struct rk_err *err);

#endif
