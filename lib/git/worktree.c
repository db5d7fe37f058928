#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git/worktree.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"

#define HEADS "refs/heads/"
#define SECONDS 600		/* until git is killed, which may write all files of a work tree */
#define OUT_BYTES (1u << 20)	/* of git's standard output */
#define LOCK_TRIES 18		/* about four seconds of waiting */

struct tree {
	char *dir;	/* its Git directory */
	char *files;	/* the directory of its files */
};

struct rk_worktrees {
	struct rk_strbuf name;	/* of the branch's ref */
	struct tree *tree;
	size_t n, size;
};

/* Finding */

/* Set *has to whether a file in a Git directory has a line that is ref, or "ref: " and ref; a missing file does not. */
static enum rk_rc
mentions(const char *dir, const char *file, const char *ref, bool *has, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	char line[4096];
	FILE *f = NULL;

	*has = false;
	rk_strbuf_printf(&path, "%s/%s", dir, file);
	if (!(f = fopen(path.data, "re")) && errno != ENOENT && errno != ENOTDIR)
		rc = rk_err_set(err, errno == EMFILE || errno == ENFILE || errno == ENOMEM ? RK_ENOMEM : RK_EIO, "%s: %s", path.data,
		    strerror(errno));
	while (f && !*has && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		*has = strcmp(line + (strncmp(line, "ref: ", 5) == 0 ? 5 : 0), ref) == 0;
	}
	if (f && ferror(f))
		rc = rk_err_set(err, RK_EIO, "%s: %s", path.data, strerror(errno));
	if (f)
		fclose(f);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
refuse(const char *name, const char *state, const char *files, struct rk_err *err)
{
	return rk_err_set(err, RK_EPERM, "the branch \"%s\" is %s in %s, which would not be updated: switch that work tree to "
	    "another branch (git switch --detach), or name another branch", name + strlen(HEADS), state, files);
}

/* RK_EPERM: a rebase or bisection in a work tree will move the branch when it ends. */
static enum rk_rc
check_not_moved_later(const char *dir, const char *name, const char *files, struct rk_err *err)
{
	const char *const branch = name + strlen(HEADS);
	const struct { const char *file, *ref, *state; } states[] = {
		{ "rebase-merge/head-name", name, "being rebased" }, { "rebase-apply/head-name", name, "being rebased" },
		{ "rebase-merge/update-refs", name, "being rebased" }, { "BISECT_START", name, "being bisected" },
		{ "BISECT_START", branch, "being bisected" } };
	enum rk_rc rc = RK_OK;
	bool has = false;
	size_t i;

	for (i = 0; i < sizeof states / sizeof states[0] && rc == RK_OK && !has; i++)
		rc = mentions(dir, states[i].file, states[i].ref, &has, err);
	return rc == RK_OK && has ? refuse(name, states[i - 1].state, files, err) : rc;
}

/* Keep a work tree if it has the branch checked out; files is NULL for a bare repository. */
static enum rk_rc
inspect(struct rk_worktrees *trees, const char *dir, const char *files, struct rk_err *err)
{
	const char *name = trees->name.data;
	bool has = false;
	struct tree *tree;
	enum rk_rc rc = check_not_moved_later(dir, name, files ? files : dir, err);

	if (rc == RK_OK && files)
		rc = mentions(dir, "HEAD", name, &has, err);
	if (rc != RK_OK || !has)
		return rc;
	rk_memory_grow(&trees->tree, trees->n, &trees->size, sizeof *trees->tree);
	tree = &trees->tree[trees->n++];
	*tree = (struct tree){ rk_memory_strdup(dir), rk_memory_strdup(files) };
	return RK_OK;
}

static enum rk_rc
inspect_main(struct rk_worktrees *trees, git_repository *git, struct rk_err *err)
{
	const char *common = git_repository_commondir(git);
	git_repository *opened = NULL;
	struct rk_strbuf files = { 0 };
	enum rk_rc rc = RK_OK;
	int result = git_repository_is_worktree(git) ? git_repository_open(&opened, common) : 0;
	const char *top = result < 0 ? NULL : git_repository_workdir(opened ? opened : git);

	if (result < 0)
		rc = rk_git_fail(err, result, "%s", common);
	if (top)
		rk_strbuf_add(&files, top, strlen(top) - (top[1] != '\0'));	/* without the slash that it ends with */
	if (rc == RK_OK)
		rc = inspect(trees, common, files.data, err);
	git_repository_free(opened);
	rk_strbuf_free(&files);
	return rc;
}

static enum rk_rc
inspect_linked(struct rk_worktrees *trees, git_repository *git, const char *worktree, struct rk_err *err)
{
	struct rk_strbuf dir = { 0 };
	git_worktree *linked = NULL;
	enum rk_rc rc = RK_OK;
	int result;

	rk_strbuf_printf(&dir, "%sworktrees/%s", git_repository_commondir(git), worktree);
	if ((result = git_worktree_lookup(&linked, git, worktree)) < 0)
		rc = rk_git_fail(err, result, "the work tree %s", worktree);
	if (rc == RK_OK)
		rc = inspect(trees, dir.data, git_worktree_path(linked), err);
	git_worktree_free(linked);
	rk_strbuf_free(&dir);
	return rc;
}

enum rk_rc
rk_worktree_find(git_repository *git, const char *name, struct rk_worktrees **trees, struct rk_err *err)
{
	struct rk_worktrees *new = rk_memory_calloc(1, sizeof *new);
	git_strarray linked = { 0 };
	enum rk_rc rc;
	int result;
	size_t i;

	*trees = NULL;
	rk_strbuf_puts(&new->name, name);
	rc = inspect_main(new, git, err);
	if (rc == RK_OK && (result = git_worktree_list(&linked, git)) < 0)
		rc = rk_git_fail(err, result, "the work trees of %s", git_repository_commondir(git));
	for (i = 0; i < linked.count && rc == RK_OK; i++)
		rc = inspect_linked(new, git, linked.strings[i], err);
	git_strarray_dispose(&linked);
	if (rc == RK_OK)
		*trees = new;
	else
		rk_worktree_free(new);
	return rc;
}

void
rk_worktree_free(struct rk_worktrees *trees)
{
	if (!trees)
		return;
	for (; trees->n > 0; trees->n--) {
		free(trees->tree[trees->n - 1].dir);
		free(trees->tree[trees->n - 1].files);
	}
	free(trees->tree);
	rk_strbuf_free(&trees->name);
	free(trees);
}

enum rk_rc
rk_worktree_refuse(const struct rk_worktrees *trees, struct rk_err *err)
{
	return trees->n ? refuse(trees->name.data, "checked out", trees->tree[0].files, err) : RK_OK;
}

/* Updating */

/* Fail with the messages of git. */
static enum rk_rc
fail(enum rk_rc rc, const struct rk_git_command *git, const char *what, struct rk_err *err)
{
	struct rk_strbuf messages = { 0 };

	rk_git_command_messages(git, &messages);
	rk_err_set(err, rc, "the work tree %s %s: %s", git->dir, what, rk_strbuf_str(&messages));
	rk_strbuf_free(&messages);
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
		if (rc != RK_OK || git->status == 0 || !strstr(rk_strbuf_str(&git->errors), "index.lock"))
			return rc;
		if (try == LOCK_TRIES) {
			git->errors.data[strcspn(git->errors.data, "\n")] = '\0';	/* only guesses at the cause follow */
			return fail(RK_ERACE, git, "is locked", err);
		}
		rk_clock_backoff(try);
	}
}

/* RK_EPERM: an operation in progress would be confused by an update. */
static enum rk_rc
check_state(const struct tree *tree, struct rk_err *err)
{
	static const struct { const char *file, *operation; } states[] = { { "MERGE_HEAD", "merge" }, { "rebase-merge", "rebase" },
		{ "rebase-apply", "rebase or git am" }, { "CHERRY_PICK_HEAD", "cherry-pick" }, { "REVERT_HEAD", "revert" },
		{ "sequencer", "cherry-pick or revert" }, { "BISECT_LOG", "bisection" } };
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < sizeof states / sizeof states[0] && rc == RK_OK; i++) {
		rk_strbuf_clear(&path);
		rk_strbuf_printf(&path, "%s/%s", tree->dir, states[i].file);
		if (access(path.data, F_OK) == 0)
			rc = rk_err_set(err, RK_EPERM, "the work tree %s is in the middle of a %s: finish it first", tree->files, states[i].operation);
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
		return fail(RK_EPERM, git, "cannot be inspected", err);
	if (git->out.len == 0)
		return RK_OK;
	git->out.data[strcspn(git->out.data, "\n")] = '\0';
	return rk_err_set(err, RK_EPERM, "the work tree %s has uncommitted changes (git stash saves them): %s", git->dir, git->out.data);
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
	return rc == RK_OK && git->status != 0 ? fail(RK_EPERM, git, "cannot be updated", err) : rc;
}

/* Let git compare files of which only the times differ from the index: read-tree would refuse them. */
static enum rk_rc
refresh(struct rk_git_command *git, struct rk_err *err)
{
	static const char *const argv[] = { "update-index", "--ignore-submodules", "--refresh", NULL };
	enum rk_rc rc = run(git, argv, err);

	return rc == RK_OK && git->status != 0 ? fail(RK_EPERM, git, "cannot be inspected", err) : rc;
}

static enum rk_rc
check_tree(const struct tree *tree, const git_oid *old, const git_oid *new, const char *objects, struct rk_err *err)
{
	struct rk_git_command git = { .dir = tree->files, .objects = objects, .seconds = SECONDS, .limit = OUT_BYTES };
	enum rk_rc rc = check_state(tree, err);

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
rk_worktree_check(const struct rk_worktrees *trees, const git_oid *old, const git_oid *new, const char *objects,
    struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < trees->n && rc == RK_OK; i++)
		rc = check_tree(&trees->tree[i], old, new, objects, err);
	return rc;
}

enum rk_rc
rk_worktree_update(const struct rk_worktrees *trees, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	struct rk_git_command git = { .seconds = SECONDS, .limit = OUT_BYTES };
	enum rk_rc rc = RK_OK, one;
	struct rk_err why = { 0 };
	char hex[2][RK_OID_HEX];
	size_t i;

	git_oid_tostr(hex[0], sizeof hex[0], old);
	git_oid_tostr(hex[1], sizeof hex[1], new);
	for (i = 0; i < trees->n; i++) {
		git.dir = trees->tree[i].files;
		one = read_tree(&git, false, old, new, &why);
		if (one != RK_OK && rc == RK_OK)
			rc = rk_err_set(err, one, "%s; after resolving this, run: git -C %s read-tree -m -u %s %s", why.msg, git.dir,
			    hex[0], hex[1]);
	}
	rk_git_command_free(&git);
	return rc;
}
