#include <stdlib.h>
#include <string.h>

#include "yaml/embed.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "yaml/edit.h"
#include "yaml/emit.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

#define STEP 2	/* columns that a new line in single quotes is indented below its key */

struct rk_embed {
	struct rk_edit *outer, *inner;
	uint32_t node;
	struct rk_strbuf content;	/* the string, decoded, when it was opened */
	struct rk_strbuf raw;	/* the scalar as it is written, with the line break after a block scalar */
	uint8_t style;
	long parent;		/* the column of the collection that holds it, -1 for a root */
	const char *newline;
	bool json;
	bool ended;		/* a line break follows the block scalar */
	bool lost;		/* an edit could not be followed */
};

/* The raw bytes of an offset in a literal's content. */
struct spot {
	size_t line, text;	/* the start of the line; the offset itself */
	bool first;		/* it is the line's first character, or where one would be */
};

static bool
is_block(const struct rk_embed *embed)
{
	return embed->style == RK_YAML_LITERAL || embed->style == RK_YAML_FOLDED;
}

static void
scan(const struct rk_embed *embed, struct rk_scalar_block *block)
{
	rk_scalar_block_scan(rk_strbuf_str(&embed->raw), embed->raw.len, 0, embed->parent, block);
}

static bool
spot_of(const struct rk_strbuf *raw, const struct rk_scalar_block *block, size_t offset, struct spot *spot)
{
	size_t line = block->body, start = 0, text, end, most;
	const char *nl;

	for (;;) {
		nl = line < raw->len ? memchr(raw->data + line, '\n', raw->len - line) : NULL;
		end = nl ? (size_t)(nl - raw->data) : raw->len;
		end -= nl && end > line && raw->data[end - 1] == '\r';
		most = block->indent;
		for (text = line; text < end && raw->data[text] == ' ' && most > 0; most--)
			text++;
		if (offset <= start + (end - text)) {
			*spot = (struct spot){ line, text + (offset - start), offset == start };
			return line <= raw->len;
		}
		if (!nl)
			return false;
		start += end - text + 1;
		line = (size_t)(nl - raw->data) + 1;
	}
}

static void
replace_raw(struct rk_embed *embed, size_t from, size_t to, const struct rk_strbuf *text)
{
	struct rk_strbuf new = { 0 }, *raw = &embed->raw;

	rk_strbuf_add(&new, raw->data, from);
	rk_strbuf_add(&new, rk_strbuf_str(text), text->len);
	rk_strbuf_add(&new, raw->data + to, raw->len - to);
	rk_strbuf_free(raw);
	*raw = new;
}

static bool
ends_line(const struct rk_strbuf *raw, size_t offset)
{
	return offset == raw->len || raw->data[offset] == '\n' || raw->data[offset] == '\r';
}

static bool
follow_in_literal(struct rk_embed *embed, const struct rk_splice *splice)
{
	struct rk_strbuf text = { 0 };
	struct rk_scalar_block block;
	struct spot from, to;
	bool fresh;		/* at the start of a line, its indentation not yet written */
	const char *s = rk_strbuf_str(&splice->text), *end = s + splice->text.len;

	scan(embed, &block);
	if (block.empty || block.body == 0 || !spot_of(&embed->raw, &block, splice->from, &from) ||
	    !spot_of(&embed->raw, &block, splice->to, &to))
		return false;
	fresh = from.first;
	for (; s < end; s++) {
		if (*s == '\n') {
			rk_strbuf_puts(&text, embed->newline);
			fresh = true;
		} else if (*s != '\r') {
			rk_strbuf_fill(&text, ' ', fresh ? block.indent : 0);
			rk_strbuf_putc(&text, *s);
			fresh = false;
		}
	}
	if (fresh && !to.first && !ends_line(&embed->raw, to.text))
		rk_strbuf_fill(&text, ' ', block.indent);
	replace_raw(embed, from.first ? from.line : from.text, fresh && to.first ? to.line : to.text, &text);
	rk_strbuf_free(&text);
	return true;
}

/* An edit within a line, however the lines are wrapped. */
static bool
follow_in_folded(struct rk_embed *embed, const struct rk_splice *splice)
{
	struct rk_scalar_block block;
	size_t from, to;

	scan(embed, &block);
	from = rk_scalar_folded_offset(embed->raw.data, embed->raw.len, &block, splice->from);
	to = rk_scalar_folded_offset(embed->raw.data, embed->raw.len, &block, splice->to);
	if (from == SIZE_MAX || to == SIZE_MAX || memchr(rk_strbuf_str(&splice->text), '\n', splice->text.len) ||
	    (splice->kept && memchr(embed->raw.data + from, '\n', to - from)))
		return false;
	replace_raw(embed, from, to, &splice->text);
	return true;
}

/* Append s for single quotes: n line breaks are written as n + 1, and lines are indented below their key. */
static void
single_quoted(const struct rk_embed *embed, const char *s, size_t len, struct rk_strbuf *out)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == '\'')
			rk_strbuf_putc(out, '\'');
		if (s[i] != '\n') {
			rk_strbuf_putc(out, s[i]);
			continue;
		}
		if (i == 0 || s[i - 1] != '\n')
			rk_strbuf_puts(out, embed->newline);
		rk_strbuf_puts(out, embed->newline);
		if (i + 1 == len || s[i + 1] != '\n')
			rk_strbuf_fill(out, ' ', STEP + (size_t)(embed->parent > 0 ? embed->parent : 0));
	}
}

/* Append s as it is written between the quotes of the string. */
static void
quoted(const struct rk_embed *embed, const char *s, size_t len, struct rk_strbuf *out)
{
	struct rk_strbuf text = { 0 };

	if (embed->style == RK_YAML_SINGLE) {
		single_quoted(embed, s, len, out);
		return;
	}
	rk_emit_quoted(&text, s, len, '"', embed->json);
	rk_strbuf_add(out, text.data + 1, text.len - 2);
	rk_strbuf_free(&text);
}

static bool
follow_in_quoted(struct rk_embed *embed, const struct rk_splice *splice)
{
	char quote = embed->style == RK_YAML_SINGLE ? '\'' : '"';
	struct rk_strbuf text = { 0 };
	const char *raw = embed->raw.data + 1, *content;
	size_t len = embed->raw.len - 2, from, to;
	bool same = true;

	from = rk_scalar_flow_offset(raw, len, quote, embed->json, splice->from);
	to = rk_scalar_flow_offset(raw, len, quote, embed->json, splice->to);
	if (from == SIZE_MAX || to == SIZE_MAX)
		return false;
	if (splice->kept) {	/* what is restored is written as we write it */
		content = rk_edit_text(embed->inner, &len);
		quoted(embed, content + splice->from, splice->to - splice->from, &text);
		same = text.len == to - from && memcmp(rk_strbuf_str(&text), raw + from, text.len) == 0;
		rk_strbuf_clear(&text);
	}
	quoted(embed, rk_strbuf_str(&splice->text), splice->text.len, &text);
	if (same)
		replace_raw(embed, 1 + from, 1 + to, &text);
	rk_strbuf_free(&text);
	return same;
}

/* Repeat a splice of the content in the raw bytes. */
static void
follow(void *context, const struct rk_splice *splice)
{
	struct rk_embed *embed = context;

	embed->lost = embed->lost || embed->style == RK_YAML_PLAIN ||
	    !(embed->style == RK_YAML_LITERAL ? follow_in_literal(embed, splice) :
	    embed->style == RK_YAML_FOLDED ? follow_in_folded(embed, splice) : follow_in_quoted(embed, splice));
}

static enum rk_rc
check_string(const struct rk_yaml *y, uint32_t node, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(y, node);
	enum rk_rc rc = RK_OK;
	bool string = n->kind == RK_YAML_SCALAR;
	json_t *json;

	if (string && (n->style == RK_YAML_PLAIN || n->props != n->start)) {
		rc = rk_yaml_json(y, node, &json, err);
		string = json_is_string(json);
		json_decref(json);
	}
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_UNREADABLE, "%s", err->msg);
	return rc != RK_OK || string ? rc : rk_err_refuse(err, RK_CODE_NO_SUCH_PATH, "not a string");
}

/* The {{ }} of a template are read as a key that is a collection. */
static enum rk_rc
check_template(const struct rk_yaml *y, struct rk_err *err)
{
	const struct rk_yaml_node *n;
	unsigned line, column;
	uint32_t node, k;

	for (node = 1; node < y->nodes; node++) {
		if (y->node[node].kind != RK_YAML_MAP)
			continue;
		for (k = y->node[node].child; k; k = y->node[y->node[k].next].next) {
			n = &y->node[k];
			if (n->kind == RK_YAML_MAP || n->kind == RK_YAML_SEQ) {
				rk_yaml_where(y, n->start, &line, &column);
				return rk_err_set(err, RK_EDATA, "%u: a template, or a key that is a list or map", line);
			}
		}
	}
	return RK_OK;
}

static enum rk_rc
open_content(struct rk_embed *embed, const struct rk_yaml *y, struct rk_err *err)
{
	unsigned line, column;
	enum rk_rc rc = rk_yaml_scalar(y, embed->node, &embed->content, err);

	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_UNREADABLE, "%s", err->msg);
	if (rc == RK_OK)
		rc = rk_edit_open(rk_strbuf_str(&embed->content), embed->content.len, &embed->inner, err);
	if (rc == RK_OK)
		rc = check_template(rk_edit_yaml(embed->inner), err);
	if (rc == RK_OK)
		rk_edit_follow(embed->inner, embed->style == RK_YAML_SINGLE, follow, embed);
	if (rc != RK_EDATA)
		return rc;
	rk_yaml_where(y, rk_yaml_node(y, embed->node)->start, &line, &column);
	return rk_err_refuse(err, RK_CODE_NOT_YAML, "the string at line %u is not YAML that can be edited: its line %s", line, err->msg);
}

enum rk_rc
rk_embed_open(struct rk_edit *outer, uint32_t node, struct rk_embed **embed, struct rk_err *err)
{
	const struct rk_yaml *y = rk_edit_yaml(outer);
	const struct rk_yaml_node *n = rk_yaml_node(y, node);
	const char *nl = memchr(y->text, '\n', y->len);
	size_t end = n->end;
	struct rk_embed *new;
	enum rk_rc rc;

	*embed = NULL;
	rc = check_string(y, node, err);
	if (rc != RK_OK)
		return rc;
	new = rk_memory_calloc(1, sizeof *new);
	*new = (struct rk_embed){ .outer = outer, .node = node, .style = n->style, .json = y->json,
		.parent = rk_yaml_outer_indent(y, n->parent), .newline = nl && nl > y->text && nl[-1] == '\r' ? "\r\n" : "\n" };
	if (is_block(new)) {
		end += end < y->len && y->text[end] == '\r';
		new->ended = end < y->len && y->text[end] == '\n';
		end += new->ended;
	}
	rk_strbuf_add(&new->raw, y->text + n->start, end - n->start);
	rc = open_content(new, y, err);
	if (rc == RK_OK)
		*embed = new;
	else
		rk_embed_close(new);
	return rc;
}

void
rk_embed_close(struct rk_embed *embed)
{
	if (!embed)
		return;
	rk_edit_close(embed->inner);
	rk_strbuf_free(&embed->content);
	rk_strbuf_free(&embed->raw);
	free(embed);
}

struct rk_edit *
rk_embed_edit(struct rk_embed *embed)
{
	return embed->inner;
}

/* Does the raw scalar, decoded, give the len bytes of content? */
static enum rk_rc
check_raw(const struct rk_embed *embed, const char *content, size_t len, bool *is, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	struct rk_scalar_block block;
	enum rk_rc rc = RK_OK;

	if (is_block(embed)) {
		scan(embed, &block);
		rk_scalar_block_decode(rk_strbuf_str(&embed->raw), embed->raw.len, embed->style == RK_YAML_FOLDED, &block, &text);
	} else {
		rc = rk_scalar_flow_decode(embed->raw.data + 1, embed->raw.len - 2, embed->style == RK_YAML_SINGLE ? '\'' : '"',
		    embed->json, &text, err);
	}
	*is = rc == RK_OK && text.len == len && memcmp(rk_strbuf_str(&text), content, len) == 0;
	rk_strbuf_free(&text);
	return rc;
}

/* How many of the line breaks at the end of the content, breaks of them, its last value needs to stay what it is. */
static size_t
needed_breaks(const struct rk_embed *embed, size_t breaks)
{
	const struct rk_yaml *y = rk_edit_yaml(embed->inner);
	const struct rk_yaml_node *last = &y->node[y->nodes - 1];
	struct rk_scalar_block block;

	if (last->style != RK_YAML_LITERAL && last->style != RK_YAML_FOLDED)
		return 0;
	rk_yaml_block(y, (uint32_t)y->nodes - 1, &block);
	return block.chomp == '-' || breaks == 0 ? 0 : block.chomp == '+' ? breaks : 1;
}

/*
 * Choose how a block scalar ends: blank lines at the end of the content go, and stay as lines after it, if its header
 * can remain as it is for that.  Return the chomping indicator, and shorten *len.
 */
static char
fit_end(const struct rk_embed *embed, const struct rk_scalar_block *block, const char *content, size_t *len)
{
	size_t breaks = 0, need, have = block->chomp == '-' ? 0 : 1;

	while (breaks < *len && content[*len - 1 - breaks] == '\n')
		breaks++;
	if (block->chomp == '+' || (breaks == 0 && (have == 0 || !embed->ended)))
		return block->chomp;
	if (*len == breaks) {
		*len = 0;
		return block->chomp;
	}
	need = needed_breaks(embed, breaks);
	if (need < have && breaks > 0)
		need = have;
	*len -= breaks - need;
	return need == have ? block->chomp : need == 0 ? '-' : need == 1 ? 0 : '+';
}

/* Drop the empty last line: the line break at the end of the content is now that of the line before it. */
static void
drop_last_line(struct rk_strbuf *raw)
{
	size_t len = raw->len - 1;

	while (len > 0 && raw->data[len - 1] != '\n')
		len--;
	raw->len = len;
}

/* Write the header of a block scalar as its content requires, and shorten *len if it can end earlier; its comment stays. */
static void
fit_header(struct rk_embed *embed, const char *content, size_t *len)
{
	struct rk_strbuf text = { 0 };
	struct rk_scalar_block block;
	size_t first = 0;
	unsigned step;
	char chomp;

	scan(embed, &block);
	chomp = fit_end(embed, &block, content, len);
	if (block.chomp == '-' && chomp != '-' && embed->ended)
		drop_last_line(&embed->raw);
	step = block.step;
	/* a reader takes the indentation from the first line that is not empty (YAML 1.2.2, section 8.1.1.1) */
	while (first < *len && content[first] == '\n')
		first++;
	if (!step && first < *len && content[first] == ' ')
		step = (unsigned)(block.indent - (size_t)(embed->parent > 0 ? embed->parent : 0));
	if (step > 9 || (chomp == block.chomp && step == block.step))
		return;
	rk_strbuf_putc(&text, embed->style == RK_YAML_LITERAL ? '|' : '>');
	if (step)
		rk_strbuf_printf(&text, "%u", step);
	if (chomp)
		rk_strbuf_putc(&text, chomp);
	replace_raw(embed, 0, block.header, &text);
	rk_strbuf_free(&text);
}

enum rk_rc
rk_embed_save(struct rk_embed *embed, struct rk_err *err)
{
	size_t len;
	const char *content = rk_edit_text(embed->inner, &len);
	enum rk_rc rc = RK_OK;
	bool is = false;
	json_t *value;

	if (len == embed->content.len && memcmp(content, rk_strbuf_str(&embed->content), len) == 0)
		return RK_OK;
	if (!embed->lost && is_block(embed))
		fit_header(embed, content, &len);
	if (!embed->lost)
		rc = check_raw(embed, content, len, &is, err);
	if (rc == RK_OK && !is && embed->style != RK_YAML_PLAIN)
		rc = rk_err_refuse(err, RK_CODE_STRING_STYLE,
		    "the string cannot hold its new content in its style: make it a literal block (|)");
	if (rc != RK_OK)
		return rc;
	value = json_stringn(content, len);
	if (is_block(embed) && embed->ended) {
		embed->raw.len--;
		embed->raw.len -= embed->raw.len > 0 && embed->raw.data[embed->raw.len - 1] == '\r';
	}
	rc = is ? rk_edit_raw(embed->outer, embed->node, &embed->raw, value, err) :
	    rk_edit_replace(embed->outer, embed->node, value, err);
	json_decref(value);
	return rc;
}
