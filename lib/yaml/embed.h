#ifndef RK_EMBED_H
#define RK_EMBED_H

#include <stdint.h>

#include "base/err.h"
#include "yaml/edit.h"

/*
 * A string in a YAML or JSON text that itself holds YAML, such as the Helm values of an Argo CD Application, while
 * it is edited.  The bytes of the string follow each edit of its content, so that all other lines keep theirs.
 */
struct rk_embed;

/*
 * Open the scalar node of outer, borrowed, of which nothing else may be edited before rk_embed_close().
 * *embed is NULL unless RK_OK.
 * RK_REFUSED: no-such-path (not a string), unreadable, not-yaml (its content is a template, or not YAML).
 */
enum rk_rc rk_embed_open(struct rk_edit *outer, uint32_t node, struct rk_embed **embed, struct rk_err *err);

/* Close it, without saving; embed may be NULL. */
void rk_embed_close(struct rk_embed *embed);

/* Return the content: borrowed, to be edited. */
struct rk_edit *rk_embed_edit(struct rk_embed *embed);

/*
 * Put the content, if it has changed, back into the outer text, in the style that the string has.
 * RK_REFUSED: string-style (the string cannot hold the new content in that style), or as rk_edit_replace().
 */
enum rk_rc rk_embed_save(struct rk_embed *embed, struct rk_err *err);

#endif
