#ifndef RK_TREE_H
#define RK_TREE_H

#include "yaml.h"

/* What is behind struct rk_yaml: parse.c makes it, yaml.c reads it; nobody else looks. */

struct rk_yaml_anchor {
	uint32_t node, name, len;
};

struct rk_yaml {
	const char *text;
	size_t len;
	bool json;		/* the text is one JSON text */
	bool filled;		/* libfyaml could read it with fillers only */
	bool odd;		/* it holds characters that may stand in double quotes only */
	struct rk_yaml_node *node;
	size_t nodes, node_room;
	struct rk_yaml_document *document;
	size_t documents, document_room;
	struct rk_yaml_anchor *anchor;
	size_t anchors, anchor_room;
	uint32_t *slot;		/* the newest anchor of each name, by hash: index + 1 */
	size_t slots;
};

/* The column that the content of a block scalar below parent must exceed. */
long rk_yaml_outer_indent(const struct rk_yaml *yaml, uint32_t parent);

#endif
