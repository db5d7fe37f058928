#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/edit.h"
#include "base/code.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "yaml/emit.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

#define WORK (64ull * RK_YAML_BYTES)	/* bytes that all edits may write: each writes, and parses, the whole text */
#define KEY 1000	/* bytes; YAML allows 1,024 characters before the colon, and an escape takes up to six for one */

struct rk_edit {
	const struct rk_yaml *yaml;	/* of the text as it is now */
	struct rk_yaml *parsed;		/* the same, if it was parsed here; NULL: the caller's */
	struct rk_strbuf own;		/* the text, after the first edit */
	size_t document;
	uint64_t work;		/* bytes that the edits so far have written */
	bool flat;
	struct rk_marks *marks;	/* borrowed, may be NULL: of the values that are written */
	void (*spliced)(void *context, const struct rk_splice *splice);	/* may be NULL */
	void *context;
};

enum rk_rc
rk_edit_open(const char *text, size_t len, struct rk_edit **edit, struct rk_err *err)
{
	enum rk_rc rc;

	*edit = rk_memory_calloc(1, sizeof **edit);
	rc = rk_yaml_parse(text, len, &(*edit)->parsed, err);
	(*edit)->yaml = (*edit)->parsed;
	if (rc != RK_OK) {
		rk_edit_close(*edit);
		*edit = NULL;
	}
	return rc;
}

struct rk_edit *
rk_edit_open_parsed(const struct rk_yaml *yaml)
{
	struct rk_edit *edit = rk_memory_calloc(1, sizeof *edit);

	edit->yaml = yaml;
	return edit;
}

void
rk_edit_close(struct rk_edit *edit)
{
	if (!edit)
		return;
	rk_yaml_free(edit->parsed);
	rk_strbuf_free(&edit->own);
	free(edit);
}

enum rk_rc
rk_edit_choose(struct rk_edit *edit, long document, struct rk_err *err)
{
	size_t i, n = edit->yaml->documents, full = 0;

	if (document >= 0 && (size_t)document >= n && (document > 0 || n > 0))
		return rk_err_refuse(err, RK_CODE_NO_SUCH_DOCUMENT, "document %ld not found: the file has %zu, counted from 0", document, n);
	if (document >= 0) {
		edit->document = (size_t)document;
		return RK_OK;
	}
	for (i = 0; i < n; i++) {
		if (rk_yaml_root(edit->yaml, i)) {
			edit->document = i;
			full++;
		}
	}
	return full > 1 || (full == 0 && n > 1) ?
	    rk_err_refuse(err, RK_CODE_AMBIGUOUS, "%zu documents: expected the number of one of them (--document, or "
		"\"document\" of a patch record)", n) : RK_OK;
}

uint32_t
rk_edit_root(const struct rk_edit *edit)
{
	return rk_yaml_root(edit->yaml, edit->document);
}

const struct rk_yaml *
rk_edit_yaml(const struct rk_edit *edit)
{
	return edit->yaml;
}

const char *
rk_edit_text(const struct rk_edit *edit, size_t *len)
{
	*len = edit->yaml->len;
	return edit->yaml->text;
}

void
rk_edit_follow(struct rk_edit *edit, bool flat, void (*spliced)(void *context, const struct rk_splice *splice), void *context)
{
	edit->flat = flat;
	edit->spliced = spliced;
	edit->context = context;
}

void
rk_edit_with_marks(struct rk_edit *edit, struct rk_marks *marks)
{
	edit->marks = marks;
}

/* Parse the result of an edit. */
static enum rk_rc
parse_new(const struct rk_edit *edit, const struct rk_strbuf *text, struct rk_yaml **yaml, struct rk_err *err)
{
	enum rk_rc rc = rk_yaml_parse(rk_strbuf_str(text), text->len, yaml, err);

	if (rc == RK_EDATA && err->code == RK_CODE_TOO_LARGE)
		return rk_err_refuse(err, RK_CODE_TOO_LARGE, "the result would be too large: %s", err->msg);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_UNSAFE_EDIT, "the result would not be valid YAML: %s", err->msg);
	if (rc == RK_OK && edit->yaml->json && !(*yaml)->json)
		return rk_err_refuse(err, RK_CODE_UNSAFE_EDIT, "the result would no longer be JSON");
	return rc;
}

/* Carry out a splice, whose text is freed.  If it fails, nothing has changed. */
static enum rk_rc
commit(struct rk_edit *edit, struct rk_splice *s, struct rk_err *err)
{
	const struct rk_yaml *old = edit->yaml;
	struct rk_strbuf new = { 0 };
	struct rk_yaml *yaml = NULL;
	enum rk_rc rc = rk_marks_result(edit->marks, err);

	rk_strbuf_add(&new, old->text, s->from);
	rk_strbuf_add(&new, rk_strbuf_str(&s->text), s->text.len);
	rk_strbuf_add(&new, old->text + s->to, old->len - s->to);
	if (rc == RK_OK && new.len > RK_YAML_BYTES)
		rc = rk_err_refuse(err, RK_CODE_TOO_LARGE, "the result would be larger than %u bytes", RK_YAML_BYTES);
	edit->work += new.len;
	if (rc == RK_OK && edit->work > WORK)
		rc = rk_err_refuse(err, RK_CODE_TOO_LARGE, "too many edits of a file of this size");
	if (rc == RK_OK)
		rc = parse_new(edit, &new, &yaml, err);
	if (rc == RK_OK)
		rc = rk_verify_edit(old, yaml, s, err);
	if (rc == RK_OK && edit->spliced)
		edit->spliced(edit->context, s);
	rk_strbuf_free(&s->text);
	if (rc != RK_OK) {
		rk_yaml_free(yaml);
		rk_strbuf_free(&new);
		return rc;
	}
	rk_yaml_free(edit->parsed);
	rk_strbuf_free(&edit->own);
	edit->own = new;
	edit->yaml = edit->parsed = yaml;
	return RK_OK;
}

static enum rk_rc __attribute__((format(printf, 5, 6)))
refuse(const struct rk_edit *edit, uint32_t node, struct rk_err *err, enum rk_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rk_err_vset(err, RK_REFUSED, fmt, args);
	va_end(args);
	err->code = code;
	return rk_tree_at(edit->yaml, edit->yaml->node[node].start, RK_REFUSED, err);
}

static bool
is_above(const struct rk_yaml *y, uint32_t above, uint32_t node)
{
	while (node > above)
		node = y->node[node].parent;
	return node == above;
}

/*
 * Refuse an edit of a node that an alias elsewhere refers to.  gone: the node is removed with all its descendants;
 * else only the content of the node and of its ancestors changes.
 */
static enum rk_rc
check_aliases(const struct rk_edit *edit, uint32_t node, bool gone, struct rk_err *err)
{
	const struct rk_yaml *y = edit->yaml;
	uint32_t i, after = node ? rk_yaml_after(y, node) : 0, target;

	for (i = 1; node && i < y->nodes; i++) {
		if (y->node[i].kind != RK_YAML_ALIAS || !(target = y->node[i].child))
			continue;
		if (is_above(y, target, node) && (target != node || !gone))
			return refuse(edit, target, err, RK_CODE_ANCHOR_IN_USE, "an alias refers to a value that this edit would change");
		if (gone && target >= node && target < after && (i < node || i >= after))
			return refuse(edit, target, err, RK_CODE_ANCHOR_IN_USE, "an alias refers to a value that this edit would remove");
	}
	return RK_OK;
}

/* A map without braces in a flow sequence: [a: b]. */
static bool
is_single_pair(const struct rk_yaml *y, uint32_t node)
{
	const struct rk_yaml_node *n = &y->node[node];

	return n->style == RK_YAML_FLOW && y->text[n->start] != '{' && y->text[n->start] != '[';
}

/* Find the children between which a new member or item goes, before the child number index; 0 at either end. */
static void
find_gap(const struct rk_yaml *y, uint32_t parent, size_t index, uint32_t *prior, uint32_t *next)
{
	size_t i;

	*prior = 0;
	*next = y->node[parent].child;
	for (i = 0; *next && i < index; i++, *next = y->node[*next].next)
		*prior = *next;
}

/* The start of the line of an entry at start, or of the comments directly above it that do not belong further in. */
static size_t
above_entry(const struct rk_yaml *y, size_t start, size_t column)
{
	size_t line = rk_splice_line_start(y, start), above, text;

	while (line > y->first) {
		above = text = rk_splice_line_start(y, line - 1);
		while (y->text[text] == ' ')
			text++;
		if (y->text[text] != '#' || text - above > column)
			break;
		line = above;
	}
	return line;
}

/* Insert an entry before the first one of a block collection; the first line of entry is not indented. */
static void
insert_first(const struct rk_yaml *y, const struct rk_strbuf *entry, const char *newline, size_t column, struct rk_splice *s)
{
	size_t start = y->node[s->parent].start;

	s->from = s->to = start;
	if (s->key && rk_splice_leads_line(y, start)) {
		s->from = s->to = above_entry(y, start, column);
		rk_strbuf_fill(&s->text, ' ', column);
	}
	rk_strbuf_add(&s->text, rk_strbuf_str(entry), entry->len);
	rk_strbuf_puts(&s->text, newline);
	if (s->to == start)
		rk_strbuf_fill(&s->text, ' ', column);
}

static void
add_to_block(const struct rk_edit *edit, size_t index, struct rk_splice *s)
{
	const struct rk_yaml *y = edit->yaml;
	struct rk_emit_style style = rk_style_of_children(y, s->parent, edit->flat);
	size_t column = rk_yaml_column(y, y->node[s->parent].start), offset = 0;
	struct rk_strbuf entry = { 0 };
	uint32_t prior, next;

	style.marks = edit->marks;
	find_gap(y, s->parent, index, &prior, &next);
	s->first = next ? next : rk_yaml_after(y, s->parent);
	if (prior) {
		offset = rk_splice_entry_end(y, prior, column);
		if ((offset == y->len && y->text[y->len - 1] != '\n') || rk_splice_would_join(y, offset, column))
			style.literal = false;
		rk_strbuf_fill(&entry, ' ', column);
	}
	if (s->key)
		rk_emit_key(&entry, s->key, &style, false);
	rk_strbuf_putc(&entry, s->key ? ':' : '-');
	rk_emit_block(&entry, s->value, &style, column, !s->key);
	if (prior)
		rk_splice_insert_lines(y, offset, &entry, style.newline, s);
	else
		insert_first(y, &entry, style.newline, column, s);
	rk_strbuf_free(&entry);
}

static void
add_to_flow(const struct rk_edit *edit, size_t index, struct rk_splice *s)
{
	const struct rk_yaml *y = edit->yaml;
	struct rk_emit_style style = rk_style_of_children(y, s->parent, edit->flat);
	struct rk_strbuf indent = { 0 }, entry = { 0 };
	const char *unit = NULL;
	bool lines = rk_style_is_spread(y, s->parent, &indent, &unit);
	const struct rk_yaml_node *last;
	uint32_t prior, next;

	find_gap(y, s->parent, index, &prior, &next);
	s->first = next ? next : rk_yaml_after(y, s->parent);
	if (s->key) {
		rk_emit_key(&entry, s->key, &style, true);
		rk_strbuf_puts(&entry, style.colon);
	}
	rk_emit_flow(&entry, s->value, &style, lines && style.json ? rk_strbuf_str(&indent) : NULL, unit);
	if (!prior && !next) {
		s->from = y->node[s->parent].start + 1;
	} else if (!next) {
		last = &y->node[prior];
		s->from = last->end;
		if (last->start == last->end && (y->text[s->from - 1] == ':' || last->props < s->from))
			rk_strbuf_putc(&s->text, ' ');
	} else {
		s->from = rk_splice_entry_start(y, next);
		rk_strbuf_add(&s->text, rk_strbuf_str(&entry), entry.len);
	}
	if (prior || next) {
		rk_strbuf_puts(&s->text, lines ? "," : style.comma);
		if (lines)
			rk_strbuf_printf(&s->text, "%s%s", style.newline, rk_strbuf_str(&indent));
	}
	if (!next)
		rk_strbuf_add(&s->text, rk_strbuf_str(&entry), entry.len);
	s->to = s->from;
	rk_strbuf_free(&entry);
	rk_strbuf_free(&indent);
}

/* Add a member or an item before the child number index. */
static enum rk_rc
add_at(struct rk_edit *edit, uint32_t parent, const char *key, size_t index, const json_t *value, struct rk_err *err)
{
	struct rk_splice s = { .parent = parent, .children = key ? 2 : 1, .key = key, .value = value };

	if (edit->yaml->node[parent].style == RK_YAML_FLOW)
		add_to_flow(edit, index, &s);
	else
		add_to_block(edit, index, &s);
	return commit(edit, &s, err);
}

static bool
is_block_scalar_changed(enum rk_rc rc, const struct rk_err *err)
{
	return rc == RK_REFUSED && err->code == RK_CODE_BLOCK_SCALAR;
}

enum rk_rc
rk_edit_add(struct rk_edit *edit, uint32_t parent, const char *key, size_t index, const json_t *value,
    struct rk_err *err)
{
	const size_t count = edit->yaml->node[parent].count;
	struct rk_err why = { 0 };
	enum rk_rc rc = check_aliases(edit, parent, false, err);

	if (rc != RK_OK)
		return rc;
	if (key && (strlen(key) > KEY || (strlen(key) > KEY / 6 && !rk_emit_single_fits(key, strlen(key)))))
		return refuse(edit, parent, err, RK_CODE_KEY_TOO_LONG, "key too long: %zu bytes", strlen(key));
	if (is_single_pair(edit->yaml, parent))
		return refuse(edit, parent, err, RK_CODE_SINGLE_PAIR, "a map without braces in a list can have one member only");
	rc = add_at(edit, parent, key, key ? count : index, value, &why);
	/* if the text ends in a block scalar, lines after it would give it a final line break: before its entry */
	if (key && count > 0 && is_block_scalar_changed(rc, &why))
		rc = add_at(edit, parent, key, count - 2, value, err);
	else if (rc != RK_OK)
		*err = why;
	if (is_block_scalar_changed(rc, err))
		*err = why;
	return rc;
}

enum rk_rc
rk_edit_remove(struct rk_edit *edit, uint32_t node, struct rk_err *err)
{
	const struct rk_yaml *y = edit->yaml;
	uint32_t parent = y->node[node].parent;
	struct rk_splice s = { 0 };
	struct rk_err why = { 0 };
	enum rk_rc rc;
	bool breaks;

	if (!parent)
		return refuse(edit, node, err, RK_CODE_WHOLE_DOCUMENT, "cannot remove the root of a document");
	rc = check_aliases(edit, parent, false, err);
	if (rc == RK_OK)
		rc = check_aliases(edit, node, true, err);
	if (rc == RK_OK && rk_splice_in_map(y, node))
		rc = check_aliases(edit, rk_splice_prior(y, node), true, err);
	if (rc != RK_OK)
		return rc;
	if (is_single_pair(y, parent))
		return refuse(edit, parent, err, RK_CODE_SINGLE_PAIR, "a map without braces in a list cannot become empty");
	rk_splice_removal(y, node, &s);
	breaks = s.to == y->len && s.from < s.to && is_white(y->text[s.from]);
	rc = commit(edit, &s, &why);
	if (breaks && is_block_scalar_changed(rc, &why)) {	/* the text then ends in it: its final line break stays */
		s.from = rk_splice_next_line(y, s.from);
		rc = commit(edit, &s, err);
	} else if (rc != RK_OK) {
		*err = why;
	}
	return rc;
}

enum rk_rc
rk_edit_empty(struct rk_edit *edit, struct rk_err *err)
{
	struct rk_splice s = { 0 };
	uint32_t root = rk_edit_root(edit);

	if (!rk_splice_emptying(edit->yaml, root, &s))
		return refuse(edit, root, err, RK_CODE_UNSAFE_EDIT, "only a map or list on lines of its own leaves a document empty");
	return commit(edit, &s, err);
}

static bool
is_leaf(const json_t *value)
{
	return json_object_size(value) == 0 && json_array_size(value) == 0;
}

/* Write a value in flow style that replaces node. */
static void
flow_value(const struct rk_yaml *y, uint32_t node, const json_t *value, struct rk_emit_style *style, struct rk_strbuf *out)
{
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_strbuf indent = { 0 };
	const char *unit = NULL;

	if (style->json && !n->parent && n->child && rk_style_is_spread(y, node, &indent, &unit)) {
		style->colon = ": ";
		rk_emit_flow(out, value, style, "", rk_strbuf_str(&indent));
	} else if (style->json && n->parent && rk_style_is_spread(y, n->parent, &indent, &unit)) {
		rk_emit_flow(out, value, style, rk_strbuf_str(&indent), unit);
	} else {
		rk_emit_flow(out, value, style, NULL, NULL);
	}
	rk_strbuf_free(&indent);
}

/* The step of a literal that replaces node, in columns from the collection at column that holds it. */
static size_t
literal_step(const struct rk_yaml *y, uint32_t node, size_t step, size_t column)
{
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_scalar_block block = { 0 };

	if (n->style == RK_YAML_LITERAL || n->style == RK_YAML_FOLDED)
		rk_yaml_block(y, node, &block);
	if (block.indent > column)
		return block.indent - column;
	if (rk_splice_leads_line(y, n->props))	/* libfyaml requires that the lines of a literal are indented further than its "|" */
		return rk_yaml_column(y, n->props) - column + step;
	return step;
}

/* Write a value on the line of node, or as a literal block if the old value was not quoted; blanks: as in its style. */
static void
inline_value(const struct rk_edit *edit, uint32_t node, const json_t *value, bool blanks, struct rk_strbuf *out)
{
	const struct rk_yaml *y = edit->yaml;
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_emit_style style = rk_style_of_value(y, node, edit->flat);
	size_t column = n->parent ? rk_yaml_column(y, y->node[n->parent].start) : 0;

	style.marks = edit->marks;
	style.blanks = blanks && (n->style == RK_YAML_LITERAL || n->style == RK_YAML_FOLDED);
	if (y->node[n->parent].style == RK_YAML_FLOW || !is_leaf(value) || style.json) {
		flow_value(y, node, value, &style, out);
		return;
	}
	/* at the end of the input, without a final line break, "|-" still holds a string without one */
	if (json_is_string(value) && rk_splice_line_end(y, n->end) == y->len && json_string_length(value) &&
	    json_string_value(value)[json_string_length(value) - 1] != '\n')
		style.literal = !edit->flat;
	/* libfyaml reads no literal whose tag or anchor starts a line */
	style.literal = style.literal && n->parent && n->kind == RK_YAML_SCALAR && rk_style_quote(y, node) == 0 &&
	    (n->props == n->start || !rk_splice_leads_line(y, n->props)) &&
	    !rk_splice_has_comment(y, n->end, rk_splice_line_end(y, n->end));
	if (style.literal)
		style.step = literal_step(y, node, style.step, column);
	rk_emit_leaf(out, value, &style, column);
}

/* Replace a node that is not a block collection by a block collection. */
static void
open_block(const struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_splice *s)
{
	const struct rk_yaml *y = edit->yaml;
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_emit_style style = rk_style_of_value(y, node, edit->flat);
	size_t column = n->parent ? rk_yaml_column(y, y->node[n->parent].start) : 0, end = rk_splice_line_end(y, n->end), from;
	bool comment = rk_splice_has_comment(y, n->end, end), dash = n->parent && !rk_splice_in_map(y, node);

	s->from = rk_splice_slot(y, node);
	while (!n->parent && s->from > 0 && (y->text[s->from - 1] == ' ' || y->text[s->from - 1] == '\t'))
		s->from--;
	s->to = end;
	if (n->props == n->start && !comment && dash) {
		rk_emit_block(&s->text, value, &style, column, true);
		return;
	}
	for (from = n->end; !n->parent && from < end && (y->text[from] == ' ' || y->text[from] == '\t') &&
	    rk_splice_leads_line(y, s->from); from++)
		;
	rk_strbuf_add(&s->text, y->text + from, comment ? end - from : 0);
	if (n->parent && !dash) {
		rk_emit_block(&s->text, value, &style, column, false);
		return;
	}
	column += dash ? 2 : 0;
	if (dash || comment || n->props != n->start || !rk_splice_leads_line(y, n->start)) {
		rk_strbuf_puts(&s->text, style.newline);
		rk_strbuf_fill(&s->text, ' ', column);
	}
	rk_emit_entries(&s->text, value, &style, column);
}

/* Replace a block collection by another, on its lines. */
static void
swap_block(const struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_splice *s)
{
	const struct rk_yaml *y = edit->yaml;
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_emit_style style = rk_style_of_value(y, node, edit->flat);
	size_t column = rk_yaml_column(y, n->start);

	s->from = n->start;
	s->to = rk_splice_line_end(y, n->end);	/* a comment there was the last entry's */
	if (rk_splice_in_map(y, node) && json_is_object(value) &&
	    column == rk_yaml_column(y, y->node[n->parent].start)) {	/* a list that is not indented below its key */
		rk_strbuf_fill(&s->text, ' ', style.step);
		column += style.step;
	}
	rk_emit_entries(&s->text, value, &style, column);
}

/* Replace a block collection by a value without entries. */
static void
close_block(const struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_splice *s)
{
	const struct rk_yaml_node *n = &edit->yaml->node[node];
	struct rk_strbuf text = { 0 };

	inline_value(edit, node, value, false, &text);
	if (n->parent && rk_splice_leads_line(edit->yaml, n->start)) {
		rk_splice_pull_up(edit->yaml, node, rk_strbuf_str(&text), text.len, s);
	} else {
		s->to = n->end;
		rk_strbuf_add(&s->text, rk_strbuf_str(&text), text.len);
	}
	rk_strbuf_free(&text);
}

/* Is it a block scalar with "+", to which all blank lines after it belong? */
static bool
keeps_blank_lines(const char *scalar)
{
	return (*scalar == '|' || *scalar == '>') && scalar[1 + strspn(scalar + 1, "123456789")] == '+';
}

/* Replace a node by a value on its line; s->to is set if its mark is replaced, too. */
static void
replace_inline(const struct rk_edit *edit, uint32_t node, bool flow, const json_t *value, struct rk_splice *s)
{
	const struct rk_yaml *y = edit->yaml;
	const struct rk_yaml_node *n = &y->node[node];
	size_t last = rk_splice_blank_end(y, n->end), start;
	bool marked = s->to > 0;

	if (!marked)
		s->to = n->end;
	if (n->kind == RK_YAML_SCALAR && n->start == n->end && (n->parent || n->props != n->start)) {
		rk_strbuf_putc(&s->text, ' ');
		if (!flow && !marked && !rk_splice_has_comment(y, n->end, rk_splice_line_end(y, n->end)))
			s->to = rk_splice_line_end(y, n->end);
	} else if (flow && rk_splice_in_map(y, node) && y->text[s->from - 1] == ':' &&
	    !rk_style_quote(y, rk_splice_prior(y, node))) {	/* {key:{}}: the colon would become part of a scalar */
		rk_strbuf_putc(&s->text, ' ');
	}
	start = s->text.len;
	inline_value(edit, node, value, last < y->len, &s->text);
	if (!flow && memchr(rk_strbuf_str(&s->text), '\n', s->text.len))	/* blanks after the value would become content */
		s->to = keeps_blank_lines(rk_strbuf_str(&s->text) + start) ? last : rk_splice_line_end(y, n->end);
}

/*
 * Keep the anchor and tag, unless the tag would give the new value another type.  s->from is where the old value
 * then starts; an anchor that goes with the tag is written again.
 */
static enum rk_rc
keep_props(const struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_splice *s, struct rk_err *err)
{
	const struct rk_yaml_node *n = &edit->yaml->node[node];
	const char *tag, *anchor;
	size_t len, length;

	s->from = n->start;
	tag = rk_yaml_tag(edit->yaml, node, &len);
	if (!tag)
		return RK_OK;
	if (n->kind == RK_YAML_SCALAR && json_is_string(value) && (len < 2 || tag[1] != '!' ||
	    (len == 5 && memcmp(tag, "!!str", 5) == 0)))
		return RK_OK;
	if (len < 2 || tag[1] != '!')
		return refuse(edit, node, err, RK_CODE_TAGGED, "expected a string to replace a value with the tag %.*s", (int)len, tag);
	if (rk_splice_has_comment(edit->yaml, n->props, n->start))
		return refuse(edit, node, err, RK_CODE_TAGGED, "cannot remove the tag %.*s: a comment follows it", (int)len, tag);
	anchor = rk_yaml_anchor(edit->yaml, node, &length);
	s->from = n->props;
	if (anchor)
		rk_strbuf_printf(&s->text, "%.*s ", (int)length, anchor);
	return RK_OK;
}

/* Write the value of an empty document. */
static enum rk_rc
fill_document(struct rk_edit *edit, const json_t *value, struct rk_err *err)
{
	const struct rk_yaml *y = edit->yaml;
	const struct rk_yaml_document *document = rk_yaml_document(y, edit->document);
	struct rk_emit_style style = rk_style_of_children(y, 0, edit->flat);
	struct rk_splice s = { .value = value, .first = rk_yaml_nodes(y) };
	struct rk_strbuf entry = { 0 };
	size_t i;

	for (i = y->documents; i > edit->document + 1; i--)
		if (rk_yaml_root(y, i - 1))
			s.first = rk_yaml_root(y, i - 1);
	style.literal = false;
	style.marks = edit->marks;
	if (is_leaf(value))
		rk_emit_leaf(&entry, value, &style, 0);
	else
		rk_emit_entries(&entry, value, &style, 0);
	rk_splice_insert_lines(y, document ? document->end : y->len, &entry, style.newline, &s);
	rk_strbuf_free(&entry);
	return commit(edit, &s, err);
}

/* Check that the mark of the new value, if it is to have one, can replace that of the old one, which ends at s->to. */
static enum rk_rc
check_marks(const struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_splice *s, struct rk_err *err)
{
	const struct rk_marks_entry *entry = rk_marks_here(edit->marks, RK_MARKS_WRITE);

	if (!entry)
		return RK_OK;
	if (json_is_object(value) || json_is_array(value))
		return refuse(edit, node, err, RK_CODE_NO_MARK, "a list or map cannot replace a value under a mark");
	s->kept = true;
	return rk_marks_check_replace(edit->yaml, node, entry, &s->to, err);
}

enum rk_rc
rk_edit_replace(struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_err *err)
{
	const struct rk_yaml *y = edit->yaml;
	const struct rk_yaml_node *n = &y->node[node];
	struct rk_splice s = { .parent = n->parent, .first = node, .value = value };
	bool block = n->style == RK_YAML_BLOCK && (n->kind == RK_YAML_MAP || n->kind == RK_YAML_SEQ), flow;
	enum rk_rc rc;

	if (!node)
		return fill_document(edit, value, err);
	rc = check_aliases(edit, node, true, err);
	if (rc == RK_OK)
		rc = check_marks(edit, node, value, &s, err);
	if (rc == RK_OK)
		rc = keep_props(edit, node, value, &s, err);
	if (rc != RK_OK)
		return rc;
	s.gone = rk_yaml_after(y, node) - node;
	flow = y->json || y->node[n->parent].style == RK_YAML_FLOW || (n->style == RK_YAML_FLOW && n->kind != RK_YAML_SCALAR) ||
	    (edit->flat && n->kind == RK_YAML_SCALAR && s.from == n->start);
	if (n->kind == RK_YAML_SCALAR && n->start == n->end && rk_splice_in_map(y, node) &&
	    rk_splice_slot(y, node) == y->node[rk_splice_prior(y, node)].end) {
		if (y->node[n->parent].style == RK_YAML_FLOW)
			rk_strbuf_putc(&s.text, ':');
		else
			rc = refuse(edit, node, err, RK_CODE_EXPLICIT_KEY, "key without a value, written with \"?\"");
	}
	if (rc == RK_OK && (flow || (is_leaf(value) && !block)))
		replace_inline(edit, node, flow, value, &s);
	else if (rc == RK_OK && s.from != n->start)
		rc = refuse(edit, node, err, RK_CODE_TAGGED, "cannot replace a value that has a tag by a list or map");
	else if (rc == RK_OK && is_leaf(value))
		close_block(edit, node, value, &s);
	else if (rc == RK_OK && block)
		swap_block(edit, node, value, &s);
	else if (rc == RK_OK)
		open_block(edit, node, value, &s);
	if (rc == RK_OK)
		return commit(edit, &s, err);
	rk_strbuf_free(&s.text);
	return rc;
}

enum rk_rc
rk_edit_raw(struct rk_edit *edit, uint32_t node, const struct rk_strbuf *raw, const json_t *value, struct rk_err *err)
{
	const struct rk_yaml_node *n = &edit->yaml->node[node];
	struct rk_splice s = { .parent = n->parent, .first = node, .gone = 1, .value = value, .from = n->start, .to = n->end };
	enum rk_rc rc = check_aliases(edit, node, true, err);

	if (rc != RK_OK)
		return rc;
	if (keeps_blank_lines(rk_strbuf_str(raw)))
		s.to = rk_splice_blank_end(edit->yaml, s.to);
	rk_strbuf_add(&s.text, rk_strbuf_str(raw), raw->len);
	return commit(edit, &s, err);
}

enum rk_rc
rk_edit_mark(struct rk_edit *edit, uint32_t node, struct rk_marks_entry *entry, struct rk_err *err)
{
	struct rk_splice s;
	enum rk_rc rc = rk_marks_plan(edit->marks, edit->yaml, node, entry, &s, err);

	return rc == RK_OK ? commit(edit, &s, err) : rc == RK_END ? RK_OK : rc;
}

enum rk_rc
rk_edit_restore(struct rk_edit *edit, uint32_t node, struct rk_marks_entry *entry, const json_t *value, struct rk_err *err)
{
	struct rk_splice s;
	json_t *have = NULL;
	const bool same = rk_yaml_json(edit->yaml, node, &have, err) == RK_OK && json_equal(have, value);
	enum rk_rc rc;

	json_decref(have);
	/* an alias may refer to a value that stays the same: only its bytes, or its mark, are others */
	rc = same ? RK_OK : check_aliases(edit, node, true, err);
	if (rc == RK_OK)
		rc = rk_marks_plan_restore(edit->yaml, node, entry, &s, err);
	if (rc != RK_OK)
		return rc;
	if (s.gone)
		s.value = value;
	else if (!same) {
		rk_strbuf_free(&s.text);
		return rk_err_refuse(err, RK_CODE_BAD_MARK, "%s: its mark names another value than the one to restore", rk_marks_path(entry));
	}
	rc = commit(edit, &s, err);
	return rc == RK_REFUSED && err->code == RK_CODE_UNSAFE_EDIT ? rk_err_refuse(err, RK_CODE_BAD_MARK,
	    "%s: its mark names a value that cannot be restored: %s", rk_marks_path(entry), err->msg) : rc;
}
