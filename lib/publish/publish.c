#include <stdlib.h>
#include <string.h>

#include "publish/publish.h"
#include "base/clock.h"
#include "base/code.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "git/commit.h"
#include "git/git.h"
#include "git/ident.h"
#include "git/quarantine.h"
#include "git/sign.h"
#include "git/trailer.h"
#include "publish/apply.h"
#include "publish/commit_message.h"
#include "publish/patch_list.h"
#include "publish/patch_record.h"
#include "publish/proposal.h"
#include "publish/target.h"

#define TRIES 200		/* to move a busy branch: of 16 writers, some lose 40 races in a row */

struct rk_publish {
	const struct rk_publish_options *options;
	git_repository *git;
	bool sign;
	struct rk_target_options target_options;
	struct rk_target *target;
	json_t *trailers;		/* the proposal's, and those of the options */
	struct rk_apply *apply;		/* the patches of the stream */
	json_t *services;		/* of the records: {"<service>": null} */
	size_t refused;			/* records, by earlier filters */
	git_oid tip, base, commit_id;	/* the branch's commit; the commit to build on; the new commit */
	const char *proposal;		/* its outcome */
	const char *merge;		/* whether it is merged without a person: auto, review; NULL: no record says */
	bool unattended;		/* it is auto */
	bool withdrawn;			/* the branch is deleted */
	struct rk_err foreign;		/* why the branch may not be replaced, if it may not */
	struct rk_strbuf diff;
	size_t diff_written;		/* bytes of it */
};

enum rk_rc
rk_publish_open(const struct rk_publish_options *options, struct rk_publish **publish, struct rk_err *err)
{
	struct rk_publish *p = rk_memory_calloc(1, sizeof *p);
	enum rk_rc rc;

	*publish = NULL;
	p->options = options;
	p->services = json_object();
	p->trailers = json_object();
	rc = rk_git_open(options->dir, &p->git, err);
	p->target_options = (struct rk_target_options){ .git = p->git, .dir = options->dir, .branch = options->branch,
		.onto = options->onto, .remote = options->remote, .seconds = options->seconds, .update = options->update };
	if (rc == RK_OK) {
		p->apply = rk_apply_new(p->git, !options->dry_run);
		rc = rk_target_open(&p->target_options, &p->target, err);
	}
	if (rc == RK_OK && options->onto && rk_trailer_add(p->trailers, "Proposal", options->branch, err) == RK_EDATA)
		rc = rk_err_set(err, RK_EUSAGE, "invalid branch for a proposal: \"%s\" has characters that do not print",
		    options->branch);
	if (rc == RK_OK && options->trailers)
		rk_json_update(p->trailers, options->trailers);
	p->sign = options->sign;
	if (rc == RK_OK && !p->sign)
		rc = rk_sign_configured(p->git, &p->sign, err);
	if (rc == RK_OK)
		*publish = p;
	else
		rk_publish_close(p);
	return rc;
}

bool
rk_publish_runs_programs(const struct rk_publish *p)
{
	return p->options->remote || p->options->update || p->sign || rk_ident_asks_git();
}

/* Drop the result of one try; the records stay. */
static void
drop_try(struct rk_publish *p)
{
	rk_apply_drop(p->apply);
	rk_strbuf_clear(&p->diff);
	p->proposal = p->merge = NULL;
	p->foreign = (struct rk_err){ 0 };
}

void
rk_publish_close(struct rk_publish *p)
{
	if (!p)
		return;
	rk_apply_free(p->apply);
	json_decref(p->services);
	json_decref(p->trailers);
	rk_strbuf_free(&p->diff);
	rk_target_close(p->target);
	rk_git_close(p->git);
	free(p);
}

enum rk_rc
rk_publish_add(struct rk_publish *p, struct rk_io *io, json_t *json, struct rk_err *err)
{
	const char *tenant = rk_json_string(json, "tenant");
	enum rk_rc rc;

	if (rk_json_is(json_object_get(json, "type"), "refused")) {
		p->refused++;
		if (tenant)
			rk_apply_stop(p->apply, tenant);
		return rk_record_pass(io, err);
	}
	rc = rk_patch_record_check(json, err);
	if (rc == RK_OK)
		rc = rk_apply_add(p->apply, io, json, err);
	if (rc == RK_OK)
		rk_json_set(p->services, rk_json_string(json, "service"), json_null());
	return rc;
}

/* Return how many records are refused, by earlier filters or here. */
static size_t
refusals(const struct rk_publish *p)
{
	return p->refused + rk_apply_refused(p->apply);
}

/* Return the members of the patches that the commit changes something for; those that patches share, once. */
static json_t *
find_changes(const struct rk_publish *p)
{
	const struct rk_patch_list *list = rk_apply_list(p->apply);
	const uint32_t n = rk_patch_list_count(list);
	const json_t *members, *last = NULL;
	json_t *all = json_array();
	uint32_t i;

	for (i = 0; i < n; i++) {
		members = rk_patch_list_at(list, i)->members;
		if (rk_apply_state(p->apply, i) != RK_APPLY_CHANGED || members == last)
			continue;
		rk_json_append(all, json_incref((json_t *)members));
		last = members;
	}
	return all;
}

static enum rk_rc
write_message(const struct rk_publish *p, struct rk_strbuf *text, struct rk_err *err)
{
	const struct rk_patch_list *list = rk_apply_list(p->apply);
	const uint32_t n = rk_patch_list_count(list);
	struct rk_commit_message *message = rk_commit_message_new();
	const struct rk_patch *patch;
	enum rk_rc rc;
	uint32_t i;

	for (i = 0; i < n; i++) {
		patch = rk_patch_list_at(list, i);
		if (rk_apply_state(p->apply, i) == RK_APPLY_CHANGED)
			rk_commit_message_take(message, rk_patch_list_tenant(list, patch->tenant), rk_patch_list_phrase(list, i),
			    patch->members, patch->cohorts);
	}
	rc = rk_commit_message_write(message, p->trailers, text, err);
	rk_commit_message_free(message);
	return rc;
}

/* Check that the results can be written, before there is something to report. */
static enum rk_rc
prepare_output(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	static const char start[] = "diff --git ";	/* the start of every diff, whatever the tip is */
	enum rk_rc rc = RK_OK;

	if (p->options->diff && !p->diff_written) {
		rc = rk_io_write(io, start, sizeof start - 1, err);
		p->diff_written = sizeof start - 1;
	}
	return rc == RK_OK ? rk_record_prepare(io, err) : rc;
}

/* Move the branch to commit_id, or delete it if that is zero; what is the reflog's message.  RK_END: it has moved. */
static enum rk_rc
move_branch(struct rk_publish *p, struct rk_io *io, struct rk_quarantine *quarantine, const char *what, struct rk_err *err)
{
	struct rk_strbuf log = { 0 };
	enum rk_rc rc;

	if (p->options->dry_run)
		return RK_OK;
	rk_strbuf_printf(&log, "%s: %.*s", io->prog, (int)strcspn(what, "\n"), what);
	rc = rk_ident_log(p->git, err);
	if (rc == RK_OK && p->options->remote)
		rk_io_progress(io, "pushing", 0, 0);
	if (rc == RK_OK)
		rc = rk_target_move(p->target, &p->tip, &p->commit_id, quarantine, log.data, err);
	rk_strbuf_free(&log);
	return rc;
}

static enum rk_rc
write_commit(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	struct rk_commit *built = rk_apply_commit(p->apply);
	struct rk_strbuf message = { 0 }, commit = { 0 };
	struct rk_quarantine *quarantine = NULL;
	enum rk_rc rc = write_message(p, &message, err);

	if (rc == RK_OK)
		rc = rk_commit_draft(built, message.data, &commit, err);
	if (rc == RK_OK && p->sign) {
		rk_io_progress(io, "signing", 0, 0);
		rc = rk_sign(p->git, RK_SIGN_SECONDS, &commit, err);
	}
	if (rc == RK_OK)
		rc = rk_commit_make(built, &commit, &p->commit_id, err);
	if (rc == RK_OK && !p->options->dry_run)
		rc = prepare_output(p, io, err);
	if (rc == RK_OK && !p->options->dry_run)
		rc = rk_commit_write(built, &quarantine, err);
	if (rc == RK_OK)
		rc = move_branch(p, io, quarantine, message.data, err);
	rk_quarantine_close(quarantine);
	rk_strbuf_free(&message);
	rk_strbuf_free(&commit);
	return rc;
}

static enum rk_rc
withdraw(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	p->proposal = "withdrawn";
	if (!p->options->dry_run)
		rc = prepare_output(p, io, err);
	if (rc == RK_OK)
		rc = move_branch(p, io, NULL, "Withdraw the proposal", err);
	p->withdrawn = rc == RK_OK;
	return rc;
}

/* Return whether a record keeps what the existing branch has: that other labels select it now changes no tenant. */
static bool
is_kept(const json_t *records)
{
	json_t *record;
	size_t i;

	json_array_foreach(records, i, record)
		if (json_is_true(json_object_get(json_object_get(record, "release"), "kept")))
			return true;
	return false;
}

/* Find the trailers that the existing branch must have: *trailers is a new reference, or NULL if there are none. */
static enum rk_rc
find_release(const struct rk_publish *p, json_t **trailers, struct rk_err *err)
{
	json_t *records = find_changes(p);
	enum rk_rc rc = RK_OK;

	*trailers = json_object();
	if (!is_kept(records))
		rc = rk_commit_message_release(records, *trailers, err);
	json_decref(records);
	if (rc == RK_OK && json_object_size(*trailers))
		return RK_OK;
	json_decref(*trailers);
	*trailers = NULL;
	return rc;
}

/* Decide whether a person merges what would be changed now. */
static enum rk_rc
judge(struct rk_publish *p, struct rk_err *err)
{
	json_t *records = find_changes(p);

	p->merge = rk_proposal_merge(records, refusals(p) > 0);
	p->unattended = p->merge && strcmp(p->merge, "auto") == 0;
	json_decref(records);
	json_object_del(p->trailers, "Merge: auto");
	return p->unattended ? rk_trailer_add(p->trailers, "Merge", "auto", err) : RK_OK;
}

/* Set *current to whether the existing branch is as it should be.  RK_REFUSED: it is not, and may not be replaced. */
static enum rk_rc
check_proposal(struct rk_publish *p, bool changes, bool *current, struct rk_err *err)
{
	struct rk_proposal proposal = { .dir = p->options->dir, .branch = p->options->branch, .tip = p->tip,
		.base = p->base, .services = p->services, .unattended = p->unattended };
	enum rk_rc rc = RK_OK;
	json_t *release = NULL;
	git_oid tree;

	if (changes)
		rc = rk_commit_tree(rk_apply_commit(p->apply), &tree, err);
	if (rc == RK_OK && changes)
		rc = find_release(p, &release, err);
	proposal.tree = changes ? &tree : NULL;
	proposal.release = release;
	if (rc == RK_OK)
		rc = rk_proposal_check(&proposal, current, err);
	json_decref(release);
	return rc;
}

/* Make the branch a proposal of the changes, unless it is one already. */
static enum rk_rc
propose(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	const bool changes = rk_commit_count(rk_apply_commit(p->apply)) > 0, exists = !git_oid_is_zero(&p->tip);
	/* what was refused may belong to it, unless all of it has been merged */
	bool current = !changes && refusals(p) > 0 && exists && !rk_git_contains(p->git, &p->base, &p->tip);
	enum rk_rc rc = RK_OK;

	p->proposal = exists ? "unchanged" : "none";
	rc = judge(p, err);
	if (rc == RK_OK && exists && !current)
		rc = check_proposal(p, changes, &current, err);
	if (rc == RK_REFUSED) {
		p->merge = NULL;
		p->foreign = *err;
		rk_apply_cancel(p->apply, RK_APPLY_WITHHELD);
		rk_strbuf_clear(&p->diff);
		return RK_OK;
	}
	if (rc != RK_OK || (!changes && !exists))
		return rc;
	if (current) {
		rk_apply_cancel(p->apply, RK_APPLY_UNCHANGED);
		return RK_OK;
	}
	if (!changes)
		return withdraw(p, io, err);
	p->proposal = exists ? "updated" : "created";
	return write_commit(p, io, err);
}

/* Try once, on the branch as it is now.  RK_END: it has moved. */
static enum rk_rc
try_once(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc;

	if (p->options->remote)
		rk_io_progress(io, "fetching", 0, 0);
	rc = rk_target_read(p->target, &p->tip, &p->base, err);
	p->commit_id = (git_oid){ 0 };
	if (rc == RK_OK)
		rc = rk_apply_run(p->apply, &p->base, p->refused, p->options->partial, io, err);
	if (rc != RK_OK)
		return rc;
	if (refusals(p) && !p->options->partial) {
		p->proposal = git_oid_is_zero(&p->tip) ? "none" : "unchanged";
		return RK_OK;
	}
	if (p->options->diff)
		rc = rk_commit_diff(rk_apply_commit(p->apply), &p->diff, err);
	if (rc == RK_OK && p->options->onto)
		return propose(p, io, err);
	return rc == RK_OK && rk_commit_count(rk_apply_commit(p->apply)) > 0 ? write_commit(p, io, err) : rc;
}

/* Results */

static enum rk_rc
write_refusal(const struct rk_publish *p, struct rk_io *io, uint32_t n, struct rk_err *err)
{
	const struct rk_patch_list *list = rk_apply_list(p->apply);
	const struct rk_patch *patch = rk_patch_list_at(list, n);
	enum rk_rc rc;

	io->line = patch->line;
	rc = rk_record_refuse(io, rk_apply_why(p->apply, n), "tenant", rk_patch_list_tenant(list, patch->tenant), err);
	io->line = 0;
	return rc;
}

static enum rk_rc
write_result(const struct rk_publish *p, struct rk_io *io, uint32_t n, struct rk_err *err)
{
	const enum rk_apply_state state = rk_apply_state(p->apply, n);
	const struct rk_patch_list *list = rk_apply_list(p->apply);
	const struct rk_patch *patch = rk_patch_list_at(list, n);
	const json_t *members = patch->members;
	const bool done = state == RK_APPLY_CHANGED && !p->options->dry_run;
	const char *status = state == RK_APPLY_WITHHELD ? "withheld" : state == RK_APPLY_UNCHANGED ? "unchanged"
	    : done ? "committed" : "planned";
	char commit[RK_OID_HEX];
	json_t *result;

	git_oid_tostr(commit, sizeof commit, &p->commit_id);
	result = rk_json_pack("{ss ss ss ss ss ss ss ss ss* sO* sO* sO* sO* sO*}", "type", "result", "tenant",
	    rk_patch_list_tenant(list, patch->tenant), "path", rk_patch_list_path(list, patch->path), "service",
	    rk_json_string(members, "service"), "ring", rk_json_string(members, "ring"), "action",
	    rk_json_string(members, "action"), "status", status, "branch", p->options->branch, "commit", done ? commit : NULL,
	    "took_over", json_object_get(members, "took_over"), "changed_by_hand", json_object_get(members, "changed_by_hand"),
	    "cohorts", patch->cohorts, "pull_request", json_object_get(members, "pull_request"), "review",
	    patch->edits ? json_object_get(members, "review") : NULL);
	return rk_record_write(io, result, err);
}

static enum rk_rc
write_results(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	const uint32_t n = rk_patch_list_count(rk_apply_list(p->apply));
	enum rk_rc rc = RK_OK;
	uint32_t i;

	for (i = 0; i < n && rc == RK_OK; i++)
		rc = rk_apply_state(p->apply, i) == RK_APPLY_REFUSED ? write_refusal(p, io, i, err) : write_result(p, io, i, err);
	if (rc == RK_OK && p->foreign.code != RK_CODE_NONE)
		rc = rk_record_refuse(io, &p->foreign, NULL, NULL, err);
	if (rc == RK_OK && p->options->diff && p->diff.len > p->diff_written)
		rc = rk_io_write(io, p->diff.data + p->diff_written, p->diff.len - p->diff_written, err);
	return rc == RK_OK ? rk_io_flush(io, err) : rc;
}

enum rk_rc
rk_publish_run(struct rk_publish *p, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc, updated;
	struct rk_err why = { 0 };
	char commit[RK_OID_HEX];
	unsigned try;

	for (try = 1; (rc = try_once(p, io, err)) == RK_END; try++) {
		if (try == TRIES)
			return rk_err_set(err, RK_ERACE, "%s has moved each of the %d times that the patches were applied to it",
			    rk_target_name(p->target), TRIES);
		drop_try(p);
		rk_io_note(io, "%s: applying again", err->msg);
		rk_clock_backoff(try);
	}
	if (rc != RK_OK)
		return rc;
	/* any error from now on is reported together with what has happened to the branch */
	if (p->withdrawn)
		rk_io_preface(io, "%s is deleted now, but", rk_target_name(p->target));
	else if (!p->options->dry_run && !git_oid_is_zero(&p->commit_id))
		rk_io_preface(io, "%s has the commit %.12s now, but", rk_target_name(p->target),
		    git_oid_tostr(commit, sizeof commit, &p->commit_id));
	updated = rk_target_update_worktrees(p->target, &why) == RK_OK ? RK_OK : RK_EIO;
	rc = write_results(p, io, err);
	if (rc == RK_OK && updated != RK_OK) {
		*err = why;
		rc = updated;
	}
	return rc;
}

void
rk_publish_ending(const struct rk_publish *p, json_t *ending)
{
	char head[RK_OID_HEX];

	if (!p->options->onto)
		return;
	rk_json_set(ending, "proposal", json_string(p->proposal));
	if (!p->merge)
		return;
	rk_json_set(ending, "merge", json_string(p->merge));
	git_oid_tostr(head, sizeof head, strcmp(p->proposal, "unchanged") == 0 ? &p->tip : &p->commit_id);
	if (!p->options->dry_run)
		rk_json_set(ending, "head", json_string(head));
}
