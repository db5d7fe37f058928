#ifndef RK_SOURCE_H
#define RK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* Files to read: those of a directory, or of a revision of a Git repository.  Nothing else is ever read. */
struct rk_source;

/*
 * Open a source.
 *
 *   dir     the directory, or with rev a directory in a Git repository, which may be bare
 *   rev     a commit or tree, as git rev-parse takes it; NULL: the files of the directory
 *   source  on RK_OK closed with rk_source_close(), else NULL
 *
 * Paths below it that rk_source_is_path() does not accept are refused, and symbolic links are not followed.
 * RK_ENOINPUT: directory, repository or revision not found.  RK_EPERM: it belongs to another user (safe.directory).
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_open(const char *dir, const char *rev, struct rk_source **source, struct rk_err *err);

/* Open a commit of a repository, which is borrowed until rk_source_close().  RK_ENOINPUT, RK_EIO, RK_ENOMEM. */
enum rk_rc rk_source_open_commit(git_repository *git, const git_oid *commit, struct rk_source **source, struct rk_err *err);
void rk_source_close(struct rk_source *source);	/* may be NULL */

/* Return the id of the commit that rev names: "" for a directory or a tree. */
const char *rk_source_commit(const struct rk_source *source);

/* Let libgit2 not keep the directories of a source that reads each file once, which takes less memory. */
void rk_source_once(struct rk_source *source);

/* Find the blob of a regular file of a revision, and its mode.  Fails as rk_source_read(). */
enum rk_rc rk_source_find(struct rk_source *source, const char *path, git_oid *blob, git_filemode_t *mode, struct rk_err *err);

/*
 * Append the content of a regular file to bytes.
 *
 *   blob   its id as rk_source_glob() or rk_source_find() gave it, so that path is not looked up again, or NULL; ignored in a directory
 *   limit  the most bytes that it may have
 *   oid    set to the blob's id, as git hash-object prints it; "" for a directory; may be NULL
 *
 * RK_END: file not found.  RK_EDATA: invalid path, not a regular file, or larger than limit (err->code is then too-large).
 * RK_ENOINPUT: no permission, or its blob is not in this clone (a partial clone).  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_read(struct rk_source *source, const char *path, const git_oid *blob, size_t limit,
    struct rk_strbuf *bytes, char oid[RK_OID_HEX], struct rk_err *err);

/*
 * Check that no filter driver (gitattributes(5), filter=) converts a file of a commit, so that Git stores what users see.
 * Attributes are read from the commit, $GIT_DIR/info/attributes and core.attributesFile, not from a work tree or an index.
 * RK_OK: also if the source is not a commit.  RK_EDATA: a filter converts it; err->msg names the filter.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_check_filter(struct rk_source *source, const char *path, struct rk_err *err);

/*
 * A function that is called for each file found, with its path and the id of its blob, or NULL in a directory.  Any result
 * except RK_OK ends the search.
 */
typedef enum rk_rc rk_source_found(void *context, const char *path, const git_oid *blob, struct rk_err *err);

/*
 * Find each regular file whose path matches a pattern of RK_GLOB_PATH (base/glob.h), in the byte order of the paths.  Only
 * directories that can match are read.  RK_OK: also if nothing matches; else what found returned, or
 * RK_EDATA: invalid pattern.  RK_ENOINPUT: no permission to read a directory.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_glob(struct rk_source *source, const char *pattern, rk_source_found *found, void *context,
    struct rk_err *err);

/*
 * Find each regular file of a revision, in the byte order of the paths; those whose path rk_source_is_path() does not accept
 * are skipped.  RK_OK, else what found returned, or RK_EDATA: more than 512 nested directories.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_each(struct rk_source *source, rk_source_found *found, void *context, struct rk_err *err);

/*
 * Return whether a string can be the path of a file below a repository's root: relative; without empty, "." and ".."
 * components; without a component that a file system may take for ".git" (".GIT", ".git.", "git~1",
 * ".git::$INDEX_ALLOCATION"); without backslash; UTF-8 of printable characters, because some file systems ignore others.
 */
bool rk_source_is_path(const char *path);

#endif
