#ifndef RK_TRAILER_H
#define RK_TRAILER_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/* The trailers of a commit message: "Key: value" lines in its last paragraph (git-interpret-trailers(1)). */

/*
 * Add a trailer to a list, unless the list has it.
 *
 *   trailers  {"<Key>: <value>": null, ...}: grows; the order of its members is the order of the lines
 *
 * RK_EDATA: key is not [A-Za-z0-9][A-Za-z0-9-]*, or value is empty or not one line of printable UTF-8.
 */
enum rk_rc rk_trailer_add(json_t *trailers, const char *key, const char *value, struct rk_err *err);

/*
 * Add a trailer that a user gave as "Key: value" or "Key=value".
 * RK_EUSAGE: it has neither form, or its key is reserved: ringkit sets it from records and trusts it.
 */
enum rk_rc rk_trailer_add_given(json_t *trailers, const char *given, struct rk_err *err);

/* Append a block of trailers to a message: a blank line, then a line for each; nothing if there is none. */
void rk_trailer_write(struct rk_strbuf *message, const json_t *trailers);

/*
 * Read the trailers of a message, in order.  *trailers is a new reference on RK_OK, else NULL:
 * [["<Key>", "<value>"], ...], a value of several lines joined to one, and one that is not UTF-8 escaped as by
 * rk_utf8_escape().
 * They are those that libgit2 finds.  It agrees with "git interpret-trailers --parse" on messages with a subject,
 * except that version 1.5 takes the line after an empty value for that value, and drops a continuation line that
 * starts with a tab.
 */
enum rk_rc rk_trailer_read(const char *message, json_t **trailers, struct rk_err *err);

/* Return whether trailers that were read have one of a key and a value. */
bool rk_trailer_has(const json_t *trailers, const char *key, const char *value);

#endif
