#ifndef RK_YAML_H
#define RK_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/scalar.h"

#define RK_YAML_BYTES (16u << 20)	/* the largest text */
#define RK_YAML_DEPTH 512		/* levels of collections */

enum rk_yaml_kind { RK_YAML_NONE, RK_YAML_SCALAR, RK_YAML_MAP, RK_YAML_SEQ, RK_YAML_ALIAS };
enum rk_yaml_style {
	RK_YAML_BLOCK, RK_YAML_FLOW,						/* collections */
	RK_YAML_PLAIN, RK_YAML_SINGLE, RK_YAML_DOUBLE, RK_YAML_LITERAL, RK_YAML_FOLDED,	/* scalars */
};

/*
 * A node of a parsed text.  Nodes lie in one array in document order; 0 is no node.  A map's children are
 * key, value, key, value.  Offsets are bytes from the start of the text.  A block collection ends where its
 * last child does; a block scalar behind its last line, without that line's break; a null that is not written
 * lies, empty, behind the indicator that announces it.
 */
struct rk_yaml_node {
	uint8_t kind, style;
	uint32_t parent, child, next;	/* the node above, its first child, its next sibling: 0 if none */
					/* of an alias, child is the node that it stands for, 0 if undefined */
	uint32_t count;			/* children; of a map twice its entries */
	uint32_t start, end;		/* the node with its quotes, brackets, block header; no properties */
	uint32_t props;			/* where its tag or anchor starts; start if it has none */
};

/* A document: its root (0: empty), and where it lies, from behind its "---" to its "..." or the next one. */
struct rk_yaml_document {
	uint32_t root, start, end;
};

/* A text parsed: any number of documents.  Borrows the text, which must outlive it. */
struct rk_yaml;

/*
 * Parse len bytes of text, behind which a NUL must stand.  What is JSON (RFC 8259) is read as JSON, in any
 * layout; all else as YAML.
 * RK_EDATA: no YAML, not UTF-8, characters that YAML forbids or that 1.1 and 1.2 read differently
 * (a lone carriage return; U+0085, U+2028, U+2029 outside double quotes), deeper than RK_YAML_DEPTH, more than
 * RK_YAML_BYTES, a line with tens of thousands of flow entries (JSON apart); err->code is too-large if it is too deep, err->msg is "LINE:COLUMN: what".
 * RK_ENOMEM.
 */
enum rk_rc rk_yaml_parse(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err);
void rk_yaml_free(struct rk_yaml *yaml);

/* How many documents there are, and the root of one, from 0: 0 where that document is empty. */
size_t rk_yaml_documents(const struct rk_yaml *yaml);
uint32_t rk_yaml_root(const struct rk_yaml *yaml, size_t document);

const struct rk_yaml_document *rk_yaml_document(const struct rk_yaml *yaml, size_t document);
const char *rk_yaml_text(const struct rk_yaml *yaml);	/* borrowed, as it was given */
bool rk_yaml_is_json(const struct rk_yaml *yaml);

const struct rk_yaml_node *rk_yaml_node(const struct rk_yaml *yaml, uint32_t node);

/* The value of a map's key (compared decoded), 0 where node is no map or lacks it.  The first of duplicates. */
uint32_t rk_yaml_get(const struct rk_yaml *yaml, uint32_t node, const char *key);

/* The node at a JSON Pointer (RFC 6901) below node, 0 if there is none or pointer is no pointer. */
uint32_t rk_yaml_at(const struct rk_yaml *yaml, uint32_t node, const char *pointer);

/* Is node (may be 0) a map? */
bool rk_yaml_is_map(const struct rk_yaml *yaml, uint32_t node);

/* Is it nothing: no node, or a plain scalar that reads as null? */
bool rk_yaml_is_null(const struct rk_yaml *yaml, uint32_t node);

/* A scalar's text, decoded and appended to text.  RK_EDATA: no scalar, or escapes that are no UTF-8. */
enum rk_rc rk_yaml_scalar(const struct rk_yaml *yaml, uint32_t node, struct rk_strbuf *text, struct rk_err *err);

/*
 * A node's value as JSON, with scalars typed as YAML 1.1 types them in Argo CD and Helm (y, on, 0644, 1_000),
 * aliases and merge keys resolved.  *json is a new reference on RK_OK, else NULL.
 * RK_EDATA: duplicate keys (err->code is duplicate-key); an undefined alias, a key that is a collection, aliases that
 * expand to more than ten times the text (err->code is unreadable).  RK_ENOMEM.
 */
enum rk_rc rk_yaml_json(const struct rk_yaml *yaml, uint32_t node, json_t **json, struct rk_err *err);

/* The node behind node and all that is below it, in document order; the number of nodes, and 0, at the end. */
uint32_t rk_yaml_after(const struct rk_yaml *yaml, uint32_t node);
uint32_t rk_yaml_nodes(const struct rk_yaml *yaml);

/* The column of an offset, from 0, a byte order mark not counted. */
size_t rk_yaml_column(const struct rk_yaml *yaml, uint32_t offset);

/* Is node the plain key "<<"? */
bool rk_yaml_is_merge(const struct rk_yaml *yaml, uint32_t node);

/* Is this key, decoded, the given text? */
bool rk_yaml_key_is(const struct rk_yaml *yaml, uint32_t node, const char *key);

/* A node's tag, or its anchor, as it is written, with the "!" or "&"; NULL if it has none. */
const char *rk_yaml_tag(const struct rk_yaml *yaml, uint32_t node, size_t *len);
const char *rk_yaml_anchor(const struct rk_yaml *yaml, uint32_t node, size_t *len);

/* How a literal or folded scalar lies in the text. */
void rk_yaml_block(const struct rk_yaml *yaml, uint32_t node, struct rk_scalar_block *block);

/* Would a plain scalar of this text be read as a string by YAML 1.1 and by 1.2 readers alike, in any place? */
bool rk_yaml_plain_string(const char *s, size_t len);

/* Line and column, both from 1, the column in characters, of a node or of a byte offset. */
void rk_yaml_where(const struct rk_yaml *yaml, uint32_t offset, unsigned *line, unsigned *column);

#endif
