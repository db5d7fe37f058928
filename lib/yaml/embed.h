#ifndef RK_EMBED_H
#define RK_EMBED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "yaml/edit.h"

/*
 * A string in a YAML or JSON text that itself holds YAML, while that is edited: the string's own bytes follow
 * each edit of its content, so that lines which no edit touches keep theirs.
 */
struct rk_embed {
	struct rk_strbuf raw;	/* the scalar as it is written, the line break behind a block scalar included */
	uint8_t style;
	long parent;		/* column of the collection that holds it, -1 for a root */
	size_t step;		/* how far a block scalar without content would be indented */
	const char *newline;
	bool json, ended;	/* ended: a line break follows a block scalar */
	bool lost;		/* an edit had no counterpart in the bytes */
};

/*
 * Open the scalar node; its content, decoded, is appended to inner.
 * RK_REFUSED (no-such-path): it is no string.  RK_ENOMEM.  Free with rk_embed_free().
 */
enum rk_rc rk_embed_open(struct rk_embed *embed, const struct rk_edit *draft, uint32_t node, struct rk_strbuf *inner,
    struct rk_err *err);
void rk_embed_free(struct rk_embed *embed);

/* Follow an edit of the content: its bytes [from, to) become text.  context is the embed. */
enum rk_rc rk_embed_splice(void *context, size_t from, size_t to, const char *text, size_t len, struct rk_err *err);

/*
 * Put the scalar, whose content is now inner, back into the draft, in the style it has.
 * RK_REFUSED (string-style): it cannot hold the new content in that style.  Else as rk_edit_raw().
 */
enum rk_rc rk_embed_close(struct rk_embed *embed, struct rk_edit *draft, uint32_t node, const char *inner, size_t len,
    struct rk_err *err);

#endif
