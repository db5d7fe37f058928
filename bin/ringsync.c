#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "process/confine.h"
#include "git/ring_pattern.h"
#include "gitops/catalog.h"
#include "merge/sync.h"

#define NAME_BYTES 4096

enum { ALL = 1, FROM, SERVICE, REMOTE, PUSH, TIMEOUT, SIGN, MAX_DISCARD, CONFLICTS };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the service's repository (default: .)" },
	{ FROM, "from", "BRANCH", "the default branch" },
	{ SERVICE, "service", "NAME", "take the default branch from the catalogue" },
	{ 'c', "catalog", "FILE", "the catalogue (default: $RING_CATALOG, ring.yaml)" },
	{ ALL, "all", NULL, "merge into all rings, and do not read standard input" },
	{ REMOTE, "remote", "NAME", "use the remote-tracking branches of this remote, not local ones" },
	{ PUSH, "push", NULL, "with --remote: use its branches now, and push the merges to it" },
	{ TIMEOUT, "timeout", "SECONDS", "with --push: limit each git command (default: 300)" },
	{ MAX_DISCARD, "max-discard", "N", "refuse a ring if more pieces of the default branch would be lost" },
	{ CONFLICTS, "conflicts", "ring", "resolve in favour of the ring what -X ours does not resolve" },
	{ SIGN, "sign", NULL, "sign the merges as Git is configured to" },
	{ 'n', "dry-run", NULL, "do everything except write to the repository" },
	{ 0 }
};

/* Check that the options can be combined, and set how by them. */
static enum rk_rc
check(const char *const arg[128], struct rk_sync_options *how, struct rk_err *err)
{
	unsigned long most = ULONG_MAX;
	enum rk_rc rc = RK_OK;

	if (!arg[FROM] == !arg[SERVICE])
		return rk_err_set(err, RK_EUSAGE, "one of --from and --service is required");
	if (arg['c'] && !arg[SERVICE])
		return rk_err_set(err, RK_EUSAGE, "--catalog requires --service");
	if (arg[PUSH] && !arg[REMOTE])
		return rk_err_set(err, RK_EUSAGE, "--push requires --remote");
	if (arg[TIMEOUT] && !arg[PUSH])
		return rk_err_set(err, RK_EUSAGE, "--timeout requires --push");
	if (arg[CONFLICTS] && strcmp(arg[CONFLICTS], "ring") != 0)
		return rk_err_set(err, RK_EUSAGE, "--conflicts: expected \"ring\", got \"%s\"", arg[CONFLICTS]);
	if (arg[MAX_DISCARD])
		rc = rk_option_number("max-discard", arg[MAX_DISCARD], 1000000, &most, err);
	*how = (struct rk_sync_options){ .dir = arg['C'], .from = arg[FROM], .rings = RK_RING_PATTERN, .remote = arg[REMOTE], .push = arg[PUSH],
		.dry_run = arg['n'], .sign = arg[SIGN], .for_ring = arg[CONFLICTS], .max_discard = most };
	return rc == RK_OK ? rk_option_seconds(arg[TIMEOUT], &how->seconds, err) : rc;
}

/* Look up the default branch and the pattern of rings in the catalogue. */
static enum rk_rc
look_up(const struct rk_catalog *catalog, const char *name, struct rk_sync_options *how, struct rk_err *err)
{
	const struct rk_service *service;
	enum rk_rc rc = rk_catalog_service(catalog, name, &service, err);

	if (rc != RK_OK)
		return rc;
	how->from = service->branch;
	how->rings = catalog->ring;
	return how->from ? RK_OK : rk_err_set(err, RK_ECONFIG, "%s: service \"%s\": missing \"branch\"", catalog->file, name);
}

/* Read the names of rings from standard input, one a line. */
static enum rk_rc
read_names(struct rk_io *io, struct rk_sync *sync, struct rk_err *err)
{
	enum rk_rc rc;
	size_t len;
	bool whole;

	while ((rc = rk_io_line(io, NAME_BYTES, '\n', &whole, err)) == RK_OK) {
		len = io->raw_len - (io->raw_len > 0 && io->raw[io->raw_len - 1] == '\r');
		if (len > 0)
			rk_sync_add(sync, io->raw, len, io->line);
	}
	if (rc == RK_END)
		io->line = 0;
	return rc == RK_END ? RK_OK : rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringsync", .options = options,
		.about = "Merge the default branch into rings and report what was discarded." };
	const char *arg[128] = { ['C'] = "." };
	struct rk_catalog *catalog = NULL;
	struct rk_sync *sync = NULL;
	struct rk_sync_options how;
	struct rk_err err = { 0 };
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	rc = check(arg, &how, &err);
	if (rc == RK_OK)
		rc = rk_confine(&(struct rk_confine){ .programs = true }, &io, &err);	/* git, merge drivers, signers */
	if (rc == RK_OK && arg[SERVICE])
		rc = rk_catalog_load(arg['c'], &catalog, &err);
	if (rc == RK_OK && arg[SERVICE])
		rc = look_up(catalog, arg[SERVICE], &how, &err);
	if (rc == RK_OK)
		rc = rk_sync_open(&how, &sync, &err);
	if (rc == RK_OK)
		rc = arg[ALL] ? rk_sync_add_all(sync, &err) : read_names(&io, sync, &err);
	if (rc == RK_OK)
		rc = rk_sync_run(sync, &io, &err);
	rk_sync_close(sync);
	rk_catalog_free(catalog);
	return rk_record_done(&io, rc, &err);
}
