#ifndef RK_YAML_INTERNAL_H
#define RK_YAML_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/strbuf.h"
#include "yaml/edit.h"
#include "yaml/emit.h"
#include "yaml/yaml.h"

static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline bool
is_white(char c)
{
	return is_blank(c) || c == '\n' || c == '\r';
}

/* The tree: the readers build it through tree.c, yaml.c answers questions about it. */

struct rk_yaml {
	const char *text;
	size_t len;
	uint32_t first;		/* the first byte after a byte order mark */
	bool json;		/* the input is one JSON value */
	bool odd;		/* it has characters that are allowed in double quotes only */
	struct rk_yaml_node *node;
	size_t nodes, node_size;
	struct rk_yaml_document *document;
	size_t documents, document_size;
	struct rk_intern anchors;	/* the names, without "&" */
	uint32_t *newest;	/* the last node so far that has the anchor of that number */
	size_t newest_size;
};

/* Make a tree without nodes. */
struct rk_yaml *rk_tree_new(const char *text, size_t len);
void rk_tree_free(struct rk_yaml *yaml);	/* may be NULL */

/* Read the text into an empty tree by the first reader that can: as JSON, the fast reader, libfyaml.  RK_EDATA. */
enum rk_rc rk_parse(struct rk_yaml *yaml, struct rk_err *err);

/* Remove all nodes, documents and anchors. */
void rk_tree_clear(struct rk_yaml *yaml);

/* Append a document that starts at start and ends with the input. */
void rk_tree_add_document(struct rk_yaml *yaml, uint32_t start);

/*
 * Append a node below the open collection top, or as the root of the last document if top is 0.  The end member of
 * an open collection is the number of its last child.
 */
uint32_t rk_tree_push(struct rk_yaml *yaml, uint32_t top, enum rk_yaml_kind kind, enum rk_yaml_style style, uint32_t start);

/* Return true if the tree has more nodes than its length allows: a reader then reads no further. */
bool rk_tree_is_full(const struct rk_yaml *yaml);

/* Fill err for a full tree; RK_EDATA, too-large. */
enum rk_rc rk_tree_full(const struct rk_yaml *yaml, struct rk_err *err);

/* Record that node has the anchor whose name is the len bytes at offset name. */
void rk_tree_anchor(struct rk_yaml *yaml, uint32_t node, uint32_t name, uint32_t len);

/* Return the newest node that has the anchor of that name, 0 if there is none. */
uint32_t rk_tree_anchored(const struct rk_yaml *yaml, uint32_t name, uint32_t len);

/* Fill err with "LINE:COLUMN: MESSAGE" and return RK_EDATA. */
enum rk_rc rk_tree_bad(const struct rk_yaml *yaml, struct rk_err *err, size_t offset, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Put the line and column of an offset in front of err's message, and return rc. */
enum rk_rc rk_tree_at(const struct rk_yaml *yaml, size_t offset, enum rk_rc rc, struct rk_err *err);

/* Return the column that the content of a block scalar below parent must exceed: -1 for a root. */
long rk_yaml_outer_indent(const struct rk_yaml *yaml, uint32_t parent);

/*
 * An edit is one splice: the bytes [from, to) of the old text become text.  The nodes first to first + gone - 1 are
 * replaced by the nodes of the key, if there is one, and of the value; all other nodes stay what they were.
 */
struct rk_splice {
	size_t from, to;
	struct rk_strbuf text;
	uint32_t first, gone;
	uint32_t parent;	/* the parent of these nodes, 0 for a root */
	int children;		/* the number of children that the parent gains, negative if it loses some */
	const char *key;	/* of the new value, NULL if it has none */
	const json_t *value;	/* the new value, NULL if nothing is added */
	bool kept;		/* a mark keeps the old bytes, which will be restored */
};

/* Return the start of the line of offset; its end, before the break; the start of the next line or the end of the text. */
size_t rk_splice_line_start(const struct rk_yaml *yaml, size_t offset);
size_t rk_splice_line_end(const struct rk_yaml *yaml, size_t offset);
size_t rk_splice_next_line(const struct rk_yaml *yaml, size_t offset);

/* Return true if only spaces precede offset on its line. */
bool rk_splice_leads_line(const struct rk_yaml *yaml, size_t offset);

/* Return true if there is a "#" in [from, to), a gap between nodes. */
bool rk_splice_has_comment(const struct rk_yaml *yaml, size_t from, size_t to);

/* Return the first offset at or after offset that is not white space, a line break or part of a comment. */
size_t rk_splice_skip_gap(const struct rk_yaml *yaml, size_t offset);

/* Return the end of the line of offset, or of the last of the blank lines that follow it, before its break. */
size_t rk_splice_blank_end(const struct rk_yaml *yaml, size_t offset);

/* Return the sibling before node, 0 if node is the first child. */
uint32_t rk_splice_prior(const struct rk_yaml *yaml, uint32_t node);

/* Return true if node is a value of a map, or a key. */
bool rk_splice_in_map(const struct rk_yaml *yaml, uint32_t node);

/*
 * Return the start of the entry whose first node is node, a key or an item of a block or flow collection: its "-" or
 * "?", else its anchor, tag or first byte.
 */
size_t rk_splice_entry_start(const struct rk_yaml *yaml, uint32_t node);

/*
 * Return the end of the entry whose last node is node, in a block collection at column: the start of the line after it
 * and after the comments that directly follow it further in than column.
 */
size_t rk_splice_entry_end(const struct rk_yaml *yaml, uint32_t node, size_t column);

/* Return the offset after the ":" or "-" that announces node, or after its anchor and tag. */
size_t rk_splice_slot(const struct rk_yaml *yaml, uint32_t node);

/*
 * Return true if a block scalar that ended before offset (the start of a line), in a collection at column, would take
 * in what follows: blank lines with spaces in them, or comments further in than column.
 */
bool rk_splice_would_join(const struct rk_yaml *yaml, size_t offset, size_t column);

/* Insert entry as lines of their own at offset, the start of a line or the end of the text. */
void rk_splice_insert_lines(const struct rk_yaml *yaml, size_t offset, const struct rk_strbuf *entry, const char *newline,
    struct rk_splice *splice);

/* Replace a block collection on lines of its own by text on the line of its ":" or "-"; comments in between stay. */
void rk_splice_pull_up(const struct rk_yaml *yaml, uint32_t node, const char *text, size_t len, struct rk_splice *splice);

/*
 * Find the bytes that go when node, the value of a map or an item, is removed: its key, its lines and the comments
 * that belong to it.  A collection that becomes empty is written as {} or [].
 */
void rk_splice_removal(const struct rk_yaml *yaml, uint32_t node, struct rk_splice *splice);

/*
 * Find the bytes of a document's root, its lines and the comments in them, so that the document becomes empty.  Return
 * false if root is not a block collection on lines of its own, without an anchor or a tag.
 */
bool rk_splice_emptying(const struct rk_yaml *yaml, uint32_t root, struct rk_splice *splice);

/* Return the quote that node is written in, 0 if none. */
char rk_style_quote(const struct rk_yaml *yaml, uint32_t node);

/*
 * Return the style of new children of parent: that of its present children or, if they do not show it, of its
 * surroundings.  flat is that of rk_edit_follow().
 */
struct rk_emit_style rk_style_of_children(const struct rk_yaml *yaml, uint32_t parent, bool flat);

/* Return the style of a value that replaces node: its own quotes are preferred to those of its siblings. */
struct rk_emit_style rk_style_of_value(const struct rk_yaml *yaml, uint32_t node, bool flat);

/*
 * Return true if each entry of a flow collection has a line of its own.  The indentation of the entries is then
 * appended to indent.  *unit, borrowed, is the white space by which they are indented further than the closing
 * bracket, or two spaces if there is none.
 */
bool rk_style_is_spread(const struct rk_yaml *yaml, uint32_t node, struct rk_strbuf *indent, const char **unit);

/*
 * Check, by the trees before and after a splice, that the nodes of the splice have the requested key and value, and
 * that every other node is what it was, at the same bytes.
 * RK_REFUSED: block-scalar (a block scalar would take in lines that follow it), unsafe-edit (any other difference).
 */
enum rk_rc rk_verify_edit(const struct rk_yaml *old, const struct rk_yaml *new, const struct rk_splice *splice,
    struct rk_err *err);

/*
 * Call spliced after each verified edit: bytes [from, to) of the text have become text.  flat: write no indented
 * lines, because the string that holds the text would lose the indentation.
 */
void rk_edit_follow(struct rk_edit *edit, bool flat, void (*spliced)(void *context, const struct rk_splice *splice), void *context);

/*
 * Replace the bytes of a scalar by raw, which must be read as the string value.  The node keeps its anchor and tag.
 * RK_REFUSED: as rk_edit_replace().
 */
enum rk_rc rk_edit_raw(struct rk_edit *edit, uint32_t node, const struct rk_strbuf *raw, const json_t *value,
    struct rk_err *err);

#endif
