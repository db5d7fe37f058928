#ifndef RK_READERS_H
#define RK_READERS_H

/* The fast reader compared with libfyaml: what it reads, it must read as libfyaml does. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "yaml/yaml_internal.h"
#include "yaml/read_libfyaml.h"
#include "yaml/read_fast.h"

enum readers { NOT_PLAIN, SAME, DIFFERENT, REFUSED };	/* REFUSED: by libfyaml's reader only */

static inline bool
same_node(const struct rk_yaml_node *a, const struct rk_yaml_node *b)
{
	return a->kind == b->kind && a->style == b->style && a->parent == b->parent && a->child == b->child && a->next == b->next
	    && a->count == b->count && a->start == b->start && a->end == b->end && a->props == b->props;
}

static inline enum readers
compare_nodes(const struct rk_yaml *a, const struct rk_yaml *b)
{
	size_t i;

	for (i = 1; i < a->nodes && i < b->nodes; i++)
		if (!same_node(&a->node[i], &b->node[i])) {
			fprintf(stderr, "node %zu: kind %d %d style %d %d parent %u %u child %u %u next %u %u count %u %u %u-%u %u-%u props %u %u\n",
			    i, a->node[i].kind, b->node[i].kind, a->node[i].style, b->node[i].style, a->node[i].parent, b->node[i].parent,
			    a->node[i].child, b->node[i].child, a->node[i].next, b->node[i].next, a->node[i].count, b->node[i].count,
			    a->node[i].start, a->node[i].end, b->node[i].start, b->node[i].end, a->node[i].props, b->node[i].props);
			return DIFFERENT;
		}
	for (i = 0; i < a->documents && i < b->documents; i++)
		if (memcmp(&a->document[i], &b->document[i], sizeof a->document[i]) != 0) {
			fprintf(stderr, "document %zu: root %u %u, %u-%u %u-%u\n", i, a->document[i].root, b->document[i].root,
			    a->document[i].start, a->document[i].end, b->document[i].start, b->document[i].end);
			return DIFFERENT;
		}
	if (a->nodes == b->nodes && a->documents == b->documents && b->anchors.n == 0)
		return SAME;
	fprintf(stderr, "%zu and %zu nodes, %zu and %zu documents, %zu anchors\n", a->nodes, b->nodes, a->documents,
	    b->documents, b->anchors.n);
	return DIFFERENT;
}

static inline enum readers
compare_texts(const char *text, size_t len)
{
	struct rk_yaml *whole = NULL, *plain = NULL, *events = NULL;
	enum readers result = NOT_PLAIN;
	struct rk_err err = { 0 };

	if (rk_yaml_parse(text, len, &whole, &err) == RK_OK && !whole->json) {
		plain = rk_tree_new(text, len);
		events = rk_tree_new(text, len);
		plain->odd = events->odd = whole->odd;
		if (rk_read_fast(plain))
			result = rk_read_libfyaml(events, &err) == RK_OK ? compare_nodes(plain, events) : REFUSED;
	}
	rk_yaml_free(whole);
	rk_yaml_free(plain);
	rk_yaml_free(events);
	return result;
}

/*
 * Compare them on the len bytes of text, which a NUL follows; NOT_PLAIN: the fast reader leaves it to libfyaml.  Tabs that are
 * kept from libfyaml, for it would fail, can lie in a comment, which the fast reader skips: blanks then take their place.
 */
static inline enum readers
compare_readers(const char *text, size_t len)
{
	enum readers result = compare_texts(text, len);
	char *blank, *tab;

	if (result == REFUSED && memchr(text, '\t', len)) {
		blank = rk_memory_calloc(len + 1, 1);
		memcpy(blank, text, len + 1);
		for (tab = blank; (tab = memchr(tab, '\t', len - (size_t)(tab - blank))); tab++)
			*tab = ' ';
		result = compare_texts(blank, len);
		free(blank);
	}
	if (result == DIFFERENT || result == REFUSED)
		fprintf(stderr, "the readers differ on: <<%s>>\n", text);
	return result == REFUSED ? DIFFERENT : result;
}

#endif
