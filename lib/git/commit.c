#include <stdlib.h>
#include <string.h>

#include "git/commit.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/ident.h"
#include "git/pack.h"
#include "git/quarantine.h"
#include "git/source.h"

struct change {
	char *path;
	git_filemode_t mode;
	git_oid old, new;
};

struct rk_commit {
	git_repository *git;
	git_odb *odb;
	git_tree *tree;		/* the parent's */
	git_oid parent;
	struct change *change;
	size_t n, size;
	struct rk_pack *pack;
	struct rk_source *source;	/* borrowed, may be NULL: files are looked up in it */
};

enum rk_rc
rk_commit_new(git_repository *git, const git_oid *parent, struct rk_commit **commit, struct rk_err *err)
{
	struct rk_commit *new = rk_memory_calloc(1, sizeof *new);
	enum rk_rc rc = RK_OK;
	int result;

	*commit = NULL;
	new->git = git;
	new->parent = *parent;
	new->pack = rk_pack_new();
	if ((result = git_repository_odb(&new->odb, git)) < 0)
		rc = rk_git_fail(err, result, "the objects of the repository");
	if (rc == RK_OK)
		rc = rk_git_tree_of(git, parent, &new->tree, err);
	if (rc == RK_ENOINPUT)	/* a branch points at it: the repository is damaged */
		rc = RK_EIO;
	if (rc == RK_OK)
		*commit = new;
	else
		rk_commit_free(new);
	return rc;
}

void
rk_commit_put_aside(struct rk_commit *commit, const char *dir)
{
	rk_pack_put_aside(commit->pack, dir);
}

void
rk_commit_look_in(struct rk_commit *commit, struct rk_source *source)
{
	commit->source = source;
}

void
rk_commit_free(struct rk_commit *commit)
{
	if (!commit)
		return;
	while (commit->n > 0)
		free(commit->change[--commit->n].path);
	free(commit->change);
	rk_pack_free(commit->pack);
	git_tree_free(commit->tree);
	git_odb_free(commit->odb);
	free(commit);
}

size_t
rk_commit_count(const struct rk_commit *commit)
{
	return commit->n;
}

static void
add_change(struct rk_commit *commit, struct change *change, const char *path)
{
	rk_memory_grow(&commit->change, commit->n, &commit->size, sizeof *commit->change);
	change->path = rk_memory_strdup(path);
	commit->change[commit->n++] = *change;
}

/* Find the file of the parent that is to change. */
static enum rk_rc
find_file(const struct rk_commit *commit, const char *path, struct change *change, struct rk_err *err)
{
	git_tree_entry *entry = NULL;
	enum rk_rc rc;
	int result;

	if (commit->source) {
		rc = rk_source_find(commit->source, path, &change->old, &change->mode, err);
		return rc == RK_END ? RK_EDATA : rc;
	}
	result = rk_source_is_path(path) ? git_tree_entry_bypath(&entry, commit->tree, path) : GIT_ENOTFOUND;
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_EDATA, "%s: file not found in %.12s", path, git_oid_tostr_s(&commit->parent));
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	change->old = *git_tree_entry_id(entry);
	change->mode = git_tree_entry_filemode(entry);
	git_tree_entry_free(entry);
	if (change->mode != GIT_FILEMODE_BLOB && change->mode != GIT_FILEMODE_BLOB_EXECUTABLE)
		return rk_err_set(err, RK_EDATA, "%s: not a regular file", path);
	return RK_OK;
}

enum rk_rc
rk_commit_put(struct rk_commit *commit, const char *path, const char *bytes, size_t len, struct rk_err *err)
{
	struct change change = { 0 };
	enum rk_rc rc = find_file(commit, path, &change, err);

	if (rc == RK_OK)
		rc = rk_pack_add(commit->pack, GIT_OBJECT_BLOB, bytes, len, &change.new, err);
	if (rc == RK_OK && !git_oid_equal(&change.old, &change.new))
		add_change(commit, &change, path);
	return rc;
}

enum rk_rc
rk_commit_put_from(struct rk_commit *commit, const char *path, const struct rk_pack *pack, const git_oid *blob,
    struct rk_err *err)
{
	struct change change = { .new = *blob };
	enum rk_rc rc = find_file(commit, path, &change, err);

	if (rc != RK_OK || git_oid_equal(&change.old, &change.new))
		return rc;
	rk_pack_borrow(commit->pack, pack, blob);
	add_change(commit, &change, path);
	return RK_OK;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->path, ((const struct change *)b)->path);
}

static void
sort(struct rk_commit *commit)
{
	if (commit->n > 1)
		qsort(commit->change, commit->n, sizeof *commit->change, by_path);
}

static int
add_line(const git_diff_delta *delta, const git_diff_hunk *hunk, const git_diff_line *line, void *diff)
{
	(void)delta;
	(void)hunk;
	if (line->origin == GIT_DIFF_LINE_FILE_HDR)
		return 0;	/* diff_one() writes it, with the mode and ids */
	if (line->origin == GIT_DIFF_LINE_CONTEXT || line->origin == GIT_DIFF_LINE_ADDITION ||
	    line->origin == GIT_DIFF_LINE_DELETION)
		rk_strbuf_putc(diff, line->origin);
	rk_strbuf_add(diff, line->content, line->content_len);
	return 0;
}

static enum rk_rc
diff_one(const struct rk_pack *pack, const struct change *change, git_odb_object *old, struct rk_strbuf *diff,
    struct rk_err *err)
{
	git_diff_options options;
	char from[8], to[8];
	git_patch *patch;
	struct rk_strbuf new = { 0 };
	enum rk_rc rc = rk_pack_read(pack, &change->new, &new, err);
	int result;

	if (rc != RK_OK)
		return rc;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = rk_git_comparable(git_odb_object_data(old), git_odb_object_size(old), rk_strbuf_str(&new), new.len)
	    ? GIT_DIFF_INDENT_HEURISTIC : GIT_DIFF_FORCE_BINARY;
	result = git_patch_from_buffers(&patch, git_odb_object_data(old), git_odb_object_size(old), change->path,
	    rk_strbuf_str(&new), new.len, change->path, &options);
	if (result < 0) {
		rk_strbuf_free(&new);
		return rk_git_fail(err, result, "%s", change->path);
	}
	rk_strbuf_printf(diff, "diff --git a/%s b/%s\nindex %s..%s %06o\n", change->path, change->path,
	    git_oid_tostr(from, sizeof from, &change->old), git_oid_tostr(to, sizeof to, &change->new),
	    (unsigned)change->mode);
	if (!(git_patch_get_delta(patch)->flags & GIT_DIFF_FLAG_BINARY))
		rk_strbuf_printf(diff, "--- a/%s\n+++ b/%s\n", change->path, change->path);
	result = git_patch_print(patch, add_line, diff);
	git_patch_free(patch);
	rk_strbuf_free(&new);
	return result < 0 ? rk_git_fail(err, result, "%s", change->path) : RK_OK;
}

enum rk_rc
rk_commit_diff(struct rk_commit *commit, struct rk_strbuf *diff, struct rk_err *err)
{
	git_odb_object *old;
	enum rk_rc rc = RK_OK;
	int result;
	size_t i;

	sort(commit);
	for (i = 0; i < commit->n && rc == RK_OK; i++) {
		result = git_odb_read(&old, commit->odb, &commit->change[i].old);
		if (result < 0)
			return rk_git_fail(err, result, "%s", commit->change[i].path);
		rc = diff_one(commit->pack, &commit->change[i], old, diff, err);
		git_odb_object_free(old);
	}
	return rc;
}

/* The entries of a tree object, each "<mode> <name>\0<20 bytes>". */
struct entries {
	char *at, *end;
};

/* Find the id of the entry whose name is the first len bytes of name, and continue after it. */
static char *
find_id(struct entries *entries, const char *name, size_t len)
{
	char *blank, *nul;

	while (entries->at < entries->end) {
		blank = memchr(entries->at, ' ', (size_t)(entries->end - entries->at));
		nul = blank ? memchr(blank, '\0', (size_t)(entries->end - blank)) : NULL;
		if (!nul || entries->end - nul <= GIT_OID_RAWSZ)
			return NULL;
		entries->at = nul + 1 + GIT_OID_RAWSZ;
		if ((size_t)(nul - blank - 1) == len && memcmp(blank + 1, name, len) == 0)
			return nul + 1;
	}
	return NULL;
}

static enum rk_rc make_tree(struct rk_commit *commit, const git_oid *old, size_t first, size_t end, size_t depth,
    git_oid *new, struct rk_err *err);

/*
 * Replace the ids of the entries that changes [first, end) concern.  Git sorts a tree by the paths below it, so that one
 * pass over the entries meets the sorted changes.
 */
static enum rk_rc
replace_ids(struct rk_commit *commit, struct entries *entries, size_t first, size_t end, size_t depth,
    struct rk_err *err)
{
	const struct change *change = commit->change;
	git_oid old, new;
	size_t len, next;
	enum rk_rc rc;
	char *id;

	for (; first < end; first = next) {
		const char *name = change[first].path + depth;

		len = strcspn(name, "/");
		id = find_id(entries, name, len);
		if (!id)
			return rk_err_set(err, RK_EIO, "%s: its directory is damaged", change[first].path);
		next = first + 1;
		new = change[first].new;
		if (name[len] == '/') {
			while (next < end && strncmp(change[next].path + depth, name, len + 1) == 0)
				next++;
			memcpy(old.id, id, sizeof old.id);
			rc = make_tree(commit, &old, first, next, depth + len + 1, &new, err);
			if (rc != RK_OK)
				return rc;
		}
		memcpy(id, new.id, sizeof new.id);
	}
	return RK_OK;
}

/* Make the tree old with changes [first, end), whose paths continue at depth below it. */
static enum rk_rc
make_tree(struct rk_commit *commit, const git_oid *old, size_t first, size_t end, size_t depth, git_oid *new,
    struct rk_err *err)
{
	struct rk_strbuf bytes = { 0 };
	git_odb_object *object;
	struct entries entries;
	enum rk_rc rc = RK_OK;
	int result = git_odb_read(&object, commit->odb, old);

	if (result < 0)
		return rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(old));
	rk_strbuf_add(&bytes, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	entries = (struct entries){ bytes.data, bytes.data + bytes.len };
	rc = replace_ids(commit, &entries, first, end, depth, err);
	if (rc == RK_OK)
		rc = rk_pack_add(commit->pack, GIT_OBJECT_TREE, bytes.data, bytes.len, new, err);
	rk_strbuf_free(&bytes);
	return rc;
}

enum rk_rc
rk_commit_tree(struct rk_commit *commit, git_oid *oid, struct rk_err *err)
{
	*oid = *git_tree_id(commit->tree);
	sort(commit);
	return commit->n > 0 ? make_tree(commit, git_tree_id(commit->tree), 0, commit->n, 0, oid, err) : RK_OK;
}

enum rk_rc
rk_commit_text(git_repository *git, const git_oid *tree, const git_oid *parents, size_t n, const char *message,
    struct rk_strbuf *text, struct rk_err *err)
{
	char hex[RK_OID_HEX];
	enum rk_rc rc;

	rk_strbuf_printf(text, "tree %s\n", git_oid_tostr(hex, sizeof hex, tree));
	for (; n > 0; n--, parents++)
		rk_strbuf_printf(text, "parent %s\n", git_oid_tostr(hex, sizeof hex, parents));
	rk_strbuf_puts(text, "author ");
	rc = rk_ident_add(text, git, "author", err);
	if (rc == RK_OK) {
		rk_strbuf_puts(text, "\ncommitter ");
		rc = rk_ident_add(text, git, "committer", err);
	}
	rk_strbuf_printf(text, "\n\n%s", message);
	return rc;
}

enum rk_rc
rk_commit_draft(struct rk_commit *commit, const char *message, struct rk_strbuf *text, struct rk_err *err)
{
	git_oid tree;
	enum rk_rc rc = rk_commit_tree(commit, &tree, err);

	return rc == RK_OK ? rk_commit_text(commit->git, &tree, &commit->parent, 1, message, text, err) : rc;
}

enum rk_rc
rk_commit_make(struct rk_commit *commit, const struct rk_strbuf *text, git_oid *oid, struct rk_err *err)
{
	return rk_pack_add(commit->pack, GIT_OBJECT_COMMIT, text->data, text->len, oid, err);
}

enum rk_rc
rk_commit_write(const struct rk_commit *commit, struct rk_quarantine **quarantine, struct rk_err *err)
{
	return rk_quarantine_open(commit->git, commit->pack, quarantine, err);
}
