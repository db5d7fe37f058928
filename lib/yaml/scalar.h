#ifndef RK_SCALAR_H
#define RK_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/* The parts of a literal or folded scalar.  Offsets are bytes from the start of the text. */
struct rk_scalar_block {
	char chomp;		/* '-', '+' or 0 */
	unsigned step;		/* the indentation indicator of the header, 0 if it has none */
	size_t indent;		/* columns of indentation, which are not content; 0 if no line has content */
	size_t header;		/* after the indicators of the header, where its comment would start */
	size_t body;		/* the start of the line after the header */
	size_t end;		/* after the last line of the scalar, without its line break */
	bool empty;		/* no line has content */
};

/*
 * Find the parts of the block scalar whose "|" or ">" is at start (YAML 1.2.2, section 8.1).  parent is the column of
 * the collection that holds it, -1 for the root of a document.  Trailing blank lines belong to it only with "+".
 */
void rk_scalar_block_scan(const char *text, size_t len, size_t start, long parent, struct rk_scalar_block *block);

/* Append the content of a block scalar, decoded. */
void rk_scalar_block_decode(const char *text, size_t len, bool folded, const struct rk_scalar_block *block, struct rk_strbuf *out);

/* Return the offset of the nth byte of a folded scalar's content; SIZE_MAX if it is a line break or a folded space. */
size_t rk_scalar_folded_offset(const char *text, size_t len, const struct rk_scalar_block *block, size_t n);

/*
 * Append the content of a plain or quoted scalar, decoded.  s is what is between the quotes; quote is 0 if it is plain.
 * RK_EDATA (unreadable): an escape sequence that YAML does not know, or of a NUL or a lone surrogate.
 */
enum rk_rc rk_scalar_flow_decode(const char *s, size_t len, char quote, bool json, struct rk_strbuf *out, struct rk_err *err);

/* Return how many bytes of s make the first n bytes of its content; SIZE_MAX if these end inside a character. */
size_t rk_scalar_flow_offset(const char *s, size_t len, char quote, bool json, size_t n);

/*
 * Return the null, boolean or number, a new reference, that a plain scalar is to Go's YAML reader as Argo CD and Helm
 * use it; NULL if it is a string.
 */
json_t *rk_scalar_resolve(const char *s, size_t len);

/* Return true if a plain scalar is a string to YAML 1.1 and 1.2 readers, and not a number, a date or a word like "on". */
bool rk_scalar_is_string(const char *s, size_t len);

/*
 * Return true if s may be written without quotes, as key or value, and is the same string to YAML 1.1 and 1.2 readers.
 * flow: inside [] or {}.
 */
bool rk_scalar_plain(const char *s, size_t len, bool flow);

#endif
