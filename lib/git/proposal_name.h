#ifndef RK_PROPOSAL_NAME_H
#define RK_PROPOSAL_NAME_H

#include <stdbool.h>

#include "base/strbuf.h"

/*
 * The name of the branch of a ring's proposal, by a template with {service} and {ring}.  There is a "/" between the two,
 * which services do not have in their names, so that no two rings have the same branch.
 */
#define RK_PROPOSAL_NAME "release/{service}/{ring}"	/* if the catalogue has none */

/* Return why a string is invalid as such a template: a static phrase that continues it ("has ..."); NULL if it is valid. */
const char *rk_proposal_name_fault(const char *template);

/* Append the name of the branch of a service's ring. */
void rk_proposal_name_add(struct rk_strbuf *name, const char *template, const char *service, const char *ring);

/*
 * Return whether a branch is one of these, of rings by ring_pattern (git/ring_pattern.h).  If so, set service, which need
 * not be in the catalogue, and ring.
 */
bool rk_proposal_name_match(const char *template, const char *ring_pattern, const char *branch, struct rk_strbuf *service,
    struct rk_strbuf *ring);

#endif
