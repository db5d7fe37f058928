#ifndef RK_JSON_PICK_H
#define RK_JSON_PICK_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

#define RK_JSON_PICK_BYTES (16u << 20)	/* the longest object */
#define RK_JSON_PICK_RAW 5

/*
 * The few members that a reader needs of large objects: the bytes of the others are checked and skipped, and make no values.
 * An array of these ends with { 0 }.
 */
struct rk_json_pick {
	const char *name;
	unsigned raw;		/* from 1 to RK_JSON_PICK_RAW: the bytes of the value are kept with this number; 0: they are not */
	const struct rk_json_pick *members;	/* what is picked of an object, or of each object of an array; NULL: all */
};

/* An object, of which the members were picked. */
struct rk_json_picked;

/* Return it, borrowed.  A member that was not picked, or whose bytes are kept and that has no members, is null in it. */
const json_t *rk_json_pick_object(const struct rk_json_picked *picked);

/*
 * Return the bytes of a value without white space, borrowed, of *len bytes, "" if it is missing.  A NUL does not follow.
 * Two numbers may be of a value and of a part of it.
 */
const char *rk_json_pick_raw(const struct rk_json_picked *picked, unsigned number, size_t *len);

/* Process one object, borrowed.  Any result except RK_OK ends the reading with it. */
typedef enum rk_rc rk_json_pick_found(void *context, const struct rk_json_picked *picked, struct rk_err *err);

/*
 * Consume io's input, and call found for each object: one after the other, in arrays, in arrays of arrays (pages), and in the
 * "items" of an object, as kubectl prints a list.  No more than one object is in memory.
 * RK_OK: the input ended; there may have been no object.  RK_EDATA: it has other values, an object longer than
 * RK_JSON_PICK_BYTES, or is not JSON; but a member that is there twice is found only beside others that are picked.
 * io->line is the line of the error.  RK_EIO.
 */
enum rk_rc rk_json_pick_items(struct rk_io *io, const struct rk_json_pick *picks, rk_json_pick_found *found, void *context,
    struct rk_err *err);

#endif
