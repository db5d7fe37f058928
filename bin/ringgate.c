#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "git/ancestry.h"
#include "git/git_confine.h"
#include "gitops/catalog.h"
#include "release/chart_values.h"
#include "release/chart_version.h"
#include "release/ga_commit.h"
#include "release/gate.h"

enum { SERVICE = 1, CHARTS, INDEX, MERGED, DROP_VALUES };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the service's repository (default: .)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ SERVICE, "service", "NAME", "decide only for overrides of this service" },
	{ CHARTS, "charts", "DIR", "the umbrella chart's repository, with the tags of its versions" },
	{ INDEX, "index", "FILE", "the published versions: Helm's index.yaml, or one a line (requires --charts)" },
	{ MERGED, "merged", "FILE", "merged pull requests, from gh pr list --json or REST" },
	{ DROP_VALUES, "drop-values", NULL, "do not hold an override because of the values beside its image" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringgate", .options = options,
		.about = "Decide for each override whether it may be cleared." };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['C'] = "." };
	struct rk_gate_options what = { 0 };
	struct rk_chart_version *charts = NULL;
	struct rk_gate *gate = NULL;
	struct rk_catalog *catalog = NULL;
	json_t *record;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	rc = arg[INDEX] && !arg[CHARTS] ? rk_err_set(&err, RK_EUSAGE, "--index requires --charts")
	    : rk_git_confine(&(struct rk_git_confine){ .repo = { arg['C'], arg[CHARTS] },
	    .file = { rk_catalog_file(arg['c']), arg[INDEX], arg[MERGED] } }, &io, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	what.catalog = catalog;
	what.merged = arg[MERGED];
	what.drop_values = arg[DROP_VALUES];
	if (rc == RK_OK && arg[SERVICE])
		rc = rk_catalog_service(catalog, arg[SERVICE], &what.service, &err);
	if (rc == RK_OK)
		rc = rk_ancestry_open(arg['C'], &what.ancestry, &err);
	if (rc == RK_OK && arg[CHARTS])
		rc = rk_chart_version_open(catalog, arg[CHARTS], arg[INDEX], &charts, &err);
	if (rc == RK_OK && charts)
		what.values = rk_chart_values_open(catalog, charts);
	if (rc == RK_OK)
		what.ga = rk_ga_commit_open(catalog, what.ancestry, charts);
	if (rc == RK_OK)
		rc = rk_gate_open(&what, &io, &gate, &err);
	while (rc == RK_OK && (rc = rk_record_next(&io, "override refused", &record, &err)) == RK_OK) {
		rc = rk_json_is(json_object_get(record, "type"), "refused") ? rk_gate_refused(gate, record, &err)
		    : rk_gate_override(gate, record, &err);
		json_decref(record);
	}
	if (rc == RK_END)
		rc = rk_gate_end(gate, &err);
	rk_gate_close(gate);
	rk_ga_commit_close(what.ga);
	rk_chart_values_close(what.values);
	rk_chart_version_close(charts);
	rk_ancestry_close(what.ancestry);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
