#ifndef RK_COMMIT_MESSAGE_H
#define RK_COMMIT_MESSAGE_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

#define RK_COMMIT_MESSAGE_VALUES 64	/* characters of the trailer Values */

/*
 * The message of the commit that makes some changes: a subject, a line for each tenant and image and one for each value that
 * the rings bring, trailers.  It depends on the changes and their order only.
 */
struct rk_commit_message;

struct rk_commit_message *rk_commit_message_new(void);	/* of no changes */
void rk_commit_message_free(struct rk_commit_message *message);	/* may be NULL */

/* Append what a record changes: "set IMAGE (was IMAGE)", "clear IMAGE".  record has passed rk_patch_record_check(). */
void rk_commit_message_phrase(const json_t *record, struct rk_strbuf *phrase);

/*
 * Add a change, in the stream's order.
 *
 *   phrase   what rk_commit_message_phrase() says of it
 *   members  borrowed until rk_commit_message_write(): at least those of the record that are not its tenant's: service, ring,
 *            action, image, values, release, requested_by, pull_request; if they and cohorts are those of the change before,
 *            this takes less time
 *   cohorts  borrowed so, too: the record's member, or NULL
 */
void rk_commit_message_take(struct rk_commit_message *message, const char *tenant, const char *phrase, const json_t *members,
    const json_t *cohorts);

/*
 * Append the message; there is at least one change.  given, borrowed, are further trailers, a list of rk_trailer_add().
 * RK_EDATA: a member cannot be a trailer.
 */
enum rk_rc rk_commit_message_write(const struct rk_commit_message *message, const json_t *given, struct rk_strbuf *text,
    struct rk_err *err);

/*
 * Add the trailers that say what a proposal releases, from the member "release" of the records: Release-Commit, Labels,
 * Values, Rejected-Proposal.  trailers is a list of rk_trailer_add().
 */
enum rk_rc rk_commit_message_release(const json_t *records, json_t *trailers, struct rk_err *err);

/*
 * Append labels, an array of strings, as the trailer Labels has them: sorted, each once, with a blank between them, and
 * with %XX for blanks, "%" and all bytes that are not printable ASCII.  Equal sets give equal text.
 */
void rk_commit_message_labels(const json_t *labels, struct rk_strbuf *text);

/*
 * Append the digest of the values that a ring brings, as the trailer Values has it: the SHA-256, in hexadecimal, of their JSON
 * without white space and with sorted members.  Nothing if there are none; values may be NULL.
 */
void rk_commit_message_values(const json_t *values, struct rk_strbuf *text);

/* Return a phrase to append after a string that is not such a digest, "is not ...", or NULL. */
const char *rk_commit_message_values_fault(const char *s, size_t len);

#endif
