#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "base/validate.h"
#include "git/git_confine.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "override/claims.h"
#include "override/inventory.h"
#include "override/live_list.h"
#include "process/confine.h"

enum { SERVICE = 1, RING, TENANT, SINCE, EVERYWHERE, PROPOSALS, APPS };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository (default: .)" },
	{ 'r', "rev", "REV", "the revision to list (default: HEAD)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ SERVICE, "service", "NAME", "list only this service" },
	{ RING, "ring", "NAME", "list only this ring" },
	{ TENANT, "tenant", "NAME", "list only this tenant" },
	{ EVERYWHERE, "everywhere", NULL, "list also manifests that were moved, which no pattern matches" },
	{ PROPOSALS, "proposals", "REMOTE", "list the branches of proposals instead, of a remote or of the repository (.)" },
	{ APPS, "apps", "FILE", "list the overrides in these Applications or HelmReleases instead, in JSON (may be repeated)" },
	{ SINCE, "since", NULL, "add the commit that set each override, and its time" },
	{ 0 }
};

static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	const char *fault = arg[TENANT] ? rk_validate_name(arg[TENANT], strlen(arg[TENANT])) : NULL;

	if (arg[PROPOSALS] && (arg[TENANT] || arg[SINCE] || arg[EVERYWHERE]))
		return rk_err_set(err, RK_EUSAGE, "--proposals cannot be combined with --tenant, --since and --everywhere");
	if (arg[APPS] && (arg[PROPOSALS] || arg[SINCE] || arg[EVERYWHERE]))
		return rk_err_set(err, RK_EUSAGE, "--apps cannot be combined with --proposals, --since and --everywhere");
	return fault ? rk_err_set(err, RK_EUSAGE, "--tenant: \"%s\" %s", arg[TENANT], fault) : RK_OK;
}

/* Write an override record or a finding; the reference is borrowed. */
static enum rk_rc
write_record(struct rk_io *io, struct rk_inventory *inventory, json_t *record, bool since, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	if (rk_json_is(json_object_get(record, "type"), "finding"))
		return rk_record_finding(io, json_incref(record), err);
	if (since)
		rc = rk_inventory_add_since(inventory, record, err);
	return rc == RK_OK ? rk_record_write(io, json_incref(record), err) : rc;
}

static enum rk_rc
list(struct rk_io *io, const struct rk_inventory_options *what, bool since, struct rk_err *err)
{
	struct rk_inventory *inventory;
	struct rk_err why;
	json_t *records, *record;
	const char *tenant;
	enum rk_rc rc = rk_inventory_open(what, &inventory, err), next = RK_OK;
	size_t i;

	while (rc == RK_OK && (next = rk_inventory_next(inventory, &records, &tenant, err)) != RK_END) {
		why = *err;
		json_array_foreach(records, i, record)
			if (rc == RK_OK)
				rc = write_record(io, inventory, record, since, err);
		json_decref(records);
		if (rc == RK_OK && next == RK_REFUSED)
			rc = rk_record_refuse(io, &why, "tenant", tenant, err);
		else if (rc == RK_OK)
			rc = next;
	}
	rk_inventory_close(inventory);
	return rc;
}

/* Write the proposals of the service and the ring that are asked for. */
static enum rk_rc
list_proposals(struct rk_io *io, const struct rk_catalog *catalog, const char *const arg[128], struct rk_err *err)
{
	json_t *records, *record;
	enum rk_rc rc = rk_claims_branches(arg['C'], catalog, arg[PROPOSALS], &records, err);
	size_t i;

	json_array_foreach(records, i, record)
		if (rc == RK_OK && (!arg[SERVICE] || rk_json_is(json_object_get(record, "service"), arg[SERVICE]))
		    && (!arg[RING] || rk_json_is(json_object_get(record, "ring"), arg[RING])))
			rc = rk_record_write(io, json_incref(record), err);
	json_decref(records);
	return rc;
}

static enum rk_rc
write_live(void *context, json_t *record, struct rk_err *err)
{
	return rk_record_write(context, record, err);
}

static enum rk_rc
refuse_live(void *context, const struct rk_err *why, const char *tenant, struct rk_err *err)
{
	return rk_record_refuse(context, why, "tenant", tenant, err);
}

/* Write the overrides in the live objects of all files. */
static enum rk_rc
list_live(struct rk_io *io, const struct rk_inventory_options *what, struct rk_err *err)
{
	const struct rk_live_list live = { .catalog = what->catalog, .service = what->service, .ring = what->ring,
		.tenant = what->tenant, .found = write_live, .refused = refuse_live, .context = io };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < io->n_given; i++)
		if (io->given[i].letter == APPS)
			rc = rk_live_list(&live, io->given[i].value, err);
	return rc;
}

/* Write what is asked for. */
static enum rk_rc
list_all(struct rk_io *io, const struct rk_inventory_options *what, const char *const arg[128], struct rk_err *err)
{
	if (arg[APPS])
		return list_live(io, what, err);
	return arg[PROPOSALS] ? list_proposals(io, what->catalog, arg, err) : list(io, what, arg[SINCE], err);
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringls", .options = options,
		.about = "List the overrides in a GitOps repository: which ring holds which tenant.", .no_input = true };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['C'] = ".", ['r'] = "HEAD" };
	struct rk_inventory_options what = { 0 };
	struct rk_catalog *catalog = NULL;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	rc = check(arg, &err);
	if (rc == RK_OK && arg[APPS])
		rc = rk_confine_files(&io, APPS, rk_catalog_file(arg['c']), &err);
	else if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .repo = { arg['C'] }, .file = { rk_catalog_file(arg['c']) } }, &io,
		    &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[RING])
		rc = rk_catalog_check_ring(catalog, arg[RING], &err);
	if (rc == RK_OK && arg[SERVICE])
		rc = rk_catalog_service(catalog, arg[SERVICE], &what.service, &err);
	if (rc == RK_OK && !arg[PROPOSALS] && !arg[APPS])
		rc = rk_source_open(arg['C'], arg['r'], &what.source, &err);
	what.catalog = catalog;
	what.ring = arg[RING];
	what.tenant = arg[TENANT];
	what.dir = arg['C'];
	what.everywhere = arg[EVERYWHERE];
	if (rc == RK_OK)
		rc = list_all(&io, &what, arg, &err);
	rk_source_close(what.source);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
