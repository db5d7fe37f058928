#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "merge/conflict.h"
#include "base/array.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "merge/displaced.h"

/* One conflict: where theirs stands in the text in which each is settled for theirs. */
struct hunk {
	size_t at, len;
	size_t line;		/* from 1 */
};

struct settling {
	const struct rk_conflict_file *file;
	struct rk_strbuf *ours, theirs;	/* all conflicts settled for the one, and for the other */
	size_t lines;			/* of theirs */
	struct hunk *hunk;
	size_t n, room;
};

static const char *
line_end(const char *at, const char *end)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	return stop ? stop + 1 : end;
}

/* Is the line a marker of c?  Behind "=" nothing else may stand, behind the others a name. */
static bool
is_marker(const struct rk_conflict_file *file, const char *at, const char *stop, char c)
{
	size_t n = 0;

	while (at + n < stop && at[n] == c)
		n++;
	if (n != file->marker || at + n == stop)
		return false;
	return c == '=' ? at[n] == '\n' || at[n] == '\r' : at[n] == ' ' || at[n] == '\n' || at[n] == '\r';
}

static void
add_theirs(struct settling *s, const char *at, size_t len)
{
	const char *const end = at + len;

	rk_strbuf_add(&s->theirs, at, len);
	for (; at < end; at = line_end(at, end))
		s->lines++;
}

/*
 * The length of one side of a conflict.  Git ends each side with a line end; where the conflict ends the file and the
 * side's own does not end so, it is not the side's.
 */
static enum rk_rc
own_length(const struct rk_conflict_file *file, const git_oid *blob, const char *side, size_t *len, bool cr,
    struct rk_err *err)
{
	git_odb_object *object;
	const char *data;
	size_t size;
	int result;

	if (*len == 0)
		return RK_OK;
	result = git_odb_read(&object, file->odb, blob);
	if (result < 0)
		return rk_git_fail(err, result, "%s", file->path);
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

/* A conflict that starts at *at, behind its first marker.  *at becomes what follows its last one. */
static enum rk_rc
take_conflict(struct settling *s, const char **at, const char *end, struct rk_err *err)
{
	const struct rk_conflict_file *file = s->file;
	const char *ours = *at, *ours_end = NULL, *theirs = NULL, *stop;
	struct hunk *more = rk_array_with_room(s->hunk, s->n, &s->room, sizeof *more);
	size_t ours_len, theirs_len;
	enum rk_rc rc = RK_OK;
	bool cr;

	if (!more)
		return rk_err_nomem(err);
	s->hunk = more;
	for (;; *at = stop) {
		if (*at == end)
			return RK_END;
		stop = line_end(*at, end);
		if (is_marker(file, *at, stop, '<'))
			return RK_END;
		if (is_marker(file, *at, stop, '|') && !ours_end)
			ours_end = *at;
		if (is_marker(file, *at, stop, '=')) {
			if (theirs)
				return RK_END;
			ours_end = ours_end ? ours_end : *at;
			theirs = stop;
		}
		if (is_marker(file, *at, stop, '>'))
			break;
	}
	if (!theirs)
		return RK_END;
	ours_len = (size_t)(ours_end - ours);
	theirs_len = (size_t)(*at - theirs);
	cr = stop - *at > 1 && stop[-2] == '\r';
	if (stop == end) {
		rc = own_length(file, &file->ours, ours, &ours_len, cr, err);
		if (rc == RK_OK)
			rc = own_length(file, &file->theirs, theirs, &theirs_len, cr, err);
	}
	more[s->n++] = (struct hunk){ .at = s->theirs.len, .len = theirs_len, .line = s->lines + 1 };
	rk_strbuf_add(s->ours, ours, ours_len);
	add_theirs(s, theirs, theirs_len);
	*at = stop;
	return rc;
}

static enum rk_rc
split(struct settling *s, struct rk_err *err)
{
	const char *at = s->file->text, *const end = at + s->file->len, *stop;
	enum rk_rc rc = RK_OK;

	while (at < end && rc == RK_OK) {
		stop = line_end(at, end);
		if (is_marker(s->file, at, stop, '<')) {
			at = stop;
			rc = take_conflict(s, &at, end, err);
			continue;
		}
		rk_strbuf_add(s->ours, at, (size_t)(stop - at));
		add_theirs(s, at, (size_t)(stop - at));
		at = stop;
	}
	if (rc == RK_OK && s->n == 0)
		rc = RK_END;
	if (rc == RK_OK)
		rc = rk_strbuf_check(s->ours, err);
	return rc == RK_OK ? rk_strbuf_check(&s->theirs, err) : rc;
}

/* What ours alone has changed stands between the text settled for theirs and theirs itself. */
struct shift {
	struct settling *s;
	size_t next;		/* hunk to be moved */
	long by;
};

static int
move(const git_diff_delta *delta, const git_diff_hunk *diff, void *context)
{
	/* a side without lines is named by the line before it */
	const size_t start = (size_t)diff->old_start + (diff->old_lines == 0);
	const size_t at = (size_t)diff->new_start + (diff->new_lines == 0);
	struct shift *shift = context;
	struct settling *s = shift->s;
	struct hunk *hunk;

	(void)delta;
	for (; shift->next < s->n; shift->next++) {
		hunk = &s->hunk[shift->next];
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

/* Are the hunk's lines the ones that stand there? */
static bool
stands_at(const struct settling *s, const struct hunk *hunk, const char *at, const char *end)
{
	const char *text = rk_strbuf_str(&s->theirs) + hunk->at;

	return (size_t)(end - at) >= hunk->len && memcmp(at, text, hunk->len) == 0 &&
	    (text[hunk->len - 1] == '\n' || at + hunk->len == end);
}

/*
 * Two algorithms may pair lines that are equal in other ways: a hunk whose lines do not stand where the difference has
 * it goes to the nearest place where they do.
 */
static enum rk_rc
correct(struct settling *s, const char *theirs, size_t len, struct rk_err *err)
{
	const char *const end = theirs + len, *at, **line;
	size_t n = 0, i, by, above, below;
	struct hunk *hunk;

	for (at = theirs; at < end; at = line_end(at, end))
		n++;
	line = malloc((n + 1) * sizeof *line);
	if (!line)
		return rk_err_nomem(err);
	for (at = theirs, i = 0; i < n; at = line_end(at, end))
		line[i++] = at;
	for (hunk = s->hunk; hunk < s->hunk + s->n; hunk++)
		for (by = 0; by <= n && hunk->len > 0; by++) {
			above = hunk->line - 1 - by;
			below = hunk->line - 1 + by;
			if (above < n && stands_at(s, hunk, line[above], end))
				hunk->line = above + 1;
			else if (below < n && stands_at(s, hunk, line[below], end))
				hunk->line = below + 1;
			else
				continue;
			break;
		}
	free(line);
	return RK_OK;
}

/* Give the hunks the lines of theirs on which they stand. */
static enum rk_rc
place(struct settling *s, struct rk_err *err)
{
	struct shift shift = { .s = s };
	git_diff_options options;
	git_odb_object *object;
	enum rk_rc rc = RK_OK;
	int result = git_odb_read(&object, s->file->odb, &s->file->theirs);

	if (result < 0)
		return rk_git_fail(err, result, "%s", s->file->path);
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.context_lines = 0;
	options.flags = GIT_DIFF_FORCE_TEXT;
	result = git_diff_buffers(rk_strbuf_str(&s->theirs), s->theirs.len, NULL, git_odb_object_data(object),
	    git_odb_object_size(object), NULL, &options, NULL, NULL, move, NULL, &shift);
	for (; shift.next < s->n; shift.next++)
		s->hunk[shift.next].line = (size_t)((long)s->hunk[shift.next].line + shift.by);
	if (result < 0)
		rc = rk_git_fail(err, result, "%s", s->file->path);
	else
		rc = correct(s, git_odb_object_data(object), git_odb_object_size(object), err);
	git_odb_object_free(object);
	return rc;
}

enum rk_rc
rk_conflict_settle(const struct rk_conflict_file *file, struct rk_strbuf *settled, json_t *discarded, struct rk_err *err)
{
	struct settling s = { .file = file, .ours = settled };
	enum rk_rc rc = split(&s, err);
	size_t i;

	if (rc == RK_OK)
		rc = place(&s, err);
	for (i = 0; i < s.n && rc == RK_OK; i++)
		rc = rk_displaced_add(discarded, file->path, "hunk", s.hunk[i].line, rk_strbuf_str(&s.theirs) + s.hunk[i].at,
		    s.hunk[i].len, err);
	rk_strbuf_free(&s.theirs);
	free(s.hunk);
	return rc;
}
