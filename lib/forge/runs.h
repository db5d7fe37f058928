#ifndef RK_RUNS_H
#define RK_RUNS_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "base/memory.h"

/*
 * Read GitHub's workflow runs from the input: an array, pages of an array, or REST's object around each page.
 *
 *   gh run list --json ...	https://cli.github.com/manual/gh_run_list
 *   REST			https://docs.github.com/en/rest/actions/workflow-runs ("List workflow runs for a repository")
 *
 *   runs  new reference on RK_OK, else NULL: [{"id": n, "attempt": n, "status": s, "conclusion": s, "event": s,
 *         "branch": s, "commit": s, "path": s, "name": s, "repository": "OWNER/NAME"}, ...]
 *   more  whether REST has more runs than were read
 *
 * id, attempt and repository may be missing, and one of path and name; null becomes "".  Only the latest attempt of a
 * run is kept.
 * RK_EDATA: something else than runs; a member is missing or of another type; two attempts of a run, but no "attempt".
 * RK_EIO.
 */
enum rk_rc rk_runs_read(struct rk_io *io, json_t **runs, bool *more, struct rk_err *err);

/* Whether a run is of one of some workflows; RK_RUNS_UNKNOWN: it has neither a path nor a name to compare. */
enum rk_runs_match { RK_RUNS_OTHER, RK_RUNS_MATCH, RK_RUNS_UNKNOWN };

/*
 * Compare a run with workflows (ring.yaml's build-workflow): by the file's name if the run has its path and a file is
 * listed, else by the workflow's name.
 */
enum rk_runs_match rk_runs_match(const json_t *run, const struct rk_strings *workflows);

#endif
