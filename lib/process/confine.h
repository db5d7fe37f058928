#ifndef RK_CONFINE_H
#define RK_CONFINE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/io.h"

/* What a filter needs until it ends; all members are borrowed.  A list ends with NULL, and may be NULL: empty. */
struct rk_confine {
	const char *const *read;	/* files, and directories with all below them; those that do not exist are skipped */
	const char *const *write;	/* directories below which files are made, changed and removed */
	bool programs;			/* it runs other programs, whose needs are not known */
};

/*
 * Give up all that the filter does not need, until it ends, by Landlock and seccomp.  Without programs that is every other
 * file, sockets, new processes, and what changes the system; without files to read and write, opening any.  With programs,
 * which inherit it, it is only what changes the system and looks into other processes.  In any case, neither the filter nor
 * its programs can gain privileges any more (no_new_privs).
 *
 * RK_OK: also with RINGKIT_SANDBOX=off, and if the kernel does not have one or the other, which --verbose reports.
 * RK_EUSAGE: another value of RINGKIT_SANDBOX.  RK_ENOMEM: the kernel cannot, for another reason.
 */
enum rk_rc rk_confine(const struct rk_confine *needs, struct rk_io *io, struct rk_err *err);

/* Let the filter read a file, and those that an option names, which may be repeated: its letter. */
enum rk_rc rk_confine_files(struct rk_io *io, char letter, const char *file, struct rk_err *err);

#endif
