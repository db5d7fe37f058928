#include <string.h>

#include "git/delta.h"
#include "base/strbuf.h"

/*
 * libgit2 and zlib have deltas, but do not let others make them.  Without deltas ringsync takes longer, because it has more
 * to compress, and its packs are several times as large.
 */

#define WORTH 8			/* equal bytes that a copy is made for: it takes up to seven */
#define COPIED 0xffff		/* bytes that one instruction can copy at most */
#define INSERTED 127		/* bytes that one instruction can insert at most */

static void
add_length(struct rk_strbuf *delta, size_t len)
{
	for (; len > 0x7f; len >>= 7)
		rk_strbuf_putc(delta, (char)(0x80 | (len & 0x7f)));
	rk_strbuf_putc(delta, (char)len);
}

static void
add_copy(struct rk_strbuf *delta, size_t at, size_t len)
{
	unsigned char code[7];
	size_t n, left, i, used;

	for (; len > 0; len -= n, at += n) {
		n = len < COPIED ? len : COPIED;
		code[0] = 0x80;
		used = 1;
		for (left = at, i = 0; left; left >>= 8, i++)
			if (left & 0xff) {
				code[0] |= (unsigned char)(1u << i);
				code[used++] = (unsigned char)left;
			}
		for (left = n, i = 4; left; left >>= 8, i++)
			if (left & 0xff) {
				code[0] |= (unsigned char)(1u << i);
				code[used++] = (unsigned char)left;
			}
		rk_strbuf_add(delta, (const char *)code, used);
	}
}

static void
add_inserted(struct rk_strbuf *delta, const unsigned char *bytes, size_t len)
{
	size_t n;

	for (; len > 0; len -= n, bytes += n) {
		n = len < INSERTED ? len : INSERTED;
		rk_strbuf_putc(delta, (char)n);
		rk_strbuf_add(delta, (const char *)bytes, n);
	}
}

/* Return the number of bytes with which both start. */
static size_t
alike(const unsigned char *a, const unsigned char *b, size_t most)
{
	size_t n = 0;

	while (most - n >= 32 && memcmp(a + n, b + n, 32) == 0)
		n += 32;
	while (n < most && a[n] == b[n])
		n++;
	return n;
}

/* Return the number of bytes before the next WORTH equal ones. */
static size_t
unlike(const unsigned char *a, const unsigned char *b, size_t most)
{
	size_t n = 1;

	while (n < most && (most - n < WORTH || alike(a + n, b + n, WORTH) < WORTH))
		n++;
	return n;
}

void
rk_delta(const unsigned char *from, size_t from_len, const unsigned char *to, size_t to_len, struct rk_strbuf *delta)
{
	const size_t most = from_len < to_len ? from_len : to_len, head = alike(from, to, most);
	size_t tail = 0, at, n;

	while (tail < most - head && from[from_len - 1 - tail] == to[to_len - 1 - tail])
		tail++;
	add_length(delta, from_len);
	add_length(delta, to_len);
	add_copy(delta, 0, head);
	for (at = head; at < to_len - tail; at += n) {
		n = from_len == to_len ? alike(from + at, to + at, to_len - tail - at) : 0;
		if (n >= WORTH) {
			add_copy(delta, at, n);
			continue;
		}
		n = to_len - tail - at;
		if (from_len == to_len)
			n = unlike(from + at, to + at, n);
		add_inserted(delta, to + at, n);
	}
	add_copy(delta, from_len - tail, tail);
}
