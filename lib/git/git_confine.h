#ifndef RK_GIT_CONFINE_H
#define RK_GIT_CONFINE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/io.h"

/* What a filter needs of repositories and files until it ends.  All members are borrowed. */
struct rk_git_confine {
	const char *repo[2];	/* directories in or of repositories, whose revisions are read; NULL: none */
	const char *file[6];	/* files, or directories whose files are read; NULL: none */
	bool write;		/* the filter writes objects and moves branches of the first repository */
	bool remove;		/* with write: it deletes branches, too */
	bool programs;		/* it runs programs, so that what it needs is not known */
};

/*
 * Confine the filter by rk_confine() to what it needs: of a repository its directory, that of a linked work tree, the objects of
 * its alternates, and Git's configuration and attributes, but not the files of a work tree.  Where it writes, it can change
 * objects, refs and reflogs, but not configuration and hooks, except if a reflog directory is still to be made, or if branches
 * are deleted: then any file of the repository's directory.
 *
 * Fails as rk_confine() and rk_git_dir_check().  A repository that does not exist is left to the function that opens it.
 */
enum rk_rc rk_git_confine(const struct rk_git_confine *needs, struct rk_io *io, struct rk_err *err);

#endif
