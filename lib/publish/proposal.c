#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "publish/proposal.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/json.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "git/trailer.h"

#define MOST_COMMITS 1000	/* that base lacks: a proposal has a few */
#define PRIORITY 1000		/* of the object store in memory, above all others, so that it gets what is written */

struct checker {
	const struct rk_proposal *proposal;
	git_repository *git;		/* what is written to it stays in memory */
	struct rk_ancestry *ancestry;
	char base[RK_OID_HEX];
	struct rk_intern beyond;	/* the commits of tip that base lacks, as they are found */
	struct rk_intern border;	/* the commits of base that are their parents */
	bool foreign;			/* one of those beyond is not ours: why is the refusal */
	struct rk_err why;
};

/* If rc says that a commit is missing, refuse: the clone's history is too short. */
static enum rk_rc
too_shallow(const struct checker *c, enum rk_rc rc, const char *what, struct rk_err *err)
{
	if (rc != RK_END && rc != RK_ENOINPUT)
		return rc;
	return rk_err_refuse(err, RK_CODE_TOO_SHALLOW, "cannot tell whose commits are on the branch \"%s\": %s is too "
	    "short: run git fetch --unshallow", c->proposal->branch, what);
}

static enum rk_rc
open_in_memory(struct checker *c, struct rk_err *err)
{
	git_odb_backend *memory = NULL;
	git_odb *odb = NULL;
	enum rk_rc rc = rk_git_open(c->proposal->dir, &c->git, err);
	int result;

	if (rc != RK_OK)
		return rc;
	result = git_mempack_new(&memory);
	if (result == 0)
		result = git_repository_odb(&odb, c->git);
	if (result == 0)
		result = git_odb_add_backend(odb, memory, PRIORITY);
	if (result < 0 && memory)
		memory->free(memory);
	git_odb_free(odb);
	return result < 0 ? rk_git_fail(err, result, "cannot merge in memory") : RK_OK;
}

static enum rk_rc
is_in_base(struct checker *c, const char *oid, bool *in, struct rk_err *err)
{
	return too_shallow(c, rk_ancestry_contains(c->ancestry, c->base, oid, in, err), "the history of the branch that it is for", err);
}

/* Set *is to whether an index, which is freed, has no conflict and is this tree. */
static enum rk_rc
is_tree(struct checker *c, git_index *index, const git_oid *expected, bool *is, struct rk_err *err)
{
	git_oid tree;
	int result = 0;

	*is = false;
	if (!git_index_has_conflicts(index)) {
		result = git_index_write_tree_to(&tree, index, c->git);
		*is = result == 0 && git_oid_equal(&tree, expected);
	}
	git_index_free(index);
	return result < 0 ? rk_git_fail(err, result, "cannot merge in memory") : RK_OK;
}

/* The number of a commit's parents, also where a shallow history ends. */
static unsigned
parents(const git_commit *commit)
{
	unsigned n = 0;
	git_oid id;

	while (rk_git_parent(commit, n, &id))
		n++;
	return n;
}

/* Set *is to whether a commit is the clean merge of its two parents, one of which is in base. */
static enum rk_rc
is_update(struct checker *c, git_commit *commit, const bool in_base[2], bool *is, struct rk_err *err)
{
	git_commit *parent[2] = { NULL, NULL };
	git_index *index = NULL;
	git_oid id;
	enum rk_rc rc = RK_OK;
	int result = 0, i;

	*is = false;
	if (parents(commit) != 2 || (!in_base[0] && !in_base[1]))
		return RK_OK;
	for (i = 0; i < 2 && result == 0 && rk_git_parent(commit, (unsigned)i, &id); i++)
		result = git_commit_lookup(&parent[i], c->git, &id);
	if (result == 0)
		result = git_merge_commits(&index, c->git, parent[0], parent[1], NULL);
	if (result == GIT_ENOTFOUND)
		rc = too_shallow(c, RK_END, "its history", err);
	else if (result < 0)
		rc = rk_git_fail(err, result, "cannot merge the parents of %.12s", git_oid_tostr_s(git_commit_id(commit)));
	else
		rc = is_tree(c, index, git_commit_tree_id(commit), is, err);
	git_commit_free(parent[0]);
	git_commit_free(parent[1]);
	return rc;
}

/* Set *is to whether a commit's trailers say that it is ours; if not, fill why. */
static enum rk_rc
is_ours(const struct rk_proposal *proposal, git_commit *commit, bool *is, struct rk_err *why, struct rk_err *err)
{
	const char *value, *id = git_oid_tostr_s(git_commit_id(commit)), *other = NULL;
	size_t proposals = 0, services = 0, i;
	json_t *trailers, *trailer;
	enum rk_rc rc = rk_trailer_read(git_commit_message(commit), &trailers, err);
	bool named = true;

	if (rc != RK_OK)
		return rc;
	json_array_foreach(trailers, i, trailer) {
		value = json_string_value(json_array_get(trailer, 1));
		if (rk_json_is(json_array_get(trailer, 0), "Proposal")) {
			proposals++;
			named = named && strcmp(value, proposal->branch) == 0;
		} else if (rk_json_is(json_array_get(trailer, 0), "Service")) {
			services++;
			if (json_object_size(proposal->services) > 0 && !json_object_get(proposal->services, value))
				other = value;
		}
	}
	*is = proposals && named && services && !other && parents(commit) == 1;
	if (!*is && proposals && named && other)
		rk_err_refuse(why, RK_CODE_FOREIGN_COMMIT, "the branch \"%s\" has commit %.12s for the service %s, which is not ours to "
		    "replace: use a branch for each service and ring", proposal->branch, id, other);
	else if (!*is)
		rk_err_refuse(why, RK_CODE_FOREIGN_COMMIT, "the branch \"%s\" has commit %.12s of another author, which is not ours to "
		    "replace: merge the branch, or remove the commit from it", proposal->branch, id);
	json_decref(trailers);
	return RK_OK;
}

/* Look at the nth commit beyond base: note its parents, and whether it is foreign. */
static enum rk_rc
check_commit(struct checker *c, uint32_t nth, struct rk_err *err)
{
	char parent[RK_OID_HEX];
	git_commit *commit = NULL;
	enum rk_rc rc = rk_git_commit(c->git, rk_intern_get(&c->beyond, nth), &commit, err);
	bool in_base[2] = { false, false }, ours = false, in;
	struct rk_err why = { 0 };
	git_oid id;
	unsigned i;

	rc = too_shallow(c, rc, "its history", err);
	for (i = 0; rc == RK_OK && rk_git_parent(commit, i, &id); i++) {
		git_oid_tostr(parent, sizeof parent, &id);
		rc = is_in_base(c, parent, &in, err);
		if (rc == RK_OK)
			rk_intern_add(in ? &c->border : &c->beyond, parent);
		if (i < 2)
			in_base[i] = in;
	}
	if (rc == RK_OK && !c->foreign) {
		rc = is_ours(c->proposal, commit, &ours, &why, err);
		if (rc == RK_OK && !ours)
			rc = is_update(c, commit, in_base, &ours, err);
		if (rc == RK_OK && !ours) {
			c->foreign = true;
			c->why = why;
		}
	}
	git_commit_free(commit);
	return rc;
}

/* Walk from tip to the commits that are in base. */
static enum rk_rc
check_commits(struct checker *c, struct rk_err *err)
{
	char tip[RK_OID_HEX];
	enum rk_rc rc;
	uint32_t n;
	bool in;

	rc = is_in_base(c, git_oid_tostr(tip, sizeof tip, &c->proposal->tip), &in, err);
	if (rc == RK_OK)
		rk_intern_add(in ? &c->border : &c->beyond, tip);
	for (n = 0; rc == RK_OK && n < c->beyond.n; n++) {
		if (n == MOST_COMMITS)
			return rk_err_refuse(err, RK_CODE_FOREIGN_COMMIT, "the branch \"%s\" has more than %d commits that the branch it is "
			    "for lacks: they are not ours to replace", c->proposal->branch, MOST_COMMITS);
		rc = check_commit(c, n, err);
	}
	return rc;
}

/*
 * Find the one merge base of tip and base: the commit on the border that has all others there as ancestors.
 * *found is -1 if there is none; a merge is then not a merge of three trees.
 */
static enum rk_rc
find_merge_base(struct checker *c, long *found, struct rk_err *err)
{
	uint32_t i, best = 0;
	enum rk_rc rc = RK_OK;
	bool contains;

	for (i = 1; i < c->border.n && rc == RK_OK; i++) {
		rc = rk_ancestry_contains(c->ancestry, rk_intern_get(&c->border, i), rk_intern_get(&c->border, best), &contains, err);
		if (rc == RK_OK && contains)
			best = i;
	}
	*found = c->border.n ? (long)best : -1;
	for (i = 0; i < c->border.n && rc == RK_OK; i++) {
		rc = rk_ancestry_contains(c->ancestry, rk_intern_get(&c->border, best), rk_intern_get(&c->border, i), &contains, err);
		if (rc == RK_OK && !contains)
			*found = -1;
	}
	return too_shallow(c, rc, "the history of the branch that it is for", err);
}

/* Set *current to whether a merge of tip into base gives the expected tree. */
static enum rk_rc
merge_is_expected(struct checker *c, bool *current, struct rk_err *err)
{
	git_tree *ancestor = NULL, *base = NULL, *tip = NULL;
	git_index *index = NULL;
	git_oid oid;
	enum rk_rc rc;
	long at;
	int result;

	rc = find_merge_base(c, &at, err);
	if (rc != RK_OK || at < 0)
		return rc;
	git_oid_fromstr(&oid, rk_intern_get(&c->border, (uint32_t)at));
	rc = rk_git_tree_of(c->git, &oid, &ancestor, err);
	if (rc == RK_OK)
		rc = rk_git_tree_of(c->git, &c->proposal->base, &base, err);
	if (rc == RK_OK)
		rc = rk_git_tree_of(c->git, &c->proposal->tip, &tip, err);
	rc = too_shallow(c, rc, "its history", err);
	if (rc == RK_OK && git_oid_equal(git_tree_id(ancestor), git_tree_id(base)))
		*current = git_oid_equal(git_tree_id(tip), c->proposal->tree);
	else if (rc == RK_OK && (result = git_merge_trees(&index, c->git, ancestor, base, tip, NULL)) < 0)
		rc = rk_git_fail(err, result, "cannot merge in memory");
	else if (rc == RK_OK)
		rc = is_tree(c, index, c->proposal->tree, current, err);
	git_tree_free(ancestor);
	git_tree_free(base);
	git_tree_free(tip);
	return rc;
}

/* Set *is to whether tip has the trailers that say what is released, or is not a commit that could have them. */
static enum rk_rc
names_release(struct checker *c, bool *is, struct rk_err *err)
{
	static const char *const keys[] = { "Proposal", "Release-Commit", "Labels", "Values", "Rejected-Proposal" };
	json_t *trailers = NULL, *trailer, *has = json_object();
	git_commit *commit = NULL;
	char tip[RK_OID_HEX];
	enum rk_rc rc = rk_git_commit(c->git, git_oid_tostr(tip, sizeof tip, &c->proposal->tip), &commit, err);
	bool ours = false;
	size_t i, k;

	if (rc == RK_OK)
		rc = rk_trailer_read(git_commit_message(commit), &trailers, err);
	json_array_foreach(trailers, i, trailer)
		for (k = 0; rc == RK_OK && k < sizeof keys / sizeof *keys; k++) {
			if (!rk_json_is(json_array_get(trailer, 0), keys[k]))
				continue;
			ours = ours || k == 0;
			if (k > 0)
				rc = rk_trailer_add(has, keys[k], json_string_value(json_array_get(trailer, 1)), err);
		}
	*is = rc == RK_OK && (!ours || json_equal(has, c->proposal->release));
	json_decref(trailers);
	json_decref(has);
	git_commit_free(commit);
	return rc;
}

const char *
rk_proposal_merge(const json_t *records, bool refused)
{
	bool any = false, all = !refused;
	const char *merge;
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record) {
		merge = rk_json_string(record, "merge");
		any = any || merge;
		all = all && merge && strcmp(merge, "auto") == 0;
	}
	return !any ? NULL : all ? "auto" : "review";
}

/* Set *may to whether tip says that it is merged unattended, and has base as its only parent. */
static enum rk_rc
is_unattended(struct checker *c, bool *may, struct rk_err *err)
{
	json_t *trailers = NULL;
	git_commit *commit = NULL;
	char tip[RK_OID_HEX];
	git_oid parent, other;
	enum rk_rc rc = rk_git_commit(c->git, git_oid_tostr(tip, sizeof tip, &c->proposal->tip), &commit, err);

	if (rc == RK_OK)
		rc = rk_trailer_read(git_commit_message(commit), &trailers, err);
	*may = rc == RK_OK && rk_trailer_has(trailers, "Merge", "auto") && rk_git_parent(commit, 0, &parent)
	    && git_oid_equal(&parent, &c->proposal->base) && !rk_git_parent(commit, 1, &other);
	json_decref(trailers);
	git_commit_free(commit);
	return rc;
}

enum rk_rc
rk_proposal_check(const struct rk_proposal *proposal, bool *current, struct rk_err *err)
{
	struct checker c = { .proposal = proposal };
	enum rk_rc rc;

	*current = false;
	git_oid_tostr(c.base, sizeof c.base, &proposal->base);
	rc = rk_ancestry_open(proposal->dir, &c.ancestry, err);
	if (rc == RK_OK)
		rc = open_in_memory(&c, err);
	if (rc == RK_OK)
		rc = check_commits(&c, err);
	if (rc == RK_OK && proposal->tree)
		rc = merge_is_expected(&c, current, err);
	if (rc == RK_OK && *current && proposal->release)
		rc = names_release(&c, current, err);
	if (rc == RK_OK && *current && proposal->unattended)
		rc = is_unattended(&c, current, err);
	if (rc == RK_OK && !*current && c.foreign) {
		*err = c.why;
		rc = RK_REFUSED;
	}
	rk_intern_free(&c.beyond);
	rk_intern_free(&c.border);
	rk_ancestry_close(c.ancestry);
	rk_git_close(c.git);
	return rc;
}
