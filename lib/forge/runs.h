#ifndef RK_RUNS_H
#define RK_RUNS_H

#include <stdbool.h>
#include <jansson.h>

#include "base/array.h"
#include "base/err.h"
#include "base/io.h"

/*
 * Workflow runs as GitHub gives them: a list, pages of a list, or REST's object around each page.
 *
 *   gh run list --json ...	https://cli.github.com/manual/gh_run_list
 *   REST			https://docs.github.com/en/rest/actions/workflow-runs ("List workflow runs for a repository")
 *
 *   runs  new reference on RK_OK, else NULL: [{"id": n, "attempt": n, "status": s, "conclusion": s, "event": s,
 *         "branch": s, "commit": s, "path": s, "name": s, "repository": "OWNER/NAME"}, ...]
 *   more  REST says that there are more than came
 *
 * id and attempt are missing where the input lacks them, path, name and repository where its source does not
 * have them; what is null is "".  Of the attempts of one run only the latest is there.
 * RK_EDATA: something else than runs; one lacks its status, conclusion, event, branch, commit, or both path and
 * name; two are of one run and lack the attempt.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_runs_read(struct rk_io *io, json_t **runs, bool *more, struct rk_err *err);

/*
 * Is this a run of one of the workflows (ring.yaml's build-workflow)?  By the file's name, where the run has its
 * path and a file is named there, else by the workflow's name.  RK_RUNS_UNKNOWN: neither can be compared.
 */
enum rk_runs_match { RK_RUNS_OTHER, RK_RUNS_MATCH, RK_RUNS_UNKNOWN };
enum rk_runs_match rk_runs_match(const json_t *run, const struct rk_strings *workflows);

#endif
