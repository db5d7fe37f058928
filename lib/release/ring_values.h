#ifndef RK_RING_VALUES_H
#define RK_RING_VALUES_H

#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

/*
 * Read the values that a ring brings with its image from their file in a commit of the service's repository, whose catalogue
 * entry has one.  *values is a new reference on RK_OK, {} if the commit has no such file; else NULL.
 *
 *   dir     the repository; NULL: refused
 *   commit  a whole id
 *
 * RK_REFUSED: bad-values, or foreign-values as rk_value_rules_check(), and if the file is a symbolic link, a submodule, a Git
 * LFS pointer or converted by a filter.  RK_ENOINPUT: the commit or the blob not found.  RK_EPERM, RK_EIO.
 */
enum rk_rc rk_ring_values_read(const struct rk_service *service, const char *dir, const char *ring, const char *commit,
    json_t **values, struct rk_err *err);

#endif
