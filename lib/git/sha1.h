#ifndef RK_SHA1_H
#define RK_SHA1_H

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-1 (FIPS 180-4) as the checksum at the end of a pack, which libgit2 demands but does not lend.
 * Object ids come from git_odb_hash(), which also detects collisions.
 */
struct rk_sha1 {
	uint32_t state[5];
	uint64_t bytes;
	unsigned char block[64];
};

void rk_sha1_init(struct rk_sha1 *sha1);
void rk_sha1_update(struct rk_sha1 *sha1, const void *bytes, size_t len);
void rk_sha1_final(struct rk_sha1 *sha1, unsigned char digest[20]);

#endif
