#ifndef RK_DRIVER_H
#define RK_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "git.h"
#include "text.h"

/*
 * Which files a merge driver of their own may merge (gitattributes(5), "merge"): what a repository's configuration and
 * the attribute files outside of its trees say.
 */
struct rk_drivers {
	bool all;		/* the configuration speaks of every file */
	struct rk_text outside;	/* the attribute files outside of the trees, one behind the other */
};

/* Free drivers with rk_drivers_free() in any case.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_drivers_read(git_repository *git, struct rk_drivers *drivers, struct rk_err *err);
void rk_drivers_free(struct rk_drivers *drivers);

/*
 * Could this attribute file give a file of that name, without its directory, a merge driver of its own?
 * A no is certain; a yes may be wrong, where only Git's own matching could tell.
 */
bool rk_driver_named(const char *attributes, size_t len, const char *name);

/* Append the attribute file of the repository (info/attributes), or of the user (core.attributesFile).  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_driver_local(git_repository *git, struct rk_text *text, struct rk_err *err);
enum rk_rc rk_driver_global(git_repository *git, struct rk_text *text, struct rk_err *err);

#endif
