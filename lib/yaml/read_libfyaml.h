#ifndef RK_READ_LIBFYAML_H
#define RK_READ_LIBFYAML_H

#include "base/err.h"
#include "yaml/yaml.h"

/*
 * Read any YAML into an empty tree, from the events of libfyaml.  The text must be UTF-8 without a NUL.
 * RK_EDATA: not YAML, or not to all YAML readers.
 */
enum rk_rc rk_read_libfyaml(struct rk_yaml *yaml, struct rk_err *err);

#endif
