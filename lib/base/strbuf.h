#ifndef RK_STRBUF_H
#define RK_STRBUF_H

#include <stddef.h>

/*
 * Growable bytes.  A zeroed buffer is empty; unless data is NULL, a NUL follows the last byte.  Free with
 * rk_strbuf_free().
 */
struct rk_strbuf {
	char *data;
	size_t len, size;
};

/* Append bytes, a string, a character, formatted output, the same character several times. */
void rk_strbuf_add(struct rk_strbuf *text, const void *bytes, size_t len);
void rk_strbuf_puts(struct rk_strbuf *text, const char *s);
void rk_strbuf_putc(struct rk_strbuf *text, char c);
void rk_strbuf_printf(struct rk_strbuf *text, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void rk_strbuf_fill(struct rk_strbuf *text, char c, size_t times);

/* Append src, escaped as by rk_utf8_escape(), however long. */
void rk_strbuf_escape(struct rk_strbuf *text, const char *src, size_t len);

/* Replace the bytes of to by those of from. */
void rk_strbuf_copy(struct rk_strbuf *to, const struct rk_strbuf *from);

/* Return the bytes as a string: borrowed, "" when empty. */
const char *rk_strbuf_str(const struct rk_strbuf *text);

/* Empty it: rk_strbuf_clear() keeps its memory, rk_strbuf_free() frees it. */
void rk_strbuf_clear(struct rk_strbuf *text);
void rk_strbuf_free(struct rk_strbuf *text);

#endif
