#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "merge/tree_diff.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"

struct walk {
	git_repository *git;
	struct rk_tree_diff *diff;
	struct rk_strbuf path;
};

static struct rk_tree_diff_entry
entry_of(const git_tree_entry *entry)
{
	return entry ? (struct rk_tree_diff_entry){ git_tree_entry_filemode(entry), *git_tree_entry_id(entry) } :
	    (struct rk_tree_diff_entry){ .mode = 0 };
}

static bool
is_tree(const git_tree_entry *entry)
{
	return entry && git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE;
}

bool
rk_tree_diff_same(const struct rk_tree_diff_entry *a, const struct rk_tree_diff_entry *b)
{
	return a->mode == b->mode && (!a->mode || git_oid_equal(&a->id, &b->id));
}

/* Add walk->path, unless neither side has something else than a directory there. */
static void
add(struct walk *walk, const git_tree_entry *old, const git_tree_entry *new)
{
	struct rk_tree_diff *diff = walk->diff;
	struct rk_tree_diff_path *path;

	old = is_tree(old) ? NULL : old;
	new = is_tree(new) ? NULL : new;
	if (!old && !new)
		return;
	rk_memory_grow(&diff->path, diff->n, &diff->size, sizeof *diff->path);
	path = &diff->path[diff->n];
	*path = (struct rk_tree_diff_path){ .path = rk_memory_strdup(walk->path.data), .old = entry_of(old), .new = entry_of(new) };
	diff->n++;
}

static enum rk_rc walk_trees(struct walk *walk, const git_oid *old, const git_oid *new, struct rk_err *err);

/* Compare two entries with one name; either may be NULL. */
static enum rk_rc
walk_entries(struct walk *walk, const git_tree_entry *old, const git_tree_entry *new, struct rk_err *err)
{
	const struct rk_tree_diff_entry a = entry_of(old), b = entry_of(new);
	const size_t len = walk->path.len;
	enum rk_rc rc = RK_OK;

	if (rk_tree_diff_same(&a, &b))
		return RK_OK;
	rk_strbuf_printf(&walk->path, "%s%s", len ? "/" : "", git_tree_entry_name(old ? old : new));
	add(walk, old, new);
	if (is_tree(old) || is_tree(new))
		rc = walk_trees(walk, is_tree(old) ? &a.id : NULL, is_tree(new) ? &b.id : NULL, err);
	walk->path.len = len;
	return rc;
}

static enum rk_rc
look_up(struct walk *walk, const git_oid *id, git_tree **tree, struct rk_err *err)
{
	int result;

	*tree = NULL;
	if (!id)
		return RK_OK;
	result = git_tree_lookup(tree, walk->git, id);
	return result < 0 ? rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(id)) : RK_OK;
}

/* Compare two directories; either may be NULL. */
static enum rk_rc
walk_trees(struct walk *walk, const git_oid *old_id, const git_oid *new_id, struct rk_err *err)
{
	const git_tree_entry *entry;
	git_tree *old, *new = NULL;
	enum rk_rc rc = look_up(walk, old_id, &old, err);
	size_t i;

	if (rc == RK_OK)
		rc = look_up(walk, new_id, &new, err);
	for (i = 0; old && i < git_tree_entrycount(old) && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(old, i);
		rc = walk_entries(walk, entry, new ? git_tree_entry_byname(new, git_tree_entry_name(entry)) : NULL, err);
	}
	for (i = 0; new && i < git_tree_entrycount(new) && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(new, i);
		if (!old || !git_tree_entry_byname(old, git_tree_entry_name(entry)))
			rc = walk_entries(walk, NULL, entry, err);
	}
	git_tree_free(old);
	git_tree_free(new);
	return rc;
}

enum rk_rc
rk_tree_diff_find(git_repository *git, const git_oid *old, const git_oid *new, struct rk_tree_diff *diff, struct rk_err *err)
{
	struct walk walk = { .git = git, .diff = diff };
	enum rk_rc rc = git_oid_equal(old, new) ? RK_OK : walk_trees(&walk, old, new, err);

	rk_strbuf_free(&walk.path);
	return rc;
}

void
rk_tree_diff_free(struct rk_tree_diff *diff)
{
	while (diff->n > 0)
		free(diff->path[--diff->n].path);
	free(diff->path);
	*diff = (struct rk_tree_diff){ 0 };
}

enum rk_rc
rk_tree_diff_entry(git_tree *tree, const char *path, struct rk_tree_diff_entry *entry, struct rk_err *err)
{
	git_tree_entry *found;
	int result = git_tree_entry_bypath(&found, tree, path);

	*entry = (struct rk_tree_diff_entry){ .mode = 0 };
	if (result == GIT_ENOTFOUND)
		return RK_OK;
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	*entry = entry_of(found);
	git_tree_entry_free(found);
	return RK_OK;
}
