#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/sync.h"
#include "base/clock.h"
#include "base/code.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/utf8.h"
#include "git/commit.h"
#include "git/git.h"
#include "git/ident.h"
#include "git/pack.h"
#include "git/quarantine.h"
#include "git/ref.h"
#include "git/remote.h"
#include "git/ring_pattern.h"
#include "git/sign.h"
#include "git/trailer.h"
#include "merge/merge.h"

#define TRIES 40		/* to merge into rings that move */
#define LOCKED_TRIES 8		/* to push to a remote that has a lock */
#define LINES_BYTES (RK_RECORD_BYTES / 2)	/* of discarded lines in one record */

enum state {
	WAITING,	/* must be merged, perhaps again */
	MERGED,		/* its branch must be moved */
	DONE,
	REFUSED
};

struct ring {
	const char *name;
	size_t line;		/* of the input; 0: none */
	enum state state;
	struct rk_ref *ref;	/* unless branches are read from the remote */
	git_oid old, new;	/* commits of the branch */
	struct rk_merge *merge;	/* the last one, or NULL */
	enum rk_code code;	/* if it is REFUSED */
	char *why;		/* the same */
};

struct rk_sync {
	const struct rk_sync_options *options;
	git_repository *git;
	char *from;		/* the default branch in messages, such as "origin/main" */
	git_oid tip;		/* its commit */
	struct rk_remote *remote;	/* to read from and push to, or NULL */
	bool sign;
	struct rk_intern names;	/* numbers are indices of ring */
	bool sorted;		/* the rings are to be sorted by name */
	struct ring *ring;
	size_t n, size;
	struct rk_pack *pack;	/* new objects of the waiting and the merged rings */
	struct rk_quarantine *quarantine;	/* the same on disk; NULL: there are none, or they are not written yet */
	bool has_commits;	/* pack has a commit */
};

/* Open the remote, or, if it is not to be contacted, read its remote-tracking branch. */
static enum rk_rc
open_remote(struct rk_sync *s, const struct rk_sync_options *options, struct rk_err *err)
{
	struct rk_ref *tracking = NULL;
	enum rk_rc rc;

	if (options->push && !options->dry_run) {
		rc = rk_remote_open(s->git, options->dir, options->remote, options->seconds, &s->remote, err);
		/* whether there is something at a URL or path, git finds out */
		if (rc == RK_OK && !strpbrk(options->remote, ":/"))
			rc = rk_remote_check_name(s->git, options->remote, err);
		return rc;
	}
	rc = rk_ref_open_tracking(s->git, options->remote, options->from, &tracking, err);
	if (rc == RK_OK)
		rc = rk_ref_tip(tracking, &s->tip, err);
	rk_ref_close(tracking);
	return rc;
}

enum rk_rc
rk_sync_open(const struct rk_sync_options *options, struct rk_sync **sync, struct rk_err *err)
{
	struct rk_sync *s = rk_memory_calloc(1, sizeof *s);
	struct rk_strbuf name = { 0 };
	enum rk_rc rc;

	*sync = s;
	s->options = options;
	s->sign = options->sign;
	rc = rk_git_open(options->dir, &s->git, err);
	if (rc == RK_OK && !options->remote)
		rc = rk_ref_read(s->git, options->from, &s->tip, err);
	else if (rc == RK_OK)
		rc = open_remote(s, options, err);
	if (options->remote)
		rk_strbuf_printf(&name, "%s/", options->remote);
	rk_strbuf_puts(&name, options->from);
	s->from = name.data;
	if (rc == RK_OK && !s->sign)
		rc = rk_sign_configured(s->git, &s->sign, err);
	return rc;
}

void
rk_sync_close(struct rk_sync *s)
{
	if (!s)
		return;
	for (; s->n > 0; s->n--) {
		rk_merge_free(s->ring[s->n - 1].merge);
		free(s->ring[s->n - 1].merge);
		free(s->ring[s->n - 1].why);
		rk_ref_close(s->ring[s->n - 1].ref);
	}
	free(s->ring);
	free(s->from);
	rk_intern_free(&s->names);
	rk_quarantine_close(s->quarantine);
	rk_pack_free(s->pack);
	rk_remote_close(s->remote);
	rk_git_close(s->git);
	free(s);
}

/* Naming rings */

static void
add(struct rk_sync *s, const char *name, size_t line)
{
	if (rk_intern_add(&s->names, name) < s->n)
		return;
	rk_memory_grow(&s->ring, s->n, &s->size, sizeof *s->ring);
	s->ring[s->n++] = (struct ring){ .line = line };
}

void
rk_sync_add(struct rk_sync *s, const char *ring, size_t len, size_t line)
{
	struct rk_strbuf name = { 0 };

	/* a name that JSON cannot hold is not a ring's, and is only reported */
	if (memchr(ring, '\0', len) || rk_utf8_valid(ring, len) != len)
		rk_strbuf_escape(&name, ring, len);
	else
		rk_strbuf_add(&name, ring, len);
	add(s, rk_strbuf_str(&name), line);
	rk_strbuf_free(&name);
}

enum rk_rc
rk_sync_add_all(struct rk_sync *s, struct rk_err *err)
{
	struct rk_strbuf prefix = { 0 };
	struct rk_ref_list refs;
	const char *name;
	enum rk_rc rc;
	size_t i;

	if (s->options->remote)
		rk_strbuf_printf(&prefix, "refs/remotes/%s/", s->options->remote);
	else
		rk_strbuf_puts(&prefix, "refs/heads/");
	rc = rk_ref_list(s->git, prefix.data, &refs, err);
	for (i = 0; i < refs.n; i++) {
		name = refs.name[i] + prefix.len;
		if (!rk_ring_pattern_check(s->options->rings, name, strlen(name)) && strcmp(name, s->options->from) != 0)
			add(s, name, 0);
	}
	rk_ref_list_free(&refs);
	rk_strbuf_free(&prefix);
	s->sorted = true;
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct ring *)a)->name, ((const struct ring *)b)->name);
}

/* Give the rings their names, and their order. */
static void
name_rings(struct rk_sync *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		s->ring[i].name = rk_intern_get(&s->names, (uint32_t)i);
	if (s->sorted && s->n > 1)
		qsort(s->ring, s->n, sizeof *s->ring, by_name);
}

/* One ring */

/* Refuse a ring for an error; of thousands that do not exist, only the words are kept. */
static void
refuse(struct ring *ring, const struct rk_err *why)
{
	free(ring->why);
	ring->why = rk_memory_strdup(why->msg);
	ring->code = why->code;
	ring->state = REFUSED;
}

/* Turn an error of a ring's branch into a refusal of the ring; no_permission is the code for RK_EPERM. */
static enum rk_rc
keep_refusal(struct ring *ring, enum rk_rc rc, enum rk_code no_permission, struct rk_err *err)
{
	if (rc != RK_ENOINPUT && rc != RK_EUSAGE && rc != RK_EPERM && rc != RK_ERACE)
		return rc;
	rk_err_refuse(err, rc == RK_EPERM ? no_permission : rc == RK_ERACE ? RK_CODE_STALE : RK_CODE_NO_SUCH_BRANCH, "%s", err->msg);
	refuse(ring, err);
	return RK_OK;
}

static enum rk_rc
open_ring(struct rk_sync *s, struct ring *ring, bool shallow, struct rk_err *err)
{
	const char *fault = rk_ring_pattern_check(s->options->rings, ring->name, strlen(ring->name));
	const char *remote = s->options->remote;
	enum rk_rc rc;

	if (strcmp(ring->name, s->options->from) == 0)
		fault = "is that of the default branch";
	if (fault)
		rk_err_refuse(err, RK_CODE_NOT_A_RING, "the name %s", fault);
	else if (shallow)
		rk_err_refuse(err, RK_CODE_SHALLOW, "the clone is shallow, so the merge base may be missing: "
		    "git fetch --unshallow (fetch-depth: 0 for actions/checkout)");
	if (fault || shallow) {
		refuse(ring, err);
		return RK_OK;
	}
	if (s->remote)
		rc = rk_ref_check(ring->name, err);
	else if (remote)
		rc = rk_ref_open_tracking(s->git, remote, ring->name, &ring->ref, err);
	else
		rc = rk_ref_open(s->git, ring->name, 0, &ring->ref, err);
	return keep_refusal(ring, rc, RK_CODE_CHECKED_OUT, err);
}

/* Append the message of a merge commit: that of git merge, with trailers. */
static enum rk_rc
message(const struct rk_sync *s, const struct ring *ring, struct rk_strbuf *text, struct rk_err *err)
{
	json_t *trailers = json_object();
	const size_t lost = json_array_size(ring->merge->discarded);
	char value[RK_OID_HEX];
	enum rk_rc rc;

	rk_strbuf_printf(text, "Merge %s '%s' into %s\n", s->options->remote ? "remote-tracking branch" : "branch", s->from,
	    ring->name);
	rc = rk_trailer_add(trailers, "Ring-Sync", git_oid_tostr(value, sizeof value, &s->tip), err);
	snprintf(value, sizeof value, "%zu", lost);
	if (rc == RK_OK && lost > 0)
		rc = rk_trailer_add(trailers, "Ring-Sync-Discarded", value, err);
	if (rc == RK_OK)
		rk_trailer_write(text, trailers);
	json_decref(trailers);
	return rc;
}

static enum rk_rc
commit(struct rk_sync *s, struct ring *ring, struct rk_err *err)
{
	const git_oid parents[] = { ring->merge->ours, ring->merge->theirs };
	struct rk_strbuf text = { 0 }, object = { 0 };
	enum rk_rc rc = message(s, ring, &text, err);

	if (rc == RK_OK)
		rc = rk_commit_text(s->git, &ring->merge->tree, parents, 2, text.data, &object, err);
	if (rc == RK_OK && s->sign && !s->options->dry_run)
		rc = rk_sign(s->git, RK_SIGN_SECONDS, &object, err);
	if (rc == RK_OK)
		rc = rk_pack_add(s->pack, GIT_OBJECT_COMMIT, object.data, object.len, &ring->new, err);
	s->has_commits = true;
	rk_strbuf_free(&text);
	rk_strbuf_free(&object);
	return rc;
}

static size_t
json_bytes(const json_t *json)
{
	struct rk_strbuf text = { 0 };
	size_t len;

	rk_record_add_json(&text, json);
	len = text.len;
	rk_strbuf_free(&text);
	return len;
}

/* Leave out lines that would make the record too long, and add how many they are. */
static void
fit(struct ring *ring, struct rk_err *err)
{
	size_t i, bytes = 0, len;
	json_t *one, *lines;

	if (json_bytes(ring->merge->discarded) <= LINES_BYTES)
		return;
	json_array_foreach(ring->merge->discarded, i, one) {
		lines = json_object_get(one, "lines");
		len = lines ? json_bytes(lines) : 0;
		if (bytes + len <= LINES_BYTES) {
			bytes += len;
			continue;
		}
		rk_json_set(one, "omitted", json_integer((json_int_t)json_array_size(lines)));
		json_object_del(one, "lines");
	}
	if (json_bytes(ring->merge->discarded) <= RK_RECORD_BYTES - 1024)
		return;
	rk_err_refuse(err, RK_CODE_MAX_DISCARD, "%zu pieces of the default branch would be discarded, more than fit in a "
	    "record", json_array_size(ring->merge->discarded));
	refuse(ring, err);
}

/* Take the result of a ring's merge. */
static enum rk_rc
take(struct rk_sync *s, struct ring *ring, struct rk_err *err)
{
	if (ring->merge->rc == RK_REFUSED) {
		refuse(ring, &ring->merge->why);
		return RK_OK;
	}
	fit(ring, err);
	if (ring->state == REFUSED)
		return RK_OK;
	ring->state = ring->merge->how == RK_MERGE_NOTHING ? DONE : MERGED;
	ring->new = ring->merge->how == RK_MERGE_NOTHING ? ring->old : s->tip;
	return ring->merge->how == RK_MERGE_COMMIT ? commit(s, ring, err) : RK_OK;
}

/* All rings */

/* Read from the remote the tips of the waiting rings and, the first time, of the default branch. */
static enum rk_rc
read_remote(struct rk_sync *s, struct rk_err *err)
{
	const char **branch = rk_memory_calloc(s->n + 1, sizeof *branch);
	git_oid *tip = rk_memory_calloc(s->n + 1, sizeof *tip);
	enum rk_rc rc = RK_OK;
	const bool first = git_oid_is_zero(&s->tip);
	size_t i, n = 0;

	if (first)
		branch[n++] = s->options->from;
	for (i = 0; i < s->n && rc == RK_OK; i++)
		if (s->ring[i].state == WAITING)
			branch[n++] = s->ring[i].name;
	if (rc == RK_OK && n > 0)
		rc = rk_remote_read(s->remote, branch, n, tip, err);
	if (rc == RK_OK && first)
		s->tip = tip[0];
	if (rc == RK_OK && git_oid_is_zero(&s->tip))
		rc = rk_err_set(err, RK_ENOINPUT, "branch \"%s\" not found in %s", s->options->from, rk_remote_name(s->remote));
	for (i = 0, n = first; i < s->n && rc == RK_OK; i++) {
		if (s->ring[i].state != WAITING)
			continue;
		s->ring[i].old = tip[n++];
		if (!git_oid_is_zero(&s->ring[i].old))
			continue;
		rk_err_refuse(err, RK_CODE_NO_SUCH_BRANCH, "branch not found in %s", rk_remote_name(s->remote));
		refuse(&s->ring[i], err);
	}
	free(branch);
	free(tip);
	return rc;
}

static bool
are_any(const struct rk_sync *s, enum state state)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->ring[i].state == state)
			return true;
	return false;
}

/* Merge into the waiting rings, at the tips that they have now. */
static enum rk_rc
merge_rings(struct rk_sync *s, struct rk_io *io, struct rk_err *err)
{
	const struct rk_merge_options options = { .for_ours = s->options->for_ring, .max_discard = s->options->max_discard,
		.seconds = s->options->seconds };
	struct rk_merge *merge = rk_memory_calloc(s->n + 1, sizeof *merge);
	enum rk_rc rc = RK_OK;
	size_t i, n = 0;
	struct ring *ring;

	rk_quarantine_close(s->quarantine);
	s->quarantine = NULL;
	if (!are_any(s, MERGED)) {
		rk_pack_free(s->pack);
		s->pack = NULL;
		s->has_commits = false;
	}
	if (!s->pack)
		s->pack = rk_pack_new();
	if (s->remote)
		rk_io_progress(io, "fetching", 0, 0);
	if (s->remote)
		rc = read_remote(s, err);
	for (i = 0; i < s->n && rc == RK_OK; i++) {
		ring = &s->ring[i];
		if (ring->state == WAITING && !s->remote)
			rc = keep_refusal(ring, rk_ref_tip(ring->ref, &ring->old, err), RK_CODE_CHECKED_OUT, err);
		if (ring->state == WAITING)
			merge[n++] = (struct rk_merge){ .ours = ring->old, .theirs = s->tip };
	}
	if (rc == RK_OK) {
		rk_io_progress(io, "merging", 0, 0);
		rc = rk_merge_all(s->git, merge, n, &options, s->pack, err);
	}
	for (i = n = 0; merge && i < s->n; i++) {
		ring = &s->ring[i];
		if (ring->state != WAITING)
			continue;
		if (!ring->merge)
			ring->merge = rk_memory_calloc(1, sizeof *ring->merge);
		rk_merge_free(ring->merge);
		*ring->merge = merge[n++];
		if (rc == RK_OK && ring->merge->rc == RK_OK && ring->merge->by_git)
			rk_io_note(io, "%s: merged by Git itself: %s", ring->name, ring->merge->by_git);
		if (rc == RK_OK)
			rc = take(s, ring, err);
	}
	free(merge);
	return rc;
}

/* Move a ring's branch.  If it has moved in the meantime, the ring waits for the next try. */
static enum rk_rc
move(struct rk_sync *s, struct ring *ring, struct rk_io *io, struct rk_err *err)
{
	struct rk_strbuf log = { 0 };
	enum rk_rc rc;

	if (ring->merge->how == RK_MERGE_COMMIT)
		rk_strbuf_printf(&log, "%s: merge %s", io->prog, s->from);
	else
		rk_strbuf_printf(&log, "%s: merge %s: Fast-forward", io->prog, s->from);
	rc = rk_ref_move(ring->ref, &ring->old, &ring->new, s->quarantine, log.data, err);
	rk_strbuf_free(&log);
	if (rc == RK_OK) {
		ring->state = DONE;
	} else if (rc == RK_END) {
		rk_io_note(io, "%s: merging again", err->msg);
		ring->state = WAITING;
		rc = RK_OK;
	}
	return keep_refusal(ring, rc, RK_CODE_CHECKED_OUT, err);
}

/*
 * Push n rings, all or none, and set their states: a ring that has moved in the meantime waits for the next try, and one
 * that has arrived is done, even if the push ended early.
 */
static enum rk_rc
push(struct rk_sync *s, struct ring **ring, size_t n, struct rk_io *io, struct rk_err *err)
{
	struct rk_remote_move *move = rk_memory_calloc(n, sizeof *move);
	enum rk_rc rc = RK_OK;
	bool any = false;
	unsigned try;
	size_t i;

	for (i = 0; i < n && rc == RK_OK; i++)
		move[i] = (struct rk_remote_move){ .branch = ring[i]->name, .old = ring[i]->old, .new = ring[i]->new };
	rk_io_progress(io, "pushing", 0, 0);
	for (try = 1; rc == RK_OK && (rc = rk_remote_push(s->remote, move, n, err)) == RK_ERACE && try < LOCKED_TRIES; try++) {
		rk_clock_backoff(try);
		rc = RK_OK;
	}
	for (i = 0; i < n && rc == RK_END; i++)
		any |= move[i].rc == RK_END;
	for (i = 0; move && i < n; i++) {
		if (move[i].rc == RK_OK) {
			ring[i]->state = DONE;
		} else if (rc == RK_END && (move[i].rc == RK_END || !any)) {
			rk_io_note(io, "%s: moved in the meantime: merging again", ring[i]->name);
			ring[i]->state = WAITING;
		}
	}
	free(move);
	return rc == RK_END ? RK_OK : rc;
}

/* Push one ring; that the remote refuses it, or is locked, is a refusal of the ring. */
static enum rk_rc
push_one(struct rk_sync *s, struct ring *ring, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc = push(s, &ring, 1, io, err);

	return rc == RK_EPERM || rc == RK_ERACE ? keep_refusal(ring, rc, RK_CODE_PUSH_REFUSED, err) : rc;
}

/* Push all merged rings.  A remote that refuses the push by a rule does not say for which ring: push each by itself. */
static enum rk_rc
push_rings(struct rk_sync *s, struct rk_io *io, struct rk_err *err)
{
	struct ring **ring = rk_memory_calloc(s->n, sizeof *ring);
	enum rk_rc rc = RK_OK;
	size_t i, n = 0;

	for (i = 0; i < s->n && rc == RK_OK; i++)
		if (s->ring[i].state == MERGED)
			ring[n++] = &s->ring[i];
	if (rc == RK_OK && n == 1)
		rc = push_one(s, ring[0], io, err);
	else if (rc == RK_OK)
		rc = push(s, ring, n, io, err);
	if (rc == RK_EPERM) {
		rk_io_note(io, "%s: pushing each ring by itself", err->msg);
		for (i = 0, rc = RK_OK; i < n && rc == RK_OK; i++)
			if (ring[i]->state == MERGED)
				rc = push_one(s, ring[i], io, err);
	} else if (rc == RK_ERACE) {
		for (i = 0; i < n; i++)
			if (ring[i]->state == MERGED)
				rc = keep_refusal(ring[i], RK_ERACE, RK_CODE_PUSH_REFUSED, err);
	}
	free(ring);
	return rc;
}

static enum rk_rc
move_rings(struct rk_sync *s, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc;
	size_t i;

	if (!are_any(s, MERGED))
		return RK_OK;
	rc = rk_record_prepare(io, err);
	if (rc == RK_OK && s->has_commits)
		rc = rk_quarantine_open(s->git, s->pack, &s->quarantine, err);
	/* git push sets remote-tracking branches, too, so the objects have to be there before */
	if (rc == RK_OK && s->remote)
		rc = rk_quarantine_migrate(s->quarantine, err);
	if (rc == RK_OK && s->remote)
		return push_rings(s, io, err);
	if (rc == RK_OK)
		rc = rk_ident_log(s->git, err);
	for (i = 0; i < s->n && rc == RK_OK; i++)
		if (s->ring[i].state == MERGED)
			rc = move(s, &s->ring[i], io, err);
	return rc;
}

/* Refuse the rings that still wait. */
static void
give_up(struct rk_sync *s, struct rk_err *err)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->ring[i].state == WAITING) {
			rk_err_refuse(err, RK_CODE_STALE, "the branch moved during each of %d merges", TRIES);
			refuse(&s->ring[i], err);
		}
}

static enum rk_rc
sync_rings(struct rk_sync *s, struct rk_io *io, struct rk_err *err)
{
	const int shallow = git_repository_is_shallow(s->git);
	enum rk_rc rc = RK_OK;
	unsigned try;
	size_t i;

	if (shallow < 0)
		return rk_git_fail(err, shallow, "%s", git_repository_commondir(s->git));
	name_rings(s);
	for (i = 0; i < s->n && rc == RK_OK; i++)
		rc = open_ring(s, &s->ring[i], shallow, err);
	for (try = 1; rc == RK_OK && are_any(s, WAITING) && try <= TRIES; try++) {
		if (try > 1)
			rk_clock_backoff(try - 1);
		rc = merge_rings(s, io, err);
		if (rc == RK_OK && !s->options->dry_run)
			rc = move_rings(s, io, err);
	}
	if (rc == RK_OK)
		give_up(s, err);
	return rc;
}

/* Records */

static enum rk_rc
write_record(struct rk_sync *s, struct rk_io *io, const struct ring *ring, struct rk_err *err)
{
	char old[RK_OID_HEX], new[RK_OID_HEX];
	struct rk_err why;
	enum rk_rc rc;
	bool planned;

	if (ring->state == REFUSED) {
		io->line = ring->line;
		rk_err_refuse(&why, ring->code, "%s: %s", ring->name, ring->why);
		rc = rk_record_refuse(io, &why, "branch", ring->name, err);
		io->line = 0;
		return rc;
	}
	planned = s->options->dry_run && ring->merge->how == RK_MERGE_COMMIT;
	git_oid_tostr(old, sizeof old, &ring->old);
	git_oid_tostr(new, sizeof new, &ring->new);
	return rk_record_write(io, rk_json_pack("{ss ss ss ss ss* sO}", "type", "sync", "branch", ring->name, "status",
	    ring->merge->how == RK_MERGE_NOTHING ? "up-to-date" : "merged", "old", old, "new", planned ? NULL : new, "discarded",
	    ring->merge->discarded), err);
}

enum rk_rc
rk_sync_run(struct rk_sync *s, struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc = sync_rings(s, io, err), written = RK_OK;
	const bool whole = rc == RK_OK;
	struct rk_err late;
	size_t i, moved = 0;

	for (i = 0; i < s->n && written == RK_OK; i++) {
		/* after a failure, only what has happened */
		if (!whole && (s->ring[i].state != DONE || s->ring[i].merge->how == RK_MERGE_NOTHING))
			continue;
		moved += s->ring[i].state == DONE && s->ring[i].merge->how != RK_MERGE_NOTHING;
		written = write_record(s, io, &s->ring[i], whole ? err : &late);
	}
	if (written == RK_OK)
		written = rk_io_flush(io, whole ? err : &late);
	if (whole && written != RK_OK && moved > 0 && !s->options->dry_run)
		rk_err_prefix(err, written, "the rings are merged, but");
	return whole ? written : rc;
}
