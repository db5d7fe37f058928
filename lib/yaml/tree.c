#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/memory.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

/* Make space for another node.  What is not used yet is not touched, and so takes no memory. */
static void
make_room(struct rk_yaml *y)
{
	if (y->nodes < y->node_size)
		return;
	y->node_size = y->node_size ? 2 * y->node_size : 64;
	y->node = rk_memory_realloc(y->node, y->node_size, sizeof *y->node);
}

struct rk_yaml *
rk_tree_new(const char *text, size_t len)
{
	struct rk_yaml *y = rk_memory_calloc(1, sizeof *y);

	y->text = text;
	y->len = len;
	y->first = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	make_room(y);
	y->node[0] = (struct rk_yaml_node){ 0 };
	rk_tree_clear(y);
	return y;
}

void
rk_tree_free(struct rk_yaml *yaml)
{
	if (!yaml)
		return;
	free(yaml->node);
	free(yaml->document);
	free(yaml->newest);
	rk_intern_free(&yaml->anchors);
	free(yaml);
}

void
rk_tree_clear(struct rk_yaml *y)
{
	y->nodes = 1;
	y->documents = 0;
	rk_intern_free(&y->anchors);
}

bool
rk_tree_is_full(const struct rk_yaml *y)
{
	return y->nodes > RK_YAML_NODES + y->len / RK_YAML_NODE_BYTES;
}

enum rk_rc
rk_tree_full(const struct rk_yaml *y, struct rk_err *err)
{
	return rk_tree_at(y, y->node[y->nodes - 1].start, rk_err_data(err, RK_CODE_TOO_LARGE, "too many values for its length: more "
	    "than %d and one for each %d bytes", RK_YAML_NODES, RK_YAML_NODE_BYTES), err);
}

void
rk_tree_add_document(struct rk_yaml *y, uint32_t start)
{
	rk_memory_grow(&y->document, y->documents, &y->document_size, sizeof *y->document);
	y->document[y->documents++] = (struct rk_yaml_document){ 0, start, (uint32_t)y->len };
}

uint32_t
rk_tree_push(struct rk_yaml *y, uint32_t above, enum rk_yaml_kind kind, enum rk_yaml_style style, uint32_t start)
{
	struct rk_yaml_node *node, *top;
	uint32_t n = (uint32_t)y->nodes;

	make_room(y);
	y->nodes++;
	node = &y->node[n];
	*node = (struct rk_yaml_node){ .kind = (uint8_t)kind, .style = (uint8_t)style, .parent = above,
		.start = start, .end = start, .props = start };
	if (!above) {
		y->document[y->documents - 1].root = n;
		return n;
	}
	top = &y->node[above];
	if (top->end)
		y->node[top->end].next = n;
	else
		top->child = n;
	top->end = n;
	top->count++;
	return n;
}

void
rk_tree_anchor(struct rk_yaml *y, uint32_t node, uint32_t name, uint32_t len)
{
	const uint32_t number = rk_intern_add_bytes(&y->anchors, y->text + name, len);

	rk_memory_grow(&y->newest, number, &y->newest_size, sizeof *y->newest);
	y->newest[number] = node;
}

uint32_t
rk_tree_anchored(const struct rk_yaml *y, uint32_t name, uint32_t len)
{
	uint32_t number;

	return rk_intern_find(&y->anchors, y->text + name, len, &number) ? y->newest[number] : 0;
}

enum rk_rc
rk_tree_at(const struct rk_yaml *y, size_t offset, enum rk_rc rc, struct rk_err *err)
{
	unsigned line, column;

	rk_yaml_where(y, (uint32_t)offset, &line, &column);
	return rk_err_prefix(err, rc, "%u:%u", line, column);
}

enum rk_rc
rk_tree_bad(const struct rk_yaml *y, struct rk_err *err, size_t offset, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rk_err_vset(err, RK_EDATA, fmt, args);
	va_end(args);
	return rk_tree_at(y, offset, RK_EDATA, err);
}
