#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "yaml/scalar.h"
#include "base/code.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/utf8.h"

static bool
is_break(char c)
{
	return c == '\n' || c == '\r';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t
line_end(const char *text, size_t len, size_t at)
{
	const char *nl = at < len ? memchr(text + at, '\n', len - at) : NULL;
	size_t end = nl ? (size_t)(nl - text) : len;

	return end > at && text[end - 1] == '\r' && nl ? end - 1 : end;
}

/* The offset after the line break at at, or at if there is none. */
static size_t
skip_break(const char *text, size_t len, size_t at)
{
	if (at < len && text[at] == '\r')
		at++;
	if (at < len && text[at] == '\n')
		at++;
	return at;
}

static size_t
skip_spaces(const char *text, size_t len, size_t at, size_t most)
{
	static const char spaces[] = "                                ";
	size_t n = 0;

	if (most < sizeof spaces && most <= len - at && memcmp(text + at, spaces, most) == 0)
		return most;
	while (n < most && at + n < len && text[at + n] == ' ')
		n++;
	return n;
}

void
rk_scalar_block_scan(const char *text, size_t len, size_t start, long parent, struct rk_scalar_block *block)
{
	size_t at = start + 1, line, spaces, last;
	bool blank;

	*block = (struct rk_scalar_block){ .empty = true };
	for (; at < len && (text[at] == '-' || text[at] == '+' || (text[at] >= '1' && text[at] <= '9')); at++) {
		if (text[at] == '-' || text[at] == '+')
			block->chomp = text[at];
		else
			block->step = (unsigned)(text[at] - '0');
	}
	block->header = block->end = last = at;
	at = line_end(text, len, at);
	block->body = skip_break(text, len, at);
	if (block->step)
		block->indent = block->step + (size_t)(parent > 0 ? parent : 0);
	for (line = block->body; line < len; line = skip_break(text, len, at)) {
		spaces = skip_spaces(text, len, line, block->indent ? block->indent : SIZE_MAX);
		at = line + spaces;
		blank = at == len || is_break(text[at]);
		if (blank && at == len)
			break;
		if (!blank && block->empty && !block->step) {
			if ((long)spaces <= parent)
				break;
			block->indent = spaces;
		}
		if (!blank && spaces < block->indent)
			break;
		if (!blank && spaces == 0 && len - at >= 3 &&
		    (memcmp(text + at, "---", 3) == 0 || memcmp(text + at, "...", 3) == 0) &&
		    (len - at == 3 || is_blank(text[at + 3]) || is_break(text[at + 3])))
			break;
		at = line_end(text, len, at);
		last = at;
		if (!blank) {
			block->empty = false;
			block->end = at;
		}
	}
	if (block->chomp == '+')
		block->end = last;
}

/* Decode up to the nth byte of the content, and return its offset; SIZE_MAX if it is not on a line, or does not exist. */
static size_t
block_walk(const char *text, size_t len, bool folded, const struct rk_scalar_block *block, size_t n, struct rk_strbuf *out)
{
	size_t line, at, end, blanks = 0;
	bool first = true, more, more_before = false;

	for (line = block->body; line <= block->end; line = skip_break(text, len, end)) {
		at = line + skip_spaces(text, len, line, block->indent ? block->indent : block->empty ? SIZE_MAX : 0);
		end = line_end(text, len, at);
		if (at == end) {
			if (end == len)
				break;
			blanks++;
			continue;
		}
		more = is_blank(text[at]);
		if (!first && (!folded || more || more_before))
			rk_strbuf_putc(out, '\n');
		else if (!first && blanks == 0)
			rk_strbuf_putc(out, ' ');
		for (; blanks; blanks--)
			rk_strbuf_putc(out, '\n');
		if (n <= out->len + (end - at))
			return n < out->len ? SIZE_MAX : at + (n - out->len);
		rk_strbuf_add(out, text + at, end - at);
		more_before = more;
		first = false;
		if (end == len)
			return SIZE_MAX;
	}
	if (block->chomp == '-')
		return SIZE_MAX;
	if (!first)
		rk_strbuf_putc(out, '\n');
	for (; block->chomp == '+' && blanks; blanks--)
		rk_strbuf_putc(out, '\n');
	return SIZE_MAX;
}

void
rk_scalar_block_decode(const char *text, size_t len, bool folded, const struct rk_scalar_block *block, struct rk_strbuf *out)
{
	block_walk(text, len, folded, block, SIZE_MAX, out);
}

size_t
rk_scalar_folded_offset(const char *text, size_t len, const struct rk_scalar_block *block, size_t n)
{
	struct rk_strbuf content = { 0 };
	size_t at = block_walk(text, len, true, block, n, &content);

	rk_strbuf_free(&content);
	return at;
}

static void
put_utf8(struct rk_strbuf *out, uint32_t c)
{
	if (c < 0x80) {
		rk_strbuf_putc(out, (char)c);
	} else if (c < 0x800) {
		rk_strbuf_putc(out, (char)(0xc0 | c >> 6));
		rk_strbuf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		rk_strbuf_putc(out, (char)(0xe0 | c >> 12));
		rk_strbuf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		rk_strbuf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		rk_strbuf_putc(out, (char)(0xf0 | c >> 18));
		rk_strbuf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		rk_strbuf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		rk_strbuf_putc(out, (char)(0x80 | (c & 0x3f)));
	}
}

static bool
hex(const char *s, size_t len, size_t digits, uint32_t *c)
{
	static const char known[] = "0123456789abcdefABCDEF";
	const char *at;
	size_t i;

	*c = 0;
	if (len < digits)
		return false;
	for (i = 0; i < digits; i++) {
		at = s[i] ? strchr(known, s[i]) : NULL;
		if (!at)
			return false;
		*c = *c << 4 | (uint32_t)(at - known < 16 ? at - known : at - known - 6);
	}
	return true;
}

/* Decode the escape sequence whose backslash precedes s; return the bytes that it took, 0 if it is invalid. */
static size_t
escape(const char *s, size_t len, bool json, struct rk_strbuf *out)
{
	static const char name[] = "abtnvfre \"/\\_NLP\t0";
	static const uint32_t value[] = { 7, 8, 9, 10, 11, 12, 13, 27, ' ', '"', '/', '\\', 0xa0, 0x85, 0x2028, 0x2029,
		'\t' };
	const char *at = len && s[0] ? strchr(name, s[0]) : NULL;
	size_t digits;
	uint32_t c, low;

	if (at && *at != '0') {
		put_utf8(out, value[at - name]);
		return 1;
	}
	digits = len == 0 ? 0 : s[0] == 'x' ? 2 : s[0] == 'u' ? 4 : s[0] == 'U' ? 8 : 0;
	if (!digits || !hex(s + 1, len - 1, digits, &c))
		return 0;
	if (json && c >= 0xd800 && c < 0xdc00 && len >= 11 && s[5] == '\\' && s[6] == 'u' &&
	    hex(s + 7, 4, 4, &low) && low >= 0xdc00 && low < 0xe000) {
		put_utf8(out, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
		return 11;
	}
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	put_utf8(out, c);
	return 1 + digits;
}

/* A plain or quoted scalar that is being decoded. */
struct flow {
	const char *s;	/* what is between the quotes */
	size_t len, at;	/* at: what is decoded so far */
	char quote;
	bool json;
	struct rk_strbuf *out;
};

/* Fold the white space around line breaks, from the first break on: n breaks become n - 1, or a space if n is 1. */
static void
fold(struct flow *f, bool escaped)
{
	size_t breaks = 0;

	for (; f->at < f->len && (is_blank(f->s[f->at]) || is_break(f->s[f->at])); f->at++)
		breaks += f->s[f->at] == '\n';
	if (breaks == 1 && !escaped)
		rk_strbuf_putc(f->out, ' ');
	for (; breaks > 1; breaks--)
		rk_strbuf_putc(f->out, '\n');
}

/* Decode the next piece, of at most most bytes if it is literal; return false at an invalid escape sequence. */
static bool
flow_step(struct flow *f, size_t most)
{
	const char *s = f->s;
	size_t from = f->at, at = from, used;

	while (at < f->len && at - from < most && !is_break(s[at]) && !is_blank(s[at]) && s[at] != '\\' && s[at] != '\'')
		at++;
	f->at = at;
	if (at > from) {
		rk_strbuf_add(f->out, s + from, at - from);
	} else if (is_blank(s[at]) || is_break(s[at])) {
		while (f->at < f->len && is_blank(s[f->at]))
			f->at++;
		if (f->at < f->len && is_break(s[f->at])) {
			fold(f, false);
		} else {
			f->at = f->at - from > most ? from + most : f->at;
			rk_strbuf_add(f->out, s + from, f->at - from);
		}
	} else if (s[at] == '\\' && f->quote == '"' && at + 1 < f->len && is_break(s[at + 1])) {
		f->at++;
		fold(f, true);
	} else if (s[at] == '\\' && f->quote == '"') {
		used = escape(s + at + 1, f->len - at - 1, f->json, f->out);
		f->at += 1 + used;
		return used > 0;
	} else {
		rk_strbuf_putc(f->out, s[at]);
		f->at += s[at] == '\'' && f->quote == '\'' ? 2 : 1;
	}
	return true;
}

enum rk_rc
rk_scalar_flow_decode(const char *s, size_t len, char quote, bool json, struct rk_strbuf *out, struct rk_err *err)
{
	struct flow f = { .s = s, .len = len, .quote = quote, .json = json, .out = out };

	while (f.at < len)
		if (!flow_step(&f, SIZE_MAX))
			return rk_err_data(err, RK_CODE_UNREADABLE, "invalid escape sequence");
	return RK_OK;
}

size_t
rk_scalar_flow_offset(const char *s, size_t len, char quote, bool json, size_t n)
{
	struct rk_strbuf text = { 0 };
	struct flow f = { .s = s, .len = len, .quote = quote, .json = json, .out = &text };

	while (f.at < len && text.len < n && flow_step(&f, n - text.len))
		;
	if (text.len != n)
		f.at = SIZE_MAX;
	rk_strbuf_free(&text);
	return f.at;
}

static bool
one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool
is_float(const char *s)
{
	size_t whole, part = 0;

	s += *s == '-' || *s == '+';
	whole = strspn(s, "0123456789");
	s += whole;
	if (*s == '.') {
		part = strspn(++s, "0123456789");
		s += part;
	}
	if (whole == 0 && part == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		s++;
		s += *s == '-' || *s == '+';
		if (!*s || s[strspn(s, "0123456789")])
			return false;
		return true;
	}
	return !*s;
}

/* As Go's strconv.ParseInt(s, 0, 64), then ParseUint; a number that exceeds json_int_t becomes a real. */
static json_t *
integer(const char *s)
{
	const char *digits = s + (*s == '-' || *s == '+');
	unsigned long long n;
	bool minus = *s == '-';
	int base = 10;
	char *end;

	if (digits[0] == '0' && digits[1]) {
		switch (digits[1]) {
		case 'x': case 'X': base = 16; digits += 2; break;
		case 'o': case 'O': base = 8; digits += 2; break;
		case 'b': case 'B': base = 2; digits += 2; break;
		default: base = 8; digits++;
		}
	}
	if (!*digits || digits[strspn(digits, "0123456789abcdefABCDEF")])
		return NULL;
	errno = 0;
	n = strtoull(digits, &end, base);
	if (*end || errno == ERANGE)
		return NULL;
	if (minus)
		return n <= (1ull << 63) ? json_integer(n == 1ull << 63 ? INT64_MIN : -(json_int_t)n) : NULL;
	if (n <= INT64_MAX)
		return json_integer((json_int_t)n);
	return *s == '+' ? NULL : json_real((double)n);
}

json_t *
rk_scalar_resolve(const char *s, size_t len)
{
	static const char *const truth[] = { "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL };
	static const char *const lie[] = { "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", NULL };
	static const char *const none[] = { "", "~", "null", "Null", "NULL", NULL };
	char copy[128], *to = copy;
	json_t *json = NULL;
	size_t i;
	double d;

	if (len == 0)
		return json_null();
	if (len >= sizeof copy || !memchr("yYnNtTfFoO~.+-0123456789", s[0], 24))
		return NULL;
	memcpy(copy, s, len);
	copy[len] = '\0';
	if (one_of(copy, truth))
		return json_true();
	if (one_of(copy, lie))
		return json_false();
	if (one_of(copy, none))
		return json_null();
	if (!memchr(".+-0123456789", s[0], 13))
		return NULL;
	for (i = 0; i < len; i++)
		if (s[i] != '_' || s[0] == '.')
			*to++ = s[i];
	*to = '\0';
	if (s[0] != '.' && (json = integer(copy)))
		return json;
	if (!is_float(copy))
		return NULL;
	d = strtod(copy, NULL);
	if (isinf(d))
		return NULL;
	json = json_real(d);
	return json;
}

/* Skip digits of set and underscores, *used in all; return whether there is a digit. */
static bool
digits(const char *s, size_t len, const char *set, size_t *used)
{
	size_t n = 0;
	bool any = false;

	while (n < len && s[n] && (s[n] == '_' || strchr(set, s[n])))
		any |= s[n++] != '_';
	*used = n;
	return any;
}

/* Is s a number to any reader: by YAML 1.1 (base 60 included), 1.2 or Go? */
static bool
like_number(const char *s, size_t len)
{
	static const char decimal[] = "0123456789";
	size_t at, n;
	bool whole, part = false;

	if (len && (*s == '-' || *s == '+')) {
		s++;
		len--;
	}
	if (len == 4 && (strncasecmp(s, ".inf", 4) == 0 || strncasecmp(s, ".nan", 4) == 0))
		return true;
	if (len > 2 && s[0] == '0' && strchr("xX", s[1]) && digits(s + 2, len - 2, "0123456789abcdefABCDEF", &n) && n == len - 2)
		return true;
	if (len > 2 && s[0] == '0' && strchr("oObB", s[1]) && digits(s + 2, len - 2, decimal, &n) && n == len - 2)
		return true;
	if (len == 0 || !strchr("0123456789._", s[0]) || !s[0])
		return false;
	whole = digits(s, len, decimal, &at);
	if (whole && at < len && s[at] == ':') {
		while (at < len && s[at] == ':' && digits(s + at + 1, len - at - 1, decimal, &n))
			at += 1 + n;
		return at == len || s[at] == '.';
	}
	if (at < len && s[at] == '.') {
		part = digits(s + at + 1, len - at - 1, decimal, &n);
		at += 1 + n;
	}
	if (!whole && !part)
		return false;
	if (at < len && (s[at] == 'e' || s[at] == 'E')) {
		at++;
		at += at < len && (s[at] == '-' || s[at] == '+');
		if (!digits(s + at, len - at, decimal, &n))
			return false;
		at += n;
	}
	return at == len;
}

/* Is s a date, YYYY-M-D, or does it start like a time stamp? */
static bool
like_date(const char *s, size_t len)
{
	size_t at = 0, part, n;

	for (part = 0; part < 3; part++) {
		for (n = 0; at < len && s[at] >= '0' && s[at] <= '9'; at++)
			n++;
		if (n == 0 || (part == 0 ? n != 4 : n > 2))
			return false;
		if (part < 2 && (at == len || s[at++] != '-'))
			return false;
	}
	return at == len || s[at] == 'T' || s[at] == 't' || is_blank(s[at]);
}

bool
rk_scalar_is_string(const char *s, size_t len)
{
	static const char *const words[] = { "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "=", "<<" };
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && strncasecmp(s, words[i], len) == 0)
			return false;
	return len > 0 && !like_number(s, len) && !like_date(s, len);
}

bool
rk_scalar_plain(const char *s, size_t len, bool flow)
{
	size_t at, used;
	int32_t c;

	if (len == 0 || is_blank(s[len - 1]) || strchr("?:,[]{}#&*!|>'\"%@` \t", s[0]) || !s[0])
		return false;
	if (s[0] == '-' && (len == 1 || is_blank(s[1]) || memchr(",[]{}", s[1], 5)))
		return false;
	if (len >= 3 && (memcmp(s, "---", 3) == 0 || memcmp(s, "...", 3) == 0))
		return false;
	for (at = 0; at < len; at += used) {
		c = rk_utf8_decode(s + at, len - at, &used);
		if (c < 0x20 || rk_utf8_unprintable(c) || c == 0xfffe || c == 0xffff || c == 0xa0)
			return false;
		if (c == ':' && (at + 1 == len || s[at + 1] == ' ' || (flow && strchr(",[]{}?", s[at + 1]))))
			return false;
		if (c == '#' && s[at - 1] == ' ')
			return false;
		if (flow && c < 0x80 && strchr(",[]{}?", c))
			return false;
	}
	return rk_scalar_is_string(s, len);
}
