#ifndef RK_VALIDATE_H
#define RK_VALIDATE_H

#include <stddef.h>

#include "base/err.h"

#define RK_NAME_BYTES 128	/* the longest tenant, ring or part of a label */
#define RK_REGEX_BYTES 256	/* the longest regular expression */
#define RK_REGEX_TIMES 255	/* the greatest count of a repetition */
#define RK_REGEX_SIZE 512	/* the most characters and groups, when each repetition is written out */
#define RK_LABEL_BYTES 50	/* GitHub's longest label, in characters; a cohort label is ASCII */

/*
 * Return why s, which may hold any bytes, is invalid as a name of its kind: a static phrase that continues the name
 * ("has a character ..."); NULL if it is valid.
 */
const char *rk_validate_name(const char *s, size_t len);	/* a tenant, a part of a label, a component of a path */
const char *rk_validate_cohort(const char *s, size_t len);	/* a selector in records: "source:key:value" */
const char *rk_validate_ring(const char *s, size_t len);	/* of any pattern: names separated by "/", lower case */
const char *rk_validate_path(const char *s, size_t len);	/* a relative path: names separated by "/" */
const char *rk_validate_tag(const char *s, size_t len);	/* OCI distribution spec: <reference> as a tag */
const char *rk_validate_image(const char *s, size_t len);	/* an image's repository: host[:port]/path, no tag */
const char *rk_validate_login(const char *s, size_t len);	/* GitHub's name of a user, or of an App: NAME[bot] */
const char *rk_validate_actor(const char *s, size_t len);	/* a login, or a team: ORG/TEAM */
const char *rk_validate_oid(const char *s, size_t len);	/* a commit's id: 40 lower-case hexadecimal digits */

/*
 * Return why regcomp(3) and regexec(3) should not be given an extended regular expression, or NULL.  Both take time or memory
 * that is exponential in nested repetitions, of which one group allows two, and in back-references.  Whether the expression is
 * valid otherwise is not looked at.
 */
const char *rk_validate_regex(const char *s);

/*
 * Divide a cohort label, "cohort:SOURCE:KEY:VALUE", into its three parts, NUL-terminated.
 * RK_END: not a cohort label.  RK_REFUSED: an invalid one (malformed-label).
 */
enum rk_rc rk_validate_label(const char *label, size_t len, char part[3][RK_NAME_BYTES + 1], struct rk_err *err);

#endif
