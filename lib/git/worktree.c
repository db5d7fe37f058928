#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git/worktree.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

#define HEADS "refs/heads/"
#define SECONDS 600		/* that git may take to write files of a work tree */
#define OUT_BYTES (1u << 20)	/* of git's standard output */
#define LOCK_TRIES 18		/* about four seconds of waiting */

/* Finding */

/* The first line of a small file in a Git directory, "" where there is none. */
static void
first_line(const char *dir, const char *file, char *line, size_t size)
{
	struct rk_strbuf path = { 0 };
	FILE *f;

	line[0] = '\0';
	rk_strbuf_printf(&path, "%s/%s", dir, file);
	f = path.failed ? NULL : fopen(path.data, "re");
	if (f && !fgets(line, (int)size, f))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
	rk_strbuf_free(&path);
}

/* Is name among the refs that a rebase in dir will move when it ends?  (every third line of update-refs) */
static bool
will_be_updated(const char *dir, const char *name)
{
	struct rk_strbuf path = { 0 };
	bool found = false;
	char line[4096];
	FILE *f;

	rk_strbuf_printf(&path, "%s/rebase-merge/update-refs", dir);
	f = path.failed ? NULL : fopen(path.data, "re");
	while (f && !found && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		found = strcmp(line, name) == 0;
	}
	if (f)
		fclose(f);
	rk_strbuf_free(&path);
	return found;
}

/* What the Git directory dir of a work tree does with a branch that it will move by itself, as a phrase, or NULL. */
static const char *
work_on(const char *dir, const char *name)
{
	char line[4096];

	first_line(dir, "rebase-merge/head-name", line, sizeof line);
	if (strcmp(line, name) == 0)
		return "being rebased";
	first_line(dir, "rebase-apply/head-name", line, sizeof line);
	if (strcmp(line, name) == 0 || will_be_updated(dir, name))
		return "being rebased";
	first_line(dir, "BISECT_START", line, sizeof line);
	if (strcmp(line, name) == 0 || strcmp(line, name + strlen(HEADS)) == 0)
		return "being bisected";
	return NULL;
}

static bool
has_checked_out(const char *dir, const char *name)
{
	char line[4096];

	first_line(dir, "HEAD", line, sizeof line);
	return strncmp(line, "ref: ", 5) == 0 && strcmp(line + 5, name) == 0;
}

/* Is the repository that holds the refs, not this linked work tree of it, bare? */
static bool
is_bare(git_repository *git)
{
	git_repository *main;
	bool bare;

	if (!git_repository_is_worktree(git))
		return git_repository_is_bare(git);
	if (git_repository_open(&main, git_repository_commondir(git)) < 0)
		return false;
	bare = git_repository_is_bare(main);
	git_repository_free(main);
	return bare;
}

/* The directory of the files whose Git directory is dir. */
static enum rk_rc
files_of(git_repository *git, const char *dir, struct rk_strbuf *files, struct rk_err *err)
{
	git_repository *main = NULL;
	char line[4096];

	first_line(dir, "gitdir", line, sizeof line);	/* of a linked work tree: "<its directory>/.git" */
	if (line[0])
		rk_strbuf_puts(files, line);
	else if (git_repository_open(&main, git_repository_commondir(git)) == 0 && git_repository_workdir(main))
		rk_strbuf_puts(files, git_repository_workdir(main));
	else
		rk_strbuf_puts(files, dir);
	git_repository_free(main);
	while (files->len > 1 && files->data[files->len - 1] == '/')
		files->data[--files->len] = '\0';
	if (files->len > 5 && strcmp(files->data + files->len - 5, "/.git") == 0)
		files->data[files->len -= 5] = '\0';
	return rk_strbuf_check(files, err);
}

static enum rk_rc
in_use(git_repository *git, const char *dir, const char *use, const char *name, struct rk_err *err)
{
	struct rk_strbuf files = { 0 };
	enum rk_rc rc = files_of(git, dir, &files, err);

	if (rc == RK_OK)
		rc = rk_err_set(err, RK_EPERM, "the branch \"%s\" is %s in %s, which would be left behind: switch that work tree to "
		    "another branch (git switch --detach), or name another branch", name + strlen(HEADS), use, files.data);
	rk_strbuf_free(&files);
	return rc;
}

/* Look at one Git directory of a work tree. */
static enum rk_rc
look_at(git_repository *git, const char *dir, const char *name, bool bare, struct rk_worktree_list *trees, struct rk_err *err)
{
	const char *use = work_on(dir, name);
	char **place;

	if (use)
		return in_use(git, dir, use, name, err);
	if (bare || !has_checked_out(dir, name))
		return RK_OK;
	place = rk_array_with_room(trees->dir, trees->n, &trees->room, sizeof *place);
	if (!place)
		return rk_err_nomem(err);
	trees->dir = place;
	trees->dir[trees->n] = strdup(dir);
	if (!trees->dir[trees->n])
		return rk_err_nomem(err);
	trees->n++;
	return RK_OK;
}

enum rk_rc
rk_worktree_find(git_repository *git, const char *name, struct rk_worktree_list *trees, struct rk_err *err)
{
	const char *common = git_repository_commondir(git);
	struct rk_strbuf dir = { 0 };
	struct dirent *entry;
	enum rk_rc rc;
	DIR *linked;

	rk_worktree_free(trees);
	rc = look_at(git, common, name, is_bare(git), trees, err);
	rk_strbuf_printf(&dir, "%s/worktrees", common);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&dir, err);
	linked = rc == RK_OK ? opendir(dir.data) : NULL;
	if (!linked && rc == RK_OK && errno != ENOENT)
		rc = rk_err_set(err, RK_EIO, "%s: %s", dir.data, strerror(errno));
	while (linked && rc == RK_OK && (entry = readdir(linked))) {
		if (entry->d_name[0] == '.')
			continue;
		rk_strbuf_clear(&dir);
		rk_strbuf_printf(&dir, "%s/worktrees/%s", common, entry->d_name);
		rc = rk_strbuf_check(&dir, err);
		if (rc == RK_OK)
			rc = look_at(git, dir.data, name, false, trees, err);
	}
	if (linked)
		closedir(linked);
	rk_strbuf_free(&dir);
	return rc;
}

void
rk_worktree_free(struct rk_worktree_list *trees)
{
	while (trees->n > 0)
		free(trees->dir[--trees->n]);
	free(trees->dir);
	*trees = (struct rk_worktree_list){ 0 };
}

enum rk_rc
rk_worktree_refuse(git_repository *git, const char *name, const struct rk_worktree_list *trees, struct rk_err *err)
{
	return trees->n == 0 ? RK_OK : in_use(git, trees->dir[0], "checked out", name, err);
}

/* Updating */

/* Fail with what git reported, joined to one line. */
static enum rk_rc
fail_with(enum rk_rc rc, const char *files, const char *what, const struct rk_strbuf *reported, struct rk_err *err)
{
	const char *at = rk_strbuf_str(reported);
	struct rk_strbuf line = { 0 };
	size_t len;

	for (; *at; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		if (len)
			rk_strbuf_puts(&line, line.len ? "; " : ": ");
		rk_strbuf_add(&line, at, len);
	}
	rk_err_set(err, rc, "the work tree %s %s%s", files, what, rk_strbuf_str(&line));
	rk_strbuf_free(&line);
	return rc;
}

/*
 * Run git in a work tree; while its index is locked, run it again.  RK_OK whatever its status is.
 * RK_ERACE: the index stayed locked.
 */
static enum rk_rc
run(struct rk_git_command *git, const char *const *arguments, struct rk_err *err)
{
	enum rk_rc rc;
	unsigned try;

	git->arguments = arguments;
	for (try = 1;; try++) {
		rc = rk_git_run(git, err);
		if (rc != RK_OK || git->status == 0 || !strstr(rk_strbuf_str(&git->err), "index.lock"))
			return rc;
		if (try == LOCK_TRIES) {
			git->err.data[strcspn(git->err.data, "\n")] = '\0';	/* only guesses at the cause follow */
			return fail_with(RK_ERACE, git->dir, "is locked", &git->err, err);
		}
		rk_clock_backoff(try);
	}
}

/* What would be lost or confused by other files: RK_EPERM. */
static enum rk_rc
check_state(const char *dir, const char *files, struct rk_err *err)
{
	static const struct { const char *file, *what; } states[] = { { "MERGE_HEAD", "merge" }, { "rebase-merge", "rebase" },
		{ "rebase-apply", "rebase or git am" }, { "CHERRY_PICK_HEAD", "cherry-pick" }, { "REVERT_HEAD", "revert" },
		{ "sequencer", "cherry-pick or revert" }, { "BISECT_LOG", "bisection" } };
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < sizeof states / sizeof states[0] && rc == RK_OK; i++) {
		rk_strbuf_clear(&path);
		rk_strbuf_printf(&path, "%s/%s", dir, states[i].file);
		rc = rk_strbuf_check(&path, err);
		if (rc == RK_OK && access(path.data, F_OK) == 0)
			rc = rk_err_set(err, RK_EPERM, "the work tree %s is in the middle of a %s: end it first", files, states[i].what);
	}
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
check_clean(struct rk_git_command *git, struct rk_err *err)
{
	static const char *const status[] = { "--no-optional-locks", "status", "--porcelain", "--untracked-files=no",
		"--ignore-submodules=dirty", NULL };
	enum rk_rc rc = run(git, status, err);

	if (rc != RK_OK)
		return rc;
	if (git->status != 0)
		return fail_with(RK_EPERM, git->dir, "cannot be inspected", &git->err, err);
	if (git->out.len == 0)
		return RK_OK;
	git->out.data[strcspn(git->out.data, "\n")] = '\0';
	return fail_with(RK_EPERM, git->dir, "has uncommitted changes (git stash saves them)", &git->out, err);
}

/* Run git read-tree to update a work tree, or, when dry, to learn whether it could. */
static enum rk_rc
read_tree(struct rk_git_command *git, bool dry, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	const char *argv[] = { "read-tree", "-m", "-u", NULL, NULL, NULL, NULL };
	char hex[2][RK_OID_HEX];
	size_t n = 3;
	enum rk_rc rc;

	if (dry)
		argv[n++] = "-n";
	argv[n++] = git_oid_tostr(hex[0], sizeof hex[0], old);
	argv[n] = git_oid_tostr(hex[1], sizeof hex[1], new);
	rc = run(git, argv, err);
	return rc == RK_OK && git->status != 0 ? fail_with(RK_EPERM, git->dir, "cannot be updated", &git->err, err) : rc;
}

/* Let git compare files whose times alone differ from the index, which read-tree would refuse. */
static enum rk_rc
refresh(struct rk_git_command *git, struct rk_err *err)
{
	static const char *const argv[] = { "update-index", "--ignore-submodules", "--refresh", NULL };
	enum rk_rc rc = run(git, argv, err);

	return rc == RK_OK && git->status != 0 ? fail_with(RK_EPERM, git->dir, "cannot be inspected", &git->err, err) : rc;
}

static enum rk_rc
check_one(const char *dir, const char *files, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	struct rk_git_command git = { .dir = files, .seconds = SECONDS, .limit = OUT_BYTES };
	enum rk_rc rc = check_state(dir, files, err);

	if (rc == RK_OK)
		rc = check_clean(&git, err);
	if (rc == RK_OK && new)
		rc = refresh(&git, err);
	if (rc == RK_OK && new)
		rc = read_tree(&git, true, old, new, err);
	rk_git_command_free(&git);
	return rc;
}

enum rk_rc
rk_worktree_check(git_repository *git, const struct rk_worktree_list *trees, const git_oid *old, const git_oid *new,
    struct rk_err *err)
{
	struct rk_strbuf files = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < trees->n && rc == RK_OK; i++) {
		rk_strbuf_clear(&files);
		rc = files_of(git, trees->dir[i], &files, err);
		if (rc == RK_OK)
			rc = check_one(trees->dir[i], files.data, old, new, err);
	}
	rk_strbuf_free(&files);
	return rc;
}

enum rk_rc
rk_worktree_bring(git_repository *git, const struct rk_worktree_list *trees, const git_oid *old, const git_oid *new,
    struct rk_err *err)
{
	struct rk_git_command command = { .seconds = SECONDS, .limit = OUT_BYTES };
	struct rk_strbuf files = { 0 };
	enum rk_rc rc = RK_OK, one;
	struct rk_err why = { 0 };
	char hex[2][RK_OID_HEX];
	size_t i;

	git_oid_tostr(hex[0], sizeof hex[0], old);
	git_oid_tostr(hex[1], sizeof hex[1], new);
	for (i = 0; i < trees->n; i++) {
		rk_strbuf_clear(&files);
		one = files_of(git, trees->dir[i], &files, &why);
		if (one == RK_OK) {
			command.dir = files.data;
			one = read_tree(&command, false, old, new, &why);
		}
		if (one != RK_OK && rc == RK_OK)
			rc = rk_err_set(err, one, "%s; when that is settled: git -C %s read-tree -m -u %s %s", why.msg,
			    rk_strbuf_str(&files), hex[0], hex[1]);
	}
	rk_strbuf_free(&files);
	rk_git_command_free(&command);
	return rc;
}
