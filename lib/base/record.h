#ifndef RK_RECORD_H
#define RK_RECORD_H

#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

#define RK_RECORD_BYTES (1u << 20)	/* the longest line */

/*
 * The next record of standard input whose type is one of types (words with a space between); records of
 * other types are passed on, byte for byte, on the way.  *record is a new reference on RK_OK, else NULL.
 * End records are swallowed and their counts held against what was read (ring-records(5)); one whose type is
 * asked for is given as well, after that.
 * RK_END: the stream is whole and over.  RK_EDATA: a line is no record, or the stream was cut short.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_record_next(struct rk_io *io, const char *types, json_t **record, struct rk_err *err);

/* Pass on the record that rk_record_next() gave last, byte for byte. */
enum rk_rc rk_record_pass(struct rk_io *io, struct rk_err *err);

/*
 * Write a record; the reference is stolen.  "type" must be its first member.
 * RK_ENOMEM, also for a NULL, so that json_pack() can stand in the call.  RK_EIO.
 */
enum rk_rc rk_record_write(struct rk_io *io, json_t *record, struct rk_err *err);

/*
 * Tell of a refusal, as a line on standard error (unless --quiet) and as a record.
 * member names what it concerns ("tenant", "label"); it and value may be NULL.  The line names a tenant.
 */
enum rk_rc rk_record_refuse(struct rk_io *io, const struct rk_err *why, const char *member, const char *value,
    struct rk_err *err);

/*
 * Make sure that the report of a change can be written, before the change is made: flush the output, and
 * with it the first bytes of the record that comes next.  RK_EIO.
 */
enum rk_rc rk_record_prepare(struct rk_io *io, struct rk_err *err);

/*
 * End a filter: write the end record if rc is RK_OK or RK_END, with members (may be NULL, stolen) behind its
 * own; tell the error if it is one.  Returns the exit status.
 */
int rk_record_done(struct rk_io *io, enum rk_rc rc, struct rk_err *err);
int rk_record_done_with(struct rk_io *io, enum rk_rc rc, json_t *members, struct rk_err *err);

#endif
