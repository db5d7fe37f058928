#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/strbuf.h"

#define CHUNK 65536
#define FIRST 500	/* milliseconds, until progress is shown */
#define EVERY 200	/* and until it is shown again */
#define COLUMNS 79

void
rk_io_open(struct rk_io *io)
{
	/* each in the direction that makes its use fail with EBADF */
	static const int mode[] = { O_WRONLY, O_RDONLY, O_RDWR };
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode[fd]) != fd)
			_exit(71);
	setvbuf(stdout, NULL, _IOFBF, CHUNK);
	io->terminal = isatty(STDERR_FILENO);
}

/* Progress */

/* A terminal belongs to the job in its foreground; of one that is not ours to ask, nobody says so. */
static bool
in_foreground(void)
{
	const pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

/* By blanks, which every terminal has. */
static void
take_off(struct rk_io *io)
{
	if (io->shown)
		fprintf(stderr, "\r%*s\r", io->shown, "");
	io->shown = 0;
}

/* Before something is written to standard output. */
static void
make_way(struct rk_io *io)
{
	if (io->terminal && isatty(STDOUT_FILENO)) {
		take_off(io);
		io->terminal = false;
	}
}

/* Reading and writing */

static enum rk_rc
fill(struct rk_io *io, struct rk_strbuf *text, struct rk_err *err)
{
	char chunk[CHUNK];
	ssize_t n;

	do
		n = read(STDIN_FILENO, chunk, sizeof chunk);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return rk_err_set(err, RK_EIO, "cannot read standard input: %s", strerror(errno));
	io->in_end = n == 0;
	rk_strbuf_add(text, chunk, (size_t)n);
	return rk_strbuf_check(text, err);
}

static void
drop_used(struct rk_io *io)
{
	if (!io->in_at)
		return;
	memmove(io->in.data, io->in.data + io->in_at, io->in.len - io->in_at);
	io->in.len -= io->in_at;
	io->in_at = 0;
}

enum rk_rc
rk_io_line(struct rk_io *io, size_t limit, char delimiter, bool *whole, struct rk_err *err)
{
	size_t searched = 0, left;
	const char *end = NULL;
	enum rk_rc rc;

	for (;;) {
		left = io->in.len - io->in_at;
		if (left > searched)
			end = memchr(io->in.data + io->in_at + searched, delimiter, left - searched);
		searched = left;
		if (end || io->in_end || left > limit)
			break;
		drop_used(io);
		rc = fill(io, &io->in, err);
		if (rc != RK_OK)
			return rc;
	}
	if (!end && left == 0)
		return RK_END;
	io->line++;
	rk_io_progress(io, "reading line", io->line, 0);
	*whole = end != NULL;
	io->raw = io->in.data + io->in_at;
	io->raw_len = end ? (size_t)(end - io->raw) : left;
	if (io->raw_len > limit)
		return rk_err_set(err, RK_EDATA, "a line of more than %zu bytes", limit);
	io->in_at += io->raw_len + (end ? 1 : 0);
	return RK_OK;
}

enum rk_rc
rk_io_ahead(struct rk_io *io, size_t more_than, const char **bytes, size_t *len, struct rk_err *err)
{
	size_t left = io->in.len - io->in_at;
	enum rk_rc rc = RK_OK;

	while (rc == RK_OK && left <= more_than && !io->in_end) {
		drop_used(io);
		rc = fill(io, &io->in, err);
		left = io->in.len;
	}
	*bytes = rk_strbuf_str(&io->in) + io->in_at;
	*len = left;
	return rc == RK_OK && left <= more_than ? RK_END : rc;
}

void
rk_io_use(struct rk_io *io, size_t n)
{
	const char *at = rk_strbuf_str(&io->in) + io->in_at, *end = at + n;

	io->line += io->line == 0;
	io->in_at += n;
	while (n && (at = memchr(at, '\n', (size_t)(end - at)))) {
		io->line++;
		at++;
	}
}

enum rk_rc
rk_io_more(struct rk_io *io, struct rk_strbuf *text, size_t want, struct rk_err *err)
{
	size_t had = text->len;
	enum rk_rc rc = RK_OK;

	while (rc == RK_OK && !io->in_end && text->len < want)
		rc = fill(io, text, err);
	return rc == RK_OK && text->len == had ? RK_END : rc;
}

enum rk_rc
rk_io_write(struct rk_io *io, const void *bytes, size_t len, struct rk_err *err)
{
	make_way(io);
	errno = 0;
	if (fwrite(bytes, 1, len, stdout) != len)
		return rk_err_set(err, RK_EIO, "cannot write standard output: %s", strerror(errno));
	return RK_OK;
}

enum rk_rc
rk_io_flush(struct rk_io *io, struct rk_err *err)
{
	make_way(io);
	errno = 0;
	if (fflush(stdout) != 0)
		return rk_err_set(err, RK_EIO, "cannot write standard output: %s", strerror(errno));
	return RK_OK;
}

void
rk_io_tell(struct rk_io *io, const struct rk_err *what)
{
	take_off(io);
	if (io->line)
		fprintf(stderr, "%s: <stdin>:%zu: %s\n", io->prog, io->line, what->msg);
	else
		fprintf(stderr, "%s: %s\n", io->prog, what->msg);
}

void
rk_io_note(struct rk_io *io, const char *fmt, ...)
{
	struct rk_err note = { 0 };
	va_list args;

	if (!io->verbose)
		return;
	va_start(args, fmt);
	rk_err_vset(&note, RK_OK, fmt, args);
	va_end(args);
	take_off(io);
	fprintf(stderr, "%s: %s\n", io->prog, note.msg);
}

static int
status(enum rk_rc rc)
{
	switch (rc) {
	case RK_OK:
	case RK_END:
		return 0;
	case RK_REFUSED:
		return 1;
	case RK_EUSAGE:
		return 2;
	case RK_EDATA:
		return 65;
	case RK_ENOINPUT:
		return 66;
	case RK_EBUG:
		return 70;
	case RK_ENOMEM:
		return 71;
	case RK_EIO:
		return 74;
	case RK_ERACE:
		return 75;
	case RK_EPERM:
		return 77;
	case RK_ECONFIG:
		return 78;
	}
	return 70;
}

void
rk_io_exit(struct rk_io *io, enum rk_rc rc, const char *text)
{
	struct rk_err err = { 0 };

	if (rc != RK_OK) {
		fputs(text, stderr);
		exit(status(rc));
	}
	rc = rk_io_write(io, text, strlen(text), &err);
	exit(rk_io_close(io, rc, &err));
}

/* An error that ends the program, with what has happened all the same. */
static void
tell_last(struct rk_io *io, enum rk_rc rc, struct rk_err *err)
{
	if (io->done.msg[0])
		rk_err_prefix(err, rc, "%s", io->done.msg);
	rk_io_tell(io, err);
}

int
rk_io_close(struct rk_io *io, enum rk_rc rc, struct rk_err *err)
{
	struct rk_err late = { 0 };

	take_off(io);
	if ((rc == RK_OK || rc == RK_END) && io->refused + io->findings)
		rc = io->stale == io->refused + io->findings ? RK_ERACE : RK_REFUSED;
	else if (rc != RK_OK && rc != RK_END)
		tell_last(io, rc, err);
	if (fflush(stdout) != 0 || fclose(stdout) != 0) {
		rk_err_set(&late, RK_EIO, "cannot write standard output: %s", strerror(errno));
		if (rc != RK_EIO) {
			io->line = 0;
			tell_last(io, RK_EIO, &late);
		}
		if (status(rc) < 2)
			rc = RK_EIO;
	}
	rk_strbuf_free(&io->in);
	free(io->given);
	io->given = NULL;
	return status(rc);
}

enum rk_rc
rk_io_named(struct rk_io *io, const char *path, size_t limit, struct rk_err *err)
{
	io->in_end = io->plain = true;
	return rk_file_read(path, limit, &io->in, err);
}

enum rk_rc
rk_io_where(const struct rk_io *io, const char *path, enum rk_rc rc, struct rk_err *err)
{
	return io->line ? rk_err_prefix(err, rc, "%s:%zu", path, io->line) : rk_err_prefix(err, rc, "%s", path);
}

void
rk_io_progress(struct rk_io *io, const char *what, size_t done, size_t all)
{
	char line[COLUMNS + 1];
	long now;
	int len;

	if (!io->terminal || io->quiet)
		return;
	now = rk_clock_ms();
	if (!io->due)
		io->due = now + FIRST;
	if ((done && now < io->due) || !in_foreground())
		return;
	io->due = now + EVERY;
	if (all)
		len = snprintf(line, sizeof line, "%s: %s %zu of %zu", io->prog, what, done, all);
	else if (done)
		len = snprintf(line, sizeof line, "%s: %s %zu", io->prog, what, done);
	else
		len = snprintf(line, sizeof line, "%s: %s", io->prog, what);
	len = len > COLUMNS ? COLUMNS : len;
	fprintf(stderr, "\r%s%*s", line, io->shown > len ? io->shown - len : 0, "");
	io->shown = io->shown > len ? io->shown : len;
}
