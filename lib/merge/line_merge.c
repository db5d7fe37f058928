#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "merge/line_merge.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"

#define BINARY_BYTES 8000	/* in which Git looks for the NUL that makes a file binary */
#define CANDIDATES 16		/* lines between the changes that are tried */

/* A file as lines, each with its newline. */
struct lines {
	struct rk_line_merge_file *line;
	size_t n;
};

static bool
split(const struct rk_line_merge_file *file, struct lines *lines)
{
	const char *at = file->bytes, *const end = at + file->len, *stop;
	size_t n = 1;

	*lines = (struct lines){ 0 };
	if (memchr(at, '\0', file->len < BINARY_BYTES ? file->len : BINARY_BYTES))
		return false;
	for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		n++;
	lines->line = rk_memory_realloc(NULL, n, sizeof *lines->line);
	for (at = file->bytes; at < end; at = stop) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop + 1 : end;
		lines->line[lines->n++] = (struct rk_line_merge_file){ at, (size_t)(stop - at) };
	}
	return true;
}

static bool
equal(const struct rk_line_merge_file *a, const struct rk_line_merge_file *b)
{
	return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

/* Count the lines at the start, and those at the end, that are as in base. */
static void
ends(const struct lines *base, const struct lines *other, size_t *head, size_t *tail)
{
	const size_t most = base->n < other->n ? base->n : other->n;

	for (*head = 0; *head < most && equal(&base->line[*head], &other->line[*head]);)
		++*head;
	for (*tail = 0; *head + *tail < most && equal(&base->line[base->n - 1 - *tail], &other->line[other->n - 1 - *tail]);)
		++*tail;
}

static bool
occurs_once(const struct lines *lines, const struct rk_line_merge_file *line)
{
	size_t i, found = 0;

	for (i = 0; i < lines->n && found < 2; i++)
		found += equal(&lines->line[i], line);
	return found == 1;
}

/* Join upper, whose changes end before line from of base, and lower, whose changes start at line to. */
static bool
join(const struct lines *base, const struct lines *upper, const struct lines *lower, size_t from, size_t to,
    struct rk_strbuf *merged)
{
	const struct rk_line_merge_file *line;
	size_t at, i, tried;

	for (at = to, tried = 0; at > from && tried < CANDIDATES; tried++) {
		line = &base->line[--at];
		if (!occurs_once(base, line) || !occurs_once(upper, line) || !occurs_once(lower, line))
			continue;
		for (i = 0; i + base->n < at + upper->n; i++)
			rk_strbuf_add(merged, upper->line[i].bytes, upper->line[i].len);
		for (i = at; i < lower->n; i++)
			rk_strbuf_add(merged, lower->line[i].bytes, lower->line[i].len);
		return true;
	}
	return false;
}

bool
rk_line_merge(const struct rk_line_merge_file *base, const struct rk_line_merge_file *ours, const struct rk_line_merge_file *theirs,
    struct rk_strbuf *merged)
{
	struct lines b = { 0 }, o = { 0 }, t = { 0 };
	size_t head_o, tail_o, head_t, tail_t;
	bool joined = false;

	if (split(base, &b) && split(ours, &o) && split(theirs, &t)) {
		ends(&b, &o, &head_o, &tail_o);
		ends(&b, &t, &head_t, &tail_t);
		if (b.n - tail_o < head_t)
			joined = join(&b, &o, &t, b.n - tail_o, head_t, merged);
		else if (b.n - tail_t < head_o)
			joined = join(&b, &t, &o, b.n - tail_t, head_o, merged);
	}
	free(b.line);
	free(o.line);
	free(t.line);
	return joined;
}
