#ifndef RK_FILE_H
#define RK_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Append a whole file to text.
 * RK_ENOINPUT: cannot be read.  RK_EDATA: larger than limit bytes.
 */
enum rk_rc rk_file_read(const char *path, size_t limit, struct rk_strbuf *text, struct rk_err *err);

#endif
