#ifndef RK_TRAILER_H
#define RK_TRAILER_H

#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * The trailers of a commit message: "Key: value" lines in its last paragraph, read as
 * git interpret-trailers --parse reads them.
 */

/*
 * Add a trailer to a list of them, unless it is there already.
 *
 *   trailers  {"<Key>: <value>": null, ...}, which grows; its order is the order of the lines
 *
 * RK_EDATA: key is not [A-Za-z0-9-]+, or value is empty or no one line of printable UTF-8.  RK_ENOMEM.
 */
enum rk_rc rk_trailer_add(json_t *trailers, const char *key, const char *value, struct rk_err *err);

/*
 * The same for what a person wrote: "Key: value" or "Key=value".
 * RK_EUSAGE: it is neither, or its key is one of those that ringkit writes itself and believes.
 */
enum rk_rc rk_trailer_add_given(json_t *trailers, const char *given, struct rk_err *err);

/* Append the block of trailers to a message: a blank line, then a line for each. */
void rk_trailer_write(struct rk_strbuf *message, const json_t *trailers);

/*
 * The trailers of a message, in order: *trailers is a new reference on RK_OK, else NULL:
 * [["<Key>", "<value>"], ...], values of several lines as one.  RK_ENOMEM.
 */
enum rk_rc rk_trailer_read(const char *message, json_t **trailers, struct rk_err *err);

#endif
