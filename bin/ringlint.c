#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "release/lint.h"

enum { CHARTS = 1 };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository: check its manifests against the catalogue" },
	{ 'r', "rev", "REV", "the revision of the manifests (default: HEAD)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ CHARTS, "charts", "DIR", "the charts' directory: check the catalogue against the umbrella chart" },
	{ 0 }
};

static enum rk_rc
found(void *context, const struct rk_lint_finding *finding, struct rk_err *err)
{
	struct rk_io *io = context;
	struct rk_err shown = { 0 };

	rk_err_set(&shown, RK_REFUSED, "%s%s%s: %s", finding->service, finding->tenant ? " " : "",
	    finding->tenant ? finding->tenant : "", finding->reason);
	if (!io->quiet)
		rk_io_tell(io, &shown);
	return rk_record_write(io, rk_lint_record(finding), err);
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringlint", .options = options,
		.about = "Check the catalogue, the charts and the manifests against each other.", .no_input = true };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['r'] = "HEAD" };
	struct rk_catalog *catalog = NULL;
	struct rk_source *charts = NULL, *repo = NULL;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[CHARTS])
		rc = rk_source_open(arg[CHARTS], NULL, &charts, &err);
	if (rc == RK_OK && arg['C'])
		rc = rk_source_open(arg['C'], arg['r'], &repo, &err);
	if (rc == RK_OK && charts)
		rc = rk_lint_charts(catalog, charts, found, &io, &err);
	if (rc == RK_OK && repo)
		rc = rk_lint_manifests(catalog, repo, found, &io, &err);
	rk_source_close(charts);
	rk_source_close(repo);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
