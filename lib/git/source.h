#ifndef RK_SOURCE_H
#define RK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* A directory, or a revision of a Git repository: read-only, one confinement for both. */
struct rk_source;

/*
 * rev NULL: the files as they lie below dir.  Else dir is (in) a Git repository, bare or not, and rev is
 * anything that git rev-parse takes for a commit or tree.  Nothing outside dir or the revision's tree is
 * ever read: a path that is absolute, or has an empty, ".", ".." or ".git" component (in any spelling that
 * some file system takes for it), is no path here, and one that leads through a symbolic link leads nowhere.
 * RK_ENOINPUT: no such directory, repository or revision.  RK_EPERM: its owner is another (safe.directory).
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_open(const char *dir, const char *rev, struct rk_source **repo, struct rk_err *err);

/* The same for a commit of a repository that is open already, and must outlive repo. */
struct git_repository;
struct git_oid;
enum rk_rc rk_source_open_commit(struct git_repository *git, const struct git_oid *commit, struct rk_source **repo,
    struct rk_err *err);

void rk_source_close(struct rk_source *repo);	/* may be NULL */

/* The commit that rev names, in hexadecimal; "" for a directory or a bare tree. */
const char *rk_source_commit(const struct rk_source *repo);

/*
 * One regular file's bytes, appended to bytes, of at most limit bytes.  oid (may be NULL) becomes the blob's
 * id, as git hash-object would print it ("" for a directory).
 * RK_END: there is no such file (err->msg says so).  RK_EDATA: it is no path, no regular file, or larger
 * than limit.  RK_ENOINPUT: it may not be read, or its blob is not here (a partial clone).
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_read(struct rk_source *repo, const char *path, size_t limit, struct rk_strbuf *bytes,
    char oid[RK_OID_HEX], struct rk_err *err);

/* Called for each path found; anything but RK_OK ends the walk with it. */
typedef enum rk_rc rk_source_found(void *context, const char *path, struct rk_err *err);

/*
 * Every regular file whose path matches pattern, in the byte order of the paths.  In pattern a component may
 * hold "*", which matches any run of bytes but "/" ("*" does not match a leading "."); all else is literal.
 * Only directories that can match are read, and one of each depth is kept.  Nothing that matches is RK_OK.
 * RK_EDATA: pattern is no path.  RK_ENOINPUT: a directory may not be read.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_source_glob(struct rk_source *repo, const char *pattern, rk_source_found *found, void *context,
    struct rk_err *err);

/*
 * May path name a file below a repository's root?  Not absolute, no empty, "." or ".." component, none that
 * a file system may take for ".git" (".GIT", ".git.", "git~1", ".git::$INDEX_ALLOCATION"), no backslash, and
 * UTF-8 without characters that do not print (some file systems pass over them: ".g\u200cit").
 */
bool rk_source_is_path(const char *path);

#endif
