#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "yaml/yaml.h"
#include "base/code.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "yaml/scalar.h"
#include "yaml/yaml_internal.h"

#define EXPANSION 10	/* times its own size to which aliases may expand the input */
#define MEMBER 96	/* bytes of memory for a member of an object, without its key and value */

void
rk_yaml_free(struct rk_yaml *yaml)
{
	rk_tree_free(yaml);
}

enum rk_rc
rk_yaml_parse(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err)
{
	enum rk_rc rc;

	*yaml = NULL;
	if (len > RK_YAML_BYTES)
		return rk_err_set(err, RK_EDATA, "too large: %zu bytes, expected at most %u", len, RK_YAML_BYTES);
	*yaml = rk_tree_new(text, len);
	rc = rk_parse(*yaml, err);
	if (rc != RK_OK) {
		rk_yaml_free(*yaml);
		*yaml = NULL;
	}
	return rc;
}

void
rk_yaml_where(const struct rk_yaml *yaml, uint32_t offset, unsigned *line, unsigned *column)
{
	size_t at, start = yaml->first;

	*line = *column = 1;
	for (at = 0; at < offset && at < yaml->len; at++) {
		if (yaml->text[at] == '\n') {
			start = at + 1;
			++*line;
		}
	}
	for (at = start; at < offset && at < yaml->len; at++)
		*column += ((unsigned char)yaml->text[at] & 0xc0) != 0x80;
}

size_t
rk_yaml_column(const struct rk_yaml *y, uint32_t offset)
{
	uint32_t start = offset;

	while (start > y->first && y->text[start - 1] != '\n')
		start--;
	return offset - start;
}

long
rk_yaml_outer_indent(const struct rk_yaml *y, uint32_t parent)
{
	return parent ? (long)rk_yaml_column(y, y->node[parent].start) : -1;
}

size_t
rk_yaml_documents(const struct rk_yaml *yaml)
{
	return yaml->documents;
}

const struct rk_yaml_document *
rk_yaml_document(const struct rk_yaml *yaml, size_t document)
{
	return document < yaml->documents ? &yaml->document[document] : NULL;
}

uint32_t
rk_yaml_root(const struct rk_yaml *yaml, size_t document)
{
	return document < yaml->documents ? yaml->document[document].root : 0;
}

const char *
rk_yaml_text(const struct rk_yaml *yaml)
{
	return yaml->text;
}

const struct rk_yaml_node *
rk_yaml_node(const struct rk_yaml *yaml, uint32_t node)
{
	return &yaml->node[node < yaml->nodes ? node : 0];
}

uint32_t
rk_yaml_nodes(const struct rk_yaml *yaml)
{
	return (uint32_t)yaml->nodes;
}

uint32_t
rk_yaml_after(const struct rk_yaml *yaml, uint32_t node)
{
	const struct rk_yaml_node *n = yaml->node;
	size_t i;

	while (n[node].parent && !n[node].next)
		node = n[node].parent;
	if (n[node].next)
		return n[node].next;
	for (i = 0; i < yaml->documents; i++)	/* node was a root: the next root follows */
		if (yaml->document[i].root > node)
			return yaml->document[i].root;
	return (uint32_t)yaml->nodes;
}

void
rk_yaml_block(const struct rk_yaml *yaml, uint32_t node, struct rk_scalar_block *block)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);

	rk_scalar_block_scan(yaml->text, yaml->len, n->start, rk_yaml_outer_indent(yaml, n->parent), block);
}

enum rk_rc
rk_yaml_scalar(const struct rk_yaml *yaml, uint32_t node, struct rk_strbuf *text, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);
	struct rk_scalar_block block;
	enum rk_rc rc;
	bool quoted = n->style == RK_YAML_SINGLE || n->style == RK_YAML_DOUBLE;

	if (n->kind != RK_YAML_SCALAR)
		return rk_err_set(err, RK_EDATA, "not a scalar");
	if (n->style == RK_YAML_LITERAL || n->style == RK_YAML_FOLDED) {
		rk_yaml_block(yaml, node, &block);
		rk_scalar_block_decode(yaml->text, yaml->len, n->style == RK_YAML_FOLDED, &block, text);
		return RK_OK;
	}
	rc = rk_scalar_flow_decode(yaml->text + n->start + quoted, n->end - n->start - 2 * quoted,
	    n->style == RK_YAML_SINGLE ? '\'' : n->style == RK_YAML_DOUBLE ? '"' : 0, yaml->json, text, err);
	if (rc == RK_OK)
		return RK_OK;
	return rk_tree_at(yaml, n->start, rc, err);
}

/* Is this scalar, decoded, equal to s?  Most need no decoding. */
static bool
scalar_is(const struct rk_yaml *yaml, uint32_t node, const char *s, size_t len)
{
	const struct rk_yaml_node *n = &yaml->node[node];
	const char *raw = yaml->text + n->start;
	size_t size = n->end - n->start;
	struct rk_strbuf text = { 0 };
	struct rk_err ignored;
	bool is;

	if (n->kind == RK_YAML_ALIAS && n->child)
		return yaml->node[n->child].kind == RK_YAML_SCALAR && scalar_is(yaml, n->child, s, len);
	if (n->kind != RK_YAML_SCALAR)
		return false;
	if (n->style == RK_YAML_PLAIN && !memchr(raw, '\n', size))
		return size == len && memcmp(raw, s, len) == 0;
	if (n->style == RK_YAML_SINGLE || n->style == RK_YAML_DOUBLE) {
		if (size - 2 == len && memcmp(raw + 1, s, len) == 0 && !memchr(s, '\\', len) && !memchr(s, '\n', len) &&
		    !memchr(s, '\'', len))
			return true;
		if (size - 2 < len)
			return false;
	}
	is = rk_yaml_scalar(yaml, node, &text, &ignored) == RK_OK && text.len == len &&
	    memcmp(rk_strbuf_str(&text), s, len) == 0;
	rk_strbuf_free(&text);
	return is;
}

bool
rk_yaml_key_is(const struct rk_yaml *yaml, uint32_t node, const char *key)
{
	return node && scalar_is(yaml, node, key, strlen(key));
}

uint32_t
rk_yaml_get(const struct rk_yaml *yaml, uint32_t node, const char *key)
{
	const struct rk_yaml_node *map = rk_yaml_node(yaml, node);
	size_t len = strlen(key);
	uint32_t k;

	if (map->kind != RK_YAML_MAP)
		return 0;
	for (k = map->child; k; k = yaml->node[yaml->node[k].next].next)
		if (scalar_is(yaml, k, key, len))
			return yaml->node[k].next;
	return 0;
}

uint32_t
rk_yaml_at(const struct rk_yaml *yaml, uint32_t node, const char *pointer)
{
	struct rk_json_pointer p;
	struct rk_err ignored;
	size_t i, index;
	uint32_t child;

	if (rk_json_pointer_parse(pointer, &p, &ignored) != RK_OK)
		return 0;
	for (i = 0; node && i < p.n; i++) {
		if (yaml->node[node].kind == RK_YAML_SEQ) {
			index = rk_json_pointer_index(p.token[i]);
			child = index < yaml->node[node].count ? yaml->node[node].child : 0;
			for (; child && index; index--)
				child = yaml->node[child].next;
			node = child;
		} else {
			node = rk_yaml_get(yaml, node, p.token[i]);
		}
	}
	rk_json_pointer_free(&p);
	return node;
}

/* The tag ("!") or anchor ("&") of a node, as mark says, as it is written; NULL if it has none. */
static const char *
property(const struct rk_yaml *yaml, const struct rk_yaml_node *n, char mark, size_t *len)
{
	const char *s = yaml->text + n->props, *end = yaml->text + n->start;
	const char *word;

	while (s < end) {
		if (is_white(*s)) {
			s++;
			continue;
		}
		if (*s == '#') {
			while (s < end && *s != '\n')
				s++;
			continue;
		}
		for (word = s; s < end && !is_white(*s); s++)
			;
		*len = (size_t)(s - word);
		if (*word == mark)
			return word;
	}
	return NULL;
}

const char *
rk_yaml_tag(const struct rk_yaml *yaml, uint32_t node, size_t *len)
{
	return property(yaml, rk_yaml_node(yaml, node), '!', len);
}

const char *
rk_yaml_anchor(const struct rk_yaml *yaml, uint32_t node, size_t *len)
{
	return property(yaml, rk_yaml_node(yaml, node), '&', len);
}

static bool
tag_is(const char *tag, size_t len, const char *name)
{
	return len == strlen(name) + 2 && memcmp(tag, "!!", 2) == 0 && memcmp(tag + 2, name, len - 2) == 0;
}

/* The null, boolean or number that a scalar is; NULL if it is a string. */
static json_t *
resolve(const struct rk_yaml *yaml, const struct rk_yaml_node *n, const struct rk_strbuf *text)
{
	size_t len;
	const char *tag = property(yaml, n, '!', &len);

	if (tag ? !tag_is(tag, len, "int") && !tag_is(tag, len, "float") && !tag_is(tag, len, "bool") &&
	    !tag_is(tag, len, "null") : n->style != RK_YAML_PLAIN)
		return NULL;
	return rk_scalar_resolve(rk_strbuf_str(text), text->len);
}

bool
rk_yaml_is_null(const struct rk_yaml *yaml, uint32_t node)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);
	const char *tag;
	bool null;
	json_t *json;
	size_t len;

	if (node == 0)
		return true;
	if (n->kind == RK_YAML_ALIAS)
		return n->child && n->child < node && rk_yaml_is_null(yaml, n->child);
	if (n->kind != RK_YAML_SCALAR || n->style != RK_YAML_PLAIN)
		return false;
	tag = property(yaml, n, '!', &len);
	if (tag && !tag_is(tag, len, "null"))
		return false;
	json = rk_scalar_resolve(yaml->text + n->start, n->end - n->start);
	null = json_is_null(json);
	json_decref(json);
	return null;
}

/* A conversion to JSON. */
struct convert {
	const struct rk_yaml *y;
	struct rk_err *err;
	size_t left;		/* bytes that aliases may still add */
	size_t memory;		/* bytes of memory that the JSON may still take */
	unsigned depth, aliases;
};

static enum rk_rc convert(struct convert *c, uint32_t node, json_t **json);

static enum rk_rc
wrong(const struct convert *c, uint32_t node, enum rk_code code, const char *what)
{
	return rk_tree_at(c->y, c->y->node[node].start, rk_err_data(c->err, code, "%s", what), c->err);
}

static enum rk_rc
too_large(const struct convert *c, uint32_t node)
{
	return wrong(c, node, RK_CODE_TOO_LARGE, "too many values for its length to fit in memory");
}

/* Charge a node that an alias repeats with its bytes. */
static bool
afford(struct convert *c, uint32_t node)
{
	size_t cost = c->y->node[node].kind == RK_YAML_SCALAR ? 1 + c->y->node[node].end - c->y->node[node].start : 1;

	if (c->aliases == 0)
		return true;
	if (cost > c->left)
		return false;
	c->left -= cost;
	return true;
}

/* Take bytes from the memory that there may be. */
static bool
take(struct convert *c, size_t bytes)
{
	if (bytes > c->memory)
		return false;
	c->memory -= bytes;
	return true;
}

/* Return the memory that jansson 2.14 needs for a node, with its place in an array. */
static size_t
memory_of(const struct rk_yaml_node *n)
{
	switch ((enum rk_yaml_kind)n->kind) {
	case RK_YAML_MAP:
		return 224;
	case RK_YAML_SEQ:
		return 144;
	case RK_YAML_SCALAR:
		return 96 + n->end - n->start;
	default:
		return 0;
	}
}

static enum rk_rc
convert_scalar(struct convert *c, uint32_t node, json_t **json)
{
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = rk_yaml_scalar(c->y, node, &text, c->err);

	if (rc == RK_OK) {
		*json = resolve(c->y, &c->y->node[node], &text);
		if (!*json)
			*json = json_stringn(rk_strbuf_str(&text), text.len);
		if (!*json)
			rc = wrong(c, node, RK_CODE_UNREADABLE, "a string that is not UTF-8");
	}
	rk_strbuf_free(&text);
	return rc;
}

/* Add the members of the map or maps of a "<<" that the map does not have itself. */
static enum rk_rc
merge(struct convert *c, uint32_t node, json_t *into)
{
	json_t *from, *each;
	enum rk_rc rc = convert(c, node, &from);
	size_t i;
	bool failed = false;

	if (rc != RK_OK)
		return rc;
	if (json_is_array(from)) {
		json_array_foreach(from, i, each)
			failed |= json_object_update_missing(into, each) < 0;
	} else {
		failed = json_object_update_missing(into, from) < 0;
	}
	json_decref(from);
	return failed ? wrong(c, node, RK_CODE_UNREADABLE, "invalid merge key: expected a map or a list of maps") : RK_OK;
}

bool
rk_yaml_is_merge(const struct rk_yaml *y, uint32_t key)
{
	const struct rk_yaml_node *k = rk_yaml_node(y, key);

	return !y->json && k->kind == RK_YAML_SCALAR && k->style == RK_YAML_PLAIN && k->end - k->start == 2 &&
	    memcmp(y->text + k->start, "<<", 2) == 0;
}

static enum rk_rc
convert_map(struct convert *c, uint32_t node, json_t *map)
{
	const struct rk_yaml_node *n = c->y->node;
	struct rk_strbuf key = { 0 };
	json_t *value = NULL;
	enum rk_rc rc = RK_OK;
	uint32_t k, name;
	bool merges = false;

	for (k = n[node].child; k && rc == RK_OK; k = n[n[k].next].next) {
		if (rk_yaml_is_merge(c->y, k)) {
			merges = true;
			continue;
		}
		name = n[k].kind == RK_YAML_ALIAS ? n[k].child : k;
		rk_strbuf_clear(&key);
		if (!name || n[name].kind != RK_YAML_SCALAR)
			rc = wrong(c, k, RK_CODE_UNREADABLE, "invalid key: a list or map");
		else
			rc = rk_yaml_scalar(c->y, name, &key, c->err);
		if (rc == RK_OK && json_object_get(map, rk_strbuf_str(&key)))
			rc = wrong(c, k, RK_CODE_DUPLICATE_KEY, "duplicate key");
		if (rc == RK_OK && !take(c, MEMBER + key.len))
			rc = too_large(c, k);
		if (rc == RK_OK)
			rc = convert(c, n[k].next, &value);
		if (rc == RK_OK)
			rk_json_set(map, rk_strbuf_str(&key), value);
	}
	for (k = merges ? n[node].child : 0; k && rc == RK_OK; k = n[n[k].next].next)
		if (rk_yaml_is_merge(c->y, k))
			rc = merge(c, n[k].next, map);
	rk_strbuf_free(&key);
	return rc;
}

static enum rk_rc
convert(struct convert *c, uint32_t node, json_t **json)
{
	const struct rk_yaml_node *n = &c->y->node[node];
	json_t *each;
	enum rk_rc rc = RK_OK;
	uint32_t child;

	*json = NULL;
	if (c->depth > RK_YAML_DEPTH || !afford(c, node))
		return wrong(c, node, RK_CODE_UNREADABLE, "aliases expand to too much");
	if (!take(c, memory_of(n)))
		return too_large(c, node);
	if (n->kind == RK_YAML_SCALAR)
		return convert_scalar(c, node, json);
	c->depth++;
	if (n->kind == RK_YAML_ALIAS) {
		c->aliases++;
		rc = n->child ? convert(c, n->child, json) : wrong(c, node, RK_CODE_UNREADABLE, "undefined alias");
		c->aliases--;
	} else if (n->kind == RK_YAML_MAP) {
		*json = json_object();
		rc = convert_map(c, node, *json);
	} else {
		*json = n->kind == RK_YAML_SEQ ? json_array() : json_null();
		for (child = n->child; child && rc == RK_OK; child = c->y->node[child].next) {
			rc = convert(c, child, &each);
			if (rc == RK_OK)
				rk_json_append(*json, each);
		}
	}
	c->depth--;
	if (rc != RK_OK) {
		json_decref(*json);
		*json = NULL;
	}
	return rc;
}

enum rk_rc
rk_yaml_json(const struct rk_yaml *yaml, uint32_t node, json_t **json, struct rk_err *err)
{
	struct convert c = { .y = yaml, .err = err, .left = EXPANSION * yaml->len, .memory = rk_json_memory(yaml->len) };

	return convert(&c, node < yaml->nodes ? node : 0, json);
}

bool
rk_yaml_is_string(const struct rk_yaml *yaml, uint32_t node, const char *s)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);
	size_t len;
	const char *tag = property(yaml, n, '!', &len);

	if (n->kind != RK_YAML_SCALAR || (tag && !tag_is(tag, len, "str")))
		return false;
	return tag || n->style != RK_YAML_PLAIN || rk_scalar_is_string(s, strlen(s));
}

bool
rk_yaml_is_map(const struct rk_yaml *yaml, uint32_t node)
{
	return node && rk_yaml_node(yaml, node)->kind == RK_YAML_MAP;
}
