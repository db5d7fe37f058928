#ifndef RK_UTF8_H
#define RK_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Return the code point at the start of s, of len (>= 1) bytes, and set *used to its length in bytes.
 * Return -1, with *used 1, if the bytes are not UTF-8 (RFC 3629: no surrogates, no overlong forms).
 */
int32_t rk_utf8_decode(const char *s, size_t len, size_t *used);

/* Return the offset of the first byte that is not UTF-8, or len. */
size_t rk_utf8_valid(const char *s, size_t len);

/* Return whether a code point is invisible, moves the cursor, or reorders text (Unicode categories Cc, Cf, Zl, Zp). */
bool rk_utf8_unprintable(int32_t c);

/*
 * Set buf to the printable form of the first code point of src, of len (>= 1) bytes: itself; \n \t \r; \xHH for other
 * controls and for a byte that is not UTF-8; \uHHHH for another unprintable one.  Return how many bytes of src it is.
 */
size_t rk_utf8_escape_next(char buf[16], const char *src, size_t len);

/*
 * Write src as one line of printable UTF-8 into dst, of size (>= 8) bytes, NUL-terminated; one that does not fit ends
 * in "...".
 */
void rk_utf8_escape(char *dst, size_t size, const char *src, size_t len);

#endif
