#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render.h"
#include "scalar.h"

static bool
printable(int32_t c)
{
	return c >= 0x20 && !rk_unprintable(c) && c != 0x7f && c != 0xfffe && c != 0xffff && c != 0xfeff;
}

bool
rk_render_single_fits(const char *s, size_t len)
{
	size_t at, used;

	for (at = 0; at < len; at += used)
		if (!printable(rk_utf8_decode(s + at, len - at, &used)))
			return false;
	return true;
}

bool
rk_render_literal_fits(const char *s, size_t len)
{
	size_t at, used;
	int32_t c;

	if (!memchr(s, '\n', len) || s[0] == ' ' || s[0] == '\t' || s[0] == '\n')
		return false;
	for (at = 0; at < len; at += used) {
		c = rk_utf8_decode(s + at, len - at, &used);
		if (c != '\n' && c != '\t' && !printable(c))
			return false;
	}
	for (at = len; at > 0 && s[at - 1] != '\n'; at--)	/* the last line must not look blank */
		;
	at = at == len ? len - 1 : len;
	return s[at - 1] != ' ' && s[at - 1] != '\t' && s[at - 1] != '\n';
}

static void
escape(struct rk_text *out, int32_t c, bool json)
{
	static const char from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";
	const char *at = c > 0 && c < 0x80 ? strchr(from, c) : NULL;

	if (at)
		rk_text_printf(out, "\\%c", to[at - from]);
	else if (c < 0x10000)
		rk_text_printf(out, "\\u%04x", (unsigned)c);
	else if (json)
		rk_text_printf(out, "\\u%04x\\u%04x", 0xd800 + (unsigned)((c - 0x10000) >> 10),
		    0xdc00 + (unsigned)((c - 0x10000) & 0x3ff));
	else
		rk_text_printf(out, "\\U%08x", (unsigned)c);
}

void
rk_render_quoted(struct rk_text *out, const char *s, size_t len, char quote, bool json)
{
	size_t at, used;
	int32_t c;

	if (quote == '\'' && !rk_render_single_fits(s, len))
		quote = '"';
	rk_text_putc(out, quote);
	for (at = 0; at < len; at += used) {
		c = rk_utf8_decode(s + at, len - at, &used);
		if (quote == '\'' && c == '\'')
			rk_text_puts(out, "''");
		else if (quote == '"' && (c == '"' || c == '\\' || !printable(c)))
			escape(out, c, json);
		else
			rk_text_add(out, s + at, used);
	}
	rk_text_putc(out, quote);
}

static void
string(struct rk_text *out, const char *s, size_t len, const struct rk_style *style, char quote, bool flow)
{
	if (style->json)
		rk_render_quoted(out, s, len, '"', true);
	else if (quote)
		rk_render_quoted(out, s, len, quote, false);
	else if (rk_scalar_plain(s, len, flow))
		rk_text_add(out, s, len);
	else
		rk_render_quoted(out, s, len, style->quote, false);
}

/*
 * The shortest decimal that reads back as d, in a form that YAML 1.1, 1.2 and JSON all take for a float: with a
 * point, and a sign in the exponent.
 */
static void
real(struct rk_text *out, double d)
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
	rk_text_puts(out, s);
	if (!strchr(s, '.'))
		rk_text_puts(out, ".0");
	if (e)
		rk_text_printf(out, "e%s", e + 1);
}

static void
scalar(struct rk_text *out, const json_t *value, const struct rk_style *style, bool flow)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		string(out, json_string_value(value), json_string_length(value), style, style->value_quote, flow);
		break;
	case JSON_INTEGER:
		rk_text_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		real(out, json_real_value(value));
		break;
	case JSON_OBJECT:
		rk_text_puts(out, "{}");
		break;
	case JSON_ARRAY:
		rk_text_puts(out, "[]");
		break;
	default:
		rk_text_puts(out, json_is_true(value) ? "true" : json_is_false(value) ? "false" : "null");
	}
}

static bool
is_leaf(const json_t *value)
{
	return json_object_size(value) == 0 && json_array_size(value) == 0;
}

void
rk_render_key(struct rk_text *out, const char *key, const struct rk_style *style, bool flow)
{
	string(out, key, strlen(key), style, style->key_quote, flow);
}

static void
separate(struct rk_text *out, const struct rk_style *style, bool first, const struct rk_text *inner, const char *indent)
{
	if (!first)
		rk_text_puts(out, indent ? "," : style->comma);
	if (indent)
		rk_text_puts(out, style->newline);
	rk_text_add(out, rk_text_str(inner), inner->len);
}

void
rk_render_flow(struct rk_text *out, const json_t *value, const struct rk_style *style, const char *indent,
    const char *unit)
{
	struct rk_text inner = { 0 };
	const char *key;
	json_t *each;
	bool first = true;
	size_t i;

	if (is_leaf(value)) {
		scalar(out, value, style, true);
		return;
	}
	if (indent)
		rk_text_printf(&inner, "%s%s", indent, unit);
	rk_text_putc(out, json_is_object(value) ? '{' : '[');
	json_object_foreach((json_t *)value, key, each) {
		separate(out, style, first, &inner, indent);
		rk_render_key(out, key, style, true);
		rk_text_puts(out, style->colon);
		rk_render_flow(out, each, style, indent ? rk_text_str(&inner) : NULL, unit);
		first = false;
	}
	json_array_foreach(value, i, each) {
		separate(out, style, i == 0, &inner, indent);
		rk_render_flow(out, each, style, indent ? rk_text_str(&inner) : NULL, unit);
	}
	if (indent)
		rk_text_printf(out, "%s%s", style->newline, indent);
	rk_text_putc(out, json_is_object(value) ? '}' : ']');
	out->failed |= inner.failed;
	rk_text_free(&inner);
}

static void
literal(struct rk_text *out, const char *s, const struct rk_style *style, size_t column)
{
	size_t line = strlen(s);

	rk_text_puts(out, s[line - 1] == '\n' ? "|" : "|-");
	for (; *s; s += line + (s[line] == '\n')) {
		line = strcspn(s, "\n");
		rk_text_puts(out, style->newline);
		if (line)
			rk_text_fill(out, ' ', column);
		rk_text_add(out, s, line);
	}
}

/* Lines at column, the first one's indentation apart. */
static void
shifted(struct rk_text *out, const char *line, size_t column)
{
	const char *nl;

	for (; (nl = strchr(line, '\n')); line = nl + 1) {
		rk_text_add(out, line, (size_t)(nl + 1 - line));
		if (!strchr("\r\n", nl[1]))
			rk_text_fill(out, ' ', column);
	}
	rk_text_puts(out, line);
}

/* What the value looks like already, unless it would take in what follows. */
static const struct rk_written *
written(const struct rk_style *style, bool block)
{
	const struct rk_written *is = style->written;

	return is && is->block == block && (style->literal || !is->open_ended) ? is : NULL;
}

void
rk_render_block(struct rk_text *out, const json_t *value, const struct rk_style *style, size_t column, bool dash)
{
	const struct rk_written *is = written(style, false);

	if (is) {
		rk_text_putc(out, ' ');
		rk_text_add(out, rk_text_str(&is->text), is->text.len);
		return;
	}
	if (is_leaf(value)) {
		rk_text_putc(out, ' ');
		if (style->literal && json_is_string(value) && style->value_quote != '"' &&
		    rk_render_literal_fits(json_string_value(value), json_string_length(value)))
			literal(out, json_string_value(value), style, column + style->step);
		else
			scalar(out, value, style, false);
		return;
	}
	if (style->flat) {
		rk_text_putc(out, ' ');
		rk_render_flow(out, value, style, NULL, NULL);
		return;
	}
	column += dash ? 2 : json_is_array(value) ? style->list : style->step;
	is = written(style, true);
	if (dash) {
		rk_text_putc(out, ' ');
		rk_render_entries(out, value, style, column);
		return;
	}
	if (is)
		rk_text_add(out, rk_text_str(&is->lead), is->lead.len);
	rk_text_puts(out, style->newline);
	rk_text_fill(out, ' ', column);
	if (is)
		shifted(out, rk_text_str(&is->text), column);
	else
		rk_render_entries(out, value, style, column);
}

void
rk_render_entries(struct rk_text *out, const json_t *value, const struct rk_style *style, size_t column)
{
	const struct rk_written *is = written(style, true);
	const char *key;
	json_t *each;
	bool first = true;
	size_t i;

	if (is) {
		shifted(out, rk_text_str(&is->text) + is->entries, column);
		return;
	}
	json_object_foreach((json_t *)value, key, each) {
		if (!first) {
			rk_text_puts(out, style->newline);
			rk_text_fill(out, ' ', column);
		}
		rk_render_key(out, key, style, false);
		rk_text_putc(out, ':');
		rk_render_block(out, each, style, column, false);
		first = false;
	}
	json_array_foreach(value, i, each) {
		if (i > 0) {
			rk_text_puts(out, style->newline);
			rk_text_fill(out, ' ', column);
		}
		rk_text_putc(out, '-');
		rk_render_block(out, each, style, column, true);
	}
}
