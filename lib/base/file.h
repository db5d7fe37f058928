#ifndef RK_FILE_H
#define RK_FILE_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/* A whole named file, of at most limit bytes, appended to text.  RK_ENOINPUT, RK_EDATA: too large.  RK_ENOMEM. */
enum rk_rc rk_file_read(const char *path, size_t limit, struct rk_strbuf *text, struct rk_err *err);

#endif
