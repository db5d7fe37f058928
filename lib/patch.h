#ifndef RK_PATCH_H
#define RK_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "err.h"
#include "text.h"

struct rk_patch_options {
	long document;	/* which document, from 0; -1: the only one */
	bool strict;	/* an add that would replace a member is refused (stale) */
	json_t *created;	/* borrowed, may be NULL: see rk_patch_edits() */
};

/*
 * A JSON Patch (RFC 6902) applied to a YAML or JSON text, byte-exact: the bytes that the patch does not
 * name stay as they are, and the result, parsed again, is what the patch says.
 *
 *   text   borrowed, a NUL behind its len bytes
 *   patch  borrowed: [{"op":"add","path":"/a/b","value":...}, ...]
 *   out    the whole new text, appended; untouched unless RK_OK
 *
 * RK_EDATA: text or patch is not understood.  RK_REFUSED: it does not apply, or cannot be applied safely;
 * err->code is one of ring-records(5)'s codes of the editor.  RK_EBUG: the result was not what the patch
 * says.  RK_ENOMEM.
 */
enum rk_rc rk_patch_apply(const char *text, size_t len, const struct rk_patch_options *options, const json_t *patch,
    struct rk_text *out, struct rk_err *err);

/*
 * The "edits" of a patch record, in order: [{"at":"","patch":[...]}, ...].  "at" is a JSON Pointer to a
 * string that itself holds YAML, in which the patch is applied; "" is the document itself.
 *
 * options->created: {"<at>": ["<pointer>", ...]}, the members that earlier edits of the same stream added to
 * this text.  It grows by what these edits add.  Under strict, an add of a map over such a member is merged
 * into it: what is missing is added, what is there with the same value is left, any other value is stale.
 */
enum rk_rc rk_patch_edits(const char *text, size_t len, const struct rk_patch_options *options, const json_t *edits,
    struct rk_text *out, struct rk_err *err);

#endif
