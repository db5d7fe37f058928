#ifndef RK_GIT_DIR_H
#define RK_GIT_DIR_H

#include "base/err.h"

/*
 * Check that the files which libgit2 opens in the repository in or above dir, its configuration and refs for example, are
 * regular: it would wait for ever for a named pipe.  RK_OK: also if there is no repository.  RK_ENOINPUT: one is not; err->msg
 * names it.  RK_ENOMEM.
 */
enum rk_rc rk_git_dir_check(const char *dir, struct rk_err *err);

#endif
