#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

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
rk_utf8_unprintable(int32_t c)
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

	for (i = 0; i < sizeof range / sizeof range[0] && c >= range[i][0]; i++)
		if (c <= range[i][1])
			return true;
	return false;
}

size_t
rk_utf8_escape_next(char buf[16], const char *src, size_t len)
{
	size_t used;
	int32_t c = rk_utf8_decode(src, len, &used);

	if (c >= 0x20 && c < 0x7f) {	/* the common case: snprintf() is slow */
		buf[0] = (char)c;
		buf[1] = '\0';
	} else if (c == '\n' || c == '\t' || c == '\r')
		snprintf(buf, 16, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
	else if (c < 0x20 || c == 0x7f)
		snprintf(buf, 16, "\\x%02x", (unsigned char)*src);
	else if (rk_utf8_unprintable(c))
		snprintf(buf, 16, "\\u%04x", (unsigned)c);
	else
		snprintf(buf, 16, "%.*s", (int)used, src);
	return used;
}

void
rk_utf8_escape(char *dst, size_t size, const char *src, size_t len)
{
	size_t at = 0, out = 0, fits = 0, n;
	char buf[16];

	while (at < len) {
		at += rk_utf8_escape_next(buf, src + at, len - at);
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
