#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "git/git_confine.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "release/lint.h"

enum { CHARTS = 1, RELEASES, RELEASES_REV };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository: check its manifests against the catalogue" },
	{ 'r', "rev", "REV", "the revision of the manifests (default: HEAD)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ CHARTS, "charts", "DIR", "the charts' directory: check the catalogue against the umbrella chart" },
	{ RELEASES, "releases", "DIR", "the directory with the cohort files: check what the catalogue says of cohorts and tenants" },
	{ RELEASES_REV, "releases-rev", "REV", "with --releases: read them from this revision of a repository" },
	{ 0 }
};

/* Write findings; the reference is stolen. */
static enum rk_rc
write_findings(struct rk_io *io, json_t *findings, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	json_t *finding;
	size_t i;

	json_array_foreach(findings, i, finding) {
		rc = rk_record_finding(io, json_incref(finding), err);
		if (rc != RK_OK)
			break;
	}
	json_decref(findings);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringlint", .options = options,
		.about = "Check the catalogue, the charts and the manifests against each other.", .no_input = true };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['r'] = "HEAD" };
	struct rk_catalog *catalog = NULL;
	struct rk_source *charts = NULL, *source = NULL, *releases = NULL;
	json_t *findings;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	rc = arg[RELEASES_REV] && !arg[RELEASES] ? rk_err_set(&err, RK_EUSAGE, "--releases-rev requires --releases") : RK_OK;
	if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .repo = { arg['C'], arg[RELEASES_REV] ? arg[RELEASES] : NULL },
		    .file = { rk_catalog_file(arg['c']), arg[CHARTS], arg[RELEASES_REV] ? NULL : arg[RELEASES] } }, &io, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[CHARTS])
		rc = rk_source_open(arg[CHARTS], NULL, &charts, &err);
	if (rc == RK_OK && arg['C'])
		rc = rk_source_open(arg['C'], arg['r'], &source, &err);
	if (rc == RK_OK && arg[RELEASES])
		rc = rk_source_open(arg[RELEASES], arg[RELEASES_REV], &releases, &err);
	if (rc == RK_OK && (rc = rk_lint_services(catalog, &findings, &err)) == RK_OK)
		rc = write_findings(&io, findings, &err);
	if (rc == RK_OK && releases && (rc = rk_lint_cohorts(catalog, releases, &findings, &err)) == RK_OK)
		rc = write_findings(&io, findings, &err);
	if (rc == RK_OK && charts && (rc = rk_lint_charts(catalog, charts, &findings, &err)) == RK_OK)
		rc = write_findings(&io, findings, &err);
	if (rc == RK_OK && source && (rc = rk_lint_manifests(catalog, source, &findings, &err)) == RK_OK)
		rc = write_findings(&io, findings, &err);
	rk_source_close(charts);
	rk_source_close(source);
	rk_source_close(releases);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
