#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "merge/tree_merge.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/discarded.h"
#include "merge/merge_attr.h"

#define DEPTH 512	/* nested directories; deeper ones are left to Git */

enum { OURS, THEIRS, BASE, SIDES };	/* read in this order, the bases of deltas in a pack are read once */

/* A directory that differs on all three sides. */
struct directory {
	const struct directory *above;
	unsigned depth;
	git_tree *tree[SIDES];	/* NULL: there is none in base */
};

struct walk {
	git_repository *git;
	git_odb *odb;
	const struct rk_merge_attr *attributes;
	struct rk_tree_merge *merge;
	size_t changes_size;
	struct rk_strbuf path;
};

/* Stop: the trees are not enough to merge by. */
static enum rk_rc
doubt(struct walk *walk, const char *why)
{
	walk->merge->doubt = why;
	return RK_END;
}

static bool
is_tree(const git_tree_entry *entry)
{
	return entry && git_tree_entry_filemode(entry) == GIT_FILEMODE_TREE;
}

static unsigned
type(const git_tree_entry *entry)
{
	return (unsigned)git_tree_entry_filemode(entry) & 0170000;
}

static bool
same_id(const git_tree_entry *a, const git_tree_entry *b)
{
	return git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b));
}

static bool
same(const git_tree_entry *a, const git_tree_entry *b)
{
	return a && b ? git_tree_entry_filemode(a) == git_tree_entry_filemode(b) && same_id(a, b) : a == b;
}

static enum rk_rc
look_up(git_repository *git, const git_oid *id, git_tree **tree, struct rk_err *err)
{
	int result = git_tree_lookup(tree, git, id);

	return result < 0 ? rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(id)) : RK_OK;
}

/* Add a change at walk->path: to entry, or, if that is NULL, to nothing. */
static void
add_change(struct walk *walk, const git_tree_entry *entry, bool is_directory)
{
	struct rk_tree_merge *merge = walk->merge;
	struct rk_tree_merge_change *change;

	rk_memory_grow(&merge->change, merge->n_changes, &walk->changes_size, sizeof *merge->change);
	change = &merge->change[merge->n_changes++];
	*change = (struct rk_tree_merge_change){ .path = rk_memory_calloc(1, walk->path.len + 2) };
	memcpy(change->path, walk->path.data, walk->path.len);
	if (is_directory)
		change->path[walk->path.len] = '/';
	if (entry) {
		change->mode = git_tree_entry_filemode(entry);
		change->id = *git_tree_entry_id(entry);
	}
}

/* Take what ours has in place of what theirs has; either may be NULL. */
static void
take_ours(struct walk *walk, const git_tree_entry *ours, const git_tree_entry *theirs)
{
	if (theirs && (!ours || is_tree(ours) != is_tree(theirs)))
		add_change(walk, NULL, is_tree(theirs));
	if (ours)
		add_change(walk, ours, is_tree(ours));
}

/* Ask whether the file may have a merge driver.  RK_END: it may. */
static enum rk_rc
check_driver(struct walk *walk, const struct directory *dir, const char *name, struct rk_err *err)
{
	const struct rk_merge_attr *attributes = walk->attributes;
	bool may = attributes->all || rk_merge_attr_names(rk_strbuf_str(&attributes->outside), attributes->outside.len, name);
	const git_tree_entry *entry;
	git_blob *blob;
	int result;

	for (; dir && !may; dir = dir->above) {
		entry = git_tree_entry_byname(dir->tree[OURS], ".gitattributes");
		if (!entry || git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
			continue;
		result = git_blob_lookup(&blob, walk->git, git_tree_entry_id(entry));
		if (result < 0)
			return rk_git_fail(err, result, "the attributes of %s", walk->path.data);
		may = rk_merge_attr_names(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob), name);
		git_blob_free(blob);
	}
	return may ? doubt(walk, "a merge driver may apply") : RK_OK;
}

/* Merge a file that both sides have changed: its content, its mode, or both. */
static enum rk_rc
merge_file(struct walk *walk, const struct directory *dir, const git_tree_entry *const entry[SIDES], struct rk_err *err)
{
	const git_tree_entry *base = entry[BASE], *ours = entry[OURS], *theirs = entry[THEIRS];
	const bool is_decided = same_id(base, ours) || same_id(base, theirs) || same_id(ours, theirs);
	struct rk_tree_merge_change *change;
	enum rk_rc rc = is_decided ? RK_OK : check_driver(walk, dir, git_tree_entry_name(ours), err);

	if (rc == RK_OK)
		add_change(walk, ours, false);
	if (rc != RK_OK)
		return rc;
	change = &walk->merge->change[walk->merge->n_changes - 1];
	if (git_tree_entry_filemode(ours) == git_tree_entry_filemode(base))
		change->mode = git_tree_entry_filemode(theirs);
	if (same_id(base, ours))
		change->id = *git_tree_entry_id(theirs);
	if (!is_decided) {
		change->base = *git_tree_entry_id(base);
		change->ours = *git_tree_entry_id(ours);
		change->theirs = *git_tree_entry_id(theirs);
		change->id = (git_oid){ { 0 } };
	}
	return RK_OK;
}

static enum rk_rc merge_directory(struct walk *walk, const struct directory *above, const git_oid *const id[SIDES],
    struct rk_err *err);

/* Merge an entry that ours has changed; each is NULL if its side does not have it. */
static enum rk_rc
merge_entry(struct walk *walk, const struct directory *dir, const git_tree_entry *const entry[SIDES], struct rk_err *err)
{
	const git_tree_entry *base = entry[BASE], *ours = entry[OURS], *theirs = entry[THEIRS];

	if (same(theirs, base)) {
		take_ours(walk, ours, theirs);
		return RK_OK;
	}
	if (!ours && !theirs)
		return doubt(walk, "both sides delete a file");
	if (!ours || !theirs)
		return doubt(walk, "one side deletes a file that the other changes");
	if (is_tree(ours) && is_tree(theirs) && (!base || is_tree(base)))
		return merge_directory(walk, dir, (const git_oid *[]){ git_tree_entry_id(ours),
		    git_tree_entry_id(theirs), base ? git_tree_entry_id(base) : NULL }, err);
	if (!base)
		return doubt(walk, "both sides add a file");
	if (same(ours, theirs) && !is_tree(ours) && !is_tree(base))
		return RK_OK;
	if (type(ours) != type(theirs) || type(ours) != type(base))
		return doubt(walk, "a file becomes a directory, a link or a submodule");
	if (type(ours) == GIT_FILEMODE_COMMIT)
		return doubt(walk, "both sides change a submodule");
	if (type(ours) != GIT_FILEMODE_LINK)
		return merge_file(walk, dir, entry, err);
	take_ours(walk, ours, theirs);
	return rk_discarded_add_blob(walk->merge->discarded, walk->path.data, "link", walk->odb, git_tree_entry_id(theirs), err);
}

/* Merge an entry that ours has changed, added or deleted; one of base and ours may be NULL. */
static enum rk_rc
merge_name(struct walk *walk, const struct directory *dir, const git_tree_entry *base, const git_tree_entry *ours,
    struct rk_err *err)
{
	const char *name = git_tree_entry_name(ours ? ours : base);
	const git_tree_entry *entry[SIDES] = { [OURS] = ours, [BASE] = base };
	const size_t len = walk->path.len;
	enum rk_rc rc;

	entry[THEIRS] = git_tree_entry_byname(dir->tree[THEIRS], name);
	rk_strbuf_printf(&walk->path, "%s%s", len ? "/" : "", name);
	rc = merge_entry(walk, dir, entry, err);
	walk->path.len = len;
	return rc;
}

/* Merge the entries of a directory, by what differs between base and ours. */
static enum rk_rc
merge_entries(struct walk *walk, const struct directory *dir, struct rk_err *err)
{
	const size_t n_base = dir->tree[BASE] ? git_tree_entrycount(dir->tree[BASE]) : 0;
	const size_t n_ours = git_tree_entrycount(dir->tree[OURS]);
	const git_tree_entry *base, *ours;
	enum rk_rc rc = RK_OK;
	size_t i, at, found = 0;

	for (i = at = 0; i < n_ours && rc == RK_OK; i++) {
		ours = git_tree_entry_byindex(dir->tree[OURS], i);
		base = at < n_base ? git_tree_entry_byindex(dir->tree[BASE], at) : NULL;
		if (base && strcmp(git_tree_entry_name(base), git_tree_entry_name(ours)) == 0)
			at++;
		else if (n_base)
			base = git_tree_entry_byname(dir->tree[BASE], git_tree_entry_name(ours));
		found += base != NULL;
		if (!same(ours, base))
			rc = merge_name(walk, dir, base, ours, err);
	}
	for (i = 0; i < n_base && found < n_base && rc == RK_OK; i++) {
		base = git_tree_entry_byindex(dir->tree[BASE], i);
		if (!git_tree_entry_byname(dir->tree[OURS], git_tree_entry_name(base)))
			rc = merge_name(walk, dir, base, NULL, err);
	}
	return rc;
}

static enum rk_rc
merge_directory(struct walk *walk, const struct directory *above, const git_oid *const id[SIDES], struct rk_err *err)
{
	struct directory dir = { .above = above, .depth = above ? above->depth + 1 : 0 };
	enum rk_rc rc = RK_OK;
	int i;

	if (dir.depth > DEPTH)
		return doubt(walk, "directories are nested too deep");
	for (i = 0; i < SIDES && rc == RK_OK; i++)
		if (id[i])
			rc = look_up(walk->git, id[i], &dir.tree[i], err);
	if (rc == RK_OK)
		rc = merge_entries(walk, &dir, err);
	for (i = 0; i < SIDES; i++)
		git_tree_free(dir.tree[i]);
	return rc;
}

enum rk_rc
rk_tree_merge(git_repository *git, const struct rk_merge_attr *attributes, struct rk_tree_merge *merge, struct rk_err *err)
{
	struct walk walk = { .git = git, .attributes = attributes, .merge = merge };
	enum rk_rc rc = RK_OK;
	int result = git_repository_odb(&walk.odb, git);

	merge->discarded = json_array();
	if (result < 0)
		rc = rk_git_fail(err, result, "%s", git_repository_path(git));
	if (rc == RK_OK)
		rc = merge_directory(&walk, NULL, (const git_oid *[]){ &merge->ours, &merge->theirs, &merge->base }, err);
	git_odb_free(walk.odb);
	rk_strbuf_free(&walk.path);
	return rc == RK_END ? RK_OK : rc;
}

/* Writing the trees */

struct writing {
	git_repository *git;
	const struct rk_tree_merge_change *change;	/* in the order of their paths */
	struct rk_pack *pack;
};

static void
add_entry(struct rk_strbuf *tree, git_filemode_t mode, const char *name, size_t len, const git_oid *id)
{
	char end[1 + GIT_OID_RAWSZ] = { '\0' };

	memcpy(end + 1, id->id, GIT_OID_RAWSZ);
	rk_strbuf_puts(tree, mode == GIT_FILEMODE_BLOB ? "100644 " : mode == GIT_FILEMODE_TREE ? "40000 " :
	    mode == GIT_FILEMODE_LINK ? "120000 " : mode == GIT_FILEMODE_COMMIT ? "160000 " : "100755 ");
	rk_strbuf_add(tree, name, len);
	rk_strbuf_add(tree, end, sizeof end);
}

/* Compare an entry with a path.  Git orders the entries of a tree as if the name of a directory ended in "/". */
static int
compare(const git_tree_entry *entry, const char *path)
{
	const char *name = git_tree_entry_name(entry);

	for (; *name && *name == *path; name++, path++)
		;
	return (*name ? (unsigned char)*name : is_tree(entry) ? '/' : '\0') - (unsigned char)*path;
}

static enum rk_rc write_tree(const struct writing *w, const git_oid *old, size_t first, size_t end, size_t depth,
    git_oid *new, struct rk_err *err);

/* Append what becomes of entry, which may be NULL, by the change first, or by those below the same directory. */
static enum rk_rc
write_change(const struct writing *w, const git_tree_entry *entry, size_t *first, size_t end, size_t depth,
    struct rk_strbuf *tree, struct rk_err *err)
{
	const struct rk_tree_merge_change *change = &w->change[(*first)++];
	const char *name = change->path + depth;
	const size_t len = strcspn(name, "/"), start = *first - 1;
	git_filemode_t mode = change->mode;
	git_oid id = change->id;
	enum rk_rc rc = RK_OK;

	if (name[len] && name[len + 1]) {
		if (!entry)
			return rk_err_refuse(err, RK_CODE_UNREADABLE, "%s: the default branch has a tree that is not sorted (git fsck names "
			    "it)", change->path);
		while (*first < end && strncmp(w->change[*first].path + depth, name, len + 1) == 0)
			++*first;
		rc = write_tree(w, git_tree_entry_id(entry), start, *first, depth + len + 1, &id, err);
		mode = git_oid_is_zero(&id) ? 0 : GIT_FILEMODE_TREE;
	}
	if (mode)
		add_entry(tree, mode, name, len, &id);
	return rc;
}

/*
 * Add the tree old to the pack, with the changes first to end - 1, whose paths go on at depth.  *new is zero if nothing
 * is left, for Git keeps no empty directory.
 */
static enum rk_rc
write_tree(const struct writing *w, const git_oid *old, size_t first, size_t end, size_t depth, git_oid *new,
    struct rk_err *err)
{
	const git_tree_entry *entry;
	struct rk_strbuf bytes = { 0 };
	git_tree *tree = NULL;
	enum rk_rc rc = look_up(w->git, old, &tree, err);
	size_t i = 0, n = tree ? git_tree_entrycount(tree) : 0;
	int order;

	*new = (git_oid){ { 0 } };
	while (rc == RK_OK && (i < n || first < end)) {
		entry = i < n ? git_tree_entry_byindex(tree, i) : NULL;
		order = first == end ? -1 : entry ? compare(entry, w->change[first].path + depth) : 1;
		if (order < 0)
			add_entry(&bytes, git_tree_entry_filemode(entry), git_tree_entry_name(entry), strlen(git_tree_entry_name(entry)),
			    git_tree_entry_id(entry));
		else
			rc = write_change(w, order == 0 ? entry : NULL, &first, end, depth, &bytes, err);
		i += order <= 0;
	}
	if (rc == RK_OK && (bytes.len > 0 || depth == 0))
		rc = rk_pack_add_near(w->pack, GIT_OBJECT_TREE, rk_strbuf_str(&bytes), bytes.len, old, new, err);
	rk_strbuf_free(&bytes);
	git_tree_free(tree);
	return rc;
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct rk_tree_merge_change *)a)->path, ((const struct rk_tree_merge_change *)b)->path);
}

enum rk_rc
rk_tree_merge_write(git_repository *git, struct rk_tree_merge *merge, struct rk_pack *pack, git_oid *root, struct rk_err *err)
{
	const struct writing w = { git, merge->change, pack };

	if (merge->n_changes > 1)
		qsort(merge->change, merge->n_changes, sizeof *merge->change, by_path);
	return write_tree(&w, &merge->theirs, 0, merge->n_changes, 0, root, err);
}

void
rk_tree_merge_free(struct rk_tree_merge *merge)
{
	while (merge->n_changes > 0)
		free(merge->change[--merge->n_changes].path);
	free(merge->change);
	json_decref(merge->discarded);
	*merge = (struct rk_tree_merge){ 0 };
}
