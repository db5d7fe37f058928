#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "pack.h"
#include "sha1.h"
#include "text.h"

#define CHUNK (1u << 20)	/* what is handed to the indexer at once: each time it maps the file anew */

struct object {
	git_oid oid;
	git_object_t type;
	size_t len;
	unsigned char *bytes;
};

struct rk_pack {
	struct object *object;	/* in the order of their adding */
	size_t n, size;
	uint32_t *slot;		/* open addressing by id: 1 + index in object, 0 is free */
	size_t n_slots;		/* a power of two, at least twice size */
};

enum rk_rc
rk_pack_new(struct rk_pack **pack, struct rk_err *err)
{
	*pack = calloc(1, sizeof **pack);
	return *pack ? RK_OK : rk_nomem(err);
}

void
rk_pack_free(struct rk_pack *pack)
{
	if (!pack)
		return;
	while (pack->n > 0)
		free(pack->object[--pack->n].bytes);
	free(pack->object);
	free(pack->slot);
	free(pack);
}

/* Where oid is, or where it would go. */
static uint32_t *
slot_of(const struct rk_pack *pack, const git_oid *oid)
{
	size_t at;

	memcpy(&at, oid->id, sizeof at);
	for (at &= pack->n_slots - 1; pack->slot[at]; at = (at + 1) & (pack->n_slots - 1))
		if (git_oid_equal(&pack->object[pack->slot[at] - 1].oid, oid))
			break;
	return &pack->slot[at];
}

static bool
grow(struct rk_pack *pack)
{
	size_t size = pack->size ? 2 * pack->size : 64, i;
	struct object *object = realloc(pack->object, size * sizeof *object);
	uint32_t *slot;

	if (!object)
		return false;
	pack->object = object;
	slot = calloc(2 * size, sizeof *slot);
	if (!slot)
		return false;
	free(pack->slot);
	pack->slot = slot;
	pack->n_slots = 2 * size;
	pack->size = size;
	for (i = 0; i < pack->n; i++)
		*slot_of(pack, &object[i].oid) = (uint32_t)i + 1;
	return true;
}

enum rk_rc
rk_pack_add(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, git_oid *oid, struct rk_err *err)
{
	struct object object = { .type = type, .len = len };
	uint32_t *slot;

	if (git_odb_hash(&object.oid, bytes, len, type) < 0)
		return rk_git_fail(err, -1, "an object");
	*oid = object.oid;
	if (pack->n == pack->size && !grow(pack))
		return rk_nomem(err);
	slot = slot_of(pack, oid);
	if (*slot)
		return RK_OK;
	object.bytes = malloc(len ? len : 1);
	if (!object.bytes)
		return rk_nomem(err);
	memcpy(object.bytes, bytes, len);
	pack->object[pack->n++] = object;
	*slot = (uint32_t)pack->n;
	return RK_OK;
}

const void *
rk_pack_get(const struct rk_pack *pack, const git_oid *oid, size_t *len)
{
	const struct object *object = &pack->object[*slot_of(pack, oid) - 1];

	*len = object->len;
	return object->bytes;
}

/* A pack on its way to disk. */
struct out {
	git_indexer *indexer;
	git_indexer_progress progress;
	struct rk_text chunk;
	struct rk_sha1 sha1;
	z_stream z;
};

static enum rk_rc
flush(struct out *out, struct rk_err *err)
{
	enum rk_rc rc = rk_text_check(&out->chunk, err);
	int result;

	if (rc != RK_OK || out->chunk.len == 0)
		return rc;
	result = git_indexer_append(out->indexer, out->chunk.data, out->chunk.len, &out->progress);
	rk_text_clear(&out->chunk);
	return result < 0 ? rk_git_fail(err, result, "cannot write a pack") : RK_OK;
}

static void
put(struct out *out, const void *bytes, size_t len)
{
	rk_sha1_add(&out->sha1, bytes, len);
	rk_text_add(&out->chunk, bytes, len);
}

/* gitformat-pack(5): three bits of type and four of length, then seven of length a byte, least first. */
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

static enum rk_rc
put_object(struct out *out, const struct object *object, struct rk_err *err)
{
	unsigned char buf[16384];
	int result;

	put_header(out, object->type, object->len);
	deflateReset(&out->z);
	/* a tree is ids, which do not get smaller, and takes most of the time there is */
	deflateParams(&out->z, object->type == GIT_OBJECT_TREE ? Z_NO_COMPRESSION : Z_BEST_SPEED, Z_DEFAULT_STRATEGY);
	out->z.next_in = object->bytes;
	out->z.avail_in = (uInt)object->len;
	do {
		out->z.next_out = buf;
		out->z.avail_out = sizeof buf;
		result = deflate(&out->z, Z_FINISH);
		put(out, buf, sizeof buf - out->z.avail_out);
	} while (result == Z_OK);
	if (result != Z_STREAM_END)
		return rk_fail(err, RK_EBUG, "zlib: %s", out->z.msg ? out->z.msg : "failed");
	return out->chunk.len >= CHUNK || out->chunk.failed ? flush(out, err) : RK_OK;
}

static enum rk_rc
put_all(struct out *out, const struct rk_pack *pack, struct rk_err *err)
{
	unsigned char head[12] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 }, digest[20];
	enum rk_rc rc = RK_OK;
	int result;
	size_t i;

	for (i = 0; i < 4; i++)
		head[8 + i] = (unsigned char)(pack->n >> (24 - 8 * i));
	put(out, head, sizeof head);
	for (i = 0; i < pack->n && rc == RK_OK; i++)
		rc = put_object(out, &pack->object[i], err);
	if (rc != RK_OK)
		return rc;
	rk_sha1_end(&out->sha1, digest);
	rk_text_add(&out->chunk, digest, sizeof digest);
	rc = flush(out, err);
	if (rc != RK_OK)
		return rc;
	result = git_indexer_commit(out->indexer, &out->progress);
	return result < 0 ? rk_git_fail(err, result, "cannot write a pack") : RK_OK;
}

/* odb, the one that dir belongs to, may be NULL. */
static enum rk_rc
write_into(const struct rk_pack *pack, const char *dir, git_odb *odb, struct rk_err *err)
{
	struct out out = { 0 };
	enum rk_rc rc;
	int result;

	rk_sha1_start(&out.sha1);
	if (deflateInit(&out.z, Z_BEST_SPEED) != Z_OK)
		return rk_nomem(err);
	result = git_indexer_new(&out.indexer, dir, 0, odb, NULL);
	rc = result < 0 ? rk_git_fail(err, result, "cannot write a pack") : put_all(&out, pack, err);
	git_indexer_free(out.indexer);
	deflateEnd(&out.z);
	rk_text_free(&out.chunk);
	return rc;
}

enum rk_rc
rk_pack_write_into(const struct rk_pack *pack, const char *dir, struct rk_err *err)
{
	return write_into(pack, dir, NULL, err);
}

enum rk_rc
rk_pack_write(const struct rk_pack *pack, git_repository *git, struct rk_err *err)
{
	struct rk_text dir = { 0 };
	git_odb *odb = NULL;
	enum rk_rc rc;
	int result;

	rk_text_printf(&dir, "%sobjects/pack", git_repository_commondir(git));
	rc = rk_text_check(&dir, err);
	if (rc == RK_OK && (result = git_repository_odb(&odb, git)) < 0)
		rc = rk_git_fail(err, result, "cannot write a pack");
	if (rc == RK_OK)
		rc = write_into(pack, dir.data, odb, err);
	if (rc == RK_OK && (result = git_odb_refresh(odb)) < 0)
		rc = rk_git_fail(err, result, "cannot read the new pack");
	git_odb_free(odb);
	rk_text_free(&dir);
	return rc;
}
