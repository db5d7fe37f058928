#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/scratch.h"
#include "base/err.h"
#include "base/strbuf.h"

static void
remove_all(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 && unlinkat(fd, entry->d_name, 0) < 0)
			remove_all(fd, entry->d_name);
	if (dir)
		closedir(dir);
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
