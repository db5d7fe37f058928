#ifndef RK_LABELS_H
#define RK_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/io.h"

/* Called with one label: len bytes, any of them.  Anything but RK_OK ends the reading with it. */
typedef enum rk_rc rk_labels_found(void *context, const char *label, size_t len, struct rk_err *err);

/*
 * Every label of standard input, in its order, in whichever of labels2json(1)'s shapes it comes.  With nul it
 * is labels with a NUL behind each; else JSON where its first byte that is no blank is one of { [ ", and
 * labels on lines where not.
 *
 *   object       a webhook's payload, gh pr view --json labels, a GraphQL answer, GitLab's merge request event
 *   array        of label objects or strings, or of several such arrays (pages)
 *   string       one label
 *   record       a stream with one release record, {"type":"release",...,"labels":["..."]}; others are passed on
 *
 * Memory is bounded by RK_JSON_STREAM_BYTES of JSON, whatever the number of labels.
 * RK_EDATA: another shape, labels of several pull requests, or a list that was cut short; found may have been
 * called by then.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_labels_read(struct rk_io *io, bool nul, rk_labels_found *found, void *context, struct rk_err *err);

#endif
