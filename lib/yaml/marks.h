#ifndef RK_MARKS_H
#define RK_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"

struct rk_splice;

enum rk_marks_op { RK_MARKS_WRITE, RK_MARKS_RESTORE, RK_MARKS_REMOVE };

/* A mark of an edit, and what to do with it. */
struct rk_marks_entry;

/* Return the pointer to the value of a mark, borrowed, and whether what it replaced is restored. */
const char *rk_marks_path(const struct rk_marks_entry *entry);
bool rk_marks_restores(const struct rk_marks_entry *entry);

/* The marks of an edit (ring-records(5)), and the path of the value that is being written. */
struct rk_marks;

/*
 * Read the "marks" of an edit, which must outlive *marks: [{"path": s, "mark": s, "op": "restore" | "remove"}, ...]; op
 * may be missing.  fill: a sum may be "?", and is then replaced in list by that of the bytes that are written.  *marks
 * is NULL if list is NULL, and unless RK_OK; free it with rk_marks_free(), to which NULL may be passed, as it may be to
 * all functions below.
 * RK_EDATA: another shape or grammar, or two marks of one path.
 */
enum rk_rc rk_marks_read(json_t *list, bool fill, struct rk_marks **marks, struct rk_err *err);
void rk_marks_free(struct rk_marks *marks);

/* Return the next mark that is not done, NULL if there is none. */
struct rk_marks_entry *rk_marks_left(struct rk_marks *marks);

/* Choose the value at a pointer, then a child of it: by its key, or by its index if key is NULL; go back to its parent. */
void rk_marks_go(struct rk_marks *marks, const char *path);
void rk_marks_enter(struct rk_marks *marks, const char *key, size_t index);
void rk_marks_leave(struct rk_marks *marks);

/* Return the mark of the chosen value if it has one with that op, else NULL. */
struct rk_marks_entry *rk_marks_here(const struct rk_marks *marks, enum rk_marks_op op);

/* Append the mark that the chosen value is to have, if any: a scalar, the bytes of out from start on. */
void rk_marks_put(struct rk_marks *marks, struct rk_strbuf *out, size_t start);

/* The same for a collection that is written in block style.  Return whether it has one. */
bool rk_marks_put_made(struct rk_marks *marks, struct rk_strbuf *out);

/* Return RK_OK, or RK_REFUSED (stale) if the sum of a mark that was put was not that of its value. */
enum rk_rc rk_marks_result(const struct rk_marks *marks, struct rk_err *err);

/*
 * Check that the mark of an entry can be written after the node when its value is replaced, and keeps what was there.
 * *to is set to the end of the mark that the node has, or to where one would start.
 * RK_REFUSED: no-mark, bad-mark, stale.
 */
enum rk_rc rk_marks_check_replace(const struct rk_yaml *yaml, uint32_t node, const struct rk_marks_entry *entry, size_t *to,
    struct rk_err *err);

/*
 * Plan the splice that writes or removes the mark of a node whose value stays, which is then done.
 * RK_END: nothing to change.  RK_REFUSED: as above; stale also if another mark than that to be removed is there.
 */
enum rk_rc rk_marks_plan(const struct rk_marks *marks, const struct rk_yaml *yaml, uint32_t node,
    struct rk_marks_entry *entry, struct rk_splice *splice, struct rk_err *err);

/*
 * Plan the splice by which the node, with its mark, becomes the bytes that the mark says it replaced: those of another ring,
 * with that ring's mark, if there was one.  If it has these bytes, only the mark changes: splice->gone is 0.
 * RK_REFUSED: stale (another mark, or a value that is not the one that was marked), bad-mark.
 */
enum rk_rc rk_marks_plan_restore(const struct rk_yaml *yaml, uint32_t node, struct rk_marks_entry *entry,
    struct rk_splice *splice, struct rk_err *err);

#endif
