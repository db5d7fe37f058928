#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <libfyaml.h>

#include "yaml/read_libfyaml.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

/* A tree that is being built. */
struct build {
	struct rk_yaml *y;
	struct rk_err *err;
	uint32_t top;		/* the open collection; while it is open, its end is its last child */
	uint32_t at;		/* the first byte not yet read */
	unsigned depth;
	uint32_t first_node;	/* of this document */
	const char *text;	/* the input of libfyaml: the text, or filled */
	size_t len;
	struct rk_strbuf filled;	/* a copy of the text with fillers */
	uint32_t *filler;	/* the offsets in the text at which each is inserted */
	size_t fillers, filler_size;
	uint32_t bad_tab;	/* 1 + the offset of the first tab in indentation, 0: there is none */
	uint32_t bad_comment;	/* 1 + the offset of the first comment that no blank precedes, 0: there is none */
	uint32_t bad_colon;	/* 1 + the offset of the first ":" that is not on the line of its key, 0: there is none */
	bool ended;		/* "..." has ended the last document */
	bool empty;		/* reading has stopped at an item or a block scalar without content */
};

#define FILLER " ~"

/*
 * Return token, or NULL if nothing is written there.  For an empty value and the start of an implicit document,
 * libfyaml 0.7 gives no token and 0.8 one of no width.
 */
static struct fy_token *
written(struct fy_token *token)
{
	if (!token || (fy_token_start_mark(token)->input_pos == fy_token_end_mark(token)->input_pos &&
	    (fy_token_get_type(token) != FYTT_SCALAR || fy_token_scalar_style(token) == FYSS_PLAIN)))
		return NULL;
	return token;
}

/* The offset in the text of a mark in the input; in a filler, the offset at which that is inserted. */
static uint32_t
offset_of(const struct build *b, const struct fy_mark *mark)
{
	size_t low = 0, high = b->fillers, middle, fill = sizeof FILLER - 1;

	if (high == 0)
		return (uint32_t)mark->input_pos;
	while (low < high) {
		middle = (low + high) / 2;
		if (b->filler[middle] + middle * fill < mark->input_pos)
			low = middle + 1;
		else
			high = middle;
	}
	if (low > 0 && mark->input_pos < b->filler[low - 1] + low * fill)
		return b->filler[low - 1];
	return (uint32_t)(mark->input_pos - low * fill);
}

static bool
is_filler(const struct build *b, const struct fy_mark *mark)
{
	return b->fillers && b->text[mark->input_pos] == '~' && b->y->text[offset_of(b, mark)] != '~';
}

/* Is there a "?" that could introduce a key? */
static bool
has_explicit_key(const char *text, size_t len)
{
	const char *mark = text, *end = text + len;

	for (; (mark = memchr(mark, '?', (size_t)(end - mark))); mark++)
		if ((is_white(mark[1]) || !mark[1]) && (mark == text || is_white(mark[-1]) || (unsigned char)mark[-1] == 0xbf))
			return true;
	return false;
}

/* libfyaml frees memory twice on "? a:\t:": it must not see a tab between a colon and an indicator after an explicit key. */
static enum rk_rc
check_tabs(struct build *b)
{
	const char *text = b->y->text, *end = text + b->y->len, *tab = memchr(text, '\t', b->y->len), *before, *after;

	if (!tab || !has_explicit_key(text, b->y->len))
		return RK_OK;
	for (; tab; tab = memchr(after, '\t', (size_t)(end - after))) {
		for (before = tab; before > text && (before[-1] == ' ' || before[-1] == '\t'); before--)
			;
		for (after = tab; *after == ' ' || *after == '\t'; after++)
			;
		if (before > text && before[-1] == ':' && *after && strchr(":?-|>", *after))
			return rk_tree_bad(b->y, b->err, (size_t)(tab - text),
			    "tab between a colon and another indicator, in a file with explicit keys");
	}
	return RK_OK;
}

static void
skip_gap(struct build *b)
{
	const char *text = b->y->text, *nl;
	size_t len = b->y->len;
	uint32_t line;

	for (;;) {
		while (b->at < len && is_white(text[b->at])) {
			if (text[b->at] == '\t' && !b->bad_tab && !(b->top && b->y->node[b->top].style == RK_YAML_FLOW)) {
				for (line = b->at; line && text[line - 1] == ' '; line--)
					;
				b->bad_tab = line == b->y->first || text[line - 1] == '\n' ? b->at + 1 : 0;
			}
			b->at++;
		}
		if (b->at == len || text[b->at] != '#')
			return;
		if (b->at > b->y->first && !is_white(text[b->at - 1]) && !b->bad_comment)
			b->bad_comment = b->at + 1;
		nl = memchr(text + b->at, '\n', len - b->at);
		b->at = nl ? (uint32_t)(nl - text) : (uint32_t)len;
	}
}

/* After a "-", a "?" or a ":" that starts its line, blanks are indentation. */
static void
check_tab(struct build *b)
{
	uint32_t at = b->at;

	while (b->y->text[at] == ' ')
		at++;
	if (b->y->text[at] == '\t' && !b->bad_tab && b->y->node[b->top].style != RK_YAML_FLOW)
		b->bad_tab = at + 1;
}

/* In a flow collection other readers require the ":" on the line on which its key ends, unless a "?" precedes the key. */
static bool
is_on_other_line(const struct build *b, const struct rk_yaml_node *key)
{
	uint32_t at;

	if (!memchr(b->y->text + key->end, '\n', b->at - key->end))
		return false;
	for (at = key->props; is_white(b->y->text[at - 1]); at--)
		;
	return b->y->text[at - 1] != '?';
}

/*
 * Skip the indicator ("-", "?", ":" or ",") that introduces the next child of the open collection: no event has its
 * offset, and a null that is not written lies directly after it.
 */
static void
skip_indicator(struct build *b)
{
	const struct rk_yaml_node *top = &b->y->node[b->top];
	const char *text = b->y->text;
	uint32_t before = b->at;
	bool value, flow, is_complex_key;

	if (!b->top)
		return;
	value = top->kind == RK_YAML_MAP && top->count % 2;
	flow = top->style == RK_YAML_FLOW;
	skip_gap(b);
	if (flow && !value && text[b->at] == ',' && top->count) {
		before = ++b->at;
		skip_gap(b);
	}
	is_complex_key = !value && top->kind == RK_YAML_MAP && text[b->at] == '?'
	    && (is_white(text[b->at + 1]) || !text[b->at + 1]);
	if (value && text[b->at] == ':') {
		if (flow && !b->bad_colon && is_on_other_line(b, &b->y->node[top->end]))
			b->bad_colon = b->at + 1;
		b->at++;
		if (memchr(text + before, '\n', b->at - before))
			check_tab(b);
	} else if (is_complex_key || (!flow && top->kind == RK_YAML_SEQ && text[b->at] == '-')) {
		b->at++;
		check_tab(b);
	} else if (value) {
		b->at = before;
	}
}

/* Skip the anchor and tag of the next node, and return where they start, 0 if there are none. */
static uint32_t
properties(struct build *b, struct fy_token *anchor, struct fy_token *tag, uint32_t node)
{
	uint32_t start = UINT32_MAX, end = 0, from, to;

	if (anchor) {
		from = offset_of(b, fy_token_start_mark(anchor));
		to = offset_of(b, fy_token_end_mark(anchor));
		start = from - 1;
		end = to;
		rk_tree_anchor(b->y, node, from, to - from);
	}
	if (tag) {
		from = offset_of(b, fy_token_start_mark(tag));
		to = offset_of(b, fy_token_end_mark(tag));
		start = from < start ? from : start;
		end = to > end ? to : end;
	}
	if (end) {
		skip_gap(b);
		b->at = end;
		return start;
	}
	return 0;
}

/* The style of the scalar for which a filler was read: of the block scalar whose header follows, or plain. */
static enum rk_yaml_style
filled_block(const struct build *b)
{
	const char *s = b->y->text + b->at;

	s += strspn(s, " \t");
	return *s == '|' ? RK_YAML_LITERAL : *s == '>' ? RK_YAML_FOLDED : RK_YAML_PLAIN;
}

/* Is the value at offset, if it is on a line of its own, further in than its key or "-", which ends at slot? */
static bool
is_indented(const struct build *b, uint32_t slot, uint32_t parent, uint32_t offset)
{
	const struct rk_yaml *y = b->y;
	const struct rk_yaml_node *top = &y->node[parent];

	if (!parent || top->style == RK_YAML_FLOW || offset <= slot ||
	    !memchr(y->text + slot, '\n', offset - slot))
		return true;
	return rk_yaml_column(y, offset) > rk_yaml_column(y, top->start);
}

/* Has libfyaml taken lines into an empty block scalar that are not further in than its key? */
static bool
takes_in_more(const struct build *b, const struct rk_scalar_block *block, const struct fy_mark *end)
{
	size_t at = block->end;

	while (at < b->y->len && is_white(b->y->text[at]))
		at++;
	return offset_of(b, end) > at;
}

/* The characters of a tag; from the first digit on, of the name of an anchor. */
static const char word[] = "!%#@+=:0123456789_-./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
#define NAME (word + 7)

/* "!", "!word", "!!word", "!word!word" or "!<...>". */
static bool
is_tag(const char *tag, size_t len)
{
	if (len > 3 && tag[1] == '<')
		return !memchr(tag + 2, '<', len - 2) && memchr(tag, '>', len) == tag + len - 1;
	return len == 1 || (strspn(tag, word) >= len && !strchr("!:-", tag[len - 1]));
}

/* Is it followed by white space or by the end of an entry in a flow collection? */
static bool
is_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (name[i] > 0 && !strchr(NAME, name[i]))
			return false;
	return len > 0 && (is_white(name[len]) || strchr(",]}", name[len]));	/* or by the NUL */
}

static enum rk_rc
check_properties(const struct build *b, uint32_t node)
{
	const char *tag, *anchor;
	size_t len;

	tag = rk_yaml_tag(b->y, node, &len);
	if (tag && !is_tag(tag, len))
		return rk_tree_bad(b->y, b->err, b->y->node[node].props, "invalid tag to other YAML readers");
	anchor = rk_yaml_anchor(b->y, node, &len);
	if (anchor && !is_name(anchor + 1, len - 1))
		return rk_tree_bad(b->y, b->err, b->y->node[node].props, "invalid anchor to other YAML readers");
	return RK_OK;
}

/* Refuse a scalar that libfyaml accepts and other readers do not.  slot is the end of its ":" or "-". */
static enum rk_rc
check_scalar(const struct build *b, uint32_t node, uint32_t slot)
{
	const struct rk_yaml *y = b->y;
	const struct rk_yaml_node *n = &y->node[node];
	bool key = b->top && y->node[b->top].kind == RK_YAML_MAP && y->node[b->top].count % 2;
	enum rk_rc rc = n->props == n->start ? RK_OK : check_properties(b, node);

	if (rc != RK_OK)
		return rc;
	if (key && n->start == n->end)
		return rk_tree_bad(b->y, b->err, n->start, "missing key");
	if (key && memchr(y->text + n->start, '\n', n->end - n->start) && !(slot && y->text[slot - 1] == '?'))
		return rk_tree_bad(b->y, b->err, n->start, "not YAML: key on several lines");
	if (n->style == RK_YAML_PLAIN && n->start < n->end && strchr("%@`", y->text[n->start]))
		return rk_tree_bad(b->y, b->err, n->start, "not YAML: plain scalar starts with %c", y->text[n->start]);
	if (n->end - n->start > 3 && n->style == RK_YAML_PLAIN && (n->start == b->y->first || y->text[n->start - 1] == '\n') &&
	    (memcmp(y->text + n->start, "---", 3) == 0 || memcmp(y->text + n->start, "...", 3) == 0))
		return rk_tree_bad(b->y, b->err, n->start, "plain scalar starts like a document marker");
	if (n->props == n->end || (is_indented(b, slot, b->top, n->props) &&
	    (n->start == n->end || n->props == n->start || is_indented(b, slot, b->top, n->start))))
		return RK_OK;
	return rk_tree_bad(b->y, b->err, n->start, "not YAML: value is not indented");
}

static enum rk_rc
add_scalar(struct build *b, const struct fy_event_scalar_data *event)
{
	static const uint8_t styles[] = { [FYSS_PLAIN] = RK_YAML_PLAIN, [FYSS_SINGLE_QUOTED] = RK_YAML_SINGLE,
		[FYSS_DOUBLE_QUOTED] = RK_YAML_DOUBLE, [FYSS_LITERAL] = RK_YAML_LITERAL, [FYSS_FOLDED] = RK_YAML_FOLDED };
	const struct fy_mark *from = written(event->value) ? fy_token_start_mark(event->value) : NULL;
	enum rk_yaml_style style;
	struct rk_yaml *y = b->y;
	struct rk_yaml_node *node;
	uint32_t n, props, slot;
	struct rk_scalar_block block;
	bool filler = from && is_filler(b, from);

	if (filler)
		from = NULL;
	style = from ? styles[fy_token_scalar_style(event->value)] : RK_YAML_PLAIN;
	if (!from && !event->anchor && !event->tag && !b->top)
		return RK_OK;
	skip_indicator(b);
	slot = b->at;
	props = properties(b, event->anchor, event->tag, (uint32_t)y->nodes);
	if (filler && (style = filled_block(b)) != RK_YAML_PLAIN)
		skip_gap(b);
	if (filler && style != RK_YAML_PLAIN && y->node[b->top].style == RK_YAML_FLOW)
		return rk_tree_bad(y, b->err, b->at, "not YAML: block scalar in a flow collection");
	n = rk_tree_push(y, b->top, RK_YAML_SCALAR, style, b->at);
	node = &y->node[n];
	if (from) {
		node->start = offset_of(b, from);
		node->end = offset_of(b, fy_token_end_mark(event->value));
	}
	if (style == RK_YAML_SINGLE || style == RK_YAML_DOUBLE) {
		node->start--;
		node->end++;
	}
	if (from && style < RK_YAML_LITERAL) {
		skip_gap(b);
		if (b->at != node->start || (style == RK_YAML_PLAIN && y->text[node->end - 1] == '\r'))
			return rk_tree_bad(b->y, b->err, b->at, "not YAML: unexpected characters");
	} else if (style >= RK_YAML_LITERAL) {
		skip_gap(b);
		node->start = b->at;
		rk_scalar_block_scan(y->text, y->len, b->at, rk_yaml_outer_indent(y, b->top), &block);
		node->end = (uint32_t)block.end;
		if (block.header > node->start + 1u + (block.chomp != 0) + (block.step != 0))
			return rk_tree_bad(b->y, b->err, node->start, "not YAML: duplicate indicator in the header of a block scalar");
		b->empty = from && takes_in_more(b, &block, fy_token_end_mark(event->value));
		if (b->empty)
			return rk_tree_bad(b->y, b->err, node->start, "empty block scalar: some YAML readers take the next lines into it");
	}
	node->props = event->anchor || event->tag ? props : node->start;
	b->at = node->end;
	return check_scalar(b, n, slot);
}

static enum rk_rc
add_alias(struct build *b, struct fy_token *token)
{
	uint32_t n, from = offset_of(b, fy_token_start_mark(token));
	uint32_t to = offset_of(b, fy_token_end_mark(token)), found;

	skip_indicator(b);
	if (!is_name(b->y->text + from, to - from))
		return rk_tree_bad(b->y, b->err, from - 1, "invalid alias to other YAML readers");
	n = rk_tree_push(b->y, b->top, RK_YAML_ALIAS, RK_YAML_PLAIN, from - 1);
	b->y->node[n].end = b->at = to;
	found = rk_tree_anchored(b->y, from, to - from);
	if (found >= b->first_node)
		b->y->node[n].child = found;
	return RK_OK;
}

/* A block collection that is a value must start a line, unless its ":" starts one. */
static bool
may_open(const struct build *b, uint32_t node, uint32_t slot)
{
	const struct rk_yaml *y = b->y;
	const struct rk_yaml_node *n = &y->node[node];
	uint32_t at = slot - 1;

	if (n->style == RK_YAML_FLOW || !b->top || y->node[b->top].kind != RK_YAML_MAP || y->node[b->top].count % 2 == 1 ||
	    memchr(y->text + slot, '\n', n->start - slot))
		return true;
	while (at && y->text[at - 1] == ' ')
		at--;
	return at == 0 || y->text[at - 1] == '\n';
}

static enum rk_rc
too_deep(const struct build *b, size_t offset)
{
	enum rk_rc rc = rk_tree_bad(b->y, b->err, offset, "deeper than %d levels", RK_YAML_DEPTH);

	b->err->code = RK_CODE_TOO_LARGE;
	return rc;
}

static enum rk_rc
open_collection(struct build *b, enum rk_yaml_kind kind, struct fy_token *token, struct fy_token *anchor,
    struct fy_token *tag)
{
	const struct fy_mark *mark = fy_token_start_mark(token);
	bool flow = b->top && b->y->node[b->top].style == RK_YAML_FLOW, bracket;
	uint32_t n, props, slot;
	enum rk_rc rc;

	if (++b->depth > RK_YAML_DEPTH)
		return too_deep(b, offset_of(b, mark));
	skip_indicator(b);
	slot = b->at;
	props = properties(b, anchor, tag, (uint32_t)b->y->nodes);
	skip_gap(b);
	bracket = b->y->text[b->at] == (kind == RK_YAML_MAP ? '{' : '[') && b->at == offset_of(b, mark) &&
	    fy_token_end_mark(token)->input_pos > mark->input_pos;
	n = rk_tree_push(b->y, b->top, kind, bracket || flow ? RK_YAML_FLOW : RK_YAML_BLOCK, b->at);
	if (anchor || tag)
		b->y->node[n].props = props;
	rc = anchor || tag ? check_properties(b, n) : RK_OK;
	if (rc != RK_OK)
		return rc;
	if (!may_open(b, n, slot))
		return rk_tree_bad(b->y, b->err, b->at, "not YAML: block collection on the line of its key");
	if (bracket && !is_indented(b, slot, b->top, b->at))
		return rk_tree_bad(b->y, b->err, b->at, "not YAML: value is not indented");
	b->y->node[n].end = 0;
	b->top = n;
	b->at += bracket;
	return RK_OK;
}

static enum rk_rc
close_collection(struct build *b, struct fy_token *token)
{
	struct rk_yaml_node *node = &b->y->node[b->top];
	bool bracket = node->style == RK_YAML_FLOW &&
	    b->y->text[node->start] == (node->kind == RK_YAML_MAP ? '{' : '[');
	uint32_t last = node->end;

	if (bracket && token && fy_token_end_mark(token)->input_pos > fy_token_start_mark(token)->input_pos) {
		node->end = offset_of(b, fy_token_end_mark(token));
		skip_gap(b);
		if (last && b->y->text[b->at] == ',') {
			b->at++;
			skip_gap(b);
		}
		if (b->at != node->end - 1)
			return rk_tree_bad(b->y, b->err, b->at, "not YAML: unexpected characters");
	} else {
		node->end = last ? b->y->node[last].end : node->start;
	}
	b->at = node->end;
	b->top = node->parent;
	b->depth--;
	return RK_OK;
}

static void
open_document(struct build *b, uint32_t start)
{
	b->at = start;
	b->top = 0;
	b->depth = 0;
	b->first_node = (uint32_t)b->y->nodes;
	rk_tree_add_document(b->y, start);
}

/*
 * Between documents only comments are allowed, and after a "..." or at the start directives, which a "---" must follow.
 * libfyaml skips more than that.
 */
static enum rk_rc
check_between(struct build *b, const struct fy_token *mark, bool last)
{
	uint32_t to = mark ? offset_of(b, fy_token_start_mark((struct fy_token *)mark)) : (uint32_t)b->y->len;

	for (skip_gap(b); b->at < to && strncmp(b->y->text + b->at, "...", 3) == 0; skip_gap(b)) {
		if (b->y->documents && !b->ended)	/* after an empty document it has no event */
			b->y->document[b->y->documents - 1].end = b->at;
		b->ended = true;
		b->at += 3;
	}
	if (b->at >= to || (!last && !mark && b->y->text[b->at] != '%') ||
	    (mark && b->y->text[b->at] == '%' && (b->y->documents == 0 || b->ended)))
		return RK_OK;
	return rk_tree_bad(b->y, b->err, b->at, "not YAML: unexpected characters between documents");
}

static enum rk_rc
take(struct build *b, const struct fy_event *event)
{
	struct rk_yaml *y = b->y;
	struct fy_token *mark;
	enum rk_rc rc;

	switch (event->type) {
	case FYET_STREAM_END:
		return check_between(b, NULL, true);
	case FYET_DOCUMENT_START:
		mark = written(event->document_start.document_start);
		rc = check_between(b, mark, false);
		if (rc != RK_OK)
			return rc;
		if (y->documents && y->document[y->documents - 1].end == y->len)
			y->document[y->documents - 1].end = mark ? offset_of(b, fy_token_start_mark(mark)) : b->at;
		open_document(b, mark ? offset_of(b, fy_token_end_mark(mark)) : b->at);
		return RK_OK;
	case FYET_DOCUMENT_END:
		b->ended = false;	/* check_between() finds the "...": libfyaml 0.7 does not say where it is */
		return RK_OK;
	case FYET_MAPPING_START:
		return open_collection(b, RK_YAML_MAP, event->mapping_start.mapping_start,
		    event->mapping_start.anchor, event->mapping_start.tag);
	case FYET_SEQUENCE_START:
		return open_collection(b, RK_YAML_SEQ, event->sequence_start.sequence_start,
		    event->sequence_start.anchor, event->sequence_start.tag);
	case FYET_MAPPING_END:
		return close_collection(b, event->mapping_end.mapping_end);
	case FYET_SEQUENCE_END:
		return close_collection(b, event->sequence_end.sequence_end);
	case FYET_SCALAR:
		return add_scalar(b, &event->scalar);
	case FYET_ALIAS:
		return add_alias(b, event->alias.anchor);
	default:
		return RK_OK;
	}
}

static size_t
indentation(const char *s)
{
	return strspn(s, " ");
}

/* Is the next line that is not blank, nor (if comments) a comment, further in than column? */
static bool
goes_deeper(const char *line, size_t column, bool comments)
{
	for (; *line; line += strcspn(line, "\n")) {
		line++;
		if (!strchr(comments ? "#\r\n" : "\r\n", line[indentation(line)]))
			break;
	}
	return *line && indentation(line) > column;
}

/* The header of the block scalar that starts on this line; NULL if there is none. */
static const char *
header_in(const char *line, const char *end)
{
	const char *s, *rest;

	for (s = line; s < end; s++) {
		if ((*s != '|' && *s != '>') || s == line || !strchr(" \t", s[-1]))
			continue;
		rest = s + 1 + strspn(s + 1, "+-123456789");
		if (strchr("\r\n", rest[strspn(rest, " \t")]) || (strchr(" \t", *rest) && rest[strspn(rest, " \t")] == '#'))
			return s;
	}
	return NULL;
}

/* The last "-" that a line starts with, or its first character that is not a space. */
static const char *
last_dash(const char *line)
{
	const char *dash = line + indentation(line);

	while (dash[0] == '-' && dash[1] == ' ' && dash[1 + indentation(dash + 1)] == '-')
		dash += 1 + indentation(dash + 1);
	return dash;
}

/* If this line ends with an item without content, the end of its "-"; else NULL. */
static const char *
empty_item(const char *line, const char *end)
{
	const char *dash = last_dash(line);

	if (dash[0] != '-' || (!is_white(dash[1]) && dash[1]) || !strchr("#\r\n", dash[1 + indentation(dash + 1)]))
		return NULL;
	return goes_deeper(end, (size_t)(dash - line), true) ? NULL : dash + 1;
}

/* If this line ends with the header of an empty block scalar, the blank before it; else NULL. */
static const char *
empty_block(const char *line, const char *end)
{
	const char *dash = last_dash(line), *inner = dash, *header = header_in(line, end);

	if (!header)
		return NULL;
	if (dash[0] == '-' && (is_white(dash[1]) || !dash[1]))
		inner = dash + 1 + indentation(dash + 1);
	if (*inner != '?' && !memchr(inner, ':', header < inner ? 0 : (size_t)(header - inner)))
		inner = dash;
	return goes_deeper(end, (size_t)(inner - line), false) ? NULL : header - 1;
}

/* Has libfyaml stopped before an item without content? */
static bool
is_empty_item(struct build *b)
{
	const char *text = b->y->text;
	uint32_t line;

	skip_gap(b);
	if (b->y->node[b->top].kind != RK_YAML_SEQ || b->y->node[b->top].style != RK_YAML_BLOCK || text[b->at] != '-')
		return false;
	for (line = b->at; line > b->y->first && text[line - 1] != '\n'; line--)
		;
	return empty_item(text + line, text + line + strcspn(text + line, "\n"));
}

/* Is this a space to Unicode that libfyaml refuses in a name? */
static bool
is_wide_space(int32_t c)
{
	return c == 0x85 || c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* The offset of the first such space in an anchor or alias that is not yet read; SIZE_MAX: there is none up to the end of line. */
static size_t
wide_space_in_name(const struct build *b, int line)
{
	const char *text = b->y->text;
	bool name = false;
	size_t at, used;

	for (at = b->y->first; at < b->y->len && (at < b->at || line > 0); at += used) {
		if (name && is_wide_space(rk_utf8_decode(text + at, b->y->len - at, &used)))
			return at;
		used = 1;
		line -= text[at] == '\n';
		name = at >= b->at && (text[at] == '&' || text[at] == '*' ||
		    (name && !is_white(text[at]) && !strchr("{}[],", text[at])));
	}
	return SIZE_MAX;
}

/* For a space in a name, libfyaml 0.7 and 0.8 give different places: the next line, or that of the space. */
static enum rk_rc
parse_error(struct build *b, struct fy_diag *diag)
{
	void *iterator = NULL;
	const struct fy_diag_error *what = fy_diag_errors_iterate(diag, &iterator);
	size_t space;

	if (!what)
		return rk_tree_bad(b->y, b->err, b->at, "not YAML");
	space = wide_space_in_name(b, what->line);
	if (space != SIZE_MAX)
		return rk_tree_bad(b->y, b->err, space, "not YAML: invalid character in an anchor or alias");
	return rk_err_set(b->err, RK_EDATA, "%d:%d: not YAML: %s", what->line, what->column, what->msg);
}

static enum rk_rc
parse_yaml(struct build *b)
{
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_SLOPPY_FLOW_INDENTATION | FYPCF_JSON_NONE };
	struct fy_parser *parser = NULL;
	struct fy_event *event;
	enum rk_rc rc = RK_OK;

	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	errno = 0;
	cfg.diag = fy_diag_create(&diag_cfg);
	if (cfg.diag) {
		fy_diag_set_collect_errors(cfg.diag, true);
		parser = fy_parser_create(&cfg);
	}
	if (!parser || fy_parser_set_string(parser, b->text, b->len) != 0)
		rk_memory_fail();
	while (rc == RK_OK && (event = fy_parser_parse(parser))) {
		rc = take(b, event);
		if (b->bad_tab && rc == RK_OK)
			rc = rk_tree_bad(b->y, b->err, b->bad_tab - 1, "not YAML: tab as indentation");
		if (b->bad_comment && rc == RK_OK)
			rc = rk_tree_bad(b->y, b->err, b->bad_comment - 1, "not YAML: missing space before a comment");
		if (b->bad_colon && rc == RK_OK)
			rc = rk_tree_bad(b->y, b->err, b->bad_colon - 1, "not YAML: colon is not on the line of its key");
		if (rk_tree_is_full(b->y) && rc == RK_OK)
			rc = rk_tree_full(b->y, b->err);
		fy_parser_event_free(parser, event);
	}
	if (rc == RK_OK && fy_parser_get_stream_error(parser)) {
		rc = parse_error(b, cfg.diag);
		b->empty = is_empty_item(b);
	}
	/* libfyaml does not report it otherwise */
	if (errno == ENOMEM)
		rk_memory_fail();
	fy_parser_destroy(parser);
	fy_diag_destroy(cfg.diag);
	return rc;
}

/* Copy the text, with a filler for each item or block scalar without content.  RK_END: there is none. */
static enum rk_rc
fill(struct build *b)
{
	const char *text = b->y->text, *line, *next, *at;
	size_t done = 0;

	for (line = text + b->y->first; *line; line = next + (*next == '\n')) {
		next = line + strcspn(line, "\n");
		at = empty_item(line, next);
		if (!at)
			at = empty_block(line, next);
		if (!at)
			continue;
		rk_memory_grow(&b->filler, b->fillers, &b->filler_size, sizeof *b->filler);
		b->filler[b->fillers++] = (uint32_t)(at - text);
		rk_strbuf_add(&b->filled, text + done, (size_t)(at - text) - done);
		rk_strbuf_puts(&b->filled, FILLER);
		done = (size_t)(at - text);
	}
	rk_strbuf_add(&b->filled, text + done, b->y->len - done);
	b->text = rk_strbuf_str(&b->filled);
	b->len = b->filled.len;
	return b->fillers ? RK_OK : RK_END;
}

/*
 * libfyaml refuses an item without content if its list is not indented below its key, and reads an empty block
 * scalar wrongly.  What it refuses is therefore read again with fillers, if there is a place for one.
 */
enum rk_rc
rk_read_libfyaml(struct rk_yaml *y, struct rk_err *err)
{
	struct build b = { .y = y, .err = err, .at = y->first, .text = y->text, .len = y->len };
	struct build again = { .y = y, .err = err, .at = y->first };
	struct rk_err refusal;
	enum rk_rc rc = check_tabs(&b);

	if (rc != RK_OK)
		return rc;
	rc = parse_yaml(&b);
	if (!b.empty)
		return rc;
	refusal = *err;
	rc = fill(&again);
	if (rc == RK_OK) {
		rk_tree_clear(y);
		rc = parse_yaml(&again);
	}
	if (rc == RK_END)
		rc = RK_EDATA;
	if (rc == RK_EDATA)
		*err = refusal;
	rk_strbuf_free(&again.filled);
	free(again.filler);
	return rc;
}
