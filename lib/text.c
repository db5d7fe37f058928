#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static bool
room(struct rk_text *text, size_t more)
{
	size_t size = text->size ? text->size : 64;
	char *data;

	if (text->failed)
		return false;
	if (more < text->size - text->len)	/* unsigned: also keeps a byte for the NUL */
		return true;
	if (more > SIZE_MAX / 2 - text->len) {
		text->failed = true;
		return false;
	}
	while (size - text->len <= more)
		size *= 2;
	data = realloc(text->data, size);
	if (!data) {
		text->failed = true;
		return false;
	}
	text->data = data;
	text->size = size;
	return true;
}

void
rk_text_add(struct rk_text *text, const void *bytes, size_t len)
{
	if (!room(text, len))
		return;
	if (len)
		memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void
rk_text_puts(struct rk_text *text, const char *s)
{
	rk_text_add(text, s, strlen(s));
}

void
rk_text_putc(struct rk_text *text, char c)
{
	rk_text_add(text, &c, 1);
}

void
rk_text_printf(struct rk_text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 || !room(text, (size_t)len)) {
		text->failed = true;
		return;
	}
	va_start(args, fmt);
	vsnprintf(text->data + text->len, (size_t)len + 1, fmt, args);
	va_end(args);
	text->len += (size_t)len;
}

void
rk_text_fill(struct rk_text *text, char c, size_t times)
{
	if (!room(text, times))
		return;
	memset(text->data + text->len, c, times);
	text->len += times;
	text->data[text->len] = '\0';
}

void
rk_text_clear(struct rk_text *text)
{
	text->len = 0;
	text->failed = false;
	if (text->data)
		text->data[0] = '\0';
}

void
rk_text_free(struct rk_text *text)
{
	free(text->data);
	*text = (struct rk_text){ 0 };
}

const char *
rk_text_str(const struct rk_text *text)
{
	return text->data ? text->data : "";
}

enum rk_rc
rk_text_check(const struct rk_text *text, struct rk_err *err)
{
	return text->failed ? rk_nomem(err) : RK_OK;
}

void
rk_text_escape(struct rk_text *text, const char *src, size_t len)
{
	size_t at = 0;
	char buf[16];

	while (at < len) {
		at += rk_escape_next(buf, src + at, len - at);
		rk_text_puts(text, buf);
	}
}

/* Edit distance of two words that swaps neighbours at the cost of one; words over 63 bytes are far apart. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[3][64], i, j, la = strlen(a), lb = strlen(b), best;

	if (la > 63 || lb > 63)
		return SIZE_MAX;
	for (j = 0; j <= lb; j++)
		row[0][j] = j;
	for (i = 1; i <= la; i++) {
		size_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= lb; j++) {
			best = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[la % 3][lb];
}

const char *
rk_nearest(const char *word, const char *const *words, size_t n)
{
	size_t bound = 1 + strlen(word) / 3, i, d;
	const char *best = NULL;

	for (i = 0; i < n; i++) {
		d = distance(word, words[i]);
		if (d <= bound && (!best || d < distance(word, best)))
			best = words[i];
	}
	return best;
}

void *
rk_with_room(void *items, size_t n, size_t *room, size_t size)
{
	size_t want = *room ? 2 * *room : 64;
	char *more;

	if (n < *room)
		return items;
	more = want > UINT32_MAX ? NULL : realloc(items, want * size);
	if (more) {
		memset(more + *room * size, 0, (want - *room) * size);
		*room = want;
	}
	return more;
}

bool
rk_grow(void *array, size_t n, size_t *room, size_t size)
{
	void *items, *more;

	memcpy(&items, array, sizeof items);
	more = rk_with_room(items, n, room, size);
	if (more)
		memcpy(array, &more, sizeof more);
	return more != NULL;
}
