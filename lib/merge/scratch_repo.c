#include <errno.h>
#include <fcntl.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "merge/scratch_repo.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "process/scratch.h"
#include "git/git.h"
#include "git/pack.h"
#include "git/source.h"
#include "merge/merge_attr.h"

#define OUTPUT_BYTES (256u << 20)	/* that it may write */
#define IN_MEMORY 9			/* priority of the object database in memory: above those of files */

struct rk_scratch_repo {
	git_repository *git;
	struct rk_scratch scratch;
	unsigned seconds;
	git_odb *git_odb;	/* of git */
	git_odb *odb;
	git_repository *wrap;	/* of odb */
	size_t worktrees;	/* so far */
	bool lacks_git;
};

/* Files below a directory */

static enum rk_rc
fail(struct rk_err *err, const char *what, const char *path)
{
	return rk_err_set(err, errno == ENOMEM || errno == ENOSPC || errno == EMFILE ? RK_ENOMEM : RK_EIO, "cannot %s %s: %s", what,
	    path, strerror(errno));
}

static enum rk_rc
make_directory(const char *dir, const char *below, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;

	rk_strbuf_printf(&path, "%s/%s", dir, below);
	if (mkdir(path.data, 0700) < 0 && errno != EEXIST)
		rc = fail(err, "make the directory", path.data);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
write_file(const char *dir, const char *below, const char *bytes, size_t len, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	FILE *file = NULL;
	enum rk_rc rc = RK_OK;

	rk_strbuf_printf(&path, "%s/%s", dir, below);
	file = fopen(path.data, "we");
	if (!file)
		rc = fail(err, "write", path.data);
	if (file && fwrite(bytes, 1, len, file) != len)
		rc = fail(err, "write", path.data);
	if (file && fclose(file) != 0 && rc == RK_OK)
		rc = fail(err, "write", path.data);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
write_strbuf(const char *dir, const char *below, const struct rk_strbuf *text, struct rk_err *err)
{
	return write_file(dir, below, rk_strbuf_str(text), text->len, err);
}

/* Opening it */

static void
add_include(struct rk_strbuf *config, const char *dir, const char *file)
{
	const char *s;

	rk_strbuf_puts(config, "\tpath = \"");
	for (s = dir; *s; s++) {
		if (*s == '"' || *s == '\\')
			rk_strbuf_putc(config, '\\');
		rk_strbuf_putc(config, *s);
	}
	rk_strbuf_printf(config, "%s\"\n", file);
}

static void
add_config(const struct rk_scratch_repo *repo, struct rk_strbuf *config)
{
	rk_strbuf_puts(config, "[include]\n");
	add_include(config, git_repository_commondir(repo->git), "config");
	add_include(config, git_repository_path(repo->git), "config.worktree");
	rk_strbuf_puts(config, "[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n");
}

/* Write what makes the directory a repository.  The last attribute is stronger than all others. */
static enum rk_rc
write_git_files(const struct rk_scratch_repo *repo, struct rk_err *err)
{
	static const char head[] = "ref: refs/heads/none\n";
	struct rk_strbuf config = { 0 }, attributes = { 0 }, alternates = { 0 };
	enum rk_rc rc;

	add_config(repo, &config);
	rc = rk_merge_attr_local(repo->git, &attributes, err);
	rk_strbuf_printf(&attributes, "* conflict-marker-size=%d\n", RK_SCRATCH_REPO_MARKER);
	rk_strbuf_printf(&alternates, "%sobjects\n", git_repository_commondir(repo->git));
	if (rc == RK_OK)
		rc = write_file(repo->scratch.dir, "git/HEAD", head, sizeof head - 1, err);
	if (rc == RK_OK)
		rc = write_strbuf(repo->scratch.dir, "git/config", &config, err);
	if (rc == RK_OK)
		rc = write_strbuf(repo->scratch.dir, "git/info/attributes", &attributes, err);
	if (rc == RK_OK)
		rc = write_strbuf(repo->scratch.dir, "git/objects/info/alternates", &alternates, err);
	if (rc == RK_OK)
		rc = write_file(repo->scratch.dir, "git/info/sparse-checkout", "", 0, err);
	rk_strbuf_free(&config);
	rk_strbuf_free(&attributes);
	rk_strbuf_free(&alternates);
	return rc;
}

/* Share the submodules of the other repository, if it has some. */
static enum rk_rc
link_submodules(const struct rk_scratch_repo *repo, struct rk_err *err)
{
	struct rk_strbuf path = { 0 }, modules = { 0 };
	enum rk_rc rc = RK_OK;

	rk_strbuf_printf(&path, "%s/git/modules", repo->scratch.dir);
	rk_strbuf_printf(&modules, "%smodules", git_repository_commondir(repo->git));
	if (access(modules.data, F_OK) == 0 && symlink(modules.data, path.data) < 0)
		rc = fail(err, "make", path.data);
	rk_strbuf_free(&path);
	rk_strbuf_free(&modules);
	return rc;
}

static enum rk_rc
open_objects(struct rk_scratch_repo *repo, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	git_odb_backend *memory;
	enum rk_rc rc = RK_OK;
	int result;

	rk_strbuf_printf(&path, "%s/git/objects", repo->scratch.dir);
	result = git_repository_odb(&repo->git_odb, repo->git);
	if (result == 0)
		result = git_odb_open(&repo->odb, path.data);
	if (result == 0)
		result = git_mempack_new(&memory);
	if (result == 0)
		result = git_odb_add_backend(repo->odb, memory, IN_MEMORY);
	if (result == 0)
		result = git_repository_wrap_odb(&repo->wrap, repo->odb);
	if (result < 0)
		rc = rk_git_fail(err, result, "%s", path.data);
	rk_strbuf_free(&path);
	return rc;
}

enum rk_rc
rk_scratch_repo_open(git_repository *git, unsigned seconds, struct rk_scratch_repo **repo, struct rk_err *err)
{
	static const char *const dirs[] = { "git", "git/objects", "git/objects/info", "git/objects/pack", "git/refs", "git/info" };
	struct rk_scratch_repo *new = rk_memory_calloc(1, sizeof *new);
	enum rk_rc rc;
	size_t i;

	*repo = NULL;
	new->git = git;
	new->seconds = seconds;
	rc = rk_scratch_open(NULL, "ringsync.", &new->scratch, err);
	for (i = 0; i < sizeof dirs / sizeof dirs[0] && rc == RK_OK; i++)
		rc = make_directory(new->scratch.dir, dirs[i], err);
	if (rc == RK_OK)
		rc = write_git_files(new, err);
	if (rc == RK_OK)
		rc = link_submodules(new, err);
	if (rc == RK_OK)
		rc = open_objects(new, err);
	if (rc == RK_OK)
		*repo = new;
	else
		rk_scratch_repo_close(new);
	return rc;
}

void
rk_scratch_repo_close(struct rk_scratch_repo *repo)
{
	if (!repo)
		return;
	git_repository_free(repo->wrap);
	git_odb_free(repo->odb);
	git_odb_free(repo->git_odb);
	rk_scratch_close(&repo->scratch);
	free(repo);
}

git_odb *
rk_scratch_repo_odb(const struct rk_scratch_repo *repo)
{
	return repo->odb;
}

git_repository *
rk_scratch_repo_git(const struct rk_scratch_repo *repo)
{
	return repo->wrap;
}

enum rk_rc
rk_scratch_repo_write(struct rk_scratch_repo *repo, const struct rk_pack *pack, struct rk_err *err)
{
	struct rk_strbuf dir = { 0 }, name = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&dir, "%s/git/objects/pack", repo->scratch.dir);
	rc = rk_pack_write(pack, dir.data, &name, err);
	rk_strbuf_free(&dir);
	rk_strbuf_free(&name);
	return rc;
}

/* Export what a tree contains.  Git 2.39 can make an entry without an object if a file conflicts with a directory. */
static enum rk_rc
export_entries(const struct rk_scratch_repo *repo, const git_oid *id, struct rk_pack *pack, struct rk_err *err)
{
	const git_tree_entry *entry;
	enum rk_rc rc = RK_OK;
	git_tree *tree;
	size_t i;
	int result = git_tree_lookup(&tree, repo->wrap, id);

	if (result < 0)
		return rk_git_fail(err, result, "the tree that Git made");
	for (i = 0; i < git_tree_entrycount(tree) && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(tree, i);
		if (git_oid_is_zero(git_tree_entry_id(entry)) || git_tree_entry_filemode_raw(entry) == 0)
			rc = rk_err_refuse(err, RK_CODE_GIT_FAILED, "Git made a tree without an object for %s; merge it by hand",
			    git_tree_entry_name(entry));
		else if (git_tree_entry_type(entry) != GIT_OBJECT_COMMIT)
			rc = rk_scratch_repo_export(repo, git_tree_entry_id(entry), pack, err);
	}
	git_tree_free(tree);
	return rc;
}

enum rk_rc
rk_scratch_repo_export(const struct rk_scratch_repo *repo, const git_oid *id, struct rk_pack *pack, struct rk_err *err)
{
	git_odb_object *object;
	enum rk_rc rc = RK_OK;
	git_oid same;
	int result;

	if (git_odb_exists_ext(repo->git_odb, id, GIT_ODB_LOOKUP_NO_REFRESH))
		return RK_OK;
	result = git_odb_read(&object, repo->odb, id);
	if (result < 0)
		return rk_git_fail(err, result, "the object that Git made");
	if (git_odb_object_type(object) == GIT_OBJECT_TREE)
		rc = export_entries(repo, id, pack, err);
	if (rc == RK_OK)
		rc = rk_pack_add(pack, git_odb_object_type(object), git_odb_object_data(object), git_odb_object_size(object), &same, err);
	git_odb_object_free(object);
	return rc;
}

/* Work trees */

struct worktree {
	git_repository *git;
	const char *dir;
	struct rk_strbuf path;
	struct rk_err *err;
	enum rk_rc rc;
};

/* Make the directories above path, in dir. */
static enum rk_rc
make_above(const char *dir, char *path, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	char *slash;

	for (slash = strchr(path, '/'); slash && rc == RK_OK; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		rc = make_directory(dir, path, err);
		*slash = '/';
	}
	return rc;
}

static enum rk_rc
write_blob(struct worktree *w, const git_oid *id)
{
	git_blob *blob;
	enum rk_rc rc;
	int result = git_blob_lookup(&blob, w->git, id);

	if (result < 0)
		return rk_git_fail(w->err, result, "%s", w->path.data);
	rc = make_above(w->dir, w->path.data, w->err);
	if (rc == RK_OK)
		rc = write_file(w->dir, w->path.data, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob), w->err);
	git_blob_free(blob);
	return rc;
}

static int
visit(const char *root, const git_tree_entry *entry, void *context)
{
	struct worktree *w = context;
	const char *name = git_tree_entry_name(entry);

	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB || git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK ||
	    (strcmp(name, ".gitattributes") != 0 && (*root || strcmp(name, ".gitmodules") != 0)))
		return 0;
	rk_strbuf_clear(&w->path);
	rk_strbuf_printf(&w->path, "%s%s", root, name);
	/* Git would not check such a path out either */
	if (rk_source_is_path(w->path.data))
		w->rc = write_blob(w, git_tree_entry_id(entry));
	return w->rc == RK_OK ? 0 : -1;
}

enum rk_rc
rk_scratch_repo_worktree(struct rk_scratch_repo *repo, const git_oid *tree, char **dir, struct rk_err *err)
{
	struct worktree w = { .git = repo->git, .err = err, .rc = RK_OK };
	struct rk_strbuf path = { 0 };
	char name[32];
	git_tree *object = NULL;
	enum rk_rc rc;
	int result;

	snprintf(name, sizeof name, "tree-%zu", repo->worktrees++);
	rk_strbuf_printf(&path, "%s/%s", repo->scratch.dir, name);
	*dir = path.data;
	rc = make_directory(repo->scratch.dir, name, err);
	if (rc != RK_OK || !tree)
		return rc;
	w.dir = path.data;
	result = git_tree_lookup(&object, repo->git, tree);
	if (result == 0)
		result = git_tree_walk(object, GIT_TREEWALK_PRE, visit, &w);
	if (w.rc == RK_OK && result < 0)
		w.rc = rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(tree));
	git_tree_free(object);
	rk_strbuf_free(&w.path);
	return w.rc;
}

/* Running Git */

/*
 * Find the line in which Git warns that it could not read an attribute file, and goes on without it; else NULL.  Git
 * ignores a file without permission to read it in any repository.
 */
static const char *
unread_attributes(const char *warnings)
{
	static const char denied[] = ": Permission denied";
	const char *line = warnings, *stop;

	for (; *line; line = *stop ? stop + 1 : stop) {
		stop = line + strcspn(line, "\n");
		if (strncmp(line, "warning: cannot fstat gitattributes", 35) == 0)
			return line;
		if (strncmp(line, "warning: unable to access", 25) == 0 && ((size_t)(stop - line) < sizeof denied ||
		    strncmp(stop - (sizeof denied - 1), denied, sizeof denied - 1) != 0))
			return line;
	}
	return NULL;
}

enum rk_rc
rk_scratch_repo_run(struct rk_scratch_repo *repo, const char *dir, const char *const *arguments, int most,
    struct rk_git_command *command, struct rk_err *err)
{
	/* stronger than the configuration that is included, and than GIT_CONFIG_COUNT */
	static const char *const settings[] = { "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
		"-c", "core.logAllRefUpdates=false", "-c", "rerere.enabled=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false" };
	enum { SETTINGS = sizeof settings / sizeof settings[0] };
	struct rk_strbuf git_dir = { 0 }, work_tree = { 0 };
	const char *argv[SETTINGS + 23], *line, *name = arguments[strcmp(arguments[0], "-c") == 0 ? 2 : 0];
	enum rk_rc rc;
	size_t n;

	rk_strbuf_printf(&git_dir, "--git-dir=%s/git", repo->scratch.dir);
	rk_strbuf_printf(&work_tree, "--work-tree=%s", dir);
	memcpy(argv, settings, sizeof settings);
	argv[SETTINGS] = rk_strbuf_str(&git_dir);
	argv[SETTINGS + 1] = rk_strbuf_str(&work_tree);
	for (n = 0; arguments[n]; n++)
		argv[SETTINGS + 2 + n] = arguments[n];
	argv[SETTINGS + 2 + n] = NULL;
	command->dir = dir;
	command->arguments = argv;
	command->seconds = repo->seconds;
	command->limit = OUTPUT_BYTES;
	rc = rk_git_run(command, err);
	line = rk_strbuf_str(&command->errors);
	if (rc == RK_EIO && err->code == RK_CODE_TOO_LARGE)
		rc = rk_err_refuse(err, RK_CODE_GIT_FAILED, "git %s: %s", name, err->msg);
	else if (rc == RK_OK && command->status == 129)
		rc = rk_err_set(err, RK_ENOINPUT, "git %s: Git 2.38 or newer is required", name);
	else if (rc == RK_OK && command->status > most)
		rc = rk_err_refuse(err, RK_CODE_GIT_FAILED, "git %s: %.*s (status %d)", name, (int)strcspn(line, "\n"), line,
		    command->status);
	else if (rc == RK_OK && (line = unread_attributes(line)))
		rc = rk_err_set(err, RK_EIO, "git %s: %.*s", name, (int)strcspn(line, "\n"), line);
	repo->lacks_git |= rc == RK_ENOINPUT;
	command->arguments = NULL;
	rk_strbuf_free(&git_dir);
	rk_strbuf_free(&work_tree);
	return rc;
}

bool
rk_scratch_repo_lacks_git(const struct rk_scratch_repo *repo)
{
	return repo && repo->lacks_git;
}
