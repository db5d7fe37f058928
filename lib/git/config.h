#ifndef RK_CONFIG_H
#define RK_CONFIG_H

#include <git2.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Append the value of a setting.  As in Git, what GIT_CONFIG_COUNT and the variables that it counts say is stronger than
 * the files, and GIT_CONFIG_PARAMETERS, in which git -c passes its settings on, is stronger than both.
 * RK_END: it is not set.  RK_ENOINPUT: the configuration, or one of these variables, is invalid.
 */
enum rk_rc rk_config_string(git_repository *git, const char *key, struct rk_strbuf *value, struct rk_err *err);

/* Read a boolean setting in the same way; *value is false unless the result is RK_OK. */
enum rk_rc rk_config_bool(git_repository *git, const char *key, bool *value, struct rk_err *err);

#endif
