#include <stdio.h>
#include <string.h>

#include "merge/ring_branch.h"
#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/trailer.h"

/* Set *is if ringsync(1) made the commit. */
static enum rk_rc
is_sync(git_commit *commit, bool *is, struct rk_err *err)
{
	json_t *trailers;
	char second[RK_OID_HEX];
	git_oid parent, third;
	enum rk_rc rc;

	*is = false;
	if (!rk_git_parent(commit, 1, &parent) || rk_git_parent(commit, 2, &third))
		return RK_OK;
	git_oid_tostr(second, sizeof second, &parent);
	rc = rk_trailer_read(git_commit_message(commit), &trailers, err);
	*is = rk_trailer_has(trailers, "Ring-Sync", second);
	json_decref(trailers);
	return rc;
}

enum rk_rc
rk_ring_branch_commits(git_repository *git, const char *id, json_t **chain, struct rk_err *err)
{
	char oid[RK_OID_HEX];
	git_commit *commit;
	git_oid parent;
	bool more = true;
	enum rk_rc rc = RK_OK;

	*chain = json_array();
	snprintf(oid, sizeof oid, "%s", id);
	while (rc == RK_OK && more) {
		rc = rk_git_commit(git, oid, &commit, err);
		if (rc == RK_OK)
			rk_json_append(*chain, json_string(oid));
		if (rc == RK_OK)
			rc = is_sync(commit, &more, err);
		if (rc == RK_OK && more && rk_git_parent(commit, 0, &parent))
			git_oid_tostr(oid, sizeof oid, &parent);
		git_commit_free(commit);
	}
	if (rc != RK_OK) {
		json_decref(*chain);
		*chain = NULL;
	}
	return rc;
}

/* Find the tip of origin/BRANCH, or else of the local branch. */
static enum rk_rc
find_branch(git_repository *git, const char *branch, git_oid *tip, struct rk_err *err)
{
	static const char *const prefix[] = { "refs/remotes/origin/", "refs/heads/" };
	struct rk_strbuf name = { 0 };
	int result = GIT_ENOTFOUND;
	size_t i;

	for (i = 0; result == GIT_ENOTFOUND && i < 2; i++) {
		rk_strbuf_clear(&name);
		rk_strbuf_printf(&name, "%s%s", prefix[i], branch);
		result = git_reference_name_to_id(tip, git, name.data);
	}
	rk_strbuf_free(&name);
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_ENOINPUT, "branch %s not found, here or as origin/%s: git fetch origin %s", branch, branch,
		    branch);
	return result < 0 ? rk_git_fail(err, result, "%s", branch) : RK_OK;
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

static void
add_path(json_t *paths, const char *path)
{
	struct rk_strbuf escaped = { 0 };

	rk_strbuf_escape(&escaped, path, strlen(path));
	rk_json_append(paths, json_string(escaped.data));
	rk_strbuf_free(&escaped);
}

static enum rk_rc
compare(git_repository *git, const git_oid *a, const git_oid *b, git_diff **diff, struct rk_err *err)
{
	git_tree *before, *after = NULL;
	enum rk_rc rc = rk_git_tree_of(git, a, &before, err);
	int result;

	*diff = NULL;
	if (rc == RK_OK)
		rc = rk_git_tree_of(git, b, &after, err);
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
	rc = find_branch(git, branch, &tip, err);
	if (rc == RK_OK && git_oid_fromstr(&head, commit) < 0)
		rc = rk_git_fail(err, -1, "%s", commit);
	if (rc == RK_OK && git_merge_base(&base, git, &tip, &head) < 0)
		rc = rk_err_set(err, RK_ENOINPUT, "no common ancestor of %s and %s found%s", commit, branch,
		    git_repository_is_shallow(git) ? ", because the clone is shallow: git fetch --unshallow" : "");
	if (rc == RK_OK)
		rc = compare(git, &base, &head, &diff, err);
	for (i = 0; rc == RK_OK && i < git_diff_num_deltas(diff); i++) {
		path = git_diff_get_delta(diff, i)->new_file.path;
		if (is_below(path, below) && (*n)++ < most)
			add_path(*paths, path);
	}
	git_diff_free(diff);
	if (rc != RK_OK) {
		json_decref(*paths);
		*paths = NULL;
	}
	return rc;
}
