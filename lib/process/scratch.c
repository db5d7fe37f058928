#define _GNU_SOURCE	/* for getdents64() */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/scratch.h"
#include "base/err.h"
#include "base/strbuf.h"

#define LIST_BYTES 4096	/* of names that are read at once */

/* Without opendir(3), which allocates: a program that is aborted because memory is short removes its directories as well. */
static void
remove_all(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	union { struct dirent64 first; char bytes[LIST_BYTES]; } list;
	const struct dirent64 *entry;
	ssize_t n, i;

	while (fd >= 0 && (n = getdents64(fd, &list, sizeof list)) > 0)
		for (i = 0; i < n; i += entry->d_reclen) {
			entry = (const struct dirent64 *)(list.bytes + i);
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			    unlinkat(fd, entry->d_name, 0) < 0)
				remove_all(fd, entry->d_name);
		}
	if (fd >= 0)
		close(fd);
	unlinkat(at, name, AT_REMOVEDIR);
}

void
rk_scratch_remove(const char *dir)
{
	remove_all(AT_FDCWD, dir);
}

static void
remove_in_abort(void *dir, enum rk_rc rc, const char *why)
{
	(void)rc;
	(void)why;
	rk_scratch_remove(dir);
}

enum rk_rc
rk_scratch_open(const char *above, const char *name, struct rk_scratch *scratch, struct rk_err *err)
{
	const char *tmp = getenv("TMPDIR");
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	*scratch = (struct rk_scratch){ .dir = NULL };
	rk_strbuf_printf(&path, "%s/%sXXXXXX", above ? above : tmp && *tmp ? tmp : "/tmp", name);
	if (!mkdtemp(path.data)) {
		rc = rk_err_set(err, errno == EMFILE || errno == ENFILE ? RK_ENOMEM : RK_EIO,
		    "cannot make the temporary directory %s: %s", path.data, strerror(errno));
		rk_strbuf_free(&path);
		return rc;
	}
	scratch->dir = path.data;
	scratch->undo = (struct rk_abort_undo){ .undo = remove_in_abort, .context = scratch->dir };
	rk_abort_undo_begin(&scratch->undo);
	return RK_OK;
}

void
rk_scratch_close(struct rk_scratch *scratch)
{
	if (!scratch->dir)
		return;
	rk_abort_undo_end(&scratch->undo);
	rk_scratch_remove(scratch->dir);
	free(scratch->dir);
	scratch->dir = NULL;
}
