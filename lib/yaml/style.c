#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/emit.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

#define INDENT 16	/* columns; a larger indentation is not imitated */

/* How many columns a block collection of that kind is indented below its key; SIZE_MAX if node is anything else. */
static size_t
indent_below_key(const struct rk_yaml *y, uint32_t node, enum rk_yaml_kind kind)
{
	const struct rk_yaml_node *n = &y->node[node], *parent = &y->node[n->parent];
	size_t inner, outer;

	if (n->kind != kind || n->style != RK_YAML_BLOCK || parent->kind != RK_YAML_MAP || parent->style != RK_YAML_BLOCK)
		return SIZE_MAX;
	inner = rk_yaml_column(y, n->start);
	outer = rk_yaml_column(y, parent->start);
	return inner >= outer ? inner - outer : SIZE_MAX;
}

/* The same for the nearest collection of that kind: a child of parent, else an ancestor, else the first in the file. */
static size_t
nearest_indent(const struct rk_yaml *y, uint32_t parent, enum rk_yaml_kind kind, size_t otherwise)
{
	size_t found = SIZE_MAX;
	uint32_t node;

	for (node = y->node[parent].child; parent && node && found == SIZE_MAX; node = y->node[node].next)
		found = indent_below_key(y, node, kind);
	for (node = parent; node && found == SIZE_MAX; node = y->node[node].parent)
		found = indent_below_key(y, node, kind);
	for (node = 1; node < y->nodes && found == SIZE_MAX; node++)
		found = indent_below_key(y, node, kind);
	return found == SIZE_MAX ? otherwise : found;
}

char
rk_style_quote(const struct rk_yaml *y, uint32_t node)
{
	const struct rk_yaml_node *n = &y->node[node];

	return n->kind != RK_YAML_SCALAR ? 0 : n->style == RK_YAML_SINGLE ? '\'' : n->style == RK_YAML_DOUBLE ? '"' : 0;
}

/* The quote of a string that would be the same without quotes; 0 if it needs them or has none. */
static char
needless_quote(const struct rk_yaml *y, uint32_t node)
{
	struct rk_strbuf text = { 0 };
	struct rk_err ignored;
	char quote = rk_style_quote(y, node);

	if (quote && (rk_yaml_scalar(y, node, &text, &ignored) != RK_OK ||
	    !rk_scalar_plain(rk_strbuf_str(&text), text.len, false)))
		quote = 0;
	rk_strbuf_free(&text);
	return quote;
}

static bool
is_string(const struct rk_yaml *y, uint32_t node)
{
	const struct rk_yaml_node *n = &y->node[node];
	json_t *other;

	if (n->kind != RK_YAML_SCALAR || n->style != RK_YAML_PLAIN)
		return n->kind == RK_YAML_SCALAR;
	other = rk_scalar_resolve(y->text + n->start, n->end - n->start);
	json_decref(other);
	return !other;
}

static void
quotes_of_children(const struct rk_yaml *y, uint32_t parent, struct rk_emit_style *style)
{
	uint32_t child = y->node[parent].child, key = 0, value = 0, node;
	bool map = y->node[parent].kind == RK_YAML_MAP;
	size_t i;

	for (i = 0; child; i++, child = y->node[child].next) {
		if (map && i % 2 == 0)
			key = child;
		else if (is_string(y, child))
			value = child;
	}
	style->key_quote = key ? rk_style_quote(y, key) : 0;
	style->value_quote = value ? needless_quote(y, value) : 0;
	style->quote = value ? rk_style_quote(y, value) : 0;
	for (node = 1; node < y->nodes && !style->quote; node++)
		style->quote = rk_style_quote(y, node);
	if (!style->quote)
		style->quote = '"';
}

static void
spaces_of_children(const struct rk_yaml *y, uint32_t parent, struct rk_emit_style *style)
{
	uint32_t key = y->node[parent].child, value = y->node[key].next;
	size_t offset;

	style->colon = ": ";
	style->comma = ", ";
	if (y->node[parent].style != RK_YAML_FLOW || !key || !value)
		return;
	if (y->node[parent].kind == RK_YAML_SEQ) {
		offset = rk_splice_skip_gap(y, y->node[key].end);
		style->comma = y->text[offset] == ',' && !is_white(y->text[offset + 1]) ? "," : ", ";
		return;
	}
	offset = rk_splice_slot(y, value);
	if (y->text[offset - 1] == ':' && offset == y->node[value].start && y->node[value].start < y->node[value].end &&
	    style->key_quote && rk_style_quote(y, key))
		style->colon = ":";
	if (style->colon[1] == '\0')
		style->comma = ",";
}

struct rk_emit_style
rk_style_of_children(const struct rk_yaml *y, uint32_t parent, bool flat)
{
	const char *nl = memchr(y->text, '\n', y->len);
	struct rk_emit_style style = { .newline = nl && nl > y->text && nl[-1] == '\r' ? "\r\n" : "\n",
		.json = y->json, .literal = !flat, .flat = flat };

	style.step = nearest_indent(y, parent, RK_YAML_MAP, 2);
	if (style.step == 0 || style.step > INDENT)
		style.step = 2;
	style.list = nearest_indent(y, parent, RK_YAML_SEQ, style.step);
	if (style.list > INDENT)
		style.list = style.step;
	quotes_of_children(y, parent, &style);
	spaces_of_children(y, parent, &style);
	return style;
}

struct rk_emit_style
rk_style_of_value(const struct rk_yaml *y, uint32_t node, bool flat)
{
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_emit_style style = rk_style_of_children(y, n->parent, flat);
	char quote = rk_style_quote(y, node);
	size_t column;

	if (quote)
		style.value_quote = style.quote = quote;
	else if (n->kind == RK_YAML_SCALAR && is_string(y, node))
		style.value_quote = 0;
	/* the last line of a literal would have no line break, or take in what follows */
	column = n->parent ? rk_yaml_column(y, y->node[n->parent].start) : 0;
	if (rk_splice_line_end(y, n->end) == y->len || rk_splice_would_join(y, rk_splice_next_line(y, n->end), column))
		style.literal = false;
	return style;
}

/* Append the white space that a line starts with. */
static void
indent_of_line(const struct rk_yaml *y, size_t offset, struct rk_strbuf *indent)
{
	size_t start = rk_splice_line_start(y, offset), end = start;

	while (end < y->len && (y->text[end] == ' ' || y->text[end] == '\t'))
		end++;
	rk_strbuf_add(indent, y->text + start, end - start);
}

bool
rk_style_is_spread(const struct rk_yaml *y, uint32_t node, struct rk_strbuf *indent, const char **unit)
{
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_strbuf outer = { 0 };
	size_t start = y->node[n->child].props;

	if (!n->child || !memchr(y->text + n->start, '\n', start - n->start))
		return false;
	indent_of_line(y, start, indent);
	indent_of_line(y, n->end - 1, &outer);
	*unit = indent->len > outer.len && memcmp(rk_strbuf_str(indent), rk_strbuf_str(&outer), outer.len) == 0 ?
	    rk_strbuf_str(indent) + outer.len : "  ";
	rk_strbuf_free(&outer);
	return true;
}
