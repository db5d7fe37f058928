/*
 * Fuzz escapes: an input is a string for people.  Each escaped string is decoded here as its format's renderer would, and
 * must then be the string that was given; and nothing in it may end what it is in.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/utf8.h"
#include "report/escape.h"
#include "fuzz.h"

/* Replace each of some sequences by a character, in place. */
static void
decode(char *s, const char *const from[], const char *to)
{
	char *out = s;
	size_t i;

	while (*s) {
		if (*s != '&' && *s != '%') {
			*out++ = *s++;
			continue;
		}
		for (i = 0; to[i] && !fuzz_starts(s, from[i]); i++)
			;
		*out++ = to[i] ? to[i] : *s;
		s += to[i] ? strlen(from[i]) : 1;
	}
	*out = '\0';
}

static void
check_html(const char *src)
{
	static const char *const from[] = { "&lt;", "&gt;", "&quot;", "&#39;", "&amp;" };
	struct rk_strbuf text = { 0 };

	rk_escape_html(&text, src);
	EXPECT(!strpbrk(rk_strbuf_str(&text), "<>\"'"));
	if (text.data)
		decode(text.data, from, "<>\"'&");
	EXPECT(strcmp(rk_strbuf_str(&text), src) == 0);
	rk_strbuf_free(&text);
}

static void
check_slack(const char *src)
{
	static const char *const from[] = { "&lt;", "&gt;", "&amp;" };
	struct rk_strbuf text = { 0 };

	rk_escape_slack(&text, src);
	EXPECT(!strpbrk(rk_strbuf_str(&text), "<>"));
	if (text.data)
		decode(text.data, from, "<>&");
	EXPECT(strcmp(rk_strbuf_str(&text), src) == 0);
	rk_strbuf_free(&text);
}

static void
check_command(const char *src, bool property)
{
	static const char *const from[] = { "%0D", "%0A", "%3A", "%2C", "%25" };
	struct rk_strbuf text = { 0 };

	rk_escape_command(&text, src, property);
	EXPECT(!strpbrk(rk_strbuf_str(&text), property ? "\r\n:," : "\r\n"));
	if (text.data)
		decode(text.data, from, "\r\n:,%");
	EXPECT(strcmp(rk_strbuf_str(&text), src) == 0);
	rk_strbuf_free(&text);
}

static void
check_comment(const char *src)
{
	static const char hex[] = "0123456789ABCDEF";
	struct rk_strbuf text = { 0 }, plain = { 0 };
	const char *at;

	rk_escape_comment(&text, src);
	EXPECT(!strstr(rk_strbuf_str(&text), "--") && !strpbrk(rk_strbuf_str(&text), "<>!"));
	EXPECT(text.len == 0 || (text.data[0] != '-' && text.data[text.len - 1] != '-'));
	for (at = rk_strbuf_str(&text); *at; at++) {
		if (*at != '%') {
			rk_strbuf_putc(&plain, *at);
			continue;
		}
		EXPECT(at[1] && strchr(hex, at[1]) && at[2] && strchr(hex, at[2]));
		rk_strbuf_putc(&plain, (char)((strchr(hex, at[1]) - hex) * 16 + (strchr(hex, at[2]) - hex)));
		at += 2;
	}
	EXPECT(strcmp(rk_strbuf_str(&plain), src) == 0);
	rk_strbuf_free(&text);
	rk_strbuf_free(&plain);
}

/* Append the content of the code span that starts at s, by GFM's rules; return what follows it. */
static const char *
read_span(const char *s, struct rk_strbuf *plain)
{
	size_t ticks = strspn(s, "`"), n;
	const char *from = s + ticks, *end;
	bool blank;

	for (end = from; *end; end += n) {
		n = strcspn(end, "`");
		end += n;
		n = strspn(end, "`");
		if (n == ticks)
			break;
	}
	EXPECT(*end);	/* else the backticks are not a span */
	n = (size_t)(end - from);
	blank = strspn(from, " ") >= n;
	if (n >= 2 && !blank && from[0] == ' ' && end[-1] == ' ')
		rk_strbuf_add(plain, from + 1, n - 2);
	else
		rk_strbuf_add(plain, from, n);
	return end + ticks;
}

/* Read Markdown that has code spans, two character references, and between them only what is never markup. */
static void
check_markdown(const char *text, const char *src, bool prose)
{
	struct rk_strbuf plain = { 0 };
	const char *at = text;
	size_t digits;

	EXPECT(!strchr(text, '|'));
	while (*at) {
		if (*at == '`') {
			at = read_span(at, &plain);
		} else if (fuzz_starts(at, "&#124;") || fuzz_starts(at, "&#96;")) {
			rk_strbuf_putc(&plain, at[2] == '1' ? '|' : '`');
			at += at[2] == '1' ? 6 : 5;
		} else {
			EXPECT(prose);
			digits = strspn(at, "0123456789");
			EXPECT(digits <= 6);
			EXPECT(isalnum((unsigned char)*at) || strchr(" ,.:;?!()\"'-", *at));
			rk_strbuf_putc(&plain, *at++);
		}
	}
	EXPECT(strcmp(rk_strbuf_str(&plain), src) == 0);
	rk_strbuf_free(&plain);
}

static void
check_code(const char *src)
{
	struct rk_strbuf text = { 0 };

	rk_escape_code(&text, src, strlen(src));
	check_markdown(rk_strbuf_str(&text), src, false);
	rk_strbuf_clear(&text);
	rk_escape_prose(&text, src);
	check_markdown(rk_strbuf_str(&text), src, true);
	rk_strbuf_free(&text);
}

/* What fits is the whole; what does not ends in dots, and starts as the whole does. */
static void
check_limited(const char *src, size_t len, const struct rk_strbuf *whole, size_t size)
{
	char *line = malloc(size);
	size_t n;

	if (!line)
		abort();
	memset(line, 'x', size);
	rk_utf8_escape(line, size, src, len);
	n = strlen(line);
	EXPECT(n < size);
	EXPECT(fuzz_printable(line, n));
	if (whole->len < size)
		EXPECT(strcmp(line, rk_strbuf_str(whole)) == 0);
	else
		EXPECT(n >= 3 && strcmp(line + n - 3, "...") == 0 && strncmp(line, whole->data, n - 3) == 0);
	free(line);
}

int
fuzz_escape(const uint8_t *data, size_t size)
{
	struct rk_strbuf line = { 0 };
	char *src;

	if (size == 0)
		return 0;
	src = fuzz_copy(data + 1, size - 1);
	rk_strbuf_escape(&line, src, size - 1);
	EXPECT(fuzz_printable(rk_strbuf_str(&line), line.len));
	EXPECT(strlen(rk_strbuf_str(&line)) == line.len);
	check_limited(src, size - 1, &line, 8 + data[0]);
	check_html(rk_strbuf_str(&line));
	check_slack(rk_strbuf_str(&line));
	check_command(rk_strbuf_str(&line), false);
	check_command(rk_strbuf_str(&line), true);
	check_comment(rk_strbuf_str(&line));
	check_code(rk_strbuf_str(&line));
	rk_strbuf_free(&line);
	free(src);
	return 0;
}
