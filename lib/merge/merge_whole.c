#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/config.h"
#include "git/git.h"
#include "merge/conflict.h"
#include "merge/discarded.h"
#include "merge/git_merge.h"
#include "merge/kept.h"
#include "merge/merge.h"
#include "merge/merge_internal.h"
#include "merge/scratch_repo.h"
#include "merge/tree_diff.h"

/* A merge that Git has made, and whose conflicts are resolved one by one. */
struct whole {
	struct rk_merge_job *job;
	struct rk_merge *merge;
	struct rk_git_merge by;
	struct rk_git_merge_result *result;
	git_repository *git;	/* the scratch repository's objects */
	git_odb *odb;
	git_tree *ours, *theirs;
	git_oid base;		/* the tree of the merge base */
	size_t n_bases;
	git_oid tree;		/* with the conflicts that are resolved so far */
};

/* A path in conflict: its versions by the number of the stage, NULL if there is none. */
struct path {
	const char *name;
	const struct rk_git_merge_stage *stage[4];
};

/* Get the path whose stages start at number at; return the number after them. */
static size_t
next_path(const struct rk_git_merge_result *result, size_t at, struct path *path)
{
	*path = (struct path){ .name = result->stage[at].path };
	for (; at < result->n_stages && strcmp(result->stage[at].path, path->name) == 0; at++)
		path->stage[result->stage[at].stage] = &result->stage[at];
	return at;
}

/* Return whether -X ours resolves the path: both sides have a file, or both a link, and one mode results. */
static bool
has_contents(const struct path *path)
{
	const struct rk_git_merge_stage *base = path->stage[1], *ours = path->stage[2], *theirs = path->stage[3];

	if (!ours || !theirs || (ours->mode & 0170000) != (theirs->mode & 0170000) || (ours->mode & 0170000) == 0160000)
		return false;
	return ours->mode == theirs->mode || (base && (base->mode == ours->mode || base->mode == theirs->mode));
}

/* Return whether a message is about a conflict that -X ours does not resolve. */
static bool
is_other_conflict(const struct rk_git_merge_message *message)
{
	return strncmp(message->type, "CONFLICT", 8) == 0 && strcmp(message->type, "CONFLICT (contents)") != 0 &&
	    strcmp(message->type, "CONFLICT (binary)") != 0;
}

/*
 * Find the first message about another conflict than one of contents; NULL if there is none.  With *sure, git merge
 * -X ours has that conflict, too: with its preference for ours, other conflicts can vanish.
 */
static const struct rk_git_merge_message *
find_other_conflict(const struct rk_git_merge_result *result, bool *sure)
{
	const struct rk_git_merge_message *message, *found = NULL;
	size_t i;

	*sure = false;
	for (i = 0; i < result->n_messages; i++) {
		message = &result->message[i];
		if (!is_other_conflict(message))
			continue;
		*sure |= strcmp(message->type, "CONFLICT (modify/delete)") == 0 ||
		    strcmp(message->type, "CONFLICT (rename/delete)") == 0;
		if (!found)
			found = message;
	}
	return found;
}

static enum rk_rc
refuse(const char *path, const char *why, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_CONFLICT, "%s: %s: -X ours does not resolve it; merge it by hand, or resolve it in favour "
	    "of the ring with --conflicts=ring", path, why);
}

/* Trees */

/* Get the entry at a path of a merged tree. */
static enum rk_rc
get_merged(const struct whole *w, const git_oid *merged, const char *path, struct rk_tree_diff_entry *entry, struct rk_err *err)
{
	git_tree *tree;
	enum rk_rc rc;
	int result = git_tree_lookup(&tree, w->git, merged);

	*entry = (struct rk_tree_diff_entry){ 0 };
	if (result < 0)
		return rk_git_fail(err, result, "the tree that Git made");
	rc = rk_tree_diff_entry(tree, path, entry, err);
	git_tree_free(tree);
	return rc;
}

/* Change an entry of w->tree. */
static enum rk_rc
update(struct whole *w, git_tree_update_t action, const char *path, const struct rk_tree_diff_entry *entry, struct rk_err *err)
{
	const git_tree_update change = { .action = action, .path = path, .filemode = (git_filemode_t)entry->mode, .id = entry->id };
	git_tree *tree;
	int result = git_tree_lookup(&tree, w->git, &w->tree);

	if (result == 0) {
		result = git_tree_create_updated(&w->tree, w->git, tree, 1, &change);
		git_tree_free(tree);
	}
	if (result == 0)
		return RK_OK;
	rk_git_fail(err, result, "%s", path);
	return refuse(path, "it cannot be resolved", err);
}

/* Remove what w->tree has in place of a directory above the path. */
static enum rk_rc
clear_above(struct whole *w, const char *path, struct rk_err *err)
{
	struct rk_strbuf above = { 0 };
	struct rk_tree_diff_entry entry;
	const char *slash;
	enum rk_rc rc = RK_OK;

	for (slash = strchr(path, '/'); slash && rc == RK_OK; slash = strchr(slash + 1, '/')) {
		rk_strbuf_clear(&above);
		rk_strbuf_add(&above, path, (size_t)(slash - path));
		rc = get_merged(w, &w->tree, above.data, &entry, err);
		if (rc == RK_OK && entry.mode && entry.mode != GIT_FILEMODE_TREE)
			rc = update(w, GIT_TREE_UPDATE_REMOVE, above.data, &entry, err);
	}
	rk_strbuf_free(&above);
	return rc;
}

/* Set the entry at a path of w->tree, whatever it has there; mode 0 removes it, unless it is a directory. */
static enum rk_rc
set_entry(struct whole *w, const char *path, const struct rk_tree_diff_entry *entry, struct rk_err *err)
{
	struct rk_tree_diff_entry have;
	enum rk_rc rc = get_merged(w, &w->tree, path, &have, err);

	if (rc != RK_OK || rk_tree_diff_same(&have, entry) || (!entry->mode && have.mode == GIT_FILEMODE_TREE))
		return rc;
	if (have.mode && (have.mode & 0170000) != (entry->mode & 0170000))
		rc = update(w, GIT_TREE_UPDATE_REMOVE, path, &have, err);
	if (rc == RK_OK && entry->mode)
		rc = clear_above(w, path, err);
	return rc == RK_OK && entry->mode ? update(w, GIT_TREE_UPDATE_UPSERT, path, entry, err) : rc;
}

/*
 * Return the length of a path without the "~", the commit and the number that Git has appended to it because a directory
 * has its name.
 */
static enum rk_rc
name_len(const struct whole *w, const char *path, size_t *len, struct rk_err *err)
{
	const char *mark = strrchr(path, '~'), *rest;
	struct rk_tree_diff_entry ours, theirs;
	char hex[2][RK_OID_HEX];
	enum rk_rc rc;

	*len = strlen(path);
	git_oid_tostr(hex[0], sizeof hex[0], &w->merge->ours);
	git_oid_tostr(hex[1], sizeof hex[1], &w->merge->theirs);
	if (!mark || strlen(mark) <= GIT_OID_HEXSZ)
		return RK_OK;
	rest = mark + 1 + strlen(hex[0]);
	if ((*rest && (*rest != '_' || rest[1 + strspn(rest + 1, "0123456789")])) ||
	    (strncmp(mark + 1, hex[0], GIT_OID_HEXSZ) != 0 && strncmp(mark + 1, hex[1], GIT_OID_HEXSZ) != 0))
		return RK_OK;
	rc = rk_tree_diff_entry(w->ours, path, &ours, err);
	if (rc == RK_OK)
		rc = rk_tree_diff_entry(w->theirs, path, &theirs, err);
	if (rc == RK_OK && !ours.mode && !theirs.mode)
		*len = (size_t)(mark - path);
	return rc;
}

/* What is discarded */

/* Report an entry of theirs: a deletion, or its mode, or its content, or both. */
static enum rk_rc
report_entry(struct whole *w, const char *path, const struct rk_tree_diff_entry *theirs, bool mode, bool content,
    struct rk_err *err)
{
	struct rk_discarded piece = { .path = path, .kind = "delete" };
	char text[RK_OID_HEX];

	if (!theirs->mode) {
		rk_discarded_add(w->merge->discarded, &piece);
		return RK_OK;
	}
	piece.lines = text;
	if (theirs->mode == GIT_FILEMODE_COMMIT) {
		git_oid_tostr(text, sizeof text, &theirs->id);
		piece.kind = "submodule";
		piece.len = GIT_OID_HEXSZ;
		rk_discarded_add(w->merge->discarded, &piece);
		return RK_OK;
	}
	if (theirs->mode == GIT_FILEMODE_LINK)
		return rk_discarded_add_blob(w->merge->discarded, path, "link", w->odb, &theirs->id, err);
	if (mode) {
		piece.kind = "mode";
		piece.len = (size_t)snprintf(text, sizeof text, "%o", theirs->mode);
		rk_discarded_add(w->merge->discarded, &piece);
	}
	return content ? rk_discarded_add_blob(w->merge->discarded, path, "file", w->odb, &theirs->id, err) : RK_OK;
}

/*
 * Find the path in a side's tree of a file that Git has moved to the path *name, because the other side has renamed its
 * directory.  Git's message about that has both paths.
 */
static enum rk_rc
find_moved(const struct whole *w, git_tree *side, const char **name, struct rk_tree_diff_entry *found, struct rk_err *err)
{
	const struct rk_git_merge_message *message = w->result->message, *const end = message + w->result->n_messages;
	struct rk_tree_diff_entry entry;
	enum rk_rc rc = RK_OK;
	const char *old;

	for (; message < end && rc == RK_OK; message++) {
		if (message->n_paths != 2 || strcmp(message->path, *name) != 0)
			continue;
		old = message->path + strlen(message->path) + 1;
		rc = rk_tree_diff_entry(side, old, &entry, err);
		if (rc == RK_OK && entry.mode && entry.mode != GIT_FILEMODE_TREE) {
			*found = entry;
			*name = old;
			break;
		}
	}
	return rc;
}

/* Report what theirs has at a path that is resolved in favour of ours, the entry that is then in the tree, as a whole. */
static enum rk_rc
report_path(struct whole *w, const struct path *path, const char *name, const struct rk_tree_diff_entry *ours,
    struct rk_err *err)
{
	const struct rk_git_merge_stage *stage = path->stage[3];
	struct rk_tree_diff_entry theirs;
	bool both;
	enum rk_rc rc = rk_tree_diff_entry(w->theirs, name, &theirs, err);

	if (rc == RK_OK && stage && !theirs.mode && !ours->mode)
		rc = find_moved(w, w->theirs, &name, &theirs, err);
	if (rc != RK_OK)
		return rc;
	/* the stage of a file that Git has moved is the only one, and that of a renamed file is merged with ours */
	if (stage && (theirs.mode & 0170000) != (stage->mode & 0170000))
		theirs = (struct rk_tree_diff_entry){ stage->mode, stage->oid };
	/* the only stage is ours: theirs has a directory there, or has renamed the file */
	if (!stage && !path->stage[1] && strncmp(path->name, name, strlen(name)) == 0 && path->name[strlen(name)] == '~')
		return RK_OK;
	if (!stage)
		return ours->mode && path->stage[2] ? report_entry(w, name, &(struct rk_tree_diff_entry){ .mode = 0 }, false, false, err) :
		    RK_OK;
	both = (ours->mode & 0170000) == 0100000 && (theirs.mode & 0170000) == 0100000;
	return report_entry(w, name, &theirs, both && ours->mode != theirs.mode, !both || !git_oid_equal(&ours->id, &theirs.id), err);
}

/* Count the merge bases, and set w->base to the tree of the only one; of several, to the tree that Git makes of the first two. */
static enum rk_rc
find_base(struct whole *w, struct rk_err *err)
{
	struct rk_git_merge_result *merged = NULL;
	struct rk_git_merge bases = w->by;
	git_oidarray base = { 0 };
	git_tree *first = NULL;
	enum rk_rc rc;
	int result = git_merge_bases(&base, w->job->git, &w->merge->ours, &w->merge->theirs);

	if (result < 0)
		return rk_git_fail(err, result, "the history of %.12s", git_oid_tostr_s(&w->merge->ours));
	w->n_bases = base.count;
	rc = rk_git_tree_of(w->job->git, &base.ids[0], &first, err);
	if (rc == RK_OK)
		w->base = *git_tree_id(first);
	if (rc == RK_OK && base.count > 1) {
		bases.ours = base.ids[0];
		bases.theirs = base.ids[1];
		rc = rk_git_merge_tree(&bases, false, &merged, err);
		if (rc == RK_REFUSED)
			rc = RK_OK;	/* they have no common ancestor */
	}
	if (rc == RK_OK && merged)
		w->base = merged->tree;
	rk_git_merge_free(merged);
	git_tree_free(first);
	git_oidarray_dispose(&base);
	return rc;
}

/* List what a side has changed, and w->tree does not have. */
static enum rk_rc
find_losses(struct whole *w, git_tree *side, git_tree *other, const json_t *discarded, struct rk_kept_losses *losses,
    struct rk_err *err)
{
	const struct rk_kept_trees trees = { .git = w->git, .base = w->base, .side = *git_tree_id(side),
		.other = *git_tree_id(other), .merged = w->tree, .discarded = discarded };

	return rk_kept_find_losses(&trees, losses, err);
}

/* Report what theirs has changed and w->tree does not have, unless it is reported already. */
static enum rk_rc
report_losses(struct whole *w, struct rk_err *err)
{
	struct rk_kept_losses losses = { 0 };
	const struct rk_kept_loss *loss;
	enum rk_rc rc = find_losses(w, w->theirs, w->ours, w->merge->discarded, &losses, err);
	size_t i;

	for (i = 0; i < losses.n && rc == RK_OK; i++) {
		loss = &losses.loss[i];
		rc = report_entry(w, loss->path, &(struct rk_tree_diff_entry){ loss->mode, loss->id }, loss->mode_only,
		    !loss->mode_only, err);
	}
	rk_kept_free(&losses);
	return rc;
}

/* Put back a file of ours that theirs has renamed to a path that w->tree does not have. */
static enum rk_rc
restore_origins(struct whole *w, struct rk_err *err)
{
	struct rk_tree_diff_entry ours, merged;
	struct rk_kept_losses losses = { 0 };
	const struct rk_kept_loss *loss;
	enum rk_rc rc = find_losses(w, w->theirs, w->ours, NULL, &losses, err);
	size_t i;

	for (i = 0; i < losses.n && rc == RK_OK; i++) {
		loss = &losses.loss[i];
		if (!loss->origin)
			continue;
		rc = rk_tree_diff_entry(w->ours, loss->origin, &ours, err);
		if (rc == RK_OK)
			rc = get_merged(w, &w->tree, loss->origin, &merged, err);
		if (rc == RK_OK && !merged.mode && ours.mode && ours.mode != GIT_FILEMODE_TREE)
			rc = set_entry(w, loss->origin, &ours, err);
	}
	rk_kept_free(&losses);
	return rc;
}

/* Return whether an old or a new entry of the difference is this one, at the path, or, with anywhere, at any. */
static bool
has_entry(const struct rk_tree_diff *diff, const struct rk_tree_diff_path *entry, bool is_new, bool anywhere)
{
	const struct rk_tree_diff_path *path;
	size_t i;

	for (i = 0; i < diff->n; i++) {
		path = &diff->path[i];
		if ((anywhere || strcmp(path->path, entry->path) == 0) &&
		    rk_tree_diff_same(&entry->old, is_new ? &path->new : &path->old))
			return true;
	}
	return false;
}

/*
 * Put back what both sides have and w->tree does not.  Git drops a file if it moves others into a directory of its name;
 * and if the sides have it at different paths, each in one of several merge bases.
 */
static enum rk_rc
restore_common(struct whole *w, struct rk_err *err)
{
	struct rk_tree_diff ours = { 0 }, theirs = { 0 };
	const struct rk_tree_diff_path *path;
	enum rk_rc rc = rk_tree_diff_find(w->git, git_tree_id(w->ours), &w->tree, &ours, err);
	size_t i;

	if (rc == RK_OK)
		rc = rk_tree_diff_find(w->git, git_tree_id(w->theirs), &w->tree, &theirs, err);
	for (i = 0; i < ours.n && rc == RK_OK; i++) {
		path = &ours.path[i];
		if (path->old.mode && has_entry(&theirs, path, false, w->n_bases > 1) &&
		    (w->n_bases == 1 || !has_entry(&theirs, path, true, true)))
			rc = set_entry(w, path->path, &path->old, err);
	}
	rk_tree_diff_free(&ours);
	rk_tree_diff_free(&theirs);
	return rc;
}

/* Put back what ours has changed and w->tree does not have. */
static enum rk_rc
restore_losses(struct whole *w, struct rk_err *err)
{
	struct rk_tree_diff_entry entry, merged;
	struct rk_kept_losses losses = { 0 };
	const struct rk_kept_loss *loss;
	enum rk_rc rc = find_losses(w, w->ours, w->theirs, NULL, &losses, err);
	size_t i;

	for (i = 0; i < losses.n && rc == RK_OK; i++) {
		loss = &losses.loss[i];
		entry = (struct rk_tree_diff_entry){ loss->mode, loss->id };
		if (loss->mode_only)
			rc = get_merged(w, &w->tree, loss->path, &merged, err);
		if (loss->mode_only && rc == RK_OK && (merged.mode & 0170000) == 0100000)
			entry.id = merged.id;
		if (rc == RK_OK && loss->mode)
			rc = set_entry(w, loss->path, &entry, err);
	}
	rk_kept_free(&losses);
	return rc;
}

/* Resolving conflicts */

/* Remove the pieces from number n on. */
static void
forget(json_t *discarded, size_t n)
{
	while (json_array_size(discarded) > n)
		json_array_remove(discarded, n);
}

/* Return whether a path is refused, which can be resolved as a whole, rather than that Git has failed. */
static bool
is_of_path(enum rk_rc rc, const struct rk_err *err)
{
	return rc == RK_REFUSED && err->code == RK_CODE_CONFLICT;
}

/* Refuse a merged file with the markers of a conflict. */
static enum rk_rc
check_markers(const struct whole *w, const char *path, const struct rk_tree_diff_entry *entry, struct rk_err *err)
{
	git_odb_object *object;
	bool has_markers;
	int result;

	if ((entry->mode & 0170000) != 0100000)
		return RK_OK;
	result = git_odb_read(&object, w->odb, &entry->id);
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	has_markers = rk_conflict_has_markers(git_odb_object_data(object), git_odb_object_size(object), RK_SCRATCH_REPO_MARKER);
	git_odb_object_free(object);
	return has_markers ? refuse(path, "both sides have changed and renamed it", err) : RK_OK;
}

/* Resolve a path at which both sides have a file, or both a link, as -X ours does. */
static enum rk_rc
resolve_contents(struct whole *w, const struct path *path, struct rk_err *err)
{
	struct rk_conflict conflict = { .path = path->name, .odb = w->odb, .ours = path->stage[2]->oid,
		.theirs = path->stage[3]->oid, .marker = RK_SCRATCH_REPO_MARKER };
	struct rk_tree_diff_entry entry = { 0 };
	bool is_other;
	enum rk_rc rc;

	if ((path->stage[2]->mode & 0170000) == 0120000)
		return rk_discarded_add_blob(w->merge->discarded, path->name, "link", w->odb, &conflict.theirs, err);
	rc = rk_git_merge_driver(&w->by, w->job->git, path->name, &is_other, err);
	if (rc == RK_OK && is_other)
		rc = refuse(path->name, "its merge driver reports a conflict", err);
	if (rc == RK_OK)
		rc = get_merged(w, &w->tree, path->name, &entry, err);
	if (rc == RK_OK && !entry.mode)
		rc = rk_err_set(err, RK_EBUG, "%s: git merge-tree has lost the file", path->name);
	conflict.marked = entry.id;
	if (rc == RK_OK)
		rc = rk_conflict_resolve(&conflict, &entry.id, w->merge->discarded, err);
	if (rc == RK_END)
		return refuse(path->name, "it has lines that look like conflict markers", err);
	return rc == RK_OK ? set_entry(w, path->name, &entry, err) : rc;
}

/*
 * Find what ours has at a path in conflict, and at which path.  Git has perhaps moved its file, and merged it with that of
 * theirs.
 */
static enum rk_rc
find_ours(const struct whole *w, const struct path *path, const char **name, struct rk_tree_diff_entry *ours,
    struct rk_err *err)
{
	const struct rk_git_merge_stage *stage = path->stage[2];
	enum rk_rc rc = rk_tree_diff_entry(w->ours, *name, ours, err);

	if (ours->mode == GIT_FILEMODE_TREE)
		ours->mode = 0;
	if (rc != RK_OK || ours->mode || !stage)
		return rc;
	if (!path->stage[3])
		rc = find_moved(w, w->ours, name, ours, err);
	if (rc != RK_OK || ours->mode)
		return rc;
	*ours = (struct rk_tree_diff_entry){ stage->mode, stage->oid };
	return check_markers(w, *name, ours, err);
}

/* Resolve in favour of ours, as a whole, a path that -X ours does not resolve. */
static enum rk_rc
resolve_path(struct whole *w, const struct path *path, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	struct rk_tree_diff_entry ours;
	const char *name = NULL;
	size_t len;
	enum rk_rc rc = name_len(w, path->name, &len, err);

	if (rc == RK_OK) {
		rk_strbuf_add(&text, path->name, len);
		name = rk_strbuf_str(&text);
		rc = find_ours(w, path, &name, &ours, err);
	}
	if (rc == RK_OK)
		rc = report_path(w, path, name, &ours, err);
	if (rc == RK_OK && strcmp(name, path->name) != 0)
		rc = set_entry(w, path->name, &(struct rk_tree_diff_entry){ .mode = 0 }, err);
	if (rc == RK_OK)
		rc = set_entry(w, name, &ours, err);
	rk_strbuf_free(&text);
	return rc;
}

/*
 * Remove what is in the tree by mistake: files that Git has renamed because a directory has their name, and, as Git 2.39
 * makes them, entries without an object.
 */
static enum rk_rc
remove_invented(struct whole *w, struct rk_err *err)
{
	struct rk_tree_diff diff = { 0 };
	enum rk_rc rc = rk_tree_diff_find(w->git, git_tree_id(w->ours), &w->tree, &diff, err);
	const struct rk_tree_diff_path *path;
	size_t i, len;

	for (i = 0; i < diff.n && rc == RK_OK; i++) {
		path = &diff.path[i];
		rc = name_len(w, path->path, &len, err);
		if (rc == RK_OK && (path->path[len] || (path->new.mode && git_oid_is_zero(&path->new.id))))
			rc = set_entry(w, path->path, &(struct rk_tree_diff_entry){ .mode = 0 }, err);
	}
	rk_tree_diff_free(&diff);
	return rc;
}

/* Resolve in favour of ours, as whole paths, what -X ours does not resolve. */
static enum rk_rc
resolve_paths(struct whole *w, struct rk_err *err)
{
	json_t *discarded = w->merge->discarded;
	struct path path;
	enum rk_rc rc = remove_invented(w, err);
	size_t at, before;

	for (at = 0; at < w->result->n_stages && rc == RK_OK;) {
		at = next_path(w->result, at, &path);
		before = json_array_size(discarded);
		if (has_contents(&path))
			rc = resolve_contents(w, &path, err);
		if (has_contents(&path) && !is_of_path(rc, err))
			continue;
		forget(discarded, before);
		rc = resolve_path(w, &path, err);
	}
	if (rc == RK_OK)
		rc = restore_common(w, err);
	if (rc == RK_OK)
		rc = restore_losses(w, err);
	return rc == RK_OK ? restore_origins(w, err) : rc;
}

/*
 * Report what is discarded at a path of the tree by_git: hunks, if resolving its contents gives the same file, else the
 * whole file.
 */
static enum rk_rc
report_by_git(struct whole *w, const struct path *path, const git_oid *by_git, struct rk_err *err)
{
	json_t *discarded = w->merge->discarded;
	const size_t before = json_array_size(discarded);
	struct rk_tree_diff_entry have = { .mode = 0 }, git = { .mode = 0 }, ours;
	const bool contents = has_contents(path);
	enum rk_rc rc = contents ? resolve_contents(w, path, err) : RK_OK;

	if (rc == RK_OK && contents)
		rc = get_merged(w, &w->tree, path->name, &have, err);
	if (rc == RK_OK && contents)
		rc = get_merged(w, by_git, path->name, &git, err);
	if ((rc != RK_OK && !is_of_path(rc, err)) || (rc == RK_OK && have.mode && rk_tree_diff_same(&have, &git)))
		return rc;
	forget(discarded, before);
	rc = rk_tree_diff_entry(w->ours, path->name, &ours, err);
	return rc == RK_OK ? report_path(w, path, path->name, &ours, err) : rc;
}

/* Refuse a tree with an entry that has no object, as Git 2.39 can make it if a file conflicts with a directory. */
static enum rk_rc
check_objects(const struct whole *w, const git_oid *tree, struct rk_err *err)
{
	struct rk_tree_diff diff = { 0 };
	enum rk_rc rc = rk_tree_diff_find(w->git, git_tree_id(w->ours), tree, &diff, err);
	size_t i;

	for (i = 0; i < diff.n && rc == RK_OK; i++)
		if (diff.path[i].new.mode && git_oid_is_zero(&diff.path[i].new.id))
			rc = refuse(diff.path[i].path, "Git made a tree without an object for it", err);
	rk_tree_diff_free(&diff);
	return rc;
}

/*
 * Take the tree that git merge -X ours makes of conflicts that depend on each other, such as a rename to the name of a
 * file that the other side adds: if its preference for ours resolves one, the other may vanish.
 */
static enum rk_rc
resolve_by_git(struct whole *w, struct rk_err *err)
{
	struct path path;
	git_oid by_git;
	enum rk_rc rc = rk_git_merge_ours(&w->by, &by_git, err);
	size_t at;

	if (rc == RK_OK)
		rc = check_objects(w, &by_git, err);
	for (at = 0; at < w->result->n_stages && rc == RK_OK;) {
		at = next_path(w->result, at, &path);
		rc = report_by_git(w, &path, &by_git, err);
	}
	if (rc == RK_OK)
		w->tree = by_git;
	return rc == RK_OK ? report_losses(w, err) : rc;
}

static enum rk_rc
resolve(struct whole *w, struct rk_err *err)
{
	const bool for_ours = w->job->options->for_ours;
	bool sure;
	const struct rk_git_merge_message *other = find_other_conflict(w->result, &sure);
	struct path path;
	enum rk_rc rc = RK_OK;
	size_t at;

	if (other || for_ours)
		rc = find_base(w, err);
	if (rc != RK_OK || (other && !sure && (rc = resolve_by_git(w, err)) != RK_REFUSED))
		return rc;
	if (other && !for_ours)
		return refuse(other->n_paths ? other->path : "the merge", other->type, err);
	if (for_ours) {
		rc = resolve_paths(w, err);
		return rc == RK_OK ? report_losses(w, err) : rc;
	}
	for (at = 0, rc = RK_OK; at < w->result->n_stages && rc == RK_OK;) {
		at = next_path(w->result, at, &path);
		rc = has_contents(&path) ? resolve_contents(w, &path, err) : refuse(path.name, "the sides have different types", err);
	}
	return rc;
}

/*
 * Return whether the configuration leaves it open whether a file moves along with the directory that it was added to.
 */
static bool
may_relocate(git_repository *git)
{
	struct rk_strbuf value = { 0 };
	struct rk_err ignored;
	enum rk_rc rc = rk_config_string(git, "merge.directoryrenames", &value, &ignored);
	const bool may = rc == RK_END || (rc == RK_OK && strcmp(rk_strbuf_str(&value), "conflict") == 0);

	rk_strbuf_free(&value);
	return may;
}

/* Resolve what git merge-tree has left. */
static enum rk_rc
take_result(struct whole *w, const git_oid *ours, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	int result = git_tree_lookup(&w->ours, w->git, ours);

	w->tree = w->result->tree;
	if (result < 0)
		return rk_git_fail(err, result, "the tree %.12s", git_oid_tostr_s(ours));
	rc = rk_git_tree_of(w->job->git, &w->merge->theirs, &w->theirs, err);
	if (rc == RK_OK && w->result->n_stages + w->result->n_messages > 0)
		rc = resolve(w, err);
	w->merge->tree = w->tree;
	git_tree_free(w->ours);
	git_tree_free(w->theirs);
	return rc;
}

enum rk_rc
rk_merge_whole(struct rk_merge_job *job, struct rk_merge_work *work, struct rk_err *err)
{
	struct whole w = { .job = job, .merge = work->merge };
	char *dir = NULL;
	enum rk_rc rc = rk_merge_scratch(job, err);

	if (rc != RK_OK)
		return rc;
	w.git = rk_scratch_repo_git(job->scratch);
	w.odb = rk_scratch_repo_odb(job->scratch);
	json_array_clear(work->merge->discarded);
	rc = rk_scratch_repo_worktree(job->scratch, &work->trees.ours, &dir, err);
	w.by = (struct rk_git_merge){ job->scratch, dir, work->merge->ours, work->merge->theirs };
	if (rc == RK_OK)
		rc = rk_git_merge_tree(&w.by, job->options->for_ours && may_relocate(job->git), &w.result, err);
	if (rc == RK_OK)
		rc = take_result(&w, &work->trees.ours, err);
	rk_git_merge_free(w.result);
	free(dir);
	return rc;
}
