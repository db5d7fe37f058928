#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "merge/merge_tree.h"
#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/source.h"
#include "merge/merge_attr.h"

#define MARKER 173		/* characters that no line of a sane file starts with */
#define SECONDS 600
#define ANSWER_BYTES (256u << 20)

/* Files of our own */

static enum rk_rc
failed(struct rk_err *err, const char *what, const char *path)
{
	return rk_err_set(err, errno == ENOMEM || errno == ENOSPC || errno == EMFILE ? RK_ENOMEM : RK_EIO, "cannot %s %s: %s", what,
	    path, strerror(errno));
}

static enum rk_rc
make_directory(const char *dir, const char *below, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&path, "%s/%s", dir, below);
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK && mkdir(path.data, 0700) < 0 && errno != EEXIST)
		rc = failed(err, "make", path.data);
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
write_file(const char *dir, const char *below, const char *bytes, size_t len, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	FILE *file = NULL;
	enum rk_rc rc;

	rk_strbuf_printf(&path, "%s/%s", dir, below);
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK)
		file = fopen(path.data, "we");
	if (rc == RK_OK && !file)
		rc = failed(err, "write", path.data);
	if (file && fwrite(bytes, 1, len, file) != len)
		rc = failed(err, "write", path.data);
	if (file && fclose(file) != 0 && rc == RK_OK)
		rc = failed(err, "write", path.data);
	rk_strbuf_free(&path);
	return rc;
}

/* Remove a directory of ours and all in it; what cannot be removed stays. */
static void
remove_all(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && unlinkat(fd, entry->d_name, 0) < 0)
			remove_all(fd, entry->d_name);
	if (dir)
		closedir(dir);
	unlinkat(at, name, AT_REMOVEDIR);
}

/* The place */

static void
add_quoted(struct rk_strbuf *config, const char *key, const char *dir, const char *file)
{
	const char *s;

	rk_strbuf_printf(config, "\t%s = \"", key);
	for (s = dir; *s; s++) {
		if (*s == '"' || *s == '\\')
			rk_strbuf_putc(config, '\\');
		rk_strbuf_putc(config, *s);
	}
	rk_strbuf_printf(config, "%s\"\n", file);
}

static enum rk_rc
write_config(const struct rk_merge_tree *place, struct rk_err *err)
{
	struct rk_strbuf config = { 0 };
	enum rk_rc rc;

	rk_strbuf_puts(&config, "[include]\n");
	add_quoted(&config, "path", git_repository_commondir(place->git), "config");
	add_quoted(&config, "path", git_repository_path(place->git), "config.worktree");
	rk_strbuf_puts(&config, "[core]\n\trepositoryFormatVersion = 0\n\tbare = false\n\thooksPath = /dev/null\n"
	    "\tfsmonitor = false\n\tlogAllRefUpdates = false\n");
	add_quoted(&config, "attributesFile", place->dir, "/git/attributes");
	rk_strbuf_puts(&config, "[rerere]\n\tenabled = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n");
	rc = rk_strbuf_check(&config, err);
	if (rc == RK_OK)
		rc = write_file(place->dir, "git/config", config.data, config.len, err);
	rk_strbuf_free(&config);
	return rc;
}

/* The attributes of the user and of the repository; the last line of the former counts least of all but one. */
static enum rk_rc
write_attributes(const struct rk_merge_tree *place, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = rk_merge_attr_global(place->git, &text, err);

	rk_strbuf_printf(&text, "* conflict-marker-size=%zu\n", place->marker);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = write_file(place->dir, "git/attributes", text.data, text.len, err);
	rk_strbuf_clear(&text);
	if (rc == RK_OK)
		rc = rk_merge_attr_local(place->git, &text, err);
	if (rc == RK_OK)
		rc = write_file(place->dir, "git/info/attributes", rk_strbuf_str(&text), text.len, err);
	rk_strbuf_free(&text);
	return rc;
}

/* What is the repository's own: its objects, and its submodules where it has some. */
static enum rk_rc
link_repository(const struct rk_merge_tree *place, struct rk_err *err)
{
	const char *common = git_repository_commondir(place->git);
	struct rk_strbuf text = { 0 }, modules = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&text, "%sobjects\n", common);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = write_file(place->dir, "git/objects/info/alternates", text.data, text.len, err);
	rk_strbuf_clear(&text);
	rk_strbuf_printf(&text, "%s/git/modules", place->dir);
	rk_strbuf_printf(&modules, "%smodules", common);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&modules, err);
	if (rc == RK_OK && access(modules.data, F_OK) == 0 && symlink(modules.data, text.data) < 0)
		rc = failed(err, "make", text.data);
	rk_strbuf_free(&text);
	rk_strbuf_free(&modules);
	return rc;
}

enum rk_rc
rk_merge_tree_open(git_repository *git, struct rk_merge_tree *place, struct rk_err *err)
{
	static const char *const dirs[] = { "git", "git/objects", "git/objects/info", "git/objects/pack", "git/refs", "git/info" };
	static const char head[] = "ref: refs/heads/none\n";
	const char *above = getenv("TMPDIR");
	struct rk_strbuf dir = { 0 };
	enum rk_rc rc;
	size_t i;

	*place = (struct rk_merge_tree){ .git = git, .marker = MARKER };
	rk_strbuf_printf(&dir, "%s/ringsync.XXXXXX", above && *above ? above : "/tmp");
	rc = rk_strbuf_check(&dir, err);
	if (rc == RK_OK && !mkdtemp(dir.data))
		rc = failed(err, "make the temporary directory", dir.data);
	if (rc != RK_OK) {
		rk_strbuf_free(&dir);
		return rc;
	}
	place->dir = dir.data;
	for (i = 0; i < sizeof dirs / sizeof dirs[0] && rc == RK_OK; i++)
		rc = make_directory(place->dir, dirs[i], err);
	if (rc == RK_OK)
		rc = write_file(place->dir, "git/HEAD", head, sizeof head - 1, err);
	if (rc == RK_OK)
		rc = write_config(place, err);
	if (rc == RK_OK)
		rc = write_attributes(place, err);
	if (rc == RK_OK)
		rc = link_repository(place, err);
	return rc;
}

void
rk_merge_tree_close(struct rk_merge_tree *place)
{
	git_odb_free(place->odb);
	if (place->dir)
		remove_all(AT_FDCWD, place->dir);
	free(place->dir);
	*place = (struct rk_merge_tree){ 0 };
}

/* Its object database, from the first use on: Git has written by then. */
static enum rk_rc
open_objects(struct rk_merge_tree *place, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;
	int result;

	if (place->odb)
		return RK_OK;
	rk_strbuf_printf(&path, "%s/git/objects", place->dir);
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK && (result = git_odb_open(&place->odb, path.data)) < 0)
		rc = rk_git_fail(err, result, "%s", path.data);
	rk_strbuf_free(&path);
	return rc;
}

/* Work trees */

struct collecting {
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

static int
collect(const char *root, const git_tree_entry *entry, void *context)
{
	struct collecting *c = context;
	const char *name = git_tree_entry_name(entry);
	git_blob *blob;
	int result;

	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB || git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK ||
	    (strcmp(name, ".gitattributes") != 0 && (*root || strcmp(name, ".gitmodules") != 0)))
		return 0;
	rk_strbuf_clear(&c->path);
	rk_strbuf_printf(&c->path, "%s%s", root, name);
	c->rc = rk_strbuf_check(&c->path, c->err);
	/* Git would not check such a path out either */
	if (c->rc != RK_OK || !rk_source_is_path(c->path.data))
		return c->rc == RK_OK ? 0 : -1;
	result = git_blob_lookup(&blob, c->git, git_tree_entry_id(entry));
	if (result < 0) {
		c->rc = rk_git_fail(c->err, result, "%s", c->path.data);
		return -1;
	}
	c->rc = make_above(c->dir, c->path.data, c->err);
	if (c->rc == RK_OK)
		c->rc = write_file(c->dir, c->path.data, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob), c->err);
	git_blob_free(blob);
	return c->rc == RK_OK ? 0 : -1;
}

enum rk_rc
rk_merge_tree_worktree(struct rk_merge_tree *place, const git_oid *tree, char **dir, struct rk_err *err)
{
	struct collecting c = { .git = place->git, .err = err, .rc = RK_OK };
	struct rk_strbuf path = { 0 };
	char name[32];
	git_tree *object = NULL;
	enum rk_rc rc;
	int result;

	*dir = NULL;
	snprintf(name, sizeof name, "tree-%zu", place->trees++);
	rk_strbuf_printf(&path, "%s/%s", place->dir, name);
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK)
		rc = make_directory(place->dir, name, err);
	*dir = path.data;
	c.dir = path.data;
	if (rc != RK_OK || git_oid_is_zero(tree))
		return rc;
	result = git_tree_lookup(&object, place->git, tree);
	if (result == 0)
		result = git_tree_walk(object, GIT_TREEWALK_PRE, collect, &c);
	if (c.rc == RK_OK && result < 0)
		c.rc = rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(tree));
	git_tree_free(object);
	rk_strbuf_free(&c.path);
	return c.rc;
}

/* Running Git */

/*
 * Git warns of an attribute file that it cannot read, and goes on without it.  The line that does, or NULL; one that may
 * not be read is as none to Git, whoever runs it.
 */
static const char *
went_without(const char *said)
{
	static const char denied[] = ": Permission denied";
	const char *line = said, *stop;

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

static enum rk_rc
run(struct rk_merge_tree *place, const char *dir, const char *const *arguments, const struct rk_strbuf *in, int most,
    struct rk_strbuf *out, int *status, struct rk_err *err)
{
	const char *argv[24], *without, *said;
	struct rk_git_command command = { .dir = dir, .arguments = argv, .in = in ? in->data : NULL, .in_len = in ? in->len : 0,
		.seconds = SECONDS, .limit = ANSWER_BYTES, .out = *out };
	struct rk_strbuf git = { 0 }, tree = { 0 };
	enum rk_rc rc;
	size_t n;

	rk_strbuf_printf(&git, "--git-dir=%s/git", place->dir);
	rk_strbuf_printf(&tree, "--work-tree=%s", dir);
	argv[0] = rk_strbuf_str(&git);
	argv[1] = rk_strbuf_str(&tree);
	for (n = 0; arguments[n]; n++)
		argv[n + 2] = arguments[n];
	argv[n + 2] = NULL;
	rc = rk_strbuf_check(&git, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&tree, err);
	if (rc == RK_OK)
		rc = rk_git_run(&command, err);
	*out = command.out;
	command.out = (struct rk_strbuf){ 0 };
	*status = command.status;
	said = rk_strbuf_str(&command.err);
	if (rc == RK_OK && *status == 129)
		rc = rk_err_set(err, RK_ENOINPUT, "git %s is not understood: Git 2.38 or newer is wanted", arguments[0]);
	else if (rc == RK_OK && *status > most)
		rc = rk_err_refuse(err, RK_CODE_GIT_FAILED, "git %s: %.*s (status %d)", arguments[0],
		    (int)strcspn(said, "\n"), said, *status);
	else if (rc == RK_OK && (without = went_without(said)))
		rc = rk_err_set(err, RK_EIO, "git %s: %.*s", arguments[0], (int)strcspn(without, "\n"), without);
	place->lacks_git |= rc == RK_ENOINPUT;
	rk_strbuf_free(&git);
	rk_strbuf_free(&tree);
	rk_git_command_free(&command);
	return rc == RK_OK ? open_objects(place, err) : rc;
}

/* Reading what git merge-tree -z says */

struct reader {
	const char *at, *end;
};

/* The next string, up to a NUL; NULL when there is none. */
static const char *
string(struct reader *r)
{
	const char *s = r->at, *nul = s < r->end ? memchr(s, '\0', (size_t)(r->end - s)) : NULL;

	if (!nul)
		return NULL;
	r->at = nul + 1;
	return s;
}

/* "<mode> <oid> <stage>\t<path>" */
static enum rk_rc
read_stage(struct rk_merge_tree_result *answer, const char *s, struct rk_err *err)
{
	struct rk_merge_tree_stage *more = rk_array_with_room(answer->stage, answer->n_stages, &answer->stages_room, sizeof *more);
	char oid[RK_OID_HEX];
	int used = 0;

	if (!more)
		return rk_err_nomem(err);
	answer->stage = more;
	more += answer->n_stages;
	if (sscanf(s, "%6o %40[0-9a-f] %1d%n", &more->mode, oid, &more->stage, &used) != 3 || s[used] != '\t' ||
	    git_oid_fromstr(&more->oid, oid) < 0 || more->stage < 1 || more->stage > 3)
		return rk_err_set(err, RK_EIO, "git merge-tree: \"%s\" is not understood", s);
	more->path = s + used + 1;
	answer->n_stages++;
	return RK_OK;
}

static enum rk_rc
read_said(struct rk_merge_tree_result *answer, struct reader *r, const char *count, struct rk_err *err)
{
	struct rk_merge_tree_message *more = rk_array_with_room(answer->said, answer->n_said, &answer->said_room, sizeof *more);
	unsigned long n = strtoul(count, NULL, 10), i;

	if (!more)
		return rk_err_nomem(err);
	answer->said = more;
	more += answer->n_said;
	more->path = r->at;
	more->n_paths = n;
	for (i = 0; i < n; i++)
		if (!string(r))
			break;
	more->type = string(r);
	if (i < n || !more->type || !string(r))
		return rk_err_set(err, RK_EIO, "git merge-tree: its messages are not understood");
	answer->n_said++;
	return RK_OK;
}

static enum rk_rc
read_answer(struct rk_merge_tree_result *answer, struct rk_err *err)
{
	struct reader r = { rk_strbuf_str(&answer->out), rk_strbuf_str(&answer->out) + answer->out.len };
	const char *s = string(&r);
	enum rk_rc rc = RK_OK;

	if (!s || strlen(s) != GIT_OID_HEXSZ || git_oid_fromstr(&answer->tree, s) < 0)
		return rk_err_set(err, RK_EIO, "git merge-tree: its answer is not understood");
	while (rc == RK_OK && (s = string(&r)) && *s)
		rc = read_stage(answer, s, err);
	while (rc == RK_OK && (s = string(&r)))
		rc = read_said(answer, &r, s, err);
	return rc;
}

enum rk_rc
rk_merge_tree_run(struct rk_merge_tree *place, const char *dir, const git_oid *ours, const git_oid *theirs, bool relocate,
    struct rk_merge_tree_result *answer, struct rk_err *err)
{
	char a[RK_OID_HEX], b[RK_OID_HEX];
	const char *const arguments[] = { "-c", "merge.directoryRenames=true", "merge-tree", "--write-tree", "-z", a, b, NULL };
	int status;
	enum rk_rc rc;

	git_oid_tostr(a, sizeof a, ours);
	git_oid_tostr(b, sizeof b, theirs);
	rc = run(place, dir, arguments + (relocate ? 0 : 2), NULL, 1, &answer->out, &status, err);
	return rc == RK_OK ? read_answer(answer, err) : rc;
}

void
rk_merge_tree_free(struct rk_merge_tree_result *answer)
{
	rk_strbuf_free(&answer->out);
	free(answer->stage);
	free(answer->said);
	*answer = (struct rk_merge_tree_result){ 0 };
}

/* Has the configuration a driver of that name? */
static enum rk_rc
has_driver(git_repository *git, const char *name, bool *has, struct rk_err *err)
{
	struct rk_strbuf key = { 0 };
	git_config_entry *entry = NULL;
	git_config *config;
	enum rk_rc rc;
	int result;

	rk_strbuf_printf(&key, "merge.%s.driver", name);
	rc = rk_strbuf_check(&key, err);
	if (rc == RK_OK && (result = git_repository_config_snapshot(&config, git)) < 0)
		rc = rk_git_fail(err, result, "the Git configuration");
	if (rc == RK_OK) {
		*has = git_config_get_entry(&entry, config, key.data) == 0;
		git_config_entry_free(entry);
		git_config_free(config);
	}
	rk_strbuf_free(&key);
	return rc;
}

/* merge.default, where no attribute names a driver; "text" else. */
static enum rk_rc
default_driver(git_repository *git, struct rk_strbuf *name, struct rk_err *err)
{
	git_config *config;
	const char *value;
	int result = git_repository_config_snapshot(&config, git);

	if (result < 0)
		return rk_git_fail(err, result, "the Git configuration");
	rk_strbuf_puts(name, git_config_get_string(&value, config, "merge.default") == 0 ? value : "text");
	git_config_free(config);
	return rk_strbuf_check(name, err);
}

enum rk_rc
rk_merge_tree_driver(struct rk_merge_tree *place, const char *dir, const char *path, enum rk_merge_tree_driver *driver,
    size_t *marker, struct rk_err *err)
{
	static const char *const arguments[] = { "check-attr", "-z", "merge", "conflict-marker-size", "--", NULL, NULL };
	const char *argv[sizeof arguments / sizeof arguments[0]], *s, *value[2] = { NULL, NULL };
	struct rk_strbuf out = { 0 }, name = { 0 };
	struct reader r;
	bool has = false;
	enum rk_rc rc;
	int status, i;

	memcpy(argv, arguments, sizeof argv);
	argv[5] = path;
	rc = run(place, dir, argv, NULL, 0, &out, &status, err);
	r = (struct reader){ rk_strbuf_str(&out), rk_strbuf_str(&out) + out.len };
	for (i = 0; i < 2 && rc == RK_OK; i++)
		if (!string(&r) || !string(&r) || !(value[i] = string(&r)))
			rc = rk_err_set(err, RK_EIO, "git check-attr: its answer is not understood");
	if (rc == RK_OK && strcmp(value[0], "unspecified") == 0)
		rc = default_driver(place->git, &name, err);
	else if (rc == RK_OK)
		rk_strbuf_puts(&name, strcmp(value[0], "set") == 0 ? "text" : strcmp(value[0], "unset") == 0 ? "binary" : value[0]);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&name, err);
	s = rk_strbuf_str(&name);
	if (rc == RK_OK)
		rc = has_driver(place->git, s, &has, err);
	if (rc == RK_OK) {
		/* a name that nobody knows means text; what "union" cannot merge is binary, and no preference settles it */
		*driver = has || strcmp(s, "union") == 0 ? RK_MERGE_TREE_OTHER : strcmp(s, "binary") == 0 ? RK_MERGE_TREE_BINARY : RK_MERGE_TREE_TEXT;
		*marker = strtoul(value[1], NULL, 10);
		*marker = *marker ? *marker : 7;
	}
	rk_strbuf_free(&out);
	rk_strbuf_free(&name);
	return rc;
}

enum rk_rc
rk_merge_tree_ours(struct rk_merge_tree *place, const char *dir, const git_oid *ours, const git_oid *theirs, git_oid *tree,
    struct rk_err *err)
{
	char a[RK_OID_HEX], b[RK_OID_HEX];
	/* what the sparse patterns, of which there are none, leave out of the work tree is in the index all the same */
	const char *const read_tree[] = { "-c", "core.sparseCheckout=true", "read-tree", "-m", "-u", a, NULL };
	const char *const merge[] = { "-c", "core.sparseCheckout=true", "merge", "-q", "-X", "ours", "--no-commit", "--no-ff",
		"--no-verify", "--no-verify-signatures", "--no-autostash", "--no-edit", "--no-log", "--no-gpg-sign", b, NULL };
	const char *const write_tree[] = { "write-tree", NULL };
	struct rk_strbuf out = { 0 };
	int status;
	enum rk_rc rc;

	git_oid_tostr(a, sizeof a, ours);
	git_oid_tostr(b, sizeof b, theirs);
	rk_strbuf_printf(&out, "%s\n", a);
	rc = rk_strbuf_check(&out, err);
	if (rc == RK_OK)
		rc = write_file(place->dir, "git/HEAD", out.data, out.len, err);
	if (rc == RK_OK)
		rc = write_file(place->dir, "git/info/sparse-checkout", "", 0, err);
	if (rc == RK_OK)
		rc = run(place, dir, read_tree, NULL, 0, &out, &status, err);
	if (rc == RK_OK)
		rc = run(place, dir, merge, NULL, 1, &out, &status, err);
	if (rc == RK_OK && status == 1)
		rc = rk_err_refuse(err, RK_CODE_CONFLICT, "git merge -X ours stops there");
	rk_strbuf_clear(&out);
	if (rc == RK_OK)
		rc = run(place, dir, write_tree, NULL, 0, &out, &status, err);
	if (rc == RK_OK && (out.len < GIT_OID_HEXSZ || git_oid_fromstrn(tree, out.data, GIT_OID_HEXSZ) < 0))
		rc = rk_err_set(err, RK_EIO, "git write-tree: its answer is not understood");
	rk_strbuf_free(&out);
	return rc;
}
