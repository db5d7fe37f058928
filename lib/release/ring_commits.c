#include <stdlib.h>
#include <string.h>

#include "release/ring_commits.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "forge/pulls.h"
#include "forge/runs.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "merge/ring_branch.h"
#include "override/override_record.h"
#include "release/ring_base.h"
#include "release/supersede.h"

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

/* Overrides are given for one ring, and counted. */
struct overrides {
	const char *service, *ring;
	json_t *deployed, *others;	/* as rk_ring_commits has them */
	size_t n;			/* overrides of the ring */
};

static bool
is_id(const char *s)
{
	size_t len = strlen(s);

	return len >= 7 && len <= 40 && strspn(s, "0123456789abcdef") == len;
}

/* Count an override of the service's ring, and add its commit if its tag has one; or add that of another ring. */
static enum rk_rc
add_override(struct overrides *overrides, const json_t *record, struct rk_err *err)
{
	struct rk_override_record o;
	enum rk_rc rc = rk_override_record_read(record, &o, err);
	json_t *ids;

	if (rc != RK_OK || strcmp(o.service, overrides->service) != 0)
		return rc;
	if (strcmp(o.ring, overrides->ring) != 0) {
		ids = json_object_get(overrides->others, o.ring);
		if (!ids)
			rk_json_set(overrides->others, o.ring, ids = json_array());
		if (o.commit && is_id(o.commit))
			rk_json_append(ids, json_string(o.commit));
		return RK_OK;
	}
	overrides->n++;
	if (o.commit && !is_id(o.commit))
		return rk_err_set(err, RK_EDATA, "invalid \"commit\" in an override record: expected 7 to 40 hexadecimal digits");
	if (o.commit)
		rk_json_append(overrides->deployed, json_string(o.commit));
	return RK_OK;
}

static enum rk_rc
read_overrides(const struct rk_ring_commits_sources *from, struct overrides *overrides, struct rk_err *err)
{
	struct rk_io io = { .unframed = from->unframed };
	enum rk_rc rc = rk_io_open_file(&io, from->overrides, FILE_BYTES, err);
	json_t *record;

	if (rc != RK_OK) {
		rk_io_close_file(&io);
		return rc;
	}
	while (rc == RK_OK && (rc = rk_record_next(&io, "override", &record, err)) == RK_OK) {
		rc = add_override(overrides, record, err);
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
	struct overrides overrides = { .service = from->service->name, .ring = ring };
	enum rk_rc rc;

	*c = (struct rk_ring_commits){ .deployed = json_array(), .others = json_object() };
	overrides.deployed = c->deployed;
	overrides.others = c->others;
	rc = read_runs(from->runs, c, err);
	if (rc == RK_OK && from->overrides)
		rc = read_overrides(from, &overrides, err);
	if (rc == RK_OK && from->dir)
		rc = read_repository(from, ring, head, c, err);
	else if (rc == RK_OK)
		c->chain = rk_json_pack("[s]", head);
	return rc;
}

enum rk_rc
rk_ring_commits_holds(const struct rk_ring_commits_sources *from, const char *ring, bool *holds, struct rk_err *err)
{
	struct overrides overrides = { .service = from->service->name, .ring = ring, .deployed = json_array(),
		.others = json_object() };
	enum rk_rc rc = RK_OK;

	if (from->overrides)
		rc = read_overrides(from, &overrides, err);
	*holds = rc == RK_OK && overrides.n > 0;
	json_decref(overrides.deployed);
	json_decref(overrides.others);
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

enum rk_rc
rk_ring_commits_supersedes(const struct rk_ring_commits *c, const char *merged, const char *commit, json_t **supersedes,
    struct rk_err *err)
{
	json_t *pulls = NULL;
	enum rk_rc rc = RK_OK;

	*supersedes = NULL;
	if (merged)
		rc = rk_pulls_merged(merged, &pulls, err);
	if (rc == RK_OK && c->git)
		rc = rk_supersede_find(c->git->ancestry, c->others, pulls, commit, supersedes, err);
	else if (rc == RK_OK)
		*supersedes = json_array();
	json_decref(pulls);
	return rc;
}

void
rk_ring_commits_free(struct rk_ring_commits *c)
{
	json_decref(c->runs);
	json_decref(c->deployed);
	json_decref(c->others);
	json_decref(c->chain);
	json_decref(c->paths);
	if (c->git) {
		rk_ancestry_close(c->git->ancestry);
		rk_git_close(c->git->git);
		free(c->git);
	}
	*c = (struct rk_ring_commits){ 0 };
}
