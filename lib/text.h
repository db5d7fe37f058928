#ifndef RK_TEXT_H
#define RK_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "utf8.h"

/*
 * Growable bytes.  Zeroed is empty; data then is NULL, else a NUL stands behind the last byte.
 * After a failed allocation every further call is a no-op, so that a writer adds freely and asks
 * rk_text_check() once.  Free data with rk_text_free().
 */
struct rk_text {
	char *data;
	size_t len, size;
	bool failed;
};

void rk_text_add(struct rk_text *text, const void *bytes, size_t len);
void rk_text_puts(struct rk_text *text, const char *s);
void rk_text_putc(struct rk_text *text, char c);
void rk_text_printf(struct rk_text *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rk_text_fill(struct rk_text *text, char c, size_t times);
void rk_text_clear(struct rk_text *text);	/* empty, the memory kept; a failure is forgotten */
void rk_text_free(struct rk_text *text);
const char *rk_text_str(const struct rk_text *text);	/* never NULL: "" when empty */

/* RK_OK, or RK_ENOMEM when an allocation has failed since the last clear. */
enum rk_rc rk_text_check(const struct rk_text *text, struct rk_err *err);

/* Append src as rk_escape() shows it, without a bound. */
void rk_text_escape(struct rk_text *text, const char *src, size_t len);

/*
 * Items, each of size bytes, with room for one more behind n of them: as they were, or moved, new ones zeroed, with
 * *room grown.  NULL when out of memory: items then is as it was.
 */
void *rk_with_room(void *items, size_t n, size_t *room, size_t size);

/* The same for the items that the pointer at array points to: false when out of memory. */
bool rk_grow(void *array, size_t n, size_t *room, size_t size);

/* Of the n words, the one that word most likely means (a bounded edit distance), or NULL. */
const char *rk_nearest(const char *word, const char *const *words, size_t n);

#endif
