#include <errno.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "git/pack.h"
#include "base/err.h"
#include "base/scratch.h"
#include "base/strbuf.h"
#include "git/delta.h"
#include "git/git.h"
#include "git/sha1.h"

#define CHUNK (1u << 20)	/* what is handed to the indexer at once: each time it maps the file anew */

struct object {
	git_oid oid;
	git_oid near;		/* zero: it is like no other */
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
	return *pack ? RK_OK : rk_err_nomem(err);
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
	static const git_oid none;

	return rk_pack_add_near(pack, type, bytes, len, &none, oid, err);
}

enum rk_rc
rk_pack_add_near(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, const git_oid *near,
    git_oid *oid, struct rk_err *err)
{
	struct object object = { .type = type, .len = len, .near = *near };
	uint32_t *slot;

	if (git_odb_hash(&object.oid, bytes, len, type) < 0)
		return rk_git_fail(err, -1, "an object");
	*oid = object.oid;
	if (pack->n == pack->size && !grow(pack))
		return rk_err_nomem(err);
	slot = slot_of(pack, oid);
	if (*slot)
		return RK_OK;
	object.bytes = malloc(len ? len : 1);
	if (!object.bytes)
		return rk_err_nomem(err);
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
	struct rk_strbuf chunk, delta;
	struct rk_sha1 sha1;
	z_stream z;
	const struct object **base;	/* of each object: what it is written as a difference from, or NULL */
	uint64_t *at;			/* of each object: its place in the pack */
};

static enum rk_rc
flush(struct out *out, struct rk_err *err)
{
	enum rk_rc rc = rk_strbuf_check(&out->chunk, err);
	int result;

	if (rc != RK_OK || out->chunk.len == 0)
		return rc;
	result = git_indexer_append(out->indexer, out->chunk.data, out->chunk.len, &out->progress);
	rk_strbuf_clear(&out->chunk);
	return result < 0 ? rk_git_fail(err, result, "cannot write a pack") : RK_OK;
}

static void
put(struct out *out, const void *bytes, size_t len)
{
	rk_sha1_update(&out->sha1, bytes, len);
	rk_strbuf_add(&out->chunk, bytes, len);
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

/* How far back the base is: seven bits a byte, greatest first, and one less for each byte that follows. */
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

/* Put bytes as zlib compresses them at a level, which is 0 for bytes that do not get smaller. */
static enum rk_rc
put_deflated(struct out *out, const void *bytes, size_t len, int level, struct rk_err *err)
{
	unsigned char buf[65536];
	int result;

	deflateReset(&out->z);
	deflateParams(&out->z, level, Z_DEFAULT_STRATEGY);
	out->z.next_in = (unsigned char *)bytes;
	out->z.avail_in = (uInt)len;
	do {
		out->z.next_out = buf;
		out->z.avail_out = sizeof buf;
		result = deflate(&out->z, Z_FINISH);
		put(out, buf, sizeof buf - out->z.avail_out);
	} while (result == Z_OK);
	return result == Z_STREAM_END ? RK_OK : rk_err_set(err, RK_EBUG, "zlib: %s", out->z.msg ? out->z.msg : "failed");
}

static enum rk_rc
put_object(struct out *out, const struct rk_pack *pack, size_t i, struct rk_err *err)
{
	const struct object *object = &pack->object[i], *base = out->base[i];
	enum rk_rc rc = RK_OK;

	out->at[i] = out->sha1.bytes;
	rk_strbuf_clear(&out->delta);
	if (base) {
		rk_delta(base->bytes, base->len, object->bytes, object->len, &out->delta);
		rc = rk_strbuf_check(&out->delta, err);
	}
	if (rc == RK_OK && base && out->delta.len < object->len / 2) {
		put_header(out, GIT_OBJECT_OFS_DELTA, out->delta.len);
		put_distance(out, out->at[i] - out->at[base - pack->object]);
		rc = put_deflated(out, out->delta.data, out->delta.len, Z_NO_COMPRESSION, err);
	} else if (rc == RK_OK) {
		put_header(out, object->type, object->len);
		/* most of a tree is ids, which hardly get smaller, and compressing it would take most of the time */
		rc = put_deflated(out, object->bytes, object->len, object->type == GIT_OBJECT_TREE ? Z_NO_COMPRESSION : Z_BEST_SPEED, err);
	}
	return rc == RK_OK && (out->chunk.len >= CHUNK || out->chunk.failed) ? flush(out, err) : rc;
}

static int
by_near(const void *a, const void *b)
{
	const struct object *x = *(const struct object *const *)a, *y = *(const struct object *const *)b;
	int order = memcmp(x->near.id, y->near.id, sizeof x->near.id);

	return order ? order : (x > y) - (x < y);
}

/* Of the objects that are near the same one, the first is written as it is, and is the base of the others. */
static enum rk_rc
find_bases(struct out *out, const struct rk_pack *pack, struct rk_err *err)
{
	const struct object **sorted = malloc((pack->n + 1) * sizeof *sorted), *first = NULL;
	size_t n = 0, i;

	out->base = calloc(pack->n + 1, sizeof *out->base);
	out->at = calloc(pack->n + 1, sizeof *out->at);
	if (!sorted || !out->base || !out->at) {
		free(sorted);
		return rk_err_nomem(err);
	}
	for (i = 0; i < pack->n; i++)
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
	return RK_OK;
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
		rc = put_object(out, pack, i, err);
	if (rc != RK_OK)
		return rc;
	rk_sha1_final(&out->sha1, digest);
	rk_strbuf_add(&out->chunk, digest, sizeof digest);
	rc = flush(out, err);
	if (rc != RK_OK)
		return rc;
	result = git_indexer_commit(out->indexer, &out->progress);
	return result < 0 ? rk_git_fail(err, result, "cannot write a pack") : RK_OK;
}

/* odb, the one that dir belongs to, and name, which is appended to, may be NULL. */
static enum rk_rc
write_into(const struct rk_pack *pack, const char *dir, git_odb *odb, struct rk_strbuf *name, struct rk_err *err)
{
	struct out out = { 0 };
	enum rk_rc rc;
	int result;

	rk_sha1_init(&out.sha1);
	if (deflateInit(&out.z, Z_BEST_SPEED) != Z_OK)
		return rk_err_nomem(err);
	result = git_indexer_new(&out.indexer, dir, 0, odb, NULL);
	rc = result < 0 ? rk_git_fail(err, result, "cannot write a pack") : find_bases(&out, pack, err);
	if (rc == RK_OK)
		rc = put_all(&out, pack, err);
	if (rc == RK_OK && name)
		rk_strbuf_printf(name, "pack-%s", git_indexer_name(out.indexer));
	git_indexer_free(out.indexer);
	deflateEnd(&out.z);
	rk_strbuf_free(&out.chunk);
	rk_strbuf_free(&out.delta);
	free(out.base);
	free(out.at);
	return rc;
}

enum rk_rc
rk_pack_write_into(const struct rk_pack *pack, const char *dir, struct rk_err *err)
{
	return write_into(pack, dir, NULL, NULL, err);
}

static enum rk_rc
unwritten(struct rk_err *err)
{
	return rk_err_set(err, errno == EMFILE || errno == ENFILE || errno == ENOMEM ? RK_ENOMEM : RK_EIO,
	    "cannot write a pack: %s", strerror(errno));
}

/* Make sure that the names in a directory are on disk. */
static enum rk_rc
keep_names(const char *dir, struct rk_err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;
	enum rk_rc rc = RK_OK;

	if (fd < 0)
		return unwritten(err);
	do
		result = fsync(fd);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		rc = unwritten(err);
	close(fd);
	return rc;
}

/* Move a file of a name from one directory into another. */
static enum rk_rc
move(const char *from, const char *to, const char *name, const char *suffix, struct rk_err *err)
{
	struct rk_strbuf old = { 0 }, new = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&old, "%s/%s%s", from, name, suffix);
	rk_strbuf_printf(&new, "%s/%s%s", to, name, suffix);
	rc = rk_strbuf_check(&old, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&new, err);
	if (rc == RK_OK && rename(old.data, new.data) < 0)
		rc = unwritten(err);
	rk_strbuf_free(&old);
	rk_strbuf_free(&new);
	return rc;
}

/*
 * Does the pack hold all that was added?  The indexer has named what it read, so an object that is there by its id is
 * there as it was added.  Only this pack is looked at: a repository may have hundreds.
 */
static enum rk_rc
check_all(const struct rk_pack *pack, const char *dir, const char *name, struct rk_err *err)
{
	struct rk_strbuf index = { 0 };
	git_odb_backend *backend;
	git_odb *odb = NULL;
	enum rk_rc rc;
	int result = 0;
	size_t i;

	rk_strbuf_printf(&index, "%s/%s.idx", dir, name);
	rc = rk_strbuf_check(&index, err);
	if (rc == RK_OK && ((result = git_odb_new(&odb)) < 0 || (result = git_odb_backend_one_pack(&backend, index.data)) < 0))
		rc = rk_git_fail(err, result, "cannot read the new pack");
	if (rc == RK_OK && (result = git_odb_add_backend(odb, backend, 1)) < 0) {
		backend->free(backend);
		rc = rk_git_fail(err, result, "cannot read the new pack");
	}
	for (i = 0; i < pack->n && rc == RK_OK; i++)
		if (!git_odb_exists(odb, &pack->object[i].oid))
			rc = rk_err_set(err, RK_EIO, "the new pack lacks %s", git_oid_tostr_s(&pack->object[i].oid));
	git_odb_free(odb);
	rk_strbuf_free(&index);
	return rc;
}

/*
 * Write a pack into dir, a repository's own.  libgit2's indexer gives the index its name first, and a git gc that
 * looks then takes it for one that has lost its pack, and removes it.  So it works in a directory of its own, whose
 * name is one that git prune removes when it was left behind, and the pack comes out of there before the index.
 */
static enum rk_rc
write_beside(const struct rk_pack *pack, const char *dir, git_odb *odb, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	char *temporary;
	enum rk_rc rc = rk_scratch_open(dir, "tmp_ringkit_", &temporary, err);

	if (rc == RK_OK)
		rc = write_into(pack, temporary, odb, &name, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&name, err);
	if (rc == RK_OK)
		rc = check_all(pack, temporary, name.data, err);
	if (rc == RK_OK)
		rc = move(temporary, dir, name.data, ".pack", err);
	if (rc == RK_OK)
		rc = move(temporary, dir, name.data, ".idx", err);
	if (rc == RK_OK)
		rc = keep_names(dir, err);
	rk_scratch_close(temporary);
	rk_strbuf_free(&name);
	return rc;
}

enum rk_rc
rk_pack_write(const struct rk_pack *pack, git_repository *git, struct rk_err *err)
{
	struct rk_strbuf dir = { 0 };
	git_odb *odb = NULL;
	enum rk_rc rc;
	int result;

	rk_strbuf_printf(&dir, "%sobjects/pack", git_repository_commondir(git));
	rc = rk_strbuf_check(&dir, err);
	if (rc == RK_OK && (result = git_repository_odb(&odb, git)) < 0)
		rc = rk_git_fail(err, result, "cannot write a pack");
	if (rc == RK_OK)
		rc = write_beside(pack, dir.data, odb, err);
	if (rc == RK_OK && (result = git_odb_refresh(odb)) < 0)
		rc = rk_git_fail(err, result, "cannot read the new pack");
	git_odb_free(odb);
	rk_strbuf_free(&dir);
	return rc;
}
