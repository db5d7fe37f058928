#ifndef RK_GIT_DIR_H
#define RK_GIT_DIR_H

#include "base/err.h"
#include "base/strbuf.h"

/* Where a repository is; paths without a slash at their ends. */
struct rk_git_dir {
	struct rk_strbuf dot_git;	/* .git in a work tree: a directory, a file that names one, or for a bare one nothing */
	struct rk_strbuf own;		/* the directory of the repository, or of a linked work tree in it */
	struct rk_strbuf common;	/* the directory that all its work trees share; often the same */
};

/*
 * Check that the files which libgit2 opens in the repository in or above dir, its configuration and refs for example, are
 * regular: it would wait for ever for a named pipe.  RK_OK: also if there is no repository.  RK_ENOINPUT: one is not; err->msg
 * names it.
 */
enum rk_rc rk_git_dir_check(const char *dir, struct rk_err *err);

/*
 * Find the repository in or above dir, and check it in the same way.  found is zero at first; free it with rk_git_dir_free() in
 * any case.  RK_END: there is no repository.  Otherwise fails as rk_git_dir_check().
 */
enum rk_rc rk_git_dir_find(const char *dir, struct rk_git_dir *found, struct rk_err *err);
void rk_git_dir_free(struct rk_git_dir *found);

#endif
