#ifndef RK_MERGE_ATTR_H
#define RK_MERGE_ATTR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* The settings, other than in attribute files of trees, by which files have a merge driver (gitattributes(5), "merge"). */
struct rk_merge_attr {
	bool all;			/* the configuration changes how all files are merged */
	struct rk_strbuf outside;	/* the attribute files of the repository, the user and the system, concatenated */
};

/* Read the settings; free with rk_merge_attr_free() in any case.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_merge_attr_read(git_repository *git, struct rk_merge_attr *attributes, struct rk_err *err);
void rk_merge_attr_free(struct rk_merge_attr *attributes);

/*
 * Return whether the len bytes of an attribute file could set a merge driver for a file of that name, in whatever
 * directory.  False is certain; true is not, because only Git knows all rules of its patterns.
 */
bool rk_merge_attr_names(const char *attributes, size_t len, const char *name);

/* Append the attribute file of the repository (info/attributes), if there is one, and a newline.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_merge_attr_local(git_repository *git, struct rk_strbuf *text, struct rk_err *err);

#endif
