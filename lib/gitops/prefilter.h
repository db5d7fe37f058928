#ifndef RK_PREFILTER_H
#define RK_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gitops/catalog.h"

/*
 * Set *may to whether the YAML or JSON text, NUL-terminated after len bytes, can hold the image of a service (NULL: of
 * any) and of a ring (NULL: of any).  Only its bytes are searched, and what two levels of escapes in quoted strings
 * mean, for a string may hold YAML.  If *may is false, it does not hold one.  RK_ENOMEM.
 */
enum rk_rc rk_prefilter_may_hold(const char *text, size_t len, const struct rk_service *service, const char *ring,
    bool *may, struct rk_err *err);

#endif
