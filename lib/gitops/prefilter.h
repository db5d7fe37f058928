#ifndef RK_PREFILTER_H
#define RK_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "gitops/catalog.h"

/*
 * Could this YAML or JSON text, a NUL behind its len bytes, hold the image's repository of a service (NULL: of any)
 * and ring (NULL: any)?  Looks at the bytes alone, and at what the escapes of quoted strings stand for, two levels
 * of them: a string may hold YAML.  False is certain.  RK_ENOMEM.
 */
enum rk_rc rk_prefilter_may_hold(const char *text, size_t len, const struct rk_service *service, const char *ring,
    bool *may, struct rk_err *err);

#endif
