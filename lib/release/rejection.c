#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release/rejection.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "forge/proposals.h"
#include "forge/pulls.h"
#include "git/proposal_name.h"
#include "git/trailer.h"
#include "publish/commit_message.h"

#define FILE_BYTES (64u << 20)	/* the largest file that is read */

static json_int_t
number_of(const json_t *pull)
{
	return json_integer_value(json_object_get(pull, "number"));
}

static bool
is_state(const json_t *pull, const char *state)
{
	return rk_json_is(json_object_get(pull, "state"), state);
}

/* Return whether a branch is one of the ring's proposals. */
static bool
is_branch(const struct rk_rejection_query *q, const char *branch)
{
	const struct rk_strings *templates = q->service->proposals;
	struct rk_strbuf name = { 0 };
	bool is = false;
	size_t i;

	for (i = 0; !is && i < templates->n; i++) {
		rk_strbuf_clear(&name);
		rk_proposal_name_add(&name, templates->item[i], q->service->name, q->ring);
		is = strcmp(name.data, branch) == 0;
	}
	rk_strbuf_free(&name);
	return is;
}

/* Find our pull request with the highest number, of a state if that is not NULL; *best is NULL if there is none. */
static enum rk_rc
find_pull(const struct rk_proposals *p, const struct rk_rejection_query *q, const char *state, const json_t **best,
    struct rk_err *err)
{
	const json_t *pull;
	enum rk_rc rc;
	size_t i;

	*best = NULL;
	json_array_foreach(p->pulls, i, pull) {
		if (!is_branch(q, rk_json_string(pull, "head")))
			continue;
		rc = rk_pulls_require(pull, "number state fork commit author", err);
		if (rc != RK_OK)
			return rc;
		if (!json_is_true(json_object_get(pull, "fork")) && (!state || is_state(pull, state))
		    && rk_proposals_same_login(rk_json_string(pull, "author"), q->me)
		    && (!*best || number_of(pull) > number_of(*best)))
			*best = pull;
	}
	return RK_OK;
}

/* Return the value of the one trailer with a key, borrowed; NULL if there is none or several. */
static const char *
find_trailer(const json_t *trailers, const char *key)
{
	const char *value = NULL;
	const json_t *trailer;
	size_t i, n = 0;

	json_array_foreach(trailers, i, trailer)
		if (rk_json_is(json_array_get(trailer, 0), key)) {
			value = json_string_value(json_array_get(trailer, 1));
			n++;
		}
	return n == 1 ? value : NULL;
}

/* Read the trailers of what a pull request releases: *trailers is a new reference on RK_OK. */
static enum rk_rc
read_trailers(const struct rk_proposals *p, const json_t *pull, json_t **trailers, struct rk_err *err)
{
	const char *id = rk_json_string(pull, "commit");
	const json_t *commit = json_object_get(p->commits, id);
	enum rk_rc rc;
	size_t left;

	*trailers = NULL;
	if (!commit)
		return rk_err_set(err, RK_EDATA, "missing the commits of the proposal #%lld, whose head is %.12s (REST: "
		    "pulls/%lld/commits)", (long long)number_of(pull), id, (long long)number_of(pull));
	for (left = json_object_size(p->commits); commit && left; left--) {
		json_decref(*trailers);
		rc = rk_trailer_read(rk_json_string(commit, "message"), trailers, err);
		id = rk_json_string(commit, "parent");
		if (rc != RK_OK || !id || find_trailer(*trailers, "Release-Commit"))
			return rc;
		commit = json_object_get(p->commits, id);
	}
	return RK_OK;
}

/* Return whether the trailers are of this commit, these labels and these values. */
static bool
is_same(const json_t *trailers, const struct rk_rejection_query *q)
{
	const char *commit = find_trailer(trailers, "Release-Commit"), *labels = find_trailer(trailers, "Labels");
	const char *values = find_trailer(trailers, "Values");
	struct rk_strbuf text = { 0 }, digest = { 0 };
	bool same;

	rk_commit_message_labels(q->labels, &text);
	rk_commit_message_values(q->values, &digest);
	same = commit && labels && strcmp(commit, q->commit) == 0 && strcmp(labels, text.data) == 0
	    && strcmp(values ? values : "", rk_strbuf_str(&digest)) == 0;
	rk_strbuf_free(&text);
	rk_strbuf_free(&digest);
	return same;
}

/* Set *is to whether a user other than we closed a pull request. */
static enum rk_rc
is_closed(const struct rk_proposals *p, const json_t *pull, const char *me, bool *is, struct rk_err *err)
{
	const char *closer;
	char key[32];

	*is = false;
	if (!is_state(pull, "closed"))
		return RK_OK;
	snprintf(key, sizeof key, "%lld", (long long)number_of(pull));
	closer = rk_json_string(p->closers, key);
	if (!closer)
		return rk_err_set(err, RK_EDATA, "missing who closed the proposal #%s (REST: issues/%s)", key, key);
	*is = !rk_proposals_same_login(closer, me);
	return RK_OK;
}

/* Return the pull request with which a rejection began, if it is still closed; else 0. */
static json_int_t
earlier(const struct rk_proposals *p, const json_t *trailers)
{
	const char *value = find_trailer(trailers, "Rejected-Proposal");
	const json_int_t number = value ? (json_int_t)strtoll(value, NULL, 10) : 0;
	const json_t *pull;
	size_t i;

	json_array_foreach(p->pulls, i, pull)
		if (number && number_of(pull) == number)
			return is_state(pull, "closed") ? number : 0;
	return number;
}

static enum rk_rc
decide(const struct rk_proposals *p, const struct rk_rejection_query *q, json_int_t *number, struct rk_err *err)
{
	const json_t *pull;
	json_t *trailers = NULL;
	bool same = false, closed = false;
	enum rk_rc rc = find_pull(p, q, NULL, &pull, err);

	if (rc == RK_OK && pull)
		rc = read_trailers(p, pull, &trailers, err);
	if (rc == RK_OK && pull)
		same = is_same(trailers, q);
	if (rc == RK_OK && same)
		rc = is_closed(p, pull, q->me, &closed, err);
	if (rc == RK_OK && same)
		*number = closed ? number_of(pull) : earlier(p, trailers);
	json_decref(trailers);
	return rc;
}

static enum rk_rc
read_file(const char *file, struct rk_proposals *proposals, struct rk_err *err)
{
	struct rk_io io = { 0 };
	enum rk_rc rc = rk_io_open_file(&io, file, FILE_BYTES, err);

	*proposals = (struct rk_proposals){ 0 };
	if (rc == RK_OK && (rc = rk_proposals_read(&io, proposals, err)) != RK_OK)
		rk_io_where(&io, file, rc, err);
	rk_io_close_file(&io);
	return rc;
}

enum rk_rc
rk_rejection_find(const char *file, const struct rk_rejection_query *query, json_int_t *number, struct rk_err *err)
{
	struct rk_proposals proposals;
	enum rk_rc rc = read_file(file, &proposals, err);

	*number = 0;
	if (rc == RK_OK && (rc = decide(&proposals, query, number, err)) == RK_EDATA)
		rk_err_prefix(err, rc, "%s", file);
	rk_proposals_free(&proposals);
	return rc;
}

enum rk_rc
rk_rejection_pending(const char *file, const struct rk_rejection_query *query, bool *open, struct rk_err *err)
{
	struct rk_proposals proposals;
	const json_t *pull = NULL;
	enum rk_rc rc = read_file(file, &proposals, err);

	if (rc == RK_OK && (rc = find_pull(&proposals, query, "open", &pull, err)) == RK_EDATA)
		rk_err_prefix(err, rc, "%s", file);
	*open = rc == RK_OK && pull;
	rk_proposals_free(&proposals);
	return rc;
}
