#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "git/git.h"
#include "git/pack.h"
#include "merge/merge_attr.h"
#include "merge/merge_internal.h"
#include "merge/scratch_repo.h"
#include "merge/tree_merge.h"

enum rk_rc
rk_merge_scratch(struct rk_merge_job *job, struct rk_err *err)
{
	return job->scratch ? RK_OK : rk_scratch_repo_open(job->git, job->options->seconds, &job->scratch, err);
}

/* Keep a refusal, or an object that is missing, as the result of its own merge. */
static enum rk_rc
keep_refusal(const struct rk_merge_job *job, struct rk_merge *merge, enum rk_rc rc, struct rk_err *err)
{
	struct rk_err why = *err;

	if (rc == RK_ENOINPUT && !rk_scratch_repo_lacks_git(job->scratch))
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

static enum rk_rc
find_tree(git_repository *git, const git_oid *commit, git_oid *id, struct rk_err *err)
{
	git_tree *tree;
	enum rk_rc rc = rk_git_tree_of(git, commit, &tree, err);

	if (rc == RK_OK)
		*id = *git_tree_id(tree);
	git_tree_free(tree);
	return rc;
}

/* Merge as far as the trees tell, and the files that both sides have changed as far as their lines tell. */
static enum rk_rc
merge_trees(struct rk_merge_job *job, struct rk_merge_work *work, const git_oidarray *bases, struct rk_err *err)
{
	struct rk_merge *merge = work->merge;
	struct rk_tree_merge *trees = &work->trees;
	enum rk_rc rc = find_tree(job->git, &merge->ours, &trees->ours, err);

	if (rc == RK_OK && bases->count > 1) {
		merge->by_git = "there are several merge bases";
		return RK_OK;
	}
	if (rc == RK_OK)
		rc = find_tree(job->git, &merge->theirs, &trees->theirs, err);
	if (rc == RK_OK)
		rc = find_tree(job->git, &bases->ids[0], &trees->base, err);
	if (rc == RK_OK)
		rc = rk_tree_merge(job->git, &job->attributes, trees, err);
	merge->by_git = trees->doubt;
	return rc == RK_OK && !merge->by_git ? rk_merge_files_by_lines(job, work, err) : rc;
}

/* Begin a merge: go as far as it needs no Git. */
static enum rk_rc
begin(struct rk_merge_job *job, struct rk_merge_work *work, struct rk_err *err)
{
	struct rk_merge *merge = work->merge;
	git_oidarray bases = { 0 };
	enum rk_rc rc = RK_OK;
	int result;

	merge->discarded = json_array();
	if (git_oid_equal(&merge->ours, &merge->theirs))
		return RK_OK;
	result = git_merge_bases(&bases, job->git, &merge->ours, &merge->theirs);
	if (result == GIT_ENOTFOUND)
		return rk_err_refuse(err, RK_CODE_UNRELATED, "the ring and %.12s have no common ancestor",
		    git_oid_tostr_s(&merge->theirs));
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
		rc = merge_trees(job, work, &bases, err);
	}
	git_oidarray_dispose(&bases);
	return rc;
}

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

static void
sort(json_t *array)
{
	size_t n = json_array_size(array), i;
	json_t **item;

	if (n < 2)
		return;
	item = rk_memory_realloc(NULL, n, sizeof *item);
	for (i = 0; i < n; i++)
		item[i] = json_incref(json_array_get(array, i));
	qsort(item, n, sizeof *item, by_path);
	for (i = 0; i < n; i++)
		json_array_set_new(array, i, item[i]);
	free(item);
}

/* End a merge: put its trees into the pack. */
static enum rk_rc
end(struct rk_merge_job *job, struct rk_merge_work *work, struct rk_err *err)
{
	struct rk_merge *merge = work->merge;
	const size_t most = job->options->max_discard;

	if (merge->how == RK_MERGE_COMMIT && !merge->by_git)
		rk_json_extend(merge->discarded, work->trees.discarded);
	if (json_array_size(merge->discarded) > most)
		return rk_err_refuse(err, RK_CODE_MAX_DISCARD, "%zu pieces of the default branch would be discarded; --max-discard allows "
		    "%zu", json_array_size(merge->discarded), most);
	if (merge->how != RK_MERGE_COMMIT)
		return RK_OK;
	sort(merge->discarded);
	if (merge->by_git)
		return rk_scratch_repo_export(job->scratch, &merge->tree, job->pack, err);
	return rk_tree_merge_write(job->git, &work->trees, job->pack, &merge->tree, err);
}

static enum rk_rc
merge_all(struct rk_merge_job *job, struct rk_err *err)
{
	struct rk_merge_work *const work = job->work;
	enum rk_rc rc = rk_merge_attr_read(job->git, &job->attributes, err);
	int result = git_repository_odb(&job->odb, job->git);
	size_t i;

	if (rc == RK_OK && result < 0)
		rc = rk_git_fail(err, result, "%s", git_repository_path(job->git));
	for (i = 0; i < job->n && rc == RK_OK; i++)
		rc = keep_refusal(job, work[i].merge, begin(job, &work[i], err), err);
	if (rc == RK_OK)
		rc = rk_merge_files_by_git(job, err);
	for (i = 0; i < job->n && rc == RK_OK; i++)
		if (work[i].merge->rc == RK_OK && work[i].merge->by_git)
			rc = keep_refusal(job, work[i].merge, rk_merge_whole(job, &work[i], err), err);
	for (i = 0; i < job->n && rc == RK_OK; i++)
		if (work[i].merge->rc == RK_OK)
			rc = keep_refusal(job, work[i].merge, end(job, &work[i], err), err);
	return rc;
}

enum rk_rc
rk_merge_all(git_repository *git, struct rk_merge *merge, size_t n, const struct rk_merge_options *options,
    struct rk_pack *pack, struct rk_err *err)
{
	struct rk_merge_job job = { .git = git, .options = options, .pack = pack, .n = n };
	enum rk_rc rc;
	size_t i;

	job.work = rk_memory_calloc(n + 1, sizeof *job.work);
	for (i = 0; i < n; i++)
		job.work[i].merge = &merge[i];
	rc = merge_all(&job, err);
	for (i = 0; i < n; i++)
		rk_tree_merge_free(&job.work[i].trees);
	free(job.work);
	rk_scratch_repo_close(job.scratch);
	rk_merge_attr_free(&job.attributes);
	git_odb_free(job.odb);
	return rc;
}

void
rk_merge_free(struct rk_merge *merge)
{
	if (!merge)
		return;
	json_decref(merge->discarded);
	*merge = (struct rk_merge){ 0 };
}
