#include <string.h>

#include "yaml/read_fast.h"
#include "base/err.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

#define LEVELS 128	/* of collections */
#define KEY 1000	/* bytes; YAML allows a key 1,024 characters */

/* The classes of a byte. */
enum {
	STOP = 1,	/* may end a plain scalar, or needs a closer look */
	FIRST = 2,	/* may start a plain scalar; YAML allows more */
	WORD = 4,	/* may be in a plain scalar of a flow collection; YAML allows more */
};

struct reader {
	struct rk_yaml *y;
	const char *text;		/* a NUL follows */
	unsigned char class[256];
	uint32_t line, at;		/* the start of the line; the first byte not yet read */
	uint32_t top;			/* the open collection */
	unsigned depth;
	uint32_t column[LEVELS];	/* of each open collection */
	bool waiting;			/* the last key or "-" has no value yet */
	uint32_t slot;			/* after the ":" or "-" of that one */
};

static void
classify(struct reader *r)
{
	static const char words[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_./+=~()<;^$";
	const char *s;
	int c;

	memset(r->class, STOP, ' ');
	r->class[':'] = r->class['#'] = STOP;
	for (s = words; *s; s++)
		r->class[(unsigned char)*s] = FIRST | WORD;
	for (c = 0x80; c < 256; c++)
		r->class[c] = FIRST | WORD;
	r->class['-'] = r->class['@'] = WORD;
}

static bool
is(const struct reader *r, uint32_t at, int class)
{
	return r->class[(unsigned char)r->text[at]] & class;
}

static bool
ends_line(const struct reader *r, uint32_t at)
{
	return r->text[at] == '\n' || r->text[at] == '\0';
}

/* Does the indicator that ends before at count as one? */
static bool
is_gap(const struct reader *r, uint32_t at)
{
	return r->text[at] == ' ' || ends_line(r, at);
}

static bool
is_dash(const struct reader *r, uint32_t at)
{
	return r->text[at] == '-' && is_gap(r, at + 1);
}

static void
skip_spaces(struct reader *r)
{
	while (r->text[r->at] == ' ')
		r->at++;
}

/* Skip a comment, or nothing, up to the end of the line. */
static bool
finish_line(struct reader *r)
{
	skip_spaces(r);
	if (r->text[r->at] == '#' && (r->at == r->line || r->text[r->at - 1] == ' '))
		r->at += (uint32_t)strcspn(r->text + r->at, "\n");
	return ends_line(r, r->at);
}

static uint32_t
push(struct reader *r, enum rk_yaml_kind kind, enum rk_yaml_style style, uint32_t start, uint32_t end)
{
	uint32_t n = rk_tree_push(r->y, r->top, kind, style, start);

	r->y->node[n].end = end;
	return n;
}

static bool
open(struct reader *r, enum rk_yaml_kind kind, enum rk_yaml_style style)
{
	uint32_t n = r->depth < LEVELS ? push(r, kind, style, r->at, 0) : 0;

	if (!n)
		return false;
	r->column[r->depth++] = r->at - r->line;
	r->top = n;
	return true;
}

static void
close(struct reader *r)
{
	struct rk_yaml_node *node = &r->y->node[r->top];

	if (node->style == RK_YAML_BLOCK)
		node->end = r->y->node[node->end].end;
	else
		node->end = r->at;
	r->top = node->parent;
	r->depth--;
}

/* The end of the quoted scalar at at; 0 if it does not end on its line, or has any but the commonest escapes. */
static uint32_t
quoted_end(const struct reader *r, uint32_t at)
{
	const char quote = r->text[at];

	for (at++; (unsigned char)r->text[at] >= ' '; at++) {
		if (quote == '"' && r->text[at] == '\\') {
			at++;
			if (!r->text[at] || !strchr("nrt\"\\", r->text[at]))
				return 0;
		} else if (r->text[at] == quote) {
			if (quote == '"' || r->text[at + 1] != '\'')
				return at + 1;
			at++;
		}
	}
	return 0;
}

/* The end of the plain scalar at at: the ":" of a key, a comment or the end of the line; 0 if libfyaml must read it. */
static uint32_t
plain_end(const struct reader *r, uint32_t at)
{
	if (!is(r, at, FIRST) && !(r->text[at] == '-' && is(r, at + 1, FIRST)))
		return 0;
	for (;; at++) {
		while (!is(r, at, STOP))
			at++;
		if (ends_line(r, at) || (r->text[at] == ':' && is_gap(r, at + 1)) || (r->text[at] == '#' && r->text[at - 1] == ' '))
			return at;
		if (r->text[at] != ':' && r->text[at] != '#')
			return 0;
	}
}

static bool
is_quote(char c)
{
	return c == '"' || c == '\'';
}

static bool
is_bracket(char c)
{
	return c == '{' || c == '[';
}

static enum rk_yaml_style
style_of(char c)
{
	return c == '"' ? RK_YAML_DOUBLE : c == '\'' ? RK_YAML_SINGLE : RK_YAML_PLAIN;
}

/* The end of the key at at in a block map, where its ":" is; 0 if there is none. */
static uint32_t
key_end(const struct reader *r, uint32_t at)
{
	uint32_t end = is_quote(r->text[at]) ? quoted_end(r, at) : plain_end(r, at);

	return end && end - at <= KEY && r->text[end] == ':' && is_gap(r, end + 1) && r->text[end - 1] != ' ' ? end : 0;
}

/* Is the next line that is not blank a comment further in than column? */
static bool
comment_follows(const struct reader *r, uint32_t at, uint32_t column)
{
	size_t spaces = 0;

	for (; r->text[at] == '\n'; at += 1 + (uint32_t)spaces)
		spaces = strspn(r->text + at + 1, " ");
	return r->text[at] == '#' && spaces > column;
}

/* Read a literal or folded scalar whose first line has content. */
static bool
block_text(struct reader *r)
{
	const uint32_t outer = r->column[r->depth - 1];
	const char *text = r->text;
	struct rk_scalar_block block;

	rk_scalar_block_scan(text, r->y->len, r->at, (long)outer, &block);
	if (block.empty || block.step || block.header != r->at + 1 + (block.chomp != 0) ||
	    strspn(text + block.body, " ") != block.indent || strchr("\t\n", text[block.body + block.indent]) ||
	    !push(r, RK_YAML_SCALAR, text[r->at] == '|' ? RK_YAML_LITERAL : RK_YAML_FOLDED, r->at, (uint32_t)block.end))
		return false;
	r->at = (uint32_t)block.header;
	if (!finish_line(r))
		return false;
	r->at = (uint32_t)block.end;
	return !comment_follows(r, r->at, outer);
}

/* Read a scalar of a flow collection; if it is a key, with the ":" and the space after it. */
static bool
flow_scalar(struct reader *r, bool key)
{
	const char *text = r->text;
	uint32_t start = r->at, end;

	if (is_quote(text[start])) {
		end = quoted_end(r, start);
	} else {
		end = start;
		if (!is(r, end, FIRST) && !(text[end] == '-' && is(r, end + 1, FIRST)))
			return false;
		while (is(r, end, WORD) || ((text[end] == ' ' || text[end] == ':') && is(r, end + 1, WORD)))
			end++;
	}
	if (!end || end - start > KEY || !push(r, RK_YAML_SCALAR, style_of(text[start]), start, end))
		return false;
	r->at = end;
	if (!key)
		return true;
	r->at++;
	return text[end] == ':' && text[end + 1] == ' ';
}

/* Read a flow collection without a comma after its last entry and without empty entries. */
static bool
flow(struct reader *r)
{
	const bool map = r->text[r->at] == '{';
	const char last = map ? '}' : ']';

	if (!open(r, map ? RK_YAML_MAP : RK_YAML_SEQ, RK_YAML_FLOW))
		return false;
	do {
		r->at++;
		skip_spaces(r);
		if (r->text[r->at] == last && r->y->node[r->top].count == 0)
			break;
		if (map && !flow_scalar(r, true))
			return false;
		skip_spaces(r);
		if (!(is_bracket(r->text[r->at]) ? flow(r) : flow_scalar(r, false)))
			return false;
		skip_spaces(r);
	} while (r->text[r->at] == ',');
	if (r->text[r->at] != last)
		return false;
	r->at++;
	close(r);
	return true;
}

/* Read a value that starts on the line of its indicator. */
static bool
value(struct reader *r)
{
	const char *text = r->text;
	const uint32_t start = r->at;
	uint32_t end;

	if (text[start] == '|' || text[start] == '>')
		return block_text(r);
	if (is_bracket(text[start]))
		return flow(r) && finish_line(r);
	end = is_quote(text[start]) ? quoted_end(r, start) : plain_end(r, start);
	if (!end || text[end] == ':')
		return false;
	while (text[end - 1] == ' ')
		end--;
	r->at = end;
	return push(r, RK_YAML_SCALAR, style_of(text[start]), start, end) && finish_line(r);
}

/* Read what follows a ":" or "-" on its line: a value, a comment or nothing. */
static bool
after_indicator(struct reader *r)
{
	r->slot = r->at;
	skip_spaces(r);
	if (!ends_line(r, r->at) && r->text[r->at] != '#')
		return value(r);
	r->waiting = true;
	return finish_line(r);
}

/* Read the entries of a line: a "key: value" or "- item" of the open collection, and collections that open after a "-". */
static bool
entries(struct reader *r)
{
	uint32_t end, next;

	while (r->y->node[r->top].kind == RK_YAML_SEQ) {
		next = r->at + 1 + (uint32_t)strspn(r->text + r->at + 1, " ");
		if (!is_dash(r, next) && !key_end(r, next)) {
			r->at++;
			return after_indicator(r);
		}
		r->at = next;
		if (!open(r, is_dash(r, next) ? RK_YAML_SEQ : RK_YAML_MAP, RK_YAML_BLOCK))
			return false;
	}
	end = key_end(r, r->at);
	if (!end || !push(r, RK_YAML_SCALAR, style_of(r->text[r->at]), r->at, end))
		return false;
	r->at = end + 1;
	return after_indicator(r);
}

/* If a value is still missing, it is null. */
static bool
settle(struct reader *r)
{
	if (!r->waiting)
		return true;
	r->waiting = false;
	return r->y->node[r->top].kind == RK_YAML_MAP && push(r, RK_YAML_SCALAR, RK_YAML_PLAIN, r->slot, r->slot);
}

/* Read a line with content into the open collection that its column continues, or into a new one. */
static bool
content(struct reader *r)
{
	const uint32_t column = r->at - r->line;
	const bool dash = is_dash(r, r->at);
	const struct rk_yaml_node *node = r->y->node;

	if (r->waiting && (column > r->column[r->depth - 1] ||
	    (dash && column == r->column[r->depth - 1] && node[r->top].kind == RK_YAML_MAP))) {
		r->waiting = false;
		return open(r, dash ? RK_YAML_SEQ : RK_YAML_MAP, RK_YAML_BLOCK) && entries(r);
	}
	if (!settle(r))
		return false;
	node = r->y->node;
	while (r->depth && (column < r->column[r->depth - 1] ||
	    (column == r->column[r->depth - 1] && !dash && node[r->top].kind == RK_YAML_SEQ)))
		close(r);
	if (!r->depth)
		return column == 0 && !r->y->document[r->y->documents - 1].root &&
		    open(r, dash ? RK_YAML_SEQ : RK_YAML_MAP, RK_YAML_BLOCK) && entries(r);
	return column == r->column[r->depth - 1] && dash == (node[r->top].kind == RK_YAML_SEQ) && entries(r);
}

/* End the document before end; it must have content. */
static bool
end_document(struct reader *r, uint32_t end)
{
	struct rk_yaml *y = r->y;

	if (!settle(r))
		return false;
	while (r->depth)
		close(r);
	if (y->documents)
		y->document[y->documents - 1].end = end;
	return y->documents == 0 || y->document[y->documents - 1].root;
}

static bool
marker(struct reader *r)
{
	if (!end_document(r, r->line) || strncmp(r->text + r->line, "---", 3) != 0)
		return false;
	rk_tree_add_document(r->y, r->line + 3);
	r->at = r->line + 3;
	skip_spaces(r);
	return ends_line(r, r->at);
}

static bool
lines(struct reader *r)
{
	const char *text = r->text;

	for (;; r->at++) {
		r->line = r->at;
		if (!finish_line(r)) {
			if (strncmp(text + r->line, "---", 3) == 0 || strncmp(text + r->line, "...", 3) == 0) {
				if (!marker(r))
					return false;
			} else {
				if (r->y->documents == 0)
					rk_tree_add_document(r->y, r->at);
				if (!content(r))
					return false;
			}
		}
		if (rk_tree_is_full(r->y))
			return false;
		if (text[r->at] == '\0')
			return end_document(r, (uint32_t)r->y->len) && r->y->documents;
	}
}

bool
rk_read_fast(struct rk_yaml *y)
{
	struct reader r = { .y = y, .text = y->text };

	classify(&r);
	if (!y->odd && !memchr(y->text, '\r', y->len) && strncmp(y->text, "\xef\xbb\xbf", 3) != 0 && lines(&r))
		return true;
	rk_tree_clear(y);
	return false;
}
