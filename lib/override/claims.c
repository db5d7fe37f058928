#include <string.h>
#include <git2.h>

#include "override/claims.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "git/git.h"
#include "git/proposal_name.h"
#include "git/ref.h"
#include "git/remote.h"
#include "git/trailer.h"
#include "gitops/discover.h"
#include "gitops/element.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "override/override.h"

struct reader {
	const struct rk_claims_query *query;
	const char *ring;		/* whose proposal is read; NULL: the claims of every ring are */
	git_repository *git;
	git_oid rev;
	const char *branch;
	json_t *result;
};

/* Return the branch of a ref, after the name of its remote; if that is given, NULL for refs of others. */
static const char *
branch_of(const char *ref, const char *remote)
{
	static const char heads[] = "refs/heads/", remotes[] = "refs/remotes/";
	const bool local = strncmp(ref, heads, strlen(heads)) == 0;
	const char *name = ref + strlen(local ? heads : remotes);
	size_t len = remote ? strlen(remote) : strcspn(name, "/");

	if (!local && strncmp(ref, remotes, strlen(remotes)) != 0)
		return NULL;
	if (local)
		return !remote || strcmp(remote, ".") == 0 ? name : NULL;
	return (!remote || strncmp(name, remote, len) == 0) && name[len] == '/' ? name + len + 1 : NULL;
}

/* Return the number of the catalogue's name that a branch has, from 1, and set service and ring; 0 if it has none. */
static size_t
find_template(const struct rk_catalog *catalog, const char *branch, struct rk_strbuf *service, struct rk_strbuf *ring)
{
	size_t i;

	for (i = 0; i < catalog->proposals.n; i++)
		if (rk_proposal_name_match(catalog->proposals.item[i], catalog->ring, branch, service, ring))
			return i + 1;
	return 0;
}

static bool
is_named(const struct rk_claims_query *query, const char *branch)
{
	struct rk_strbuf service = { 0 }, ring = { 0 };
	bool is = branch && find_template(query->catalog, branch, &service, &ring);

	rk_strbuf_free(&service);
	rk_strbuf_free(&ring);
	return is;
}

static bool
ref_matches(const char *pattern, const char *name)
{
	static const char *const prefixes[] = { "refs/heads/", "refs/remotes/", "" };
	size_t i, len;

	for (i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
		len = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], len) == 0 && rk_glob_match(pattern, strlen(pattern), name + len, RK_GLOB_NAME))
			return true;
	}
	return false;
}

/* Return whether a ref is that of a proposal that counts. */
static bool
counts(const struct rk_claims_query *query, const char *ref)
{
	const char *branch = branch_of(ref, NULL);

	if (!(query->pattern && ref_matches(query->pattern, ref))
	    && !(query->remote && is_named(query, branch_of(ref, query->remote))))
		return false;
	return !query->open || (branch && json_object_get(query->open, branch));
}

/* Return the override that has the same chart and ring, or NULL. */
static const struct rk_override *
find_same(const struct rk_override_list *list, const struct rk_override *override)
{
	size_t i;

	for (i = list->n; i > 0; i--)
		if (list->item[i - 1].chart == override->chart && strcmp(list->item[i - 1].ring, override->ring) == 0)
			return &list->item[i - 1];
	return NULL;
}

static void
add_claim(struct reader *r, const char *tenant, const char *ring)
{
	json_t *list = json_object_get(r->result, tenant), *claim;
	size_t i;

	json_array_foreach(list, i, claim)
		if (rk_json_is(json_object_get(claim, "ring"), ring) && rk_json_is(json_object_get(claim, "branch"), r->branch))
			return;
	if (!list)
		rk_json_set(r->result, tenant, json_array());
	list = json_object_get(r->result, tenant);
	claim = rk_json_pack("{ss ss}", "ring", ring, "branch", r->branch);
	rk_json_append(list, claim);
}

/* Return the values of the charts in a list of overrides, as a release record has them. */
static json_t *
values_of(const struct rk_override_list *list)
{
	json_t *values = json_object();
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->item[i].values)
			rk_json_set(values, list->item[i].chart->name, json_incref(list->item[i].values));
	return values;
}

/* Compare strings that may be NULL. */
static bool
is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Add the image that an override was taken over from, as a release record has it, unless it is there. */
static void
add_superseded(const struct reader *r, json_t *supersedes, const struct rk_override *override)
{
	struct rk_strbuf commit = { 0 };
	json_t *entry, *old;
	size_t i;

	if (override->over_tag)
		rk_image_commit(r->query->service, override->over_tag, &commit);
	if (!override->over || !commit.len) {
		rk_strbuf_free(&commit);
		return;
	}
	entry = rk_json_pack("{ss ss}", "ring", override->over, "commit", commit.data);
	json_array_foreach(supersedes, i, old)
		if (rk_json_equal(old, entry))
			break;
	if (i == json_array_size(supersedes))
		rk_json_append(supersedes, json_incref(entry));
	json_decref(entry);
	rk_strbuf_free(&commit);
}

/* Add what a version of a manifest in the ring's proposal gives to a tenant, if the version before does not have the same. */
static void
add_proposed_image(struct reader *r, const char *tenant, const struct rk_override_list *before, const struct rk_override_list *after)
{
	const json_t *other = json_object_get(r->result, tenant);	/* of another manifest */
	json_t *values = values_of(after), *was = values_of(before), *supersedes = json_array();
	const char *tag = NULL, *digest = rk_json_string(other, "digest");
	const struct rk_override *old;
	bool same = json_equal(was, values);
	size_t i;

	if (other)
		rk_json_extend(supersedes, json_object_get(other, "supersedes"));
	for (i = 0; i < after->n; i++) {
		old = find_same(before, &after->item[i]);
		if (!*after->item[i].tag)
			continue;
		tag = after->item[i].tag;
		digest = after->item[i].digest ? after->item[i].digest : digest;
		add_superseded(r, supersedes, &after->item[i]);
		same = same && old && strcmp(old->tag, tag) == 0 && is_same(old->digest, after->item[i].digest);
	}
	if (tag && !same) {
		json_object_update_recursive(values, json_object_get(other, "values"));
		rk_json_set(r->result, tenant, rk_json_pack("{ss ss* sO sO}", "tag", tag, "digest", digest, "supersedes", supersedes, "values",
		    values));
	}
	json_decref(supersedes);
	json_decref(values);
	json_decref(was);
}

/* Add what one version of a manifest gives to a tenant, and the version before does not. */
static void
add_new(struct reader *r, const char *tenant, const struct rk_override_list *before, const struct rk_override_list *after)
{
	const struct rk_override *override;
	size_t i;

	for (i = 0; i < after->n; i++) {
		override = &after->item[i];
		if (!find_same(before, override))
			add_claim(r, tenant, override->ring);
	}
}

/* Read a version of a manifest; one that is missing is empty. */
static enum rk_rc
read_blob(struct reader *r, const git_diff_file *file, struct rk_manifest *manifest, struct rk_err *err)
{
	struct rk_strbuf *text = &manifest->file.text;
	git_blob *blob = NULL;
	int result;

	manifest->file.path = file->path;
	if (git_oid_is_zero(&file->id))
		return RK_OK;
	result = git_blob_lookup(&blob, r->git, &file->id);
	if (result < 0)
		return rk_git_fail(err, result, "%s", file->path);
	rk_strbuf_add(text, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
	git_blob_free(blob);
	return RK_OK;
}

/* Find the overrides in a version of a manifest: none if it is missing or invalid. */
static enum rk_rc
find_in_blob(struct reader *r, const git_diff_file *file, struct rk_manifest *manifest, struct rk_override_list *list,
    struct rk_err *err)
{
	enum rk_rc rc = read_blob(r, file, manifest, err);

	if (rc == RK_OK && manifest->file.text.len)
		rc = rk_override_find(manifest, r->query->catalog, r->query->service, r->ring, list, err);
	return rc == RK_REFUSED ? RK_OK : rc;
}

/* Compare a tenant's overrides in two versions of a file. */
static enum rk_rc
compare_tenant(struct reader *r, const git_diff_delta *delta, const struct rk_entry *entry, const char *tenant,
    struct rk_err *err)
{
	struct rk_manifest old = { .entry = entry, .tenant = tenant }, new = { .entry = entry, .tenant = tenant };
	struct rk_override_list before = { 0 }, after = { 0 };
	enum rk_rc rc = find_in_blob(r, &delta->old_file, &old, &before, err);

	if (rc == RK_OK)
		rc = find_in_blob(r, &delta->new_file, &new, &after, err);
	if (rc == RK_OK && r->ring)
		add_proposed_image(r, tenant, &before, &after);
	else if (rc == RK_OK)
		add_new(r, tenant, &before, &after);
	rk_override_list_free(&before);
	rk_override_list_free(&after);
	rk_manifest_free(&old);
	rk_manifest_free(&new);
	return rc;
}

/* Compare the overrides of each tenant that the new version has an element for. */
static enum rk_rc
compare_elements(struct reader *r, const git_diff_delta *delta, const struct rk_entry *entry, struct rk_err *err)
{
	struct rk_manifest new = { .entry = entry };
	json_t *names = NULL, *name;
	enum rk_rc rc;
	size_t i;

	rc = read_blob(r, &delta->new_file, &new, err);
	if (rc == RK_OK)
		rc = rk_element_names(&new, &names, err);
	json_array_foreach(names, i, name)
		if (rc == RK_OK)
			rc = compare_tenant(r, delta, entry, json_string_value(name), err);
	json_decref(names);
	rk_manifest_free(&new);
	return rc == RK_REFUSED ? RK_OK : rc;	/* an invalid version has no overrides */
}

static enum rk_rc
compare_file(struct reader *r, const git_diff_delta *delta, struct rk_err *err)
{
	struct rk_strbuf tenant = { 0 };
	const struct rk_entry *entry;
	enum rk_rc rc = RK_OK;

	entry = rk_discover_match(&r->query->service->manifests, delta->new_file.path, &tenant);
	if (entry && entry->elements)
		rc = compare_elements(r, delta, entry, err);
	else if (entry)
		rc = compare_tenant(r, delta, entry, tenant.data, err);
	rk_strbuf_free(&tenant);
	return rc;
}

/* Compare a branch with its merge base. */
static enum rk_rc
compare_branch(struct reader *r, const git_oid *tip, struct rk_err *err)
{
	git_tree *before = NULL, *after = NULL;
	git_diff *diff = NULL;
	git_oid base;
	enum rk_rc rc;
	int result = git_merge_base(&base, r->git, &r->rev, tip);
	size_t i;

	if (result < 0)
		return rk_err_set(err, RK_ENOINPUT, "%s has no history in common with %s%s", r->branch, r->query->rev,
		    git_repository_is_shallow(r->git) ? " in this shallow clone: run git fetch --unshallow" : "");
	rc = rk_git_tree_of(r->git, &base, &before, err);
	if (rc == RK_OK)
		rc = rk_git_tree_of(r->git, tip, &after, err);
	if (rc == RK_OK && (result = git_diff_tree_to_tree(&diff, r->git, before, after, NULL)) < 0)
		rc = rk_git_fail(err, result, "cannot compare %s", r->branch);
	for (i = 0; rc == RK_OK && i < git_diff_num_deltas(diff); i++)
		rc = compare_file(r, git_diff_get_delta(diff, i), err);
	git_diff_free(diff);
	git_tree_free(before);
	git_tree_free(after);
	return rc;
}

/* Compare a branch; one that has been deleted meanwhile claims nothing. */
static enum rk_rc
compare_ref(struct reader *r, const char *name, struct rk_err *err)
{
	git_reference *ref;
	git_object *tip = NULL;
	enum rk_rc rc = RK_OK;
	int result = git_reference_lookup(&ref, r->git, name);

	if (result == GIT_ENOTFOUND)
		return RK_OK;
	if (result < 0)
		return rk_git_fail(err, result, "%s", name);
	r->branch = git_reference_shorthand(ref);
	if (git_reference_type(ref) == GIT_REFERENCE_DIRECT) {
		result = git_reference_peel(&tip, ref, GIT_OBJECT_COMMIT);
		rc = result < 0 ? rk_git_fail(err, result, "%s", r->branch) : compare_branch(r, git_object_id(tip), err);
	}
	git_object_free(tip);
	git_reference_free(ref);
	return rc;
}

static enum rk_rc
compare_branches(struct reader *r, struct rk_err *err)
{
	struct rk_ref_list refs;
	enum rk_rc rc = rk_ref_list(r->git, "refs/", &refs, err);
	size_t i;

	for (i = 0; i < refs.n && rc == RK_OK; i++)
		if (counts(r->query, refs.name[i]))
			rc = compare_ref(r, refs.name[i], err);
	rk_ref_list_free(&refs);
	return rc;
}

/* Find the commit of a revision.  RK_END: not found. */
static enum rk_rc
find_commit(git_repository *git, const char *rev, git_oid *oid, struct rk_err *err)
{
	git_object *object = NULL, *commit = NULL;
	int result = git_revparse_single(&object, git, rev);

	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_END, "commit \"%s\" not found", rev);
	if (result == 0)
		result = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (result == 0)
		git_oid_cpy(oid, git_object_id(commit));
	git_object_free(object);
	git_object_free(commit);
	return result < 0 ? rk_git_fail(err, GIT_ENOTFOUND, "commit \"%s\" not found", rev) : RK_OK;
}

static enum rk_rc
open_reader(struct reader *r, struct rk_err *err)
{
	enum rk_rc rc;

	r->result = json_object();
	rc = rk_git_open(r->query->dir, &r->git, err);
	if (rc == RK_OK && r->query->remote)
		rc = rk_remote_check_name(r->git, r->query->remote, err);
	if (rc == RK_OK)
		rc = find_commit(r->git, r->query->rev, &r->rev, err);
	return rc == RK_END ? RK_ENOINPUT : rc;
}

/* Set *result if rc is RK_OK. */
static enum rk_rc
close_reader(struct reader *r, enum rk_rc rc, json_t **result)
{
	rk_git_close(r->git);
	*result = rc == RK_OK ? r->result : NULL;
	if (rc != RK_OK)
		json_decref(r->result);
	return rc;
}

enum rk_rc
rk_claims_read(const struct rk_claims_query *query, json_t **claims, struct rk_err *err)
{
	struct reader r = { .query = query };
	enum rk_rc rc = open_reader(&r, err);

	if (rc == RK_OK)
		rc = compare_branches(&r, err);
	return close_reader(&r, rc, claims);
}

/* Set release to what the trailers of a commit say. */
static enum rk_rc
read_release(const git_commit *commit, struct rk_claims_release *release, struct rk_err *err)
{
	const char *value;
	json_t *trailers, *trailer;
	enum rk_rc rc = rk_trailer_read(git_commit_message(commit), &trailers, err);
	size_t i, len;

	*release = (struct rk_claims_release){ { 0 }, { 0 } };
	json_array_foreach(trailers, i, trailer) {
		value = json_string_value(json_array_get(trailer, 1));
		len = strlen(value);
		if (rk_json_is(json_array_get(trailer, 0), "Release-Commit") && !rk_validate_oid(value, len))
			memcpy(release->commit, value, len + 1);
		if (rk_json_is(json_array_get(trailer, 0), "Values") && len < sizeof release->values)
			memcpy(release->values, value, len + 1);
	}
	json_decref(trailers);
	return rc;
}

/* Find what the newest commit of a proposal releases, along the first parents of merges. */
static enum rk_rc
find_release(git_repository *git, git_oid tip, struct rk_claims_release *release, struct rk_err *err)
{
	git_commit *commit;
	char oid[RK_OID_HEX];
	git_oid second;
	bool more = true;
	enum rk_rc rc = RK_OK;

	for (*release = (struct rk_claims_release){ { 0 }, { 0 } }; rc == RK_OK && more && !*release->commit;) {
		rc = rk_git_commit(git, git_oid_tostr(oid, sizeof oid, &tip), &commit, err);
		if (rc == RK_OK)
			rc = read_release(commit, release, err);
		more = rc == RK_OK && rk_git_parent(commit, 1, &second) && rk_git_parent(commit, 0, &tip);
		git_commit_free(commit);
	}
	return rc;
}

/* Return whether a revision, a branch with or without its remote, is that of an open pull request. */
static bool
is_open(const struct rk_claims_query *query, const char *rev)
{
	const char *branch = branch_of(rev, NULL), *slash = strchr(rev, '/');

	return !query->open || json_object_get(query->open, branch ? branch : rev)
	    || (!branch && slash && json_object_get(query->open, slash + 1));
}

/* Add what a proposal gives to tenants, and what it releases; nothing if it does not exist. */
static enum rk_rc
add_proposed(struct reader *r, const char *rev, struct rk_claims_release *release, struct rk_err *err)
{
	git_oid tip;
	enum rk_rc rc = is_open(r->query, rev) ? find_commit(r->git, rev, &tip, err) : RK_END;

	r->branch = rev;
	if (rc == RK_OK)
		rc = compare_branch(r, &tip, err);
	if (rc == RK_OK)
		rc = find_release(r->git, tip, release, err);
	return rc == RK_END ? RK_OK : rc;
}

/* The same for each branch that the catalogue names, the first last, so that it takes precedence. */
static enum rk_rc
add_all_proposed(struct reader *r, struct rk_claims_release *release, struct rk_err *err)
{
	const struct rk_strings *templates = &r->query->catalog->proposals;
	const char *remote = r->query->remote;
	struct rk_strbuf rev = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = templates->n; rc == RK_OK && i > 0; i--) {
		rk_strbuf_clear(&rev);
		if (strcmp(remote, ".") == 0)
			rk_strbuf_puts(&rev, "refs/heads/");
		else
			rk_strbuf_printf(&rev, "refs/remotes/%s/", remote);
		rk_proposal_name_add(&rev, templates->item[i - 1], r->query->service->name, r->ring);
		rc = add_proposed(r, rev.data, release, err);
	}
	rk_strbuf_free(&rev);
	return rc;
}

enum rk_rc
rk_claims_proposed(const struct rk_claims_query *query, const char *ring, const char *proposal, json_t **proposed,
    struct rk_claims_release *release, struct rk_err *err)
{
	struct reader r = { .query = query, .ring = ring };
	enum rk_rc rc = open_reader(&r, err);

	*release = (struct rk_claims_release){ { 0 }, { 0 } };
	if (rc == RK_OK)
		rc = proposal ? add_proposed(&r, proposal, release, err) : add_all_proposed(&r, release, err);
	return close_reader(&r, rc, proposed);
}

/* Listing */

static void
add_branch(json_t *records, const struct rk_catalog *catalog, const char *branch)
{
	struct rk_strbuf service = { 0 }, ring = { 0 };
	size_t nth = find_template(catalog, branch, &service, &ring), i;

	for (i = 0; nth && i < catalog->n_services && strcmp(catalog->service[i].name, rk_strbuf_str(&service)) != 0; i++)
		;
	if (nth)
		rk_json_append(records, rk_json_pack("{ss ss ss ss ss}", "type", "proposal", "branch", branch,
		    "service", rk_strbuf_str(&service), "ring", rk_strbuf_str(&ring),
		    "state", i == catalog->n_services ? "unknown-service" : nth == 1 ? "current" : "older"));
	rk_strbuf_free(&service);
	rk_strbuf_free(&ring);
}

enum rk_rc
rk_claims_branches(const char *dir, const struct rk_catalog *catalog, const char *remote, json_t **records,
    struct rk_err *err)
{
	struct rk_ref_list refs = { 0 };
	git_repository *git;
	const char *branch;
	enum rk_rc rc = rk_git_open(dir, &git, err);
	size_t i;

	*records = json_array();
	if (rc == RK_OK)
		rc = rk_remote_check_name(git, remote, err);
	if (rc == RK_OK)
		rc = rk_ref_list(git, "refs/", &refs, err);
	for (i = 0; i < refs.n; i++) {
		branch = branch_of(refs.name[i], remote);
		if (branch)
			add_branch(*records, catalog, branch);
	}
	rk_ref_list_free(&refs);
	rk_git_close(git);
	if (rc != RK_OK) {
		json_decref(*records);
		*records = NULL;
	}
	return rc;
}
