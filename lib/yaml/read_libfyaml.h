#ifndef RK_READ_LIBFYAML_H
#define RK_READ_LIBFYAML_H

#include <stddef.h>

#include "base/err.h"
#include "yaml/yaml.h"

/*
 * Read a text of any YAML into an empty tree, by libfyaml's events, and refuse what other readers would not take.
 * The text is UTF-8 and holds no NUL.  RK_EDATA, RK_ENOMEM.
 */
enum rk_rc rk_read_libfyaml(struct rk_yaml *yaml, struct rk_err *err);

/* The same where old is known, as for rk_yaml_parse_again().  RK_END: there is no place to start from. */
enum rk_rc rk_read_libfyaml_again(struct rk_yaml *yaml, const struct rk_yaml *old, size_t from, size_t old_to, size_t new_to,
    struct rk_err *err);

#endif
