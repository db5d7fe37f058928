#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "process/file.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"

#define CHUNK 65536

enum rk_rc
rk_file_read(const char *path, size_t limit, struct rk_strbuf *text, struct rk_err *err)
{
	char chunk[CHUNK];
	enum rk_rc rc = RK_OK;
	size_t had = text->len, n;
	FILE *file = fopen(path, "re");

	if (!file && errno == ENOMEM)
		rk_memory_fail();
	if (!file)
		return rk_err_set(err, RK_ENOINPUT, "cannot read %s: %s", path, strerror(errno));
	while (rc == RK_OK && (n = fread(chunk, 1, sizeof chunk, file)) > 0) {
		rk_strbuf_add(text, chunk, n);
		if (text->len - had > limit)
			rc = rk_err_set(err, RK_EDATA, "%s: larger than %zu bytes", path, limit);
	}
	if (rc == RK_OK && ferror(file))
		rc = rk_err_set(err, RK_ENOINPUT, "cannot read %s: %s", path, strerror(errno));
	fclose(file);
	return rc;
}

DIR *
rk_file_list(const char *path)
{
	DIR *dir = opendir(path);

	if (!dir && errno == ENOMEM)
		rk_memory_fail();
	return dir;
}
