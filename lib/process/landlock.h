#ifndef RK_LANDLOCK_H
#define RK_LANDLOCK_H

#include "base/err.h"
#include "process/confine.h"

/*
 * Forbid to open, make, change and remove files except those that needs names, to listen and connect by TCP, to connect to
 * abstract sockets, and to signal other processes, as far as the kernel's Landlock knows these (landlock(7)).
 * RK_END: the kernel does not have it, or not enough of it; err->msg says which.  RK_ENOMEM.
 */
enum rk_rc rk_landlock_apply(const struct rk_confine *needs, struct rk_err *err);

#endif
