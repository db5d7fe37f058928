#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/memory.h"
#include "base/utf8.h"

static void
grow(struct rk_strbuf *text, size_t more)
{
	size_t size = text->size ? text->size : 64;

	if (more > SIZE_MAX / 2 - text->len)
		rk_memory_fail();
	while (size - text->len <= more)
		size *= 2;
	text->data = rk_memory_realloc(text->data, size, 1);
	text->size = size;
}

static inline void
reserve(struct rk_strbuf *text, size_t more)
{
	if (more >= text->size - text->len)	/* keeps a byte for the NUL */
		grow(text, more);
}

void
rk_strbuf_add(struct rk_strbuf *text, const void *bytes, size_t len)
{
	reserve(text, len);
	if (len)
		memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void
rk_strbuf_puts(struct rk_strbuf *text, const char *s)
{
	rk_strbuf_add(text, s, strlen(s));
}

void
rk_strbuf_putc(struct rk_strbuf *text, char c)
{
	reserve(text, 1);
	text->data[text->len++] = c;
	text->data[text->len] = '\0';
}

void
rk_strbuf_printf(struct rk_strbuf *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)	/* longer than INT_MAX */
		rk_memory_fail();
	reserve(text, (size_t)len);
	va_start(args, fmt);
	vsnprintf(text->data + text->len, (size_t)len + 1, fmt, args);
	va_end(args);
	text->len += (size_t)len;
}

void
rk_strbuf_fill(struct rk_strbuf *text, char c, size_t times)
{
	reserve(text, times);
	memset(text->data + text->len, c, times);
	text->len += times;
	text->data[text->len] = '\0';
}

void
rk_strbuf_clear(struct rk_strbuf *text)
{
	text->len = 0;
	if (text->data)
		text->data[0] = '\0';
}

void
rk_strbuf_free(struct rk_strbuf *text)
{
	free(text->data);
	*text = (struct rk_strbuf){ 0 };
}

void
rk_strbuf_copy(struct rk_strbuf *to, const struct rk_strbuf *from)
{
	rk_strbuf_clear(to);
	rk_strbuf_add(to, rk_strbuf_str(from), from->len);
}

const char *
rk_strbuf_str(const struct rk_strbuf *text)
{
	return text->data ? text->data : "";
}

void
rk_strbuf_escape(struct rk_strbuf *text, const char *src, size_t len)
{
	size_t at = 0;
	char buf[16];

	while (at < len) {
		at += rk_utf8_escape_next(buf, src + at, len - at);
		rk_strbuf_puts(text, buf);
	}
}
