/*
 * Functions of libgit2 and libc that fail where the program itself calls them, and programs that fail which it starts; preloaded
 * before the libraries by LD_PRELOAD.
 *
 * CALLS_LOG   a file to which a line is appended for each place of the program that calls one of them: "place OFFSET NAME", the
 *             offset of the return address in the program; "failed" for a call that was made to fail
 * CALLS_AT    the place where each call fails; 0: none
 * CALLS_RUN   "N HOW": what happens to the Nth program that is started: "fails", with a message; "nothing", without output but
 *             with status 0; "cut": its output lacks its last bytes.  For each one a line "run NAME ARGUMENT ..." is logged
 *
 * What libgit2 calls for itself does not fail, nor what Git does: it is only about what the program makes of a failure.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH 500		/* our descriptor, so that the numbers of the program's own stay */
#define MOST 1024		/* places in a program */

static uintptr_t base, end, at, seen[MOST];
static size_t n_seen;
static int log_fd = -1;
static unsigned long n_runs, run;
static const char *how = "";

/* The program is the first object. */
static int
find_program(struct dl_phdr_info *info, size_t size, void *context)
{
	int i;

	(void)size, (void)context;
	base = info->dlpi_addr;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			end = base + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *file = getenv("CALLS_LOG"), *place = getenv("CALLS_AT"), *started = getenv("CALLS_RUN");
	char *rest;
	int fd;

	if (!file)
		return;
	dl_iterate_phdr(find_program, NULL);
	at = place ? strtoul(place, NULL, 16) : 0;
	run = started ? strtoul(started, &rest, 10) : 0;
	how = started ? rest + 1 : how;
	fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	unsetenv("LD_PRELOAD");
	log_fd = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
	close(fd);
}

static void __attribute__((format(printf, 1, 2)))
note(const char *format, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (((ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write"))(log_fd, line, (size_t)len) != len)
		_exit(251);
}

static bool
fails(const void *caller, const char *name)
{
	const uintptr_t offset = (uintptr_t)caller - base;
	const int was = errno;
	size_t i;

	if (log_fd < 0 || (uintptr_t)caller < base || (uintptr_t)caller >= end)
		return false;
	for (i = 0; i < n_seen && seen[i] != offset; i++)
		;
	if (i == n_seen) {
		if (i == MOST)
			_exit(251);
		seen[n_seen++] = offset;
		note("place %lx %s\n", (unsigned long)offset, name);
	}
	errno = was;
	if (offset != at)
		return false;
	note("failed\n");
	errno = EIO;
	return true;
}

#define NEXT(name)						\
	static __typeof__(name) *next;				\
	if (!next)						\
		next = (__typeof__(next))dlsym(RTLD_NEXT, #name)

/* libgit2: each function passes on as many words as any of them has arguments. */

int git_libgit2_init(void);
void git_error_set_str(int class, const char *message);

static bool is_begun;

static void
set_error(void)
{
	if (is_begun)
		git_error_set_str(2, "it was made to fail");	/* GIT_ERROR_OS */
}

int
git_libgit2_init(void)
{
	NEXT(git_libgit2_init);
	if (fails(__builtin_return_address(0), "git_libgit2_init"))
		return -1;
	is_begun = true;
	return next();
}

#define WORDS long a, long b, long c, long d, long e, long f, long g, long h, long i, long j, long k, long l
#define GIT(name, failure)							\
int name(WORDS);								\
int name(WORDS)									\
{										\
	NEXT(name);								\
	if (fails(__builtin_return_address(0), #name)) {			\
		set_error();							\
		return failure;							\
	}									\
	return next(a, b, c, d, e, f, g, h, i, j, k, l);			\
}

GIT(git_attr_get_ext, -1)
GIT(git_blob_lookup, -1)
GIT(git_branch_lookup, -1)
GIT(git_commit_lookup, -1)
GIT(git_commit_lookup_prefix, -1)
GIT(git_commit_tree, -1)
GIT(git_config_get_bool, -1)
GIT(git_config_get_string_buf, -1)
GIT(git_config_iterator_new, -1)
GIT(git_config_next, -1)
GIT(git_config_parse_bool, -1)
GIT(git_config_parse_path, -1)
GIT(git_diff_buffers, -1)
GIT(git_diff_tree_to_tree, -1)
GIT(git_graph_descendant_of, -1)
GIT(git_index_new, -1)
GIT(git_index_write_tree_to, -1)
GIT(git_indexer_append, -1)
GIT(git_indexer_commit, -1)
GIT(git_indexer_new, -1)
GIT(git_libgit2_opts, -1)
GIT(git_mempack_new, -1)
GIT(git_merge_base, -1)
GIT(git_merge_bases, -1)
GIT(git_merge_commits, -1)
GIT(git_merge_trees, -1)
GIT(git_message_trailers, -1)
GIT(git_object_lookup, -1)
GIT(git_object_peel, -1)
GIT(git_odb_add_backend, -1)
GIT(git_odb_backend_one_pack, -1)
GIT(git_odb_exists, 0)
GIT(git_odb_exists_ext, 0)
GIT(git_odb_exists_prefix, -1)
GIT(git_odb_hash, -1)
GIT(git_odb_init_backend, -1)
GIT(git_odb_new, -1)
GIT(git_odb_open, -1)
GIT(git_odb_read, -1)
GIT(git_odb_read_header, -1)
GIT(git_odb_refresh, -1)
GIT(git_odb_write, -1)
GIT(git_oid_fromstr, -1)
GIT(git_oid_fromstrn, -1)
GIT(git_patch_from_buffers, -1)
GIT(git_patch_print, -1)
GIT(git_refdb_open, -1)
GIT(git_reference_dwim, -1)
GIT(git_reference_iterator_glob_new, -1)
GIT(git_reference_iterator_new, -1)
GIT(git_reference_lookup, -1)
GIT(git_reference_name_to_id, -1)
GIT(git_reference_next, -1)
GIT(git_reference_next_name, -1)
GIT(git_reference_peel, -1)
GIT(git_reference_remove, -1)
GIT(git_reference_resolve, -1)
GIT(git_reflog_delete, -1)
GIT(git_remote_create_anonymous, -1)
GIT(git_remote_lookup, -1)
GIT(git_repository_config, -1)
GIT(git_repository_config_snapshot, -1)
GIT(git_repository_discover, -1)
GIT(git_repository_is_shallow, -1)
GIT(git_repository_odb, -1)
GIT(git_repository_open, -1)
GIT(git_repository_open_bare, -1)
GIT(git_repository_open_ext, -1)
GIT(git_repository_set_ident, -1)
GIT(git_repository_set_index, -1)
GIT(git_repository_set_odb, -1)
GIT(git_repository_set_refdb, -1)
GIT(git_repository_wrap_odb, -1)
GIT(git_revparse_single, -1)
GIT(git_signature_now, -1)
GIT(git_tag_list, -1)
GIT(git_transaction_commit, -1)
GIT(git_transaction_lock_ref, -1)
GIT(git_transaction_new, -1)
GIT(git_transaction_remove, -1)
GIT(git_transaction_set_target, -1)
GIT(git_tree_create_updated, -1)
GIT(git_tree_dup, -1)
GIT(git_tree_entry_bypath, -1)
GIT(git_tree_entry_dup, -1)
GIT(git_tree_lookup, -1)
GIT(git_tree_walk, -1)
GIT(git_worktree_list, -1)
GIT(git_worktree_lookup, -1)

/* libc */

#define CALL(type, name, parameters, arguments, failure)	\
type name parameters						\
{								\
	NEXT(name);						\
	return fails(__builtin_return_address(0), #name) ? (failure) : next arguments;	\
}

CALL(int, access, (const char *path, int mode), (path, mode), -1)
CALL(int, dup2, (int from, int to), (from, to), -1)
CALL(int, fsync, (int fd), (fd), -1)
CALL(int, fstat, (int fd, struct stat *st), (fd, st), -1)
CALL(int, fstatat, (int fd, const char *path, struct stat *st, int flags), (fd, path, st, flags), -1)
CALL(int, lstat, (const char *path, struct stat *st), (path, st), -1)
CALL(int, stat, (const char *path, struct stat *st), (path, st), -1)
CALL(size_t, fread, (void *to, size_t size, size_t n, FILE *file), (to, size, n, file), 0)
CALL(size_t, fwrite, (const void *from, size_t size, size_t n, FILE *file), (from, size, n, file), 0)
CALL(int, getrlimit, (__rlimit_resource_t what, struct rlimit *limit), (what, limit), -1)
CALL(int, setrlimit, (__rlimit_resource_t what, const struct rlimit *limit), (what, limit), -1)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
CALL(int, pipe, (int fd[2]), (fd), -1)
CALL(int, poll, (struct pollfd *fd, nfds_t n, int ms), (fd, n, ms), -1)
CALL(ssize_t, read, (int fd, void *to, size_t n), (fd, to, n), -1)
CALL(int, rename, (const char *from, const char *to), (from, to), -1)
CALL(int, setenv, (const char *name, const char *value, int replace), (name, value, replace), -1)
CALL(int, symlink, (const char *target, const char *path), (target, path), -1)
CALL(ssize_t, write, (int fd, const void *from, size_t n), (fd, from, n), -1)
CALL(char *, mkdtemp, (char *path), (path), NULL)
CALL(DIR *, fdopendir, (int fd), (fd), NULL)
CALL(DIR *, opendir, (const char *path), (path), NULL)
CALL(struct dirent *, readdir, (DIR *dir), (dir), NULL)
CALL(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL)

pid_t
fork(void)
{
	NEXT(fork);
	n_runs++;
	return fails(__builtin_return_address(0), "fork") ? -1 : next();
}

int
execvp(const char *path, char *const argv[])
{
	static char name[] = "sh", option[] = "-c", script[] = "\"$0\" \"$@\" | head -c -25";
	char *words[64] = { name, option, script };
	size_t n;
	NEXT(execvp);

	if (fails(__builtin_return_address(0), "execvp"))
		return -1;
	for (n = 0; argv[n] && log_fd >= 0; n++)
		note("%s%.100s", n ? " " : "run ", argv[n]);
	if (log_fd >= 0)
		note("\n");
	if (n_runs != run)
		return next(path, argv);
	note("failed\n");
	if (strcmp(how, "fails") == 0) {
		dprintf(STDERR_FILENO, "fatal: it was made to fail\n");
		_exit(128);
	}
	if (strcmp(how, "nothing") == 0)
		_exit(0);
	for (n = 0; argv[n]; n++)
		if (n + 4 < sizeof words / sizeof words[0])
			words[n + 3] = argv[n];
	return next(name, words);
}

int
fclose(FILE *file)
{
	NEXT(fclose);
	if (!fails(__builtin_return_address(0), "fclose"))
		return next(file);
	next(file);
	errno = EIO;
	return EOF;
}

#define OPEN(name, parameters, arguments)						\
int name parameters									\
{											\
	va_list args;									\
	mode_t mode;									\
	NEXT(name);									\
	va_start(args, flags);								\
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;		\
	va_end(args);									\
	return fails(__builtin_return_address(0), #name) ? -1 : next arguments;	\
}

OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))

/* What open() becomes in a program that is compiled with _FORTIFY_SOURCE. */
int __open_2(const char *path, int flags);
int __openat_2(int fd, const char *path, int flags);
CALL(int, __open_2, (const char *path, int flags), (path, flags), -1)
CALL(int, __openat_2, (int fd, const char *path, int flags), (fd, path, flags), -1)
