#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

enum rk_rc
rk_tree_new(const char *text, size_t len, struct rk_yaml **yaml, struct rk_err *err)
{
	struct rk_yaml *y = *yaml = calloc(1, sizeof *y);

	if (!y)
		return rk_err_nomem(err);
	y->text = text;
	y->len = len;
	y->first = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	if (!rk_array_grow(&y->node, 0, &y->node_room, sizeof *y->node)) {	/* the first one, which is none, too */
		rk_yaml_free(y);
		*yaml = NULL;
		return rk_err_nomem(err);
	}
	rk_tree_clear(y);
	return RK_OK;
}

void
rk_tree_clear(struct rk_yaml *y)
{
	y->nodes = 1;
	y->documents = y->anchors = 0;
	if (y->slots)
		memset(y->slot, 0, y->slots * sizeof *y->slot);
}

bool
rk_tree_open(struct rk_yaml *y, uint32_t start)
{
	if (!rk_array_grow(&y->document, y->documents, &y->document_room, sizeof *y->document))
		return false;
	y->document[y->documents++] = (struct rk_yaml_document){ 0, start, (uint32_t)y->len };
	return true;
}

uint32_t
rk_tree_push(struct rk_yaml *y, uint32_t above, enum rk_yaml_kind kind, enum rk_yaml_style style, uint32_t start)
{
	struct rk_yaml_node *node, *top;
	uint32_t n = (uint32_t)y->nodes;

	if (!rk_array_grow(&y->node, y->nodes, &y->node_room, sizeof *y->node))
		return 0;
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

static uint32_t
hash(const char *s, size_t len)
{
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

/* The slot of a name: its newest anchor, or a free one. */
static uint32_t *
slot_of(const struct rk_yaml *y, const char *name, size_t len)
{
	size_t i = hash(name, len) & (y->slots - 1);
	const struct rk_tree_anchor *anchor;

	for (; y->slot[i]; i = (i + 1) & (y->slots - 1)) {
		anchor = &y->anchor[y->slot[i] - 1];
		if (anchor->len == len && memcmp(y->text + anchor->name, name, len) == 0)
			break;
	}
	return &y->slot[i];
}

static bool
more_slots(struct rk_yaml *y)
{
	size_t i, slots = y->slots ? y->slots : 64;
	uint32_t *old = y->slot;

	if (2 * y->anchors < y->slots)
		return true;
	while (slots <= 2 * y->anchors)
		slots *= 4;
	y->slot = calloc(slots, sizeof *y->slot);
	if (!y->slot) {
		y->slot = old;
		return false;
	}
	y->slots = slots;
	for (i = 0; i < y->anchors; i++)
		*slot_of(y, y->text + y->anchor[i].name, y->anchor[i].len) = (uint32_t)i + 1;
	free(old);
	return true;
}

bool
rk_tree_anchor(struct rk_yaml *y, uint32_t node, uint32_t name, uint32_t len)
{
	if (!rk_array_grow(&y->anchor, y->anchors, &y->anchor_room, sizeof *y->anchor) || !more_slots(y))
		return false;
	y->anchor[y->anchors++] = (struct rk_tree_anchor){ node, name, len };
	*slot_of(y, y->text + name, len) = (uint32_t)y->anchors;
	return true;
}

uint32_t
rk_tree_anchored(const struct rk_yaml *y, uint32_t name, uint32_t len)
{
	return y->slots ? *slot_of(y, y->text + name, len) : 0;
}

enum rk_rc
rk_tree_bad(const struct rk_yaml *y, struct rk_err *err, size_t offset, const char *fmt, ...)
{
	unsigned line, column;
	char what[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof what, fmt, args);
	va_end(args);
	rk_yaml_where(y, (uint32_t)offset, &line, &column);
	return rk_err_set(err, RK_EDATA, "%u:%u: %s", line, column, what);
}
