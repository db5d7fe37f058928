#ifndef RK_MARK_H
#define RK_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/yaml.h"

#define RK_MARK_SUM 9	/* eight hexadecimal digits and a NUL */
#define RK_MARK_TEXT 256	/* bytes of a replaced scalar */

/*
 * A comment after a value in a block collection, which says who wrote the value and what it replaced:
 *
 *   # ringkit: SERVICE/RING SUM
 *   # ringkit: SERVICE/RING SUM [over RING TEXT] was TEXT
 *   # ringkit: SERVICE/RING made
 *
 * SUM is that of the bytes that were written.  TEXT is a JSON string of the bytes of a scalar.
 */
struct rk_mark {
	struct rk_strbuf service, ring;
	char sum[RK_MARK_SUM];		/* "" if made, "?" if it is not known yet */
	bool made;			/* a map or list that was created, with members */
	bool replaced;			/* was: the bytes of the scalar that was there before */
	struct rk_strbuf was;
	struct rk_strbuf over_ring;	/* the ring whose value was there before, or empty */
	struct rk_strbuf over;		/* the bytes of its value */
	uint32_t start, end;		/* by rk_mark_find(): the bytes of the comment up to the mark's end */
};

/*
 * Read a mark as a patch record has it, from SERVICE on.  SUM may be "?".  *used is set to its length: blanks and another
 * comment, or only blanks, may follow it.
 * RK_REFUSED: bad-mark.  Free mark in any case.
 */
enum rk_rc rk_mark_parse(const char *text, size_t len, struct rk_mark *mark, size_t *used, struct rk_err *err);
void rk_mark_free(struct rk_mark *mark);

/* Append a mark as a patch record has it. */
void rk_mark_write(const struct rk_mark *mark, struct rk_strbuf *out);

/* Append two blanks and the comment. */
void rk_mark_write_comment(const struct rk_mark *mark, struct rk_strbuf *out);

/* Return whether two marks are the same, however they are written. */
bool rk_mark_is_same(const struct rk_mark *a, const struct rk_mark *b);

/* Write the first eight hexadecimal digits of the SHA-256 of the bytes of a value. */
void rk_mark_sum(const char *raw, size_t len, char sum[RK_MARK_SUM]);

/* Return whether the bytes are one scalar as a mark can have it: plain or quoted, on one line, without a tag or an anchor. */
bool rk_mark_is_scalar(const char *raw, size_t len);

/* Return the offset after which the mark of a value is: its end, or for a block collection that of its ":" or "-". */
uint32_t rk_mark_place(const struct rk_yaml *yaml, uint32_t node);

/*
 * Find the mark of a value: the comment after a scalar or an empty collection in flow style, or after the ":" or "-" of a block
 * collection, on the same line and after any blanks.
 * RK_END: there is none.  RK_REFUSED: bad-mark: there is a malformed one.  Free mark in any case.
 */
enum rk_rc rk_mark_find(const struct rk_yaml *yaml, uint32_t node, struct rk_mark *mark, struct rk_err *err);

/* Return the offset after the mark of a value; rk_mark_place() if it has none, or a malformed one. */
uint32_t rk_mark_end(const struct rk_yaml *yaml, uint32_t node);

#endif
