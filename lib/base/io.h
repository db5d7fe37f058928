#ifndef RK_IO_H
#define RK_IO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"

struct rk_option;
struct rk_option_given;

/*
 * A filter's standard streams, or a named file that is read in place of standard input.  Only io.c touches the
 * streams and knows exit statuses.
 */
struct rk_io {
	/* Set by the caller; the others are zero at first. */
	const char *prog;			/* the filter's name */
	const char *about;			/* one line for --help: what the filter does */
	const struct rk_option *options;	/* ends with { 0 } */
	bool plain;				/* the output is not a record stream: records are counted, not written */
	bool no_input;				/* standard input is not read */

	/* Set by rk_option_parse(). */
	bool quiet, verbose, unframed;		/* -q, -v, --unframed */
	struct rk_option_given *given;		/* every option with its value, in the order given */
	size_t n_given;

	/* The current line of the input, and its number from 1, which goes into messages unless it is 0. */
	size_t line;
	const char *raw;			/* without its delimiter; valid until the next is read */
	size_t raw_len;

	/* Read-only: records written, and refusals read. */
	size_t records, told_refused;

	struct rk_io_state *state;		/* private */
};

/*
 * Take over the standard streams.  A closed one is replaced by one that fails, so that no file that is opened later
 * takes its number.  Exits with 71 when out of memory.  rk_io_close() ends it.
 */
void rk_io_open(struct rk_io *io);

/*
 * Write what is buffered, report the error if rc is one, and free what io holds.  Return the exit status: that of
 * rc; 74 if the output could not be written; for RK_OK and RK_END, 1 if refusals or findings were written, or 75 if all
 * of them are refusals with the code stale.
 */
int rk_io_close(struct rk_io *io, enum rk_rc rc, struct rk_err *err);

/*
 * Read a file of at most limit bytes in place of standard input, chunk by chunk.  The caller zeroes io, except unframed,
 * and calls none of the functions that write.  Close it with rk_io_close_file() whatever the result.
 * RK_ENOINPUT: cannot be read.  RK_EDATA: too large.  The functions that read fail so, too, if only they reach that place.
 */
enum rk_rc rk_io_open_file(struct rk_io *io, const char *path, size_t limit, struct rk_err *err);
void rk_io_close_file(struct rk_io *io);

/* Put the file's name, and the line if one was read, before err's message, and return rc. */
enum rk_rc rk_io_where(const struct rk_io *io, const char *path, enum rk_rc rc, struct rk_err *err);

/*
 * Read the next line into io->raw; *whole is false if the input ends before its delimiter.
 * RK_END: no more lines.  RK_EDATA: longer than limit bytes.  RK_EIO.
 */
enum rk_rc rk_io_line(struct rk_io *io, size_t limit, char delimiter, bool *whole, struct rk_err *err);

/*
 * Read ahead until more than more_than bytes can be consumed.  *bytes becomes these bytes, followed by a NUL and
 * borrowed until the next call, and *len their number.
 * RK_END: the input has no more than more_than left; they are in *bytes.  RK_EIO.
 */
enum rk_rc rk_io_ahead(struct rk_io *io, size_t more_than, const char **bytes, size_t *len, struct rk_err *err);

/*
 * Read all of the input, at most limit bytes; *bytes and *len as above.  RK_EDATA: it is larger; what names it.  RK_EIO.
 */
enum rk_rc rk_io_all(struct rk_io *io, size_t limit, const char *what, const char **bytes, size_t *len, struct rk_err *err);

/* Consume n of the bytes that rk_io_ahead() returned; io->line becomes the line of the next byte. */
void rk_io_use(struct rk_io *io, size_t n);

/* Write to standard output, which is buffered; flush it.  RK_EIO. */
enum rk_rc rk_io_write(struct rk_io *io, const void *bytes, size_t len, struct rk_err *err);
enum rk_rc rk_io_flush(struct rk_io *io, struct rk_err *err);

/* Return whether standard output is a terminal that shows colour, and the user has not set NO_COLOR. */
bool rk_io_colour(void);

/* Write a line to standard error: "prog: message", or "prog: <stdin>:LINE: message" if io->line is set. */
void rk_io_tell(struct rk_io *io, const struct rk_err *what);

/* Write an informational line to standard error, with --verbose only. */
void rk_io_note(struct rk_io *io, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Put "PREFACE: " before the error if one ends the program.  PREFACE says what is done already: "X is done, but". */
void rk_io_preface(struct rk_io *io, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Write text to standard output if rc is RK_OK, else as a message, without its line break, and exit with the status of rc. */
_Noreturn void rk_io_exit(struct rk_io *io, enum rk_rc rc, const char *text);

/*
 * Show how far the work is, if standard error is a terminal and --quiet is not given: on one line, which is written
 * over, at most every 200 ms, first after half a second, and which is removed before anything else is written.
 *
 *   what   a short ASCII phrase before the numbers: "reading line"
 *   done   how much is done; 0: not countable, and the line is written at once, without waiting for these times
 *   all    how much there is; 0: not known
 */
void rk_io_progress(struct rk_io *io, const char *what, size_t done, size_t all);

#endif
