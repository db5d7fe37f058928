#ifndef RK_EDIT_H
#define RK_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/yaml.h"

/*
 * One document of a text while it is edited.  Zeroed is closed; free with rk_edit_close().
 * Every edit below is one splice of bytes.  The new text is parsed and compared with the old tree before the
 * draft becomes it: when an edit fails, the draft is as it was.
 */
struct rk_edit {
	const char *text;	/* as it is now: borrowed until the first edit, then own's */
	size_t len;
	struct rk_yaml *yaml;
	size_t document;
	struct rk_strbuf own;
	uint64_t work;		/* bytes that the edits so far have written */
	bool flat;		/* write no indented lines: what holds the text would lose the indentation */
	/* told of each edit, when it is verified: bytes [from, to) become text; may be NULL */
	enum rk_rc (*spliced)(void *context, size_t from, size_t to, const char *text, size_t len, struct rk_err *err);
	void *context;
};

/* RK_EDATA, RK_ENOMEM: as rk_yaml_parse(). */
enum rk_rc rk_edit_open(struct rk_edit *draft, const char *text, size_t len, size_t document, struct rk_err *err);
void rk_edit_close(struct rk_edit *draft);

/* The document's root, 0 when it is empty. */
uint32_t rk_edit_root(const struct rk_edit *draft);

/*
 * Add a member to a map that lacks it, as its last one; or an item to a sequence, before the item of that index
 * (at most as many as there are: then as the last).  key is NULL for a sequence.
 * RK_REFUSED: see patch.h.  RK_EBUG: the result is not what was asked for.  RK_ENOMEM.
 */
enum rk_rc rk_edit_add(struct rk_edit *draft, uint32_t parent, const char *key, size_t index, const json_t *value,
    struct rk_err *err);

/* Remove a map's value with its key, or a sequence's item. */
enum rk_rc rk_edit_remove(struct rk_edit *draft, uint32_t node, struct rk_err *err);

/* Give a node another value.  node 0: the empty document. */
enum rk_rc rk_edit_replace(struct rk_edit *draft, uint32_t node, const json_t *value, struct rk_err *err);

/*
 * Replace a scalar's bytes by others, which must then be read as the string value.  The node keeps its place and
 * its properties.
 */
enum rk_rc rk_edit_raw(struct rk_edit *draft, uint32_t node, const struct rk_strbuf *raw, const json_t *value,
    struct rk_err *err);

#endif
