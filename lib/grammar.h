#ifndef RK_GRAMMAR_H
#define RK_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "text.h"

#define RK_NAME_BYTES 128	/* the longest tenant, ring or part of a label */
#define RK_LABEL_BYTES 50	/* GitHub's longest label, in characters; a cohort label is ASCII */

/*
 * What is wrong with s as a name of its kind: a phrase that goes on from the name ("has a character ..."),
 * static; NULL when nothing is.  s may hold any bytes.
 */
const char *rk_name_fault(const char *s, size_t len);	/* a tenant, a part of a label, a component of a path */
const char *rk_ring_fault(const char *s, size_t len);	/* "ring-" and what an OCI repository name may hold */
const char *rk_path_fault(const char *s, size_t len);	/* components with "/" between, relative */
const char *rk_tag_fault(const char *s, size_t len);	/* OCI distribution spec: <reference> as a tag */
const char *rk_image_fault(const char *s, size_t len);	/* an image's repository: host[:port]/path, no tag */
const char *rk_oid_fault(const char *s, size_t len);	/* a commit's id: 40 lower-case hexadecimal digits */

/*
 * The parts of a cohort label, "cohort:SOURCE:KEY:VALUE", copied NUL-terminated into part[].
 * RK_END: another label.  RK_REFUSED: a cohort label that is malformed ("malformed-label").
 */
enum rk_rc rk_label_parse(const char *label, size_t len, char part[3][RK_NAME_BYTES + 1], struct rk_err *err);

/*
 * A template is text with placeholders in braces.  allowed is a list of their names with a space between;
 * a name ending in ":" may carry a number ("sha:" allows {sha:7}).
 * RK_ECONFIG: an unknown placeholder, a brace without its other.
 */
enum rk_rc rk_template_check(const char *template, const char *allowed, struct rk_err *err);

/* Append template with every {name} replaced by value, {name:N} by its first N bytes; others stay. */
void rk_template_fill(struct rk_text *text, const char *template, const char *name, const char *value);

/*
 * Does s match template, whose only placeholder is {name}, somewhere in it?  Appends the placeholder's value
 * (of at least one byte, the same wherever it stands) to value.
 */
bool rk_template_match(const char *template, const char *name, const char *s, struct rk_text *value);

#endif
