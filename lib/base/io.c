#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>

#include "base/io.h"
#include "base/abort.h"
#include "base/err.h"
#include "base/io_internal.h"
#include "base/memory.h"
#include "base/progress_internal.h"
#include "base/strbuf.h"

#define CHUNK 65536
#define LONG_LINE (4u << 20)	/* bytes of output without a line break that are kept together */

/* Whether our job is in the foreground; if the terminal is not our controlling one, assume that we may write. */
static bool
in_foreground(void)
{
	const pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

static void
clear_progress(struct rk_io *io)
{
	char out[RK_PROGRESS_BYTES];

	if (!io->state)
		return;
	rk_progress_clear(&io->state->progress, out);
	fputs(out, stderr);
}

/* Before something is written to standard output: if that is a terminal too, progress ends. */
static void
end_progress(struct rk_io *io)
{
	if (io->state->terminal && isatty(STDOUT_FILENO)) {
		clear_progress(io);
		io->state->terminal = false;
	}
}

void
rk_io_progress(struct rk_io *io, const char *what, size_t done, size_t all)
{
	char out[RK_PROGRESS_BYTES];

	if (!io->state->terminal || io->quiet || !rk_progress_due(&io->state->progress, done == 0) || !in_foreground())
		return;
	rk_progress_show(&io->state->progress, out, io->prog, what, done, all);
	fputs(out, stderr);
}

bool
rk_io_colour(void)
{
	const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && terminal && *terminal && strcmp(terminal, "dumb") != 0 && !(never && *never);
}

/* Read more of the input, after dropping what is consumed. */
static enum rk_rc
fill(struct rk_io *io, struct rk_err *err)
{
	struct rk_io_state *s = io->state;
	const bool file = s->fd != STDIN_FILENO;
	char chunk[CHUNK];
	ssize_t n;

	if (s->in_at) {
		memmove(s->in.data, s->in.data + s->in_at, s->in.len - s->in_at);
		s->in.len -= s->in_at;
		s->in_at = 0;
	}
	do
		n = read(s->fd, chunk, sizeof chunk);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return rk_err_set(err, file ? RK_ENOINPUT : RK_EIO, "cannot read %s: %s", file ? "the file" : "standard input",
		    strerror(errno));
	if (file && (size_t)n > s->left)
		return rk_err_set(err, RK_EDATA, "the file is larger than the limit of %zu bytes", s->limit);
	s->left -= file ? (size_t)n : 0;
	s->in_end = n == 0;
	rk_strbuf_add(&s->in, chunk, (size_t)n);
	return RK_OK;
}

enum rk_rc
rk_io_line(struct rk_io *io, size_t limit, char delimiter, bool *whole, struct rk_err *err)
{
	struct rk_io_state *s = io->state;
	size_t searched = 0, left;
	const char *end = NULL;
	enum rk_rc rc;

	for (;;) {
		left = s->in.len - s->in_at;
		if (left > searched)
			end = memchr(s->in.data + s->in_at + searched, delimiter, left - searched);
		searched = left;
		if (end || s->in_end || left > limit)
			break;
		rc = fill(io, err);
		if (rc != RK_OK)
			return rc;
	}
	if (!end && left == 0)
		return RK_END;
	io->line++;
	rk_io_progress(io, "reading line", io->line, 0);
	*whole = end != NULL;
	io->raw = s->in.data + s->in_at;
	io->raw_len = end ? (size_t)(end - io->raw) : left;
	if (io->raw_len > limit)
		return rk_err_set(err, RK_EDATA, "the line is longer than %zu bytes", limit);
	s->in_at += io->raw_len + (end ? 1 : 0);
	return RK_OK;
}

enum rk_rc
rk_io_ahead(struct rk_io *io, size_t more_than, const char **bytes, size_t *len, struct rk_err *err)
{
	struct rk_io_state *s = io->state;
	enum rk_rc rc = RK_OK;

	while (rc == RK_OK && s->in.len - s->in_at <= more_than && !s->in_end)
		rc = fill(io, err);
	*bytes = rk_strbuf_str(&s->in) + s->in_at;
	*len = s->in.len - s->in_at;
	return rc == RK_OK && *len <= more_than ? RK_END : rc;
}

enum rk_rc
rk_io_all(struct rk_io *io, size_t limit, const char *what, const char **bytes, size_t *len, struct rk_err *err)
{
	enum rk_rc rc = rk_io_ahead(io, limit, bytes, len, err);

	if (rc == RK_OK)
		return rk_err_set(err, RK_EDATA, "%s is larger than %zu bytes", what, limit);
	return rc == RK_END ? RK_OK : rc;
}

void
rk_io_use(struct rk_io *io, size_t n)
{
	const char *at = rk_strbuf_str(&io->state->in) + io->state->in_at, *end = at + n;

	io->line += io->line == 0;
	io->state->in_at += n;
	while (n && (at = memchr(at, '\n', (size_t)(end - at)))) {
		io->line++;
		at++;
	}
}

/* Write the first n bytes of the buffer.  Only whole lines go out as long as more follow, so that none is cut. */
static enum rk_rc
send(struct rk_io_state *s, size_t n, struct rk_err *err)
{
	size_t sent = 0;
	ssize_t written = 0;
	sigset_t limit, old;

	/* --cpu-limit waits until the lines are whole */
	sigemptyset(&limit);
	sigaddset(&limit, SIGXCPU);
	sigprocmask(SIG_BLOCK, &limit, &old);
	while (sent < n && ((written = write(STDOUT_FILENO, s->out.data + sent, n - sent)) >= 0 || errno == EINTR))
		sent += written > 0 ? (size_t)written : 0;
	if (sent < n)
		rk_err_set(err, RK_EIO, "cannot write standard output: %s", strerror(errno));
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (sent < n) {
		rk_strbuf_clear(&s->out);
		return RK_EIO;
	}
	if (n) {
		memmove(s->out.data, s->out.data + n, s->out.len - n);
		s->out.len -= n;
	}
	return RK_OK;
}

enum rk_rc
rk_io_write(struct rk_io *io, const void *bytes, size_t len, struct rk_err *err)
{
	struct rk_io_state *s = io->state;
	size_t n;

	end_progress(io);
	rk_strbuf_add(&s->out, bytes, len);
	if (s->out.len < CHUNK)
		return RK_OK;
	for (n = s->out.len; n > 0 && s->out.data[n - 1] != '\n'; n--)
		;
	return send(s, n == 0 && s->out.len > LONG_LINE ? s->out.len : n, err);
}

enum rk_rc
rk_io_flush(struct rk_io *io, struct rk_err *err)
{
	end_progress(io);
	return send(io->state, io->state->out.len, err);
}

/* Write a message so that GitHub's runner does not take it for a command, which "##[" anywhere in a line begins. */
static void
put_message(const char *message)
{
	const char *at;

	for (; (at = strstr(message, "##[")); message = at + 3) {
		fwrite(message, 1, (size_t)(at - message), stderr);
		fputs("\\x23#[", stderr);
	}
	fprintf(stderr, "%s\n", message);
}

void
rk_io_tell(struct rk_io *io, const struct rk_err *what)
{
	clear_progress(io);
	fprintf(stderr, "%s: ", io->prog);
	if (io->line)
		fprintf(stderr, "<stdin>:%zu: ", io->line);
	put_message(what->msg);
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
	clear_progress(io);
	fprintf(stderr, "%s: ", io->prog);
	put_message(note.msg);
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
		put_message(text);
		exit(status(rc));
	}
	rc = rk_io_write(io, text, strlen(text), &err);
	exit(rk_io_close(io, rc, &err));
}

void
rk_io_preface(struct rk_io *io, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	rk_err_vset(&io->state->preface, RK_OK, fmt, args);
	va_end(args);
	io->state->prefaced = true;
}

/* Report the error that ends the program. */
static void
tell_last(struct rk_io *io, enum rk_rc rc, struct rk_err *err)
{
	if (io->state && io->state->prefaced)
		rk_err_prefix(err, rc, "%s", io->state->preface.msg);
	rk_io_tell(io, err);
}

/* The last act of an aborted program.  Whole lines that are written already go out; no stream ends with an end record. */
static void
report_abort(void *context, enum rk_rc rc, const char *why)
{
	struct rk_io *io = context;
	struct rk_err err = { 0 };

	errno = 0;
	rk_err_set(&err, rc, "%s", why);
	tell_last(io, rc, &err);
	if (io->state)
		send(io->state, io->state->out.len, &err);
	_exit(status(rc));
}

void
rk_io_open(struct rk_io *io)
{
	static struct rk_abort_undo undo = { .undo = report_abort };
	/* each in the direction that makes its use fail with EBADF */
	static const int mode[] = { O_WRONLY, O_RDONLY, O_RDWR };
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", mode[fd]) != fd)
			_exit(71);
	undo.context = io;
	rk_abort_undo_begin(&undo);
	json_set_alloc_funcs(rk_memory_malloc, free);
	io->state = rk_memory_calloc(1, sizeof *io->state);
	io->state->terminal = isatty(STDERR_FILENO);
}

int
rk_io_close(struct rk_io *io, enum rk_rc rc, struct rk_err *err)
{
	const size_t bad = io->state->refused + io->state->findings;
	struct rk_err late = { 0 };

	clear_progress(io);
	if (rc == RK_OK || rc == RK_END)
		rc = !bad ? RK_OK : io->state->stale == bad ? RK_ERACE : RK_REFUSED;
	else
		tell_last(io, rc, err);
	if (send(io->state, io->state->out.len, &late) != RK_OK || close(STDOUT_FILENO) != 0) {
		if (!*late.msg)
			rk_err_set(&late, RK_EIO, "cannot write standard output: %s", strerror(errno));
		if (rc != RK_EIO) {
			io->line = 0;
			tell_last(io, RK_EIO, &late);
		}
		if (status(rc) < 2)
			rc = RK_EIO;
	}
	rk_io_close_file(io);
	free(io->given);
	io->given = NULL;
	return status(rc);
}

enum rk_rc
rk_io_open_file(struct rk_io *io, const char *path, size_t limit, struct rk_err *err)
{
	struct stat st;
	enum rk_rc rc;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	io->plain = true;
	if (fd < 0 && errno == ENOMEM)
		rk_memory_fail();
	if (fd < 0)
		return rk_err_set(err, RK_ENOINPUT, "cannot read %s: %s", path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uintmax_t)st.st_size > limit) {
		close(fd);
		return rk_err_set(err, RK_EDATA, "%s: larger than %zu bytes", path, limit);
	}
	io->state = rk_memory_calloc(1, sizeof *io->state);
	io->state->fd = fd;
	io->state->limit = io->state->left = limit;
	rc = fill(io, err);
	return rc == RK_ENOINPUT ? rk_err_set(err, rc, "cannot read %s: %s", path, strerror(errno)) : rc;
}

void
rk_io_close_file(struct rk_io *io)
{
	if (!io->state)
		return;
	if (io->state->fd != STDIN_FILENO)
		close(io->state->fd);
	rk_strbuf_free(&io->state->in);
	rk_strbuf_free(&io->state->out);
	free(io->state);
	io->state = NULL;
}

enum rk_rc
rk_io_where(const struct rk_io *io, const char *path, enum rk_rc rc, struct rk_err *err)
{
	return io->line ? rk_err_prefix(err, rc, "%s:%zu", path, io->line) : rk_err_prefix(err, rc, "%s", path);
}
