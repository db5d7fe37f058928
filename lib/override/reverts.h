#ifndef RK_REVERTS_H
#define RK_REVERTS_H

#include "base/err.h"
#include "gitops/catalog.h"

/* The changes of a GitOps revision's history, by tenant. */
struct rk_reverts;

/*
 * Read which manifests of a service each commit has changed, back along the first parents.
 * *reverts on RK_OK is closed with rk_reverts_close(), else NULL.  RK_ENOINPUT, RK_EIO: as rk_git_open().
 */
enum rk_rc rk_reverts_open(const char *dir, const char *rev, const struct rk_service *service, const struct rk_catalog *catalog,
    struct rk_reverts **reverts, struct rk_err *err);
void rk_reverts_close(struct rk_reverts *reverts);	/* may be NULL */

/*
 * Check that no person took the ring's image with this tag from the tenant: a commit that is not ours, after which the tenant
 * has no image of the ring, neither then nor in a later commit.
 *
 * A commit is ours if its change of the manifest is that of a commit whose message says that ringkit clears the ring from the
 * tenant (the trailers Service and Ring, and the line of the tenant): itself, one that it merges, or one that is reachable from
 * refs/pull/N/head, which a squash merge loses.  A manifest that is removed, or that cannot be read, is not a revert.
 *
 * RK_REFUSED: reverted-by-hand; too-shallow.  RK_EIO.
 */
enum rk_rc rk_reverts_check(struct rk_reverts *reverts, const char *ring, const char *tag, const char *tenant, struct rk_err *err);

#endif
