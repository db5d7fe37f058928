#ifndef RK_JSON_PATCH_H
#define RK_JSON_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

struct rk_json_patch_options {
	long document;	/* which document, from 0; -1: the only one */
	bool strict;	/* an add that would replace a member is refused (stale) */
	json_t *created;	/* borrowed, may be NULL: see rk_json_patch_edits() */
};

/*
 * A JSON Patch (RFC 6902) applied to a YAML or JSON text, byte-exact: the bytes that the patch does not
 * name stay as they are, and the result, parsed again, is what the patch says.
 *
 *   text   borrowed, a NUL behind its len bytes
 *   patch  borrowed: [{"op":"add","path":"/a/b","value":...}, ...]
 *   out    the whole new text, appended; untouched unless RK_OK
 *
 * RK_EDATA: text or patch is not understood.  RK_EBUG: the result was not what the patch says.  RK_ENOMEM.
 * RK_REFUSED: it does not apply, or cannot be applied safely; err->code is one of
 *
 *   stale              a test found another value; under strict, an add found a member there
 *   no-such-path       a path, or a string to edit inside of, is not there
 *   no-such-document   there are fewer documents
 *   ambiguous          several documents, and none was named
 *   null-parent        something is to be added to a null
 *   duplicate-key      a key on the way is there twice
 *   through-alias      the way leads through an alias
 *   through-merge-key  the way leads through what a merge key brings
 *   anchor-in-use      an alias stands for what would change or go
 *   tagged             a tag would make the new value something else
 *   unreadable         a value on the way has no JSON form: an undefined alias, a key that is a collection
 *   explicit-key       a "? key" without a value is to get one
 *   single-pair        a map without braces in a list, [a: b], is to gain or lose a member
 *   key-too-long       a key of more than 1,000 bytes
 *   whole-document     a document's root is to be removed
 *   block-scalar       a literal or folded text would take in lines that follow, or lose its final line break
 *   not-yaml           a string to edit inside of is a template, or no YAML
 *   string-style       such a string cannot hold the new text in the style it is written in
 *   too-large          the text would exceed RK_YAML_BYTES or RK_YAML_DEPTH, or so long a text gets many edits
 */
enum rk_rc rk_json_patch_apply(const char *text, size_t len, const struct rk_json_patch_options *options, const json_t *patch,
    struct rk_strbuf *out, struct rk_err *err);

/*
 * The "edits" of a patch record, in order: [{"at":"","patch":[...]}, ...].  "at" is a JSON Pointer to a
 * string that itself holds YAML, in which the patch is applied; "" is the document itself.
 *
 * options->created: {"<at>": ["<pointer>", ...]}, the members that earlier edits of the same stream added to
 * this text.  It grows by what these edits add.  Under strict, an add of a map over such a member is merged
 * into it: what is missing is added, what is there with the same value is left, any other value is stale.
 */
enum rk_rc rk_json_patch_edits(const char *text, size_t len, const struct rk_json_patch_options *options, const json_t *edits,
    struct rk_strbuf *out, struct rk_err *err);

#endif
