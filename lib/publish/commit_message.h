#ifndef RK_COMMIT_MESSAGE_H
#define RK_COMMIT_MESSAGE_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Append the message of the commit that makes some changes: a subject, a line for each tenant and image, trailers.
 * It depends on the arguments only.
 *
 *   records  borrowed: [record, ...], at least one, in the stream's order; each has passed rk_patch_record_check()
 *   given    borrowed: further trailers, a list of rk_trailer_add()
 */
enum rk_rc rk_commit_message_add(const json_t *records, const json_t *given, struct rk_strbuf *message,
    struct rk_err *err);

/*
 * Add the trailers that say what a proposal releases, from the member "release" of the records: Release-Commit, Labels,
 * Rejected-Proposal.  trailers is a list of rk_trailer_add().
 */
enum rk_rc rk_commit_message_release(const json_t *records, json_t *trailers, struct rk_err *err);

/*
 * Append labels, an array of strings, as the trailer Labels has them: sorted, each once, with a blank between them, and
 * with %XX for blanks, "%" and all bytes that are not printable ASCII.  Equal sets give equal text.
 */
void rk_commit_message_labels(const json_t *labels, struct rk_strbuf *text);

#endif
