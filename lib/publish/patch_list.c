#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "publish/patch_list.h"
#include "base/abort.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "publish/commit_message.h"
#include "publish/patch_record.h"

#define BLOCK (64u << 10)	/* bytes of lines that are compressed together */

/* Lines, compressed. */
struct block {
	unsigned char *bytes;
	size_t deflated, len;
};

struct kept {
	struct rk_patch patch;
	uint32_t block, at, len;	/* of its line; the number of blocks is that of the lines that are not compressed yet */
	uint32_t phrase;
	bool keyed;			/* its key is known */
};

/* The patches of a tenant. */
struct list {
	uint32_t first, last;
};

/* The changes of a path: the first patch, and how many there are. */
struct changes {
	uint32_t first, n;
};

struct rk_patch_list {
	struct kept *patch;
	size_t n, size;
	struct rk_intern tenants, paths, phrases, keys;
	struct list *tenant;
	struct changes *path;
	uint32_t *key;			/* of each key: the first patch that has it */
	size_t tenants_size, paths_size, keys_size;
	json_t *members, *cohorts;	/* of the last patch */
	json_t *shared;			/* all that patches refer to */
	struct rk_strbuf open;		/* the lines that are not compressed yet */
	struct block *block;
	size_t blocks, blocks_size;
	z_stream deflate;
	struct rk_strbuf lines;		/* of one block */
	size_t lines_of;		/* which one */
};

struct rk_patch_list *
rk_patch_list_new(void)
{
	struct rk_patch_list *list = rk_memory_calloc(1, sizeof *list);

	list->shared = json_array();
	list->lines_of = SIZE_MAX;
	if (deflateInit(&list->deflate, Z_BEST_SPEED) != Z_OK)
		rk_memory_fail();
	return list;
}

void
rk_patch_list_free(struct rk_patch_list *list)
{
	if (!list)
		return;
	while (list->blocks > 0)
		free(list->block[--list->blocks].bytes);
	free(list->block);
	free(list->patch);
	free(list->tenant);
	free(list->path);
	free(list->key);
	rk_intern_free(&list->tenants);
	rk_intern_free(&list->paths);
	rk_intern_free(&list->phrases);
	rk_intern_free(&list->keys);
	json_decref(list->shared);
	rk_strbuf_free(&list->open);
	rk_strbuf_free(&list->lines);
	deflateEnd(&list->deflate);
	free(list);
}

/* Lines */

static void
compress_open(struct rk_patch_list *list)
{
	z_stream *z = &list->deflate;
	struct block block = { .len = list->open.len };
	size_t most;

	deflateReset(z);
	most = deflateBound(z, (uLong)block.len);
	block.bytes = rk_memory_malloc(most);
	z->next_in = (unsigned char *)list->open.data;
	z->avail_in = (uInt)block.len;
	z->next_out = block.bytes;
	z->avail_out = (uInt)most;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		rk_abort(RK_EBUG, "bug: the records cannot be compressed");
	block.deflated = most - z->avail_out;
	block.bytes = rk_memory_realloc(block.bytes, block.deflated, 1);
	rk_memory_grow(&list->block, list->blocks, &list->blocks_size, sizeof *list->block);
	list->block[list->blocks++] = block;
	rk_strbuf_clear(&list->open);
}

static void
keep_line(struct rk_patch_list *list, struct kept *kept, const char *raw, size_t len)
{
	if (list->open.len > 0 && list->open.len + len > BLOCK)
		compress_open(list);
	kept->block = (uint32_t)list->blocks;
	kept->at = (uint32_t)list->open.len;
	kept->len = (uint32_t)len;
	rk_strbuf_add(&list->open, raw, len);
}

static const char *
line_of(struct rk_patch_list *list, const struct kept *kept)
{
	const struct block *block = &list->block[kept->block];
	uLongf len;

	if (kept->block == list->blocks)
		return list->open.data + kept->at;
	if (list->lines_of != kept->block) {
		len = (uLongf)block->len;
		rk_strbuf_clear(&list->lines);
		rk_strbuf_fill(&list->lines, '\0', block->len);
		if (uncompress((unsigned char *)list->lines.data, &len, block->bytes, (uLong)block->deflated) != Z_OK)
			rk_abort(RK_EBUG, "bug: the records cannot be read again");
		list->lines_of = kept->block;
	}
	return list->lines.data + kept->at;
}

json_t *
rk_patch_list_read(struct rk_patch_list *list, uint32_t patch)
{
	const struct kept *kept = &list->patch[patch];
	struct rk_err err = { 0 };
	json_t *record;

	if (rk_json_parse(line_of(list, kept), kept->len, &record, &err) != RK_OK)
		rk_abort(RK_EBUG, "bug: a record cannot be read again");
	return record;
}

/* Adding */

static bool
is_member(const char *name)
{
	static const char *const others[] = { "type", "tenant", "path", "document", "element", "blob", "edits", "cohorts" };
	size_t i;

	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(name, others[i]) == 0)
			return false;
	return true;
}

/* Return the members that results and messages need: those of the last patch if they are equal. */
static json_t *
share_members(struct rk_patch_list *list, const json_t *record)
{
	json_t *members, *value;
	const char *name;
	size_t n = 0;

	json_object_foreach((json_t *)record, name, value)
		if (is_member(name) && list->members && json_equal(json_object_get(list->members, name), value))
			n++;
		else if (is_member(name))
			break;
	if (!name && list->members && n == json_object_size(list->members))
		return list->members;
	members = json_copy((json_t *)record);
	json_object_foreach((json_t *)record, name, value)
		if (!is_member(name))
			json_object_del(members, name);
	rk_json_append(list->shared, members);
	return list->members = members;
}

static json_t *
share_cohorts(struct rk_patch_list *list, json_t *cohorts)
{
	if (!cohorts || (list->cohorts && json_equal(list->cohorts, cohorts)))
		return cohorts ? list->cohorts : NULL;
	rk_json_append(list->shared, json_incref(cohorts));
	return list->cohorts = cohorts;
}

/* Find the first patch with the same key.  Only the SHA-256 of a key is kept. */
static uint32_t
find_same(struct rk_patch_list *list, uint32_t patch, const json_t *record)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	struct rk_strbuf key = { 0 };
	uint32_t number, had = (uint32_t)list->keys.n;
	SHA2_CTX sha;

	rk_patch_record_key(record, &key);
	SHA256Init(&sha);
	SHA256Update(&sha, (const uint8_t *)key.data, key.len);
	SHA256Final(digest, &sha);
	rk_strbuf_free(&key);
	number = rk_intern_add_bytes(&list->keys, digest, sizeof digest);
	rk_memory_grow(&list->key, number, &list->keys_size, sizeof *list->key);
	if (number == had)
		list->key[number] = patch;
	list->patch[patch].keyed = true;
	return list->key[number];
}

/* Find the first patch that is the same change: only one of the same path can be. */
static void
add_change(struct rk_patch_list *list, uint32_t patch, const json_t *record)
{
	struct rk_patch *p = &list->patch[patch].patch;
	struct changes *changes = &list->path[p->path];
	json_t *first;

	p->same = patch;
	if (changes->first == RK_PATCH_NONE) {
		changes->first = patch;
	} else {
		if (!list->patch[changes->first].keyed) {
			first = rk_patch_list_read(list, changes->first);
			find_same(list, changes->first, first);
			json_decref(first);
		}
		p->same = find_same(list, patch, record);
	}
	changes->n += p->edits && p->same == patch;
}

static void
add_to_tenant(struct rk_patch_list *list, uint32_t patch, uint32_t tenant, bool new)
{
	struct list *of;

	rk_memory_grow(&list->tenant, tenant, &list->tenants_size, sizeof *list->tenant);
	of = &list->tenant[tenant];
	if (new)
		of->first = patch;
	else
		list->patch[of->last].patch.next = patch;
	of->last = patch;
}

uint32_t
rk_patch_list_add(struct rk_patch_list *list, const json_t *record, size_t line, const char *raw, size_t len)
{
	const uint32_t n = (uint32_t)list->n;
	const size_t tenants = list->tenants.n, paths = list->paths.n;
	struct rk_strbuf phrase = { 0 };
	struct kept *kept;
	struct rk_patch *p;

	rk_memory_grow(&list->patch, n, &list->size, sizeof *list->patch);
	kept = &list->patch[list->n++];
	p = &kept->patch;
	p->line = line;
	p->next = RK_PATCH_NONE;
	p->edits = json_array_size(json_object_get(record, "edits")) > 0;
	p->tenant = rk_intern_add(&list->tenants, rk_json_string(record, "tenant"));
	p->path = rk_intern_add(&list->paths, rk_json_string(record, "path"));
	p->members = share_members(list, record);
	p->cohorts = share_cohorts(list, json_object_get(record, "cohorts"));
	rk_commit_message_phrase(record, &phrase);
	kept->phrase = rk_intern_add(&list->phrases, phrase.data);
	rk_strbuf_free(&phrase);
	keep_line(list, kept, raw, len);
	add_to_tenant(list, n, p->tenant, list->tenants.n > tenants);
	rk_memory_grow(&list->path, p->path, &list->paths_size, sizeof *list->path);
	if (list->paths.n > paths)
		list->path[p->path] = (struct changes){ .first = RK_PATCH_NONE };
	add_change(list, n, record);
	return n;
}

/* Reading */

uint32_t
rk_patch_list_count(const struct rk_patch_list *list)
{
	return (uint32_t)list->n;
}

uint32_t
rk_patch_list_tenants(const struct rk_patch_list *list)
{
	return (uint32_t)list->tenants.n;
}

uint32_t
rk_patch_list_paths(const struct rk_patch_list *list)
{
	return (uint32_t)list->paths.n;
}

const struct rk_patch *
rk_patch_list_at(const struct rk_patch_list *list, uint32_t patch)
{
	return &list->patch[patch].patch;
}

uint32_t
rk_patch_list_first(const struct rk_patch_list *list, uint32_t tenant)
{
	return list->tenant[tenant].first;
}

const char *
rk_patch_list_tenant(const struct rk_patch_list *list, uint32_t tenant)
{
	return rk_intern_get(&list->tenants, tenant);
}

const char *
rk_patch_list_path(const struct rk_patch_list *list, uint32_t path)
{
	return rk_intern_get(&list->paths, path);
}

uint32_t
rk_patch_list_changes(const struct rk_patch_list *list, uint32_t path)
{
	return list->path[path].n;
}

const char *
rk_patch_list_phrase(const struct rk_patch_list *list, uint32_t patch)
{
	return rk_intern_get(&list->phrases, list->patch[patch].phrase);
}
