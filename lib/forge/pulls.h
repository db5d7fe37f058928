#ifndef RK_PULLS_H
#define RK_PULLS_H

#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

/*
 * Pull requests as GitHub gives them: one, a list, or pages of a list.
 *
 *   gh pr view/list --json ...	https://cli.github.com/manual/gh_pr_list
 *   REST			https://docs.github.com/en/rest/pulls/pulls (one of "Get a pull request", or a list)
 *
 *   pulls  new reference on RK_OK, else NULL: [{"number": n, "state": "open" | "closed" | "merged", "draft": b,
 *          "fork": b, "head": branch, "commit": its id, "base": branch, "repository": "OWNER/NAME",
 *          "labels": ["<cohort label>", ...], "merge": the commit's id, "updated": time}, ...]
 *
 * A member that the input lacks is missing here too, but for "head"; which of them are needed is for the caller to
 * say, with rk_pulls_require().  "merge" is there for a merged one alone; labels are those that start with "cohort:",
 * well-formed or not.  Times are as GitHub writes them: texts that sort.
 *
 * RK_EDATA: something else than pull requests, or a member of another type than documented.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_pulls_read(struct rk_io *io, json_t **pulls, struct rk_err *err);

/* RK_EDATA: the pull request lacks one of the members (words with a space between); err->msg says what to ask for. */
enum rk_rc rk_pulls_require(const json_t *pull, const char *members, struct rk_err *err);

#endif
