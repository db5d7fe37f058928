#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <stdlib.h>
#include <string.h>

#include "publish/proposal.h"
#include "base/err.h"
#include "base/intern.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "git/trailer.h"

#define COMMITS 1000	/* beyond base that are looked at: a proposal has a few */
#define IN_MEMORY 1000	/* this store's priority: above all others, so that it gets what is written */

struct judge {
	const struct rk_proposal *proposal;
	git_repository *git;		/* what is written to it stays in memory */
	struct rk_ancestry *history;
	char base[RK_OID_HEX];
	struct rk_intern beyond;		/* the commits of tip that base has not, as they are found */
	struct rk_intern border;		/* the commits of base that are their parents */
	bool foreign;			/* one of them is not ours: then why says which */
	struct rk_err why;
};

static enum rk_rc
too_shallow(const struct judge *judge, const char *what, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_TOO_SHALLOW, "whose commits the branch \"%s\" holds cannot be told: %s: git fetch --unshallow",
	    judge->proposal->branch, what);
}

static enum rk_rc
open_in_memory(struct judge *judge, struct rk_err *err)
{
	git_odb_backend *memory = NULL;
	git_odb *odb = NULL;
	enum rk_rc rc = rk_git_open(judge->proposal->dir, &judge->git, err);
	int result;

	if (rc != RK_OK)
		return rc;
	result = git_mempack_new(&memory);
	if (result == 0)
		result = git_repository_odb(&odb, judge->git);
	if (result == 0)
		result = git_odb_add_backend(odb, memory, IN_MEMORY);
	if (result < 0 && memory)
		memory->free(memory);
	git_odb_free(odb);
	return result < 0 ? rk_git_fail(err, result, "a merge in memory") : RK_OK;
}

/* Does base have this commit? */
static enum rk_rc
in_base(struct judge *judge, const char *oid, bool *in, struct rk_err *err)
{
	enum rk_rc rc = rk_ancestry_contains(judge->history, judge->base, oid, in, err);

	return rc == RK_END ? too_shallow(judge, "the history of the branch that it is for ends too early", err) : rc;
}

static enum rk_rc
commit_of(struct judge *judge, const char *id, git_commit **commit, struct rk_err *err)
{
	git_oid oid;
	int result = git_oid_fromstr(&oid, id);

	if (result == 0)
		result = git_commit_lookup(commit, judge->git, &oid);
	if (result == GIT_ENOTFOUND)
		return too_shallow(judge, "its history ends too early", err);
	return result < 0 ? rk_git_fail(err, result, "%s", id) : RK_OK;
}

/* The commit's tree. */
static enum rk_rc
tree_of(struct judge *judge, const char *id, git_tree **tree, struct rk_err *err)
{
	git_commit *commit = NULL;
	enum rk_rc rc = commit_of(judge, id, &commit, err);
	int result;

	*tree = NULL;
	if (rc == RK_OK && (result = git_commit_tree(tree, commit)) < 0)
		rc = rk_git_fail(err, result, "%s", id);
	git_commit_free(commit);
	return rc;
}

/* Is index, which is freed, without a conflict and the tree wanted? */
static enum rk_rc
is_tree(struct judge *judge, git_index *index, const git_oid *wanted, bool *is, struct rk_err *err)
{
	git_oid tree;
	int result = 0;

	*is = false;
	if (!git_index_has_conflicts(index)) {
		result = git_index_write_tree_to(&tree, index, judge->git);
		*is = result == 0 && git_oid_equal(&tree, wanted);
	}
	git_index_free(index);
	return result < 0 ? rk_git_fail(err, result, "a merge in memory") : RK_OK;
}

/* Is it what merging its two parents gives, one of which base has? */
static enum rk_rc
is_update(struct judge *judge, git_commit *commit, const bool in[2], bool *is, struct rk_err *err)
{
	git_commit *parent[2] = { NULL, NULL };
	git_index *index = NULL;
	enum rk_rc rc = RK_OK;
	int result = 0, i;

	*is = false;
	if (git_commit_parentcount(commit) != 2 || (!in[0] && !in[1]))
		return RK_OK;
	for (i = 0; i < 2 && result == 0; i++)
		result = git_commit_parent(&parent[i], commit, (unsigned)i);
	if (result == 0)
		result = git_merge_commits(&index, judge->git, parent[0], parent[1], NULL);
	if (result == GIT_ENOTFOUND)
		rc = too_shallow(judge, "its history ends too early", err);
	else if (result < 0)
		rc = rk_git_fail(err, result, "%.12s", git_oid_tostr_s(git_commit_id(commit)));
	else
		rc = is_tree(judge, index, git_commit_tree_id(commit), is, err);
	git_commit_free(parent[0]);
	git_commit_free(parent[1]);
	return rc;
}

/* Do the trailers say that it is ours?  If not, why gets the reason. */
static enum rk_rc
is_ours(const struct rk_proposal *proposal, git_commit *commit, bool *is, struct rk_err *why, struct rk_err *err)
{
	const char *key, *value, *id = git_oid_tostr_s(git_commit_id(commit)), *other = NULL;
	size_t proposals = 0, services = 0, i;
	json_t *trailers, *trailer;
	enum rk_rc rc = rk_trailer_read(git_commit_message(commit), &trailers, err);
	bool named = true;

	if (rc != RK_OK)
		return rc;
	json_array_foreach(trailers, i, trailer) {
		key = json_string_value(json_array_get(trailer, 0));
		value = json_string_value(json_array_get(trailer, 1));
		if (strcmp(key, "Proposal") == 0) {
			proposals++;
			named = named && strcmp(value, proposal->branch) == 0;
		} else if (strcmp(key, "Service") == 0) {
			services++;
			if (json_object_size(proposal->services) > 0 && !json_object_get(proposal->services, value))
				other = value;
		}
	}
	*is = proposals && named && services && !other && git_commit_parentcount(commit) == 1;
	if (!*is && proposals && named && other)
		rk_err_refuse(why, RK_CODE_FOREIGN_COMMIT, "the branch \"%s\" holds the commit %.12s for the service %s, which is not ours to "
		    "replace: give each service and ring a branch of its own", proposal->branch, id, other);
	else if (!*is)
		rk_err_refuse(why, RK_CODE_FOREIGN_COMMIT, "the branch \"%s\" holds the commit %.12s, which somebody else has made and which is "
		    "not ours to replace: merge the branch, or take the commit off it", proposal->branch, id);
	json_decref(trailers);
	return RK_OK;
}

/* The nth commit beyond base: whose is it, and what is behind it? */
static enum rk_rc
look_at(struct judge *judge, uint32_t nth, struct rk_err *err)
{
	char parent[RK_OID_HEX];
	git_commit *commit = NULL;
	enum rk_rc rc = commit_of(judge, rk_intern_get(&judge->beyond, nth), &commit, err);
	bool in[2] = { false, false }, ours = false, is;
	struct rk_err why = { 0 };
	unsigned i, n;
	uint32_t number;

	n = rc == RK_OK ? git_commit_parentcount(commit) : 0;
	for (i = 0; i < n && rc == RK_OK; i++) {
		git_oid_tostr(parent, sizeof parent, git_commit_parent_id(commit, i));
		rc = in_base(judge, parent, &is, err);
		if (rc == RK_OK)
			rc = rk_intern_add(is ? &judge->border : &judge->beyond, parent, &number, err);
		if (i < 2)
			in[i] = is;
	}
	if (rc == RK_OK && !judge->foreign) {
		rc = is_ours(judge->proposal, commit, &ours, &why, err);
		if (rc == RK_OK && !ours)
			rc = is_update(judge, commit, in, &ours, err);
		if (rc == RK_OK && !ours) {
			judge->foreign = true;
			judge->why = why;
		}
	}
	git_commit_free(commit);
	return rc;
}

/* Walk from tip to the commits that base has. */
static enum rk_rc
walk(struct judge *judge, struct rk_err *err)
{
	char tip[RK_OID_HEX];
	enum rk_rc rc;
	uint32_t n;
	bool in;

	git_oid_tostr(tip, sizeof tip, &judge->proposal->tip);
	rc = in_base(judge, tip, &in, err);
	if (rc == RK_OK)
		rc = rk_intern_add(in ? &judge->border : &judge->beyond, tip, &n, err);
	for (n = 0; rc == RK_OK && n < judge->beyond.n; n++) {
		if (n == COMMITS)
			return rk_err_refuse(err, RK_CODE_FOREIGN_COMMIT, "the branch \"%s\" holds more than %d commits that the branch which it is "
			    "for has not: they are not ours to replace", judge->proposal->branch, COMMITS);
		rc = look_at(judge, n, err);
	}
	return rc;
}

/*
 * The commit of base that all others on the border are behind: the one merge base of tip and base.  -1: there is
 * none, or more than one, and a merge is not as simple as it seems.
 */
static enum rk_rc
merge_base(struct judge *judge, long *found, struct rk_err *err)
{
	uint32_t i, best = 0;
	enum rk_rc rc = RK_OK;
	bool behind = true;

	for (i = 1; i < judge->border.n && rc == RK_OK; i++) {
		rc = rk_ancestry_contains(judge->history, rk_intern_get(&judge->border, i), rk_intern_get(&judge->border, best),
		    &behind, err);
		if (rc == RK_OK && behind)
			best = i;
	}
	*found = judge->border.n ? (long)best : -1;
	for (i = 0; i < judge->border.n && rc == RK_OK; i++) {
		rc = rk_ancestry_contains(judge->history, rk_intern_get(&judge->border, best), rk_intern_get(&judge->border, i),
		    &behind, err);
		if (rc == RK_OK && !behind)
			*found = -1;
	}
	return rc == RK_END ? too_shallow(judge, "the history of the branch that it is for ends too early", err) : rc;
}

/* Does merging tip into base give the tree that is wanted? */
static enum rk_rc
stands_still(struct judge *judge, bool *stands, struct rk_err *err)
{
	git_tree *from = NULL, *base = NULL, *tip = NULL;
	git_index *index = NULL;
	char id[RK_OID_HEX];
	enum rk_rc rc;
	long at;
	int result;

	rc = merge_base(judge, &at, err);
	if (rc != RK_OK || at < 0)
		return rc;
	rc = tree_of(judge, rk_intern_get(&judge->border, (uint32_t)at), &from, err);
	if (rc == RK_OK)
		rc = tree_of(judge, judge->base, &base, err);
	if (rc == RK_OK)
		rc = tree_of(judge, git_oid_tostr(id, sizeof id, &judge->proposal->tip), &tip, err);
	if (rc == RK_OK && git_oid_equal(git_tree_id(from), git_tree_id(base)))
		*stands = git_oid_equal(git_tree_id(tip), judge->proposal->tree);
	else if (rc == RK_OK && (result = git_merge_trees(&index, judge->git, from, base, tip, NULL)) < 0)
		rc = rk_git_fail(err, result, "a merge in memory");
	else if (rc == RK_OK)
		rc = is_tree(judge, index, judge->proposal->tree, stands, err);
	git_tree_free(from);
	git_tree_free(base);
	git_tree_free(tip);
	return rc;
}

enum rk_rc
rk_proposal_judge(const struct rk_proposal *proposal, bool *stands, struct rk_err *err)
{
	struct judge judge = { .proposal = proposal };
	enum rk_rc rc;

	*stands = false;
	git_oid_tostr(judge.base, sizeof judge.base, &proposal->base);
	rc = rk_ancestry_open(proposal->dir, &judge.history, err);
	if (rc == RK_OK)
		rc = open_in_memory(&judge, err);
	if (rc == RK_OK)
		rc = walk(&judge, err);
	if (rc == RK_OK && proposal->tree)
		rc = stands_still(&judge, stands, err);
	if (rc == RK_OK && !*stands && judge.foreign) {
		*err = judge.why;
		rc = RK_REFUSED;
	}
	rk_intern_free(&judge.beyond);
	rk_intern_free(&judge.border);
	rk_ancestry_close(judge.history);
	rk_git_close(judge.git);
	return rc;
}
