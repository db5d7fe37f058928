#ifndef RK_READ_FAST_H
#define RK_READ_FAST_H

#include "base/err.h"
#include "yaml/yaml.h"

/*
 * Read a text of the YAML that most manifests are into an empty tree, in a tenth of libfyaml's time: block maps and
 * lists; plain and quoted scalars, and flow collections, of one line each; literal and folded texts; comments; "---".
 * What it answers is what rk_read_libfyaml() would.  RK_END, with the tree empty: the text holds anything else, or
 * may be no YAML.  RK_ENOMEM.
 */
enum rk_rc rk_read_fast(struct rk_yaml *yaml, struct rk_err *err);

#endif
