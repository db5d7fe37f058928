#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#if __has_include(<git2/sys/errors.h>)
#include <git2/sys/errors.h>	/* libgit2 1.8 and newer */
#endif
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "git/loose.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "process/file.h"

#define PRIORITY 2		/* libgit2's backend for loose objects has 1, that for packs 2, and is asked before */
#define HEAD_BYTES 32		/* "commit 18446744073709551615" and a NUL */
#define MOST_TIMES 1032		/* bytes that deflate(5) can make of one */
#define ALTERNATES 5		/* of alternates, as in Git */
#define ALTERNATES_BYTES 65536

struct backend {
	git_odb_backend parent;
	struct rk_strbuf dirs;	/* of objects, a NUL after each */
	struct rk_strbuf file;	/* the last that was read, for often only the length is asked for before */
	git_oid in_file;
	z_stream z;
};

static int
fail(const char *path, const char *why)
{
	struct rk_strbuf message = { 0 };

	rk_strbuf_printf(&message, "the loose object %s is corrupt: %s", path, why);
	git_error_set_str(GIT_ERROR_ODB, rk_strbuf_str(&message));
	rk_strbuf_free(&message);
	return GIT_ERROR;
}

/* Read a file into backend->file.  GIT_ENOTFOUND: there is no such file. */
static int
read_file(struct backend *backend, const char *path)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *why = NULL;
	char chunk[16384];
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? GIT_ENOTFOUND : fail(path, strerror(errno));
	rk_strbuf_clear(&backend->file);
	backend->in_file = (git_oid){ 0 };
	if (fstat(fd, &st) < 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a regular file";
	while (!why && backend->file.len < UINT_MAX && ((n = read(fd, chunk, sizeof chunk)) > 0 || (n < 0 && errno == EINTR)))
		rk_strbuf_add(&backend->file, chunk, n > 0 ? (size_t)n : 0);
	if (!why && n < 0)
		why = strerror(errno);
	else if (!why && backend->file.len >= UINT_MAX)
		why = "too large";
	close(fd);
	return why ? fail(path, why) : 0;
}

/* Parse the head of n bytes, "blob 12" and a NUL, and return its length; 0: it is invalid. */
static size_t
parse_head(const char head[HEAD_BYTES], size_t n, git_object_t *type, size_t *len)
{
	const char *end = memchr(head, '\0', n), *at = end ? memchr(head, ' ', n) : NULL;
	char word[8];

	if (!at || at >= end || (size_t)(at - head) >= sizeof word)
		return 0;
	memcpy(word, head, (size_t)(at - head));
	word[at - head] = '\0';
	*type = git_object_string2type(word);
	for (*len = 0, at++; at < end && *at >= '0' && *at <= '9' && *len < SIZE_MAX / 10 - 1; at++)
		*len = 10 * *len + (size_t)(*at - '0');
	return at == end && git_object_typeisloose(*type) ? (size_t)(end - head) + 1 : 0;
}

/* Inflate to the end of the stream, or until len bytes have come; return whether one of them was reached. */
static bool
inflate_to(z_stream *z, void *to, size_t len)
{
	int result;

	z->next_out = to;
	z->avail_out = (uInt)len;
	do
		result = inflate(z, Z_SYNC_FLUSH);
	while (result == Z_OK && z->avail_out > 0);
	return result == Z_STREAM_END || (result == Z_OK && z->avail_out == 0);
}

/*
 * Read the object in backend->file.  *content becomes its bytes, with a NUL after them, unless content is NULL.
 * Return NULL, or what is wrong.
 */
static const char *
inflate_file(struct backend *backend, void **content, size_t *len, git_object_t *type)
{
	z_stream *z = &backend->z;
	char head[HEAD_BYTES], *all;
	size_t n, start;

	inflateReset(z);
	z->next_in = (unsigned char *)backend->file.data;
	z->avail_in = (uInt)backend->file.len;
	if (!inflate_to(z, head, sizeof head))
		return "truncated, or not compressed by zlib";
	n = sizeof head - z->avail_out;
	start = parse_head(head, n, type, len);
	if (start == 0)
		return "it does not start with a type and a length";
	n -= start;
	if (n > *len || *len / MOST_TIMES > backend->file.len || *len >= UINT_MAX)
		return "its length is wrong";
	if (!content)
		return NULL;
	all = git_odb_backend_data_alloc(&backend->parent, *len + 1);
	if (!all)
		return "out of memory";
	memcpy(all, head + start, n);
	/* space for one more byte shows an object that is too long */
	if (inflate_to(z, all + n, *len - n + 1) && z->avail_out == 1 && z->avail_in == 0) {
		all[*len] = '\0';
		*content = all;
		return NULL;
	}
	git_odb_backend_data_free(&backend->parent, all);
	return "truncated, or not as long as it says";
}

/* Read an object; content as in inflate_file().  GIT_ENOTFOUND: it is not loose. */
static int
read_object(struct backend *backend, const git_oid *oid, void **content, size_t *len, git_object_t *type)
{
	const bool again = git_oid_equal(&backend->in_file, oid);
	struct rk_strbuf path = { 0 };
	const char *dir = backend->dirs.data, *why;
	const git_oid none = { 0 };
	int result = again ? 0 : GIT_ENOTFOUND;
	char hex[RK_OID_HEX];

	git_oid_tostr(hex, sizeof hex, oid);
	for (; result == GIT_ENOTFOUND && dir < backend->dirs.data + backend->dirs.len; dir += strlen(dir) + 1) {
		rk_strbuf_clear(&path);
		rk_strbuf_printf(&path, "%s/%.2s/%s", dir, hex, hex + 2);
		result = read_file(backend, path.data);
	}
	if (result == 0) {
		why = inflate_file(backend, content, len, type);
		result = why ? fail(again ? hex : rk_strbuf_str(&path), why) : 0;
		backend->in_file = why ? none : *oid;
	}
	rk_strbuf_free(&path);
	return result;
}

static int
read_whole(void **content, size_t *len, git_object_t *type, git_odb_backend *backend, const git_oid *oid)
{
	return read_object((struct backend *)backend, oid, content, len, type);
}

static int
read_header(size_t *len, git_object_t *type, git_odb_backend *backend, const git_oid *oid)
{
	return read_object((struct backend *)backend, oid, NULL, len, type);
}

/* Find the only loose object whose id starts with some digits. */
static int
find_prefix(const struct rk_strbuf *dirs, const char *digits, size_t n, git_oid *found)
{
	struct rk_strbuf path = { 0 };
	char hex[RK_OID_HEX] = { 0 };
	struct dirent *entry;
	const char *at;
	int result = GIT_ENOTFOUND;
	git_oid id;
	DIR *dir;

	for (at = dirs->data; at < dirs->data + dirs->len; at += strlen(at) + 1) {
		rk_strbuf_clear(&path);
		rk_strbuf_printf(&path, "%s/%.2s", at, digits);
		dir = rk_file_list(path.data);
		while (dir && (entry = readdir(dir))) {
			if (strlen(entry->d_name) != sizeof hex - 3 || strncmp(entry->d_name, digits + 2, n - 2) != 0)
				continue;
			memcpy(hex, digits, 2);
			memcpy(hex + 2, entry->d_name, sizeof hex - 2);
			if (git_oid_fromstr(&id, hex) < 0)
				continue;
			if (result == 0 && !git_oid_equal(found, &id))
				result = GIT_EAMBIGUOUS;
			else if (result == GIT_ENOTFOUND)
				result = 0;
			*found = id;
		}
		if (dir)
			closedir(dir);
	}
	rk_strbuf_free(&path);
	return result;
}

static int
read_prefix(git_oid *oid, void **content, size_t *len, git_object_t *type, git_odb_backend *backend, const git_oid *start,
    size_t n)
{
	char digits[RK_OID_HEX];
	git_oid found;
	int result;

	git_oid_tostr(digits, sizeof digits, start);
	result = find_prefix(&((struct backend *)backend)->dirs, digits, n, &found);
	/* libgit2's backend says better that it is ambiguous */
	if (result == GIT_EAMBIGUOUS)
		return GIT_PASSTHROUGH;
	if (result == 0)
		result = read_object((struct backend *)backend, &found, content, len, type);
	if (result == 0)
		*oid = found;
	return result;
}

/* libgit2 needs one; its own backend lists the same objects. */
static int
each_object(git_odb_backend *backend, git_odb_foreach_cb each, void *context)
{
	(void)backend;
	(void)each;
	(void)context;
	return 0;
}

static void
free_backend(git_odb_backend *parent)
{
	struct backend *backend = (struct backend *)parent;

	inflateEnd(&backend->z);
	rk_strbuf_free(&backend->file);
	rk_strbuf_free(&backend->dirs);
	free(backend);
}

/* Add a directory of objects, and those that its info/alternates names, relative to it. */
static void
add_dirs(struct rk_strbuf *dirs, const char *dir, unsigned depth)
{
	struct rk_strbuf path = { 0 }, text = { 0 };
	struct rk_err err;
	char *line, *end;

	rk_strbuf_add(dirs, dir, strlen(dir) + 1);
	rk_strbuf_printf(&path, "%s/info/alternates", dir);
	if (depth == ALTERNATES || rk_file_read(path.data, ALTERNATES_BYTES, &text, &err) != RK_OK || !text.data)
		text.len = 0;
	for (line = text.data; text.len && *line; line = end + (*end != '\0')) {
		end = line + strcspn(line, "\n");
		if (end == line || *line == '#')
			continue;
		rk_strbuf_clear(&path);
		if (*line != '/')
			rk_strbuf_printf(&path, "%s/", dir);
		rk_strbuf_add(&path, line, (size_t)(end - line));
		add_dirs(dirs, path.data, depth + 1);
	}
	rk_strbuf_free(&path);
	rk_strbuf_free(&text);
}

void
rk_loose_dirs(const char *common, struct rk_strbuf *dirs)
{
	struct rk_strbuf objects = { 0 };

	rk_strbuf_printf(&objects, "%sobjects", common);
	add_dirs(dirs, rk_strbuf_str(&objects), 0);
	rk_strbuf_free(&objects);
}

enum rk_rc
rk_loose_read_by(git_repository *git, struct rk_err *err)
{
	struct backend *backend = rk_memory_calloc(1, sizeof *backend);
	git_odb *odb = NULL;
	enum rk_rc rc = RK_OK;
	int result;

	if (inflateInit(&backend->z) != Z_OK)
		rk_memory_fail();
	rk_loose_dirs(git_repository_commondir(git), &backend->dirs);
	git_odb_init_backend(&backend->parent, GIT_ODB_BACKEND_VERSION);
	backend->parent.read = read_whole;
	backend->parent.read_header = read_header;
	backend->parent.read_prefix = read_prefix;
	backend->parent.foreach = each_object;
	backend->parent.free = free_backend;
	if ((result = git_repository_odb(&odb, git)) < 0 ||
	    (result = git_odb_add_backend(odb, &backend->parent, PRIORITY)) < 0)
		rc = rk_git_fail(err, result, "the objects of the repository");
	if (rc != RK_OK)
		free_backend(&backend->parent);
	git_odb_free(odb);
	return rc;
}
