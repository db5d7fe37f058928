#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "yaml/edit.h"
#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "yaml/emit.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"

#define WORK (64ull * RK_YAML_BYTES)	/* bytes that all edits of a draft may write: each writes the whole text */
#define KEY 1000	/* bytes; YAML allows 1,024 characters before the colon, and an escape takes up to six for one */

/*
 * The bytes [from, to) of the old text become text, and with them the gone nodes from index first on become
 * others: the value, behind its key if there is one.  All other nodes must stay what they were.
 */
struct splice {
	size_t from, to;
	struct rk_strbuf text;
	uint32_t first, gone;
	uint32_t parent;	/* whose children these are, 0 for a root */
	int children;		/* by how many they become more */
	const char *key;	/* of what is new, NULL if it has none */
	const json_t *value;	/* what is new, NULL if nothing is */
};

/* Where an edit happens. */
struct place {
	const struct rk_yaml *y;
	const char *text;
	size_t len;
	bool flat;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool
is_white(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

static const struct rk_yaml_node *
at(const struct place *p, uint32_t node)
{
	return rk_yaml_node(p->y, node);
}

static size_t
bom(const struct place *p)
{
	return p->len >= 3 && memcmp(p->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static size_t
line_start(const struct place *p, size_t offset)
{
	while (offset > 0 && p->text[offset - 1] != '\n')
		offset--;
	return offset ? offset : bom(p);
}

/* The end of the line, before its break. */
static size_t
line_end(const struct place *p, size_t offset)
{
	const char *nl = memchr(p->text + offset, '\n', p->len - offset);
	size_t end = nl ? (size_t)(nl - p->text) : p->len;

	return nl && end > offset && p->text[end - 1] == '\r' ? end - 1 : end;
}

/* The start of the next line, or the text's end. */
static size_t
next_line(const struct place *p, size_t offset)
{
	const char *nl = memchr(p->text + offset, '\n', p->len - offset);

	return nl ? (size_t)(nl - p->text) + 1 : p->len;
}

/* Is there nothing but indentation before offset on its line? */
static bool
leads_line(const struct place *p, size_t offset)
{
	size_t start = line_start(p, offset);

	while (start < offset && p->text[start] == ' ')
		start++;
	return start == offset;
}

/* Over white space, line breaks and comments. */
static size_t
skip_gap(const struct place *p, size_t offset)
{
	for (;;) {
		while (offset < p->len && is_white(p->text[offset]))
			offset++;
		if (offset == p->len || p->text[offset] != '#')
			return offset;
		offset = line_end(p, offset);
	}
}

static bool
has_comment(const struct place *p, size_t from, size_t to)
{
	return to > from && memchr(p->text + from, '#', to - from);
}

static uint32_t
before(const struct place *p, uint32_t node)
{
	uint32_t child = at(p, at(p, node)->parent)->child, last = 0;

	for (; child != node; child = at(p, child)->next)
		last = child;
	return last;
}

/* Where an entry (a key, or an item) starts: its "-" or "?", else the properties of what it is. */
static size_t
entry_start(const struct place *p, uint32_t node)
{
	uint32_t parent = at(p, node)->parent, prior = before(p, node);
	size_t offset = prior ? at(p, prior)->end : at(p, parent)->start;

	if (at(p, parent)->style == RK_YAML_FLOW) {
		offset += prior == 0;
		offset = skip_gap(p, offset);
		if (prior && p->text[offset] == ',')
			offset++;
	}
	return skip_gap(p, offset);
}

/* Behind a node's anchor and tag. */
static size_t
props_end(const struct place *p, uint32_t node)
{
	size_t offset = at(p, node)->props, start = at(p, node)->start, end = offset;

	while (offset < start) {
		offset = skip_gap(p, offset);
		if (offset >= start || (p->text[offset] != '&' && p->text[offset] != '!'))
			break;
		while (offset < start && !is_white(p->text[offset]))
			offset++;
		end = offset;
	}
	return end;
}

/* Behind the ":" or "-" that announces a node, or behind its properties. */
static size_t
slot_start(const struct place *p, uint32_t node)
{
	const struct rk_yaml_node *n = at(p, node);
	uint32_t prior;
	size_t offset;

	if (n->props != n->start)
		return props_end(p, node);
	if (!n->parent)
		return n->start;
	if (at(p, n->parent)->kind == RK_YAML_SEQ)
		return entry_start(p, node) + 1;
	prior = before(p, node);
	offset = skip_gap(p, at(p, prior)->end);
	return p->text[offset] == ':' ? offset + 1 : at(p, prior)->end;
}

static bool
is_value(const struct place *p, uint32_t node)
{
	uint32_t parent = at(p, node)->parent;

	return parent && at(p, parent)->kind == RK_YAML_MAP;
}

/*
 * Would a literal block that ends before offset take in what follows: blank lines that hold spaces, or comments
 * further in than column?
 */
static bool
would_join(const struct place *p, size_t offset, size_t column)
{
	size_t end;

	for (; offset < p->len; offset = next_line(p, offset)) {
		for (end = offset; end < p->len && is_blank(p->text[end]); end++)
			;
		if (end < p->len && p->text[end] == '#' && end - offset <= column)
			continue;
		if (end < p->len && p->text[end] != '\n' && p->text[end] != '\r')
			return p->text[end] == '#';
		if (end > offset)
			return true;
	}
	return false;
}

/* ---- the hand that the text is written in ---- */

static bool
block_map(const struct place *p, uint32_t node)
{
	return at(p, node)->kind == RK_YAML_MAP && at(p, node)->style == RK_YAML_BLOCK;
}

/* How far node stands behind the map that it is a value of: SIZE_MAX if it is no such thing. */
static size_t
behind(const struct place *p, uint32_t node, enum rk_yaml_kind kind)
{
	const struct rk_yaml_node *n = at(p, node);
	size_t inner, outer;

	if (n->kind != kind || n->style != RK_YAML_BLOCK || !n->parent || !block_map(p, n->parent))
		return SIZE_MAX;
	inner = rk_yaml_column(p->y, n->start);
	outer = rk_yaml_column(p->y, at(p, n->parent)->start);
	return inner >= outer ? inner - outer : SIZE_MAX;
}

/* The same for the nearest node of that kind: among parent's children, above it, then anywhere. */
static size_t
nearest(const struct place *p, uint32_t parent, enum rk_yaml_kind kind, size_t otherwise)
{
	size_t found = SIZE_MAX;
	uint32_t node;

	for (node = at(p, parent)->child; parent && node && found == SIZE_MAX; node = at(p, node)->next)
		found = behind(p, node, kind);
	for (node = parent; node && found == SIZE_MAX; node = at(p, node)->parent)
		found = behind(p, node, kind);
	for (node = 1; node < rk_yaml_nodes(p->y) && found == SIZE_MAX; node++)
		found = behind(p, node, kind);
	return found == SIZE_MAX ? otherwise : found;
}

static char
quote_of(const struct place *p, uint32_t node)
{
	const struct rk_yaml_node *n = at(p, node);

	return n->kind != RK_YAML_SCALAR ? 0 : n->style == RK_YAML_SINGLE ? '\'' : n->style == RK_YAML_DOUBLE ? '"' : 0;
}

/* The quote of a string that is quoted without need, 0 if it is needed or not there. */
static char
idle_quote(const struct place *p, uint32_t node)
{
	struct rk_strbuf text = { 0 };
	struct rk_err ignored;
	char quote = quote_of(p, node);

	if (quote && (rk_yaml_scalar(p->y, node, &text, &ignored) != RK_OK ||
	    !rk_scalar_plain(rk_strbuf_str(&text), text.len, false)))
		quote = 0;
	rk_strbuf_free(&text);
	return quote;
}

static bool
is_text(const struct place *p, uint32_t node)
{
	const struct rk_yaml_node *n = at(p, node);
	json_t *none;
	bool fail = false;

	if (n->kind != RK_YAML_SCALAR || n->style != RK_YAML_PLAIN)
		return n->kind == RK_YAML_SCALAR;
	none = rk_scalar_resolve(p->text + n->start, n->end - n->start, &fail);
	json_decref(none);
	return !none;
}

static void
quotes_of_siblings(const struct place *p, uint32_t parent, struct rk_emit_style *style)
{
	uint32_t child = at(p, parent)->child, key = 0, value = 0, node;
	bool map = at(p, parent)->kind == RK_YAML_MAP;
	size_t i;

	for (i = 0; child; i++, child = at(p, child)->next) {
		if (map && i % 2 == 0)
			key = child;
		else if (is_text(p, child))
			value = child;
	}
	style->key_quote = key ? quote_of(p, key) : 0;
	style->value_quote = value ? idle_quote(p, value) : 0;
	style->quote = value ? quote_of(p, value) : 0;
	for (node = 1; node < rk_yaml_nodes(p->y) && !style->quote; node++)
		style->quote = quote_of(p, node);
	if (!style->quote)
		style->quote = '"';
}

static void
spaces_of_siblings(const struct place *p, uint32_t parent, struct rk_emit_style *style)
{
	uint32_t key = at(p, parent)->child, value = at(p, key)->next;
	size_t offset;

	style->colon = ": ";
	style->comma = ", ";
	if (at(p, parent)->style != RK_YAML_FLOW || !key || !value)
		return;
	if (at(p, parent)->kind == RK_YAML_SEQ) {
		offset = skip_gap(p, at(p, key)->end);
		style->comma = p->text[offset] == ',' && !is_white(p->text[offset + 1]) ? "," : ", ";
		return;
	}
	offset = slot_start(p, value);
	if (p->text[offset - 1] == ':' && offset == at(p, value)->start && at(p, value)->start < at(p, value)->end &&
	    quote_of(p, key))
		style->colon = style->key_quote ? ":" : ": ";
	if (style->colon[1] == '\0')
		style->comma = ",";
}

static struct rk_emit_style
style_of(const struct place *p, uint32_t parent)
{
	const char *nl = memchr(p->text, '\n', p->len);
	struct rk_emit_style style = { .newline = nl && nl > p->text && nl[-1] == '\r' ? "\r\n" : "\n",
		.json = rk_yaml_is_json(p->y), .literal = !p->flat, .flat = p->flat };

	style.step = nearest(p, parent, RK_YAML_MAP, 2);
	if (style.step == 0 || style.step > 16)
		style.step = 2;
	style.list = nearest(p, parent, RK_YAML_SEQ, style.step);
	if (style.list > 16)
		style.list = style.step;
	quotes_of_siblings(p, parent, &style);
	spaces_of_siblings(p, parent, &style);
	return style;
}

/* ---- carrying it out ---- */

enum rk_rc
rk_edit_open(struct rk_edit *draft, const char *text, size_t len, size_t document, struct rk_err *err)
{
	*draft = (struct rk_edit){ .text = text, .len = len, .document = document };
	return rk_yaml_parse(text, len, &draft->yaml, err);
}

void
rk_edit_close(struct rk_edit *draft)
{
	rk_yaml_free(draft->yaml);
	rk_strbuf_free(&draft->own);
	*draft = (struct rk_edit){ 0 };
}

uint32_t
rk_edit_root(const struct rk_edit *draft)
{
	return rk_yaml_root(draft->yaml, draft->document);
}

/* The old tree beside the new one. */
struct check {
	const struct rk_yaml *old, *new;
	const struct splice *s;
	size_t old_len, new_len;
	uint32_t come;		/* nodes that are new */
	struct rk_err *err;
};

static enum rk_rc
differs(const struct check *c, uint32_t node, const char *what)
{
	const struct rk_yaml_node *n = rk_yaml_node(c->old, node);
	unsigned line, column;

	if (n->style == RK_YAML_BLOCK && n->count)	/* it ends where the last of what is below it does */
		n = rk_yaml_node(c->old, rk_yaml_after(c->old, node) - 1);
	rk_yaml_where(c->old, n->start, &line, &column);
	if (n->style == RK_YAML_LITERAL || n->style == RK_YAML_FOLDED)
		return rk_err_refuse(c->err, RK_CODE_BLOCK_SCALAR, "%u:%u: this text would take in the lines that follow it", line, column);
	return rk_err_set(c->err, RK_EBUG, "%u:%u: an edit would change more than it should (%s)", line, column, what);
}

/* A block scalar at the end of a text without a final line break ends in none itself, unless "-" says so. */
static bool
same_ending(const struct check *c, uint32_t node, uint32_t new)
{
	const struct rk_yaml_node *a = rk_yaml_node(c->old, node), *b = rk_yaml_node(c->new, new);
	struct rk_scalar_block was, is;
	const char *text;

	if (a->style != RK_YAML_LITERAL && a->style != RK_YAML_FOLDED)
		return true;
	text = rk_yaml_text(c->old) + a->start;
	if ((a->end == c->old_len) == (b->end == c->new_len) && !isdigit((unsigned char)text[1]) &&
	    !(text[1] && isdigit((unsigned char)text[2])))
		return true;
	rk_yaml_block(c->old, node, &was);
	rk_yaml_block(c->new, new, &is);
	return was.indent == is.indent && (was.chomp == '-' || (a->end == c->old_len) == (b->end == c->new_len));
}

static bool
same_alias(const struct check *c, uint32_t target, uint32_t new)
{
	if (target < c->s->first)
		return target == new;
	return target >= c->s->first + c->s->gone && target - c->s->gone + c->come == new;
}

/* An untouched node: the same, shift bytes further on. */
static enum rk_rc
check_node(const struct check *c, uint32_t node, uint32_t new, size_t shift)
{
	const struct rk_yaml_node *a = rk_yaml_node(c->old, node), *b = rk_yaml_node(c->new, new);

	if (a->kind != b->kind || a->style != b->style || a->count != b->count)
		return differs(c, node, "shape");
	if (a->props + shift != b->props || a->start + shift != b->start || a->end + shift != b->end)
		return differs(c, node, "place");
	if (a->kind == RK_YAML_ALIAS && !same_alias(c, a->child, b->child))
		return differs(c, node, "alias");
	return same_ending(c, node, new) ? RK_OK : differs(c, node, "ending");
}

/* A node above the edit: it ends elsewhere, and the edit's own parent has more or fewer children. */
static enum rk_rc
check_above(const struct check *c, uint32_t node, size_t shift)
{
	const struct rk_yaml_node *a = rk_yaml_node(c->old, node), *b = rk_yaml_node(c->new, node);
	bool own = node == c->s->parent;
	bool emptied = own && (int)a->count + c->s->children == 0;

	if (a->kind != b->kind || (a->style != b->style && !emptied))
		return differs(c, node, "shape");
	if ((int)a->count + (own ? c->s->children : 0) != (int)b->count)
		return differs(c, node, "count");
	if (!emptied && (a->start != b->start || a->props != b->props) && !(own && a->child == c->s->first))
		return differs(c, node, "place");
	if (a->style == RK_YAML_FLOW && a->end + shift != b->end)
		return differs(c, node, "end");
	return RK_OK;
}

/* A text that is no other type by its style is compared as it is, without a JSON value made of it. */
static bool
is_string(const struct check *c, uint32_t node, enum rk_rc *rc)
{
	const struct rk_yaml_node *n = rk_yaml_node(c->new, node);
	struct rk_strbuf text = { 0 };
	bool is;

	if (n->kind != RK_YAML_SCALAR || n->style == RK_YAML_PLAIN || n->props != n->start || !json_is_string(c->s->value))
		return false;
	*rc = rk_yaml_scalar(c->new, node, &text, c->err);
	is = *rc == RK_OK && text.len == json_string_length(c->s->value) &&
	    memcmp(rk_strbuf_str(&text), json_string_value(c->s->value), text.len) == 0;
	rk_strbuf_free(&text);
	return is;
}

static enum rk_rc
check_new(const struct check *c)
{
	const struct splice *s = c->s;
	uint32_t value = s->first;
	enum rk_rc rc = RK_OK;
	json_t *json;

	if (!s->value)
		return c->come == 0 ? RK_OK : differs(c, s->first, "debris");
	if (s->key) {
		if (!rk_yaml_key_is(c->new, s->first, s->key))
			return differs(c, s->parent, "key");
		value = rk_yaml_node(c->new, s->first)->next;
	}
	if (is_string(c, value, &rc))
		return rc;
	rc = rk_yaml_json(c->new, value, &json, c->err);
	if (rc == RK_OK && !rk_json_equal(json, s->value))
		rc = rk_err_set(c->err, RK_EBUG, "an edit would not give the value that it should");
	json_decref(json);
	return rc == RK_ENOMEM || rc == RK_OK ? rc : RK_EBUG;
}

/*
 * Is the new tree the old one with the splice's change and no other?  Nodes lie in document order, so that kinds
 * and counts alone fix the tree; bytes outside of the splice are the same, so that places fix the content.
 */
static enum rk_rc
verify(const struct check *c)
{
	const struct splice *s = c->s;
	uint32_t node, above[RK_YAML_DEPTH + 2], n = 0, i, last = s->first + s->gone;
	size_t shift = c->new_len - c->old_len;
	enum rk_rc rc = RK_OK;

	for (node = s->parent; node; node = rk_yaml_node(c->old, node)->parent)
		above[n++] = node;
	for (node = 1; node < s->first && rc == RK_OK; node++) {
		if (n && above[n - 1] == node) {
			n--;
			rc = check_above(c, node, shift);
		} else if (rk_yaml_node(c->old, node)->end > s->from) {
			rc = differs(c, node, "splice");
		} else {
			rc = check_node(c, node, node, 0);
		}
	}
	for (node = last; node < rk_yaml_nodes(c->old) && rc == RK_OK; node++)
		rc = rk_yaml_node(c->old, node)->props < s->to ? differs(c, node, "splice") :
		    check_node(c, node, node - s->gone + c->come, shift);
	if (rc == RK_OK && rk_yaml_documents(c->old) != rk_yaml_documents(c->new) && rk_yaml_documents(c->old))
		rc = rk_err_set(c->err, RK_EBUG, "an edit would change the number of documents");
	for (i = 0; i < rk_yaml_documents(c->old) && rc == RK_OK; i++) {
		node = rk_yaml_root(c->old, i);
		if (node && node != s->first && !same_alias(c, node, rk_yaml_root(c->new, i)))
			rc = rk_err_set(c->err, RK_EBUG, "an edit would change a document's root");
	}
	return rc == RK_OK ? check_new(c) : rc;
}

static enum rk_rc
commit(struct rk_edit *draft, struct splice *s, struct rk_err *err)
{
	struct rk_strbuf new = { 0 };
	struct rk_yaml *yaml = NULL;
	struct check check = { .old = draft->yaml, .s = s, .old_len = draft->len, .err = err };
	enum rk_rc rc;

	rk_strbuf_add(&new, draft->text, s->from);
	rk_strbuf_add(&new, rk_strbuf_str(&s->text), s->text.len);
	rk_strbuf_add(&new, draft->text + s->to, draft->len - s->to);
	new.failed |= s->text.failed;
	rc = rk_strbuf_check(&new, err);
	if (rc == RK_OK && new.len > RK_YAML_BYTES)
		rc = rk_err_refuse(err, RK_CODE_TOO_LARGE, "the text would exceed %u bytes", RK_YAML_BYTES);
	draft->work += new.len;
	if (rc == RK_OK && draft->work > WORK)
		rc = rk_err_refuse(err, RK_CODE_TOO_LARGE, "too many edits of so long a text");
	if (rc == RK_OK) {
		rc = rk_yaml_parse(rk_strbuf_str(&new), new.len, &yaml, err);
		if (rc == RK_EDATA && err->code == RK_CODE_TOO_LARGE)
			rc = rk_err_refuse(err, RK_CODE_TOO_LARGE, "the text would be deeper than %d levels", RK_YAML_DEPTH);
		else if (rc == RK_EDATA)
			rc = rk_err_prefix(err, RK_EBUG, "an edit would break the text");
	}
	if (rc == RK_OK && rk_yaml_is_json(draft->yaml) != rk_yaml_is_json(yaml) && rk_yaml_is_json(draft->yaml))
		rc = rk_err_set(err, RK_EBUG, "an edit would make JSON something else");
	if (rc == RK_OK) {
		check.new = yaml;
		check.new_len = new.len;
		check.come = rk_yaml_nodes(yaml) + s->gone - rk_yaml_nodes(draft->yaml);
		rc = verify(&check);
	}
	if (rc == RK_OK && draft->spliced)
		rc = draft->spliced(draft->context, s->from, s->to, rk_strbuf_str(&s->text), s->text.len, err);
	rk_strbuf_free(&s->text);
	if (rc != RK_OK) {
		rk_yaml_free(yaml);
		rk_strbuf_free(&new);
		return rc;
	}
	rk_yaml_free(draft->yaml);
	rk_strbuf_free(&draft->own);
	draft->own = new;
	draft->yaml = yaml;
	draft->text = rk_strbuf_str(&draft->own);
	draft->len = draft->own.len;
	return RK_OK;
}

static struct place
place_of(const struct rk_edit *draft)
{
	return (struct place){ draft->yaml, draft->text, draft->len, draft->flat };
}

static enum rk_rc __attribute__((format(printf, 5, 6)))
refuse(const struct place *p, uint32_t node, struct rk_err *err, enum rk_code code, const char *fmt, ...)
{
	unsigned line, column;
	char what[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof what, fmt, args);
	va_end(args);
	rk_yaml_where(p->y, at(p, node)->start, &line, &column);
	return rk_err_refuse(err, code, "%u:%u: %s", line, column, what);
}

static bool
is_above(const struct place *p, uint32_t above, uint32_t node)
{
	while (node > above)
		node = at(p, node)->parent;
	return node == above;
}

/*
 * An alias elsewhere that stands for a node which changes would change with it.  gone: the node and all below it
 * go; else only what is above it changes.
 */
static enum rk_rc
check_aliases(const struct place *p, uint32_t node, bool gone, struct rk_err *err)
{
	uint32_t i, after = node ? rk_yaml_after(p->y, node) : 0, target;

	for (i = 1; node && i < rk_yaml_nodes(p->y); i++) {
		if (at(p, i)->kind != RK_YAML_ALIAS || !(target = at(p, i)->child))
			continue;
		if (is_above(p, target, node) && (target != node || !gone))
			return refuse(p, target, err, RK_CODE_ANCHOR_IN_USE, "an alias stands for what this edit would change");
		if (gone && target >= node && target < after && (i < node || i >= after))
			return refuse(p, target, err, RK_CODE_ANCHOR_IN_USE, "an alias stands for what this edit would remove");
	}
	return RK_OK;
}

/* ---- add ---- */

/* New text at the end of the file, behind a last line without a break, comes after a break and has none. */
static void
line_at(const struct place *p, size_t offset, const struct rk_strbuf *entry, const struct rk_emit_style *style,
    struct splice *s)
{
	bool unended = offset == p->len && offset > bom(p) && p->text[offset - 1] != '\n';

	s->from = s->to = offset;
	if (unended)
		rk_strbuf_puts(&s->text, style->newline);
	rk_strbuf_add(&s->text, rk_strbuf_str(entry), entry->len);
	if (!unended)
		rk_strbuf_puts(&s->text, style->newline);
	s->text.failed |= entry->failed;
}

/* Behind the last line of a block collection's child, and of the deeper comments that directly follow it. */
static size_t
behind_entry(const struct place *p, uint32_t child, size_t column)
{
	size_t offset = next_line(p, at(p, child)->end), start;

	for (;;) {
		for (start = offset; start < p->len && p->text[start] == ' '; start++)
			;
		if (start == p->len || p->text[start] != '#' || start - offset <= column)
			return offset;
		offset = next_line(p, start);
	}
}

static void
add_to_block(const struct place *p, uint32_t parent, const char *key, size_t index, const json_t *value,
    struct splice *s)
{
	const struct rk_yaml_node *n = at(p, parent);
	struct rk_emit_style style = style_of(p, parent);
	size_t column = rk_yaml_column(p->y, n->start), i;
	uint32_t prior = 0, child = n->child;
	struct rk_strbuf entry = { 0 };

	for (i = 0; child && (key || i < index); i++, child = at(p, child)->next)
		prior = child;
	s->first = child ? child : rk_yaml_after(p->y, parent);
	if (prior) {
		s->from = behind_entry(p, prior, column);
		if ((s->from == p->len && p->text[p->len - 1] != '\n') || would_join(p, s->from, column))
			style.literal = false;
		rk_strbuf_fill(&entry, ' ', column);
	}
	if (key)
		rk_emit_key(&entry, key, &style, false);
	rk_strbuf_putc(&entry, key ? ':' : '-');
	rk_emit_block(&entry, value, &style, column, !key);
	if (prior) {
		line_at(p, s->from, &entry, &style, s);
	} else {
		s->from = s->to = n->start;
		rk_strbuf_add(&s->text, rk_strbuf_str(&entry), entry.len);
		rk_strbuf_puts(&s->text, style.newline);
		rk_strbuf_fill(&s->text, ' ', column);
		s->text.failed |= entry.failed;
	}
	rk_strbuf_free(&entry);
}

/* The white space that a line starts with. */
static void
indent_of(const struct place *p, size_t offset, struct rk_strbuf *indent)
{
	size_t start = line_start(p, offset), end = start;

	while (end < p->len && is_blank(p->text[end]))
		end++;
	rk_strbuf_add(indent, p->text + start, end - start);
}

/* Where a flow collection is spread over lines: the indentation of its entries, and by what it exceeds its own. */
static bool
spread(const struct place *p, uint32_t parent, struct rk_strbuf *indent, const char **unit)
{
	const struct rk_yaml_node *n = at(p, parent);
	struct rk_strbuf outer = { 0 };
	size_t start = at(p, n->child)->props;

	if (!n->child || !memchr(p->text + n->start, '\n', start - n->start))
		return false;
	indent_of(p, start, indent);
	indent_of(p, n->end - 1, &outer);
	*unit = indent->len > outer.len && memcmp(rk_strbuf_str(indent), rk_strbuf_str(&outer), outer.len) == 0 ?
	    rk_strbuf_str(indent) + outer.len : "  ";
	rk_strbuf_free(&outer);
	return true;
}

static void
add_to_flow(const struct place *p, uint32_t parent, const char *key, size_t index, const json_t *value,
    struct splice *s)
{
	const struct rk_yaml_node *n = at(p, parent);
	struct rk_emit_style style = style_of(p, parent);
	uint32_t child = n->child, prior = 0;
	struct rk_strbuf indent = { 0 }, entry = { 0 };
	const char *unit = NULL;
	bool lines = spread(p, parent, &indent, &unit);
	size_t i;

	for (i = 0; child && (key || i < index); i++, child = at(p, child)->next)
		prior = child;
	s->first = child ? child : rk_yaml_after(p->y, parent);
	if (key) {
		rk_emit_key(&entry, key, &style, true);
		rk_strbuf_puts(&entry, style.colon);
	}
	rk_emit_flow(&entry, value, &style, lines && style.json ? rk_strbuf_str(&indent) : NULL, unit);
	if (!prior && !child) {
		s->from = n->start + 1;
	} else if (!child) {
		s->from = at(p, prior)->end;
		if (at(p, prior)->start == at(p, prior)->end && (p->text[s->from - 1] == ':' || at(p, prior)->props < s->from))
			rk_strbuf_putc(&s->text, ' ');
	} else {
		s->from = entry_start(p, child);
		rk_strbuf_add(&s->text, rk_strbuf_str(&entry), entry.len);
	}
	if (prior || child) {
		rk_strbuf_puts(&s->text, lines ? "," : style.comma);
		if (lines)
			rk_strbuf_printf(&s->text, "%s%s", style.newline, rk_strbuf_str(&indent));
	}
	if (!child)
		rk_strbuf_add(&s->text, rk_strbuf_str(&entry), entry.len);
	s->to = s->from;
	s->text.failed |= entry.failed || indent.failed;
	rk_strbuf_free(&entry);
	rk_strbuf_free(&indent);
}

enum rk_rc
rk_edit_add(struct rk_edit *draft, uint32_t parent, const char *key, size_t index, const json_t *value,
    struct rk_err *err)
{
	struct place p = place_of(draft);
	struct splice s = { .parent = parent, .children = key ? 2 : 1, .key = key, .value = value };
	const struct rk_yaml_node *n = at(&p, parent);
	enum rk_rc rc = check_aliases(&p, parent, false, err);

	if (rc != RK_OK)
		return rc;
	if (key && (strlen(key) > KEY || (strlen(key) > KEY / 6 && !rk_emit_single_fits(key, strlen(key)))))
		return refuse(&p, parent, err, RK_CODE_KEY_TOO_LONG, "a key of %zu bytes", strlen(key));
	if (n->style == RK_YAML_FLOW && p.text[n->start] != '{' && p.text[n->start] != '[')
		return refuse(&p, parent, err, RK_CODE_SINGLE_PAIR, "a map without braces in a list holds one member only");
	if (n->style == RK_YAML_FLOW)
		add_to_flow(&p, parent, key, index, value, &s);
	else
		add_to_block(&p, parent, key, index, value, &s);
	return commit(draft, &s, err);
}

/* ---- remove ---- */

/*
 * A block collection that stands on lines of its own becomes inline text behind its ":" or "-"; comments between
 * stay.
 */
static void
pull_up(const struct place *p, uint32_t node, const char *inline_text, size_t len, struct splice *s)
{
	const struct rk_yaml_node *n = at(p, node);
	size_t first = line_start(p, n->start), last = first;

	s->from = slot_start(p, node);
	s->to = next_line(p, n->end);
	if (s->to == p->len && p->text[p->len - 1] != '\n')
		while (last > s->from && (p->text[last - 1] == '\n' || p->text[last - 1] == '\r'))
			last--;
	rk_strbuf_putc(&s->text, ' ');
	rk_strbuf_add(&s->text, inline_text, len);
	rk_strbuf_add(&s->text, p->text + s->from, last - s->from);
}

static void
remove_from_block(const struct place *p, uint32_t parent, uint32_t entry, uint32_t node, struct splice *s)
{
	const struct rk_yaml_node *n = at(p, parent);
	const char *empty = n->kind == RK_YAML_MAP ? "{}" : "[]";
	size_t start = entry_start(p, entry), column = rk_yaml_column(p->y, n->start);

	if ((int)n->count + s->children == 0 && n->parent && leads_line(p, n->start)) {
		pull_up(p, parent, empty, 2, s);
	} else if ((int)n->count + s->children == 0) {
		s->from = n->start;
		s->to = n->end;
		rk_strbuf_puts(&s->text, empty);
	} else if (!leads_line(p, start)) {
		s->from = start;
		for (s->to = behind_entry(p, node, column); is_white(p->text[s->to]); s->to++)
			;
	} else {
		s->from = line_start(p, start);
		s->to = behind_entry(p, node, column);
		if (s->to == p->len && p->text[p->len - 1] != '\n' && s->from > bom(p)) {
			s->from--;
			s->from -= s->from > 0 && p->text[s->from - 1] == '\r';
		}
	}
}

/* Behind the comma that follows, if one does. */
static size_t
with_comma(const struct place *p, size_t offset)
{
	size_t comma = skip_gap(p, offset);

	return p->text[comma] == ',' ? comma + 1 : offset;
}

static void
remove_from_flow(const struct place *p, uint32_t parent, uint32_t entry, uint32_t node, struct splice *s)
{
	uint32_t prior = before(p, entry), next = at(p, node)->next;
	size_t start = entry_start(p, entry), end = at(p, node)->end;
	size_t open = at(p, parent)->start + 1;

	s->from = start;
	s->to = with_comma(p, end);
	if (!prior && !next) {
		if (!has_comment(p, open, start))
			s->from = open;
		while (s->to > end && is_blank(p->text[s->to]))	/* behind a trailing comma */
			s->to++;
	} else if (next) {
		if (!has_comment(p, end, entry_start(p, next)))
			s->to = entry_start(p, next);
	} else if (!has_comment(p, at(p, prior)->end, start)) {
		s->from = at(p, prior)->end;
		s->to = end;
	}
}

enum rk_rc
rk_edit_remove(struct rk_edit *draft, uint32_t node, struct rk_err *err)
{
	struct place p = place_of(draft);
	uint32_t parent = at(&p, node)->parent, entry = is_value(&p, node) ? before(&p, node) : node;
	struct splice s = { .parent = parent, .first = entry, .children = entry == node ? -1 : -2 };
	const struct rk_yaml_node *n = at(&p, parent);
	enum rk_rc rc;

	if (!parent)
		return refuse(&p, node, err, RK_CODE_WHOLE_DOCUMENT, "a document's root cannot be removed");
	rc = check_aliases(&p, parent, false, err);
	if (rc == RK_OK)
		rc = check_aliases(&p, node, true, err);
	if (rc == RK_OK && entry != node)
		rc = check_aliases(&p, entry, true, err);
	if (rc != RK_OK)
		return rc;
	if (n->style == RK_YAML_FLOW && p.text[n->start] != '{' && p.text[n->start] != '[')
		return refuse(&p, parent, err, RK_CODE_SINGLE_PAIR, "a map without braces in a list cannot be emptied");
	s.gone = rk_yaml_after(p.y, node) - entry;
	if (n->style == RK_YAML_FLOW)
		remove_from_flow(&p, parent, entry, node, &s);
	else
		remove_from_block(&p, parent, entry, node, &s);
	return commit(draft, &s, err);
}

/* ---- replace ---- */

/* The hand for a value that replaces another: its own quotes go before those of its neighbours. */
static struct rk_emit_style
style_for(const struct place *p, uint32_t node)
{
	struct rk_emit_style style = style_of(p, at(p, node)->parent);
	const struct rk_yaml_node *n = at(p, node);
	char quote = quote_of(p, node);
	size_t column;

	if (quote)
		style.value_quote = style.quote = quote;
	else if (n->kind == RK_YAML_SCALAR && is_text(p, node))
		style.value_quote = 0;
	/* no line break, or more than that, would follow a literal's last line */
	column = n->parent ? rk_yaml_column(p->y, at(p, n->parent)->start) : 0;
	if (line_end(p, n->end) == p->len || would_join(p, next_line(p, n->end), column))
		style.literal = false;
	return style;
}

static bool
is_leaf(const json_t *value)
{
	return json_object_size(value) == 0 && json_array_size(value) == 0;
}

/* Text that fits on the line, or a literal block where the old value was none of one line. */
static void
inline_value(const struct place *p, uint32_t node, const json_t *value, struct rk_strbuf *out)
{
	const struct rk_yaml_node *n = at(p, node);
	struct rk_emit_style style = style_for(p, node);
	struct rk_strbuf text = { 0 }, indent = { 0 };
	const char *unit = NULL;
	bool flow = n->parent && at(p, n->parent)->style == RK_YAML_FLOW;
	struct rk_scalar_block block;
	size_t column = 0;
	bool lines;

	if (flow || !is_leaf(value) || style.json) {
		lines = style.json && n->parent && spread(p, n->parent, &indent, &unit);
		if (style.json && !n->parent && n->child && spread(p, node, &indent, &unit)) {
			style.colon = ": ";
			lines = true;
			rk_emit_flow(out, value, &style, "", rk_strbuf_str(&indent));
		} else {
			rk_emit_flow(out, value, &style, lines ? rk_strbuf_str(&indent) : NULL, unit);
		}
	} else {
		if (n->style == RK_YAML_LITERAL || n->style == RK_YAML_FOLDED) {
			rk_yaml_block(p->y, node, &block);
			column = block.indent;
		}
		if (column >= style.step)
			column -= style.step;
		else if (leads_line(p, n->props))	/* libfyaml wants a literal's lines further in than its "|" */
			column = rk_yaml_column(p->y, n->props);
		else
			column = n->parent ? rk_yaml_column(p->y, at(p, n->parent)->start) : 0;
		/* a text without a final line break is one to "|-" wherever it stands */
		if (json_is_string(value) && line_end(p, n->end) == p->len && json_string_length(value) &&
		    json_string_value(value)[json_string_length(value) - 1] != '\n')
			style.literal = !p->flat;
		/* libfyaml reads no literal whose tag or anchor starts a line */
		style.literal = style.literal && n->parent && n->kind == RK_YAML_SCALAR && quote_of(p, node) == 0 &&
		    (n->props == n->start || !leads_line(p, n->props)) &&
		    !has_comment(p, n->end, line_end(p, n->end));
		rk_emit_block(&text, value, &style, column, false);
		rk_strbuf_add(out, rk_strbuf_str(&text) + 1, text.len - 1);
	}
	out->failed |= text.failed || indent.failed;
	rk_strbuf_free(&text);
	rk_strbuf_free(&indent);
}

/* A non-empty collection in block style in the place of what is no collection. */
static void
open_block(const struct place *p, uint32_t node, const json_t *value, struct splice *s)
{
	const struct rk_yaml_node *n = at(p, node);
	struct rk_emit_style style = style_for(p, node);
	size_t column = n->parent ? rk_yaml_column(p->y, at(p, n->parent)->start) : 0, end = line_end(p, n->end), from;
	bool comment = has_comment(p, n->end, end), dash = n->parent && !is_value(p, node);

	s->from = slot_start(p, node);
	while (!n->parent && s->from > 0 && is_blank(p->text[s->from - 1]))
		s->from--;
	s->to = end;
	if (n->props == n->start && !comment && dash) {
		rk_emit_block(&s->text, value, &style, column, true);
		return;
	}
	for (from = n->end; !n->parent && from < end && is_blank(p->text[from]) && leads_line(p, s->from); from++)
		;
	rk_strbuf_add(&s->text, p->text + from, comment ? end - from : 0);
	if (n->parent && !dash) {
		rk_emit_block(&s->text, value, &style, column, false);
		return;
	}
	column += dash ? 2 : 0;
	if (dash || comment || n->props != n->start || !leads_line(p, n->start)) {
		rk_strbuf_puts(&s->text, style.newline);
		rk_strbuf_fill(&s->text, ' ', column);
	}
	rk_emit_entries(&s->text, value, &style, column);
}

/* A non-empty collection in the place of a block collection: on its lines. */
static void
swap_block(const struct place *p, uint32_t node, const json_t *value, struct splice *s)
{
	const struct rk_yaml_node *n = at(p, node);
	struct rk_emit_style style = style_for(p, node);
	size_t column = rk_yaml_column(p->y, n->start);

	s->from = n->start;
	s->to = line_end(p, n->end);	/* a comment there was the last entry's */
	if (is_value(p, node) && json_is_object(value) &&
	    column == rk_yaml_column(p->y, at(p, n->parent)->start)) {	/* a list not indented under its key */
		rk_strbuf_fill(&s->text, ' ', style.step);
		column += style.step;
	}
	rk_emit_entries(&s->text, value, &style, column);
}

/*
 * What stays of the properties: all of them, unless a tag would give the new value another type.
 * *from is where the old value then starts; an anchor that goes with the tag is written again.
 */
static enum rk_rc
keep_props(const struct place *p, uint32_t node, const json_t *value, struct splice *s, struct rk_err *err)
{
	const struct rk_yaml_node *n = at(p, node);
	const char *tag, *anchor;
	size_t len, length;

	s->from = n->start;
	tag = rk_yaml_tag(p->y, node, &len);
	if (!tag)
		return RK_OK;
	if (n->kind == RK_YAML_SCALAR && json_is_string(value) && (len < 2 || tag[1] != '!' ||
	    (len == 5 && memcmp(tag, "!!str", 5) == 0)))
		return RK_OK;
	if (len < 2 || tag[1] != '!')
		return refuse(p, node, err, RK_CODE_TAGGED, "a value with the tag %.*s can be replaced by a string only", (int)len, tag);
	if (has_comment(p, n->props, n->start))
		return refuse(p, node, err, RK_CODE_TAGGED, "a comment stands between the tag %.*s and its value", (int)len, tag);
	anchor = rk_yaml_anchor(p->y, node, &length);
	s->from = n->props;
	if (anchor)
		rk_strbuf_printf(&s->text, "%.*s ", (int)length, anchor);
	return RK_OK;
}

static enum rk_rc
fill_document(struct rk_edit *draft, const json_t *value, struct rk_err *err)
{
	struct place p = place_of(draft);
	const struct rk_yaml_document *document = rk_yaml_document(p.y, draft->document);
	struct rk_emit_style style = style_of(&p, 0);
	struct splice s = { .value = value, .first = rk_yaml_nodes(p.y) };
	struct rk_strbuf entry = { 0 };
	size_t i;

	for (i = rk_yaml_documents(p.y); i > draft->document + 1; i--)
		if (rk_yaml_root(p.y, i - 1))
			s.first = rk_yaml_root(p.y, i - 1);
	style.literal = false;
	if (is_leaf(value)) {
		rk_emit_block(&entry, value, &style, 0, false);
		memmove(entry.data, entry.data + (entry.data != NULL), entry.len);
		entry.len -= entry.data != NULL;
	} else {
		rk_emit_entries(&entry, value, &style, 0);
	}
	line_at(&p, document ? document->end : p.len, &entry, &style, &s);
	rk_strbuf_free(&entry);
	return commit(draft, &s, err);
}

enum rk_rc
rk_edit_replace(struct rk_edit *draft, uint32_t node, const json_t *value, struct rk_err *err)
{
	struct place p = place_of(draft);
	const struct rk_yaml_node *n = at(&p, node);
	struct splice s = { .parent = n->parent, .first = node, .value = value };
	struct rk_strbuf text = { 0 };
	bool flow, block = n->style == RK_YAML_BLOCK && (n->kind == RK_YAML_MAP || n->kind == RK_YAML_SEQ);
	bool unwritten = n->kind == RK_YAML_SCALAR && n->start == n->end;
	enum rk_rc rc;

	if (!node)
		return fill_document(draft, value, err);
	rc = check_aliases(&p, node, true, err);
	if (rc == RK_OK)
		rc = keep_props(&p, node, value, &s, err);
	if (rc != RK_OK)
		return rc;
	s.gone = rk_yaml_after(p.y, node) - node;
	flow = rk_yaml_is_json(p.y) || (n->parent && at(&p, n->parent)->style == RK_YAML_FLOW) ||
	    (n->style == RK_YAML_FLOW && n->kind != RK_YAML_SCALAR) ||
	    (p.flat && n->kind == RK_YAML_SCALAR && s.from == n->start);
	if (unwritten && is_value(&p, node) && slot_start(&p, node) == at(&p, before(&p, node))->end) {
		if (!flow) {
			rk_strbuf_free(&s.text);
			return refuse(&p, node, err, RK_CODE_EXPLICIT_KEY, "a key without a value");
		}
		rk_strbuf_putc(&s.text, ':');
	}
	if (flow || (is_leaf(value) && !block)) {
		s.to = n->end;
		if (unwritten && (n->parent || n->props != n->start)) {
			rk_strbuf_putc(&s.text, ' ');
			if (!flow && !has_comment(&p, n->end, line_end(&p, n->end)))
				s.to = line_end(&p, n->end);
		} else if (flow && is_value(&p, node) && p.text[s.from - 1] == ':' && !quote_of(&p, before(&p, node)))
			rk_strbuf_putc(&s.text, ' ');	/* {key:{}}: of another value the colon would become a part */
		inline_value(&p, node, value, &s.text);
		if (!flow && memchr(rk_strbuf_str(&s.text), '\n', s.text.len))	/* blanks would become content */
			s.to = line_end(&p, n->end);
	} else if (is_leaf(value) && s.from == n->start) {
		inline_value(&p, node, value, &text);
		if (n->parent && leads_line(&p, n->start)) {
			pull_up(&p, node, rk_strbuf_str(&text), text.len, &s);
		} else {
			s.to = n->end;
			rk_strbuf_add(&s.text, rk_strbuf_str(&text), text.len);
		}
		s.text.failed |= text.failed;
		rk_strbuf_free(&text);
	} else if (s.from != n->start) {
		rk_strbuf_free(&s.text);
		return refuse(&p, node, err, RK_CODE_TAGGED, "a value with a tag cannot become a collection");
	} else if (block) {
		swap_block(&p, node, value, &s);
	} else {
		open_block(&p, node, value, &s);
	}
	return commit(draft, &s, err);
}

enum rk_rc
rk_edit_raw(struct rk_edit *draft, uint32_t node, const struct rk_strbuf *raw, const json_t *value, struct rk_err *err)
{
	struct place p = place_of(draft);
	struct splice s = { .parent = at(&p, node)->parent, .first = node, .gone = 1, .value = value,
		.from = at(&p, node)->start, .to = at(&p, node)->end };
	enum rk_rc rc = check_aliases(&p, node, true, err);

	if (rc != RK_OK)
		return rc;
	rk_strbuf_add(&s.text, rk_strbuf_str(raw), raw->len);
	s.text.failed |= raw->failed;
	return commit(draft, &s, err);
}
