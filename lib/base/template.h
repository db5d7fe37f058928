#ifndef RK_TEMPLATE_H
#define RK_TEMPLATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * A template is text with placeholders in braces.  allowed is a list of their names with a space between;
 * a name ending in ":" may carry a number ("sha:" allows {sha:7}).
 * RK_ECONFIG: an unknown placeholder, a brace without its other.
 */
enum rk_rc rk_template_check(const char *template, const char *allowed, struct rk_err *err);

/* Append template with every {name} replaced by value, {name:N} by its first N bytes; others stay. */
void rk_template_fill(struct rk_strbuf *text, const char *template, const char *name, const char *value);

/*
 * Does s match template, whose only placeholder is {name}, somewhere in it?  Appends the placeholder's value
 * (of at least one byte, the same wherever it stands) to value.
 */
bool rk_template_match(const char *template, const char *name, const char *s, struct rk_strbuf *value);

#endif
