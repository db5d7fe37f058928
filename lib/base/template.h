#ifndef RK_TEMPLATE_H
#define RK_TEMPLATE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

/* A template is a string with placeholders: {name}, or {name:N} for the first N bytes of its value. */

/*
 * Check a template's placeholders.  allowed is a list of their names, separated by a space; a name that ends in ":"
 * allows a number ("sha:" allows {sha:7}).
 * RK_ECONFIG: an unknown placeholder, or an unbalanced brace.
 */
enum rk_rc rk_template_check(const char *template, const char *allowed, struct rk_err *err);

/* Append template with every placeholder of a name replaced by its value; other placeholders stay. */
void rk_template_fill(struct rk_strbuf *text, const char *template, const char *name, const char *value);

/*
 * Return whether s is what a template, whose only placeholder is {name}, gives for some value.  If so, append that
 * value, of at least one byte, to value.
 */
bool rk_template_match(const char *template, const char *name, const char *s, struct rk_strbuf *value);

#endif
