#ifndef RK_JSON_STREAM_H
#define RK_JSON_STREAM_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

#define RK_JSON_STREAM_BYTES (4u << 20)	/* the longest JSON document, or entry of a list, that is read */

/*
 * JSON as a program or an interface prints it: values one behind the other, and arrays that may be longer than
 * memory.  All of it is read from io, and io->line is where it is wrong.
 */

/* The next byte that is no blank, not yet used.  RK_END: there is none.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_json_stream_byte(struct rk_io *io, char *c, struct rk_err *err);

/*
 * The value that starts there, of *len bytes, not yet used: *json is a new reference on RK_OK, else NULL.
 * RK_EDATA: it is not JSON, or longer than RK_JSON_STREAM_BYTES.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_json_stream_value(struct rk_io *io, json_t **json, size_t *len, struct rk_err *err);

/* Called with one value, borrowed.  Anything but RK_OK ends the reading with it. */
typedef enum rk_rc rk_json_stream_found(void *context, json_t *value, struct rk_err *err);

/* Use the array that starts there: found is called with each of its entries.  RK_EDATA: it was cut short. */
enum rk_rc rk_json_stream_list(struct rk_io *io, rk_json_stream_found *found, void *context, struct rk_err *err);

/*
 * All objects of the input: those that stand one behind the other, in arrays, and in arrays of arrays (pages).
 * RK_OK: all were found, of which there may be none.  RK_EDATA: something else is among them, or there is no
 * JSON at all.
 */
enum rk_rc rk_json_stream_objects(struct rk_io *io, rk_json_stream_found *found, void *context, struct rk_err *err);

/* Is the object an error that the interface answered with?  RK_OK: no.  RK_EDATA: err->msg is its message. */
enum rk_rc rk_json_stream_error(const json_t *object, struct rk_err *err);

#endif
