#include <string.h>

#include "release/facts.h"
#include "base/err.h"
#include "base/io.h"
#include "base/record.h"
#include "forge/runs.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "gitops/override_record.h"
#include "merge/ring_branch.h"

#define FILE_BYTES (64u << 20)	/* the largest file that is read */

static enum rk_rc
read_runs(const char *path, struct rk_facts *e, struct rk_err *err)
{
	struct rk_io io = { 0 };
	enum rk_rc rc = rk_io_open_file(&io, path, FILE_BYTES, err);

	if (rc == RK_OK) {
		rc = rk_runs_read(&io, &e->runs, &e->more_runs, err);
		if (rc != RK_OK)
			rk_io_where(&io, path, rc, err);
	}
	rk_io_close_file(&io);
	return rc;
}

/* Note the commit of an override of the service's ring; without one in its tag there is nothing to go by. */
static enum rk_rc
note_held(struct rk_facts *e, const json_t *record, const char *service, const char *ring, struct rk_err *err)
{
	struct rk_override_record said;
	enum rk_rc rc = rk_override_record_read(record, &said, err);
	size_t len;

	if (rc != RK_OK || strcmp(said.service, service) != 0 || strcmp(said.ring, ring) != 0 || !said.commit)
		return rc;
	len = strlen(said.commit);
	if (len < 7 || len > 40 || strspn(said.commit, "0123456789abcdef") != len)
		return rk_err_set(err, RK_EDATA, "the override's \"commit\" is no commit's id");
	return json_array_append_new(e->held, json_string(said.commit)) < 0 ? rk_err_nomem(err) : RK_OK;
}

static enum rk_rc
read_held(const struct rk_facts_sources *from, const char *ring, struct rk_facts *e, struct rk_err *err)
{
	struct rk_io io = { .unframed = from->unframed };
	enum rk_rc rc = rk_io_open_file(&io, from->held, FILE_BYTES, err);
	json_t *record;

	if (rc != RK_OK) {
		rk_io_close_file(&io);
		return rc;
	}
	while ((rc = rk_record_next(&io, "override", &record, err)) == RK_OK) {
		rc = note_held(e, record, from->service->name, ring, err);
		json_decref(record);
		if (rc != RK_OK)
			break;
	}
	if (rc != RK_END)
		rk_io_where(&io, from->held, rc, err);
	rk_io_close_file(&io);
	return rc == RK_END ? RK_OK : rc;
}

enum rk_rc
rk_facts_find(const struct rk_facts_sources *from, const char *ring, const char *head, struct rk_facts *e,
    struct rk_err *err)
{
	enum rk_rc rc;

	*e = (struct rk_facts){ .held = json_array() };
	rc = e->held ? read_runs(from->runs, e, err) : rk_err_nomem(err);
	if (rc == RK_OK && from->held)
		rc = read_held(from, ring, e, err);
	if (rc == RK_OK && !from->dir && !(e->way = json_pack("[s]", head)))
		rc = rk_err_nomem(err);
	if (rc != RK_OK || !from->dir)
		return rc;
	rc = rk_git_open(from->dir, &e->git, err);
	if (rc == RK_OK)
		rc = rk_ancestry_open(from->dir, &e->history, err);
	if (rc == RK_OK)
		rc = rk_ring_branch_commits(e->git, head, &e->way, err);
	if (rc == RK_OK && from->service->chart_paths.n)
		rc = rk_ring_branch_changed(e->git, from->service->branch, head, &from->service->chart_paths,
		    RK_FACTS_PATHS, &e->paths, &e->n_paths, err);
	return rc;
}

enum rk_rc
rk_facts_is_older(const struct rk_facts *e, const char *commit, bool *older, struct rk_err *err)
{
	char oid[RK_OID_HEX];
	const json_t *held;
	enum rk_rc rc = RK_OK;
	size_t i;

	*older = false;
	json_array_foreach(e->held, i, held) {
		if (!e->history || *older || rc != RK_OK)
			break;
		rc = rk_ancestry_commit(e->history, json_string_value(held), oid, err);
		if (rc == RK_OK && strcmp(oid, commit) != 0)
			rc = rk_ancestry_contains(e->history, oid, commit, older, err);
		/* a ring that was rewritten may have left it behind: it is nowhere, unless the history is cut off */
		else if (rc == RK_END && !git_repository_is_shallow(e->git))
			rc = RK_OK;
	}
	return rc == RK_END ? rk_err_set(err, RK_ENOINPUT, "%s", err->msg) : rc;
}

void
rk_facts_free(struct rk_facts *e)
{
	json_decref(e->runs);
	json_decref(e->held);
	json_decref(e->way);
	json_decref(e->paths);
	rk_ancestry_close(e->history);
	rk_git_close(e->git);
}
