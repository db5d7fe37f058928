#ifndef RK_MERGE_ATTR_H
#define RK_MERGE_ATTR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * Which files a merge driver of their own may merge (gitattributes(5), "merge"): what a repository's configuration and
 * the attribute files outside of its trees say.
 */
struct rk_merge_attr {
	bool all;		/* the configuration speaks of every file */
	struct rk_strbuf outside;	/* the attribute files outside of the trees, one behind the other */
};

/* Free drivers with rk_merge_attr_free() in any case.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_merge_attr_read(git_repository *git, struct rk_merge_attr *drivers, struct rk_err *err);
void rk_merge_attr_free(struct rk_merge_attr *drivers);

/*
 * Could this attribute file give a file of that name, without its directory, a merge driver of its own?
 * A no is certain; a yes may be wrong, where only Git's own matching could tell.
 */
bool rk_merge_attr_names(const char *attributes, size_t len, const char *name);

/* Append the attribute file of the repository (info/attributes), or of the user (core.attributesFile).  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_merge_attr_local(git_repository *git, struct rk_strbuf *text, struct rk_err *err);
enum rk_rc rk_merge_attr_global(git_repository *git, struct rk_strbuf *text, struct rk_err *err);

#endif
