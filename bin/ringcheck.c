#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "forge/pulls.h"
#include "git/git_confine.h"
#include "gitops/catalog.h"
#include "release/decide.h"
#include "release/decide_sources.h"
#include "report/age.h"
#include "release/ring_commits.h"

enum { SERVICE = 1, RUNS, HELD, PROPOSALS, ME, IGNORE_REJECTION, HELD_AT, HEAD_AT, MERGED, DIGESTS };

static const struct rk_option options[] = {
	{ SERVICE, "service", "NAME", "the service (default: by the pull request's repository)" },
	{ RUNS, "runs", "FILE", "the builds, from gh run list --json, or REST's actions/runs" },
	{ HELD, "held", "FILE", "what the service's rings hold, from ringls --service NAME" },
	{ MERGED, "merged", "FILE", "with --held: merged pull requests, from gh pr list --json or REST" },
	{ DIGESTS, "digests", "FILE", "the images' digests, a commit's id and a digest on each line" },
	{ HELD_AT, "held-at", "TIME", "the committer date of the revision that --held lists" },
	{ HEAD_AT, "head-at", "TIME", "when the repository and the pull request were read, later than --held" },
	{ PROPOSALS, "proposals", "FILE", "the pull requests of the ring's proposals, and who closed them, from REST" },
	{ ME, "me", "LOGIN", "with --proposals: the author of our proposals" },
	{ IGNORE_REJECTION, "ignore-rejection", NULL, "release although the proposal was closed" },
	{ 'C', "repo", "DIR", "the service's repository, to follow merges of ringsync" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ RK_OPTION_LETTER_UNFRAMED, "unframed", NULL, "accept --held without an end record" },
	{ 0 }
};

/* Check that the options can be combined, and are sufficient. */
static enum rk_rc
check_options(const char *const arg[128], struct rk_err *err)
{
	if (!arg[RUNS])
		return rk_err_set(err, RK_EUSAGE, "--runs is required");
	if (!arg[PROPOSALS] != !arg[ME])
		return rk_err_set(err, RK_EUSAGE, "--proposals and --me require each other");
	if (arg[MERGED] && !arg[HELD])
		return rk_err_set(err, RK_EUSAGE, "--merged requires --held");
	if (!arg[HELD_AT] != !arg[HEAD_AT])
		return rk_err_set(err, RK_EUSAGE, "--held-at and --head-at require each other");
	return RK_OK;
}

/* Set *later to whether the ring's head was read after the commit that has the overrides was made. */
static enum rk_rc
compare_times(const char *const arg[128], bool *later, struct rk_err *err)
{
	int64_t held = 0, head = 0;
	enum rk_rc rc = RK_OK;

	if (arg[HELD_AT])
		rc = rk_age_time("--held-at", arg[HELD_AT], &held, err);
	if (rc == RK_OK && arg[HEAD_AT])
		rc = rk_age_time("--head-at", arg[HEAD_AT], &head, err);
	*later = rc == RK_OK && held < head;
	return rc;
}

static enum rk_rc
check(struct rk_io *io, const struct rk_ring_commits_sources *from, const json_t *pulls, struct rk_err *err)
{
	struct rk_decision *decision;
	enum rk_rc rc = rk_decide_open(from->service, pulls, &decision, err);

	if (rc == RK_OK)
		rc = rk_decide_sources(decision, from, err);
	if (rc == RK_OK)
		rc = rk_record_write(io, rk_decide_record(decision), err);
	rk_decide_close(decision);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringcheck", .options = options,
		.about = "Decide what to do with a ring, from its pull request and builds." };
	struct rk_err err = { 0 };
	const char *arg[128] = { 0 };
	struct rk_ring_commits_sources from = { 0 };
	struct rk_catalog *catalog = NULL;
	json_t *pulls = NULL;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	from = (struct rk_ring_commits_sources){ .runs = arg[RUNS], .overrides = arg[HELD], .unframed = io.unframed,
		.dir = arg['C'], .merged = arg[MERGED], .digests = arg[DIGESTS],
		.proposals = arg[IGNORE_REJECTION] ? NULL : arg[PROPOSALS], .me = arg[ME], .ignore_rejection = arg[IGNORE_REJECTION] };
	rc = check_options(arg, &err);
	if (rc == RK_OK)
		rc = compare_times(arg, &from.later, &err);
	if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .repo = { arg['C'] },
		    .file = { rk_catalog_file(arg['c']), arg[RUNS], arg[HELD], arg[PROPOSALS], arg[MERGED], arg[DIGESTS] } }, &io, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[SERVICE])
		rc = rk_catalog_service(catalog, arg[SERVICE], &from.service, &err);
	if (rc == RK_OK)
		rc = rk_pulls_read(&io, &pulls, &err);
	if (rc == RK_OK)
		io.line = 0;	/* later errors concern the whole input */
	if (rc == RK_OK && !arg[SERVICE])
		rc = rk_decide_service(catalog, pulls, &from.service, &err);
	if (rc == RK_OK)
		rc = check(&io, &from, pulls, &err);
	json_decref(pulls);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
