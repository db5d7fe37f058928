#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "merge/conflict.h"
#include "merge/discarded.h"
#include "merge/git_merge.h"
#include "merge/merge.h"
#include "merge/merge_internal.h"
#include "merge/scratch_repo.h"

/* A merge that Git has made, and whose conflicts are resolved one by one. */
struct whole {
	struct rk_merge_job *job;
	struct rk_merge *merge;
	struct rk_git_merge by;
	struct rk_git_merge_result *result;
	git_repository *git;	/* the scratch repository's objects */
	git_odb *odb;
	git_tree *ours;
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

	*sure = false;
	for (message = result->message; message < result->message + result->n_messages; message++) {
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

/* Get the entry at a path of a tree; *mode is 0 if there is none. */
static enum rk_rc
get_entry(git_tree *tree, const char *path, unsigned *mode, git_oid *id, struct rk_err *err)
{
	git_tree_entry *entry;
	int result = git_tree_entry_bypath(&entry, tree, path);

	*mode = 0;
	if (result == GIT_ENOTFOUND)
		return RK_OK;
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	*mode = git_tree_entry_filemode(entry);
	*id = *git_tree_entry_id(entry);
	git_tree_entry_free(entry);
	return RK_OK;
}

/* Get the entry at a path of a merged tree. */
static enum rk_rc
get_merged(const struct whole *w, const git_oid *merged, const char *path, unsigned *mode, git_oid *id, struct rk_err *err)
{
	git_tree *tree;
	enum rk_rc rc;
	int result = git_tree_lookup(&tree, w->git, merged);

	if (result < 0)
		return rk_git_fail(err, result, "the tree that Git made");
	rc = get_entry(tree, path, mode, id, err);
	git_tree_free(tree);
	return rc;
}

/* Set the entry at a path of w->tree; mode 0 removes it. */
static enum rk_rc
set_entry(struct whole *w, const char *path, unsigned mode, const git_oid *id, struct rk_err *err)
{
	git_tree_update change = { .action = mode ? GIT_TREE_UPDATE_UPSERT : GIT_TREE_UPDATE_REMOVE, .path = path,
		.filemode = (git_filemode_t)mode };
	git_tree *tree;
	int result = git_tree_lookup(&tree, w->git, &w->tree);

	if (id)
		change.id = *id;
	if (result == 0) {
		result = git_tree_create_updated(&w->tree, w->git, tree, 1, &change);
		git_tree_free(tree);
	}
	if (result == 0)
		return RK_OK;
	return rk_git_fail(err, result, "%s", path) == RK_ENOMEM ? RK_ENOMEM : refuse(path, "it cannot be resolved", err);
}

/* Make the entry at a path of w->tree what it is in ours. */
static enum rk_rc
restore(struct whole *w, const char *path, struct rk_err *err)
{
	unsigned mode, ours_mode;
	git_oid id, ours_id;
	enum rk_rc rc = get_merged(w, &w->tree, path, &mode, &id, err);

	if (rc == RK_OK)
		rc = get_entry(w->ours, path, &ours_mode, &ours_id, err);
	if (rc != RK_OK || (mode == ours_mode && (!mode || git_oid_equal(&id, &ours_id))))
		return rc;
	if (mode && (mode == GIT_FILEMODE_TREE) != (ours_mode == GIT_FILEMODE_TREE))
		rc = set_entry(w, path, 0, NULL, err);
	if (rc == RK_OK && ours_mode)
		rc = set_entry(w, path, ours_mode, &ours_id, err);
	else if (rc == RK_OK && mode && mode != GIT_FILEMODE_TREE && !ours_mode)
		rc = set_entry(w, path, 0, NULL, err);
	return rc;
}

/* What is discarded */

/* Report what theirs has at a path that is resolved in favour of ours as a whole. */
static enum rk_rc
report_path(struct whole *w, const struct path *path, struct rk_err *err)
{
	const struct rk_git_merge_stage *ours = path->stage[2], *theirs = path->stage[3];
	json_t *discarded = w->merge->discarded;
	char text[RK_OID_HEX];
	struct rk_discarded piece = { .path = path->name, .kind = "delete" };
	unsigned mode;
	git_oid id;
	enum rk_rc rc;

	if (!theirs) {
		rc = get_entry(w->ours, path->name, &mode, &id, err);
		return rc != RK_OK || !ours || !mode ? rc : rk_discarded_add(discarded, &piece, err);
	}
	piece.lines = text;
	if ((theirs->mode & 0170000) == 0160000) {
		git_oid_tostr(text, sizeof text, &theirs->oid);
		piece.kind = "submodule";
		piece.len = GIT_OID_HEXSZ;
		return rk_discarded_add(discarded, &piece, err);
	}
	if ((theirs->mode & 0170000) == 0120000)
		return rk_discarded_add_blob(discarded, path->name, "link", w->odb, &theirs->oid, err);
	if (ours && ours->mode != theirs->mode && (ours->mode & 0170000) == 0100000) {
		piece.kind = "mode";
		piece.len = (size_t)snprintf(text, sizeof text, "%o", theirs->mode);
		rc = rk_discarded_add(discarded, &piece, err);
		if (rc != RK_OK || git_oid_equal(&ours->oid, &theirs->oid))
			return rc;
	}
	return rk_discarded_add_blob(discarded, path->name, "file", w->odb, &theirs->oid, err);
}

/* Report all files below a directory, whose tree is id. */
static enum rk_rc
report_files(struct whole *w, const char *path, const git_oid *id, struct rk_err *err)
{
	struct rk_strbuf below = { 0 };
	const git_tree_entry *entry;
	enum rk_rc rc = RK_OK;
	git_tree *tree;
	size_t i;
	int result = git_tree_lookup(&tree, w->git, id);

	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	for (i = 0; i < git_tree_entrycount(tree) && rc == RK_OK; i++) {
		entry = git_tree_entry_byindex(tree, i);
		rk_strbuf_clear(&below);
		rk_strbuf_printf(&below, "%s/%s", path, git_tree_entry_name(entry));
		rc = rk_strbuf_check(&below, err);
		if (rc == RK_OK && git_tree_entry_type(entry) == GIT_OBJECT_TREE)
			rc = report_files(w, below.data, git_tree_entry_id(entry), err);
		else if (rc == RK_OK && git_tree_entry_type(entry) == GIT_OBJECT_BLOB)
			rc = rk_discarded_add_blob(w->merge->discarded, below.data, "file", w->odb, git_tree_entry_id(entry), err);
	}
	rk_strbuf_free(&below);
	git_tree_free(tree);
	return rc;
}

/* Report a directory of theirs where ours has a file: Git has kept the directory, and renamed the file. */
static enum rk_rc
report_directory(struct whole *w, const char *path, struct rk_err *err)
{
	unsigned mode, ours_mode;
	git_oid id, ours_id;
	enum rk_rc rc = get_merged(w, &w->tree, path, &mode, &id, err);

	if (rc == RK_OK)
		rc = get_entry(w->ours, path, &ours_mode, &ours_id, err);
	if (rc != RK_OK || mode != GIT_FILEMODE_TREE || !ours_mode || ours_mode == GIT_FILEMODE_TREE)
		return rc;
	return report_files(w, path, &id, err);
}

/* Resolving conflicts */

/* Resolve a path at which both sides have a file, or both a link, as -X ours does. */
static enum rk_rc
resolve_contents(struct whole *w, const struct path *path, struct rk_err *err)
{
	struct rk_conflict conflict = { .path = path->name, .odb = w->odb, .ours = path->stage[2]->oid,
		.theirs = path->stage[3]->oid, .marker = RK_SCRATCH_REPO_MARKER };
	bool is_other;
	unsigned mode;
	git_oid id;
	enum rk_rc rc;

	if ((path->stage[2]->mode & 0170000) == 0120000)
		return rk_discarded_add_blob(w->merge->discarded, path->name, "link", w->odb, &conflict.theirs, err);
	rc = rk_git_merge_driver(&w->by, w->job->git, path->name, &is_other, err);
	if (rc == RK_OK && is_other)
		rc = refuse(path->name, "its merge driver reports a conflict", err);
	if (rc == RK_OK)
		rc = get_merged(w, &w->tree, path->name, &mode, &conflict.marked, err);
	if (rc == RK_OK && !mode)
		rc = rk_err_set(err, RK_EBUG, "%s: git merge-tree has lost the file", path->name);
	if (rc == RK_OK)
		rc = rk_conflict_resolve(&conflict, &id, w->merge->discarded, err);
	if (rc == RK_END)
		return refuse(path->name, "it has lines that look like conflict markers", err);
	return rc == RK_OK && !git_oid_equal(&id, &conflict.marked) ? set_entry(w, path->name, mode, &id, err) : rc;
}

/* Call a function for each path of the conflicts that -X ours does not resolve. */
static enum rk_rc
each_other_path(struct whole *w, enum rk_rc (*function)(struct whole *, const char *, struct rk_err *), struct rk_err *err)
{
	const struct rk_git_merge_message *message = w->result->message, *const end = message + w->result->n_messages;
	enum rk_rc rc = RK_OK;
	const char *path;
	size_t i;

	for (; message < end; message++)
		for (i = 0, path = message->path; is_other_conflict(message) && i < message->n_paths && rc == RK_OK; i++) {
			if (*path)
				rc = function(w, path, err);
			path += strlen(path) + 1;
		}
	return rc;
}

/* Resolve in favour of ours, as whole paths, what -X ours does not resolve. */
static enum rk_rc
resolve_paths(struct whole *w, struct rk_err *err)
{
	struct path path;
	enum rk_rc rc = each_other_path(w, report_directory, err);
	size_t at;

	for (at = 0; at < w->result->n_stages && rc == RK_OK;) {
		at = next_path(w->result, at, &path);
		if (has_contents(&path))
			continue;
		rc = report_path(w, &path, err);
		if (rc == RK_OK)
			rc = restore(w, path.name, err);
	}
	return rc == RK_OK ? each_other_path(w, restore, err) : rc;
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
	unsigned mode = 0, git_mode = 0;
	git_oid id, git_id;
	enum rk_rc rc = RK_REFUSED;

	if (has_contents(path))
		rc = resolve_contents(w, path, err);
	if (rc == RK_OK)
		rc = get_merged(w, &w->tree, path->name, &mode, &id, err);
	if (rc == RK_OK)
		rc = get_merged(w, by_git, path->name, &git_mode, &git_id, err);
	if (rc != RK_REFUSED && (rc != RK_OK || (mode && mode == git_mode && git_oid_equal(&id, &git_id))))
		return rc;
	while (json_array_size(discarded) > before)
		json_array_remove(discarded, before);
	return report_path(w, path, err);
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

	for (at = 0; at < w->result->n_stages && rc == RK_OK;) {
		at = next_path(w->result, at, &path);
		rc = report_by_git(w, &path, &by_git, err);
	}
	if (rc == RK_OK)
		w->tree = by_git;
	return rc;
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

	if (other && !sure && (rc = resolve_by_git(w, err)) != RK_REFUSED)
		return rc;
	if (other && !for_ours)
		return refuse(other->n_paths ? other->path : "the merge", other->type, err);
	for (at = 0, rc = RK_OK; at < w->result->n_stages && rc == RK_OK;) {
		at = next_path(w->result, at, &path);
		if (has_contents(&path))
			rc = resolve_contents(w, &path, err);
		else if (!for_ours)
			rc = refuse(path.name, "the sides have different types", err);
	}
	return rc == RK_OK && for_ours ? resolve_paths(w, err) : rc;
}

/*
 * Return whether the configuration leaves it open whether a file moves along with the directory that it was added to.
 */
static bool
may_relocate(git_repository *git)
{
	git_config *config;
	const char *value;
	bool may = true;

	if (git_repository_config_snapshot(&config, git) < 0)
		return false;
	if (git_config_get_string(&value, config, "merge.directoryrenames") == 0)
		may = strcmp(value, "conflict") == 0;
	git_config_free(config);
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
	if (w->result->n_stages + w->result->n_messages > 0)
		rc = resolve(w, err);
	w->merge->tree = w->tree;
	git_tree_free(w->ours);
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
