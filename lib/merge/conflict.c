#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "merge/conflict.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "merge/discarded.h"

/* One conflict: its lines of theirs. */
struct hunk {
	size_t at, len;		/* in the file that is resolved in favour of theirs */
	size_t line;		/* from 1 */
};

struct file {
	const struct rk_conflict *conflict;
	struct rk_strbuf ours, theirs;	/* the file with all conflicts resolved in favour of the one and of the other */
	size_t lines;			/* in theirs */
	struct hunk *hunk;
	size_t n, size;
};

static const char *
line_end(const char *at, const char *end)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	return stop ? stop + 1 : end;
}

/* Return whether a line is a marker of c.  A label may follow, except after "=". */
static bool
is_marker(const struct file *file, const char *at, const char *stop, char c)
{
	size_t n = 0;

	while (at + n < stop && at[n] == c)
		n++;
	if (n != file->conflict->marker || at + n == stop)
		return false;
	return at[n] == '\n' || at[n] == '\r' || (c != '=' && at[n] == ' ');
}

bool
rk_conflict_has_markers(const char *at, size_t len, size_t marker)
{
	const char *const end = at + len;
	size_t n;

	for (; at < end; at = line_end(at, end)) {
		for (n = 0; at + n < end && at[n] == '<'; n++)
			;
		if (n >= marker)
			return true;
	}
	return false;
}

static void
add_theirs(struct file *file, const char *at, size_t len)
{
	const char *const end = at + len;

	rk_strbuf_add(&file->theirs, at, len);
	for (; at < end; at = line_end(at, end))
		file->lines++;
}

static enum rk_rc
read_blob(const struct rk_conflict *conflict, const git_oid *id, git_odb_object **object, struct rk_err *err)
{
	int result = git_odb_read(object, conflict->odb, id);

	return result < 0 ? rk_git_fail(err, result, "%s", conflict->path) : RK_OK;
}

/*
 * Cut the newline that Git adds to one side of a conflict at the end of the file when the side's own file does not end
 * in one; with cr, a carriage return before it.
 */
static enum rk_rc
cut_newline(const struct rk_conflict *conflict, const git_oid *blob, const char *side, size_t *len, bool cr,
    struct rk_err *err)
{
	git_odb_object *object;
	const char *data;
	size_t size;
	enum rk_rc rc;

	if (*len == 0)
		return RK_OK;
	rc = read_blob(conflict, blob, &object, err);
	if (rc != RK_OK)
		return rc;
	data = git_odb_object_data(object);
	size = git_odb_object_size(object);
	if (size && data[size - 1] != '\n') {
		(*len)--;
		if (cr && *len && side[*len - 1] == '\r' && data[size - 1] != '\r')
			(*len)--;
	}
	git_odb_object_free(object);
	return RK_OK;
}

/* Find the two sides of a conflict that starts at *at, after its first marker; *at is then its last marker.  RK_END: no. */
static enum rk_rc
find_sides(const struct file *file, const char **at, const char *end, const char **ours_end, const char **theirs)
{
	const char *stop;

	*ours_end = *theirs = NULL;
	for (; *at < end; *at = stop) {
		stop = line_end(*at, end);
		if (is_marker(file, *at, stop, '>'))
			return *theirs ? RK_OK : RK_END;
		if (is_marker(file, *at, stop, '<') || (*theirs && is_marker(file, *at, stop, '=')))
			return RK_END;
		if (!*ours_end && (is_marker(file, *at, stop, '|') || is_marker(file, *at, stop, '=')))
			*ours_end = *at;
		if (is_marker(file, *at, stop, '='))
			*theirs = stop;
	}
	return RK_END;
}

/* Resolve the conflict that starts at *at, after its first marker; *at is then the line after its last one. */
static enum rk_rc
resolve_hunk(struct file *file, const char **at, const char *end, struct rk_err *err)
{
	const struct rk_conflict *conflict = file->conflict;
	const char *const ours = *at, *ours_end, *theirs, *stop;
	size_t ours_len, theirs_len;
	enum rk_rc rc;
	bool cr;

	rk_memory_grow(&file->hunk, file->n, &file->size, sizeof *file->hunk);
	rc = find_sides(file, at, end, &ours_end, &theirs);
	if (rc != RK_OK)
		return rc;
	ours_len = (size_t)(ours_end - ours);
	theirs_len = (size_t)(*at - theirs);
	stop = line_end(*at, end);
	cr = stop - *at > 1 && stop[-2] == '\r';
	if (stop == end) {
		rc = cut_newline(conflict, &conflict->ours, ours, &ours_len, cr, err);
		if (rc == RK_OK)
			rc = cut_newline(conflict, &conflict->theirs, theirs, &theirs_len, cr, err);
	}
	file->hunk[file->n++] = (struct hunk){ .at = file->theirs.len, .len = theirs_len, .line = file->lines + 1 };
	rk_strbuf_add(&file->ours, ours, ours_len);
	add_theirs(file, theirs, theirs_len);
	*at = stop;
	return rc;
}

/* Resolve all conflicts, in favour of ours and in favour of theirs. */
static enum rk_rc
resolve(struct file *file, const char *at, size_t len, struct rk_err *err)
{
	const char *const end = at + len, *stop;
	enum rk_rc rc = RK_OK;

	while (at < end && rc == RK_OK) {
		stop = line_end(at, end);
		if (is_marker(file, at, stop, '<')) {
			at = stop;
			rc = resolve_hunk(file, &at, end, err);
			continue;
		}
		rk_strbuf_add(&file->ours, at, (size_t)(stop - at));
		add_theirs(file, at, (size_t)(stop - at));
		at = stop;
	}
	if (rc == RK_OK && file->n == 0)
		rc = RK_END;
	/* a conflict in a renamed file within one of its new name */
	if (rc == RK_OK && rk_conflict_has_markers(rk_strbuf_str(&file->ours), file->ours.len, file->conflict->marker))
		rc = RK_END;
	return rc;
}

/* The shift of lines between the file resolved in favour of theirs and theirs itself: what only ours has changed. */
struct shift {
	struct file *file;
	size_t next;		/* hunk to be moved */
	long by;
};

static int
shift_lines(const git_diff_delta *delta, const git_diff_hunk *diff, void *context)
{
	/* a side without lines has the number of the line before it */
	const size_t start = (size_t)diff->old_start + (diff->old_lines == 0);
	const size_t at = (size_t)diff->new_start + (diff->new_lines == 0);
	struct shift *shift = context;
	struct hunk *hunk;

	(void)delta;
	for (; shift->next < shift->file->n; shift->next++) {
		hunk = &shift->file->hunk[shift->next];
		if (hunk->line < start + (diff->old_lines > 0))
			hunk->line = (size_t)((long)hunk->line + shift->by);
		else if (hunk->line < start + (size_t)diff->old_lines)
			hunk->line = at;	/* between lines that only ours has */
		else
			break;
	}
	shift->by += diff->new_lines - diff->old_lines;
	return 0;
}

/* Return whether the hunk's lines are at this place of theirs. */
static bool
is_at(const struct file *file, const struct hunk *hunk, const char *at, const char *end)
{
	const char *lines = rk_strbuf_str(&file->theirs) + hunk->at;

	return (size_t)(end - at) >= hunk->len && memcmp(at, lines, hunk->len) == 0 &&
	    (lines[hunk->len - 1] == '\n' || at + hunk->len == end);
}

/*
 * Move each hunk to the nearest place where its lines are.  A difference does not find it when it matches equal lines
 * in another way than the merge did.
 */
static void
correct_lines(struct file *file, const char *theirs, size_t len)
{
	const char *const end = theirs + len, *at, **line;
	size_t n = 0, i, k, by, above, below;
	struct hunk *hunk;

	for (at = theirs; at < end; at = line_end(at, end))
		n++;
	line = rk_memory_realloc(NULL, n + 1, sizeof *line);
	for (at = theirs, i = 0; i < n; at = line_end(at, end))
		line[i++] = at;
	for (k = 0; k < file->n; k++) {
		hunk = &file->hunk[k];
		for (by = 0; by <= n && hunk->len > 0; by++) {
			above = hunk->line - 1 - by;
			below = hunk->line - 1 + by;
			if (above < n && is_at(file, hunk, line[above], end))
				hunk->line = above + 1;
			else if (below < n && is_at(file, hunk, line[below], end))
				hunk->line = below + 1;
			else
				continue;
			break;
		}
	}
	free(line);
}

/* Find the lines of the hunks in theirs. */
static enum rk_rc
find_lines(struct file *file, struct rk_err *err)
{
	struct shift shift = { .file = file };
	git_diff_options options;
	git_odb_object *object;
	enum rk_rc rc = read_blob(file->conflict, &file->conflict->theirs, &object, err);
	int result;

	if (rc != RK_OK)
		return rc;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.context_lines = 0;
	options.flags = GIT_DIFF_FORCE_TEXT;
	result = git_diff_buffers(rk_strbuf_str(&file->theirs), file->theirs.len, NULL, git_odb_object_data(object),
	    git_odb_object_size(object), NULL, &options, NULL, NULL, shift_lines, NULL, &shift);
	for (; shift.next < file->n; shift.next++)
		file->hunk[shift.next].line = (size_t)((long)file->hunk[shift.next].line + shift.by);
	if (result < 0)
		rc = rk_git_fail(err, result, "%s", file->conflict->path);
	else
		correct_lines(file, git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	return rc;
}

static void
add_hunks(const struct file *file, json_t *discarded)
{
	struct rk_discarded piece = { .path = file->conflict->path, .kind = "hunk" };
	size_t i;

	for (i = 0; i < file->n; i++) {
		piece.line = file->hunk[i].line;
		piece.lines = rk_strbuf_str(&file->theirs) + file->hunk[i].at;
		piece.len = file->hunk[i].len;
		rk_discarded_add(discarded, &piece);
	}
}

enum rk_rc
rk_conflict_resolve(const struct rk_conflict *conflict, git_oid *resolved, json_t *discarded, struct rk_err *err)
{
	struct file file = { .conflict = conflict };
	git_odb_object *object;
	enum rk_rc rc;
	int result;

	*resolved = conflict->ours;
	if (git_oid_equal(&conflict->marked, &conflict->ours))
		return rk_discarded_add_blob(discarded, conflict->path, "file", conflict->odb, &conflict->theirs, err);
	rc = read_blob(conflict, &conflict->marked, &object, err);
	if (rc != RK_OK)
		return rc;
	rc = resolve(&file, git_odb_object_data(object), git_odb_object_size(object), err);
	git_odb_object_free(object);
	if (rc == RK_OK)
		rc = find_lines(&file, err);
	if (rc == RK_OK)
		add_hunks(&file, discarded);
	if (rc == RK_OK) {
		result = git_odb_write(resolved, conflict->odb, rk_strbuf_str(&file.ours), file.ours.len, GIT_OBJECT_BLOB);
		if (result < 0)
			rc = rk_git_fail(err, result, "%s", conflict->path);
	}
	rk_strbuf_free(&file.ours);
	rk_strbuf_free(&file.theirs);
	free(file.hunk);
	return rc;
}
