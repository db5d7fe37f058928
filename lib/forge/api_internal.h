#ifndef RK_API_INTERNAL_H
#define RK_API_INTERNAL_H

#include <jansson.h>

#include "base/err.h"

/* GitHub's JSON, as gh (--json) and as the REST API print it. */

/* A member: our name for it, gh's, and REST's, in which "head.ref" is the member ref of the object head. */
struct rk_api_member {
	const char *name, *gh, *rest;
};

/* Return a member's value under gh's name, or else under REST's: borrowed; NULL if it is missing. */
json_t *rk_api_get(const json_t *object, const struct rk_api_member *member);

/*
 * Set name in our object into to a string; JSON null is a missing value.
 * RK_EDATA: missing, not a string, or one with a NUL; err->msg is "WHAT: missing ..." or "WHAT: invalid ...", with both
 * names of the member.
 */
enum rk_rc rk_api_put_string(json_t *into, const struct rk_api_member *member, const json_t *value, const char *what,
    struct rk_err *err);

/* Fill err: WHAT lacks a member, or it is not as expected.  Return RK_EDATA. */
enum rk_rc rk_api_missing(const struct rk_api_member *member, const char *what, struct rk_err *err);
enum rk_rc rk_api_invalid(const struct rk_api_member *member, const char *what, const char *expected, struct rk_err *err);

/*
 * Check that an object is not an error that the REST or the GraphQL API answered with.
 * RK_EDATA: it is; err->msg is "expected EXPECTED, got an error: MESSAGE".
 */
enum rk_rc rk_api_check(const json_t *object, const char *expected, struct rk_err *err);

#endif
