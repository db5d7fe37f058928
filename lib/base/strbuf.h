#ifndef RK_STRBUF_H
#define RK_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * Growable bytes.  Zeroed is empty; data then is NULL, else a NUL stands behind the last byte.
 * After a failed allocation every further call is a no-op, so that a writer adds freely and asks
 * rk_strbuf_check() once.  Free data with rk_strbuf_free().
 */
struct rk_strbuf {
	char *data;
	size_t len, size;
	bool failed;
};

void rk_strbuf_add(struct rk_strbuf *text, const void *bytes, size_t len);
void rk_strbuf_puts(struct rk_strbuf *text, const char *s);
void rk_strbuf_putc(struct rk_strbuf *text, char c);
void rk_strbuf_printf(struct rk_strbuf *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rk_strbuf_fill(struct rk_strbuf *text, char c, size_t times);
void rk_strbuf_clear(struct rk_strbuf *text);	/* empty, the memory kept; a failure is forgotten */
void rk_strbuf_free(struct rk_strbuf *text);
const char *rk_strbuf_str(const struct rk_strbuf *text);	/* never NULL: "" when empty */

/* RK_OK, or RK_ENOMEM when an allocation has failed since the last clear. */
enum rk_rc rk_strbuf_check(const struct rk_strbuf *text, struct rk_err *err);

/* Append src as rk_utf8_escape() shows it, without a bound. */
void rk_strbuf_escape(struct rk_strbuf *text, const char *src, size_t len);

#endif
