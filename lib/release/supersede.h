#ifndef RK_SUPERSEDE_H
#define RK_SUPERSEDE_H

#include <jansson.h>

#include "base/err.h"
#include "git/ancestry.h"

/*
 * Find the rings whose tenants a commit may take over, because it contains what they deploy: their deployed commit is an
 * ancestor of it, and another one; or lies in a pull request of that ring whose merge commit is.  In doubt they
 * are left out: if an id is unknown, or several commits have it, or the history ends too early.
 *
 *   others      {"<ring>": ["<a deployed commit's id or its start>", ...], ...}, of the same service
 *   merged      rk_pulls_merged()'s, or NULL
 *   commit      a whole id
 *   supersedes  new reference on RK_OK, else NULL: [{"ring": r, "commit": its whole id}, ...], each once
 *
 * RK_EIO.
 */
enum rk_rc rk_supersede_find(struct rk_ancestry *ancestry, const json_t *others, const json_t *merged, const char *commit,
    json_t **supersedes, struct rk_err *err);

#endif
