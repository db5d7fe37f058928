#ifndef RK_READ_LIBFYAML_H
#define RK_READ_LIBFYAML_H

#include "base/err.h"
#include "yaml/yaml.h"

/*
 * Read a text of any YAML into an empty tree, by libfyaml's events, and refuse what other readers would not take.
 * The text is UTF-8 and holds no NUL.  RK_EDATA, RK_ENOMEM.
 */
enum rk_rc rk_read_libfyaml(struct rk_yaml *yaml, struct rk_err *err);

#endif
