#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/inventory.h"

enum { SERVICE = 1, RING, TENANT, SINCE };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository (default: .)" },
	{ 'r', "rev", "REV", "the revision to list (default: HEAD)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ SERVICE, "service", "NAME", "list only this service" },
	{ RING, "ring", "NAME", "list only this ring" },
	{ TENANT, "tenant", "NAME", "list only this tenant" },
	{ SINCE, "since", NULL, "add the commit that set each override, and its time" },
	{ 0 }
};

struct listing {
	struct rk_io *io;
	struct rk_inventory_query query;
	const char *dir, *rev;
	bool since;
};

static enum rk_rc
found(void *context, const struct rk_inventory_item *held, struct rk_err *err)
{
	struct listing *listing = context;
	json_t *record = NULL;
	enum rk_rc rc = RK_OK;

	if (listing->since)
		rc = rk_inventory_record_since(held, &listing->query, listing->dir, listing->rev, &record, err);
	else
		record = rk_inventory_record(held);
	return rc == RK_OK ? rk_record_write(listing->io, record, err) : rc;
}

static enum rk_rc
refused(void *context, const char *tenant, const struct rk_err *why, struct rk_err *err)
{
	struct listing *listing = context;

	return rk_record_refuse(listing->io, why, "tenant", tenant, err);
}

static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	const char *fault = arg[RING] ? rk_validate_ring(arg[RING], strlen(arg[RING])) : NULL;

	if (fault)
		return rk_err_set(err, RK_EUSAGE, "--ring: \"%s\" %s", arg[RING], fault);
	fault = arg[TENANT] ? rk_validate_name(arg[TENANT], strlen(arg[TENANT])) : NULL;
	return fault ? rk_err_set(err, RK_EUSAGE, "--tenant: \"%s\" %s", arg[TENANT], fault) : RK_OK;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringls", .options = options,
		.about = "List the overrides in a GitOps repository: which ring holds which tenant.", .no_input = true };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['C'] = ".", ['r'] = "HEAD" };
	struct listing listing = { .io = &io };
	struct rk_catalog *catalog = NULL;
	struct rk_source *repo = NULL;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	rc = check(arg, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[SERVICE])
		rc = rk_catalog_service(catalog, arg[SERVICE], &listing.query.service, &err);
	if (rc == RK_OK)
		rc = rk_source_open(arg['C'], arg['r'], &repo, &err);
	listing.query.catalog = catalog;
	listing.query.ring = arg[RING];
	listing.query.tenant = arg[TENANT];
	listing.dir = arg['C'];
	listing.since = arg[SINCE];
	if (rc == RK_OK) {
		listing.rev = rk_source_commit(repo);
		rc = rk_inventory_list(repo, &listing.query, found, refused, &listing, &err);
	}
	rk_source_close(repo);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
