#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "gitops/catalog.h"
#include "override/live.h"
#include "process/confine.h"
#include "report/age.h"

enum { APPS = 1, MAX_AGE, AS_OF };

#define MINUTES 15

static const struct rk_option options[] = {
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ APPS, "apps", "FILE", "Applications or HelmReleases in JSON, as kubectl or argocd prints them (may be repeated)" },
	{ MAX_AGE, "max-age", "TIME", "how old Argo CD's last comparison may be: 15m (the default), 90s, 2h, 1d" },
	{ AS_OF, "as-of", "TIME", "judge by this time (default: now)" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* Read all overrides, then the objects, and write the overrides with what is known of them. */
static enum rk_rc
join(struct rk_io *io, struct rk_live *live, struct rk_err *err)
{
	const json_t *records;
	json_t *record;
	size_t i;
	enum rk_rc rc;

	while ((rc = rk_record_next(io, "override", &record, err)) == RK_OK && (rc = rk_live_add(live, record, err)) == RK_OK)
		json_decref(record);
	if (rc != RK_END) {
		json_decref(record);
		return rc;
	}
	for (i = 0, rc = RK_OK; rc == RK_OK && i < io->n_given; i++)
		if (io->given[i].letter == APPS)
			rc = rk_live_read(live, io->given[i].value, err);
	records = rc == RK_OK ? rk_live_records(live) : NULL;
	json_array_foreach(records, i, record)
		if (rc == RK_OK)
			rc = rk_record_write(io, json_incref(record), err);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringlive", .options = options,
		.about = "Join overrides with what Argo CD or Flux says of the tenants: do they run the ring?" };
	struct rk_err err = { 0 };
	const char *arg[128] = { 0 };
	struct rk_live_options how = { .max_age = MINUTES * INT64_C(60) };
	struct rk_catalog *catalog = NULL;
	struct rk_live *live = NULL;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	rc = arg[APPS] ? rk_confine_files(&io, APPS, rk_catalog_file(arg['c']), &err) : rk_err_set(&err, RK_EUSAGE, "missing --apps");
	how.as_of = (int64_t)time(NULL);
	if (rc == RK_OK && arg[AS_OF])
		rc = rk_age_time("--as-of", arg[AS_OF], &how.as_of, &err);
	if (rc == RK_OK && arg[MAX_AGE])
		rc = rk_age_duration("--max-age", arg[MAX_AGE], &how.max_age, &err);
	if (rc == RK_OK)
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	how.catalog = catalog;
	if (rc == RK_OK) {
		live = rk_live_open(&how);
		rc = join(&io, live, &err);
	}
	rk_live_close(live);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
