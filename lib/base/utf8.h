#ifndef RK_UTF8_H
#define RK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The code point that starts at s, of at most len (>= 1) bytes.  *used is its length in bytes.
 * Returns -1, with *used = 1, where the bytes are not UTF-8 (RFC 3629: no surrogates, no overlong forms).
 */
int32_t rk_utf8_decode(const char *s, size_t len, size_t *used);

/* The offset of the first byte that is not UTF-8, or len. */
size_t rk_utf8_valid(const char *s, size_t len);

/* Would this code point be invisible, move the cursor, or reorder text?  (Unicode categories Cc, Cf, Zl, Zp) */
bool rk_utf8_unprintable(int32_t c);

/*
 * What stands for the first code point of src, of len (>= 1) bytes, in a message: itself; \n \t \r; \xHH for other
 * controls and for a byte that is not UTF-8; \uHHHH for what does not print.  Returns how many bytes of src it is.
 */
size_t rk_utf8_escape_next(char buf[16], const char *src, size_t len);

/*
 * Write src as one line of printable UTF-8 into dst of size bytes (>= 8), NUL-terminated, ending in "..." when it
 * does not fit.
 */
void rk_utf8_escape(char *dst, size_t size, const char *src, size_t len);

#endif
