#include <stdio.h>
#include <string.h>

#include "merge/ring_branch.h"
#include "base/array.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/trailer.h"

/* Did ringsync(1) make this commit? */
static enum rk_rc
is_sync(git_commit *commit, bool *is, struct rk_err *err)
{
	json_t *trailers, *trailer;
	char second[RK_OID_HEX];
	enum rk_rc rc;
	size_t i;

	*is = false;
	if (git_commit_parentcount(commit) != 2)
		return RK_OK;
	git_oid_tostr(second, sizeof second, git_commit_parent_id(commit, 1));
	rc = rk_trailer_read(git_commit_message(commit), &trailers, err);
	json_array_foreach(trailers, i, trailer)
		if (rk_json_is(json_array_get(trailer, 0), "Ring-Sync") && rk_json_is(json_array_get(trailer, 1), second))
			*is = true;
	json_decref(trailers);
	return rc;
}

static enum rk_rc
lookup(git_repository *git, const char *id, git_commit **commit, struct rk_err *err)
{
	git_oid oid;
	int result = git_oid_fromstr(&oid, id);

	*commit = NULL;
	if (result == 0)
		result = git_commit_lookup(commit, git, &oid);
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_ENOINPUT, "there is no commit %s here: git fetch%s", id,
		    git_repository_is_shallow(git) ? " --unshallow" : "");
	return result < 0 ? rk_git_fail(err, result, "%s", id) : RK_OK;
}

enum rk_rc
rk_ring_branch_commits(git_repository *git, const char *id, json_t **way, struct rk_err *err)
{
	char oid[RK_OID_HEX];
	git_commit *commit;
	bool more = true;
	enum rk_rc rc;

	*way = json_array();
	rc = *way ? RK_OK : rk_err_nomem(err);
	snprintf(oid, sizeof oid, "%s", id);
	while (rc == RK_OK && more) {
		rc = lookup(git, oid, &commit, err);
		if (rc == RK_OK && json_array_append_new(*way, json_string(oid)) < 0)
			rc = rk_err_nomem(err);
		if (rc == RK_OK)
			rc = is_sync(commit, &more, err);
		if (rc == RK_OK && more)
			git_oid_tostr(oid, sizeof oid, git_commit_parent_id(commit, 0));
		git_commit_free(commit);
	}
	if (rc != RK_OK) {
		json_decref(*way);
		*way = NULL;
	}
	return rc;
}

/* origin/BRANCH where there is one, else the local one */
static enum rk_rc
find_branch(git_repository *git, const char *branch, git_oid *tip, struct rk_err *err)
{
	static const char *const places[] = { "refs/remotes/origin/", "refs/heads/" };
	struct rk_strbuf name = { 0 };
	int result = GIT_ENOTFOUND;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && result == GIT_ENOTFOUND && i < 2; i++) {
		rk_strbuf_clear(&name);
		rk_strbuf_printf(&name, "%s%s", places[i], branch);
		rc = rk_strbuf_check(&name, err);
		if (rc == RK_OK)
			result = git_reference_name_to_id(tip, git, name.data);
	}
	rk_strbuf_free(&name);
	if (rc == RK_OK && result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_ENOINPUT, "there is neither origin/%s nor %s here: git fetch origin %s", branch, branch,
		    branch);
	return rc == RK_OK && result < 0 ? rk_git_fail(err, result, "%s", branch) : rc;
}

static bool
is_below(const char *path, const struct rk_strings *below)
{
	size_t i, len;

	for (i = 0; i < below->n; i++) {
		len = strlen(below->item[i]);
		while (len && below->item[i][len - 1] == '/')
			len--;
		if (strncmp(path, below->item[i], len) == 0 && (path[len] == '/' || path[len] == '\0'))
			return true;
	}
	return false;
}

static enum rk_rc
tree_of(git_repository *git, const git_oid *oid, git_tree **tree, struct rk_err *err)
{
	git_commit *commit;
	int result = git_commit_lookup(&commit, git, oid);

	*tree = NULL;
	if (result == 0) {
		result = git_commit_tree(tree, commit);
		git_commit_free(commit);
	}
	return result < 0 ? rk_git_fail(err, result, "%s", git_oid_tostr_s(oid)) : RK_OK;
}

static enum rk_rc
add_path(json_t *paths, const char *path, struct rk_err *err)
{
	struct rk_strbuf shown = { 0 };
	enum rk_rc rc;

	rk_strbuf_escape(&shown, path, strlen(path));
	rc = rk_strbuf_check(&shown, err);
	if (rc == RK_OK && json_array_append_new(paths, json_string(shown.data)) < 0)
		rc = rk_err_nomem(err);
	rk_strbuf_free(&shown);
	return rc;
}

static enum rk_rc
changed_between(git_repository *git, const git_oid *a, const git_oid *b, git_diff **diff, struct rk_err *err)
{
	git_tree *before, *after = NULL;
	enum rk_rc rc = tree_of(git, a, &before, err);
	int result;

	*diff = NULL;
	if (rc == RK_OK)
		rc = tree_of(git, b, &after, err);
	if (rc == RK_OK && (result = git_diff_tree_to_tree(diff, git, before, after, NULL)) < 0)
		rc = rk_git_fail(err, result, "%s", git_oid_tostr_s(b));
	git_tree_free(before);
	git_tree_free(after);
	return rc;
}

enum rk_rc
rk_ring_branch_changed(git_repository *git, const char *branch, const char *commit, const struct rk_strings *below,
    size_t most, json_t **paths, size_t *n, struct rk_err *err)
{
	git_oid tip, head, base;
	git_diff *diff = NULL;
	const char *path;
	enum rk_rc rc;
	size_t i;

	*n = 0;
	*paths = json_array();
	rc = *paths ? find_branch(git, branch, &tip, err) : rk_err_nomem(err);
	if (rc == RK_OK && git_oid_fromstr(&head, commit) < 0)
		rc = rk_git_fail(err, -1, "%s", commit);
	if (rc == RK_OK && git_merge_base(&base, git, &tip, &head) < 0)
		rc = rk_err_set(err, RK_ENOINPUT, "%s and %s have no commit in common here%s", commit, branch,
		    git_repository_is_shallow(git) ? ", for the clone is shallow: git fetch --unshallow" : "");
	if (rc == RK_OK)
		rc = changed_between(git, &base, &head, &diff, err);
	for (i = 0; rc == RK_OK && i < git_diff_num_deltas(diff); i++) {
		path = git_diff_get_delta(diff, i)->new_file.path;
		if (is_below(path, below) && (*n)++ < most)
			rc = add_path(*paths, path, err);
	}
	git_diff_free(diff);
	if (rc != RK_OK) {
		json_decref(*paths);
		*paths = NULL;
	}
	return rc;
}
