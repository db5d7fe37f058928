#ifndef RK_LABELS_H
#define RK_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

/* Process one label of len bytes, which may be any.  Any result except RK_OK ends the reading with it. */
typedef enum rk_rc rk_labels_found(void *context, const char *label, size_t len, struct rk_err *err);

/*
 * Read all labels of the input in their order, in any of the shapes of labels2json(1).  With nul, each label ends with
 * a NUL; else the input is JSON if its first byte after white space is one of { [ ", and a label on each line if not.
 *
 *   object       a webhook's payload, gh pr view --json labels, a GraphQL answer, GitLab's merge request event
 *   array        of label objects or strings, or of several such arrays (pages)
 *   string       one label
 *   record       a stream with one release record, {"type":"release",...,"labels":["..."]}; others are passed on
 *
 * If number is not 0, it is that of the pull request: RK_EDATA if an object or a record has another one.
 *
 * Memory is bounded by RK_JSON_STREAM_BYTES of JSON, however many labels there are.
 * RK_END: all were read.  RK_EDATA: another shape, labels of several pull requests, or a list that was cut short; found
 * may have been called before.  RK_EIO.
 */
enum rk_rc rk_labels_read(struct rk_io *io, bool nul, json_int_t number, rk_labels_found *found, void *context, struct rk_err *err);

#endif
