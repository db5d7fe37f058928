#include <string.h>

#include "gitops/claims.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "gitops/discover.h"
#include "gitops/inventory.h"

struct pending {
	git_repository *git;
	git_oid rev;
	const struct rk_inventory_query *query;
	const char *branch;
	rk_inventory_found *note;	/* what to do with an override that the branch has */
	json_t *claims;
	json_t *held;		/* {"<chart> <ring>": "<tag>"}, of one manifest at the merge base */
};

static bool
matches(const char *pattern, const char *s)
{
	for (; *pattern && *pattern != '*'; pattern++, s++)
		if (*pattern != *s)
			return false;
	if (!*pattern)
		return !*s;
	do
		if (matches(pattern + 1, s))
			return true;
	while (*s++);
	return false;
}

static bool
is_wanted(const char *pattern, const char *name)
{
	static const char *const prefixes[] = { "refs/heads/", "refs/remotes/" };
	size_t i, len;

	for (i = 0; i < 2; i++) {
		len = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], len) == 0 && matches(pattern, name + len))
			return true;
	}
	return matches(pattern, name);
}

static enum rk_rc
note_held(void *context, const struct rk_inventory_item *held, struct rk_err *err)
{
	struct pending *pending = context;
	struct rk_strbuf key = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&key, "%s %s", held->override->chart->name, held->override->ring);
	rc = rk_strbuf_check(&key, err);
	if (rc == RK_OK && json_object_set_new(pending->held, key.data, json_string(held->override->tag)) < 0)
		rc = rk_err_nomem(err);
	rk_strbuf_free(&key);
	return rc;
}

static enum rk_rc
note_claim(void *context, const struct rk_inventory_item *held, struct rk_err *err)
{
	struct pending *pending = context;
	const char *ring = held->override->ring;
	struct rk_strbuf key = { 0 };
	json_t *list = json_object_get(pending->claims, held->tenant), *claim;
	enum rk_rc rc;
	bool known;
	size_t i;

	rk_strbuf_printf(&key, "%s %s", held->override->chart->name, ring);
	rc = rk_strbuf_check(&key, err);
	known = rc == RK_OK && json_object_get(pending->held, key.data);
	rk_strbuf_free(&key);
	json_array_foreach(list, i, claim)
		known = known || (rk_json_is(json_object_get(claim, "ring"), ring)
		    && rk_json_is(json_object_get(claim, "branch"), pending->branch));
	if (rc != RK_OK || known)
		return rc;
	if (!list && json_object_set_new(pending->claims, held->tenant, json_array()) < 0)
		return rk_err_nomem(err);
	list = json_object_get(pending->claims, held->tenant);
	claim = json_pack("{ss ss}", "ring", ring, "branch", pending->branch);
	return json_array_append_new(list, claim) < 0 ? rk_err_nomem(err) : RK_OK;
}

/* Another tag is something new, too. */
static enum rk_rc
note_proposed(void *context, const struct rk_inventory_item *held, struct rk_err *err)
{
	struct pending *pending = context;
	struct rk_strbuf key = { 0 };
	enum rk_rc rc;
	bool known;

	rk_strbuf_printf(&key, "%s %s", held->override->chart->name, held->override->ring);
	rc = rk_strbuf_check(&key, err);
	known = rc == RK_OK && rk_json_is(json_object_get(pending->held, key.data), held->override->tag);
	rk_strbuf_free(&key);
	if (rc != RK_OK || known || !*held->override->tag)
		return rc;
	return json_object_set_new(pending->claims, held->tenant, json_string(held->override->tag)) < 0 ? rk_err_nomem(err) : RK_OK;
}

/* The overrides of one version of a manifest; one that is missing or broken has none. */
static enum rk_rc
list_blob(struct pending *pending, const git_oid *oid, const char *tenant, const char *path, rk_inventory_found *found,
    struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	git_blob *blob = NULL;
	enum rk_rc rc;
	int result;

	if (git_oid_is_zero(oid))
		return RK_OK;
	result = git_blob_lookup(&blob, pending->git, oid);
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	rk_strbuf_add(&text, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
	git_blob_free(blob);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_inventory_in(rk_strbuf_str(&text), text.len, tenant, path, pending->query, found, pending, err);
	rk_strbuf_free(&text);
	return rc == RK_REFUSED ? RK_OK : rc;
}

static enum rk_rc
changed_file(struct pending *pending, const git_diff_delta *delta, struct rk_err *err)
{
	struct rk_strbuf tenant = { 0 };
	enum rk_rc rc = RK_OK;

	if (rk_discover_match(&pending->query->service->manifests, delta->new_file.path, &tenant)) {
		rc = rk_strbuf_check(&tenant, err);
		json_object_clear(pending->held);
		if (rc == RK_OK)
			rc = list_blob(pending, &delta->old_file.id, tenant.data, delta->old_file.path, note_held, err);
		if (rc == RK_OK)
			rc = list_blob(pending, &delta->new_file.id, tenant.data, delta->new_file.path, pending->note, err);
	}
	rk_strbuf_free(&tenant);
	return rc;
}

static int
tree_of(git_repository *git, const git_oid *commit, git_tree **tree)
{
	git_commit *object;
	int result = git_commit_lookup(&object, git, commit);

	if (result < 0)
		return result;
	result = git_commit_tree(tree, object);
	git_commit_free(object);
	return result;
}

/* What a branch sets beyond its merge base. */
static enum rk_rc
claims_of(struct pending *pending, const git_oid *tip, struct rk_err *err)
{
	git_tree *before = NULL, *after = NULL;
	git_diff *diff = NULL;
	git_oid base;
	enum rk_rc rc = RK_OK;
	int result = git_merge_base(&base, pending->git, &pending->rev, tip);
	size_t i;

	if (result < 0)
		return rk_err_set(err, RK_ENOINPUT, "%s has no history in common with the revision%s", pending->branch,
		    git_repository_is_shallow(pending->git) ? " in this shallow clone: git fetch --unshallow" : "");
	result = tree_of(pending->git, &base, &before);
	if (result == 0)
		result = tree_of(pending->git, tip, &after);
	if (result == 0)
		result = git_diff_tree_to_tree(&diff, pending->git, before, after, NULL);
	if (result < 0)
		rc = rk_git_fail(err, result, "%s", pending->branch);
	for (i = 0; rc == RK_OK && i < git_diff_num_deltas(diff); i++)
		rc = changed_file(pending, git_diff_get_delta(diff, i), err);
	git_diff_free(diff);
	git_tree_free(before);
	git_tree_free(after);
	return rc;
}

static enum rk_rc
each_branch(struct pending *pending, const char *pattern, struct rk_err *err)
{
	git_reference_iterator *refs = NULL;
	git_reference *ref = NULL;
	git_object *tip;
	enum rk_rc rc = RK_OK;
	int result = git_reference_iterator_new(&refs, pending->git);

	if (result < 0)
		return rk_git_fail(err, result, "the branches");
	while (rc == RK_OK && (result = git_reference_next(&ref, refs)) == 0) {
		pending->branch = git_reference_shorthand(ref);
		if (git_reference_type(ref) == GIT_REFERENCE_DIRECT && is_wanted(pattern, git_reference_name(ref))) {
			result = git_reference_peel(&tip, ref, GIT_OBJECT_COMMIT);
			rc = result < 0 ? rk_git_fail(err, result, "%s", pending->branch)
					: claims_of(pending, git_object_id(tip), err);
			if (result == 0)
				git_object_free(tip);
		}
		git_reference_free(ref);
	}
	if (rc == RK_OK && result != GIT_ITEROVER)
		rc = rk_git_fail(err, result, "the branches");
	git_reference_iterator_free(refs);
	return rc;
}

static enum rk_rc
find_commit(git_repository *git, const char *rev, git_oid *oid, struct rk_err *err)
{
	git_object *object = NULL, *commit = NULL;
	int result = git_revparse_single(&object, git, rev);

	if (result == 0)
		result = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (result == 0)
		git_oid_cpy(oid, git_object_id(commit));
	git_object_free(object);
	git_object_free(commit);
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_END, "no commit \"%s\"", rev);
	return result < 0 ? rk_git_fail(err, GIT_ENOTFOUND, "no commit \"%s\"", rev) : RK_OK;
}

static enum rk_rc
start(struct pending *pending, const char *dir, const char *rev, struct rk_err *err)
{
	enum rk_rc rc;

	pending->claims = json_object();
	pending->held = json_object();
	rc = pending->claims && pending->held ? rk_git_open(dir, &pending->git, err) : rk_err_nomem(err);
	if (rc == RK_OK)
		rc = find_commit(pending->git, rev, &pending->rev, err);
	return rc == RK_END ? RK_ENOINPUT : rc;
}

/* Hand out what was found, where that is all of it. */
static enum rk_rc
finish(struct pending *pending, enum rk_rc rc, json_t **claims)
{
	rk_git_close(pending->git);
	json_decref(pending->held);
	*claims = rc == RK_OK ? pending->claims : NULL;
	if (rc != RK_OK)
		json_decref(pending->claims);
	return rc;
}

enum rk_rc
rk_claims_read(const char *dir, const char *rev, const char *pattern, const struct rk_inventory_query *query,
    json_t **claims, struct rk_err *err)
{
	struct pending pending = { .query = query, .note = note_claim };
	enum rk_rc rc = start(&pending, dir, rev, err);

	if (rc == RK_OK)
		rc = each_branch(&pending, pattern, err);
	return finish(&pending, rc, claims);
}

enum rk_rc
rk_claims_proposed(const char *dir, const char *rev, const char *proposal, const struct rk_inventory_query *query,
    json_t **proposed, struct rk_err *err)
{
	struct pending pending = { .query = query, .note = note_proposed, .branch = proposal };
	enum rk_rc rc = start(&pending, dir, rev, err);
	git_oid tip;

	if (rc == RK_OK)
		rc = find_commit(pending.git, proposal, &tip, err);
	if (rc == RK_OK)
		rc = claims_of(&pending, &tip, err);
	return finish(&pending, rc == RK_END ? RK_OK : rc, proposed);
}
