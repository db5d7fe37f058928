#ifndef RK_SECCOMP_H
#define RK_SECCOMP_H

#include "base/err.h"
#include "process/confine.h"

/*
 * Forbid system calls.  Without programs, all are forbidden except those in a list: they fail with ENOSYS, as on a kernel that
 * does not have them, so that libc falls back to others.  With programs, those of another list fail with EPERM.
 * RK_END: the kernel does not have it, or a container forbids it; err->msg says why.  RK_ENOMEM.
 */
enum rk_rc rk_seccomp_apply(const struct rk_confine *needs, struct rk_err *err);

#endif
