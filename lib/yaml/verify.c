#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "yaml/scalar.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

#define ENDING "ending"

struct check {
	const struct rk_yaml *old, *new;
	const struct rk_splice *s;
	uint32_t come;		/* the number of new nodes in the splice */
	struct rk_err *err;
};

static enum rk_rc
differs(const struct check *c, uint32_t node, const char *what)
{
	const struct rk_yaml_node *n = &c->old->node[node];
	enum rk_rc rc;

	if (n->style == RK_YAML_BLOCK && n->count)	/* it ends where its last descendant ends */
		n = &c->old->node[rk_yaml_after(c->old, node) - 1];
	if (n->style == RK_YAML_LITERAL || n->style == RK_YAML_FOLDED)
		rc = rk_err_refuse(c->err, RK_CODE_BLOCK_SCALAR, "this block scalar would %s", strcmp(what, ENDING) == 0 ?
		    "gain or lose its final line break" : "take in the lines that follow it");
	else
		rc = rk_err_refuse(c->err, RK_CODE_UNSAFE_EDIT, "the edit would change more than requested (%s)", what);
	return rk_tree_at(c->old, n->start, rc, c->err);
}

/* Without a final line break in the file, a block scalar at its end has none in its content either, except with "-". */
static bool
same_ending(const struct check *c, uint32_t node, uint32_t new)
{
	const struct rk_yaml_node *a = &c->old->node[node], *b = &c->new->node[new];
	bool ends = (a->end == c->old->len) == (b->end == c->new->len);
	struct rk_scalar_block was, is;
	const char *text;

	if (a->style != RK_YAML_LITERAL && a->style != RK_YAML_FOLDED)
		return true;
	text = c->old->text + a->start;
	if (ends && !isdigit((unsigned char)text[1]) && !(text[1] && isdigit((unsigned char)text[2])))
		return true;
	rk_yaml_block(c->old, node, &was);
	rk_yaml_block(c->new, new, &is);
	return was.indent == is.indent && (was.chomp == '-' || ends);
}

/* Is new, a number in the new tree, the node that had the number node in the old one? */
static bool
same_node(const struct check *c, uint32_t node, uint32_t new)
{
	if (node < c->s->first)
		return node == new;
	return node >= c->s->first + c->s->gone && node - c->s->gone + c->come == new;
}

/* An untouched node is the same, shift bytes later. */
static enum rk_rc
check_node(const struct check *c, uint32_t node, uint32_t new, size_t shift)
{
	const struct rk_yaml_node *a = &c->old->node[node], *b = rk_yaml_node(c->new, new);

	if (a->kind != b->kind || a->style != b->style || a->count != b->count)
		return differs(c, node, "shape");
	if (a->props + shift != b->props || a->start + shift != b->start || a->end + shift != b->end)
		return differs(c, node, "offsets");
	if (a->kind == RK_YAML_ALIAS && !same_node(c, a->child, b->child))
		return differs(c, node, "alias");
	return same_ending(c, node, new) ? RK_OK : differs(c, node, ENDING);
}

/* An ancestor of the edit ends elsewhere, and the parent has more or fewer children. */
static enum rk_rc
check_above(const struct check *c, uint32_t node, size_t shift)
{
	const struct rk_yaml_node *a = &c->old->node[node], *b = rk_yaml_node(c->new, node);
	bool own = node == c->s->parent;
	bool emptied = own && (int)a->count + c->s->children == 0;

	if (a->kind != b->kind || (a->style != b->style && !emptied))
		return differs(c, node, "shape");
	if ((int)a->count + (own ? c->s->children : 0) != (int)b->count)
		return differs(c, node, "count");
	if (!emptied && (a->start != b->start || a->props != b->props) && !(own && a->child == c->s->first))
		return differs(c, node, "offsets");
	if (a->style == RK_YAML_FLOW && a->end + shift != b->end)
		return differs(c, node, "end");
	return RK_OK;
}

/* A string by its style is compared as it is, which saves making a JSON value of it. */
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
	const struct rk_splice *s = c->s;
	uint32_t value = s->first;
	enum rk_rc rc = RK_OK;
	json_t *json = NULL;

	if (!s->value)
		return c->come == 0 ? RK_OK : differs(c, s->first, "debris");
	if (s->key) {
		if (!rk_yaml_key_is(c->new, s->first, s->key))
			return differs(c, s->parent, "key");
		value = rk_yaml_node(c->new, s->first)->next;
	}
	if (is_string(c, value, &rc))
		return RK_OK;
	if (rc == RK_OK)
		rc = rk_yaml_json(c->new, value, &json, c->err);
	if (rc != RK_OK || !rk_json_equal(json, s->value))
		rc = rk_err_refuse(c->err, RK_CODE_UNSAFE_EDIT, "the edit would not give the requested value");
	json_decref(json);
	return rc;
}

/*
 * Nodes lie in document order, so that kinds and counts fix the shape of the tree; bytes outside of the splice are
 * the same, so that offsets fix the content.
 */
enum rk_rc
rk_verify_edit(const struct rk_yaml *old, const struct rk_yaml *new, const struct rk_splice *s, struct rk_err *err)
{
	const struct check c = { old, new, s, rk_yaml_nodes(new) + s->gone - rk_yaml_nodes(old), err };
	uint32_t node, above[RK_YAML_DEPTH + 2], n = 0, i;
	size_t shift = new->len - old->len;
	bool emptied = s->gone && !s->parent && !s->value;	/* the document */
	enum rk_rc rc = RK_OK;

	for (node = s->parent; node; node = old->node[node].parent)
		above[n++] = node;
	for (node = 1; node < s->first && rc == RK_OK; node++) {
		if (n && above[n - 1] == node) {
			n--;
			rc = check_above(&c, node, shift);
		} else if (old->node[node].end > s->from) {
			rc = differs(&c, node, "splice");
		} else {
			rc = check_node(&c, node, node, 0);
		}
	}
	for (node = s->first + s->gone; node < old->nodes && rc == RK_OK; node++)
		rc = old->node[node].props < s->to ? differs(&c, node, "splice") :
		    check_node(&c, node, node - s->gone + c.come, shift);
	if (rc == RK_OK && old->documents != new->documents && old->documents && (old->documents > 1 || !emptied))
		rc = rk_err_refuse(err, RK_CODE_UNSAFE_EDIT, "the edit would change the number of documents");
	for (i = 0; i < old->documents && rc == RK_OK; i++) {
		node = rk_yaml_root(old, i);
		if (node && node == s->first ? emptied && rk_yaml_root(new, i) : node && !same_node(&c, node, rk_yaml_root(new, i)))
			rc = rk_err_refuse(err, RK_CODE_UNSAFE_EDIT, "the edit would change the root of another document");
	}
	return rc == RK_OK ? check_new(&c) : rc;
}
