#define _GNU_SOURCE	/* for mkostemp() */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process/spool.h"
#include "base/err.h"
#include "base/strbuf.h"

#define HELD (1u << 20)	/* bytes in memory */
#define NAME "tmp_spool_XXXXXX"	/* git prune removes tmp_*, should the program end between the next two calls */

static enum rk_rc
fail(const struct rk_spool *spool, struct rk_err *err)
{
	return rk_err_set(err, errno == EMFILE || errno == ENFILE ? RK_ENOMEM : RK_EIO, "a temporary file in %s: %s", spool->dir,
	    strerror(errno));
}

static enum rk_rc
make_file(struct rk_spool *spool, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;

	rk_strbuf_printf(&path, "%s/" NAME, spool->dir);
	spool->fd = mkostemp(path.data, O_CLOEXEC);
	if (spool->fd < 0) {
		rc = fail(spool, err);
	} else if (unlink(path.data) < 0) {
		rc = fail(spool, err);
		close(spool->fd);
	}
	spool->has_file = rc == RK_OK;
	rk_strbuf_free(&path);
	return rc;
}

/* Move what is in memory to the file. */
static enum rk_rc
file_held(struct rk_spool *spool, struct rk_err *err)
{
	enum rk_rc rc = spool->has_file ? RK_OK : make_file(spool, err);
	size_t done = 0;
	ssize_t n;

	while (rc == RK_OK && done < spool->held.len) {
		n = pwrite(spool->fd, spool->held.data + done, spool->held.len - done, (off_t)(spool->filed + done));
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			rc = fail(spool, err);
	}
	if (rc != RK_OK)
		return rc;
	spool->filed += done;
	rk_strbuf_clear(&spool->held);
	return RK_OK;
}

enum rk_rc
rk_spool_add(struct rk_spool *spool, const void *bytes, size_t len, uint64_t *at, struct rk_err *err)
{
	*at = spool->filed + spool->held.len;
	rk_strbuf_add(&spool->held, bytes, len);
	return spool->dir && spool->held.len >= HELD ? file_held(spool, err) : RK_OK;
}

enum rk_rc
rk_spool_read(const struct rk_spool *spool, uint64_t at, size_t len, struct rk_strbuf *bytes, struct rk_err *err)
{
	const size_t before = bytes->len;
	size_t done = 0;
	ssize_t n;

	if (at >= spool->filed) {
		rk_strbuf_add(bytes, rk_strbuf_str(&spool->held) + (at - spool->filed), len);
		return RK_OK;
	}
	rk_strbuf_fill(bytes, '\0', len);
	while (done < len) {
		n = pread(spool->fd, bytes->data + before + done, len - done, (off_t)(at + done));
		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return rk_err_set(err, RK_EIO, "a temporary file in %s lost its end", spool->dir);
		else if (errno != EINTR)
			return fail(spool, err);
	}
	return RK_OK;
}

void
rk_spool_free(struct rk_spool *spool)
{
	rk_strbuf_free(&spool->held);
	if (spool->has_file)
		close(spool->fd);
	spool->has_file = false;
	spool->filed = 0;
}
