#ifndef RK_EMIT_H
#define RK_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/strbuf.h"

/* The hand that new text is to be written in. */
struct rk_emit_style {
	const char *newline;	/* "\n" or "\r\n" */
	size_t step;		/* columns that a map stands behind its key */
	size_t list;		/* columns that a list stands behind its key, may be 0 */
	char quote;		/* the quote of strings that need one */
	char value_quote;	/* the quote of all strings, 0: only where they need one */
	char key_quote;		/* the same for keys */
	bool json;		/* JSON: double quotes everywhere, no other escapes than JSON's */
	bool literal;		/* texts of several lines may become literal blocks */
	bool flat;		/* collections are written in flow style */
	const char *colon;	/* in flow collections: ": " or ":" */
	const char *comma;	/* ", " or "," */
};

/* Append a key, without its colon; flow: inside of {}. */
void rk_emit_key(struct rk_strbuf *out, const char *key, const struct rk_emit_style *style, bool flow);

/*
 * Append a value in flow style.  indent (may be NULL) is the white space of the line it stands on: collections
 * then are spread over lines, each level indented by unit.
 */
void rk_emit_flow(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, const char *indent,
    const char *unit);

/* Append a scalar, {} or [] in block style; the lines of a literal are indented one step further than column. */
void rk_emit_leaf(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column);

/* Append what stands behind "key:" (or "-", if dash) at column, the blank or line break between included. */
void rk_emit_block(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column, bool dash);

/* Append a non-empty object's or array's entries at column, the first one without line break and indentation. */
void rk_emit_entries(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column);

/* Append a string within quotes. */
void rk_emit_quoted(struct rk_strbuf *out, const char *s, size_t len, char quote, bool json);

/* Can the text be a literal block scalar's content, without an indentation indicator and without "+"? */
bool rk_emit_literal_fits(const char *s, size_t len);

/* Would single quotes hold this text on one line? */
bool rk_emit_single_fits(const char *s, size_t len);

#endif
