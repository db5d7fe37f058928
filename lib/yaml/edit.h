#ifndef RK_EDIT_H
#define RK_EDIT_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "yaml/marks.h"
#include "yaml/yaml.h"

/*
 * A YAML or JSON text that is edited.  Each edit is one splice of bytes, in the style of its surroundings.  The new
 * text is parsed and compared with the old one before it takes its place: if an edit fails, nothing has changed.
 */
struct rk_edit;

/*
 * Open the len bytes of text, borrowed, which a NUL follows.  *edit is NULL unless RK_OK; close it with
 * rk_edit_close(), to which NULL may be passed.
 * RK_EDATA: as rk_yaml_parse().
 */
enum rk_rc rk_edit_open(const char *text, size_t len, struct rk_edit **edit, struct rk_err *err);

/* Open the text that was parsed as yaml, which is borrowed until rk_edit_close(). */
struct rk_edit *rk_edit_open_parsed(const struct rk_yaml *yaml);
void rk_edit_close(struct rk_edit *edit);

/*
 * Choose the document to edit, counted from 0; with -1, the only one that is not empty.  At first it is document 0.
 * RK_REFUSED: no-such-document, ambiguous.
 */
enum rk_rc rk_edit_choose(struct rk_edit *edit, long document, struct rk_err *err);

/* Return the root of the chosen document, 0 if it is empty. */
uint32_t rk_edit_root(const struct rk_edit *edit);

/* Return the tree, or the text, as it is now: borrowed, until the next edit. */
const struct rk_yaml *rk_edit_yaml(const struct rk_edit *edit);
const char *rk_edit_text(const struct rk_edit *edit, size_t *len);

/*
 * Add a member to a map that does not have its key: at the end, but before the last entry if the text ends in a block
 * scalar of that entry and a line after it would give it a final line break.  If key is NULL, add an item to a
 * sequence: before the item with this index, or at the end if index is the number of items.
 * RK_REFUSED: see json_patch.h.
 */
enum rk_rc rk_edit_add(struct rk_edit *edit, uint32_t parent, const char *key, size_t index, const json_t *value,
    struct rk_err *err);

/* Remove an item of a sequence, or a value of a map together with its key.  Errors as above. */
enum rk_rc rk_edit_remove(struct rk_edit *edit, uint32_t node, struct rk_err *err);

/*
 * Make the document empty: remove the lines of its root, and keep the comments around them.  Errors as above, or
 * RK_REFUSED, unsafe-edit: the root is not a block collection on lines of its own, or has an anchor or a tag.
 */
enum rk_rc rk_edit_empty(struct rk_edit *edit, struct rk_err *err);

/* Replace a node by another value; node 0 is the root of an empty document.  Errors as above. */
enum rk_rc rk_edit_replace(struct rk_edit *edit, uint32_t node, const json_t *value, struct rk_err *err);

/*
 * Write these marks, borrowed until the next call, with the values that following edits add or replace, where there is a
 * place for them; rk_marks_go() says which value is edited.  NULL: none.  Edits can then also be refused with no-mark, bad-mark
 * and stale.
 */
void rk_edit_with_marks(struct rk_edit *edit, struct rk_marks *marks);

/* Write or remove the mark of a node whose value stays.  RK_REFUSED: as rk_marks_plan(). */
enum rk_rc rk_edit_mark(struct rk_edit *edit, uint32_t node, struct rk_marks_entry *entry, struct rk_err *err);

/*
 * Restore what the mark of a node says was there before, which must be read as value.
 * RK_REFUSED: as rk_marks_plan_restore(); bad-mark also if anything else would change.
 */
enum rk_rc rk_edit_restore(struct rk_edit *edit, uint32_t node, struct rk_marks_entry *entry, const json_t *value,
    struct rk_err *err);

#endif
