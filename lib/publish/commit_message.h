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
 *
 * RK_ENOMEM.
 */
enum rk_rc rk_commit_message_add(const json_t *records, const json_t *given, struct rk_strbuf *message,
    struct rk_err *err);

#endif
