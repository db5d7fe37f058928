#ifndef RK_ACTORS_H
#define RK_ACTORS_H

#include <stddef.h>
#include <jansson.h>

#include "base/err.h"

/* Who has added the labels that a pull request has now, and who is in which team. */
struct rk_actors;

/*
 * Read a file of GitHub's answers, one after the other, as objects, arrays or pages:
 *
 *   issues/N/timeline			https://docs.github.com/en/rest/issues/timeline: the events of the pull request, all of them
 *   {"team":"ORG/TEAM","members":M}	M: https://docs.github.com/en/rest/teams/members ("List team members"), a page or all of
 *					them; null if they cannot be read
 *   {"complete":true,"pull_request":N}	the last one: the answers before it are whole, and of this pull request
 *
 * *actors is freed with rk_actors_free(); NULL after an error.
 * RK_ENOINPUT: cannot be read.  RK_EDATA: something else, the last object is missing, or events of another pull request.
 */
enum rk_rc rk_actors_read(const char *file, struct rk_actors **actors, struct rk_err *err);
void rk_actors_free(struct rk_actors *actors);	/* may be NULL */

/* Return the number of the pull request; 0 if actors is NULL. */
json_int_t rk_actors_pull_request(const struct rk_actors *actors);

/*
 * Return the login of the user who was the last to add a label, in any case of its letters, and which was not removed since:
 * borrowed; NULL if that is not known, or actors is NULL.
 */
const char *rk_actors_find(const struct rk_actors *actors, const char *label, size_t len);

/*
 * Return the teams whose members are known, and whether that user is one of them: {"org/team": true | false, ...}, a new
 * reference; NULL if there are none, or the user is not known.
 */
json_t *rk_actors_teams(const struct rk_actors *actors, const char *label, size_t len);

#endif
