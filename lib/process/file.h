#ifndef RK_FILE_H
#define RK_FILE_H

#include <dirent.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Append a whole file to text.
 * RK_ENOINPUT: cannot be read.  RK_EDATA: larger than limit bytes.
 */
enum rk_rc rk_file_read(const char *path, size_t limit, struct rk_strbuf *text, struct rk_err *err);

/* opendir(3), except that the program ends if memory is short: to callers, what cannot be listed is often not there. */
DIR *rk_file_list(const char *path);

#endif
