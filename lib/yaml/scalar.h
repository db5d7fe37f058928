#ifndef RK_SCALAR_H
#define RK_SCALAR_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "base/strbuf.h"

/* How a literal or folded scalar lies in a text.  Offsets are bytes from the text's start. */
struct rk_scalar_block {
	char chomp;		/* '-', '+' or 0 */
	unsigned step;		/* the header's indentation indicator, 0 if it has none */
	size_t indent;		/* columns that are no part of the content; 0 when there is none */
	size_t header;		/* behind the header's indicators: where its comment would start */
	size_t body;		/* start of the line behind the header */
	size_t end;		/* behind the last line that the scalar owns, its line break not included */
	bool empty;		/* no line with content */
};

/*
 * Read the block scalar whose "|" or ">" stands at start (YAML 1.2.2, section 8.1).  parent is the column of
 * the collection that holds it, -1 for a document's root.  Trailing blank lines belong to it under "+" only.
 */
void rk_scalar_block_scan(const char *text, size_t len, size_t start, long parent, struct rk_scalar_block *block);

/* Append the content of a block scalar, decoded. */
void rk_scalar_block_decode(const char *text, size_t len, bool folded, const struct rk_scalar_block *block, struct rk_strbuf *out);

/* Where the nth byte of a folded scalar's content lies in the text; SIZE_MAX where it is a break or folded blank. */
size_t rk_scalar_folded_offset(const char *text, size_t len, const struct rk_scalar_block *block, size_t n);

/*
 * Append a plain or quoted scalar's content, decoded; s is what stands between the quotes.
 * RK_EDATA: an escape that YAML does not know, or that is no character (NUL, a lone surrogate).
 */
enum rk_rc rk_scalar_flow_decode(const char *s, size_t len, char quote, bool json, struct rk_strbuf *out, struct rk_err *err);

/* How many bytes of s make the first n bytes of its content; SIZE_MAX when no such place is between characters. */
size_t rk_scalar_flow_offset(const char *s, size_t len, char quote, bool json, size_t n);

/*
 * What a plain scalar is to Go's YAML reader as Argo CD and Helm use it: null, a boolean or a number as a new
 * reference, NULL where it is a string.  *fail is set when memory ran out.
 */
json_t *rk_scalar_resolve(const char *s, size_t len, bool *fail);

/*
 * May s be written without quotes and be the same string to YAML 1.1 and 1.2 readers, as key or value?
 * flow: inside of [] or {}.
 */
bool rk_scalar_plain(const char *s, size_t len, bool flow);

#endif
