#include <stdlib.h>
#include <string.h>

#include "merge/tree_merge.h"
#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/displaced.h"
#include "merge/merge_attr.h"

#define NESTED 16	/* names of which each is how the next one starts */
#define STRIDE 64	/* bytes that are compared at once */
#define DEPTH 512	/* directories inside each other; Git has no bound, nor does anybody have so many */

/* A tree that is new: its entries as a tree object has them, and where its id goes. */
struct rk_weave_node {
	size_t parent, at;
	git_oid theirs;		/* what it was made from; the outcome of other rings is, too */
	struct rk_strbuf bytes;
};

enum { BASE, OURS, THEIRS, SIDES };

#define NO_ENTRY ((struct entry){ 0 })

struct entry {
	unsigned mode;		/* 0: there is none */
	const char *name;
	size_t len;
	git_oid id;
};

/* One of the three trees, read entry by entry. */
struct side {
	git_odb_object *object;
	const char *at, *end;
	struct entry entry;	/* the next one, which ends at at */
	const char *start;	/* of it */
};

/* The directory that the walk is in. */
struct place {
	const struct place *above;
	size_t node;
	unsigned depth;
	git_oid attributes;		/* its attribute file on our side, or zero */
	struct entry file[NESTED];	/* that were put into the tree and could be in the way of a directory */
	size_t n_files;
};

struct walk {
	git_odb *odb;
	const struct rk_merge_attr *drivers;
	struct rk_tree_merge *weave;
	struct rk_strbuf path;
};

/* Git knows these modes alone, and reads others as one of them (canon_mode() in git's cache.h). */
static unsigned
canonical(unsigned mode)
{
	if ((mode & 0170000) == 0100000)
		return mode & 0100 ? 0100755 : 0100644;
	if ((mode & 0170000) == 0120000 || (mode & 0170000) == 0040000)
		return mode & 0170000;
	return 0160000;
}

static bool
is_tree(const struct entry *entry)
{
	return entry->mode == 0040000;
}

static enum rk_rc
next(struct side *side, struct rk_err *err)
{
	unsigned mode = 0;

	side->entry = NO_ENTRY;
	side->start = side->at;
	if (side->at == side->end)
		return RK_OK;
	while (side->at < side->end && *side->at >= '0' && *side->at <= '7' && mode < 01000000)
		mode = mode * 8 + (unsigned)(*side->at++ - '0');
	if (side->at == side->end || *side->at != ' ')
		return rk_err_set(err, RK_EIO, "a tree is damaged");
	side->entry.name = ++side->at;
	side->at = memchr(side->at, '\0', (size_t)(side->end - side->at));
	if (!side->at || side->end - side->at <= GIT_OID_RAWSZ)
		return rk_err_set(err, RK_EIO, "a tree is damaged");
	side->entry.len = (size_t)(side->at - side->entry.name);
	side->entry.mode = canonical(mode);
	memcpy(side->entry.id.id, side->at + 1, GIT_OID_RAWSZ);
	side->at += 1 + GIT_OID_RAWSZ;
	return RK_OK;
}

/* Begin to read a tree; a zero id is one without entries. */
static enum rk_rc
begin(git_odb *odb, const git_oid *id, struct side *side, struct rk_err *err)
{
	int result;

	*side = (struct side){ 0 };
	if (git_oid_is_zero(id))
		return RK_OK;
	result = git_odb_read(&side->object, odb, id);
	if (result < 0)
		return rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(id));
	side->at = git_odb_object_data(side->object);
	side->end = side->at + git_odb_object_size(side->object);
	return next(side, err);
}

/* As Git orders the entries of a tree: a directory as if "/" stood behind its name. */
static int
compare(const struct entry *a, const struct entry *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->name, b->name, len);
	unsigned char x, y;

	if (order)
		return order;
	x = a->len > len ? (unsigned char)a->name[len] : is_tree(a) ? '/' : '\0';
	y = b->len > len ? (unsigned char)b->name[len] : is_tree(b) ? '/' : '\0';
	return (x > y) - (x < y);
}

/* The next entries that have the same name and are, all, directories or not; false when there are none left. */
static bool
first(const struct side *side, int sides, struct entry *entry)
{
	const struct entry *least = NULL;
	int i;

	for (i = 0; i < sides; i++)
		if (side[i].entry.mode && (!least || compare(&side[i].entry, least) < 0))
			least = &side[i].entry;
	for (i = 0; least && i < sides; i++)
		entry[i] = side[i].entry.mode && compare(&side[i].entry, least) == 0 ? side[i].entry : NO_ENTRY;
	return least != NULL;
}

static enum rk_rc
pass(struct side *side, int sides, const struct entry *entry, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	int i;

	for (i = 0; i < sides && rc == RK_OK; i++)
		if (entry[i].mode)
			rc = next(&side[i], err);
	return rc;
}

static bool
same(const struct entry *a, const struct entry *b)
{
	return a->mode == b->mode && (!a->mode || git_oid_equal(&a->id, &b->id));
}

static enum rk_rc
whole(struct walk *walk, const char *why)
{
	walk->weave->whole = why;
	return RK_END;
}

/* Does a tree have files that the other lacks?  RK_END: it does. */
static enum rk_rc
same_names(git_odb *odb, const git_oid *a, const git_oid *b, unsigned depth, struct rk_err *err)
{
	const git_oid *id[] = { a, b };
	struct side side[2] = { 0 };
	struct entry entry[2];
	enum rk_rc rc = RK_OK;
	int i;

	for (i = 0; i < 2 && rc == RK_OK; i++)
		rc = begin(odb, id[i], &side[i], err);
	while (rc == RK_OK && first(side, 2, entry)) {
		if (!entry[0].mode || !entry[1].mode || depth == DEPTH)
			rc = RK_END;
		else if (is_tree(&entry[0]) && !same(&entry[0], &entry[1]))
			rc = same_names(odb, &entry[0].id, &entry[1].id, depth + 1, err);
		if (rc == RK_OK)
			rc = pass(side, 2, entry, err);
	}
	for (i = 0; i < 2; i++)
		git_odb_object_free(side[i].object);
	return rc;
}

/*
 * What of the files that are in the tree could be in the way of entry, if it is a directory: between "name" and
 * "name/" Git orders only what starts with "name".
 */
static bool
in_the_way(struct place *place, const struct entry *entry)
{
	const struct entry *last;

	for (; place->n_files > 0; place->n_files--) {
		last = &place->file[place->n_files - 1];
		if (last->len <= entry->len && memcmp(last->name, entry->name, last->len) == 0)
			return last->len == entry->len;
	}
	return false;
}

/* Put an entry into the tree that is being made. */
static enum rk_rc
put(struct walk *walk, struct place *place, unsigned mode, const struct entry *entry, const git_oid *id)
{
	struct rk_strbuf *bytes = &walk->weave->node[place->node].bytes;

	if (in_the_way(place, entry) || place->n_files == NESTED)
		return whole(walk, "a file is in the way of a directory");
	if (!is_tree(entry))
		place->file[place->n_files++] = *entry;
	rk_strbuf_puts(bytes, mode == 0100644 ? "100644 " : mode == 0100755 ? "100755 " : mode == 0120000 ? "120000 "
	    : mode == 0040000 ? "40000 " : "160000 ");
	rk_strbuf_add(bytes, entry->name, entry->len + 1);
	rk_strbuf_add(bytes, id->id, GIT_OID_RAWSZ);
	return RK_OK;
}

/* Take what one side has, perhaps nothing. */
static enum rk_rc
take(struct walk *walk, struct place *place, const struct entry *entry)
{
	return entry->mode ? put(walk, place, entry->mode, entry, &entry->id) : RK_OK;
}

static size_t
left(const struct side *side)
{
	return (size_t)(side->end - side->start);
}

/* Take the next entries as far as all three sides have the same. */
static enum rk_rc
take_same(struct walk *walk, struct place *place, struct side side[SIDES], struct rk_err *err)
{
	const char *const from = side[OURS].start;
	size_t most = left(&side[OURS]), n, taken;
	enum rk_rc rc = RK_OK;
	int i;

	for (i = BASE; i <= THEIRS; i += THEIRS - BASE) {
		most = most < left(&side[i]) ? most : left(&side[i]);
		n = 0;
		while (most - n >= STRIDE && memcmp(from + n, side[i].start + n, STRIDE) == 0)
			n += STRIDE;
		while (n < most && from[n] == side[i].start[n])
			n++;
		most = n;
	}
	while (rc == RK_OK && side[OURS].entry.mode && (size_t)(side[OURS].at - from) <= most) {
		rc = take(walk, place, &side[OURS].entry);
		if (rc == RK_OK)
			rc = next(&side[OURS], err);
	}
	taken = (size_t)(side[OURS].start - from);
	for (i = BASE; taken > 0 && i <= THEIRS && rc == RK_OK; i += THEIRS - BASE) {
		side[i].at = side[i].start + taken;
		rc = next(&side[i], err);
	}
	return rc;
}

/* May the file at walk->path have a merge driver of its own?  RK_END: it may. */
static enum rk_rc
look_at_drivers(struct walk *walk, const struct place *place, struct rk_err *err)
{
	const struct rk_merge_attr *drivers = walk->drivers;
	const char *slash = strrchr(walk->path.data, '/'), *name = slash ? slash + 1 : walk->path.data;
	git_odb_object *object;
	bool named = drivers->all || rk_merge_attr_names(rk_strbuf_str(&drivers->outside), drivers->outside.len, name);
	int result;

	for (; place && !named; place = place->above) {
		if (git_oid_is_zero(&place->attributes))
			continue;
		result = git_odb_read(&object, walk->odb, &place->attributes);
		if (result < 0)
			return rk_git_fail(err, result, "the attributes of %s", walk->path.data);
		named = rk_merge_attr_names(git_odb_object_data(object), git_odb_object_size(object), name);
		git_odb_object_free(object);
	}
	return named ? whole(walk, "a merge driver may be asked for") : RK_OK;
}

/* A file that both sides have changed. */
static enum rk_rc
merge_file(struct walk *walk, struct place *place, const struct entry *entry, struct rk_err *err)
{
	const struct entry *base = &entry[BASE], *ours = &entry[OURS], *theirs = &entry[THEIRS];
	struct rk_tree_merge *weave = walk->weave;
	const unsigned mode = ours->mode == theirs->mode || ours->mode == base->mode ? theirs->mode : ours->mode;
	struct rk_tree_merge_file *file;
	enum rk_rc rc;

	if (git_oid_equal(&base->id, &ours->id) || git_oid_equal(&ours->id, &theirs->id))
		return put(walk, place, mode, ours, &theirs->id);
	rc = put(walk, place, mode, ours, &ours->id);
	if (rc != RK_OK || git_oid_equal(&base->id, &theirs->id))
		return rc;
	rc = look_at_drivers(walk, place, err);
	if (rc != RK_OK)
		return rc;
	file = rk_array_with_room(weave->file, weave->n_files, &weave->files_room, sizeof *file);
	if (!file)
		return rk_err_nomem(err);
	weave->file = file;
	file += weave->n_files;
	*file = (struct rk_tree_merge_file){ .path = strdup(walk->path.data), .base = base->id, .ours = ours->id,
		.theirs = theirs->id, .node = place->node };
	if (!file->path)
		return rk_err_nomem(err);
	weave->n_files++;
	file->at = weave->node[place->node].bytes.len - GIT_OID_RAWSZ;
	return RK_OK;
}

static enum rk_rc weave_tree(struct walk *walk, const struct entry *entry, size_t parent, size_t at,
    const struct place *above, struct rk_err *err);

/* A directory that differs on all three. */
static enum rk_rc
weave_directory(struct walk *walk, struct place *place, const struct entry *entry, struct rk_err *err)
{
	struct rk_tree_merge *weave = walk->weave;
	const size_t before = weave->node[place->node].bytes.len, node = weave->n_nodes;
	enum rk_rc rc;

	if (!entry[OURS].mode || !entry[THEIRS].mode)
		return whole(walk, "one side deletes a directory that the other changes");
	if (place->depth == DEPTH)
		return whole(walk, "directories are too deep");
	rc = take(walk, place, &entry[OURS]);
	if (rc == RK_OK)
		rc = weave_tree(walk, entry, place->node, weave->node[place->node].bytes.len - GIT_OID_RAWSZ, place, err);
	if (rc == RK_OK && weave->node[node].bytes.len == 0) {
		/* each side has deleted what the other left: Git keeps no empty directory */
		rk_strbuf_free(&weave->node[node].bytes);
		weave->n_nodes = node;
		weave->node[place->node].bytes.len = before;
	}
	return rc;
}

static enum rk_rc
weave_entry(struct walk *walk, struct place *place, const struct entry *entry, struct rk_err *err)
{
	const struct entry *base = &entry[BASE], *ours = &entry[OURS], *theirs = &entry[THEIRS];
	const unsigned type = ours->mode & 0170000;
	enum rk_rc rc = RK_OK;

	if (same(ours, theirs)) {
		if (same(ours, base))
			return take(walk, place, ours);
		if (!base->mode)
			return whole(walk, "both sides add a file");
		if (!ours->mode)
			return whole(walk, "both sides delete a file");
		if (is_tree(ours) && (rc = same_names(walk->odb, &base->id, &ours->id, place->depth, err)) == RK_END)
			return whole(walk, "both sides add or delete a file");
		return rc == RK_OK ? take(walk, place, ours) : rc;
	}
	if (same(ours, base))
		return take(walk, place, theirs);
	if (same(theirs, base))
		return take(walk, place, ours);
	if (is_tree(ours) || is_tree(theirs))
		return weave_directory(walk, place, entry, err);
	if (!base->mode)
		return whole(walk, "both sides add a file");
	if (!ours->mode || !theirs->mode)
		return whole(walk, "one side deletes a file that the other changes");
	if (type != (theirs->mode & 0170000) || type != (base->mode & 0170000))
		return whole(walk, "a file becomes a link or a submodule");
	if (type == 0160000)
		return whole(walk, "both sides change a submodule");
	if (type == 0100000)
		return merge_file(walk, place, entry, err);
	rc = take(walk, place, ours);
	return rc == RK_OK ? rk_displaced_blob(walk->weave->discarded, walk->path.data, "link", walk->odb, &theirs->id, err) : rc;
}

/* The attribute file in this directory of ours. */
static enum rk_rc
find_attributes(git_odb *odb, const git_oid *tree, git_oid *attributes, struct rk_err *err)
{
	static const struct entry wanted = { .mode = 0100644, .name = ".gitattributes", .len = 14 };
	struct side side;
	enum rk_rc rc = begin(odb, tree, &side, err);
	int order = -1;

	while (rc == RK_OK && side.entry.mode && (order = compare(&side.entry, &wanted)) < 0)
		rc = next(&side, err);
	if (rc == RK_OK && side.entry.mode && order == 0)
		*attributes = side.entry.id;
	git_odb_object_free(side.object);
	return rc;
}

static enum rk_rc
weave_tree(struct walk *walk, const struct entry *entry, size_t parent, size_t at, const struct place *above,
    struct rk_err *err)
{
	struct rk_tree_merge *weave = walk->weave;
	struct place place = { .above = above, .node = weave->n_nodes, .depth = above ? above->depth + 1 : 0 };
	struct rk_weave_node *more = rk_array_with_room(weave->node, weave->n_nodes, &weave->nodes_room, sizeof *more);
	struct side side[SIDES] = { 0 };
	const size_t len = walk->path.len;
	struct entry below[SIDES];
	enum rk_rc rc;
	int i;

	if (!more)
		return rk_err_nomem(err);
	weave->node = more;
	more[weave->n_nodes++] = (struct rk_weave_node){ .parent = parent, .at = at, .theirs = entry[THEIRS].id };
	rc = find_attributes(walk->odb, &entry[OURS].id, &place.attributes, err);
	for (i = 0; i < SIDES && rc == RK_OK; i++)
		rc = begin(walk->odb, &entry[i].id, &side[i], err);
	while (rc == RK_OK && (rc = take_same(walk, &place, side, err)) == RK_OK && first(side, SIDES, below)) {
		const struct entry *any = below[OURS].mode ? &below[OURS] : below[THEIRS].mode ? &below[THEIRS] : &below[BASE];

		if (len)
			rk_strbuf_putc(&walk->path, '/');
		rk_strbuf_add(&walk->path, any->name, any->len);
		rc = rk_strbuf_check(&walk->path, err);
		if (rc == RK_OK)
			rc = weave_entry(walk, &place, below, err);
		walk->path.len = len;
		if (rc == RK_OK)
			rc = pass(side, SIDES, below, err);
	}
	for (i = 0; i < SIDES; i++)
		git_odb_object_free(side[i].object);
	return rc == RK_OK ? rk_strbuf_check(&weave->node[place.node].bytes, err) : rc;
}

enum rk_rc
rk_tree_merge(git_odb *odb, const git_oid *base, const git_oid *ours, const git_oid *theirs,
    const struct rk_merge_attr *drivers, struct rk_tree_merge *weave, struct rk_err *err)
{
	struct walk walk = { .odb = odb, .drivers = drivers, .weave = weave };
	const struct entry root[SIDES] = { { .id = *base }, { .id = *ours }, { .id = *theirs } };
	enum rk_rc rc;

	weave->discarded = json_array();
	if (!weave->discarded)
		return rk_err_nomem(err);
	rc = weave_tree(&walk, root, 0, 0, NULL, err);
	rk_strbuf_free(&walk.path);
	return rc == RK_END && weave->whole ? RK_OK : rc;
}

enum rk_rc
rk_tree_merge_write(struct rk_tree_merge *weave, struct rk_pack *pack, git_oid *tree, struct rk_err *err)
{
	const struct rk_tree_merge_file *file;
	struct rk_weave_node *node;
	enum rk_rc rc = RK_OK;
	git_oid id;
	size_t i;

	for (i = 0; i < weave->n_files && rc == RK_OK; i++) {
		file = &weave->file[i];
		rc = rk_pack_add(pack, GIT_OBJECT_BLOB, rk_strbuf_str(&file->merged), file->merged.len, &id, err);
		memcpy(weave->node[file->node].bytes.data + file->at, id.id, GIT_OID_RAWSZ);
	}
	for (i = weave->n_nodes; i-- > 0 && rc == RK_OK;) {
		node = &weave->node[i];
		rc = rk_pack_add_near(pack, GIT_OBJECT_TREE, rk_strbuf_str(&node->bytes), node->bytes.len, &node->theirs, tree, err);
		if (rc == RK_OK && i > 0)
			memcpy(weave->node[node->parent].bytes.data + node->at, tree->id, GIT_OID_RAWSZ);
	}
	return rc;
}

void
rk_tree_merge_free(struct rk_tree_merge *weave)
{
	while (weave->n_files > 0) {
		rk_strbuf_free(&weave->file[--weave->n_files].merged);
		free(weave->file[weave->n_files].path);
	}
	while (weave->n_nodes > 0)
		rk_strbuf_free(&weave->node[--weave->n_nodes].bytes);
	free(weave->file);
	free(weave->node);
	json_decref(weave->discarded);
	*weave = (struct rk_tree_merge){ 0 };
}
