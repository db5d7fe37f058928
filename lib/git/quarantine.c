#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "git/quarantine.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/pack.h"
#include "process/file.h"
#include "process/scratch.h"

#define DIRECTORY "ringkit_"
#define KEPT_BY "ringkit\n"	/* what our files PACK.keep contain */
#define OLD_SECONDS 86400	/* after this, what other processes have left is removed */

struct rk_quarantine {
	git_repository *git;
	struct rk_scratch scratch;
	struct rk_strbuf from, to;	/* the directory pack in it, and that of the repository */
	struct rk_strbuf name;	/* of the pack, without suffix */
	struct rk_strbuf keep;	/* the path of our file PACK.keep; empty if there is none */
	bool migrated;
};

static enum rk_rc
fail(struct rk_err *err)
{
	return rk_err_set(err, errno == EMFILE || errno == ENFILE || errno == ENOMEM ? RK_ENOMEM : RK_EIO,
	    "cannot write a pack: %s", strerror(errno));
}

/* What killed processes have left */

static bool
is_old(const char *path, mode_t type)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == type && st.st_mtime + OLD_SECONDS < time(NULL);
}

static void
remove_old_directory(const char *path)
{
	if (is_old(path, S_IFDIR))
		rk_scratch_remove(path);
}

static void
remove_old_keep(const char *path)
{
	char content[sizeof KEPT_BY];
	ssize_t n = -1;
	int fd;

	if (!is_old(path, S_IFREG) || (fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return;
	n = read(fd, content, sizeof content);
	close(fd);
	if (n == sizeof KEPT_BY - 1 && memcmp(content, KEPT_BY, sizeof KEPT_BY - 1) == 0)
		unlink(path);
}

/* Call remove for each entry of a directory whose name starts with a prefix and ends with a suffix. */
static void
each_entry(const char *path, const char *prefix, const char *suffix, void (*remove)(const char *path))
{
	DIR *dir = rk_file_list(path);
	struct rk_strbuf each = { 0 };
	struct dirent *entry;
	size_t len;

	while (dir && (entry = readdir(dir))) {
		len = strlen(entry->d_name);
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 || len < strlen(suffix) ||
		    strcmp(entry->d_name + len - strlen(suffix), suffix) != 0)
			continue;
		rk_strbuf_clear(&each);
		rk_strbuf_printf(&each, "%s/%s", path, entry->d_name);
		remove(each.data);
	}
	if (dir)
		closedir(dir);
	rk_strbuf_free(&each);
}

/* Writing */

/* Check that a pack has all objects.  Only this pack is opened: a repository may have hundreds. */
static enum rk_rc
check_written(const struct rk_quarantine *q, const struct rk_pack *pack, struct rk_err *err)
{
	struct rk_strbuf index = { 0 };
	git_odb_backend *backend;
	git_odb *odb = NULL;
	enum rk_rc rc;
	int result;

	rk_strbuf_printf(&index, "%s/%s.idx", q->from.data, q->name.data);
	if ((result = git_odb_new(&odb)) == 0 && (result = git_odb_backend_one_pack(&backend, index.data)) == 0
	    && (result = git_odb_add_backend(odb, backend, 1)) < 0)
		backend->free(backend);
	rc = result < 0 ? rk_git_fail(err, result, "cannot read the new pack") : rk_pack_check(pack, odb, err);
	git_odb_free(odb);
	rk_strbuf_free(&index);
	return rc;
}

static enum rk_rc
write_objects(struct rk_quarantine *q, const struct rk_pack *pack, const char *objects, struct rk_err *err)
{
	enum rk_rc rc = rk_scratch_open(objects, DIRECTORY, &q->scratch, err);

	if (rc != RK_OK)
		return rc;
	rk_strbuf_printf(&q->to, "%s/pack", objects);
	rk_strbuf_printf(&q->from, "%s/pack", q->scratch.dir);
	rc = mkdir(q->from.data, 0777) < 0 ? fail(err) : rk_pack_write(pack, q->from.data, &q->name, err);
	return rc == RK_OK ? check_written(q, pack, err) : rc;
}

enum rk_rc
rk_quarantine_open(git_repository *git, const struct rk_pack *pack, struct rk_quarantine **quarantine, struct rk_err *err)
{
	struct rk_quarantine *q = rk_memory_calloc(1, sizeof *q);
	struct rk_strbuf objects = { 0 };
	enum rk_rc rc;

	*quarantine = NULL;
	q->git = git;
	rk_strbuf_printf(&objects, "%sobjects", git_repository_commondir(git));
	each_entry(objects.data, DIRECTORY, "", remove_old_directory);
	rc = write_objects(q, pack, objects.data, err);
	if (rc == RK_OK) {
		each_entry(q->to.data, "pack-", ".keep", remove_old_keep);
		*quarantine = q;
	} else {
		rk_quarantine_close(q);
	}
	rk_strbuf_free(&objects);
	return rc;
}

const char *
rk_quarantine_dir(const struct rk_quarantine *q)
{
	return q->scratch.dir;
}

/* Moving in */

/* Make the file with which git gc passes over the pack; one of another process is enough. */
static enum rk_rc
keep(struct rk_quarantine *q, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	int fd;

	rk_strbuf_printf(&q->keep, "%s/%s.keep", q->to.data, q->name.data);
	fd = open(q->keep.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		rk_strbuf_clear(&q->keep);
		return errno == EEXIST ? RK_OK : fail(err);
	}
	if (write(fd, KEPT_BY, sizeof KEPT_BY - 1) < 0)
		rc = fail(err);
	close(fd);
	return rc;
}

static enum rk_rc
move(const struct rk_quarantine *q, const char *suffix, struct rk_err *err)
{
	struct rk_strbuf old = { 0 }, new = { 0 };
	enum rk_rc rc = RK_OK;

	rk_strbuf_printf(&old, "%s/%s%s", q->from.data, q->name.data, suffix);
	rk_strbuf_printf(&new, "%s/%s%s", q->to.data, q->name.data, suffix);
	if (rename(old.data, new.data) < 0)
		rc = fail(err);
	rk_strbuf_free(&old);
	rk_strbuf_free(&new);
	return rc;
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
refresh(git_repository *git, struct rk_err *err)
{
	git_odb *odb = NULL;
	enum rk_rc rc = RK_OK;
	int result = git_repository_odb(&odb, git);

	if (result < 0 || (result = git_odb_refresh(odb)) < 0)
		rc = rk_git_fail(err, result, "cannot read the new pack");
	git_odb_free(odb);
	return rc;
}

enum rk_rc
rk_quarantine_migrate(struct rk_quarantine *q, struct rk_err *err)
{
	enum rk_rc rc;

	if (!q || q->migrated)
		return RK_OK;
	rc = keep(q, err);
	/* an index without its pack would be removed by a git gc at that moment */
	if (rc == RK_OK)
		rc = move(q, ".pack", err);
	if (rc == RK_OK)
		rc = move(q, ".idx", err);
	if (rc == RK_OK)
		rc = sync_names(q->to.data, err);
	if (rc == RK_OK)
		rc = refresh(q->git, err);
	q->migrated = rc == RK_OK;
	return rc;
}

void
rk_quarantine_close(struct rk_quarantine *q)
{
	if (!q)
		return;
	if (q->keep.len)
		unlink(q->keep.data);
	rk_scratch_close(&q->scratch);
	rk_strbuf_free(&q->from);
	rk_strbuf_free(&q->to);
	rk_strbuf_free(&q->name);
	rk_strbuf_free(&q->keep);
	free(q);
}
