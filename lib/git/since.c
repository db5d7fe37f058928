#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "git/since.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/source.h"

#define KEPT 16	/* commits that are kept for the next file, with their directories: the first, which are the newest */

struct kept {
	git_commit *commit;
	struct rk_source *source;	/* NULL before a file of it is read */
};

struct rk_since {
	const char *dir;
	git_repository *git;		/* NULL before the first search */
	char *rev;			/* that was searched last, and its commit */
	git_commit *tip;
	struct kept kept[KEPT];
	size_t n;
};

struct walk {
	struct rk_since *since;
	const char *path;
	rk_since_same *same;
	void *context;
	char blob[RK_OID_HEX];	/* the version that same() was called for last, and what it found */
	bool found;
};

struct rk_since *
rk_since_new(const char *dir)
{
	struct rk_since *since = rk_memory_calloc(1, sizeof *since);

	since->dir = dir;
	return since;
}

void
rk_since_free(struct rk_since *since)
{
	size_t i;

	if (!since)
		return;
	for (i = 0; i < since->n; i++) {
		rk_source_close(since->kept[i].source);
		git_commit_free(since->kept[i].commit);
	}
	git_commit_free(since->tip);
	free(since->rev);
	rk_git_close(since->git);
	free(since);
}

/* Find a commit, and its place among those that are kept, or NULL.  Free *commit with git_commit_free(). */
static enum rk_rc
find_commit(struct rk_since *since, const git_oid *id, git_commit **commit, struct kept **kept, struct rk_err *err)
{
	char hex[RK_OID_HEX];
	enum rk_rc rc;
	size_t i;

	*kept = NULL;
	for (i = 0; i < since->n && !*kept; i++)
		if (git_oid_equal(git_commit_id(since->kept[i].commit), id))
			*kept = &since->kept[i];
	if (!*kept) {
		rc = rk_git_commit(since->git, git_oid_tostr(hex, sizeof hex, id), commit, err);
		if (rc != RK_OK || since->n == KEPT)
			return rc;
		*kept = &since->kept[since->n++];
		(*kept)->commit = *commit;
	}
	git_commit_dup(commit, (*kept)->commit);
	return RK_OK;
}

/* Set *same to whether the file has the property in a commit, which may be one that is kept. */
static enum rk_rc
has_property(struct walk *walk, const git_oid *commit, struct kept *kept, bool *same, struct rk_err *err)
{
	struct rk_source *source = kept ? kept->source : NULL;
	struct rk_strbuf text = { 0 };
	char blob[RK_OID_HEX] = "";
	bool present = false;
	enum rk_rc rc = RK_OK;

	if (!source)
		rc = rk_source_open_commit(walk->since->git, commit, &source, err);
	if (rc == RK_OK) {
		rc = rk_source_read(source, walk->path, NULL, SIZE_MAX, &text, blob, err);
		present = rc == RK_OK;
		if (rc == RK_END || rc == RK_EDATA)	/* no regular file is there */
			rc = RK_OK;
	}
	if (present && strcmp(blob, walk->blob) != 0) {
		rc = walk->same(walk->context, rk_strbuf_str(&text), text.len, &walk->found, err);
		memcpy(walk->blob, blob, sizeof blob);
	}
	*same = rc == RK_OK && present && walk->found;
	if (kept)
		kept->source = source;
	else
		rk_source_close(source);
	rk_strbuf_free(&text);
	return rc;
}

/* Find the parent to continue with; *next is NULL if the file has the property in no parent. */
static enum rk_rc
find_parent(struct walk *walk, git_commit *commit, git_commit **next, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	struct kept *kept;
	bool same = false;
	git_oid id;
	unsigned i;

	*next = NULL;
	for (i = 0; rc == RK_OK && !same && rk_git_parent(commit, i, &id); i++) {
		git_commit_free(*next);
		rc = find_commit(walk->since, &id, next, &kept, err);
		if (rc == RK_OK)
			rc = has_property(walk, &id, kept, &same, err);
	}
	if (rc != RK_OK || !same) {
		git_commit_free(*next);
		*next = NULL;
	}
	return rc;
}

static enum rk_rc
find_revision(git_repository *git, const char *rev, git_commit **commit, struct rk_err *err)
{
	git_object *object = NULL, *peeled = NULL;
	int result = git_revparse_single(&object, git, rev);

	if (result == 0)
		result = git_object_peel(&peeled, object, GIT_OBJECT_COMMIT);
	git_object_free(object);
	*commit = (git_commit *)peeled;
	return result < 0 ? rk_git_fail(err, GIT_ENOTFOUND, "commit \"%s\" not found", rev) : RK_OK;
}

enum rk_rc
rk_since_find(struct rk_since *since, const char *rev, const char *path, rk_since_same *same, void *context,
    struct rk_since_commit *found, struct rk_err *err)
{
	struct walk walk = { .since = since, .path = path, .same = same, .context = context };
	git_commit *commit = NULL, *next = NULL;
	enum rk_rc rc = RK_OK;

	*found = (struct rk_since_commit){ 0 };
	if (!since->git)
		rc = rk_git_open(since->dir, &since->git, err);
	if (rc == RK_OK && (!since->tip || strcmp(since->rev, rev) != 0)) {
		git_commit_free(since->tip);
		free(since->rev);
		since->rev = rk_memory_strdup(rev);
		rc = find_revision(since->git, rev, &since->tip, err);
	}
	if (rc == RK_OK)
		git_commit_dup(&commit, since->tip);
	while (rc == RK_OK && (rc = find_parent(&walk, commit, &next, err)) == RK_OK && next) {
		git_commit_free(commit);
		commit = next;
	}
	if (rc == RK_OK) {
		git_oid_tostr(found->oid, sizeof found->oid, git_commit_id(commit));
		found->time = git_commit_time(commit);
		rk_strbuf_puts(&found->message, git_commit_message(commit));
	}
	git_commit_free(commit);
	return rc;
}

struct comparison {
	git_repository *git;
	git_commit *commit;
	rk_since_changed *changed;
	void *context;
	struct rk_strbuf path;
};

static enum rk_rc compare_trees(struct comparison *c, const git_tree *before, const git_tree *after, struct rk_err *err);

/* Report the files of a tree's entry that differs: before or after is NULL if it is missing on that side. */
static enum rk_rc
compare_entries(struct comparison *c, const git_tree_entry *before, const git_tree_entry *after, struct rk_err *err)
{
	const git_tree_entry *side[2] = { before, after };
	git_tree *tree[2] = { NULL, NULL };
	const size_t len = c->path.len;
	enum rk_rc rc = RK_OK;
	bool trees = false;
	size_t i;
	int result;

	rk_strbuf_puts(&c->path, git_tree_entry_name(after ? after : before));
	for (i = 0; rc == RK_OK && i < 2; i++)
		if (side[i] && git_tree_entry_type(side[i]) == GIT_OBJECT_TREE) {
			trees = true;
			result = git_tree_lookup(&tree[i], c->git, git_tree_entry_id(side[i]));
			rc = result < 0 ? rk_git_fail(err, result, "cannot read the directory %s", c->path.data) : RK_OK;
		}
	if (rc == RK_OK && !trees)
		rc = c->changed(c->context, c->commit, c->path.data, err);
	rk_strbuf_putc(&c->path, '/');
	if (rc == RK_OK && trees)
		rc = compare_trees(c, tree[0], tree[1], err);
	c->path.data[c->path.len = len] = '\0';
	git_tree_free(tree[0]);
	git_tree_free(tree[1]);
	return rc;
}

/* Report the files that differ in two trees, or NULL: their entries are in one order (git_tree_entry_cmp()). */
static enum rk_rc
compare_trees(struct comparison *c, const git_tree *before, const git_tree *after, struct rk_err *err)
{
	const size_t n = before ? git_tree_entrycount(before) : 0, m = after ? git_tree_entrycount(after) : 0;
	const git_tree_entry *old, *new;
	enum rk_rc rc = RK_OK;
	size_t i = 0, k = 0;
	int order;

	while (rc == RK_OK && (i < n || k < m)) {
		old = i < n ? git_tree_entry_byindex(before, i) : NULL;
		new = k < m ? git_tree_entry_byindex(after, k) : NULL;
		order = !old ? 1 : !new ? -1 : git_tree_entry_cmp(old, new);
		i += order <= 0;
		k += order >= 0;
		if (order != 0)
			rc = compare_entries(c, order < 0 ? old : NULL, order > 0 ? new : NULL, err);
		else if (git_oid_cmp(git_tree_entry_id(old), git_tree_entry_id(new)) != 0)
			rc = compare_entries(c, old, new, err);
	}
	return rc;
}

/* Report what c->commit changed, and set *parent to its first parent, or to NULL. */
static enum rk_rc
compare_with_parent(struct comparison *c, git_commit **parent, struct rk_err *err)
{
	git_tree *before = NULL, *after = NULL;
	char hex[RK_OID_HEX];
	git_oid id;
	enum rk_rc rc = RK_OK;

	*parent = NULL;
	if (rk_git_parent(c->commit, 0, &id)) {
		rc = rk_git_commit(c->git, git_oid_tostr(hex, sizeof hex, &id), parent, err);
		if (rc == RK_OK)
			rc = rk_git_tree_of(c->git, &id, &before, err);
	}
	if (rc == RK_OK)
		rc = rk_git_tree_of(c->git, git_commit_id(c->commit), &after, err);
	if (rc == RK_OK)
		rc = compare_trees(c, before, after, err);
	git_tree_free(before);
	git_tree_free(after);
	return rc;
}

enum rk_rc
rk_since_walk(git_repository *git, const char *rev, rk_since_changed *changed, void *context, struct rk_err *err)
{
	struct comparison c = { .git = git, .changed = changed, .context = context };
	git_commit *parent = NULL;
	enum rk_rc rc = find_revision(git, rev, &c.commit, err);

	while (rc == RK_OK && c.commit) {
		rc = compare_with_parent(&c, &parent, err);
		git_commit_free(c.commit);
		c.commit = parent;
	}
	git_commit_free(c.commit);
	rk_strbuf_free(&c.path);
	return rc;
}
