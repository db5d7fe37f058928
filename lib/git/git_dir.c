#include <dirent.h>
#include <git2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "git/git_dir.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "process/file.h"

#define PATH_BYTES 4096		/* of the file commondir */
#define DEPTH 32		/* of directories below refs */

/* RK_ENOINPUT: the file is there, and neither a regular file nor a directory. */
static enum rk_rc
check_path(const char *path, struct rk_err *err)
{
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return RK_OK;
	return rk_err_set(err, RK_ENOINPUT, "%s: not a regular file", path);
}

static enum rk_rc
check_file(const char *dir, const char *name, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&path, "%s/%s", dir, name);
	rc = check_path(path.data, err);
	rk_strbuf_free(&path);
	return rc;
}

/* Check all files below a directory. */
static enum rk_rc
check_below(const char *path, unsigned depth, struct rk_err *err)
{
	DIR *dir = depth < DEPTH ? rk_file_list(path) : NULL;
	struct rk_strbuf each = { 0 };
	enum rk_rc rc = RK_OK;
	struct dirent *entry;
	struct stat st;

	while (dir && rc == RK_OK && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		rk_strbuf_clear(&each);
		rk_strbuf_printf(&each, "%s/%s", path, entry->d_name);
		rc = check_path(each.data, err);
		if (rc == RK_OK && lstat(each.data, &st) == 0 && S_ISDIR(st.st_mode))
			rc = check_below(each.data, depth + 1, err);
	}
	if (dir)
		closedir(dir);
	rk_strbuf_free(&each);
	return rc;
}

/*
 * Check .git in a directory and those above it, up to the first that has it; it may be a file that names the directory.
 * dot_git becomes the last of these paths.
 */
static enum rk_rc
check_dot_git(const char *dir, struct rk_strbuf *dot_git, struct rk_err *err)
{
	struct rk_strbuf at = { 0 };
	struct stat here, above;
	enum rk_rc rc;
	bool last = false;

	rk_strbuf_puts(&at, dir);
	for (rc = RK_OK; rc == RK_OK && !last; rk_strbuf_puts(&at, "/..")) {
		rk_strbuf_clear(dot_git);
		rk_strbuf_printf(dot_git, "%s/..", rk_strbuf_str(&at));
		last = stat(rk_strbuf_str(&at), &here) < 0 || stat(rk_strbuf_str(dot_git), &above) < 0 ||
		    (here.st_dev == above.st_dev && here.st_ino == above.st_ino);
		rk_strbuf_clear(dot_git);
		rk_strbuf_printf(dot_git, "%s/.git", rk_strbuf_str(&at));
		rc = check_path(dot_git->data, err);
		last |= stat(rk_strbuf_str(dot_git), &above) == 0;
	}
	rk_strbuf_free(&at);
	return rc;
}

/* Set common to the directory that a linked work tree shares with the others: what the file commondir says, or its own. */
static void
find_common(const char *own, struct rk_strbuf *common)
{
	struct rk_strbuf file = { 0 }, text = { 0 };
	struct rk_err ignored;

	rk_strbuf_printf(&file, "%s/commondir", own);
	if (rk_file_read(file.data, PATH_BYTES, &text, &ignored) == RK_OK && text.len) {
		text.data[strcspn(text.data, "\n")] = '\0';
		rk_strbuf_printf(common, "%s%s%s", *text.data == '/' ? "" : own, *text.data == '/' ? "" : "/", text.data);
	} else {
		rk_strbuf_puts(common, own);
	}
	rk_strbuf_free(&file);
	rk_strbuf_free(&text);
}

static enum rk_rc
check_files(const char *own, struct rk_err *err)
{
	static const char *const mine[] = { "HEAD", "commondir", "gitdir", "config.worktree", NULL };
	static const char *const shared[] = { "HEAD", "config", "packed-refs", "shallow", "info/attributes", "info/grafts",
		"objects/info/alternates", "objects/info/commit-graph", NULL };
	struct rk_strbuf common = { 0 }, refs = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; mine[i] && rc == RK_OK; i++)
		rc = check_file(own, mine[i], err);
	if (rc == RK_OK)
		find_common(own, &common);
	for (i = 0; rc == RK_OK && shared[i]; i++)
		rc = check_file(common.data, shared[i], err);
	rk_strbuf_printf(&refs, "%s/refs", rk_strbuf_str(&common));
	if (rc == RK_OK)
		rc = check_below(refs.data, 0, err);
	rk_strbuf_free(&common);
	rk_strbuf_free(&refs);
	return rc;
}

/* Set own to the directory of the repository in or above dir, without a slash at its end; "": there is none. */
static void
find_own(const char *dir, struct rk_strbuf *own)
{
	git_buf found = { 0 };

	if (git_repository_discover(&found, dir, 0, NULL) == 0)
		rk_strbuf_add(own, found.ptr, strlen(found.ptr) - 1);
	git_buf_dispose(&found);
}

enum rk_rc
rk_git_dir_find(const char *dir, struct rk_git_dir *found, struct rk_err *err)
{
	enum rk_rc rc = check_dot_git(dir, &found->dot_git, err);

	if (rc == RK_OK)
		find_own(dir, &found->own);
	if (rc == RK_OK && found->own.len)
		rc = check_files(found->own.data, err);
	if (rc == RK_OK && found->own.len)
		find_common(found->own.data, &found->common);
	return rc == RK_OK && !found->own.len ? RK_END : rc;
}

void
rk_git_dir_free(struct rk_git_dir *found)
{
	rk_strbuf_free(&found->dot_git);
	rk_strbuf_free(&found->own);
	rk_strbuf_free(&found->common);
}

enum rk_rc
rk_git_dir_check(const char *dir, struct rk_err *err)
{
	struct rk_git_dir found = { 0 };
	enum rk_rc rc = rk_git_dir_find(dir, &found, err);

	rk_git_dir_free(&found);
	return rc == RK_END ? RK_OK : rc;
}
