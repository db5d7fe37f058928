#ifndef RK_JSON_STREAM_H
#define RK_JSON_STREAM_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

#define RK_JSON_STREAM_NOTHING "expected JSON, got nothing: the command that should have printed it may have failed"
#define RK_JSON_STREAM_BYTES (4u << 20)	/* the longest JSON value, or entry of an array */

/*
 * JSON as programs print it: values one after the other, and arrays that may be larger than memory.  All functions
 * read io's input; on RK_EDATA io->line is the line of the error.
 */

/* Set *c to the next byte that is not white space, which is not consumed.  RK_END: the input ends.  RK_EIO. */
enum rk_rc rk_json_stream_byte(struct rk_io *io, char *c, struct rk_err *err);

/*
 * Parse the value that starts at the next byte, of *len bytes, which are not consumed.  *json is a new reference on
 * RK_OK, else NULL.
 * RK_EDATA: not JSON, or longer than RK_JSON_STREAM_BYTES.  RK_EIO.
 */
enum rk_rc rk_json_stream_value(struct rk_io *io, json_t **json, size_t *len, struct rk_err *err);

/* Process one value, borrowed.  Any result except RK_OK ends the reading with it. */
typedef enum rk_rc rk_json_stream_found(void *context, json_t *value, struct rk_err *err);

/* Consume the array that starts at the next byte, and call found for each entry.  RK_EDATA: also if it was cut short. */
enum rk_rc rk_json_stream_list(struct rk_io *io, rk_json_stream_found *found, void *context, struct rk_err *err);

/*
 * Consume the input, and call found for each object: one after the other, in arrays, and in arrays of arrays (pages).
 * RK_OK: the input ended; there may have been no object.  RK_EDATA: it has other values, or no JSON at all.
 */
enum rk_rc rk_json_stream_objects(struct rk_io *io, rk_json_stream_found *found, void *context, struct rk_err *err);

#endif
