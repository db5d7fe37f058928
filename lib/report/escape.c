#include <string.h>

#include "report/escape.h"
#include "base/strbuf.h"

/* Whether it has only blanks: then renderers strip none from the ends of a code span. */
static bool
is_blank(const char *src, size_t len)
{
	size_t i;

	for (i = 0; i < len && src[i] == ' '; i++)
		;
	return i == len;
}

static void
code_span(struct rk_strbuf *text, const char *src, size_t len)
{
	const bool padded = (src[0] == ' ' || src[len - 1] == ' ') && !is_blank(src, len);

	rk_strbuf_puts(text, padded ? "` " : "`");
	rk_strbuf_add(text, src, len);
	rk_strbuf_puts(text, padded ? " `" : "`");
}

void
rk_escape_code(struct rk_strbuf *text, const char *src, size_t len)
{
	size_t i, from = 0;

	for (i = 0; i <= len; i++) {
		if (i < len && src[i] != '|' && src[i] != '`')
			continue;
		if (i > from)
			code_span(text, src + from, i - from);
		if (i < len)
			rk_strbuf_puts(text, src[i] == '|' ? "&#124;" : "&#96;");
		from = i + 1;
	}
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters with single hyphens or apostrophes between them, or a short number: these never become links. */
static bool
is_plain(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < len && word[i] >= '0' && word[i] <= '9'; i++)
		;
	if (i == len)
		return len <= 6;
	for (i = 0; i < len; i++)
		if (!is_letter(word[i]) && ((word[i] != '-' && word[i] != '\'') || i == 0 || i == len - 1 ||
		    !is_letter(word[i - 1]) || !is_letter(word[i + 1])))
			return false;
	return true;
}

void
rk_escape_prose(struct rk_strbuf *text, const char *src)
{
	size_t word, from, to;

	for (; *src; src += word) {
		word = strspn(src, " ");
		rk_strbuf_add(text, src, word);
		src += word;
		word = strcspn(src, " ");
		for (from = 0; from < word && strchr("(\"'", src[from]); from++)
			;
		for (to = word; to > from && strchr(",.:;?!)\"'", src[to - 1]); to--)
			;
		rk_strbuf_add(text, src, from);
		if (is_plain(src + from, to - from))
			rk_strbuf_add(text, src + from, to - from);
		else
			rk_escape_code(text, src + from, to - from);
		rk_strbuf_add(text, src + to, word - to);
	}
}

/* Append src with each character of special replaced by the string at its index in with[]. */
static void
replace(struct rk_strbuf *text, const char *src, const char *special, const char *const with[])
{
	size_t n;

	for (;;) {
		n = strcspn(src, special);
		rk_strbuf_add(text, src, n);
		src += n;
		if (!*src)
			return;
		rk_strbuf_puts(text, with[strchr(special, *src) - special]);
		src++;
	}
}

void
rk_escape_html(struct rk_strbuf *text, const char *src)
{
	static const char *const with[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	replace(text, src, "&<>\"'", with);
}

void
rk_escape_slack(struct rk_strbuf *text, const char *src)
{
	static const char *const with[] = { "&amp;", "&lt;", "&gt;" };

	replace(text, src, "&<>", with);
}

void
rk_escape_command(struct rk_strbuf *text, const char *src, bool property)
{
	static const char *const with[] = { "%25", "%0D", "%0A", "%3A", "%2C" };

	replace(text, src, property ? "%\r\n:," : "%\r\n", with);
}

void
rk_escape_comment(struct rk_strbuf *text, const char *src)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/";
	const char *at;

	for (at = src; *at; at++)
		if (strchr(plain, *at) || (*at == '-' && at > src && at[-1] != '-' && at[1]))
			rk_strbuf_putc(text, *at);
		else
			rk_strbuf_printf(text, "%%%02X", (unsigned)(unsigned char)*at);
}
