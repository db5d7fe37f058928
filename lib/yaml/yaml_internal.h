#ifndef RK_TREE_H
#define RK_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "yaml/yaml.h"

/* What is behind struct rk_yaml: parse.c and its readers make it, yaml.c reads it; nobody else looks. */

struct rk_tree_anchor {
	uint32_t node, name, len;
};

struct rk_yaml {
	const char *text;
	size_t len;
	bool json;		/* the text is one JSON text */
	bool odd;		/* it holds characters that may stand in double quotes only */
	struct rk_yaml_node *node;
	size_t nodes, node_room;
	struct rk_yaml_document *document;
	size_t documents, document_room;
	struct rk_tree_anchor *anchor;
	size_t anchors, anchor_room;
	uint32_t *slot;		/* the newest anchor of each name, by hash: index + 1 */
	size_t slots;
};

/* A tree with nothing in it yet.  RK_ENOMEM. */
enum rk_rc rk_tree_new(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err);

/* Forget all that has been read. */
void rk_tree_clear(struct rk_yaml *yaml);

/* One more document, from start to the end of the text.  false: out of memory. */
bool rk_tree_open(struct rk_yaml *yaml, uint32_t start);

/*
 * A new node below the open collection top, or the last document's root where top is 0.  While a collection is
 * open, its end is its last child.  0: out of memory.
 */
uint32_t rk_tree_push(struct rk_yaml *yaml, uint32_t top, enum rk_yaml_kind kind, enum rk_yaml_style style, uint32_t start);

/* The anchor of that name, in the text, stands on node.  false: out of memory. */
bool rk_tree_anchor(struct rk_yaml *yaml, uint32_t node, uint32_t name, uint32_t len);

/* The newest anchor of a name: its index + 1, or 0. */
uint32_t rk_tree_anchored(const struct rk_yaml *yaml, uint32_t name, uint32_t len);

/* RK_EDATA with "LINE:COLUMN: what". */
enum rk_rc rk_tree_bad(const struct rk_yaml *yaml, struct rk_err *err, size_t offset, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The column that the content of a block scalar below parent must exceed. */
long rk_yaml_outer_indent(const struct rk_yaml *yaml, uint32_t parent);

#endif
