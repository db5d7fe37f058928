#ifndef RK_RECORD_H
#define RK_RECORD_H

#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "base/strbuf.h"

#define RK_RECORD_BYTES (1u << 20)	/* the longest line */

/*
 * Read the next record whose type is one of types (words separated by a space).  Records of other types are passed on
 * byte for byte.  End records are checked against what was read (ring-records(5)) and dropped; if types has "end",
 * each is returned as well.  *record is a new reference on RK_OK, else NULL.
 * RK_END: the stream is complete.  RK_EDATA: a line is not a record, or the stream was cut short.  RK_EIO.
 */
enum rk_rc rk_record_next(struct rk_io *io, const char *types, json_t **record, struct rk_err *err);

/* Pass on the record that rk_record_next() returned last, byte for byte.  RK_EIO. */
enum rk_rc rk_record_pass(struct rk_io *io, struct rk_err *err);

/* Write a record, whose first member must be "type"; the reference is stolen.  RK_EIO. */
enum rk_rc rk_record_write(struct rk_io *io, json_t *record, struct rk_err *err);

/* Append a record's JSON, without a newline, in which GitHub's runner finds no command: "##[" becomes "\u0023#[". */
void rk_record_add_json(struct rk_strbuf *line, const json_t *json);

/*
 * Report a refusal as a record, and on standard error unless --quiet is given.
 *
 *   why      its code and message
 *   member   the member that names what is refused: "tenant" (also named on standard error), "label"; or NULL
 *   value    that member's value, or NULL
 *
 * RK_EIO.
 */
enum rk_rc rk_record_refuse(struct rk_io *io, const struct rk_err *why, const char *member, const char *value,
    struct rk_err *err);

/* The subject of a finding, borrowed; each member may be NULL. */
struct rk_record_about {
	const char *service, *chart, *tenant, *path;
};

/* Append the finding record (ring-records(5)) whose code and reason err has to an array.  Returns RK_OK, as it is dealt with. */
enum rk_rc rk_record_add_finding(json_t *findings, const struct rk_record_about *about, struct rk_err *err);

/* Write a finding, whose reference is stolen, and report it on standard error unless --quiet is given.  RK_EIO. */
enum rk_rc rk_record_finding(struct rk_io *io, json_t *finding, struct rk_err *err);

/*
 * Call this before a change that the next record reports, to check that the output can be written: write the first
 * bytes of that record, and flush the output.  If no record follows, rk_record_done() makes a record of type "failed" of
 * them.  RK_EIO.
 */
enum rk_rc rk_record_prepare(struct rk_io *io, struct rk_err *err);

/*
 * End a filter: write the end record if rc is RK_OK or RK_END, else report the error, and close io.  Return the exit
 * status.  The end record gets members (stolen, or NULL) after its own.
 */
int rk_record_done(struct rk_io *io, enum rk_rc rc, struct rk_err *err);
int rk_record_done_with(struct rk_io *io, enum rk_rc rc, json_t *members, struct rk_err *err);

#endif
