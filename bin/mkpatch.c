#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "base/validate.h"
#include "forge/pulls.h"
#include "git/git_confine.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/policy.h"
#include "gitops/value_rules.h"
#include "gitops/yaml_file.h"
#include "release/chart_values.h"
#include "release/chart_version.h"
#include "release/decide.h"
#include "release/reconcile.h"
#include "release/release_record.h"
#include "report/age.h"

enum { SERVICE = 1, RING, TAG, REMOVE, RECONCILE, MAX_CLEAR, ALLOW_EMPTY, PENDING, RFC6902, RELEASE, PROPOSAL,
    PROPOSALS, OPEN, TO, KEEP_VALUE, VALUES, CHARTS, INDEX, ADOPT, RESPECT_REVERTS, AS_OF };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository (default: .)" },
	{ 'r', "rev", "REV", "the revision of the manifests (default: HEAD)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ SERVICE, "service", "NAME", "the service to release" },
	{ RING, "ring", "NAME", "the ring to release from" },
	{ TAG, "tag", "TAG", "the tag of the ring's image" },
	{ VALUES, "values", "FILE", "with --tag: the values that the ring brings, as in the catalogue's values" },
	{ CHARTS, "charts", "DIR", "the umbrella chart's repository: what charts have by default" },
	{ INDEX, "index", "FILE", "the published versions: Helm's index.yaml, or one a line (requires --charts)" },
	{ RELEASE, "release", "FILE", "do what the release record of ringcheck in FILE says" },
	{ PROPOSAL, "proposal", "REV", "with --release: the ring's open proposal, whose images a kept release keeps" },
	{ REMOVE, "remove", NULL, "clear the tenants or overrides on the input" },
	{ TO, "to", "TAG", "with --remove: the tag that the tenants get, of the image from before the ring" },
	{ KEEP_VALUE, "keep-value", NULL, "with --remove: take only the marks away, the values stay" },
	{ ADOPT, "adopt", NULL, "write the overrides of live objects, as ringls --apps lists them, into the manifests" },
	{ RECONCILE, "reconcile", NULL, "clear all tenants of the ring that are not on the input" },
	{ MAX_CLEAR, "max-clear", "N", "refuse to clear more tenants (default: max-tenants)" },
	{ ALLOW_EMPTY, "allow-empty", NULL, "with --reconcile: let an empty input clear all tenants" },
	{ PENDING, "pending", "REFS", "respect open proposals: a pattern of branches, * matches any string" },
	{ PROPOSALS, "proposals", "REMOTE", "respect open proposals by the catalogue's names, instead of --proposal and --pending" },
	{ RESPECT_REVERTS, "respect-reverts", NULL, "leave out tenants from which a person took this image by a commit" },
	{ AS_OF, "as-of", "TIME", "the time, for the catalogue's freezes and per-day (default: now)" },
	{ OPEN, "open", "FILE", "the open pull requests of proposals, from gh or REST: other branches do not count" },
	{ RFC6902, "rfc6902", NULL, "write the change of one manifest as a JSON Patch (RFC 6902)" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* Check that no option says what is released: the overrides do. */
static enum rk_rc
check_adopt(const char *const arg[128], struct rk_err *err)
{
	static const char others[] = { SERVICE, RING, TAG, VALUES, RELEASE, PROPOSAL, REMOVE, TO, KEEP_VALUE, RECONCILE, MAX_CLEAR,
		ALLOW_EMPTY, PENDING, PROPOSALS, OPEN, RFC6902, RESPECT_REVERTS, AS_OF };
	size_t i;

	for (i = 0; i < sizeof others; i++)
		if (arg[(int)others[i]])
			return rk_err_set(err, RK_EUSAGE, "--adopt can be combined only with --repo, --rev and --catalog");
	return RK_OK;
}

/* Check that the options can be combined, and are sufficient. */
static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	const char *fault;

	if (arg[ADOPT])
		return check_adopt(arg, err);
	if (arg[RELEASE] && (arg[SERVICE] || arg[RING] || arg[TAG] || arg[REMOVE]))
		return rk_err_set(err, RK_EUSAGE, "--release cannot be combined with --service, --ring, --tag and --remove");
	if (arg[PROPOSAL] && !arg[RELEASE])
		return rk_err_set(err, RK_EUSAGE, "--proposal requires --release");
	if (arg[REMOVE] && (arg[TAG] || arg[RECONCILE] || arg[PENDING] || arg[PROPOSALS]))
		return rk_err_set(err, RK_EUSAGE, "--remove cannot be combined with --tag, --reconcile, --pending and --proposals");
	if (arg[PROPOSALS] && (arg[PENDING] || arg[PROPOSAL]))
		return rk_err_set(err, RK_EUSAGE, "--proposals cannot be combined with --proposal and --pending");
	if (arg[OPEN] && !arg[PROPOSALS] && !arg[PENDING] && !arg[PROPOSAL])
		return rk_err_set(err, RK_EUSAGE, "--open requires --proposals, --proposal or --pending");
	if ((arg[MAX_CLEAR] || arg[ALLOW_EMPTY]) && !arg[RECONCILE])
		return rk_err_set(err, RK_EUSAGE, "--max-clear and --allow-empty require --reconcile");
	if (!arg[SERVICE] != !arg[RING])
		return rk_err_set(err, RK_EUSAGE, "--service and --ring require each other");
	if (!arg[REMOVE] && !arg[RELEASE] && !(arg[SERVICE] && arg[TAG]))
		return rk_err_set(err, RK_EUSAGE, "--service, --ring and --tag are required, or --release, or --remove");
	if (arg[RESPECT_REVERTS] && arg[REMOVE])
		return rk_err_set(err, RK_EUSAGE, "--respect-reverts cannot be combined with --remove");
	if (arg[AS_OF] && arg[REMOVE])
		return rk_err_set(err, RK_EUSAGE, "--as-of cannot be combined with --remove");
	if (arg[VALUES] && !arg[TAG])
		return rk_err_set(err, RK_EUSAGE, "--values requires --tag");
	if (arg[INDEX] && !arg[CHARTS])
		return rk_err_set(err, RK_EUSAGE, "--index requires --charts");
	if ((arg[TO] || arg[KEEP_VALUE]) && !arg[REMOVE])
		return rk_err_set(err, RK_EUSAGE, "--to and --keep-value require --remove");
	if (arg[TO] && arg[KEEP_VALUE])
		return rk_err_set(err, RK_EUSAGE, "--to and --keep-value cannot be combined");
	if (arg[TO] && (fault = rk_validate_tag(arg[TO], strlen(arg[TO]))))
		return rk_err_set(err, RK_EUSAGE, "--to: \"%s\" %s", arg[TO], fault);
	if (arg[TAG] && (fault = rk_validate_tag(arg[TAG], strlen(arg[TAG]))))
		return rk_err_set(err, RK_EUSAGE, "--tag: \"%s\" %s", arg[TAG], fault);
	return RK_OK;
}

/* Return the types of the records that are read; others pass. */
static const char *
expected(const char *const arg[128])
{
	if (arg[ADOPT])
		return "override";
	return arg[REMOVE] ? "tenant override" : "tenant waiting selection";
}

static enum rk_rc
take(struct rk_reconcile *reconcile, const char *const arg[128], const json_t *record, struct rk_err *err)
{
	const json_t *type = json_object_get(record, "type");

	if (arg[ADOPT])
		return rk_reconcile_adopt(reconcile, record, err);
	if (rk_json_is(type, "selection"))
		return rk_reconcile_selection(reconcile, record, err);
	if (!arg[REMOVE])
		return rk_json_is(type, "tenant") ? rk_reconcile_set(reconcile, record, err) : rk_reconcile_wait(reconcile, record, err);
	if (rk_json_is(type, "override"))
		return rk_reconcile_override(reconcile, record, err);
	return rk_reconcile_remove(reconcile, record, err);
}

/* Read what is to be released: from the options, or from the release record that they name. */
static enum rk_rc
read_release(struct rk_reconcile_options *what, const char *const arg[128], bool unframed,
    struct rk_release_record *release, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	what->action = RK_SET;
	what->ring = arg[RING];
	what->tag = arg[TAG];
	if (arg[RING])
		rc = rk_catalog_check_ring(what->catalog, arg[RING], err);
	if (rc == RK_OK && arg[SERVICE])
		rc = rk_catalog_service(what->catalog, arg[SERVICE], &what->service, err);
	if (rc != RK_OK || !arg[RELEASE])
		return rc;
	rc = rk_release_record_read(release, arg[RELEASE], unframed, what->catalog, err);
	what->action = release->action;
	what->service = release->service;
	what->ring = release->ring;
	what->tag = release->tag;
	what->retargeted = release->retargeted;
	what->rejected = release->rejected;
	what->release = release->release;
	what->labels = release->labels;
	what->values = release->values;
	what->supersedes = json_object_get(release->record, "supersedes");
	what->digest = rk_json_string(json_object_get(release->record, "image"), "digest");
	what->pull_request = release->pull_request.len ? release->pull_request.data : NULL;
	return rc;
}

/* Read a file of values that the catalogue allows. */
static enum rk_rc
read_values(const struct rk_service *service, const char *path, json_t **values, struct rk_err *err)
{
	struct rk_yaml_file file = { 0 };
	enum rk_rc rc = rk_yaml_file_read(NULL, path, NULL, RK_VALUE_RULES_BYTES, &file, err);

	if (rc == RK_OK)
		rc = rk_value_rules_read(service, &file, values, err);
	rk_yaml_file_free(&file);
	return rc == RK_REFUSED ? rk_err_set(err, err->code == RK_CODE_FOREIGN_VALUES ? RK_EPERM : RK_EDATA, "%s", err->msg) : rc;
}

static enum rk_rc
prepare(struct rk_reconcile_options *what, const char *const arg[128], const json_t *release, json_t **open, struct rk_err *err)
{
	int64_t now = (int64_t)time(NULL);
	enum rk_rc rc = RK_OK;

	what->dir = arg['C'];
	what->rev = arg['r'];
	what->claims = arg[PENDING];
	what->proposal = arg[PROPOSAL];
	what->remote = arg[PROPOSALS];
	what->reconcile = arg[RECONCILE];
	what->allow_empty = arg[ALLOW_EMPTY];
	what->max_clear = what->catalog->max_tenants;
	what->rfc6902 = arg[RFC6902];
	what->respect_reverts = arg[RESPECT_REVERTS];
	what->to = arg[TO];
	what->keep_value = arg[KEEP_VALUE];
	if (arg[MAX_CLEAR])
		rc = rk_option_number("max-clear", arg[MAX_CLEAR], 1000000, &what->max_clear, err);
	if (rc == RK_OK && arg[AS_OF])
		rc = rk_age_time("--as-of", arg[AS_OF], &now, err);
	what->freeze = rk_policy_freeze(what->catalog, now);
	if (rc == RK_OK)
		rc = rk_unattended_open(&(struct rk_unattended_query){ .catalog = what->catalog, .service = what->service, .dir = what->dir,
		    .rev = what->rev, .release = release, .now = now }, &what->unattended, err);
	if (rc == RK_OK && arg[OPEN])
		rc = rk_pulls_branches(arg[OPEN], open, err);
	what->open = *open;
	return rc == RK_OK ? rk_source_open(what->dir, what->rev, &what->source, err) : rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "mkpatch", .options = options,
		.about = "Turn tenants into patches of their manifests." };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['C'] = ".", ['r'] = "HEAD" };
	struct rk_reconcile_options what = { 0 };
	struct rk_release_record release = { 0 };
	struct rk_reconcile *reconcile = NULL;
	struct rk_chart_version *charts = NULL;
	struct rk_catalog *catalog = NULL;
	json_t *record, *open = NULL, *values = NULL;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	io.plain = arg[RFC6902];
	rc = check(arg, &err);
	if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .repo = { arg['C'], arg[CHARTS] },
		    .file = { rk_catalog_file(arg['c']), arg[RELEASE], arg[OPEN], arg[VALUES], arg[INDEX] } }, &io, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	what.catalog = catalog;
	if (rc == RK_OK)
		rc = read_release(&what, arg, io.unframed, &release, &err);
	if (rc == RK_OK)
		rc = prepare(&what, arg, release.record, &open, &err);
	if (rc == RK_OK && arg[VALUES])
		rc = read_values(what.service, arg[VALUES], &values, &err);
	if (values)
		what.values = values;
	if (rc == RK_OK && arg[CHARTS])
		rc = rk_chart_version_open(catalog, arg[CHARTS], arg[INDEX], &charts, &err);
	if (charts)
		what.charts = rk_chart_values_open(catalog, charts);
	if (rc == RK_OK)
		rc = rk_reconcile_open(&what, &io, &reconcile, &err);
	while (rc == RK_OK && (rc = rk_record_next(&io, expected(arg), &record, &err)) == RK_OK) {
		rc = take(reconcile, arg, record, &err);
		json_decref(record);
	}
	if (rc == RK_END)
		rc = rk_reconcile_end(reconcile, &err);
	rk_reconcile_close(reconcile);
	rk_chart_values_close(what.charts);
	rk_chart_version_close(charts);
	rk_release_record_free(&release);
	rk_unattended_close(what.unattended);
	rk_source_close(what.source);
	json_decref(open);
	json_decref(values);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
