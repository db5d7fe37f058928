#include <string.h>

#include "catalog.h"
#include "converge.h"
#include "grammar.h"
#include "json.h"
#include "option.h"
#include "record.h"
#include "repo.h"

enum { SERVICE = 1, RING, TAG, REMOVE, RECONCILE, MAX_CLEAR, ALLOW_EMPTY, PENDING, RFC6902 };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository (default: .)" },
	{ 'r', "rev", "REV", "the revision whose manifests are read (default: HEAD)" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ SERVICE, "service", "NAME", "the service that is released" },
	{ RING, "ring", "NAME", "the ring that it is released from" },
	{ TAG, "tag", "TAG", "the image's tag" },
	{ REMOVE, "remove", NULL, "clear the tenants, or the overrides, on the input" },
	{ RECONCILE, "reconcile", NULL, "clear the tenants that the ring holds and that are not on the input" },
	{ MAX_CLEAR, "max-clear", "N", "refuse to clear more tenants than this (default: max-tenants)" },
	{ ALLOW_EMPTY, "allow-empty", NULL, "let an empty input clear all that the ring holds" },
	{ PENDING, "pending", "REFS", "count what these branches claim, open proposals; * matches any text" },
	{ RFC6902, "rfc6902", NULL, "write the one manifest's change as a plain JSON Patch" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* Do the options go together, and say enough? */
static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	const char *fault;

	if (arg[REMOVE] && (arg[TAG] || arg[RECONCILE] || arg[PENDING]))
		return rk_fail(err, RK_EUSAGE, "--remove goes with none of --tag, --reconcile and --pending");
	if ((arg[MAX_CLEAR] || arg[ALLOW_EMPTY]) && !arg[RECONCILE])
		return rk_fail(err, RK_EUSAGE, "--max-clear and --allow-empty go with --reconcile");
	if (!arg[SERVICE] != !arg[RING])
		return rk_fail(err, RK_EUSAGE, "--service and --ring go together");
	if (!arg[REMOVE] && !(arg[SERVICE] && arg[TAG]))
		return rk_fail(err, RK_EUSAGE, "--service, --ring and --tag are wanted, or --remove");
	if (arg[RING] && (fault = rk_ring_fault(arg[RING], strlen(arg[RING]))))
		return rk_fail(err, RK_EUSAGE, "the ring \"%s\" %s", arg[RING], fault);
	if (arg[TAG] && (fault = rk_tag_fault(arg[TAG], strlen(arg[TAG]))))
		return rk_fail(err, RK_EUSAGE, "the tag \"%s\" %s", arg[TAG], fault);
	return RK_OK;
}

static enum rk_rc
one(struct rk_converge *converge, bool remove, const json_t *record, struct rk_err *err)
{
	if (!remove)
		return rk_converge_set(converge, record, err);
	if (rk_json_is(json_object_get(record, "type"), "override"))
		return rk_converge_override(converge, record, err);
	return rk_converge_remove(converge, record, err);
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "mkpatch", .options = options,
		.about = "Turn tenants into patches: what must change in each manifest." };
	struct rk_err err = { 0 };
	const char *arg[128] = { ['C'] = ".", ['r'] = "HEAD" };
	struct rk_converge converge = { .io = &io };
	struct rk_catalog *catalog = NULL;
	json_t *record;
	enum rk_rc rc;

	rk_options(&io, argc, argv, arg);

	rc = check(arg, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[SERVICE])
		rc = rk_catalog_service(catalog, arg[SERVICE], &converge.service, &err);
	if (rc == RK_OK)
		converge.max_clear = catalog->max_tenants;
	if (rc == RK_OK && arg[MAX_CLEAR])
		rc = rk_option_number("max-clear", arg[MAX_CLEAR], 1000000, &converge.max_clear, &err);
	if (rc == RK_OK)
		rc = rk_repo_open(arg['C'], arg['r'], &converge.repo, &err);
	converge.catalog = catalog;
	if (rc == RK_OK && arg[PENDING])
		rc = rk_converge_pending(&converge, arg['C'], arg['r'], arg[PENDING], &err);
	converge.ring = arg[RING];
	converge.tag = arg[TAG];
	converge.reconcile = arg[RECONCILE];
	converge.allow_empty = arg[ALLOW_EMPTY];
	converge.rfc6902 = io.plain = arg[RFC6902];
	while (rc == RK_OK && (rc = rk_next(&io, arg[REMOVE] ? "tenant override" : "tenant", &record, &err)) == RK_OK) {
		rc = one(&converge, arg[REMOVE], record, &err);
		json_decref(record);
	}
	if (rc == RK_END)
		rc = rk_converge_end(&converge, &err);
	rk_converge_free(&converge);
	rk_repo_close(converge.repo);
	rk_catalog_free(catalog);
	return rk_done(&io, rc, &err);
}
