#include <string.h>

#include "git/sha1.h"

static uint32_t
rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

/* FIPS 180-4, section 6.1.2, with the constants of 4.2.1. */
static void
add_block(uint32_t state[5], const unsigned char *p)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f, w[80];
	unsigned t;

	for (t = 0; t < 16; t++, p += 4)
		w[t] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	for (; t < 80; t++)
		w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
	for (t = 0; t < 80; t++) {
		if (t < 20)
			f = ((b & c) | (~b & d)) + 0x5a827999;
		else if (t < 40)
			f = (b ^ c ^ d) + 0x6ed9eba1;
		else if (t < 60)
			f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
		else
			f = (b ^ c ^ d) + 0xca62c1d6;
		f += rotate(a, 5) + e + w[t];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = f;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

void
rk_sha1_init(struct rk_sha1 *sha1)
{
	*sha1 = (struct rk_sha1){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } };
}

void
rk_sha1_update(struct rk_sha1 *sha1, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t have = sha1->bytes % 64, n;

	sha1->bytes += len;
	while (len > 0) {
		if (have == 0 && len >= 64) {
			add_block(sha1->state, p);
			n = 64;
		} else {
			n = len < 64 - have ? len : 64 - have;
			memcpy(sha1->block + have, p, n);
			have = (have + n) % 64;
			if (have == 0)
				add_block(sha1->state, sha1->block);
		}
		p += n;
		len -= n;
	}
}

void
rk_sha1_final(struct rk_sha1 *sha1, unsigned char digest[20])
{
	static const unsigned char pad[64] = { 0x80 };
	uint64_t bits = sha1->bytes * 8;
	unsigned char length[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		length[i] = (unsigned char)(bits >> (56 - 8 * i));
	rk_sha1_update(sha1, pad, 1 + (119 - sha1->bytes % 64) % 64);
	rk_sha1_update(sha1, length, 8);
	for (i = 0; i < 20; i++)
		digest[i] = (unsigned char)(sha1->state[i / 4] >> (24 - 8 * (i % 4)));
}
