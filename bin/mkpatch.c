#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "release/decide.h"
#include "release/reconcile.h"
#include "release/release_record.h"

enum { SERVICE = 1, RING, TAG, REMOVE, RECONCILE, MAX_CLEAR, ALLOW_EMPTY, PENDING, RFC6902, RELEASE, PROPOSAL };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository (default: .)" },
	{ 'r', "rev", "REV", "the revision of the manifests (default: HEAD)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ SERVICE, "service", "NAME", "the service to release" },
	{ RING, "ring", "NAME", "the ring to release from" },
	{ TAG, "tag", "TAG", "the tag of the ring's image" },
	{ RELEASE, "release", "FILE", "do what the release record of ringcheck in FILE says" },
	{ PROPOSAL, "proposal", "REV", "with --release: the ring's open proposal, whose images a kept release keeps" },
	{ REMOVE, "remove", NULL, "clear the tenants or overrides on the input" },
	{ RECONCILE, "reconcile", NULL, "clear all tenants of the ring that are not on the input" },
	{ MAX_CLEAR, "max-clear", "N", "refuse to clear more tenants (default: max-tenants)" },
	{ ALLOW_EMPTY, "allow-empty", NULL, "with --reconcile: let an empty input clear all tenants" },
	{ PENDING, "pending", "REFS", "respect open proposals: a pattern of branches, * matches any string" },
	{ RFC6902, "rfc6902", NULL, "write the change of one manifest as a JSON Patch (RFC 6902)" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* Check that the options can be combined, and are sufficient. */
static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	const char *fault;

	if (arg[RELEASE] && (arg[SERVICE] || arg[RING] || arg[TAG] || arg[REMOVE]))
		return rk_err_set(err, RK_EUSAGE, "--release cannot be combined with --service, --ring, --tag and --remove");
	if (arg[PROPOSAL] && !arg[RELEASE])
		return rk_err_set(err, RK_EUSAGE, "--proposal requires --release");
	if (arg[REMOVE] && (arg[TAG] || arg[RECONCILE] || arg[PENDING]))
		return rk_err_set(err, RK_EUSAGE, "--remove cannot be combined with --tag, --reconcile and --pending");
	if ((arg[MAX_CLEAR] || arg[ALLOW_EMPTY]) && !arg[RECONCILE])
		return rk_err_set(err, RK_EUSAGE, "--max-clear and --allow-empty require --reconcile");
	if (!arg[SERVICE] != !arg[RING])
		return rk_err_set(err, RK_EUSAGE, "--service and --ring require each other");
	if (!arg[REMOVE] && !arg[RELEASE] && !(arg[SERVICE] && arg[TAG]))
		return rk_err_set(err, RK_EUSAGE, "--service, --ring and --tag are required, or --release, or --remove");
	if (arg[RING] && (fault = rk_validate_ring(arg[RING], strlen(arg[RING]))))
		return rk_err_set(err, RK_EUSAGE, "--ring: \"%s\" %s", arg[RING], fault);
	if (arg[TAG] && (fault = rk_validate_tag(arg[TAG], strlen(arg[TAG]))))
		return rk_err_set(err, RK_EUSAGE, "--tag: \"%s\" %s", arg[TAG], fault);
	return RK_OK;
}

static enum rk_rc
one(struct rk_reconcile *converge, bool remove, const json_t *record, struct rk_err *err)
{
	if (!remove)
		return rk_reconcile_set(converge, record, err);
	if (rk_json_is(json_object_get(record, "type"), "override"))
		return rk_reconcile_override(converge, record, err);
	return rk_reconcile_remove(converge, record, err);
}

/* Set what is released, and from which ring: from the release record, or from the options. */
static enum rk_rc
what(struct rk_reconcile *converge, const char *const arg[128], bool unframed, struct rk_release_record *order,
    struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	converge->action = RK_SET;
	converge->ring = arg[RING];
	converge->tag = arg[TAG];
	if (arg[SERVICE])
		rc = rk_catalog_service(converge->catalog, arg[SERVICE], &converge->service, err);
	if (!arg[RELEASE])
		return rc;
	rc = rk_release_record_read(order, arg[RELEASE], unframed, converge->catalog, err);
	converge->action = order->action;
	converge->service = order->service;
	converge->ring = order->ring;
	converge->tag = order->tag;
	converge->pull_request = order->pull_request.len ? order->pull_request.data : NULL;
	return rc;
}

static enum rk_rc
prepare(struct rk_reconcile *converge, const char *const arg[128], const struct rk_catalog *catalog, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	converge->max_clear = catalog->max_tenants;
	converge->reconcile = arg[RECONCILE];
	converge->allow_empty = arg[ALLOW_EMPTY];
	converge->rfc6902 = arg[RFC6902];
	if (arg[MAX_CLEAR])
		rc = rk_option_number("max-clear", arg[MAX_CLEAR], 1000000, &converge->max_clear, err);
	if (rc == RK_OK)
		rc = rk_source_open(arg['C'], arg['r'], &converge->repo, err);
	if (rc == RK_OK && arg[PENDING])
		rc = rk_reconcile_pending(converge, arg['C'], arg['r'], arg[PENDING], err);
	if (rc == RK_OK && arg[PROPOSAL] && converge->action == RK_KEEP)
		rc = rk_reconcile_proposal(converge, arg['C'], arg['r'], arg[PROPOSAL], err);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "mkpatch", .options = options,
		.about = "Turn tenants into patches of their manifests." };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['C'] = ".", ['r'] = "HEAD" };
	struct rk_reconcile converge = { .io = &io };
	struct rk_release_record order = { 0 };
	struct rk_catalog *catalog = NULL;
	json_t *record;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	io.plain = arg[RFC6902];
	rc = check(arg, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	converge.catalog = catalog;
	if (rc == RK_OK)
		rc = what(&converge, arg, io.unframed, &order, &err);
	if (rc == RK_OK)
		rc = prepare(&converge, arg, catalog, &err);
	while (rc == RK_OK && (rc = rk_record_next(&io, arg[REMOVE] ? "tenant override" : "tenant", &record, &err)) == RK_OK) {
		rc = one(&converge, arg[REMOVE], record, &err);
		json_decref(record);
	}
	if (rc == RK_END)
		rc = rk_reconcile_end(&converge, &err);
	rk_reconcile_free(&converge);
	rk_release_record_free(&order);
	rk_source_close(converge.repo);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
