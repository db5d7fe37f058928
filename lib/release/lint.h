#ifndef RK_LINT_H
#define RK_LINT_H

#include <jansson.h>

#include "base/err.h"
#include "git/source.h"
#include "gitops/catalog.h"

/*
 * Compare the catalogue with the umbrella chart: each chart must be a dependency (by its alias, if it has one), and the
 * first form of its image must be in that subchart's values.yaml, in the umbrella's charts/NAME or where a "file://"
 * repository says.
 *
 *   charts    borrowed: the charts' repository
 *   findings  a new reference on RK_OK, else NULL: an array of finding records (ring-records(5)) with the codes
 *             unknown-chart, no-values, no-such-path, shadowed, and no-ga-commit if ga-version or ga-tag finds no commit
 *
 * RK_ENOINPUT: the umbrella's Chart.yaml cannot be read.  RK_ECONFIG: no umbrella.path in the catalogue.  RK_EIO.
 */
enum rk_rc rk_lint_charts(const struct rk_catalog *catalog, struct rk_source *charts, json_t **findings,
    struct rk_err *err);

/*
 * Compare the catalogue with the manifests: each pattern must match a file, and no ring's image may be where the
 * catalogue does not look.
 *
 *   source    borrowed: the GitOps repository
 *   findings  as above, by service, with the codes no-manifest, stray-override, shadowed, comment-directive, and bad-yaml for an
 *             invalid manifest that may hold an override
 *
 * RK_ENOINPUT, RK_EIO: as rk_source_read().
 */
enum rk_rc rk_lint_manifests(const struct rk_catalog *catalog, struct rk_source *source, json_t **findings,
    struct rk_err *err);

/*
 * Find cohorts that the catalogue's "allowed", "waves" and "merge" name, and that have no file (no-such-cohort), and tenants of
 * cohorts that are not in one of its GitOps repositories (no-repository, ambiguous): findings, as above.
 * source is that of the cohort files, borrowed.  RK_ECONFIG: no "cohorts" in the catalogue.
 */
enum rk_rc rk_lint_cohorts(const struct rk_catalog *catalog, struct rk_source *source, json_t **findings, struct rk_err *err);

/*
 * Find services of the catalogue whose rings' images cannot be told apart: findings, as above, with the code same-image.
 */
enum rk_rc rk_lint_services(const struct rk_catalog *catalog, json_t **findings, struct rk_err *err);

#endif
