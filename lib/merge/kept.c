#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "merge/kept.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "git/git.h"
#include "merge/merge_internal.h"
#include "merge/tree_diff.h"

/* The lines of a file, as numbers of strings, sorted: a line that occurs twice is in them twice. */
struct lines {
	uint32_t *number;
	size_t n, size;
	bool is_binary;
};

/* A file that the merged tree has at a path that the base does not have, or has in another version. */
struct place {
	const struct rk_tree_diff_path *at;
	bool is_of_side, is_of_other;	/* the one has the same there, or the other */
	bool is_read;
	struct lines lines;
};

/* A version of a file before the side's change. */
struct version {
	bool is_read;
	struct lines lines;
};

struct search {
	const struct rk_kept_trees *trees;
	git_odb *odb;
	git_tree *side, *other, *merged;
	struct rk_intern known;		/* lines */
	struct rk_tree_diff changes;	/* from base to side */
	struct version *old;		/* of each path of changes */
	struct rk_tree_diff made;	/* from base to merged */
	struct place *place;		/* of each path of made */
	struct rk_kept_losses *losses;
};

static bool
is_file(unsigned mode)
{
	return (mode & 0170000) == 0100000;
}

/* Lines */

static int
by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
sort(struct lines *lines)
{
	if (lines->n > 1)
		qsort(lines->number, lines->n, sizeof *lines->number, by_number);
}

/* Add a line, in the form in which a record has it.  How it ends does not matter: Git may convert that. */
static void
add_line(struct search *s, struct lines *lines, const char *line, size_t len)
{
	struct rk_strbuf text = { 0 };

	if (len && line[len - 1] == '\r')
		len--;
	rk_memory_grow(&lines->number, lines->n, &lines->size, sizeof *lines->number);
	if (memchr(line, '\0', len) || rk_utf8_valid(line, len) != len) {
		rk_strbuf_escape(&text, line, len);
		line = rk_strbuf_str(&text);
		len = text.len;
	}
	lines->number[lines->n] = rk_intern_add_bytes(&s->known, line, len);
	lines->n++;
	rk_strbuf_free(&text);
}

/* Read the lines of a file; another entry, or none, has no lines. */
static enum rk_rc
read_lines(struct search *s, const char *path, const struct rk_tree_diff_entry *entry, struct lines *lines, struct rk_err *err)
{
	const char *at, *end, *stop;
	git_odb_object *object;
	int result;

	*lines = (struct lines){ 0 };
	if (!is_file(entry->mode))
		return RK_OK;
	result = git_odb_read(&object, s->odb, &entry->id);
	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	at = git_odb_object_data(object);
	end = at + git_odb_object_size(object);
	lines->is_binary = memchr(at, '\0', end - at < RK_MERGE_BINARY_BYTES ? (size_t)(end - at) : RK_MERGE_BINARY_BYTES);
	for (; at < end && !lines->is_binary; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop)
			stop = end;
		add_line(s, lines, at, (size_t)(stop - at));
	}
	sort(lines);
	git_odb_object_free(object);
	return RK_OK;
}

/* Return how often a line occurs. */
static size_t
count(const struct lines *lines, uint32_t number)
{
	size_t low = 0, high = lines->n, middle, n;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (lines->number[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	for (n = low; n < lines->n && lines->number[n] == number; n++)
		;
	return n - low;
}

/* What is reported */

static bool
is_about(const json_t *piece, const char *path)
{
	const char *name = rk_json_string(piece, "path");

	return name && strcmp(name, path) == 0;
}

/* Return whether all of a path, or, if kind is "delete" or "mode", that, is reported. */
static bool
is_reported(const struct search *s, const char *path, const char *kind)
{
	const json_t *piece;
	const char *have;
	size_t i;

	json_array_foreach(s->trees->discarded, i, piece) {
		have = rk_json_string(piece, "kind");
		if (is_about(piece, path) && (strcmp(have, kind) == 0 || (strcmp(kind, "file") == 0 &&
		    (strcmp(have, "link") == 0 || strcmp(have, "submodule") == 0))))
			return true;
	}
	return false;
}

/* Read the lines that are reported of a path.  *has_hunk: also lines that the side has deleted may be. */
static void
read_reported(struct search *s, const char *path, struct lines *lines, bool *has_hunk)
{
	const json_t *piece, *line;
	size_t i, k;

	*lines = (struct lines){ 0 };
	*has_hunk = false;
	json_array_foreach(s->trees->discarded, i, piece) {
		if (!is_about(piece, path) || !rk_json_is(json_object_get(piece, "kind"), "hunk"))
			continue;
		*has_hunk = true;
		json_array_foreach(json_object_get(piece, "lines"), k, line)
			add_line(s, lines, json_string_value(line), json_string_length(line));
	}
	sort(lines);
}

/* Comparing */

/* The versions of a file. */
struct versions {
	const struct rk_tree_diff_path *origin;	/* of the base: the side may have renamed it */
	const struct lines *base;
	struct lines side, other;
	struct lines reported;
	bool has_hunk;
};

static void
free_versions(struct versions *v)
{
	free(v->side.number);
	free(v->other.number);
	free(v->reported.number);
}

/*
 * Return whether the merged file has the change that the side makes to the number of a line's occurrences: what it adds
 * to those of the other side, or, if the other side makes the same change, what it has itself.
 */
static bool
has_line(const struct versions *v, const struct lines *merged, uint32_t line)
{
	const long side = (long)count(&v->side, line), change = side - (long)count(v->base, line);
	const long other = (long)count(&v->other, line) + change, have = (long)count(merged, line);

	if (change >= 0)
		return have + (long)count(&v->reported, line) >= (other < side ? other : side);
	return v->has_hunk || have <= (other > side ? other : side);
}

/* Return whether the side adds or deletes lines, and does not only move them. */
static bool
changes_lines(const struct versions *v)
{
	return v->side.n != v->base->n || (v->side.n && memcmp(v->side.number, v->base->number, v->side.n * sizeof *v->side.number) != 0);
}

static bool
has_lines(const struct versions *v, const struct lines *merged)
{
	size_t i;

	for (i = 0; i < v->side.n; i++)
		if (!has_line(v, merged, v->side.number[i]))
			return false;
	for (i = 0; i < v->base->n; i++)
		if (!has_line(v, merged, v->base->number[i]))
			return false;
	return true;
}

/* Return how many lines of one file are in another. */
static size_t
common(const struct lines *file, const struct lines *other)
{
	size_t i, n = 0;

	for (i = 0; i < file->n; i++)
		n += count(other, file->number[i]) > 0;
	return n;
}

/* Return whether a merged file can be the side's file at another path: it has half of its lines. */
static bool
is_similar(const struct lines *side, const struct lines *merged)
{
	const size_t n = common(side, merged);

	return n > 0 && n * 2 >= side->n;
}

/*
 * Set the base of a change: the file that was there, or, if the side has added the file, the most similar of those that
 * the side has removed.
 */
static enum rk_rc
find_origin(struct search *s, const struct rk_tree_diff_path *change, struct versions *v, struct rk_err *err)
{
	const struct rk_tree_diff_path *path;
	struct version *old;
	enum rk_rc rc = RK_OK;
	size_t i, n, most = 0;

	v->origin = change;
	v->base = &s->old[change - s->changes.path].lines;	/* none, until it is read */
	for (i = 0; i < s->changes.n && rc == RK_OK; i++) {
		path = &s->changes.path[i];
		old = &s->old[i];
		if (path != change && (change->old.mode || !change->new.mode || !path->old.mode || path->new.mode))
			continue;
		if (!old->is_read)
			rc = read_lines(s, path->path, &path->old, &old->lines, err);
		old->is_read = true;
		n = path == change ? 0 : common(&v->side, &old->lines);
		if (path != change && git_oid_equal(&path->old.id, &change->new.id) &&
		    (path->old.mode & 0170000) == (change->new.mode & 0170000))
			n = SIZE_MAX;
		else if (!is_similar(&v->side, &old->lines) && !is_similar(&old->lines, &v->side))
			n = 0;
		if (n > most) {
			most = n;
			v->origin = path;
			v->base = &old->lines;
		}
	}
	return rc;
}

/* Get the file of the other side: at the path of the merged file, or else that of the side, or of the base. */
static enum rk_rc
read_other(struct search *s, const char *path, const char *side, struct versions *v, struct rk_tree_diff_entry *other,
    struct rk_err *err)
{
	enum rk_rc rc = rk_tree_diff_entry(s->other, path, other, err);

	if (rc == RK_OK && !is_file(other->mode))
		rc = rk_tree_diff_entry(s->other, side, other, err);
	if (rc == RK_OK && !is_file(other->mode))
		rc = rk_tree_diff_entry(s->other, v->origin->path, other, err);
	free(v->other.number);
	v->other = (struct lines){ 0 };
	return rc == RK_OK ? read_lines(s, path, other, &v->other, err) : rc;
}

/*
 * Return whether the merged tree can have the change at a place: at its own path, or at one that the merge has added,
 * and where a file that the side has added has its name, or is not the other side's.
 */
static bool
may_be_at(const struct rk_tree_diff_path *change, const struct place *place)
{
	const char *path = place->at->path, *name = strrchr(path, '/'), *own = strrchr(change->path, '/');

	if (strcmp(path, change->path) == 0)
		return true;
	if (place->is_of_side || place->at->old.mode)
		return false;
	return change->old.mode || !place->is_of_other || strcmp(name ? name + 1 : path, own ? own + 1 : change->path) == 0;
}

/* Set *kept if the change is in the merged file at a place. */
static enum rk_rc
compare_at(struct search *s, const struct rk_tree_diff_path *change, struct place *place, struct versions *v, bool *kept,
    struct rk_err *err)
{
	const char *path = place->at->path;
	const bool is_same_path = strcmp(path, change->path) == 0;
	struct rk_tree_diff_entry other;
	enum rk_rc rc = RK_OK;

	if (!is_file(place->at->new.mode) || !may_be_at(change, place))
		return RK_OK;
	if (!place->is_read)
		rc = read_lines(s, path, &place->at->new, &place->lines, err);
	place->is_read = true;
	if (rc != RK_OK || place->lines.is_binary || (!is_same_path && !is_similar(&v->side, &place->lines)))
		return rc;
	free(v->reported.number);
	v->reported = (struct lines){ 0 };
	rc = read_other(s, path, change->path, v, &other, err);
	if (rc == RK_OK)
		read_reported(s, path, &v->reported, &v->has_hunk);
	*kept = rc == RK_OK && has_lines(v, &place->lines) &&
	    (v->origin != change || changes_lines(v) || v->has_hunk || !git_oid_equal(&other.id, &place->at->new.id));
	return rc;
}

/* Set *kept if the content of a file of the side is in some merged file. */
static enum rk_rc
find_lines(struct search *s, const struct rk_tree_diff_path *change, bool *kept, struct rk_err *err)
{
	struct versions v = { .has_hunk = false };
	enum rk_rc rc = read_lines(s, change->path, &change->new, &v.side, err);
	size_t i;

	if (rc == RK_OK)
		rc = find_origin(s, change, &v, err);
	for (i = 0; i < s->made.n && rc == RK_OK && !v.side.is_binary && !*kept; i++)
		rc = compare_at(s, change, &s->place[i], &v, kept, err);
	free_versions(&v);
	return rc;
}

/* Return whether the entry of the side is at a path where the merge can have it. */
static bool
find_entry(const struct search *s, const struct rk_tree_diff_path *change)
{
	const struct rk_tree_diff_entry *made;
	size_t i;

	for (i = 0; i < s->made.n; i++) {
		made = &s->made.path[i].new;
		if (may_be_at(change, &s->place[i]) && (made->mode & 0170000) == (change->new.mode & 0170000) &&
		    git_oid_equal(&made->id, &change->new.id))
			return true;
	}
	return false;
}

/* Set *kept if the merged tree has the mode that the side has given a file. */
static enum rk_rc
find_mode(struct search *s, const struct rk_tree_diff_path *change, const struct rk_tree_diff_entry *merged, bool *kept,
    struct rk_err *err)
{
	struct versions v = { .has_hunk = false };
	enum rk_rc rc = RK_OK;
	size_t i;

	*kept = !is_file(change->old.mode) || change->old.mode == change->new.mode || merged->mode == change->new.mode;
	if (*kept || merged->mode)
		return RK_OK;
	rc = read_lines(s, change->path, &change->new, &v.side, err);
	for (i = 0; i < s->made.n && rc == RK_OK && !*kept; i++) {
		struct place *place = &s->place[i];

		if (place->is_of_side || place->at->old.mode || place->at->new.mode != change->new.mode)
			continue;
		if (!place->is_read)
			rc = read_lines(s, place->at->path, &place->at->new, &place->lines, err);
		place->is_read = true;
		*kept = git_oid_equal(&place->at->new.id, &change->new.id) || is_similar(&v.side, &place->lines);
	}
	free_versions(&v);
	return rc;
}

static enum rk_rc
add_loss(struct search *s, const struct rk_tree_diff_path *change, bool mode_only, struct rk_err *err)
{
	struct rk_kept_losses *losses = s->losses;
	struct rk_kept_loss *loss;
	struct versions v = { .has_hunk = false };
	enum rk_rc rc = read_lines(s, change->path, &change->new, &v.side, err);

	if (rc == RK_OK)
		rc = find_origin(s, change, &v, err);
	free_versions(&v);
	if (rc != RK_OK)
		return rc;
	rk_memory_grow(&losses->loss, losses->n, &losses->size, sizeof *losses->loss);
	loss = &losses->loss[losses->n];
	*loss = (struct rk_kept_loss){ rk_memory_strdup(change->path), change->new.mode, change->new.id, mode_only,
		v.origin == change ? NULL : rk_memory_strdup(v.origin->path) };
	losses->n++;
	return RK_OK;
}

/* Add the change to the losses if the merged tree does not have it. */
static enum rk_rc
judge(struct search *s, const struct rk_tree_diff_path *change, struct rk_err *err)
{
	const bool is_content = !git_oid_equal(&change->old.id, &change->new.id) ||
	    (change->old.mode & 0170000) != (change->new.mode & 0170000);
	struct rk_tree_diff_entry merged;
	bool kept = !is_content;
	enum rk_rc rc = rk_tree_diff_entry(s->merged, change->path, &merged, err);

	if (merged.mode == GIT_FILEMODE_TREE)
		merged.mode = 0;
	if (rc != RK_OK || rk_tree_diff_same(&merged, &change->new))
		return rc;
	if (!change->new.mode)
		return !merged.mode || is_reported(s, change->path, "delete") ? RK_OK :
		    add_loss(s, change, false, err);
	if (is_reported(s, change->path, "file"))
		return RK_OK;
	if (is_content)
		kept = find_entry(s, change);
	if (!kept && is_file(change->new.mode))
		rc = find_lines(s, change, &kept, err);
	if (rc == RK_OK && !kept)
		return add_loss(s, change, false, err);
	if (rc == RK_OK && is_file(change->new.mode) && !is_reported(s, change->path, "mode"))
		rc = find_mode(s, change, &merged, &kept, err);
	return rc == RK_OK && !kept ? add_loss(s, change, true, err) : rc;
}

/* List what the side has changed, and where the merged tree may have it. */
static enum rk_rc
find_places(struct search *s, struct rk_err *err)
{
	struct rk_tree_diff_entry entry;
	enum rk_rc rc = rk_tree_diff_find(s->trees->git, &s->trees->base, &s->trees->side, &s->changes, err);
	size_t i;

	if (rc == RK_OK)
		rc = rk_tree_diff_find(s->trees->git, &s->trees->base, &s->trees->merged, &s->made, err);
	s->old = rk_memory_calloc(s->changes.n + 1, sizeof *s->old);
	s->place = rk_memory_calloc(s->made.n + 1, sizeof *s->place);
	for (i = 0; i < s->made.n && rc == RK_OK; i++) {
		s->place[i].at = &s->made.path[i];
		rc = rk_tree_diff_entry(s->side, s->made.path[i].path, &entry, err);
		s->place[i].is_of_side = rk_tree_diff_same(&entry, &s->made.path[i].new);
		if (rc == RK_OK)
			rc = rk_tree_diff_entry(s->other, s->made.path[i].path, &entry, err);
		s->place[i].is_of_other = rk_tree_diff_same(&entry, &s->made.path[i].new);
	}
	return rc;
}

static enum rk_rc
open_trees(struct search *s, struct rk_err *err)
{
	int result = git_repository_odb(&s->odb, s->trees->git);

	if (result == 0)
		result = git_tree_lookup(&s->side, s->trees->git, &s->trees->side);
	if (result == 0)
		result = git_tree_lookup(&s->other, s->trees->git, &s->trees->other);
	if (result == 0)
		result = git_tree_lookup(&s->merged, s->trees->git, &s->trees->merged);
	return result < 0 ? rk_git_fail(err, result, "a tree of the merge") : RK_OK;
}

enum rk_rc
rk_kept_find_losses(const struct rk_kept_trees *trees, struct rk_kept_losses *losses, struct rk_err *err)
{
	struct search s = { .trees = trees, .losses = losses };
	enum rk_rc rc = open_trees(&s, err);
	size_t i;

	if (rc == RK_OK)
		rc = find_places(&s, err);
	for (i = 0; i < s.changes.n && rc == RK_OK; i++)
		rc = judge(&s, &s.changes.path[i], err);
	for (i = 0; s.old && i < s.changes.n; i++)
		free(s.old[i].lines.number);
	free(s.old);
	rk_tree_diff_free(&s.changes);
	for (i = 0; s.place && i < s.made.n; i++)
		free(s.place[i].lines.number);
	free(s.place);
	rk_tree_diff_free(&s.made);
	rk_intern_free(&s.known);
	git_tree_free(s.side);
	git_tree_free(s.other);
	git_tree_free(s.merged);
	git_odb_free(s.odb);
	return rc;
}

void
rk_kept_free(struct rk_kept_losses *losses)
{
	while (losses->n > 0) {
		free(losses->loss[--losses->n].path);
		free(losses->loss[losses->n].origin);
	}
	free(losses->loss);
	*losses = (struct rk_kept_losses){ 0 };
}
