#ifndef RK_SHA1_H
#define RK_SHA1_H

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-1 (FIPS 180-4) for the checksum at the end of a pack: libgit2's indexer demands it and no function of libgit2
 * computes it.  A library for these 70 lines would be the fifth to install.  Ids of objects come from git_odb_hash().
 * The members are private.
 */
struct rk_sha1 {
	uint32_t state[5];
	uint64_t bytes;
	unsigned char block[64];
};

/* Start a checksum, add bytes to it, and store it in digest. */
void rk_sha1_init(struct rk_sha1 *sha1);
void rk_sha1_update(struct rk_sha1 *sha1, const void *bytes, size_t len);
void rk_sha1_final(struct rk_sha1 *sha1, unsigned char digest[20]);

#endif
