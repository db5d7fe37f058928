#ifndef RK_EMIT_H
#define RK_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/strbuf.h"
#include "yaml/marks.h"

/* The style of new YAML or JSON. */
struct rk_emit_style {
	const char *newline;	/* "\n" or "\r\n" */
	size_t step;		/* columns that a map is indented below its key */
	size_t list;		/* columns that a list is indented below its key, may be 0 */
	char quote;		/* the quote of strings that need one */
	char value_quote;	/* the quote of all strings, 0: only of those that need one */
	char key_quote;		/* the same for keys */
	bool json;		/* double quotes everywhere, and only the escape sequences of JSON */
	bool literal;		/* strings of several lines may become literal blocks */
	bool blanks;		/* also those that start with a blank, or end in blank lines if no blank line follows */
	bool flat;		/* collections are written in flow style */
	const char *colon;	/* in flow collections: ": " or ":" */
	const char *comma;	/* ", " or "," */
	struct rk_marks *marks;	/* the marks of values in block style, may be NULL */
};

/* Append a key, without its colon; flow: inside {}. */
void rk_emit_key(struct rk_strbuf *out, const char *key, const struct rk_emit_style *style, bool flow);

/*
 * Append a value in flow style.  If indent, the white space that its line starts with, is not NULL, the entries of
 * collections get lines of their own, each level indented by unit more.
 */
void rk_emit_flow(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, const char *indent,
    const char *unit);

/* Append a scalar, {} or [] in block style, and its mark; the lines of a literal are indented one step further than column. */
void rk_emit_leaf(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column);

/* Append what follows the colon of a key at column (or its "-", if dash), with the blank or line break in between. */
void rk_emit_block(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column, bool dash);

/* Append the entries of a non-empty object or array at column; the first one without line break and indentation. */
void rk_emit_entries(struct rk_strbuf *out, const json_t *value, const struct rk_emit_style *style, size_t column);

/* Append a string in quotes. */
void rk_emit_quoted(struct rk_strbuf *out, const char *s, size_t len, char quote, bool json);

/* Return true if s can be written in single quotes on one line. */
bool rk_emit_single_fits(const char *s, size_t len);

#endif
