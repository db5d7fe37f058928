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

int32_t
rk_utf8_decode(const char *s, size_t len, size_t *used)
{
	static const int32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *b = (const unsigned char *)s;
	size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc0 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf8 ? 4 : 0;
	int32_t c;
	size_t i;

	*used = 1;
	if (n == 1)
		return b[0];
	if (n == 0 || n > len)
		return -1;
	c = b[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (b[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return -1;
	*used = n;
	return c;
}

size_t
rk_utf8_valid(const char *s, size_t len)
{
	size_t at = 0, used;

	while (at < len) {
		if ((unsigned char)s[at] < 0x80)
			at++;
		else if (rk_utf8_decode(s + at, len - at, &used) < 0)
			return at;
		else
			at += used;
	}
	return len;
}

bool
rk_unprintable(int32_t c)
{
	static const int32_t range[][2] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x600, 0x605 },
		{ 0x61c, 0x61c }, { 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x890, 0x891 },
		{ 0x8e2, 0x8e2 }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
		{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
	};
	size_t i;

	for (i = 0; i < sizeof range / sizeof range[0]; i++)
		if (c >= range[i][0] && c <= range[i][1])
			return true;
	return false;
}

/* One code point or stray byte of src as it may be shown, into buf; its length in src is returned. */
static size_t
shown(char buf[16], const char *src, size_t len)
{
	size_t used;
	int32_t c = rk_utf8_decode(src, len, &used);

	if (c >= 0x20 && c < 0x7f) {	/* nearly all, and snprintf() is slow */
		buf[0] = (char)c;
		buf[1] = '\0';
	} else if (c == '\n' || c == '\t' || c == '\r')
		snprintf(buf, 16, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	else if (c < 0 || c < 0x20 || c == 0x7f)
		snprintf(buf, 16, "\\x%02x", (unsigned char)*src);
	else if (rk_unprintable(c))
		snprintf(buf, 16, "\\u%04x", (unsigned)c);
	else
		snprintf(buf, 16, "%.*s", (int)used, src);
	return used;
}

void
rk_escape(char *dst, size_t size, const char *src, size_t len)
{
	size_t at = 0, out = 0, fits = 0, n;
	char buf[16];

	while (at < len) {
		at += shown(buf, src + at, len - at);
		n = strlen(buf);
		if (out + n >= size) {
			memcpy(dst + fits, "...", 4);
			return;
		}
		memcpy(dst + out, buf, n);
		out += n;
		if (out + 3 < size)
			fits = out;
	}
	dst[out] = '\0';
}

void
rk_text_escape(struct rk_text *text, const char *src, size_t len)
{
	size_t at = 0;
	char buf[16];

	while (at < len) {
		at += shown(buf, src + at, len - at);
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
