#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "override/reverts.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/since.h"
#include "git/source.h"
#include "git/trailer.h"
#include "gitops/discover.h"
#include "gitops/manifest.h"
#include "override/override.h"
#include "report/age.h"

#define PULLS "refs/pull/*/head"
#define SEARCHED 10000	/* commits of which one may be ours */

struct rk_reverts {
	git_repository *git;
	const struct rk_service *service;
	const struct rk_catalog *catalog;
	json_t *changes;	/* {"<tenant>": {"<commit>": {"<path>": true}}}, the newest first; "": files with elements */
	struct rk_strbuf shallow;	/* why the history is not complete, "" if it is */
};

/* Note a manifest of the service that a commit changed. */
static enum rk_rc
note(void *context, git_commit *commit, const char *path, struct rk_err *err)
{
	struct rk_reverts *r = context;
	struct rk_strbuf tenant = { 0 };
	json_t *commits, *paths;
	char hex[RK_OID_HEX];

	(void)err;
	if (rk_discover_match(&r->service->manifests, path, &tenant)) {
		git_oid_tostr(hex, sizeof hex, git_commit_id(commit));
		commits = json_object_get(r->changes, rk_strbuf_str(&tenant));
		if (!commits) {
			commits = json_object();
			rk_json_set(r->changes, rk_strbuf_str(&tenant), commits);
		}
		paths = json_object_get(commits, hex);
		if (!paths) {
			paths = json_object();
			rk_json_set(commits, hex, paths);
		}
		rk_json_set(paths, path, json_true());
	}
	rk_strbuf_free(&tenant);
	return RK_OK;
}

enum rk_rc
rk_reverts_open(const char *dir, const char *rev, const struct rk_service *service, const struct rk_catalog *catalog,
    struct rk_reverts **reverts, struct rk_err *err)
{
	struct rk_reverts *r = rk_memory_calloc(1, sizeof *r);
	enum rk_rc rc = rk_git_open(dir, &r->git, err);

	*reverts = NULL;
	r->service = service;
	r->catalog = catalog;
	r->changes = json_object();
	if (rc == RK_OK)
		rc = rk_since_walk(r->git, rev, note, r, err);
	if (rc == RK_ENOINPUT && r->git) {
		rk_strbuf_puts(&r->shallow, err->msg);
		rc = RK_OK;
	}
	if (rc == RK_OK)
		*reverts = r;
	else
		rk_reverts_close(r);
	return rc;
}

void
rk_reverts_close(struct rk_reverts *r)
{
	if (!r)
		return;
	rk_git_close(r->git);
	json_decref(r->changes);
	rk_strbuf_free(&r->shallow);
	free(r);
}

/* What a tenant has in a commit. */
enum state { UNKNOWN, NO_MANIFEST, NO_IMAGE, IMAGE };

/* Find the ring's image in the tenant's manifests of a commit, and its tag. */
static enum rk_rc
find_image(struct rk_reverts *r, const git_oid *commit, const char *ring, const char *tenant, enum state *state,
    struct rk_strbuf *tag, struct rk_err *err)
{
	struct rk_source *source;
	struct rk_discover_list list = { 0 };
	struct rk_manifest manifest = { 0 };
	struct rk_override_list overrides;
	enum rk_rc rc = rk_source_open_commit(r->git, commit, &source, err);
	size_t i;

	*state = NO_MANIFEST;
	if (rc == RK_OK)
		rc = rk_discover_tenant(source, r->service, tenant, &list, err);
	for (i = 0; rc == RK_OK && i < list.n && *state != IMAGE; i++) {
		*state = NO_IMAGE;
		memset(&overrides, 0, sizeof overrides);
		rc = rk_manifest_read(source, &list.item[i], &manifest, err);
		if (rc == RK_OK)
			rc = rk_override_find(&manifest, r->catalog, r->service, ring, &overrides, err);
		if (rc == RK_OK && overrides.n) {
			*state = IMAGE;
			rk_strbuf_clear(tag);
			rk_strbuf_puts(tag, overrides.item[0].tag);
		}
		rk_override_list_free(&overrides);
	}
	if (rc == RK_REFUSED) {
		if (err->code != RK_CODE_NO_MANIFEST)
			*state = UNKNOWN;
		rc = RK_OK;
	}
	rk_manifest_free(&manifest);
	rk_discover_free(&list);
	rk_source_close(source);
	return rc;
}

/* Return whether a message says that ringkit clears the ring from the tenant. */
static enum rk_rc
says_clear(const char *message, const char *service, const char *ring, const char *tenant, bool *clears, struct rk_err *err)
{
	struct rk_strbuf line = { 0 };
	json_t *trailers;
	enum rk_rc rc = rk_trailer_read(message, &trailers, err);

	rk_strbuf_printf(&line, "\n%s: clear ", tenant);
	*clears = rc == RK_OK && rk_trailer_has(trailers, "Service", service) && rk_trailer_has(trailers, "Ring", ring)
	    && strstr(message, line.data);
	json_decref(trailers);
	rk_strbuf_free(&line);
	return rc;
}

/* Look up a file in a commit, or in its first parent; *blob is NULL if it is not there. */
static enum rk_rc
find_blob(git_repository *git, const git_commit *commit, bool parent, const char *path, git_blob **blob, struct rk_err *err)
{
	git_oid of = *git_commit_id(commit);
	git_tree_entry *entry = NULL;
	git_tree *tree;
	enum rk_rc rc;
	int result;

	*blob = NULL;
	if (parent && !rk_git_parent(commit, 0, &of))
		return RK_OK;
	rc = rk_git_tree_of(git, &of, &tree, err);
	if (rc != RK_OK)
		return rc;
	result = git_tree_entry_bypath(&entry, tree, path);
	if (result == 0 && git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
		result = git_blob_lookup(blob, git, git_tree_entry_id(entry));
	git_tree_entry_free(entry);
	git_tree_free(tree);
	return result < 0 && result != GIT_ENOTFOUND ? rk_git_fail(err, result, "cannot read %s", path) : RK_OK;
}

static int
add_line(const git_diff_delta *delta, const git_diff_hunk *hunk, const git_diff_line *line, void *text)
{
	(void)delta;
	(void)hunk;
	rk_strbuf_putc(text, line->origin);
	rk_strbuf_add(text, line->content, line->content_len);
	return 0;
}

/* May these two versions of a file, which may be NULL, be compared? */
static bool
is_comparable(git_blob *before, git_blob *after)
{
	return rk_git_comparable(before ? git_blob_rawcontent(before) : "", before ? (size_t)git_blob_rawsize(before) : 0,
	    after ? git_blob_rawcontent(after) : "", after ? (size_t)git_blob_rawsize(after) : 0);
}

/*
 * Append the lines that a commit removes from a file and adds to it, compared with its first parent.  A change that cannot be
 * compared differs from every other: it has the commit's id.
 */
static enum rk_rc
add_change(git_repository *git, const git_commit *commit, const char *path, struct rk_strbuf *text, struct rk_err *err)
{
	git_diff_options options;
	git_blob *before = NULL, *after = NULL;
	enum rk_rc rc = find_blob(git, commit, true, path, &before, err);
	char hex[RK_OID_HEX];
	int result = 0;

	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.context_lines = 0;
	options.flags = GIT_DIFF_FORCE_TEXT;
	rk_strbuf_printf(text, "%s\n", path);
	if (rc == RK_OK)
		rc = find_blob(git, commit, false, path, &after, err);
	if (rc == RK_OK && !is_comparable(before, after))
		rk_strbuf_puts(text, git_oid_tostr(hex, sizeof hex, git_commit_id(commit)));
	else if (rc == RK_OK && (before || after))
		result = git_diff_blobs(before, path, after, path, &options, NULL, NULL, NULL, add_line, text);
	git_blob_free(before);
	git_blob_free(after);
	return result < 0 ? rk_git_fail(err, result, "cannot compare two versions of %s", path) : rc;
}

/* Append what a commit changes in all these files. */
static enum rk_rc
add_changes(git_repository *git, const git_commit *commit, const json_t *paths, struct rk_strbuf *text, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	const char *path;
	json_t *each;

	json_object_foreach((json_t *)paths, path, each)
		if (rc == RK_OK)
			rc = add_change(git, commit, path, text, err);
	return rc;
}

/* Walk from a commit and the heads of pull requests, but not into the history of its first parent. */
static enum rk_rc
open_walk(git_repository *git, const git_commit *commit, git_revwalk **walk, struct rk_err *err)
{
	git_oid parent;
	int result = git_revwalk_new(walk, git);

	if (result == 0)
		result = git_revwalk_push(*walk, git_commit_id(commit));
	if (result == 0)
		result = git_revwalk_push_glob(*walk, PULLS);
	if (result == 0 && rk_git_parent(commit, 0, &parent))
		result = git_revwalk_hide(*walk, &parent);
	return result < 0 ? rk_git_fail(err, result, "cannot read the history") : RK_OK;
}

/* Set *ours to whether a commit's change of a tenant's files is one that we made. */
static enum rk_rc
is_ours(struct rk_reverts *r, const git_commit *commit, const char *ring, const char *tenant, const json_t *paths, bool *ours,
    struct rk_err *err)
{
	struct rk_strbuf change = { 0 }, of_other = { 0 };
	git_revwalk *walk = NULL;
	git_commit *other = NULL;
	char hex[RK_OID_HEX];
	enum rk_rc rc = open_walk(r->git, commit, &walk, err);
	size_t n;
	git_oid id;

	*ours = false;
	if (rc == RK_OK)
		rc = add_changes(r->git, commit, paths, &change, err);
	for (n = 0; rc == RK_OK && !*ours && n < SEARCHED && git_revwalk_next(&id, walk) == 0; n++) {
		rc = rk_git_commit(r->git, git_oid_tostr(hex, sizeof hex, &id), &other, err);
		if (rc == RK_OK)
			rc = says_clear(git_commit_message(other), r->service->name, ring, tenant, ours, err);
		rk_strbuf_clear(&of_other);
		if (rc == RK_OK && *ours)
			rc = add_changes(r->git, other, paths, &of_other, err);
		*ours = rc == RK_OK && *ours && strcmp(rk_strbuf_str(&change), rk_strbuf_str(&of_other)) == 0;
		git_commit_free(other);
		other = NULL;
	}
	git_revwalk_free(walk);
	rk_strbuf_free(&change);
	rk_strbuf_free(&of_other);
	return rc;
}

/* Refuse a tenant whose image was taken away by a commit that is not ours. */
static enum rk_rc
judge(struct rk_reverts *r, const char *id, const char *ring, const char *tag, const char *tenant, const json_t *paths,
    struct rk_err *err)
{
	git_commit *commit = NULL;
	struct rk_strbuf when = { 0 };
	bool ours;
	enum rk_rc rc = rk_git_commit(r->git, id, &commit, err);

	if (rc == RK_OK)
		rc = is_ours(r, commit, ring, tenant, paths, &ours, err);
	if (rc == RK_OK && !ours) {
		rk_age_print(&when, git_commit_time(commit));
		rc = rk_err_refuse(err, RK_CODE_REVERTED_BY_HAND, "commit %.12s of %s, which ringkit did not make, took %s of %s away: the "
		    "tenant gets the ring's next commit", id, when.data, tag, ring);
		rk_strbuf_free(&when);
	}
	git_commit_free(commit);
	return rc;
}

/* Set *before and *after to what a tenant has before a commit and after it; *after is UNKNOWN if it is to be looked up. */
static enum rk_rc
look(struct rk_reverts *r, const char *id, const char *ring, const char *tenant, bool first, enum state *before,
    enum state *after, struct rk_strbuf *tag, struct rk_err *err)
{
	git_commit *commit;
	git_oid parent;
	enum rk_rc rc = rk_git_commit(r->git, id, &commit, err);

	if (rc != RK_OK)
		return rc;
	if (first)
		rc = find_image(r, git_commit_id(commit), ring, tenant, after, tag, err);
	*before = NO_MANIFEST;
	if (rc == RK_OK && *after != IMAGE && rk_git_parent(commit, 0, &parent))
		rc = find_image(r, &parent, ring, tenant, before, tag, err);
	git_commit_free(commit);
	return rc;
}

/* Search the commits that changed a tenant's files, the newest first, for the one that took the image away. */
static enum rk_rc
search(struct rk_reverts *r, const json_t *commits, const char *ring, const char *tag, const char *tenant, bool *decided,
    struct rk_err *err)
{
	struct rk_strbuf had = { 0 };
	enum state before = UNKNOWN, after = UNKNOWN;
	const json_t *changed = NULL;
	const char *id, *taken = NULL;
	enum rk_rc rc = RK_OK;
	bool first = true;
	json_t *paths;

	*decided = false;
	json_object_foreach((json_t *)commits, id, paths) {
		if (rc != RK_OK || *decided)
			break;
		rc = look(r, id, ring, tenant, first, &before, &after, &had, err);
		if (after == NO_IMAGE) {
			taken = id;
			changed = paths;
		}
		*decided = after == IMAGE || after == NO_MANIFEST || before == IMAGE;
		if (rc == RK_OK && before == IMAGE && after != NO_MANIFEST && taken && strcmp(rk_strbuf_str(&had), tag) == 0)
			rc = judge(r, taken, ring, tag, tenant, changed, err);
		after = before;
		first = false;
	}
	rk_strbuf_free(&had);
	return rc;
}

enum rk_rc
rk_reverts_check(struct rk_reverts *r, const char *ring, const char *tag, const char *tenant, struct rk_err *err)
{
	const json_t *commits = json_object_get(r->changes, tenant);
	bool decided = false;
	enum rk_rc rc;

	/* a service has either files of one tenant or a file with elements, or both with different tenants */
	rc = search(r, commits ? commits : json_object_get(r->changes, ""), ring, tag, tenant, &decided, err);
	if (rc == RK_OK && !decided && r->shallow.len)
		rc = rk_err_refuse(err, RK_CODE_TOO_SHALLOW, "%s", r->shallow.data);
	return rc;
}
