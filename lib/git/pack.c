#include <errno.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git/pack.h"
#include "base/array.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/scratch.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack_internal.h"

enum rk_rc
rk_pack_new(struct rk_pack **pack, struct rk_err *err)
{
	*pack = calloc(1, sizeof **pack);
	return *pack ? RK_OK : rk_err_nomem(err);
}

void
rk_pack_free(struct rk_pack *pack)
{
	size_t i;

	if (!pack)
		return;
	for (i = 0; i < pack->ids.n; i++)
		free(pack->object[i].bytes);
	free(pack->object);
	rk_intern_free(&pack->ids);
	free(pack);
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
	struct rk_pack_object object = { .type = type, .len = len, .near = *near };
	uint32_t number;
	enum rk_rc rc;

	if (git_odb_hash(&object.oid, bytes, len, type) < 0)
		return rk_git_fail(err, -1, "an object");
	*oid = object.oid;
	if (rk_intern_find(&pack->ids, oid->id, sizeof oid->id, &number))
		return RK_OK;
	if (!rk_array_grow(&pack->object, pack->ids.n, &pack->size, sizeof *pack->object))
		return rk_err_nomem(err);
	object.bytes = malloc(len ? len : 1);
	if (!object.bytes)
		return rk_err_nomem(err);
	memcpy(object.bytes, bytes, len);
	rc = rk_intern_add_bytes(&pack->ids, oid->id, sizeof oid->id, &number, err);
	if (rc == RK_OK)
		pack->object[number] = object;
	else
		free(object.bytes);
	return rc;
}

const void *
rk_pack_get(const struct rk_pack *pack, const git_oid *oid, size_t *len)
{
	uint32_t number;

	if (!rk_intern_find(&pack->ids, oid->id, sizeof oid->id, &number))
		return NULL;
	*len = pack->object[number].len;
	return pack->object[number].bytes;
}

enum rk_rc
rk_pack_write_into(const struct rk_pack *pack, const char *dir, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = rk_pack_format_write(pack, dir, &name, err);

	rk_strbuf_free(&name);
	return rc;
}

static enum rk_rc
fail(struct rk_err *err)
{
	return rk_err_set(err, errno == EMFILE || errno == ENFILE || errno == ENOMEM ? RK_ENOMEM : RK_EIO,
	    "cannot write a pack: %s", strerror(errno));
}

/* Make sure that the names in a directory are on disk. */
static enum rk_rc
sync_names(const char *dir, struct rk_err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;
	enum rk_rc rc = RK_OK;

	if (fd < 0)
		return fail(err);
	do
		result = fsync(fd);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		rc = fail(err);
	close(fd);
	return rc;
}

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
		rc = fail(err);
	rk_strbuf_free(&old);
	rk_strbuf_free(&new);
	return rc;
}

/* Check that a pack has all objects.  Only this pack is opened: a repository may have hundreds. */
static enum rk_rc
check_written(const struct rk_pack *pack, const char *dir, const char *name, struct rk_err *err)
{
	struct rk_strbuf index = { 0 };
	git_odb_backend *backend;
	git_odb *odb = NULL;
	enum rk_rc rc;
	int result;
	size_t i;

	rk_strbuf_printf(&index, "%s/%s.idx", dir, name);
	rc = rk_strbuf_check(&index, err);
	if (rc == RK_OK && ((result = git_odb_new(&odb)) < 0 || (result = git_odb_backend_one_pack(&backend, index.data)) < 0))
		rc = rk_git_fail(err, result, "cannot read the new pack");
	if (rc == RK_OK && (result = git_odb_add_backend(odb, backend, 1)) < 0) {
		backend->free(backend);
		rc = rk_git_fail(err, result, "cannot read the new pack");
	}
	for (i = 0; i < pack->ids.n && rc == RK_OK; i++)
		if (!git_odb_exists(odb, &pack->object[i].oid))
			rc = rk_err_set(err, RK_EIO, "the new pack lacks %s", git_oid_tostr_s(&pack->object[i].oid));
	git_odb_free(odb);
	rk_strbuf_free(&index);
	return rc;
}

/*
 * libgit2's indexer names the index before the pack, and a git gc at that moment removes it: an index without a pack.
 * So the indexer works in a directory whose name git prune knows as a temporary one, and the pack leaves it first.
 */
static enum rk_rc
write_whole(const struct rk_pack *pack, const char *dir, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	char *temporary;
	enum rk_rc rc = rk_scratch_open(dir, "tmp_ringkit_", &temporary, err);

	if (rc == RK_OK)
		rc = rk_pack_format_write(pack, temporary, &name, err);
	if (rc == RK_OK)
		rc = check_written(pack, temporary, name.data, err);
	if (rc == RK_OK)
		rc = move(temporary, dir, name.data, ".pack", err);
	if (rc == RK_OK)
		rc = move(temporary, dir, name.data, ".idx", err);
	if (rc == RK_OK)
		rc = sync_names(dir, err);
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
	if (rc == RK_OK)
		rc = write_whole(pack, dir.data, err);
	if (rc == RK_OK && ((result = git_repository_odb(&odb, git)) < 0 || (result = git_odb_refresh(odb)) < 0))
		rc = rk_git_fail(err, result, "cannot read the new pack");
	git_odb_free(odb);
	rk_strbuf_free(&dir);
	return rc;
}
