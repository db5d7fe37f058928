#include <dirent.h>
#include <git2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "git/git_confine.h"
#include "base/err.h"
#include "base/io.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/git_dir.h"
#include "git/loose.h"
#include "process/confine.h"
#include "process/file.h"

/* The paths that are found, a NUL after each. */
struct paths {
	struct rk_strbuf read, write;
	struct rk_strbuf config;	/* directories that an include.path may be relative to */
};

static void
add(struct rk_strbuf *paths, const char *dir, const char *name)
{
	rk_strbuf_printf(paths, "%s%s%s", dir, *name ? "/" : "", name);
	rk_strbuf_putc(paths, '\0');
}

/* Add what the symbolic links in a directory lead to: work trees of git-new-workdir, or objects on another disk. */
static void
add_links(struct rk_strbuf *paths, const char *path)
{
	struct rk_strbuf each = { 0 };
	DIR *dir = rk_file_list(path);
	struct dirent *entry;
	struct stat st;

	while (dir && (entry = readdir(dir))) {
		rk_strbuf_clear(&each);
		rk_strbuf_printf(&each, "%s/%s", path, entry->d_name);
		if (lstat(rk_strbuf_str(&each), &st) == 0 && S_ISLNK(st.st_mode))
			add(paths, path, entry->d_name);
	}
	if (dir)
		closedir(dir);
	rk_strbuf_free(&each);
}

/* Add a directory of a repository, and what the symbolic links in it lead to. */
static void
add_dir(struct rk_strbuf *paths, const char *dir)
{
	add(paths, dir, "");
	add_links(paths, dir);
}

/* Add the files of a user's or the system's that libgit2 reads for a repository. */
static void
add_config(struct paths *paths)
{
	static const struct { int level; const char *names[3]; } places[] = {
		{ GIT_CONFIG_LEVEL_SYSTEM, { "gitconfig", "gitattributes" } },
		{ GIT_CONFIG_LEVEL_XDG, { "config", "attributes" } },
		{ GIT_CONFIG_LEVEL_GLOBAL, { ".gitconfig" } } };
	git_buf dirs = { 0 };
	size_t i, j;
	char *dir, *rest;

	for (i = 0; i < sizeof places / sizeof places[0]; i++) {
		if (git_libgit2_opts(GIT_OPT_GET_SEARCH_PATH, places[i].level, &dirs) < 0)
			continue;
		for (dir = dirs.ptr ? strtok_r(dirs.ptr, ":", &rest) : NULL; dir; dir = strtok_r(NULL, ":", &rest)) {
			add(&paths->config, dir, "");
			for (j = 0; places[i].names[j]; j++)
				add(&paths->read, dir, places[i].names[j]);
		}
		git_buf_dispose(&dirs);
	}
}

/* Add a file that a configuration names: its path is absolute, in the home directory, or relative to that of any other. */
static void
add_named(struct paths *paths, const char *path)
{
	const char *home = getenv("HOME"), *slash;
	struct rk_strbuf whole = { 0 };
	size_t at;

	if (*path == '~' && path[1] == '/' && home)
		rk_strbuf_printf(&whole, "%s%s", home, path + 1);
	else if (*path == '/')
		rk_strbuf_puts(&whole, path);
	if (whole.len) {
		add(&paths->read, whole.data, "");
		slash = strrchr(whole.data, '/');
		rk_strbuf_add(&paths->config, whole.data, (size_t)(slash - whole.data));
		rk_strbuf_putc(&paths->config, '\0');
	}
	for (at = 0; !whole.len && at < paths->config.len; at += strlen(paths->config.data + at) + 1)
		add(&paths->read, paths->config.data + at, path);
	rk_strbuf_free(&whole);
}

/* Add the files that a repository's configuration includes, and the one of attributes that it names. */
static void
add_includes(struct paths *paths, git_config *config)
{
	git_config_iterator *each = NULL;
	git_config_entry *entry;
	int result = git_config_iterator_new(&each, config);

	while (result == 0 && (result = git_config_next(&entry, each)) == 0)
		if (entry->value && (strncmp(entry->name, "include", 7) == 0 || strcmp(entry->name, "core.attributesfile") == 0))
			add_named(paths, entry->value);
	git_config_iterator_free(each);
}

/* Return whether a branch of a repository that moves can be the first one to have a reflog. */
static bool
starts_reflogs(git_repository *git, git_config *config, const char *common)
{
	struct rk_strbuf logs = { 0 };
	git_buf set = { 0 };
	struct stat st;
	bool starts;

	rk_strbuf_printf(&logs, "%s/logs", common);
	starts = stat(rk_strbuf_str(&logs), &st) < 0;
	if (git_config_get_string_buf(&set, config, "core.logallrefupdates") == 0)
		starts = starts && strcmp(set.ptr, "false") != 0;
	else
		starts = starts && !git_repository_is_bare(git);
	git_buf_dispose(&set);
	rk_strbuf_free(&logs);
	return starts;
}

/* Add what is read and written according to the configuration. */
static void
add_opened(struct paths *paths, const struct rk_git_dir *found, bool write, bool remove)
{
	git_repository *git = NULL;
	git_config *config = NULL;

	if (git_repository_open(&git, found->own.data) == 0 && git_repository_config(&config, git) == 0) {
		add_includes(paths, config);
		if (write && (remove || starts_reflogs(git, config, found->common.data)))
			add(&paths->write, found->common.data, "");
	}
	git_config_free(config);
	git_repository_free(git);
}

/* Add where new objects, branches and reflogs are written. */
static void
add_written(struct paths *paths, const char *common)
{
	static const char *const names[] = { "objects", "refs", "logs" };
	struct rk_strbuf dir = { 0 };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		rk_strbuf_clear(&dir);
		rk_strbuf_printf(&dir, "%s/%s", common, names[i]);
		add_dir(&paths->write, rk_strbuf_str(&dir));
	}
	rk_strbuf_free(&dir);
}

static enum rk_rc
add_repository(struct paths *paths, const char *dir, bool write, bool remove, struct rk_err *err)
{
	struct rk_strbuf objects = { 0 }, common = { 0 };
	struct rk_git_dir found = { 0 };
	enum rk_rc rc;
	size_t at;

	rc = rk_git_dir_find(dir, &found, err);
	if (rc == RK_OK) {
		rk_strbuf_printf(&common, "%s/", found.common.data);
		rk_loose_dirs(rk_strbuf_str(&common), &objects);
		add(&paths->read, found.dot_git.data, "");
		add_dir(&paths->read, found.own.data);
		add_dir(&paths->read, found.common.data);
		for (at = 0; at < objects.len; at += strlen(objects.data + at) + 1) {
			add_dir(&paths->read, objects.data + at);
			rk_strbuf_clear(&common);
			rk_strbuf_printf(&common, "%s/pack", objects.data + at);
			add_links(&paths->read, rk_strbuf_str(&common));
		}
		add(&paths->config, found.own.data, "");	/* from libgit2 1.8 on, which reads config.worktree */
		add(&paths->config, found.common.data, "");
		add_config(paths);
		add_opened(paths, &found, write, remove);
		if (write)
			add_written(paths, found.common.data);
	}
	/* what is not a repository is read again, by libgit2, which says why */
	if (rc == RK_END)
		add(&paths->read, found.dot_git.data, "");
	rk_strbuf_free(&objects);
	rk_strbuf_free(&common);
	rk_git_dir_free(&found);
	return rc == RK_END ? RK_OK : rc;
}

enum rk_rc
rk_git_confine(const struct rk_git_confine *needs, struct rk_io *io, struct rk_err *err)
{
	struct rk_confine confine = { .programs = needs->programs };
	struct paths paths = { 0 };
	const char **read, **write;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < sizeof needs->repo / sizeof needs->repo[0] && rc == RK_OK && !needs->programs; i++) {
		/* as rk_git_open() does, and never undone, so that libgit2 need not set itself up again */
		if (needs->repo[i] && rk_git_start() < 0)
			rc = rk_git_fail(err, -1, "libgit2");
		if (needs->repo[i] && rc == RK_OK)
			rc = add_repository(&paths, needs->repo[i], needs->write && i == 0, needs->remove, err);
	}
	for (i = 0; i < sizeof needs->file / sizeof needs->file[0]; i++)
		if (needs->file[i])
			add(&paths.read, needs->file[i], "");
	confine.read = read = rk_git_split(&paths.read);
	confine.write = write = rk_git_split(&paths.write);
	if (rc == RK_OK)
		rc = rk_confine(&confine, io, err);
	free(read);
	free(write);
	rk_strbuf_free(&paths.read);
	rk_strbuf_free(&paths.write);
	rk_strbuf_free(&paths.config);
	return rc;
}
