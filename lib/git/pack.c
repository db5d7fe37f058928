#include <sha1.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "git/pack.h"
#include "base/abort.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/delta.h"
#include "git/git.h"
#include "process/spool.h"

#define HASH 6	/* zlib's memLevel: a hash of 16 KiB, which is cleared for each object */
#define CHUNK (1u << 20)	/* bytes for the indexer at once: each time it maps the file again */

struct rk_pack_object {
	git_oid oid;
	git_oid near;		/* zero: no other object is near */
	git_object_t type;
	size_t len;
	unsigned char *bytes;	/* NULL: deflated, at a place of the owner's spool */
	uint64_t at;
	size_t deflated;	/* how many bytes it has there */
	const struct rk_pack *owner;	/* this pack, or the one that it is borrowed from */
};

struct rk_pack {
	struct rk_intern ids;	/* the 20 bytes of each id; its number is the object's index */
	struct rk_pack_object *object;
	size_t size;		/* of object, which has ids.n in use */
	struct rk_spool spool;
	z_stream *compress;	/* NULL before the first object that is deflated */
	unsigned char *out;	/* what the object that is being added is deflated into, of out_size bytes */
	size_t out_size;
};

struct rk_pack *
rk_pack_new(void)
{
	return rk_memory_calloc(1, sizeof(struct rk_pack));
}

void
rk_pack_free(struct rk_pack *pack)
{
	size_t i;

	if (!pack)
		return;
	for (i = 0; i < pack->ids.n; i++)
		if (pack->object[i].owner == pack)
			free(pack->object[i].bytes);
	free(pack->object);
	rk_spool_free(&pack->spool);
	rk_intern_free(&pack->ids);
	if (pack->compress)
		deflateEnd(pack->compress);
	free(pack->compress);
	free(pack->out);
	free(pack);
}

void
rk_pack_put_aside(struct rk_pack *pack, const char *dir)
{
	pack->spool.dir = dir;
}

/* Add an object that the pack does not have; its bytes are from now on the pack's. */
static void
add_object(struct rk_pack *pack, const struct rk_pack_object *object)
{
	rk_memory_grow(&pack->object, pack->ids.n, &pack->size, sizeof *pack->object);
	pack->object[rk_intern_add_bytes(&pack->ids, object->oid.id, sizeof object->oid.id)] = *object;
}

/* Files are deflated at once, so that as little memory is taken as they will take in the pack. */
static enum rk_rc
deflate_bytes(struct rk_pack *pack, struct rk_pack_object *object, const void *bytes, struct rk_err *err)
{
	z_stream *z = pack->compress;
	size_t most;

	if (!z) {
		pack->compress = z = rk_memory_calloc(1, sizeof *z);
		if (deflateInit2(z, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS, HASH, Z_DEFAULT_STRATEGY) != Z_OK)
			rk_memory_fail();
	}
	most = deflateBound(z, (uLong)object->len);
	if (most > pack->out_size)
		pack->out = rk_memory_realloc(pack->out, pack->out_size = most, 1);
	deflateReset(z);
	z->next_in = (unsigned char *)bytes;
	z->avail_in = (uInt)object->len;
	z->next_out = pack->out;
	z->avail_out = (uInt)most;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		return rk_err_set(err, RK_EBUG, "zlib: %s", z->msg ? z->msg : "failed");
	object->deflated = most - z->avail_out;
	return rk_spool_add(&pack->spool, pack->out, object->deflated, &object->at, err);
}

enum rk_rc
rk_pack_add(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, git_oid *oid, struct rk_err *err)
{
	static const git_oid none;

	return rk_pack_add_near(pack, type, bytes, len, &none, oid, err);
}

enum rk_rc
rk_pack_add_near(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, const git_oid *near,
    git_oid *oid, struct rk_err *err)
{
	struct rk_pack_object object = { .type = type, .len = len, .near = *near, .owner = pack };
	enum rk_rc rc = RK_OK;
	uint32_t number;

	if (git_odb_hash(&object.oid, bytes, len, type) < 0)
		return rk_git_fail(err, -1, "an object");
	*oid = object.oid;
	if (rk_intern_find(&pack->ids, oid->id, sizeof oid->id, &number))
		return RK_OK;
	if (type == GIT_OBJECT_BLOB && git_oid_is_zero(near))
		rc = deflate_bytes(pack, &object, bytes, err);
	else
		object.bytes = memcpy(rk_memory_malloc(len), bytes, len);
	if (rc == RK_OK)
		add_object(pack, &object);
	return rc;
}

void
rk_pack_borrow(struct rk_pack *pack, const struct rk_pack *from, const git_oid *oid)
{
	struct rk_pack_object object;
	uint32_t number;

	if (!rk_intern_find(&from->ids, oid->id, sizeof oid->id, &number))
		rk_abort(RK_EBUG, "bug: an object of another pack is missing");
	object = from->object[number];
	if (!rk_intern_find(&pack->ids, oid->id, sizeof oid->id, &number))
		add_object(pack, &object);
}

enum rk_rc
rk_pack_read(const struct rk_pack *pack, const git_oid *oid, struct rk_strbuf *bytes, struct rk_err *err)
{
	const struct rk_pack_object *object;
	struct rk_strbuf deflated = { 0 };
	uLongf len;
	enum rk_rc rc;
	uint32_t number;
	char *out;
	int result;

	if (!rk_intern_find(&pack->ids, oid->id, sizeof oid->id, &number))
		return rk_err_set(err, RK_EBUG, "the new objects lack %s", git_oid_tostr_s(oid));
	object = &pack->object[number];
	if (object->bytes) {
		rk_strbuf_add(bytes, object->bytes, object->len);
		return RK_OK;
	}
	rc = rk_spool_read(&object->owner->spool, object->at, object->deflated, &deflated, err);
	if (rc != RK_OK) {
		rk_strbuf_free(&deflated);
		return rc;
	}
	len = (uLongf)object->len;
	out = rk_memory_malloc(object->len);
	result = uncompress((unsigned char *)out, &len, (unsigned char *)deflated.data, (uLong)deflated.len);
	rk_strbuf_add(bytes, out, result == Z_OK ? len : 0);
	free(out);
	rk_strbuf_free(&deflated);
	return result == Z_OK ? RK_OK : rk_err_set(err, RK_EBUG, "zlib: %d", result);
}

/* Writing */

/*
 * A pack as gitformat-pack(5) describes it, for libgit2's indexer.  libgit2's git_packbuilder would replace this format,
 * delta.c and sha1.c, but takes several times as long ("make bench"); its packs are somewhat smaller.
 */

struct out {
	git_indexer *indexer;
	git_indexer_progress progress;
	struct rk_strbuf chunk, delta, deflated;
	SHA1_CTX sha1;		/* the checksum at the end, which libgit2 does not compute */
	uint64_t bytes;		/* so far */
	z_stream compress, store;		/* store: zlib's format without compression */
	const struct rk_pack_object **base;	/* of each object: what it is written as a delta against, or NULL */
	uint64_t *at;				/* of each object: its offset in the pack */
};

static enum rk_rc
flush(struct out *out, struct rk_err *err)
{
	int result;

	if (out->chunk.len == 0)
		return RK_OK;
	result = git_indexer_append(out->indexer, out->chunk.data, out->chunk.len, &out->progress);
	rk_strbuf_clear(&out->chunk);
	return result < 0 ? rk_git_fail(err, result, "cannot write a pack") : RK_OK;
}

static void
put(struct out *out, const void *bytes, size_t len)
{
	SHA1Update(&out->sha1, bytes, len);
	out->bytes += len;
	rk_strbuf_add(&out->chunk, bytes, len);
}

/* Put three bits of type and four of length, then seven of length a byte, least first. */
static void
put_header(struct out *out, git_object_t type, size_t len)
{
	unsigned char head[12];
	size_t n = 0;

	head[0] = (unsigned char)((unsigned)type << 4 | (len & 15));
	for (len >>= 4; len; len >>= 7) {
		head[n++] |= 0x80;
		head[n] = len & 0x7f;
	}
	put(out, head, n + 1);
}

/* Put the distance back to a base: seven bits a byte, greatest first, and one less for each byte that follows. */
static void
put_distance(struct out *out, uint64_t distance)
{
	unsigned char bytes[10];
	size_t n = sizeof bytes;

	bytes[--n] = distance & 0x7f;
	while (distance >>= 7)
		bytes[--n] = (unsigned char)(0x80 | (--distance & 0x7f));
	put(out, bytes + n, sizeof bytes - n);
}

static enum rk_rc
put_deflated(struct out *out, z_stream *z, const void *bytes, size_t len, struct rk_err *err)
{
	unsigned char buf[65536];
	int result;

	deflateReset(z);
	z->next_in = (unsigned char *)bytes;
	z->avail_in = (uInt)len;
	do {
		z->next_out = buf;
		z->avail_out = sizeof buf;
		result = deflate(z, Z_FINISH);
		put(out, buf, sizeof buf - z->avail_out);
	} while (result == Z_OK);
	return result == Z_STREAM_END ? RK_OK : rk_err_set(err, RK_EBUG, "zlib: %s", z->msg ? z->msg : "failed");
}

static enum rk_rc
put_object(struct out *out, const struct rk_pack *pack, size_t i, struct rk_err *err)
{
	const struct rk_pack_object *object = &pack->object[i], *base = out->base[i];
	/* most of a tree is ids, which hardly get smaller, and compressing them would take most of the time */
	z_stream *z = object->type == GIT_OBJECT_TREE ? &out->store : &out->compress;
	enum rk_rc rc = RK_OK;

	out->at[i] = out->bytes;
	rk_strbuf_clear(&out->delta);
	rk_strbuf_clear(&out->deflated);
	if (base)
		rk_delta(base->bytes, base->len, object->bytes, object->len, &out->delta);
	if (base && out->delta.len < object->len / 2) {
		put_header(out, GIT_OBJECT_OFS_DELTA, out->delta.len);
		put_distance(out, out->at[i] - out->at[base - pack->object]);
		rc = put_deflated(out, &out->store, out->delta.data, out->delta.len, err);
	} else {
		put_header(out, object->type, object->len);
		if (object->bytes)
			rc = put_deflated(out, z, object->bytes, object->len, err);
		else if ((rc = rk_spool_read(&object->owner->spool, object->at, object->deflated, &out->deflated, err)) == RK_OK)
			put(out, out->deflated.data, out->deflated.len);
	}
	return rc == RK_OK && out->chunk.len >= CHUNK ? flush(out, err) : rc;
}

static int
by_near(const void *a, const void *b)
{
	const struct rk_pack_object *x = *(const struct rk_pack_object *const *)a, *y = *(const struct rk_pack_object *const *)b;
	int order = memcmp(x->near.id, y->near.id, sizeof x->near.id);

	return order ? order : (x > y) - (x < y);
}

/* Let the first object of each near be the base of the others. */
static void
find_bases(struct out *out, const struct rk_pack *pack)
{
	const struct rk_pack_object **sorted = rk_memory_realloc(NULL, pack->ids.n + 1, sizeof *sorted), *first = NULL;
	size_t n = 0, i;

	out->base = rk_memory_calloc(pack->ids.n + 1, sizeof *out->base);
	out->at = rk_memory_calloc(pack->ids.n + 1, sizeof *out->at);
	for (i = 0; i < pack->ids.n; i++)
		if (!git_oid_is_zero(&pack->object[i].near))
			sorted[n++] = &pack->object[i];
	if (n > 1)
		qsort(sorted, n, sizeof *sorted, by_near);
	for (i = 0; i < n; i++) {
		if (first && git_oid_equal(&sorted[i]->near, &first->near) && sorted[i]->type == first->type)
			out->base[sorted[i] - pack->object] = first;
		else
			first = sorted[i];
	}
	free(sorted);
}

static enum rk_rc
put_all(struct out *out, const struct rk_pack *pack, struct rk_err *err)
{
	unsigned char head[12] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 }, digest[20];
	enum rk_rc rc = RK_OK;
	int result;
	size_t i;

	for (i = 0; i < 4; i++)
		head[8 + i] = (unsigned char)(pack->ids.n >> (24 - 8 * i));
	put(out, head, sizeof head);
	for (i = 0; i < pack->ids.n && rc == RK_OK; i++)
		rc = put_object(out, pack, i, err);
	if (rc != RK_OK)
		return rc;
	SHA1Final(digest, &out->sha1);
	rk_strbuf_add(&out->chunk, digest, sizeof digest);
	rc = flush(out, err);
	if (rc != RK_OK)
		return rc;
	result = git_indexer_commit(out->indexer, &out->progress);
	return result < 0 ? rk_git_fail(err, result, "cannot write a pack") : RK_OK;
}

enum rk_rc
rk_pack_write(const struct rk_pack *pack, const char *dir, struct rk_strbuf *name, struct rk_err *err)
{
	struct out out = { 0 };
	enum rk_rc rc;
	int result;

	SHA1Init(&out.sha1);
	/* the least memory for store: each deflateReset() clears it */
	if (deflateInit(&out.compress, Z_BEST_SPEED) != Z_OK ||
	    deflateInit2(&out.store, Z_NO_COMPRESSION, Z_DEFLATED, MAX_WBITS, 1, Z_DEFAULT_STRATEGY) != Z_OK)
		rk_memory_fail();
	result = git_indexer_new(&out.indexer, dir, 0, NULL, NULL);
	find_bases(&out, pack);
	rc = result < 0 ? rk_git_fail(err, result, "cannot write a pack") : RK_OK;
	if (rc == RK_OK)
		rc = put_all(&out, pack, err);
	if (rc == RK_OK)
		rk_strbuf_printf(name, "pack-%s", git_indexer_name(out.indexer));
	git_indexer_free(out.indexer);
	deflateEnd(&out.compress);
	deflateEnd(&out.store);
	rk_strbuf_free(&out.chunk);
	rk_strbuf_free(&out.delta);
	rk_strbuf_free(&out.deflated);
	free(out.base);
	free(out.at);
	return rc;
}

enum rk_rc
rk_pack_check(const struct rk_pack *pack, git_odb *odb, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < pack->ids.n; i++)
		if (!git_odb_exists(odb, &pack->object[i].oid))
			return rk_err_set(err, RK_EIO, "the new pack lacks %s", git_oid_tostr_s(&pack->object[i].oid));
	return RK_OK;
}
