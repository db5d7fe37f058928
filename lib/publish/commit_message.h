#ifndef RK_COMMIT_MESSAGE_H
#define RK_COMMIT_MESSAGE_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * The message of the commit that makes these changes: a subject, a line for each tenant and image, trailers.
 * It is the same whenever the records and given are the same.
 *
 *   records  borrowed: [record, ...] that rk_patch_record_check() has passed, in the stream's order, at least one
 *   given    borrowed: further trailers, as rk_trailer_add() makes them
 *
 * RK_ENOMEM.
 */
enum rk_rc rk_commit_message(const json_t *records, const json_t *given, struct rk_strbuf *message, struct rk_err *err);

#endif
