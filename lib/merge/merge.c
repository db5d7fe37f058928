#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/conflict.h"
#include "merge/displaced.h"
#include "merge/line_merge.h"
#include "merge/merge_attr.h"
#include "merge/merge_tree.h"
#include "merge/tree_merge.h"

/* What all merges of a run share. */
struct job {
	git_repository *git;
	git_odb *odb;
	const struct rk_merge_options *options;
	struct rk_pack *pack;
	struct rk_merge_attr drivers;
	struct rk_merge_tree place;
	bool open;		/* place is there */
};

static enum rk_rc
open_place(struct job *job, struct rk_err *err)
{
	if (job->open)
		return RK_OK;
	job->open = true;
	return rk_merge_tree_open(job->git, &job->place, err);
}

/* A refusal is the merge's own; so is an object that is not here. */
static enum rk_rc
settle_rc(const struct job *job, struct rk_merge *merge, enum rk_rc rc, struct rk_err *err)
{
	struct rk_err why = *err;

	if (rc == RK_ENOINPUT && !job->place.lacks_git)
		rc = rk_err_refuse(err, RK_CODE_UNREADABLE, "%s: fetch what is missing (git fsck names it)", why.msg);
	if (rc != RK_REFUSED)
		return rc;
	merge->rc = RK_REFUSED;
	merge->why = *err;
	*err = (struct rk_err){ 0 };
	json_decref(merge->discarded);
	merge->discarded = NULL;
	return RK_OK;
}

/* From the commits to the trees */

static enum rk_rc
tree_of(git_repository *git, const git_oid *commit, git_oid *tree, struct rk_err *err)
{
	git_commit *object;
	int result = git_commit_lookup(&object, git, commit);

	if (result < 0)
		return rk_git_fail(err, result, "the commit %.12s", git_oid_tostr_s(commit));
	*tree = *git_commit_tree_id(object);
	git_commit_free(object);
	return RK_OK;
}

static enum rk_rc
weave_trees(struct job *job, struct rk_merge *merge, const git_oid *base, struct rk_err *err)
{
	enum rk_rc rc = tree_of(job->git, base, &merge->weave.base, err);

	if (rc == RK_OK)
		rc = tree_of(job->git, &merge->ours, &merge->weave.ours, err);
	if (rc == RK_OK)
		rc = tree_of(job->git, &merge->theirs, &merge->weave.theirs, err);
	if (rc == RK_OK)
		rc = rk_tree_merge(job->git, &job->drivers, &merge->weave, err);
	merge->whole = merge->weave.doubt;
	return rc;
}

/* Merge a file whose sides have changed different places. */
static enum rk_rc
merge_apart(git_odb *odb, struct rk_pack *pack, struct rk_tree_merge_change *file, struct rk_err *err)
{
	const git_oid *blob[] = { &file->base, &file->ours, &file->theirs };
	git_odb_object *object[3] = { NULL, NULL, NULL };
	struct rk_strbuf merged = { 0 };
	struct rk_line_merge_text text[3];
	enum rk_rc rc = RK_OK;
	int i, result;

	for (i = 0; i < 3 && rc == RK_OK; i++) {
		result = git_odb_read(&object[i], odb, blob[i]);
		if (result < 0)
			rc = rk_git_fail(err, result, "%s", file->path);
		else
			text[i] = (struct rk_line_merge_text){ git_odb_object_data(object[i]), git_odb_object_size(object[i]) };
	}
	if (rc == RK_OK)
		rc = rk_line_merge(&text[0], &text[1], &text[2], &merged, err);
	if (rc == RK_OK)
		rc = rk_pack_add(pack, GIT_OBJECT_BLOB, rk_strbuf_str(&merged), merged.len, &file->id, err);
	rk_strbuf_free(&merged);
	for (i = 0; i < 3; i++)
		git_odb_object_free(object[i]);
	return rc == RK_END ? RK_OK : rc;
}

/* As far as it goes without Git. */
static enum rk_rc
begin(struct job *job, struct rk_merge *merge, struct rk_err *err)
{
	git_oidarray bases = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;
	int result;

	merge->discarded = json_array();
	if (!merge->discarded)
		return rk_err_nomem(err);
	if (git_oid_equal(&merge->ours, &merge->theirs))
		return RK_OK;
	result = git_merge_bases(&bases, job->git, &merge->ours, &merge->theirs);
	if (result == GIT_ENOTFOUND)
		return rk_err_refuse(err, RK_CODE_UNRELATED, "it has no commit in common with %.12s", git_oid_tostr_s(&merge->theirs));
	if (result < 0) {
		rc = rk_git_fail(err, result, "the history of %.12s", git_oid_tostr_s(&merge->ours));
		return git_error_last() && git_error_last()->klass == GIT_ERROR_ODB ? RK_ENOINPUT : rc;
	}
	if (bases.count == 1 && git_oid_equal(&bases.ids[0], &merge->theirs)) {
		merge->how = RK_MERGE_NOTHING;
	} else if (bases.count == 1 && git_oid_equal(&bases.ids[0], &merge->ours)) {
		merge->how = RK_MERGE_FORWARD;
	} else {
		merge->how = RK_MERGE_COMMIT;
		if (bases.count > 1)
			merge->whole = "there are several merge bases";
		else
			rc = weave_trees(job, merge, &bases.ids[0], err);
	}
	git_oidarray_dispose(&bases);
	for (i = 0; i < merge->weave.n_changes && rc == RK_OK && !merge->whole; i++)
		if (merge->weave.change[i].mode && git_oid_is_zero(&merge->weave.change[i].id))
			rc = merge_apart(job->odb, job->pack, &merge->weave.change[i], err);
	return rc;
}

/* The files that both sides have changed, of all merges */

/*
 * They are merged in one merge of three trees, made for it, in which a file's name is its number: neither renames nor
 * attributes can change anything then.
 */
struct batch {
	struct rk_tree_merge_change **file;
	struct rk_merge **merge;	/* whose file it is */
	size_t n;
	git_oid ours, theirs;		/* the commits */
	struct rk_merge_tree_result answer;
	git_tree *tree;			/* the outcome */
};

#define FILE_NAME "%08zu"

static enum rk_rc
collect(struct batch *batch, struct rk_merge *merge, size_t n, struct rk_err *err)
{
	size_t total = 0, i, k;

	for (i = 0; i < n; i++)
		total += merge[i].rc == RK_OK && !merge[i].whole ? merge[i].weave.n_changes : 0;
	batch->file = malloc((total + 1) * sizeof *batch->file);
	batch->merge = malloc((total + 1) * sizeof *batch->merge);
	if (!batch->file || !batch->merge)
		return rk_err_nomem(err);
	for (i = 0; i < n; i++)
		for (k = 0; merge[i].rc == RK_OK && !merge[i].whole && k < merge[i].weave.n_changes; k++) {
			batch->file[batch->n] = &merge[i].weave.change[k];
			batch->merge[batch->n] = &merge[i];
			batch->n += merge[i].weave.change[k].mode && git_oid_is_zero(&merge[i].weave.change[k].id);
		}
	return RK_OK;
}

/* A commit of all files' blobs of one side. */
static enum rk_rc
add_side(const struct batch *batch, int side, const git_oid *parent, struct rk_pack *pack, git_oid *commit,
    struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	const git_oid *blob;
	char hex[RK_OID_HEX];
	git_oid tree;
	enum rk_rc rc;
	size_t i;

	for (i = 0; i < batch->n; i++) {
		blob = side == 0 ? &batch->file[i]->base : side == 1 ? &batch->file[i]->ours : &batch->file[i]->theirs;
		rk_strbuf_printf(&text, "100644 " FILE_NAME, i);
		rk_strbuf_putc(&text, '\0');
		rk_strbuf_add(&text, blob->id, GIT_OID_RAWSZ);
	}
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_pack_add(pack, GIT_OBJECT_TREE, text.data, text.len, &tree, err);
	rk_strbuf_clear(&text);
	rk_strbuf_printf(&text, "tree %s\n", git_oid_tostr(hex, sizeof hex, &tree));
	if (parent)
		rk_strbuf_printf(&text, "parent %s\n", git_oid_tostr(hex, sizeof hex, parent));
	rk_strbuf_printf(&text, "author x <x> 0 +0000\ncommitter x <x> 0 +0000\n\n%d\n", side);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_pack_add(pack, GIT_OBJECT_COMMIT, text.data, text.len, commit, err);
	rk_strbuf_free(&text);
	return rc;
}

static enum rk_rc
write_sides(struct job *job, struct batch *batch, struct rk_err *err)
{
	struct rk_strbuf dir = { 0 };
	struct rk_pack *pack;
	git_oid base;
	enum rk_rc rc = rk_pack_new(&pack, err);

	if (rc == RK_OK)
		rc = add_side(batch, 0, NULL, pack, &base, err);
	if (rc == RK_OK)
		rc = add_side(batch, 1, &base, pack, &batch->ours, err);
	if (rc == RK_OK)
		rc = add_side(batch, 2, &base, pack, &batch->theirs, err);
	rk_strbuf_printf(&dir, "%s/git/objects/pack", job->place.dir);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&dir, err);
	if (rc == RK_OK)
		rc = rk_pack_write_into(pack, dir.data, err);
	rk_strbuf_free(&dir);
	rk_pack_free(pack);
	return rc;
}

static enum rk_rc
read_tree(struct job *job, const git_oid *id, git_repository **wrap, git_tree **tree, struct rk_err *err)
{
	int result = git_repository_wrap_odb(wrap, job->place.odb);

	if (result == 0)
		result = git_tree_lookup(tree, *wrap, id);
	return result < 0 ? rk_git_fail(err, result, "the tree that Git made") : RK_OK;
}

/* A file of the outcome, with what was displaced in it. */
static enum rk_rc
take_file(struct job *job, struct batch *batch, size_t i, const git_oid *blob, bool conflict, struct rk_err *err)
{
	struct rk_tree_merge_change *file = batch->file[i];
	struct rk_merge *merge = batch->merge[i];
	struct rk_conflict_file marked = { .path = file->path, .marker = job->place.marker, .odb = job->place.odb,
		.ours = file->ours, .theirs = file->theirs };
	git_odb_object *object;
	struct rk_strbuf merged = { 0 };
	enum rk_rc rc = RK_OK;
	int result = git_odb_read(&object, job->place.odb, blob);

	if (result < 0)
		return rk_git_fail(err, result, "%s", file->path);
	marked.text = git_odb_object_data(object);
	marked.len = git_odb_object_size(object);
	if (conflict && git_oid_equal(blob, &file->ours))
		rc = rk_displaced_blob(merge->discarded, file->path, "file", job->place.odb, &file->theirs, err);
	else if (conflict)
		rc = rk_conflict_settle(&marked, &merged, merge->discarded, err);
	if (rc == RK_OK && (!conflict || git_oid_equal(blob, &file->ours)))
		rk_strbuf_add(&merged, marked.text, marked.len);
	if (rc == RK_OK)
		rc = rk_pack_add(job->pack, GIT_OBJECT_BLOB, rk_strbuf_str(&merged), merged.len, &file->id, err);
	git_odb_object_free(object);
	if (rc == RK_END) {
		merge->whole = "a file looks as if it had conflict markers";
		return RK_OK;
	}
	rk_strbuf_free(&merged);
	return rc;
}

static enum rk_rc
take_files(struct job *job, struct batch *batch, struct rk_err *err)
{
	const struct rk_merge_tree_stage *stage = batch->answer.stage, *const end = stage + batch->answer.n_stages;
	git_repository *wrap = NULL;
	git_tree *tree = NULL;
	enum rk_rc rc = read_tree(job, &batch->answer.tree, &wrap, &tree, err);
	const git_tree_entry *entry;
	bool conflict;
	char name[24];
	size_t i;

	/* both are in the order of the numbers */
	for (i = 0; i < batch->n && rc == RK_OK; i++) {
		snprintf(name, sizeof name, FILE_NAME, i);
		entry = git_tree_entry_byindex(tree, i);
		if (!entry || strcmp(git_tree_entry_name(entry), name) != 0) {
			rc = rk_err_set(err, RK_EBUG, "git merge-tree has lost the file %s", batch->file[i]->path);
			break;
		}
		for (conflict = false; stage < end && strcmp(stage->path, name) == 0; stage++)
			conflict = true;
		if (!batch->merge[i]->whole)
			rc = take_file(job, batch, i, git_tree_entry_id(entry), conflict, err);
	}
	git_tree_free(tree);
	git_repository_free(wrap);
	return rc;
}

static enum rk_rc
merge_files(struct job *job, struct rk_merge *merge, size_t n, struct rk_err *err)
{
	static const git_oid none;
	struct batch batch = { 0 };
	char *dir = NULL;
	enum rk_rc rc = collect(&batch, merge, n, err);

	if (rc == RK_OK && batch.n > 0) {
		rc = open_place(job, err);
		if (rc == RK_OK)
			rc = rk_merge_tree_worktree(&job->place, &none, &dir, err);
		if (rc == RK_OK)
			rc = write_sides(job, &batch, err);
		if (rc == RK_OK)
			rc = rk_merge_tree_run(&job->place, dir, &batch.ours, &batch.theirs, false, &batch.answer, err);
		if (rc == RK_OK)
			rc = take_files(job, &batch, err);
		/* a refusal has no one merge here */
		if (rc == RK_REFUSED)
			rc = RK_EIO;
	}
	rk_merge_tree_free(&batch.answer);
	free(batch.file);
	free(batch.merge);
	free(dir);
	return rc;
}

/* A whole merge by Git */

struct whole {
	struct job *job;
	struct rk_merge *merge;
	char *dir;			/* its work tree */
	struct rk_merge_tree_result answer;
	git_repository *wrap;		/* of the place's objects */
	git_tree *ours;
	git_oid tree;			/* with what is settled so far */
};

/* One path of the answer that has conflicts: its stages by their number, or NULL. */
struct conflict {
	const char *path;
	const struct rk_merge_tree_stage *stage[4];
};

static size_t
next_conflict(const struct rk_merge_tree_result *answer, size_t at, struct conflict *conflict)
{
	*conflict = (struct conflict){ .path = answer->stage[at].path };
	for (; at < answer->n_stages && strcmp(answer->stage[at].path, conflict->path) == 0; at++)
		conflict->stage[answer->stage[at].stage] = &answer->stage[at];
	return at;
}

/* Is it one that -X ours settles: both sides have a file, or both a link, and their modes have an outcome? */
static bool
is_of_contents(const struct conflict *conflict)
{
	const struct rk_merge_tree_stage *base = conflict->stage[1], *ours = conflict->stage[2], *theirs = conflict->stage[3];

	if (!ours || !theirs || (ours->mode & 0170000) != (theirs->mode & 0170000) || (ours->mode & 0170000) == 0160000)
		return false;
	return ours->mode == theirs->mode || (base && (base->mode == ours->mode || base->mode == theirs->mode));
}

static bool
says(const struct rk_merge_tree_message *said, const char *type)
{
	return strcmp(said->type, type) == 0;
}

/* The first conflict that is not one of contents, as a message; NULL where there is none.  *sure: -X ours stops there. */
static const struct rk_merge_tree_message *
unsettled(const struct rk_merge_tree_result *answer, bool *sure)
{
	const struct rk_merge_tree_message *said, *found = NULL;

	*sure = false;
	for (said = answer->said; said < answer->said + answer->n_said; said++) {
		if (strncmp(said->type, "CONFLICT", 8) != 0 || says(said, "CONFLICT (contents)") || says(said, "CONFLICT (binary)"))
			continue;
		if (says(said, "CONFLICT (modify/delete)") || says(said, "CONFLICT (rename/delete)"))
			*sure = true;
		if (!found)
			found = said;
	}
	return found;
}

static enum rk_rc
refuse_conflict(const char *type, const char *path, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_CONFLICT, "%s: %s: -X ours does not settle that; merge it by hand, or settle it for the ring "
	    "with --conflicts=ring", path, type);
}

/* Put mode and id in a path's place; mode 0 removes it. */
static enum rk_rc
update(struct whole *w, const char *path, unsigned mode, const git_oid *id, struct rk_err *err)
{
	git_tree_update change = { .action = mode ? GIT_TREE_UPDATE_UPSERT : GIT_TREE_UPDATE_REMOVE, .path = path,
		.filemode = (git_filemode_t)mode };
	git_tree *tree;
	int result = git_tree_lookup(&tree, w->wrap, &w->tree);

	if (id)
		change.id = *id;
	if (result == 0) {
		result = git_tree_create_updated(&w->tree, w->wrap, tree, 1, &change);
		git_tree_free(tree);
	}
	if (result == 0)
		return RK_OK;
	return rk_git_fail(err, result, "%s", path) == RK_ENOMEM ? RK_ENOMEM : refuse_conflict("it cannot be settled", path, err);
}

/* The entry at a path of a tree: its mode, or 0 for none. */
static enum rk_rc
entry_at(git_tree *tree, const char *path, unsigned *mode, git_oid *id, struct rk_err *err)
{
	git_tree_entry *entry;
	int result = git_tree_entry_bypath(&entry, tree, path);

	*mode = 0;
	if (result == GIT_ENOTFOUND)
		return RK_OK;
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	*mode = git_tree_entry_filemode(entry);
	*id = *git_tree_entry_id(entry);
	git_tree_entry_free(entry);
	return RK_OK;
}

/* The entry in a tree that Git has made. */
static enum rk_rc
entry_in(struct whole *w, const git_oid *made, const char *path, unsigned *mode, git_oid *id, struct rk_err *err)
{
	git_tree *tree;
	enum rk_rc rc;
	int result = git_tree_lookup(&tree, w->wrap, made);

	if (result < 0)
		return rk_git_fail(err, result, "the tree that Git made");
	rc = entry_at(tree, path, mode, id, err);
	git_tree_free(tree);
	return rc;
}

/* The entry in what is settled so far. */
static enum rk_rc
made_at(struct whole *w, const char *path, unsigned *mode, git_oid *id, struct rk_err *err)
{
	return entry_in(w, &w->tree, path, mode, id, err);
}

/* A file in which Git has left markers, or, where it could not, our side. */
static enum rk_rc
settle_file(struct whole *w, const struct conflict *conflict, struct rk_err *err)
{
	struct rk_conflict_file file = { .path = conflict->path, .odb = w->job->place.odb, .ours = conflict->stage[2]->oid,
		.theirs = conflict->stage[3]->oid };
	json_t *discarded = w->merge->discarded;
	enum rk_merge_tree_driver driver;
	struct rk_strbuf settled = { 0 };
	git_odb_object *object;
	unsigned mode;
	git_oid id;
	enum rk_rc rc;
	int result;

	rc = rk_merge_tree_driver(&w->job->place, w->dir, conflict->path, &driver, &file.marker, err);
	if (rc == RK_OK && driver == RK_MERGE_TREE_OTHER)
		rc = refuse_conflict("its own merge driver reports a conflict", conflict->path, err);
	if (rc == RK_OK)
		rc = made_at(w, conflict->path, &mode, &id, err);
	if (rc != RK_OK)
		return rc;
	if (mode && git_oid_equal(&id, &file.ours))
		return rk_displaced_blob(discarded, conflict->path, "file", file.odb, &file.theirs, err);
	result = mode ? git_odb_read(&object, file.odb, &id) : GIT_ENOTFOUND;
	if (result < 0)
		return rk_git_fail(err, result, "%s", conflict->path);
	file.text = git_odb_object_data(object);
	file.len = git_odb_object_size(object);
	rc = rk_conflict_settle(&file, &settled, discarded, err);
	git_odb_object_free(object);
	if (rc == RK_END)
		rc = refuse_conflict("it has what looks like conflict markers", conflict->path, err);
	if (rc == RK_OK && (result = git_odb_write(&id, file.odb, rk_strbuf_str(&settled), settled.len, GIT_OBJECT_BLOB)) < 0)
		rc = rk_git_fail(err, result, "%s", conflict->path);
	rk_strbuf_free(&settled);
	return rc == RK_OK ? update(w, conflict->path, mode, &id, err) : rc;
}

/* Make the tree at a path what it is on our side. */
static enum rk_rc
restore(struct whole *w, const char *path, struct rk_err *err)
{
	unsigned have, want;
	git_oid id, wanted;
	enum rk_rc rc = made_at(w, path, &have, &id, err);

	if (rc == RK_OK)
		rc = entry_at(w->ours, path, &want, &wanted, err);
	if (rc != RK_OK || (have == want && (!want || git_oid_equal(&id, &wanted))))
		return rc;
	if (have && (have == GIT_FILEMODE_TREE) != (want == GIT_FILEMODE_TREE))
		rc = update(w, path, 0, NULL, err);
	if (rc == RK_OK && want)
		rc = update(w, path, want, &wanted, err);
	else if (rc == RK_OK && have && have != GIT_FILEMODE_TREE && !want)
		rc = update(w, path, 0, NULL, err);
	return rc;
}

/* Tell what of theirs is lost at a path whose conflict was settled for ours as a whole. */
static enum rk_rc
tell_lost(struct whole *w, const struct conflict *conflict, struct rk_err *err)
{
	const struct rk_merge_tree_stage *ours = conflict->stage[2], *theirs = conflict->stage[3];
	json_t *discarded = w->merge->discarded;
	git_odb *odb = w->job->place.odb;
	char text[RK_OID_HEX];
	unsigned mode;
	git_oid id;
	enum rk_rc rc;

	if (!theirs) {
		rc = entry_at(w->ours, conflict->path, &mode, &id, err);
		return rc != RK_OK || !ours || !mode ? rc : rk_displaced_add(discarded, conflict->path, "delete", 0, NULL, 0, err);
	}
	if ((theirs->mode & 0170000) == 0160000)
		return rk_displaced_add(discarded, conflict->path, "submodule", 0, git_oid_tostr(text, sizeof text, &theirs->oid),
		    GIT_OID_HEXSZ, err);
	if ((theirs->mode & 0170000) == 0120000)
		return rk_displaced_blob(discarded, conflict->path, "link", odb, &theirs->oid, err);
	if (ours && ours->mode != theirs->mode && (ours->mode & 0170000) == 0100000) {
		snprintf(text, sizeof text, "%o", theirs->mode);
		rc = rk_displaced_add(discarded, conflict->path, "mode", 0, text, strlen(text), err);
		if (rc != RK_OK || git_oid_equal(&ours->oid, &theirs->oid))
			return rc;
	}
	return rk_displaced_blob(discarded, conflict->path, "file", odb, &theirs->oid, err);
}

/* Tell of all files below a directory, whose tree is id. */
static enum rk_rc
tell_below(struct whole *w, const char *path, const git_oid *id, struct rk_err *err)
{
	struct rk_strbuf below = { 0 };
	const git_tree_entry *entry;
	enum rk_rc rc = RK_OK;
	git_tree *tree;
	size_t i;
	int result = git_tree_lookup(&tree, w->wrap, id);

	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	for (i = 0; i < git_tree_entrycount(tree) && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(tree, i);
		rk_strbuf_clear(&below);
		rk_strbuf_printf(&below, "%s/%s", path, git_tree_entry_name(entry));
		rc = rk_strbuf_check(&below, err);
		if (rc == RK_OK && git_tree_entry_type(entry) == GIT_OBJECT_TREE)
			rc = tell_below(w, below.data, git_tree_entry_id(entry), err);
		else if (rc == RK_OK && git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
			rc = rk_displaced_blob(w->merge->discarded, below.data, "file", w->job->place.odb, git_tree_entry_id(entry), err);
	}
	rk_strbuf_free(&below);
	git_tree_free(tree);
	return rc;
}

/* A directory of theirs where ours has a file: Git has left it there, and put the file aside. */
static enum rk_rc
tell_directory(struct whole *w, const char *path, struct rk_err *err)
{
	unsigned have, want;
	git_oid id, wanted;
	enum rk_rc rc = made_at(w, path, &have, &id, err);

	if (rc == RK_OK)
		rc = entry_at(w->ours, path, &want, &wanted, err);
	if (rc != RK_OK || have != GIT_FILEMODE_TREE || !want || want == GIT_FILEMODE_TREE)
		return rc;
	return tell_below(w, path, &id, err);
}

/* Settle for ours, as whole paths, what -X ours does not settle. */
static enum rk_rc
settle_rest(struct whole *w, struct rk_err *err)
{
	const struct rk_merge_tree_result *answer = &w->answer;
	struct conflict conflict;
	const char *path;
	enum rk_rc rc = RK_OK;
	size_t at, i, k;

	for (i = 0; i < answer->n_said && rc == RK_OK; i++) {
		if (strncmp(answer->said[i].type, "CONFLICT", 8) != 0)
			continue;
		for (k = 0, path = answer->said[i].path; k < answer->said[i].n_paths && rc == RK_OK; k++, path += strlen(path) + 1)
			if (*path)
				rc = tell_directory(w, path, err);
	}
	for (at = 0; at < answer->n_stages && rc == RK_OK;) {
		at = next_conflict(answer, at, &conflict);
		if (!is_of_contents(&conflict))
			rc = tell_lost(w, &conflict, err);
		if (rc == RK_OK && !is_of_contents(&conflict))
			rc = restore(w, conflict.path, err);
	}
	for (i = 0; i < answer->n_said && rc == RK_OK; i++) {
		if (strncmp(answer->said[i].type, "CONFLICT", 8) != 0 || says(&answer->said[i], "CONFLICT (contents)") ||
		    says(&answer->said[i], "CONFLICT (binary)"))
			continue;
		for (k = 0, path = answer->said[i].path; k < answer->said[i].n_paths && rc == RK_OK; k++, path += strlen(path) + 1)
			if (*path)
				rc = restore(w, path, err);
	}
	return rc;
}

static enum rk_rc
settle_contents(struct whole *w, const struct conflict *conflict, struct rk_err *err)
{
	if ((conflict->stage[2]->mode & 0170000) == 0120000)
		return rk_displaced_blob(w->merge->discarded, conflict->path, "link", w->job->place.odb, &conflict->stage[3]->oid, err);
	return settle_file(w, conflict, err);
}

/* Tell what is lost of a conflict whose outcome is in the tree by_git: hunks, where settling them gives the same. */
static enum rk_rc
tell_outcome(struct whole *w, const struct conflict *conflict, const git_oid *by_git, struct rk_err *err)
{
	json_t *discarded = w->merge->discarded;
	const size_t before = json_array_size(discarded);
	unsigned have = 0, want = 0;
	git_oid id, wanted;
	enum rk_rc rc = RK_REFUSED;

	if (is_of_contents(conflict))
		rc = settle_contents(w, conflict, err);
	if (rc == RK_OK)
		rc = made_at(w, conflict->path, &have, &id, err);
	if (rc == RK_OK)
		rc = entry_in(w, by_git, conflict->path, &want, &wanted, err);
	if (rc != RK_REFUSED && (rc != RK_OK || (have && have == want && git_oid_equal(&id, &wanted))))
		return rc;
	while (json_array_size(discarded) > before)
		json_array_remove(discarded, before);
	return tell_lost(w, conflict, err);
}

/*
 * Let git merge -X ours itself say what becomes of conflicts that hang together, such as a rename to a name that the
 * other side has, too: with its preference the first may not be one, and so the second.
 */
static enum rk_rc
settle_by_git(struct whole *w, struct rk_err *err)
{
	struct conflict conflict;
	git_oid by_git;
	enum rk_rc rc = rk_merge_tree_ours(&w->job->place, w->dir, &w->merge->ours, &w->merge->theirs, &by_git, err);
	size_t at;

	for (at = 0; at < w->answer.n_stages && rc == RK_OK;) {
		at = next_conflict(&w->answer, at, &conflict);
		rc = tell_outcome(w, &conflict, &by_git, err);
	}
	if (rc == RK_OK)
		w->tree = by_git;
	return rc;
}

static enum rk_rc
settle(struct whole *w, struct rk_err *err)
{
	const bool for_ours = w->job->options->settle;
	bool sure;
	const struct rk_merge_tree_message *said = unsettled(&w->answer, &sure);
	struct conflict conflict;
	enum rk_rc rc = RK_OK;
	size_t at;

	if (said && !sure && (rc = settle_by_git(w, err)) != RK_REFUSED)
		return rc;
	if (said && !for_ours)
		return refuse_conflict(said->type, said->n_paths ? said->path : "the merge", err);
	for (at = 0, rc = RK_OK; at < w->answer.n_stages && rc == RK_OK;) {
		at = next_conflict(&w->answer, at, &conflict);
		if (is_of_contents(&conflict))
			rc = settle_contents(w, &conflict, err);
		else if (!for_ours)
			rc = refuse_conflict("the sides are of different kinds", conflict.path, err);
	}
	return rc == RK_OK && for_ours ? settle_rest(w, err) : rc;
}

static enum rk_rc import(struct job *job, const git_oid *id, struct rk_err *err);

/* The same for what a tree holds.  Git 2.39 can leave an entry of nothing where a file was in the way of a directory. */
static enum rk_rc
import_below(struct job *job, const git_oid *id, struct rk_err *err)
{
	git_repository *wrap = NULL;
	git_tree *tree = NULL;
	const git_tree_entry *entry;
	enum rk_rc rc = read_tree(job, id, &wrap, &tree, err);
	size_t i;

	for (i = 0; tree && i < git_tree_entrycount(tree) && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(tree, i);
		if (git_oid_is_zero(git_tree_entry_id(entry)) || git_tree_entry_filemode_raw(entry) == 0)
			rc = rk_err_refuse(err, RK_CODE_GIT_FAILED, "Git has made a tree with nothing at %s; merge it by hand",
			    git_tree_entry_name(entry));
		else if (git_tree_entry_type(entry) != GIT_OBJECT_COMMIT)
			rc = import(job, git_tree_entry_id(entry), err);
	}
	git_tree_free(tree);
	git_repository_free(wrap);
	return rc;
}

/* Copy what an object of the place has beyond the repository into the pack, itself last. */
static enum rk_rc
import(struct job *job, const git_oid *id, struct rk_err *err)
{
	git_odb_object *object;
	enum rk_rc rc = RK_OK;
	git_oid same;
	int result;

	if (git_odb_exists(job->odb, id))
		return RK_OK;
	result = git_odb_read(&object, job->place.odb, id);
	if (result < 0)
		return rk_git_fail(err, result, "what Git made");
	if (git_odb_object_type(object) == GIT_OBJECT_TREE)
		rc = import_below(job, id, err);
	if (rc == RK_OK)
		rc = rk_pack_add(job->pack, git_odb_object_type(object), git_odb_object_data(object), git_odb_object_size(object),
		    &same, err);
	git_odb_object_free(object);
	return rc;
}

/* Does the configuration leave it to us whether a file moves along with the directory that it was added to? */
static bool
may_relocate(git_repository *git)
{
	git_config *config;
	const char *value;
	bool may = true;

	if (git_repository_config_snapshot(&config, git) < 0)
		return false;
	if (git_config_get_string(&value, config, "merge.directoryrenames") == 0)
		may = strcmp(value, "conflict") == 0;
	git_config_free(config);
	return may;
}

static enum rk_rc
merge_whole(struct job *job, struct rk_merge *merge, struct rk_err *err)
{
	struct whole w = { .job = job, .merge = merge };
	git_oid tree;
	enum rk_rc rc = open_place(job, err);
	int result;

	json_array_clear(merge->discarded);
	if (rc == RK_OK)
		rc = tree_of(job->git, &merge->ours, &tree, err);
	if (rc == RK_OK)
		rc = rk_merge_tree_worktree(&job->place, &tree, &w.dir, err);
	if (rc == RK_OK)
		rc = rk_merge_tree_run(&job->place, w.dir, &merge->ours, &merge->theirs,
		    job->options->settle && may_relocate(job->git), &w.answer, err);
	if (rc == RK_OK) {
		w.tree = w.answer.tree;
		result = git_repository_wrap_odb(&w.wrap, job->place.odb);
		if (result == 0)
			result = git_tree_lookup(&w.ours, w.wrap, &tree);
		if (result < 0)
			rc = rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(&tree));
	}
	if (rc == RK_OK && w.answer.n_stages + w.answer.n_said > 0)
		rc = settle(&w, err);
	merge->tree = w.tree;
	git_tree_free(w.ours);
	git_repository_free(w.wrap);
	rk_merge_tree_free(&w.answer);
	free(w.dir);
	return rc;
}

/* All together */

static int
by_path(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int order = strcmp(rk_json_string(x, "path"), rk_json_string(y, "path"));
	json_int_t k, l;

	if (order)
		return order;
	k = json_integer_value(json_object_get(x, "line"));
	l = json_integer_value(json_object_get(y, "line"));
	return (k > l) - (k < l);
}

static enum rk_rc
sort(json_t *array, struct rk_err *err)
{
	size_t n = json_array_size(array), i;
	json_t **item;

	if (n < 2)
		return RK_OK;
	item = malloc(n * sizeof *item);
	if (!item)
		return rk_err_nomem(err);
	for (i = 0; i < n; i++)
		item[i] = json_incref(json_array_get(array, i));
	qsort(item, n, sizeof *item, by_path);
	for (i = 0; i < n; i++)
		json_array_set_new(array, i, item[i]);
	free(item);
	return RK_OK;
}

static enum rk_rc
end(struct job *job, struct rk_merge *merge, struct rk_err *err)
{
	const size_t lost = json_array_size(merge->discarded) + (merge->whole ? 0 : json_array_size(merge->weave.discarded));
	enum rk_rc rc = RK_OK;

	if (lost > job->options->max_discard)
		return rk_err_refuse(err, RK_CODE_MAX_DISCARD, "%zu pieces of the default branch would be lost, %zu may be (--max-discard)",
		    lost, job->options->max_discard);
	if (merge->how != RK_MERGE_COMMIT)
		return RK_OK;
	if (!merge->whole && json_array_extend(merge->discarded, merge->weave.discarded) < 0)
		return rk_err_nomem(err);
	rc = sort(merge->discarded, err);
	if (rc == RK_OK && merge->whole)
		return import(job, &merge->tree, err);
	return rc == RK_OK ? rk_tree_merge_write(job->git, &merge->weave, job->pack, &merge->tree, err) : rc;
}

enum rk_rc
rk_merge_all(git_repository *git, struct rk_merge *merge, size_t n, const struct rk_merge_options *options,
    struct rk_pack *pack, struct rk_err *err)
{
	struct job job = { .git = git, .options = options, .pack = pack };
	enum rk_rc rc = rk_merge_attr_read(git, &job.drivers, err);
	int result = git_repository_odb(&job.odb, git);
	size_t i;

	if (rc == RK_OK && result < 0)
		rc = rk_git_fail(err, result, "%s", git_repository_path(git));
	for (i = 0; i < n && rc == RK_OK; i++)
		rc = settle_rc(&job, &merge[i], begin(&job, &merge[i], err), err);
	if (rc == RK_OK)
		rc = merge_files(&job, merge, n, err);
	for (i = 0; i < n && rc == RK_OK; i++)
		if (merge[i].rc == RK_OK && merge[i].whole)
			rc = settle_rc(&job, &merge[i], merge_whole(&job, &merge[i], err), err);
	for (i = 0; i < n && rc == RK_OK; i++)
		if (merge[i].rc == RK_OK)
			rc = settle_rc(&job, &merge[i], end(&job, &merge[i], err), err);
	if (job.open)
		rk_merge_tree_close(&job.place);
	rk_merge_attr_free(&job.drivers);
	git_odb_free(job.odb);
	return rc;
}

void
rk_merge_free(struct rk_merge *merge)
{
	json_decref(merge->discarded);
	rk_tree_merge_free(&merge->weave);
	*merge = (struct rk_merge){ 0 };
}
