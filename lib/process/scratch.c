#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/scratch.h"
#include "base/err.h"
#include "base/strbuf.h"

enum rk_rc
rk_scratch_open(const char *above, const char *name, char **dir, struct rk_err *err)
{
	const char *tmp = getenv("TMPDIR");
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	*dir = NULL;
	rk_strbuf_printf(&path, "%s/%sXXXXXX", above ? above : tmp && *tmp ? tmp : "/tmp", name);
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK && !mkdtemp(path.data))
		rc = rk_err_set(err, errno == ENOMEM || errno == EMFILE || errno == ENFILE ? RK_ENOMEM : RK_EIO,
		    "cannot make the temporary directory %s: %s", path.data, strerror(errno));
	if (rc == RK_OK)
		*dir = path.data;
	else
		rk_strbuf_free(&path);
	return rc;
}

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
rk_scratch_close(char *dir)
{
	if (dir)
		remove_all(AT_FDCWD, dir);
	free(dir);
}
