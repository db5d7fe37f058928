#include <stdint.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "git/git_confine.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "release/decide.h"
#include "release/release_record.h"
#include "release/rollout.h"
#include "report/age.h"

enum { HELD = 1, RELEASE, SERVICE, RING, TAG, AS_OF };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the directory or repository with the cohort files (default: .)" },
	{ 'r', "rev", "REV", "read the cohort files from this revision, not from the directory" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ HELD, "held", "FILE", "what the ring's tenants run, from ringls --since and ringlive, of this run" },
	{ RELEASE, "release", "FILE", "the release record of ringcheck" },
	{ SERVICE, "service", "NAME", "the service to release, instead of --release" },
	{ RING, "ring", "NAME", "the ring to release from" },
	{ TAG, "tag", "TAG", "the tag of the ring's image" },
	{ AS_OF, "as-of", "TIME", "judge by this time (default: now)" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	if (!arg[HELD])
		return rk_err_set(err, RK_EUSAGE, "missing --held");
	if (arg[RELEASE] && (arg[SERVICE] || arg[RING] || arg[TAG]))
		return rk_err_set(err, RK_EUSAGE, "--release cannot be combined with --service, --ring and --tag");
	if (!arg[RELEASE] && !(arg[SERVICE] && arg[RING] && arg[TAG]))
		return rk_err_set(err, RK_EUSAGE, "--service, --ring and --tag are required, or --release");
	return RK_OK;
}

/* Read what is released: from the options, or from the release record that they name. */
static enum rk_rc
read_release(struct rk_rollout_options *what, const char *const arg[128], struct rk_release_record *release, struct rk_err *err)
{
	enum rk_rc rc;

	if (!arg[RELEASE]) {
		what->action = RK_SET;
		what->ring = arg[RING];
		what->tag = arg[TAG];
		rc = rk_catalog_check_ring(what->catalog, arg[RING], err);
		return rc == RK_OK ? rk_catalog_service(what->catalog, arg[SERVICE], &what->service, err) : rc;
	}
	rc = rk_release_record_read(release, arg[RELEASE], what->unframed, what->catalog, err);
	what->action = release->action;
	what->service = release->service;
	what->ring = release->ring;
	what->tag = release->action == RK_SET ? release->tag : NULL;
	return rc;
}

/* Pass on the tenants that may get the release, and say of the others what they wait for. */
static enum rk_rc
filter(struct rk_io *io, const struct rk_rollout *rollout, struct rk_err *err)
{
	json_t *record, *waiting;
	enum rk_rc rc;

	while ((rc = rk_record_next(io, "tenant", &record, err)) == RK_OK) {
		rc = rk_rollout_judge(rollout, record, &waiting, err);
		json_decref(record);
		if (rc == RK_OK)
			rc = waiting ? rk_record_write(io, waiting, err) : rk_record_pass(io, err);
		if (rc != RK_OK)
			return rc;
	}
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringwave", .options = options,
		.about = "Let the tenants of a wave wait until those of the waves before have run the release." };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['C'] = "." };
	struct rk_rollout_options what = { 0 };
	struct rk_release_record release = { 0 };
	struct rk_rollout *rollout = NULL;
	struct rk_catalog *catalog = NULL;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	what.held = arg[HELD];
	what.unframed = io.unframed;
	what.now = what.as_of = (int64_t)time(NULL);
	rc = check(arg, &err);
	if (rc == RK_OK && arg[AS_OF])
		rc = rk_age_time("--as-of", arg[AS_OF], &what.as_of, &err);
	if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .repo = { arg['r'] ? arg['C'] : NULL },
		    .file = { rk_catalog_file(arg['c']), arg[HELD], arg[RELEASE], arg['r'] ? NULL : arg['C'] } }, &io, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	what.catalog = catalog;
	if (rc == RK_OK)
		rc = read_release(&what, arg, &release, &err);
	if (rc == RK_OK)
		rc = rk_source_open(arg['C'], arg['r'], &what.source, &err);
	if (rc == RK_OK)
		rc = rk_rollout_open(&what, &rollout, &err);
	if (rc == RK_OK)
		rc = filter(&io, rollout, &err);
	rk_rollout_close(rollout);
	rk_release_record_free(&release);
	rk_source_close(what.source);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
