#ifndef RK_IO_H
#define RK_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct rk_option;
struct rk_option_given;

/*
 * A filter's standard streams.  The caller names the first three members, plain and no_input; the rest is
 * this room's, option's and record's.  Nothing outside io.c touches the streams or knows an exit status.
 */
struct rk_io {
	const char *prog;
	const char *about;			/* one line for --help: what the filter does */
	const struct rk_option *options;	/* ends with { 0 } */

	bool quiet, verbose, unframed;		/* -q, -v, --unframed */
	bool plain;				/* the output is no record stream: records are counted alone */
	bool no_input;				/* standard input is not read */

	struct rk_option_given *given;			/* every option with its value, in the order given */
	size_t n_given;

	struct rk_strbuf in;			/* read from standard input; from in_at on not yet used */
	size_t in_at;
	bool in_end;
	size_t line;				/* of the input, from 1; 0 before the first */
	const char *raw;			/* that line's bytes, valid until the next is read */
	size_t raw_len;
	enum rk_record_kind { RK_RECORD_OTHER, RK_RECORD_FINDING, RK_RECORD_REFUSAL, RK_RECORD_STALE } raw_kind;	/* what it counts as */

	size_t read_records, read_refused;	/* since the last end record that was read */
	bool read_whole;			/* the last line read was an end record */
	size_t told_refused;			/* refusals read in all */

	size_t records, refused, stale;		/* written; stale of the refused */
	size_t findings;			/* written too: they count in the status as refusals do */
	size_t begun;				/* bytes of the next record that are already written */
	struct rk_err done;			/* what has happened whatever fails from now on: "..., but" */

	bool terminal;				/* standard error is one, and progress may be shown there */
	int shown;				/* columns of it that stand there now */
	long due;				/* the time at which more of it may be shown, in milliseconds; 0: not begun */
};

/* Take the standard streams over: a closed one becomes one that fails, so that no file ever takes its place. */
void rk_io_open(struct rk_io *io);

/*
 * Fill io, zeroed, with a named file of at most limit bytes: it reads that in place of standard input, and writes
 * nothing.  Free io->in with rk_strbuf_free().  RK_ENOINPUT, RK_EDATA: too large.  RK_ENOMEM.
 */
enum rk_rc rk_io_named(struct rk_io *io, const char *path, size_t limit, struct rk_err *err);

/* Put the file's name, and the line where one was read, in front of err's message. */
enum rk_rc rk_io_where(const struct rk_io *io, const char *path, enum rk_rc rc, struct rk_err *err);

/*
 * The next line of standard input into io->raw, without its delimiter.  *whole tells whether the delimiter
 * stood there.  RK_END; RK_EDATA: longer than limit bytes; RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_io_line(struct rk_io *io, size_t limit, char delimiter, bool *whole, struct rk_err *err);

/*
 * What of standard input is not yet used, read on until it is more than more_than bytes: *bytes is borrowed,
 * until the next call.  RK_END: no more than that are left (*bytes and *len tell of them).  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_io_ahead(struct rk_io *io, size_t more_than, const char **bytes, size_t *len, struct rk_err *err);

/* Use n of those bytes.  io->line becomes the line on which the next one stands. */
void rk_io_use(struct rk_io *io, size_t n);

/*
 * Append standard input to text until at least want bytes are there, or its end.
 * RK_END: nothing was left to append.
 */
enum rk_rc rk_io_more(struct rk_io *io, struct rk_strbuf *text, size_t want, struct rk_err *err);

enum rk_rc rk_io_write(struct rk_io *io, const void *bytes, size_t len, struct rk_err *err);
enum rk_rc rk_io_flush(struct rk_io *io, struct rk_err *err);

/*
 * One line on standard error: "prog: where: message", with the input's line where one was read.  A line of progress
 * is taken off first, here and wherever else something is written.
 */
void rk_io_tell(struct rk_io *io, const struct rk_err *what);

/* The same as rk_io_tell() for what is no fault: only with --verbose. */
void rk_io_note(struct rk_io *io, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Write text to standard output (rc RK_OK) or standard error, and end the program. */
_Noreturn void rk_io_exit(struct rk_io *io, enum rk_rc rc, const char *text);

/*
 * Flush, tell the error where rc is one, free what io holds.  Returns the exit status: rc's, or 74 when
 * what was written could not reach its place; for RK_OK and RK_END what io's counts of refusals say.
 */
int rk_io_close(struct rk_io *io, enum rk_rc rc, struct rk_err *err);

/*
 * Where standard error is a terminal, and not with --quiet: how far it is, on a line that is written over, and taken
 * off at the end.  done of all, which is 0 where it is not known; a filter that ends soon shows none of it.  done 0
 * is for what cannot be counted and may take long, and is shown at once.  Where standard output is a terminal, too,
 * what is written there ends it.
 *
 *   what   the thing that is counted behind what is done with it: "reading line"; ASCII, short
 */
void rk_io_progress(struct rk_io *io, const char *what, size_t done, size_t all);

#endif
