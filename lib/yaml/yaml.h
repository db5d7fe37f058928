#ifndef RK_YAML_H
#define RK_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/scalar.h"

#define RK_YAML_BYTES (16u << 20)	/* the largest input */
#define RK_YAML_DEPTH 512		/* levels of collections */
#define RK_YAML_NODES 65536		/* the nodes that any input may have, and another for each RK_YAML_NODE_BYTES of it */
#define RK_YAML_NODE_BYTES 4

enum rk_yaml_kind { RK_YAML_NONE, RK_YAML_SCALAR, RK_YAML_MAP, RK_YAML_SEQ, RK_YAML_ALIAS };
enum rk_yaml_style {
	RK_YAML_BLOCK, RK_YAML_FLOW,						/* collections */
	RK_YAML_PLAIN, RK_YAML_SINGLE, RK_YAML_DOUBLE, RK_YAML_LITERAL, RK_YAML_FOLDED,	/* scalars */
};

/*
 * A node of a tree.  Nodes are numbered from 1 in document order; 0 means none.  The children of a map are
 * key, value, key, value.  Offsets are bytes from the start of the text.  A block collection ends where its last child
 * ends; a block scalar ends after its last line, before that line's break; a null that is not written is empty and lies
 * after the ":" or "-" that announces it.
 */
struct rk_yaml_node {
	uint8_t kind, style;
	uint32_t parent, child, next;	/* the parent, the first child, the next sibling: 0 if none */
					/* child of an alias: the node that it refers to, 0 if undefined */
	uint32_t count;			/* children; of a map twice its entries */
	uint32_t start, end;		/* with quotes, brackets and block header, without anchor and tag */
	uint32_t props;			/* the start of its anchor or tag; start if it has none */
};

/* A document: its root (0: empty), and its bytes from after its "---" to its "..." or the next document. */
struct rk_yaml_document {
	uint32_t root, start, end;
};

/* The tree of an input, which holds any number of documents.  It borrows the text, which must outlive it. */
struct rk_yaml;

/*
 * Parse the len bytes of text, which a NUL must follow: as JSON (RFC 8259) if they are that, else as YAML.
 * *yaml is NULL unless RK_OK; free it with rk_yaml_free(), to which NULL may be passed.
 * RK_EDATA: not YAML; not UTF-8; characters that YAML forbids, or that YAML 1.1 and 1.2 read differently (a carriage
 * return without a line feed; U+0085, U+2028 and U+2029 outside double quotes); deeper than RK_YAML_DEPTH, or more nodes
 * than its length allows (err->code is then too-large); more than RK_YAML_BYTES; unless it is JSON, tens of thousands of
 * flow entries in one line.
 * err->msg is "LINE:COLUMN: what", without the position only if the whole text is meant.
 */
enum rk_rc rk_yaml_parse(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err);
void rk_yaml_free(struct rk_yaml *yaml);

/* Return the number of documents. */
size_t rk_yaml_documents(const struct rk_yaml *yaml);

/* Return the root of a document, counted from 0: 0 if it is empty or does not exist. */
uint32_t rk_yaml_root(const struct rk_yaml *yaml, size_t document);

/* Return a document, borrowed; NULL if it does not exist. */
const struct rk_yaml_document *rk_yaml_document(const struct rk_yaml *yaml, size_t document);

/* Return the text, as it was given. */
const char *rk_yaml_text(const struct rk_yaml *yaml);

/* Return a node, borrowed; for 0, or a number that does not exist, one of the kind RK_YAML_NONE. */
const struct rk_yaml_node *rk_yaml_node(const struct rk_yaml *yaml, uint32_t node);

/* Return the number of the last node + 1. */
uint32_t rk_yaml_nodes(const struct rk_yaml *yaml);

/* Return the node that follows node and all its descendants in document order; rk_yaml_nodes() if there is none. */
uint32_t rk_yaml_after(const struct rk_yaml *yaml, uint32_t node);

/* Return the value of a key (compared decoded), the first of duplicates; 0 if node is not a map or lacks the key. */
uint32_t rk_yaml_get(const struct rk_yaml *yaml, uint32_t node, const char *key);

/* Return the node at a JSON Pointer (RFC 6901) below node; 0 if there is none or the pointer is invalid. */
uint32_t rk_yaml_at(const struct rk_yaml *yaml, uint32_t node, const char *pointer);

/* Return true if node (may be 0) is a map. */
bool rk_yaml_is_map(const struct rk_yaml *yaml, uint32_t node);

/* Return true if node is 0, or a plain scalar that reads as null, or an alias of one. */
bool rk_yaml_is_null(const struct rk_yaml *yaml, uint32_t node);

/* Return true if node is the plain key "<<". */
bool rk_yaml_is_merge(const struct rk_yaml *yaml, uint32_t node);

/* Return true if node is a scalar, or an alias of one, that is key when it is decoded. */
bool rk_yaml_key_is(const struct rk_yaml *yaml, uint32_t node, const char *key);

/* Append the content of a scalar, decoded.  RK_EDATA: not a scalar; an invalid escape sequence (unreadable). */
enum rk_rc rk_yaml_scalar(const struct rk_yaml *yaml, uint32_t node, struct rk_strbuf *text, struct rk_err *err);

/*
 * Convert a node to JSON, with the types that YAML 1.1 gives scalars in Argo CD and Helm (y, on, 0644, 1_000), and
 * with aliases and merge keys resolved.  *json is a new reference on RK_OK, else NULL.
 * RK_EDATA: duplicate keys (err->code is duplicate-key); an undefined alias, a key that is a collection, an invalid
 * escape sequence, aliases that expand to more than ten times the text (err->code is unreadable); more memory than
 * rk_json_memory() of its length (err->code is too-large).
 */
enum rk_rc rk_yaml_json(const struct rk_yaml *yaml, uint32_t node, json_t **json, struct rk_err *err);

/* Return the tag, or the anchor, of a node as it is written, with its "!" or "&", *len bytes; NULL if it has none. */
const char *rk_yaml_tag(const struct rk_yaml *yaml, uint32_t node, size_t *len);
const char *rk_yaml_anchor(const struct rk_yaml *yaml, uint32_t node, size_t *len);

/* Find the parts of a literal or folded scalar. */
void rk_yaml_block(const struct rk_yaml *yaml, uint32_t node, struct rk_scalar_block *block);

/* Return true if the node is a scalar, and the same string to YAML 1.1 and 1.2 readers; s is its value. */
bool rk_yaml_is_string(const struct rk_yaml *yaml, uint32_t node, const char *s);

/* Find the line and the column of an offset, both from 1; the column counts characters. */
void rk_yaml_where(const struct rk_yaml *yaml, uint32_t offset, unsigned *line, unsigned *column);

/* Return the column of an offset in bytes, from 0, without a byte order mark. */
size_t rk_yaml_column(const struct rk_yaml *yaml, uint32_t offset);

#endif
