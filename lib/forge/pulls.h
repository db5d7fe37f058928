#ifndef RK_PULLS_H
#define RK_PULLS_H

#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

/*
 * Read GitHub's pull requests from the input: one, an array, or pages of an array.
 *
 *   gh pr view/list --json ...	https://cli.github.com/manual/gh_pr_list
 *   REST			https://docs.github.com/en/rest/pulls/pulls ("Get a pull request", or a list)
 *
 *   pulls  new reference on RK_OK, else NULL: [{"number": n, "state": "open" | "closed" | "merged", "draft": b,
 *          "fork": b, "head": branch, "commit": its id, "base": branch, "repository": "OWNER/NAME",
 *          "labels": ["<cohort label>", ...], "merge": the commit's id, "updated": time, "author": login}, ...]
 *
 * Each has "head"; other members that the input lacks are missing: a caller requires those that it needs with
 * rk_pulls_require().  Only a merged one has "merge".  Labels are those that start with "cohort:", valid or not.
 * Times are in UTC, as GitHub writes them, and can be compared as strings.
 *
 * RK_EDATA: something else than pull requests, or a member of another type than documented.  RK_EIO.
 */
enum rk_rc rk_pulls_read(struct rk_io *io, json_t **pulls, struct rk_err *err);

/*
 * Append one pull request, GitHub's object, to pulls: a rk_json_stream_found().
 * RK_EDATA: as rk_pulls_read().
 */
enum rk_rc rk_pulls_add(void *pulls, json_t *object, struct rk_err *err);

/*
 * Read the pull requests of a file, and set *branches to a new reference, {"<branch>": true, ...}: the heads of those that
 * are open and not from a fork; else NULL.
 * RK_EDATA: as rk_pulls_read(), or one does not say so; err->msg starts with the file's name.  RK_ENOINPUT, RK_EIO.
 */
enum rk_rc rk_pulls_branches(const char *file, json_t **branches, struct rk_err *err);

/*
 * Read the pull requests of a file, and set *merged to a new reference, an array of those that were merged, each with "head",
 * "commit", "merge" and "fork"; else NULL.  Fails as rk_pulls_branches().
 */
enum rk_rc rk_pulls_merged(const char *file, json_t **merged, struct rk_err *err);

/* Check that a pull request has all members (words separated by a space).  RK_EDATA: err->msg says what to ask for. */
enum rk_rc rk_pulls_require(const json_t *pull, const char *members, struct rk_err *err);

#endif
