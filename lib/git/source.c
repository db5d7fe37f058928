#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <git2/sys/repository.h>

#include "git/source.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "git/git.h"

#define KEPT 8		/* levels of directories of the last path that stay open */
#define REV_BYTES 255	/* of a revision that may be the name of a ref's file */
#define DEPTH 512	/* nested directories that rk_source_each() enters */

struct rk_source {
	char *dir;		/* as given, for messages */
	int fd;			/* of a directory, else -1 */
	git_repository *own, *git;	/* of a revision: opened here (or NULL), used */
	git_odb *odb;
	git_repository *bare;	/* without work tree and index, to read attributes; NULL before the first */
	bool once;		/* each directory is opened once, so that libgit2 need not keep it */
	git_tree *tree, *kept[KEPT];	/* the root, and directories below it by depth */
	char commit[RK_OID_HEX];
};

/* A search for the files that match a pattern. */
struct walk {
	struct rk_source *source;
	struct rk_strbuf path;		/* where it is */
	rk_source_found *found;
	void *context;
	struct rk_err *err;
};

/* Return whether a file system that ignores case, final dots and blanks, or streams, or has short names, reads it as .git. */
static bool
is_dot_git(const char *name, size_t len)
{
	const char *stream = memchr(name, ':', len);

	if (stream)
		len = (size_t)(stream - name);
	while (len > 0 && (name[len - 1] == '.' || name[len - 1] == ' '))
		len--;
	return (len == 4 && strncasecmp(name, ".git", 4) == 0) || (len == 5 && strncasecmp(name, "git~1", 5) == 0);
}

bool
rk_source_is_path(const char *path)
{
	size_t total = strlen(path), at, len;
	int32_t c;

	for (at = 0; at < total; at += len) {
		len = 1;
		if (path[at] > ' ' && path[at] < 0x7f && path[at] != '\\')
			continue;
		c = rk_utf8_decode(path + at, total - at, &len);
		if (c < 0 || c == '\\' || rk_utf8_unprintable(c))
			return false;
	}
	for (;; path += len + 1) {
		len = strcspn(path, "/");
		if (len == 0 || (len == 1 && path[0] == '.') || (len == 2 && path[0] == '.' && path[1] == '.') ||
		    is_dot_git(path, len))
			return false;
		if (!path[len])
			return true;
	}
}

static enum rk_rc
fail_path(const char *path, struct rk_err *err)
{
	return rk_err_set(err, RK_EDATA, "invalid path: \"%s\"", path);
}

/* Fail with errno. */
static enum rk_rc
fail_errno(const char *path, struct rk_err *err)
{
	enum rk_rc rc = RK_EIO;

	if (errno == EACCES || errno == EPERM)
		rc = RK_ENOINPUT;
	else if (errno == ENOMEM || errno == EMFILE || errno == ENFILE)
		rc = RK_ENOMEM;
	return rk_err_set(err, rc, "%s: %s", path, strerror(errno));
}

/* Opening */

static enum rk_rc
open_dir(struct rk_source *source, struct rk_err *err)
{
	source->fd = open(source->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (source->fd < 0 && (errno == ENOMEM || errno == EMFILE || errno == ENFILE))
		return fail_errno(source->dir, err);
	return source->fd < 0 ? rk_err_set(err, RK_ENOINPUT, "%s: %s", source->dir, strerror(errno)) : RK_OK;
}

/* Open the tree of a revision that is a commit, a tag or a tree; name is the revision's, for messages. */
static enum rk_rc
open_object(struct rk_source *source, git_object *object, const char *name, struct rk_err *err)
{
	git_object *commit = NULL, *tree = NULL;
	int result = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);

	if (result == 0) {
		git_oid_tostr(source->commit, sizeof source->commit, git_object_id(commit));
		result = git_commit_tree(&source->tree, (git_commit *)commit);
	} else {
		result = git_object_peel(&tree, object, GIT_OBJECT_TREE);
		source->tree = (git_tree *)tree;
	}
	git_object_free(commit);
	if (result == GIT_EPEEL || result == GIT_EINVALIDSPEC)
		return rk_err_set(err, RK_ENOINPUT, "%s: \"%s\" is not a commit or a directory", source->dir, name);
	if (result == 0)
		result = git_repository_odb(&source->odb, source->git);
	return result < 0 ? rk_git_fail(err, result, "%s: %s", source->dir, name) : RK_OK;
}

static enum rk_rc
open_rev(struct rk_source *source, const char *rev, struct rk_err *err)
{
	git_object *object = NULL;
	enum rk_rc rc = rk_git_open(source->dir, &source->own, err);
	int result;

	if (rc != RK_OK)
		return rc;
	source->git = source->own;
	source->once = true;
	result = git_revparse_single(&object, source->git, rev);
	/* the name of a file that would be too long is another error */
	if (result < 0 && strlen(rev) > REV_BYTES)
		result = GIT_ENOTFOUND;
	if (result == GIT_ENOTFOUND || result == GIT_EUNBORNBRANCH || result == GIT_EINVALIDSPEC)
		rc = rk_err_set(err, RK_ENOINPUT, "%s: revision \"%s\" not found%s", source->dir, rev,
		    git_repository_is_shallow(source->git) ? " (the clone is shallow: git fetch --unshallow)" : "");
	else if (result == GIT_EAMBIGUOUS)
		rc = rk_err_set(err, RK_ENOINPUT, "%s: revision \"%s\" is ambiguous", source->dir, rev);
	else
		rc = result < 0 ? rk_git_fail(err, result, "%s: %s", source->dir, rev) : open_object(source, object, rev, err);
	git_object_free(object);
	return rc;
}

static struct rk_source *
new_source(const char *dir)
{
	struct rk_source *source = rk_memory_calloc(1, sizeof *source);

	source->fd = -1;
	source->dir = rk_memory_strdup(dir);
	return source;
}

enum rk_rc
rk_source_open(const char *dir, const char *rev, struct rk_source **source, struct rk_err *err)
{
	struct rk_source *s = new_source(dir);
	enum rk_rc rc = rev ? open_rev(s, rev, err) : open_dir(s, err);

	*source = rc == RK_OK ? s : NULL;
	if (rc != RK_OK)
		rk_source_close(s);
	return rc;
}

enum rk_rc
rk_source_open_commit(git_repository *git, const git_oid *commit, struct rk_source **source, struct rk_err *err)
{
	git_object *object = NULL;
	char id[RK_OID_HEX];
	enum rk_rc rc;
	int result;

	*source = new_source(git_repository_path(git));
	git_oid_tostr(id, sizeof id, commit);
	(*source)->git = git;
	result = git_object_lookup(&object, git, commit, GIT_OBJECT_COMMIT);
	rc = result < 0 ? rk_git_fail(err, result, "%s", (*source)->dir) : open_object(*source, object, id, err);
	git_object_free(object);
	if (rc != RK_OK) {
		rk_source_close(*source);
		*source = NULL;
	}
	return rc;
}

void
rk_source_close(struct rk_source *source)
{
	size_t i;

	if (!source)
		return;
	for (i = 0; i < KEPT; i++)
		git_tree_free(source->kept[i]);
	git_tree_free(source->tree);
	git_repository_free(source->bare);
	git_odb_free(source->odb);
	rk_git_close(source->own);
	if (source->fd >= 0)
		close(source->fd);
	free(source->dir);
	free(source);
}

void
rk_source_once(struct rk_source *source)
{
	source->once = true;
}

const char *
rk_source_commit(const struct rk_source *source)
{
	return source->commit;
}

/* A directory's files */

/* Open name in the directory at.  RK_END: not found, or at is not a directory.  RK_EDATA: a symbolic link. */
static enum rk_rc
open_at(int at, const char *name, int flags, int *fd, const char *path, struct rk_err *err)
{
	struct stat st;

	*fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags);
	if (*fd >= 0)
		return RK_OK;
	/* for a link, Linux sets errno to ELOOP or ENOTDIR, other systems to EMLINK */
	if (errno != ENOENT && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return rk_err_set(err, RK_EDATA, "%s: \"%s\" is a symbolic link, which is not followed", path, name);
	if (errno == ENXIO)	/* a socket */
		return rk_err_set(err, RK_EDATA, "%s: not a regular file", path);
	if (errno == ENOENT || errno == ENOTDIR)
		return rk_err_set(err, RK_END, "%s: file not found", path);
	return fail_errno(path, err);
}

/* Open a file below a source's directory, one component after the other. */
static enum rk_rc
open_path(const struct rk_source *source, const char *path, int *fd, struct rk_err *err)
{
	char *copy = rk_memory_strdup(path), *name = copy, *slash;
	enum rk_rc rc = RK_OK;
	int at = source->fd, next;

	*fd = -1;
	for (; rc == RK_OK && (slash = strchr(name, '/')); name = slash + 1) {
		*slash = '\0';
		rc = open_at(at, name, O_DIRECTORY, &next, path, err);
		if (at != source->fd)
			close(at);
		at = rc == RK_OK ? next : source->fd;
	}
	if (rc == RK_OK)
		rc = open_at(at, name, 0, fd, path, err);
	if (at != source->fd)
		close(at);
	free(copy);
	return rc;
}

static enum rk_rc
too_large(const char *path, size_t limit, struct rk_err *err)
{
	return rk_err_data(err, RK_CODE_TOO_LARGE, "%s: larger than %zu bytes", path, limit);
}

/* Read at most limit bytes; the file may grow in the meantime. */
static enum rk_rc
read_all(int fd, const char *path, size_t limit, struct rk_strbuf *bytes, struct rk_err *err)
{
	char buf[32768];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(path, err);
		if ((size_t)n > limit - total)
			return too_large(path, limit, err);
		rk_strbuf_add(bytes, buf, (size_t)n);
		total += (size_t)n;
	}
	return RK_OK;
}

static enum rk_rc
read_file(const struct rk_source *source, const char *path, size_t limit, struct rk_strbuf *bytes, struct rk_err *err)
{
	struct stat st;
	enum rk_rc rc;
	int fd;

	rc = open_path(source, path, &fd, err);
	if (rc != RK_OK)
		return rc;
	if (fstat(fd, &st) != 0)
		rc = fail_errno(path, err);
	else if (!S_ISREG(st.st_mode))
		rc = rk_err_set(err, RK_EDATA, "%s: not a regular file", path);
	else
		rc = read_all(fd, path, limit, bytes, err);
	close(fd);
	return rc;
}

/* A revision's files */

static const char *
kind(const git_tree_entry *entry)
{
	switch (git_tree_entry_filemode(entry)) {
	case GIT_FILEMODE_LINK:
		return "a symbolic link, which is not followed";
	case GIT_FILEMODE_COMMIT:
		return "a submodule";
	case GIT_FILEMODE_TREE:
		return "a directory";
	default:
		return NULL;	/* a regular file */
	}
}

static enum rk_rc
not_found(const struct rk_source *source, const char *path, struct rk_err *err)
{
	return rk_err_set(err, RK_END, "%s: file not found in %.12s", path, source->commit[0] ? source->commit : "this tree");
}

/* Fail for a path of which a component is not a directory.  RK_EDATA: it is a link or a submodule; else RK_END. */
static enum rk_rc
not_a_directory(const struct rk_source *source, const char *path, struct rk_err *err)
{
	char *copy = rk_memory_strdup(path), *slash;
	git_tree_entry *entry = NULL;
	const char *what = NULL;
	enum rk_rc rc = RK_END;

	while (rc == RK_END && !what && (slash = strrchr(copy, '/'))) {
		*slash = '\0';
		if (git_tree_entry_bypath(&entry, source->tree, copy) == 0) {
			if (git_tree_entry_type(entry) == GIT_OBJECT_TREE)
				break;
			what = kind(entry);
			git_tree_entry_free(entry);
			entry = NULL;
		}
	}
	if (what)
		rc = rk_err_set(err, RK_EDATA, "%s: \"%s\" is %s", path, copy, what);
	else
		not_found(source, path, err);
	git_tree_entry_free(entry);
	free(copy);
	return rc;
}

static enum rk_rc
read_object(const struct rk_source *source, const git_oid *oid, const char *path, size_t limit, struct rk_strbuf *bytes,
    struct rk_err *err)
{
	git_odb_object *object = NULL;
	git_object_t type;
	size_t len;
	int result = git_odb_read_header(&len, &type, source->odb, oid);

	if (result == 0 && len > limit)
		return too_large(path, limit, err);
	if (result == 0)
		result = git_odb_read(&object, source->odb, oid);
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_ENOINPUT, "%s: blob %.12s not found, perhaps because this is a partial clone: "
		    "git cat-file -e %s fetches it, or clone without --filter", path, git_oid_tostr_s(oid),
		    git_oid_tostr_s(oid));
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	rk_strbuf_add(bytes, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	return RK_OK;
}

/*
 * Open the directory oid, depth levels below the root; freed by the caller.  The directories of the last path are kept.
 * If each is opened once, libgit2 must not keep others: the directories of tenants are many.
 */
static int
open_tree(struct rk_source *source, const git_oid *oid, size_t depth, git_tree **tree)
{
	const bool keep = depth < KEPT;
	git_tree **kept = &source->kept[keep ? depth : 0];
	int result;

	*tree = NULL;
	if (keep && *kept && git_oid_equal(git_tree_id(*kept), oid))
		return git_tree_dup(tree, *kept);
	if (source->once)
		git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)0);
	result = git_tree_lookup(tree, source->git, oid);
	if (source->once)
		git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)RK_GIT_TREE_BYTES);
	if (result == 0 && keep) {
		git_tree_free(*kept);
		result = git_tree_dup(kept, *tree);
	}
	return result;
}

/*
 * Find the entry at path; freed by the caller.  *attributes becomes whether one of the directories above has attributes.
 * RK_END: not found.  RK_EDATA: a component is a link or a submodule.
 */
static enum rk_rc
find_entry(struct rk_source *source, const char *path, git_tree_entry **entry, bool *attributes, struct rk_err *err)
{
	char *copy = rk_memory_strdup(path), *name = copy, *slash;
	const git_tree_entry *here = NULL;
	git_tree *tree = NULL, *below;
	bool blocked = false;
	size_t depth;
	int result;

	*entry = NULL;
	*attributes = false;
	result = git_tree_dup(&tree, source->tree);
	for (depth = 0; result == 0; depth++, name = slash + 1) {
		*attributes = *attributes || git_tree_entry_byname(tree, ".gitattributes");
		slash = strchr(name, '/');
		if (slash)
			*slash = '\0';
		here = git_tree_entry_byname(tree, name);
		if (!here || !slash || git_tree_entry_type(here) != GIT_OBJECT_TREE) {
			blocked = here && slash;
			break;
		}
		result = open_tree(source, git_tree_entry_id(here), depth, &below);
		git_tree_free(tree);
		tree = below;
	}
	if (result == 0 && here && !blocked)
		result = git_tree_entry_dup(entry, here);
	git_tree_free(tree);
	free(copy);
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	if (blocked)
		return not_a_directory(source, path, err);
	return here ? RK_OK : not_found(source, path, err);
}

/* Find the blob of a regular file.  RK_END: not found.  RK_EDATA: not a regular file. */
static enum rk_rc
find_blob(struct rk_source *source, const char *path, git_oid *blob, git_filemode_t *mode, struct rk_err *err)
{
	git_tree_entry *entry;
	bool attributes;
	enum rk_rc rc = find_entry(source, path, &entry, &attributes, err);

	if (rc != RK_OK)
		return rc;
	if (kind(entry))
		rc = rk_err_set(err, RK_EDATA, "%s: %s, not a regular file", path, kind(entry));
	git_oid_cpy(blob, git_tree_entry_id(entry));
	*mode = git_tree_entry_filemode(entry);
	git_tree_entry_free(entry);
	return rc;
}

enum rk_rc
rk_source_find(struct rk_source *source, const char *path, git_oid *blob, git_filemode_t *mode, struct rk_err *err)
{
	return rk_source_is_path(path) ? find_blob(source, path, blob, mode, err) : fail_path(path, err);
}

enum rk_rc
rk_source_read(struct rk_source *source, const char *path, const git_oid *blob, size_t limit, struct rk_strbuf *bytes,
    char oid[RK_OID_HEX], struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	git_filemode_t mode;
	git_oid found;

	if (oid)
		oid[0] = '\0';
	if (!rk_source_is_path(path))
		return fail_path(path, err);
	if (!source->tree)
		return read_file(source, path, limit, bytes, err);
	if (!blob) {
		rc = find_blob(source, path, &found, &mode, err);
		blob = &found;
	}
	if (rc == RK_OK)
		rc = read_object(source, blob, path, limit, bytes, err);
	if (rc == RK_OK && oid)
		git_oid_tostr(oid, RK_OID_HEX, blob);
	return rc;
}

/* libgit2 reads attributes from the index whatever the flags are, so this repository has an empty index. */
static int
open_bare(struct rk_source *source)
{
	git_repository *bare = NULL;
	git_index *none = NULL;
	int result = git_repository_open_bare(&bare, git_repository_commondir(source->git));

	if (result == 0)
		result = git_index_new(&none);
	if (result == 0)
		result = git_repository_set_index(bare, none);
	if (result == 0)
		result = git_repository_set_odb(bare, source->odb);
	git_index_free(none);
	if (result == 0)
		source->bare = bare;
	else
		git_repository_free(bare);
	return result;
}

enum rk_rc
rk_source_check_filter(struct rk_source *source, const char *path, struct rk_err *err)
{
	git_attr_options options = { .version = GIT_ATTR_OPTIONS_VERSION, .flags = GIT_ATTR_CHECK_INDEX_ONLY };
	git_tree_entry *entry;
	const char *value = NULL;
	bool attributes;
	int result = 0;

	if (!*source->commit)
		return RK_OK;
	if (find_entry(source, path, &entry, &attributes, err) == RK_OK)
		git_tree_entry_free(entry);
	else	/* a file of a commit that was read differently before */
		attributes = true;
	if (attributes) {	/* otherwise libgit2 need not read trees */
		options.flags |= GIT_ATTR_CHECK_INCLUDE_COMMIT;
		result = git_oid_fromstr(&options.attr_commit_id, source->commit);
	}
	if (result == 0 && !source->bare)
		result = open_bare(source);
	if (result == 0)
		result = git_attr_get_ext(&value, source->bare, &options, path, "filter");
	if (result < 0) {
		rk_git_fail(err, result, "%s: its attributes", path);
		return RK_EIO;
	}
	if (git_attr_value(value) == GIT_ATTR_VALUE_STRING)
		return rk_err_set(err, RK_EDATA, "%s: the filter \"%s\" of gitattributes converts it", path, value);
	return RK_OK;
}

/* Listing */

/* Go down to name; *mark is for step_out(). */
static void
step_in(struct walk *walk, const char *name, size_t *mark)
{
	*mark = walk->path.len;
	if (*mark)
		rk_strbuf_putc(&walk->path, '/');
	rk_strbuf_puts(&walk->path, name);
}

static void
step_out(struct walk *walk, size_t mark)
{
	walk->path.len = mark;
	walk->path.data[mark] = '\0';
}

static enum rk_rc
call_found(struct walk *walk, const git_oid *blob)
{
	return walk->found(walk->context, rk_strbuf_str(&walk->path), blob, walk->err);
}

static enum rk_rc walk_tree(git_tree *tree, size_t depth, const char *pattern, struct walk *walk);

static enum rk_rc
walk_entry(const git_tree_entry *entry, size_t depth, const char *rest, struct walk *walk)
{
	git_tree *below = NULL;
	enum rk_rc rc = RK_OK;
	size_t mark;
	int result;

	/* a tree may have names that are not paths */
	if (!rk_source_is_path(git_tree_entry_name(entry)))
		return RK_OK;
	step_in(walk, git_tree_entry_name(entry), &mark);
	if (!*rest && !kind(entry)) {
		rc = call_found(walk, git_tree_entry_id(entry));
	} else if (*rest && git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
		result = open_tree(walk->source, git_tree_entry_id(entry), depth, &below);
		rc = result < 0 ? rk_git_fail(walk->err, result, "%s", rk_strbuf_str(&walk->path))
				: walk_tree(below, depth + 1, rest + 1, walk);
		git_tree_free(below);
	}
	step_out(walk, mark);
	return rc;
}

/* Git sorts the entries of a tree by the bytes of the paths below it. */
static enum rk_rc
walk_tree(git_tree *tree, size_t depth, const char *pattern, struct walk *walk)
{
	size_t len = strcspn(pattern, "/"), n = git_tree_entrycount(tree), i;
	const git_tree_entry *entry;
	enum rk_rc rc = RK_OK;
	char name[1024];

	if (!memchr(pattern, '*', len) && len < sizeof name) {
		memcpy(name, pattern, len);
		name[len] = '\0';
		entry = git_tree_entry_byname(tree, name);
		return entry ? walk_entry(entry, depth, pattern + len, walk) : RK_OK;
	}
	for (i = 0; i < n && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(tree, i);
		if (rk_glob_match(pattern, len, git_tree_entry_name(entry), RK_GLOB_PATH))
			rc = walk_entry(entry, depth, pattern + len, walk);
	}
	return rc;
}

static enum rk_rc
walk_all(git_tree *tree, size_t depth, struct walk *walk)
{
	size_t n = git_tree_entrycount(tree), mark, i;
	const git_tree_entry *entry;
	git_tree *below = NULL;
	enum rk_rc rc = RK_OK;
	int result;

	if (depth > DEPTH)
		return rk_err_set(walk->err, RK_EDATA, "more than %d nested directories in \"%.*s\"", DEPTH,
		    (int)strcspn(walk->path.data, "/"), walk->path.data);
	for (i = 0; i < n && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(tree, i);
		if (!rk_source_is_path(git_tree_entry_name(entry)))
			continue;
		step_in(walk, git_tree_entry_name(entry), &mark);
		if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
			result = open_tree(walk->source, git_tree_entry_id(entry), depth, &below);
			rc = result < 0 ? rk_git_fail(walk->err, result, "%s", rk_strbuf_str(&walk->path))
					: walk_all(below, depth + 1, walk);
			git_tree_free(below);
		} else if (!kind(entry)) {
			rc = call_found(walk, git_tree_entry_id(entry));
		}
		step_out(walk, mark);
	}
	return rc;
}

enum rk_rc
rk_source_each(struct rk_source *source, rk_source_found *found, void *context, struct rk_err *err)
{
	struct walk walk = { .source = source, .found = found, .context = context, .err = err };
	enum rk_rc rc = walk_all(source->tree, 0, &walk);

	rk_strbuf_free(&walk.path);
	return rc;
}

struct names {
	char **name;	/* of directories with "/" after it */
	size_t n, size;
};

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_name(struct names *names, const char *name, bool deeper)
{
	size_t len = strlen(name);
	char *copy = rk_memory_malloc(len + 2);

	rk_memory_grow(&names->name, names->n, &names->size, sizeof *names->name);
	memcpy(copy, name, len + 1);
	if (deeper)
		memcpy(copy + len, "/", 2);
	names->name[names->n++] = copy;
}

static void
free_names(struct names *names)
{
	while (names->n > 0)
		free(names->name[--names->n]);
	free(names->name);
}

/* List the names in a directory that match, in the order of the paths below them. */
static enum rk_rc
list(int fd, const char *pattern, size_t len, struct names *names, struct walk *walk)
{
	int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = again < 0 ? NULL : fdopendir(again);
	struct dirent *entry;
	enum rk_rc rc = RK_OK;

	if (!dir) {
		rc = fail_errno(rk_strbuf_str(&walk->path), walk->err);
		if (again >= 0)
			close(again);
		return rc;
	}
	for (errno = 0; rc == RK_OK && (entry = readdir(dir)); errno = 0)
		if (rk_glob_match(pattern, len, entry->d_name, RK_GLOB_PATH) && rk_source_is_path(entry->d_name))
			add_name(names, entry->d_name, pattern[len] == '/');
	if (rc == RK_OK && errno != 0)
		rc = fail_errno(rk_strbuf_str(&walk->path), walk->err);
	closedir(dir);
	if (rc == RK_OK && names->n > 1)
		qsort(names->name, names->n, sizeof *names->name, by_bytes);
	return rc;
}

static enum rk_rc walk_dir(int fd, const char *pattern, struct walk *walk);

static enum rk_rc
walk_name(int fd, const char *name, const char *rest, struct walk *walk)
{
	enum rk_rc rc = RK_OK;
	struct stat st;
	size_t mark;
	int below;

	step_in(walk, name, &mark);
	if (*rest) {
		rc = open_at(fd, name, O_DIRECTORY, &below, rk_strbuf_str(&walk->path), walk->err);
		if (rc == RK_OK) {
			rc = walk_dir(below, rest + 1, walk);
			close(below);
		} else if (rc == RK_END || rc == RK_EDATA) {
			rc = RK_OK;	/* not a directory */
		}
	} else if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)) {
		rc = call_found(walk, NULL);
	}
	step_out(walk, mark);
	return rc;
}

static enum rk_rc
walk_dir(int fd, const char *pattern, struct walk *walk)
{
	size_t len = strcspn(pattern, "/"), i;
	struct names names = { 0 };
	enum rk_rc rc = RK_OK;

	if (memchr(pattern, '*', len))
		rc = list(fd, pattern, len, &names, walk);
	else
		add_name(&names, pattern, false);
	for (i = 0; i < names.n && rc == RK_OK; i++) {
		names.name[i][strcspn(names.name[i], "/")] = '\0';
		rc = walk_name(fd, names.name[i], pattern + len, walk);
	}
	free_names(&names);
	return rc;
}

enum rk_rc
rk_source_glob(struct rk_source *source, const char *pattern, rk_source_found *found, void *context, struct rk_err *err)
{
	struct walk walk = { .source = source, .found = found, .context = context, .err = err };
	enum rk_rc rc;

	if (!rk_source_is_path(pattern))
		return fail_path(pattern, err);
	rc = source->tree ? walk_tree(source->tree, 0, pattern, &walk) : walk_dir(source->fd, pattern, &walk);
	rk_strbuf_free(&walk.path);
	return rc;
}
