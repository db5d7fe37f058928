#ifndef RK_JSON_PATCH_H
#define RK_JSON_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/yaml.h"

struct rk_json_patch_options {
	long document;	/* which document, from 0; -1: the only one */
	bool strict;	/* refuse an add that would replace a member (stale) */
	bool values;	/* as Helm reads values: an empty document is an empty map, see rk_json_patch_edits() */
	json_t *created;	/* borrowed, may be NULL: see rk_json_patch_edits() */
};

/*
 * Apply a JSON Patch (RFC 6902) to a YAML or JSON text.  Bytes that the patch does not name stay as they are, and the
 * result, parsed again, is what the patch says.
 *
 *   text   borrowed, len bytes with a NUL after them
 *   patch  borrowed: [{"op":"add","path":"/a/b","value":...}, ...]
 *   out    the whole new text is appended; unchanged unless RK_OK
 *
 * RK_EDATA: text or patch is invalid.
 * RK_REFUSED: the patch does not apply, or cannot be applied safely; err->code is one of
 *
 *   stale              a test fails; if strict, an add would replace a member
 *   no-such-path       a path does not exist, or "at" does not point to a string
 *   no-such-document   there are fewer documents
 *   ambiguous          several documents, and none was chosen
 *   null-parent        the parent of a new value is null
 *   duplicate-key      the path has a duplicate key
 *   through-alias      the path goes through an alias
 *   through-merge-key  the path goes through a member that a merge key sets
 *   anchor-in-use      an alias refers to a value that would change or be removed
 *   tagged             a tag would change the meaning of the new value
 *   unreadable         a value on the path has no JSON form: an undefined alias, a key that is a collection
 *   explicit-key       a key written with "?" has no value
 *   single-pair        a map without braces in a list, [a: b], would gain or lose a member
 *   key-too-long       a key of more than 1,000 bytes
 *   whole-document     the root of a document would be removed
 *   block-scalar       a block scalar would take in lines that follow it, or lose its final line break
 *   not-yaml           the string at "at" is a template, or not YAML
 *   string-style       that string cannot hold its new content in its style
 *   unsafe-edit        the result, read again, would not be what the patch says
 *   too-large          the result would exceed RK_YAML_BYTES or RK_YAML_DEPTH, or there are too many edits for its size
 */
enum rk_rc rk_json_patch_apply(const char *text, size_t len, const struct rk_json_patch_options *options, const json_t *patch,
    struct rk_strbuf *out, struct rk_err *err);

/*
 * Apply the "edits" of a patch record, in order: [{"at":"","patch":[...],"marks":[...]}, ...].  "at" is a JSON Pointer to a
 * string that itself holds YAML, to which the patch is applied; "" is the document itself.  Errors as above.
 *
 * "marks", which may be missing, are {"path":s,"mark":s,"op":s}: see mark.h for the grammar.  Without op, the value at path
 * has the mark after the edit: it is written with the value if an operation writes one, otherwise after the value that is
 * there; a map has the mark of the edit that made it.  With "restore", the replace of path writes the bytes that the mark
 * says were there (those of another ring, with its mark, if the mark has "over"), and the mark goes.  With "remove", only
 * the mark goes.  RK_REFUSED can then also be
 *
 *   no-mark            there is no place for the mark: JSON, flow style, a value of several lines, with an anchor or a tag
 *   bad-mark           the mark in the text is malformed, or what it says was there is not one scalar
 *   stale              another mark; a sum of other bytes; a mark that forgets what the one before it keeps
 *
 * options->created: {"<at>": ["<pointer>", ...]}, the members that earlier edits of the same stream added to this
 * text; those that these edits add are appended.  If strict, an add of a map over such a member is merged into it: a
 * missing member is added, one with the same value is left, any other value is stale.
 *
 * options->values: a member can be added to a document or string without content, though not to null as a value.  The
 * removal of the only member of a map in block style, at the root, leaves the document without content again; it leaves
 * {} if nothing would remain of a string, or in flow style.
 */
enum rk_rc rk_json_patch_edits(const char *text, size_t len, const struct rk_json_patch_options *options, const json_t *edits,
    struct rk_strbuf *out, struct rk_err *err);

/*
 * Check that rk_json_patch_edits() can apply edits to the text that was parsed as yaml, by doing the same.  Fails like it.
 * A mark of edits whose sum is "?" gets the sum of the bytes of its value.  The result is appended to out, which may be NULL.
 */
enum rk_rc rk_json_patch_check(const struct rk_yaml *yaml, const struct rk_json_patch_options *options, json_t *edits,
    struct rk_strbuf *out, struct rk_err *err);

#endif
