#include <stdlib.h>
#include <string.h>

#include "release/ring_commits.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "forge/runs.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "merge/ring_branch.h"
#include "override/override_record.h"
#include "release/ring_base.h"

#define FILE_BYTES (64u << 20)	/* the largest file that is read */

struct rk_ring_commits_git {
	git_repository *git;
	struct rk_ancestry *ancestry;
};

static enum rk_rc
read_runs(const char *path, struct rk_ring_commits *c, struct rk_err *err)
{
	struct rk_io io = { 0 };
	enum rk_rc rc = rk_io_open_file(&io, path, FILE_BYTES, err);

	if (rc == RK_OK && (rc = rk_runs_read(&io, &c->runs, &c->more_runs, err)) != RK_OK)
		rk_io_where(&io, path, rc, err);
	rk_io_close_file(&io);
	return rc;
}

/* Count an override of the service's ring, and add its commit if its tag has one. */
static enum rk_rc
add_deployed(json_t *deployed, const json_t *record, const char *service, const char *ring, size_t *n, struct rk_err *err)
{
	struct rk_override_record o;
	enum rk_rc rc = rk_override_record_read(record, &o, err);
	size_t len;

	if (rc != RK_OK || strcmp(o.service, service) != 0 || strcmp(o.ring, ring) != 0)
		return rc;
	++*n;
	if (!o.commit)
		return RK_OK;
	len = strlen(o.commit);
	if (len < 7 || len > 40 || strspn(o.commit, "0123456789abcdef") != len)
		return rk_err_set(err, RK_EDATA, "invalid \"commit\" in an override record: expected 7 to 40 hexadecimal digits");
	rk_json_append(deployed, json_string(o.commit));
	return RK_OK;
}

/* Count the overrides of the service's ring, and read their commits. */
static enum rk_rc
read_overrides(const struct rk_ring_commits_sources *from, const char *ring, json_t *deployed, size_t *n,
    struct rk_err *err)
{
	struct rk_io io = { .unframed = from->unframed };
	enum rk_rc rc = rk_io_open_file(&io, from->overrides, FILE_BYTES, err);
	json_t *record;

	if (rc != RK_OK) {
		rk_io_close_file(&io);
		return rc;
	}
	while (rc == RK_OK && (rc = rk_record_next(&io, "override", &record, err)) == RK_OK) {
		rc = add_deployed(deployed, record, from->service->name, ring, n, err);
		json_decref(record);
	}
	if (rc != RK_END)
		rk_io_where(&io, from->overrides, rc, err);
	rk_io_close_file(&io);
	return rc == RK_END ? RK_OK : rc;
}

/* Read the chain of commits, and the changed files that the image does not carry. */
static enum rk_rc
read_repository(const struct rk_ring_commits_sources *from, const char *ring, const char *head,
    struct rk_ring_commits *c, struct rk_err *err)
{
	enum rk_rc rc;

	c->git = rk_memory_calloc(1, sizeof *c->git);
	rc = rk_git_open(from->dir, &c->git->git, err);
	if (rc == RK_OK)
		rc = rk_ancestry_open(from->dir, &c->git->ancestry, err);
	if (rc == RK_OK)
		rc = rk_ring_branch_commits(c->git->git, head, &c->chain, err);
	if (rc == RK_OK && from->later)
		rc = rk_ring_base_is_head(from->dir, ring, head, &c->at_head, err);
	if (rc == RK_OK && from->service->chart_paths.n)
		rc = rk_ring_branch_changed(c->git->git, from->service->branch, head, &from->service->chart_paths,
		    RK_RING_COMMITS_PATHS, &c->paths, &c->n_paths, err);
	return rc;
}

enum rk_rc
rk_ring_commits_read(const struct rk_ring_commits_sources *from, const char *ring, const char *head,
    struct rk_ring_commits *c, struct rk_err *err)
{
	enum rk_rc rc;
	size_t n = 0;

	*c = (struct rk_ring_commits){ .deployed = json_array() };
	rc = read_runs(from->runs, c, err);
	if (rc == RK_OK && from->overrides)
		rc = read_overrides(from, ring, c->deployed, &n, err);
	if (rc == RK_OK && from->dir)
		rc = read_repository(from, ring, head, c, err);
	else if (rc == RK_OK)
		c->chain = rk_json_pack("[s]", head);
	return rc;
}

enum rk_rc
rk_ring_commits_holds(const struct rk_ring_commits_sources *from, const char *ring, bool *holds, struct rk_err *err)
{
	json_t *deployed = json_array();
	enum rk_rc rc = RK_OK;
	size_t n = 0;

	if (from->overrides)
		rc = read_overrides(from, ring, deployed, &n, err);
	*holds = rc == RK_OK && n > 0;
	json_decref(deployed);
	return rc;
}

enum rk_rc
rk_ring_commits_is_older(const struct rk_ring_commits *c, const char *commit, bool *older, struct rk_err *err)
{
	char oid[RK_OID_HEX];
	const json_t *deployed;
	enum rk_rc rc = RK_OK;
	size_t i;

	*older = false;
	json_array_foreach(c->deployed, i, deployed) {
		if (!c->git || *older || rc != RK_OK)
			break;
		rc = rk_ancestry_commit(c->git->ancestry, json_string_value(deployed), oid, err);
		if (rc == RK_OK && strcmp(oid, commit) != 0)
			rc = rk_ancestry_contains(c->git->ancestry, oid, commit, older, err);
		/* a ring that was rewritten no longer has it, unless the clone is shallow */
		else if (rc == RK_END && !git_repository_is_shallow(c->git->git))
			rc = RK_OK;
	}
	return rc == RK_END ? RK_ENOINPUT : rc;
}

void
rk_ring_commits_free(struct rk_ring_commits *c)
{
	json_decref(c->runs);
	json_decref(c->deployed);
	json_decref(c->chain);
	json_decref(c->paths);
	if (c->git) {
		rk_ancestry_close(c->git->ancestry);
		rk_git_close(c->git->git);
		free(c->git);
	}
	*c = (struct rk_ring_commits){ 0 };
}
