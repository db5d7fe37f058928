#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/emit.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "yaml/scalar.h"

static bool
printable(int32_t c)
{
	return c >= 0x20 && !rk_utf8_unprintable(c) && c != 0x7f && c != 0xfffe && c != 0xffff && c != 0xfeff;
}

bool
rk_emit_single_fits(const char *s, size_t len)
{
	size_t at, used;

	for (at = 0; at < len; at += used)
		if (!printable(rk_utf8_decode(s + at, len - at, &used)))
			return false;
	return true;
}

/* Does the first line of s that is not empty start with a blank, so that a literal needs an indentation indicator? */
static bool
starts_blank(const char *s)
{
	s += strspn(s, "\n");
	return *s == ' ' || *s == '\t';
}

/* Can s be the content of a literal block scalar? */
static bool
literal_fits(const char *s, size_t len, const struct rk_emit_style *style)
{
	size_t at, used, end = len;
	int32_t c;

	if (!memchr(s, '\n', len) || ((*s == '\n' || starts_blank(s)) && !style->blanks) ||
	    (starts_blank(s) && style->step > 9))
		return false;
	for (at = 0; at < len; at += used) {
		c = rk_utf8_decode(s + at, len - at, &used);
		if (c != '\n' && c != '\t' && !printable(c))
			return false;
	}
	while (end > 0 && s[end - 1] == '\n')
		end--;
	if (end == 0 || (len - end > 1 && !style->blanks))
		return false;
	return s[end - 1] != ' ' && s[end - 1] != '\t';	/* the last line must not look blank */
}

static void
escape(struct rk_strbuf *out, int32_t c, bool json)
{
	static const char from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";
	const char *at = c > 0 && c < 0x80 ? strchr(from, c) : NULL;

	if (at)
		rk_strbuf_printf(out, "\\%c", to[at - from]);
	else if (c < 0x10000)
		rk_strbuf_printf(out, "\\u%04x", (unsigned)c);
	else if (json)
		rk_strbuf_printf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)((c - 0x10000) >> 10),
		    0xdc00 + (unsigned)((c - 0x10000) & 0x3ff));
	else
		rk_strbuf_printf(out, "\\U%08x", (unsigned)c);
}

void
rk_emit_quoted(struct rk_strbuf *out, const char *s, size_t len, char quote, bool json)
{
	size_t at, used;
	int32_t c;

	if (quote == '\'' && !rk_emit_single_fits(s, len))
		quote = '"';
	rk_strbuf_putc(out, quote);
	for (at = 0; at < len; at += used) {
		c = rk_utf8_decode(s + at, len - at, &used);
		if (quote == '\'' && c == '\'')
			rk_strbuf_puts(out, "''");
		else if (quote == '"' && (c == '"' || c == '\\' || !printable(c)))
			escape(out, c, json);
		else
			rk_strbuf_add(out, s + at, used);
	}
	rk_strbuf_putc(out, quote);
}

static void
string(struct rk_strbuf *out, const char *s, size_t len, const struct rk_emit_style *style, char quote, bool flow)
{
	if (style->json)
		rk_emit_quoted(out, s, len, '"', true);
	else if (quote)
		rk_emit_quoted(out, s, len, quote, false);
	else if (rk_scalar_plain(s, len, flow))
		rk_strbuf_add(out, s, len);
	else
		rk_emit_quoted(out, s, len, style->quote, false);
}

/* Write d as the shortest decimal that is read as d, and as a float by YAML 1.1, 1.2 and JSON: with a point. */
static void
real(struct rk_strbuf *out, double d)
{
	char s[40], *e;
	int digits;

	for (digits = 15; digits < 18; digits++) {
		snprintf(s, sizeof s, "%.*g", digits, d);
		if (strtod(s, NULL) == d)
			break;
	}
	e = strchr(s, 'e');
	if (e)
		*e = '\0';
	rk_strbuf_puts(out, s);
	if (!strchr(s, '.'))
		rk_strbuf_puts(out, ".0");
	if (e)
		rk_strbuf_printf(out, "e%s", e + 1);
}

static void
scalar(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, bool flow)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		string(out, json_string_value(value), json_string_length(value), style, style->value_quote, flow);
		break;
	case JSON_INTEGER:
		rk_strbuf_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		real(out, json_real_value(value));
		break;
	case JSON_OBJECT:
		rk_strbuf_puts(out, "{}");
		break;
	case JSON_ARRAY:
		rk_strbuf_puts(out, "[]");
		break;
	default:
		rk_strbuf_puts(out, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
	}
}

static bool
is_leaf(const json_t *value)
{
	return json_object_size(value) == 0 && json_array_size(value) == 0;
}

void
rk_emit_key(struct rk_strbuf *out, const char *key, const struct rk_emit_style *style, bool flow)
{
	string(out, key, strlen(key), style, style->key_quote, flow);
}

static void
separate(struct rk_strbuf *out, const struct rk_emit_style *style, bool first, const struct rk_strbuf *inner, const char *indent)
{
	if (!first)
		rk_strbuf_puts(out, indent ? "," : style->comma);
	if (indent)
		rk_strbuf_puts(out, style->newline);
	rk_strbuf_add(out, rk_strbuf_str(inner), inner->len);
}

void
rk_emit_flow(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, const char *indent,
    const char *unit)
{
	struct rk_strbuf inner = { 0 };
	const char *key;
	json_t *each;
	bool first = true;
	size_t i;

	if (is_leaf(value)) {
		scalar(out, value, style, true);
		return;
	}
	if (indent)
		rk_strbuf_printf(&inner, "%s%s", indent, unit);
	rk_strbuf_putc(out, json_is_object(value) ? '{' : '[');
	json_object_foreach((json_t *)value, key, each) {
		separate(out, style, first, &inner, indent);
		rk_emit_key(out, key, style, true);
		rk_strbuf_puts(out, style->colon);
		rk_emit_flow(out, each, style, indent ? rk_strbuf_str(&inner) : NULL, unit);
		first = false;
	}
	json_array_foreach(value, i, each) {
		separate(out, style, i == 0, &inner, indent);
		rk_emit_flow(out, each, style, indent ? rk_strbuf_str(&inner) : NULL, unit);
	}
	if (indent)
		rk_strbuf_printf(out, "%s%s", style->newline, indent);
	rk_strbuf_putc(out, json_is_object(value) ? '}' : ']');
	rk_strbuf_free(&inner);
}

static void
literal(struct rk_strbuf *out, const char *s, size_t len, const struct rk_emit_style *style, size_t column)
{
	size_t line;

	rk_strbuf_putc(out, '|');
	if (starts_blank(s))
		rk_strbuf_printf(out, "%zu", style->step);
	if (s[len - 1] != '\n')
		rk_strbuf_putc(out, '-');
	else if (len > 1 && s[len - 2] == '\n')
		rk_strbuf_putc(out, '+');
	for (; *s; s += line + (s[line] == '\n')) {
		line = strcspn(s, "\n");
		rk_strbuf_puts(out, style->newline);
		if (line)
			rk_strbuf_fill(out, ' ', column);
		rk_strbuf_add(out, s, line);
	}
}

void
rk_emit_leaf(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column)
{
	const size_t start = out->len;

	if (style->literal && json_is_string(value) && style->value_quote != '"' && !rk_marks_here(style->marks, RK_MARKS_WRITE) &&
	    literal_fits(json_string_value(value), json_string_length(value), style))
		literal(out, json_string_value(value), json_string_length(value), style, column + style->step);
	else
		scalar(out, value, style, false);
	rk_marks_put(style->marks, out, start);
}

void
rk_emit_block(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column, bool dash)
{
	bool lines = !is_leaf(value) && !style->flat, marked = lines && rk_marks_put_made(style->marks, out);

	if (lines)
		column += dash ? 2 : json_is_array(value) ? style->list : style->step;
	if (lines && (!dash || marked)) {
		rk_strbuf_puts(out, style->newline);
		rk_strbuf_fill(out, ' ', column);
	} else {
		rk_strbuf_putc(out, ' ');
	}
	if (lines)
		rk_emit_entries(out, value, style, column);
	else if (is_leaf(value))
		rk_emit_leaf(out, value, style, column);
	else
		rk_emit_flow(out, value, style, NULL, NULL);
}

void
rk_emit_entries(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column)
{
	const char *key;
	json_t *each;
	bool first = true;
	size_t i;

	json_object_foreach((json_t *)value, key, each) {
		if (!first) {
			rk_strbuf_puts(out, style->newline);
			rk_strbuf_fill(out, ' ', column);
		}
		rk_emit_key(out, key, style, false);
		rk_strbuf_putc(out, ':');
		rk_marks_enter(style->marks, key, 0);
		rk_emit_block(out, each, style, column, false);
		rk_marks_leave(style->marks);
		first = false;
	}
	json_array_foreach(value, i, each) {
		if (i > 0) {
			rk_strbuf_puts(out, style->newline);
			rk_strbuf_fill(out, ' ', column);
		}
		rk_strbuf_putc(out, '-');
		rk_marks_enter(style->marks, NULL, i);
		rk_emit_block(out, each, style, column, true);
		rk_marks_leave(style->marks);
	}
}
