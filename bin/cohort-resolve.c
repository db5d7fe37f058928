#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "git/git_confine.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/cohort.h"
#include "gitops/fleet.h"

enum { ANYONE = 1, GITOPS };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the directory or repository with the cohort files (default: .)" },
	{ 'r', "rev", "REV", "read the cohort files from this revision, not from the directory" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ ANYONE, "anyone", NULL, "resolve labels of all users: the catalogue's allowed does not count" },
	{ GITOPS, "gitops", "OWNER/NAME", "only the tenants of this GitOps repository, of those in the catalogue's gitops" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* Write a tenant, unless it is in another repository than the one given, which may be NULL. */
static enum rk_rc
write_tenant(struct rk_io *io, const struct rk_catalog *catalog, const char *repository, json_t *tenant, struct rk_err *err)
{
	const char *name = rk_json_string(tenant, "tenant"), *of;
	enum rk_rc rc = rk_fleet_find(catalog, name, &of, err);

	if (rc == RK_OK && (!repository || of == repository))
		return rk_record_write(io, tenant, err);
	if (rc == RK_REFUSED)
		rc = rk_record_refuse(io, err, "tenant", name, err);
	json_decref(tenant);
	return rc;
}

/* Read all selectors before writing, so that a tenant that two of them name is written once. */
static enum rk_rc
resolve(struct rk_io *io, struct rk_cohort_set *cohorts, const struct rk_catalog *catalog, const char *repository,
    struct rk_err *err)
{
	json_t *selector;
	enum rk_rc rc = RK_OK;
	size_t i;

	while (rc == RK_OK && (rc = rk_record_next(io, "selector", &selector, err)) == RK_OK) {
		rc = rk_cohort_select(cohorts, selector, err);
		if (rc == RK_REFUSED)
			rc = rk_record_refuse(io, err, "label", rk_json_string(selector, "label"), err);
		json_decref(selector);
	}
	if (rc == RK_END && repository)
		rc = rk_record_write(io, rk_fleet_selection(repository, rk_cohort_count(cohorts)), err);
	for (i = 0; i < rk_cohort_count(cohorts) && (rc == RK_END || rc == RK_OK); i++)
		rc = write_tenant(io, catalog, repository, rk_cohort_tenant(cohorts, i), err);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = {
		.prog = "cohort-resolve",
		.about = "Turn selectors into the tenants that they name.",
		.options = options
	};
	const char *arg[128] = { ['C'] = "." };
	struct rk_catalog *catalog = NULL;
	struct rk_cohort_set *cohorts = NULL;
	struct rk_source *repo = NULL;
	const char *repository = NULL;
	struct rk_err err = { 0 };
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);
	rc = rk_git_confine(&(struct rk_git_confine){ .repo = { arg['r'] ? arg['C'] : NULL },
	    .file = { rk_catalog_file(arg['c']), arg['r'] ? NULL : arg['C'] } }, &io, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[GITOPS])
		rc = rk_fleet_repository(catalog, arg[GITOPS], &repository, &err);
	if (rc == RK_OK)
		rc = rk_source_open(arg['C'], arg['r'], &repo, &err);
	if (rc == RK_OK)
		cohorts = rk_cohort_open(catalog, repo);
	if (rc == RK_OK && !arg[ANYONE])
		rk_cohort_check_actors(cohorts);
	if (rc == RK_OK && rk_source_commit(repo)[0])
		rk_io_note(&io, "the cohorts of commit %s", rk_source_commit(repo));
	if (rc == RK_OK)
		rc = resolve(&io, cohorts, catalog, repository, &err);
	rk_cohort_close(cohorts);
	rk_source_close(repo);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
