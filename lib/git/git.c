#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <git2/sys/alloc.h>

#include "git/git.h"
#include "base/abort.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "process/subprocess.h"
#include "git/git_dir.h"
#include "git/loose.h"

#define CACHE_BYTES (48u << 20)	/* of objects that libgit2 keeps */
#define WINDOW_BYTES (1u << 20)	/* of a pack that is mapped at once; its default is the whole pack */
#define MAPPED_BYTES (8u << 20)	/* of all windows */
#define LINES 262144	/* that two files may have together to be compared, and another for each LINE_BYTES */
#define LINE_BYTES 8

enum rk_rc
rk_git_fail(struct rk_err *err, int result, const char *fmt, ...)
{
	const git_error *last = git_error_last();
	char where[512];
	enum rk_rc rc;
	va_list args;

	va_start(args, fmt);
	vsnprintf(where, sizeof where, fmt, args);
	va_end(args);
	/* also of what the C library allocates, such as opendir(3): errno may be another's by now */
	if (last && (last->klass == GIT_ERROR_NOMEMORY || (last->message && strstr(last->message, strerror(ENOMEM)))))
		rk_memory_fail();
	rc = result == GIT_ENOTFOUND ? RK_ENOINPUT : result == GIT_ELOCKED ? RK_ERACE : RK_EIO;
	return rk_err_set(err, rc, "%s: %s", where, last && last->message ? last->message : "libgit2 gave no reason");
}

/* Fail with what to do about a repository that libgit2 does not open. */
static enum rk_rc
fail_to_open(const char *dir, int result, struct rk_err *err)
{
	const git_error *last = git_error_last();
	const char *why = last && last->message ? last->message : "";
	struct stat st;

	/* without any safe.directory in the configuration, libgit2 1.5 returns GIT_ENOTFOUND for a foreign owner */
	if (result == GIT_EOWNER || strstr(why, "safe.directory"))
		return rk_err_set(err, RK_EPERM, "%s belongs to another user; if you trust it: "
		    "git config --global --add safe.directory \"$(realpath %s)\"", dir, dir);
	if (strstr(why, "extensions.objectformat") || strstr(why, "unknown object format"))
		return rk_err_set(err, RK_ENOINPUT, "%s uses SHA-256 object names, which libgit2 cannot read; "
		    "ringkit needs a repository with SHA-1 names (git init --object-format=sha1)", dir);
	if (strstr(why, "extensions.refstorage"))
		return rk_err_set(err, RK_ENOINPUT, "%s keeps its refs as a reftable, which libgit2 cannot read; "
		    "git refs migrate --ref-format=files, or work in a clone made with --ref-format=files", dir);
	if (strstr(why, "unsupported extension") || strstr(why, "unsupported repository version"))
		return rk_err_set(err, RK_ENOINPUT, "%s cannot be opened: %s; work in a fresh clone of it", dir, why);
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_ENOINPUT, "%s: not a Git repository", dir);
	if (stat(dir, &st) < 0)
		return rk_err_set(err, RK_ENOINPUT, "%s: %s", dir, strerror(errno));
	return rk_git_fail(err, result, "%s", dir);
}

/* Let libgit2 allocate as we do.  The members of its struct differ between its versions. */
static void *
allocate(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_malloc(size);
}

static void *
reallocate(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_realloc(old, size, 1);
}

#if LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 6
static void *
allocate_zeroed(size_t n, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_calloc(n, size);
}

static void *
allocate_array(size_t n, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_realloc(NULL, n, size);
}

static void *
reallocate_array(void *old, size_t n, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_realloc(old, n, size);
}

static char *
copy(const char *s, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_strdup(s);
}

static char *
copy_at_most(const char *s, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_strndup(s, strnlen(s, n));
}

static char *
copy_bytes(const char *bytes, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return rk_memory_strndup(bytes, n);
}
#endif

int
rk_git_start(void)
{
	static git_allocator allocator = { .gmalloc = allocate, .grealloc = reallocate, .gfree = free,
#if LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR < 6
		.gcalloc = allocate_zeroed, .gmallocarray = allocate_array, .greallocarray = reallocate_array,
		.gstrdup = copy, .gstrndup = copy_at_most, .gsubstrdup = copy_bytes,
#endif
	};

	git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &allocator);
	return git_libgit2_init();
}

enum rk_rc
rk_git_open(const char *dir, git_repository **git, struct rk_err *err)
{
	enum rk_rc rc;
	int result;

	*git = NULL;
	if (rk_git_start() < 0)
		return rk_git_fail(err, -1, "libgit2");
	/* a directory of 100,000 tenants is one tree, which is looked up for each of them */
	git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)RK_GIT_TREE_BYTES);
	git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)CACHE_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED_BYTES);
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	/* like Git, which leaves it to git fsck to compute the id of each object */
	git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
	rc = rk_git_dir_check(dir, err);
	if (rc == RK_OK && (result = git_repository_open_ext(git, dir, 0, NULL)) < 0)
		rc = fail_to_open(dir, result, err);
	if (rc == RK_OK)
		rc = rk_loose_read_by(*git, err);
	if (rc != RK_OK) {
		git_repository_free(*git);
		git_libgit2_shutdown();
		*git = NULL;
	}
	return rc;
}

void
rk_git_close(git_repository *git)
{
	if (!git)
		return;
	git_repository_free(git);
	git_libgit2_shutdown();
}

enum rk_rc
rk_git_commit(git_repository *git, const char *id, git_commit **commit, struct rk_err *err)
{
	git_oid oid;
	int result = git_oid_fromstr(&oid, id);

	*commit = NULL;
	if (result == 0)
		result = git_commit_lookup(commit, git, &oid);
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_ENOINPUT, "commit %s not found in this clone: git fetch%s", id,
		    git_repository_is_shallow(git) ? " --unshallow" : "");
	return result < 0 ? rk_git_fail(err, result, "the commit %s", id) : RK_OK;
}

bool
rk_git_parent(const git_commit *commit, unsigned n, git_oid *id)
{
	const char *line = strchr(git_commit_raw_header(commit), '\n');	/* after "tree ID" */

	for (; line && strncmp(line + 1, "parent ", 7) == 0 && n > 0; n--)
		line = strchr(line + 1, '\n');
	if (!line || strncmp(line + 1, "parent ", 7) != 0)
		return false;
	/* libgit2 has read it before */
	if (git_oid_fromstr(id, line + 8) < 0)
		rk_abort(RK_EIO, "the parent of a commit cannot be read");
	return true;
}

enum rk_rc
rk_git_tree_of(git_repository *git, const git_oid *commit, git_tree **tree, struct rk_err *err)
{
	char id[RK_OID_HEX];
	git_commit *object;
	enum rk_rc rc = rk_git_commit(git, git_oid_tostr(id, sizeof id, commit), &object, err);
	int result;

	*tree = NULL;
	if (rc == RK_OK && (result = git_commit_tree(tree, object)) < 0)
		rc = rk_git_fail(err, result, "the tree of commit %s", id);
	git_commit_free(object);
	return rc;
}

bool
rk_git_contains(git_repository *git, const git_oid *commit, const git_oid *ancestor)
{
	return git_oid_equal(commit, ancestor) || git_graph_descendant_of(git, commit, ancestor) == 1;
}

static size_t
lines_of(const char *text, size_t len)
{
	const char *at = text, *end = text + len;
	size_t n = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		n++;
		at++;
	}
	return n;
}

bool
rk_git_comparable(const char *before, size_t before_len, const char *after, size_t after_len)
{
	return lines_of(before, before_len) + lines_of(after, after_len) <= LINES + (before_len + after_len) / LINE_BYTES;
}

const char **
rk_git_split(const struct rk_strbuf *strings)
{
	const char *s = rk_strbuf_str(strings), *end = s + strings->len, **list;
	size_t n = 0, i;

	for (i = 0; i < strings->len; i++)
		n += s[i] == '\0';
	list = rk_memory_calloc(n + 1, sizeof *list);
	for (i = 0; s < end; s += strlen(s) + 1)
		list[i++] = s;
	return list;
}

/* Append the variable that makes git read the objects of one more directory, quoted because of colons. */
static void
add_objects(struct rk_strbuf *variable, const char *dir)
{
	rk_strbuf_puts(variable, "GIT_ALTERNATE_OBJECT_DIRECTORIES");
	if (!dir)
		return;
	rk_strbuf_puts(variable, "=\"");
	for (; *dir; dir++) {
		if (*dir == '"' || *dir == '\\')
			rk_strbuf_putc(variable, '\\');
		rk_strbuf_putc(variable, *dir);
	}
	rk_strbuf_putc(variable, '"');
}

enum rk_rc
rk_git_run(struct rk_git_command *command, struct rk_err *err)
{
	struct rk_strbuf objects = { 0 };
	/* git rev-parse --local-env-vars, except GIT_CONFIG_*, in which CI systems pass their tokens */
	const char *env[] = { NULL, "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE",
		"GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NAMESPACE", "GIT_NO_REPLACE_OBJECTS",
		"GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
		"GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "LC_ALL=C", NULL };
	struct rk_subprocess child = { .env = env, .in = command->in, .in_len = command->in_len, .seconds = command->seconds,
		.limit = command->limit };
	const char **argv;
	enum rk_rc rc;
	size_t n;

	rk_strbuf_clear(&command->out);
	rk_strbuf_clear(&command->errors);
	command->status = -1;
	for (n = 0; command->arguments[n]; n++)
		;
	argv = rk_memory_realloc(NULL, n + 4, sizeof *argv);
	add_objects(&objects, command->objects);
	env[0] = objects.data;
	argv[0] = "git";
	argv[1] = "-C";
	argv[2] = command->dir;
	memcpy(argv + 3, command->arguments, (n + 1) * sizeof *argv);
	child.argv = argv;
	rc = rk_subprocess_run(&child, &command->out, &command->errors, &command->status, err);
	rk_strbuf_free(&objects);
	free(argv);
	return rc;
}

void
rk_git_command_free(struct rk_git_command *command)
{
	rk_strbuf_free(&command->out);
	rk_strbuf_free(&command->errors);
}

void
rk_git_command_messages(const struct rk_git_command *command, struct rk_strbuf *line)
{
	const char *at = rk_strbuf_str(&command->errors), *between = "";
	size_t len;

	for (; *at; at += len + (at[len] != '\0')) {
		len = strcspn(at, "\r\n");
		if (!len)
			continue;
		rk_strbuf_puts(line, between);
		rk_strbuf_add(line, at, len);
		between = "; ";
	}
}
