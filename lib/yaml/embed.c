#include <string.h>

#include "yaml/embed.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/edit.h"
#include "yaml/emit.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"

static bool
is_block(const struct rk_embed *embed)
{
	return embed->style == RK_YAML_LITERAL || embed->style == RK_YAML_FOLDED;
}

void
rk_embed_free(struct rk_embed *embed)
{
	rk_strbuf_free(&embed->raw);
}

/* Where an offset in a literal's content lies in its bytes. */
struct spot {
	size_t line, text;	/* the line's start; the place itself */
	bool first;		/* it is the line's first character, or where one would be */
};

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
splice_text(struct rk_strbuf *raw, size_t from, size_t to, const struct rk_strbuf *text)
{
	struct rk_strbuf new = { 0 };

	rk_strbuf_add(&new, raw->data, from);
	rk_strbuf_add(&new, rk_strbuf_str(text), text->len);
	rk_strbuf_add(&new, raw->data + to, raw->len - to);
	new.failed |= raw->failed || text->failed;
	rk_strbuf_free(raw);
	*raw = new;
}

static void
splice_literal(struct rk_embed *embed, size_t from, size_t to, const char *s, size_t len)
{
	struct rk_strbuf text = { 0 };
	struct rk_scalar_block block;
	struct spot a, b;
	bool fresh;		/* at a line's start, its indentation not yet written */
	size_t i;

	rk_scalar_block_scan(embed->raw.data, embed->raw.len, 0, embed->parent, &block);
	if (block.empty || block.body == 0 || !spot_of(&embed->raw, &block, from, &a) ||
	    !spot_of(&embed->raw, &block, to, &b)) {
		embed->lost = true;
		return;
	}
	fresh = a.first;
	for (i = 0; i < len; i++) {
		if (s[i] == '\n') {
			rk_strbuf_puts(&text, embed->newline);
			fresh = true;
			continue;
		}
		if (s[i] == '\r')
			continue;
		if (fresh)
			rk_strbuf_fill(&text, ' ', block.indent);
		fresh = false;
		rk_strbuf_putc(&text, s[i]);
	}
	if (fresh && !b.first)
		rk_strbuf_fill(&text, ' ', block.indent);
	splice_text(&embed->raw, a.first ? a.line : a.text, fresh && b.first ? b.line : b.text, &text);
	rk_strbuf_free(&text);
}

/* What is of one line stays where it is, however the lines are wrapped. */
static void
splice_folded(struct rk_embed *embed, size_t from, size_t to, const char *s, size_t len)
{
	struct rk_strbuf text = { 0 };
	struct rk_scalar_block block;
	size_t a, b;

	rk_scalar_block_scan(embed->raw.data, embed->raw.len, 0, embed->parent, &block);
	a = rk_scalar_folded_offset(embed->raw.data, embed->raw.len, &block, from);
	b = rk_scalar_folded_offset(embed->raw.data, embed->raw.len, &block, to);
	if (a == SIZE_MAX || b == SIZE_MAX || memchr(s, '\n', len)) {
		embed->lost = true;
		return;
	}
	rk_strbuf_add(&text, s, len);
	splice_text(&embed->raw, a, b, &text);
	rk_strbuf_free(&text);
}

/* Text for single quotes: n line breaks are written as n + 1, and lines indented below their key. */
static void
single(const struct rk_embed *embed, const char *s, size_t len, struct rk_strbuf *out)
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
			rk_strbuf_fill(out, ' ', embed->step + (size_t)(embed->parent > 0 ? embed->parent : 0));
	}
}

static void
splice_quoted(struct rk_embed *embed, size_t from, size_t to, const char *s, size_t len)
{
	char quote = embed->style == RK_YAML_SINGLE ? '\'' : '"';
	struct rk_strbuf text = { 0 }, inside = { 0 };
	const char *raw = embed->raw.data + 1;
	size_t size = embed->raw.len - 2, a, b;

	a = rk_scalar_flow_offset(raw, size, quote, embed->json, from);
	b = rk_scalar_flow_offset(raw, size, quote, embed->json, to);
	if (a == SIZE_MAX || b == SIZE_MAX) {
		embed->lost = true;
		return;
	}
	if (quote == '\'') {
		single(embed, s, len, &inside);
	} else {
		rk_emit_quoted(&text, s, len, quote, embed->json);
		rk_strbuf_add(&inside, rk_strbuf_str(&text) + 1, text.len - 2);
		inside.failed |= text.failed;
	}
	splice_text(&embed->raw, 1 + a, 1 + b, &inside);
	rk_strbuf_free(&text);
	rk_strbuf_free(&inside);
}

static size_t
trailing_breaks(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[len - 1 - n] == '\n')
		n++;
	return n;
}

/* Write a block scalar's header anew: what its content needs, its comment kept. */
static void
header(struct rk_embed *embed, const struct rk_scalar_block *block, unsigned step, char chomp)
{
	struct rk_strbuf text = { 0 };

	rk_strbuf_putc(&text, embed->style == RK_YAML_LITERAL ? '|' : '>');
	if (step)
		rk_strbuf_printf(&text, "%u", step);
	if (chomp)
		rk_strbuf_putc(&text, chomp);
	splice_text(&embed->raw, 0, block->header, &text);
	rk_strbuf_free(&text);
}

enum rk_rc
rk_embed_splice(void *context, size_t from, size_t to, const char *text, size_t len, struct rk_err *err)
{
	struct rk_embed *embed = context;

	if (embed->style == RK_YAML_LITERAL && !embed->lost)
		splice_literal(embed, from, to, text, len);
	else if (embed->style == RK_YAML_FOLDED && !embed->lost)
		splice_folded(embed, from, to, text, len);
	else if ((embed->style == RK_YAML_SINGLE || embed->style == RK_YAML_DOUBLE) && !embed->lost)
		splice_quoted(embed, from, to, text, len);
	else
		embed->lost = true;
	return rk_strbuf_check(&embed->raw, err);
}

enum rk_rc
rk_embed_open(struct rk_embed *embed, const struct rk_edit *draft, uint32_t node, struct rk_strbuf *inner,
    struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(draft->yaml, node);
	const char *nl = memchr(draft->text, '\n', draft->len);
	const struct rk_yaml_node *parent = rk_yaml_node(draft->yaml, n->parent);
	size_t end = n->end;
	json_t *json;
	enum rk_rc rc = RK_OK;
	bool string = true;

	*embed = (struct rk_embed){ .style = n->style, .parent = -1, .step = 2,
		.newline = nl && nl > draft->text && nl[-1] == '\r' ? "\r\n" : "\n", .json = rk_yaml_is_json(draft->yaml) };
	if (n->kind != RK_YAML_SCALAR)
		return rk_err_refuse(err, RK_CODE_NO_SUCH_PATH, "no string that could hold YAML");
	if (n->style == RK_YAML_PLAIN || n->props != n->start) {
		rc = rk_yaml_json(draft->yaml, node, &json, err);
		string = json_is_string(json);
		json_decref(json);
	}
	if (rc == RK_ENOMEM)
		return rc;
	if (rc != RK_OK)
		return rk_err_refuse(err, RK_CODE_UNREADABLE, "%s", err->msg);
	if (!string)
		return rk_err_refuse(err, RK_CODE_NO_SUCH_PATH, "no string that could hold YAML");
	if (n->parent)
		embed->parent = (long)rk_yaml_column(draft->yaml, parent->start);
	if (is_block(embed)) {
		end += end < draft->len && draft->text[end] == '\r';
		embed->ended = end < draft->len && draft->text[end] == '\n';
		end += embed->ended;
	}
	rk_strbuf_add(&embed->raw, draft->text + n->start, end - n->start);
	rc = rk_yaml_scalar(draft->yaml, node, inner, err);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_UNREADABLE, "%s", err->msg);
	return rc == RK_OK ? rk_strbuf_check(&embed->raw, err) : rc;
}

static enum rk_rc
decoded_is(const struct rk_embed *embed, const char *inner, size_t len, bool *is, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	struct rk_scalar_block block;
	enum rk_rc rc = RK_OK;

	if (is_block(embed)) {
		rk_scalar_block_scan(rk_strbuf_str(&embed->raw), embed->raw.len, 0, embed->parent, &block);
		rk_scalar_block_decode(rk_strbuf_str(&embed->raw), embed->raw.len, embed->style == RK_YAML_FOLDED, &block, &text);
	} else {
		rc = rk_scalar_flow_decode(embed->raw.data + 1, embed->raw.len - 2, embed->style == RK_YAML_SINGLE ? '\'' : '"',
		    embed->json, &text, err);
	}
	if (rc == RK_OK)
		rc = rk_strbuf_check(&text, err);
	*is = rc == RK_OK && text.len == len && memcmp(rk_strbuf_str(&text), inner, len) == 0;
	rk_strbuf_free(&text);
	return rc;
}

static void
fit_header(struct rk_embed *embed, const char *inner, size_t len)
{
	size_t n = trailing_breaks(inner, len), first = 0;
	struct rk_scalar_block block;
	unsigned step;
	char chomp;

	rk_scalar_block_scan(rk_strbuf_str(&embed->raw), embed->raw.len, 0, embed->parent, &block);
	chomp = block.chomp;
	if (chomp == '-' ? n > 0 : chomp == 0 && n != 1 && embed->ended)
		chomp = n == 0 ? '-' : n == 1 ? 0 : '+';
	step = block.step;
	/* a reader takes the indentation from the first line that is not empty (YAML 1.2.2, section 8.1.1.1) */
	while (first < len && inner[first] == '\n')
		first++;
	if (!step && first < len && inner[first] == ' ')
		step = (unsigned)(block.indent - (size_t)(embed->parent > 0 ? embed->parent : 0));
	if (step < 10 && (chomp != block.chomp || step != block.step))
		header(embed, &block, step, chomp);
}

enum rk_rc
rk_embed_close(struct rk_embed *embed, struct rk_edit *draft, uint32_t node, const char *inner, size_t len,
    struct rk_err *err)
{
	json_t *value;
	enum rk_rc rc = RK_OK;
	bool is = false;

	if (!embed->lost && embed->style != RK_YAML_PLAIN) {
		if (is_block(embed))
			fit_header(embed, inner, len);
		rc = decoded_is(embed, inner, len, &is, err);
	}
	if (rc == RK_OK && !is && embed->style != RK_YAML_PLAIN)
		rc = rk_err_refuse(err, RK_CODE_STRING_STYLE,
		    "the string cannot hold its new content as it is written: make it a literal block (|)");
	value = json_stringn(inner, len);
	if (rc == RK_OK && !value)
		rc = rk_err_nomem(err);
	if (rc == RK_OK && is_block(embed) && embed->ended) {
		embed->raw.len--;
		embed->raw.len -= embed->raw.len > 0 && embed->raw.data[embed->raw.len - 1] == '\r';
	}
	if (rc == RK_OK)
		rc = is ? rk_edit_raw(draft, node, &embed->raw, value, err) : rk_edit_replace(draft, node, value, err);
	json_decref(value);
	return rc;
}
