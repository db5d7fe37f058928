#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/conflict.h"
#include "merge/git_merge.h"
#include "merge/line_merge.h"
#include "merge/merge.h"
#include "merge/merge_internal.h"
#include "merge/scratch_repo.h"
#include "merge/tree_merge.h"

static bool
is_unmerged(const struct rk_tree_merge_change *change)
{
	return change->mode && git_oid_is_zero(&change->id);
}

/* By lines */

static enum rk_rc
merge_lines(struct rk_merge_job *job, struct rk_tree_merge_change *change, struct rk_err *err)
{
	const git_oid *blob[] = { &change->base, &change->ours, &change->theirs };
	git_odb_object *object[3] = { NULL, NULL, NULL };
	struct rk_line_merge_file file[3];
	struct rk_strbuf merged = { 0 };
	enum rk_rc rc = RK_OK;
	int i, result;

	for (i = 0; i < 3 && rc == RK_OK; i++) {
		result = git_odb_read(&object[i], job->odb, blob[i]);
		if (result < 0)
			rc = rk_git_fail(err, result, "%s", change->path);
		else
			file[i] = (struct rk_line_merge_file){ git_odb_object_data(object[i]), git_odb_object_size(object[i]) };
	}
	if (rc == RK_OK && rk_line_merge(&file[0], &file[1], &file[2], &merged))
		rc = rk_pack_add(job->pack, GIT_OBJECT_BLOB, rk_strbuf_str(&merged), merged.len, &change->id, err);
	rk_strbuf_free(&merged);
	for (i = 0; i < 3; i++)
		git_odb_object_free(object[i]);
	return rc;
}

enum rk_rc
rk_merge_files_by_lines(struct rk_merge_job *job, struct rk_merge_work *work, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; i < work->trees.n_changes && rc == RK_OK; i++)
		if (is_unmerged(&work->trees.change[i]))
			rc = merge_lines(job, &work->trees.change[i], err);
	return rc;
}

/* By Git */

/*
 * The files that are left, of all merges.  Git merges them in one merge of three trees that are made for it, in which the
 * name of a file is its number, so that neither renames nor attributes change the result.
 */
struct batch {
	struct rk_tree_merge_change **file;
	struct rk_merge **merge;	/* that the file belongs to */
	size_t n;
};

#define FILE_NAME "%08zu"

static void
collect(const struct rk_merge_job *job, struct batch *batch)
{
	struct rk_tree_merge_change *change;
	size_t total = 1, i, k;

	for (i = 0; i < job->n; i++)
		total += job->work[i].trees.n_changes;
	batch->file = rk_memory_realloc(NULL, total, sizeof *batch->file);
	batch->merge = rk_memory_realloc(NULL, total, sizeof *batch->merge);
	for (i = 0; i < job->n; i++)
		for (k = 0; k < job->work[i].trees.n_changes; k++) {
			change = &job->work[i].trees.change[k];
			if (job->work[i].merge->rc != RK_OK || job->work[i].merge->by_git || !is_unmerged(change))
				continue;
			batch->file[batch->n] = change;
			batch->merge[batch->n++] = job->work[i].merge;
		}
}

/* Add a commit with the blobs of one side (0: base, 1: ours, 2: theirs) to the pack. */
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
	rc = rk_pack_add(pack, GIT_OBJECT_TREE, text.data, text.len, &tree, err);
	rk_strbuf_clear(&text);
	rk_strbuf_printf(&text, "tree %s\n", git_oid_tostr(hex, sizeof hex, &tree));
	if (parent)
		rk_strbuf_printf(&text, "parent %s\n", git_oid_tostr(hex, sizeof hex, parent));
	rk_strbuf_printf(&text, "author x <x> 0 +0000\ncommitter x <x> 0 +0000\n\n%d\n", side);
	if (rc == RK_OK)
		rc = rk_pack_add(pack, GIT_OBJECT_COMMIT, text.data, text.len, commit, err);
	rk_strbuf_free(&text);
	return rc;
}

static enum rk_rc
write_sides(const struct batch *batch, struct rk_scratch_repo *repo, git_oid *ours, git_oid *theirs, struct rk_err *err)
{
	struct rk_pack *pack = rk_pack_new();
	git_oid base;
	enum rk_rc rc = add_side(batch, 0, NULL, pack, &base, err);

	if (rc == RK_OK)
		rc = add_side(batch, 1, &base, pack, ours, err);
	if (rc == RK_OK)
		rc = add_side(batch, 2, &base, pack, theirs, err);
	if (rc == RK_OK)
		rc = rk_scratch_repo_write(repo, pack, err);
	rk_pack_free(pack);
	return rc;
}

/* Take a merged file, and resolve its conflicts. */
static enum rk_rc
take_file(struct rk_merge_job *job, struct rk_tree_merge_change *file, struct rk_merge *merge, const git_oid *blob,
    bool has_conflict, struct rk_err *err)
{
	const struct rk_conflict conflict = { .path = file->path, .odb = rk_scratch_repo_odb(job->scratch), .marked = *blob,
		.ours = file->ours, .theirs = file->theirs, .marker = RK_SCRATCH_REPO_MARKER };
	enum rk_rc rc = RK_OK;

	if (has_conflict)
		rc = rk_conflict_resolve(&conflict, &file->id, merge->discarded, err);
	else
		file->id = *blob;
	if (rc == RK_END) {
		merge->by_git = "a file has lines that look like conflict markers";
		return RK_OK;
	}
	return rc == RK_OK ? rk_scratch_repo_export(job->scratch, &file->id, job->pack, err) : rc;
}

static enum rk_rc
take_files(struct rk_merge_job *job, const struct batch *batch, const struct rk_git_merge_result *merged, struct rk_err *err)
{
	const struct rk_git_merge_stage *stage = merged->stage, *const end = stage + merged->n_stages;
	const git_tree_entry *entry;
	enum rk_rc rc = RK_OK;
	bool has_conflict;
	git_tree *tree;
	char name[24];
	size_t i;
	int result = git_tree_lookup(&tree, rk_scratch_repo_git(job->scratch), &merged->tree);

	if (result < 0)
		return rk_git_fail(err, result, "the tree that Git made");
	/* entries and stages are in the order of the numbers */
	for (i = 0; i < batch->n && rc == RK_OK; i++) {
		snprintf(name, sizeof name, FILE_NAME, i);
		entry = git_tree_entry_byindex(tree, i);
		if (!entry || strcmp(git_tree_entry_name(entry), name) != 0) {
			rc = rk_err_set(err, RK_EBUG, "%s: git merge-tree has lost the file", batch->file[i]->path);
			break;
		}
		for (has_conflict = false; stage < end && strcmp(stage->path, name) == 0; stage++)
			has_conflict = true;
		if (!batch->merge[i]->by_git)
			rc = take_file(job, batch->file[i], batch->merge[i], git_tree_entry_id(entry), has_conflict, err);
	}
	git_tree_free(tree);
	return rc;
}

static enum rk_rc
merge_batch(struct rk_merge_job *job, const struct batch *batch, struct rk_err *err)
{
	struct rk_git_merge_result *merged = NULL;
	struct rk_git_merge merge = { 0 };
	char *dir = NULL;
	enum rk_rc rc = rk_merge_scratch(job, err);

	if (rc == RK_OK)
		rc = rk_scratch_repo_worktree(job->scratch, NULL, &dir, err);
	merge.repo = job->scratch;
	merge.dir = dir;
	if (rc == RK_OK)
		rc = write_sides(batch, job->scratch, &merge.ours, &merge.theirs, err);
	if (rc == RK_OK)
		rc = rk_git_merge_tree(&merge, false, &merged, err);
	if (rc == RK_OK)
		rc = take_files(job, batch, merged, err);
	rk_git_merge_free(merged);
	free(dir);
	return rc;
}

enum rk_rc
rk_merge_files_by_git(struct rk_merge_job *job, struct rk_err *err)
{
	struct batch batch = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	collect(job, &batch);
	if (batch.n > 0)
		rc = merge_batch(job, &batch, err);
	if (rc == RK_REFUSED) {	/* it is of one merge, which is not known */
		for (i = 0; i < batch.n; i++)
			batch.merge[i]->by_git = "Git could not merge the files of all rings at once";
		*err = (struct rk_err){ 0 };
		rc = RK_OK;
	}
	free(batch.file);
	free(batch.merge);
	return rc;
}
