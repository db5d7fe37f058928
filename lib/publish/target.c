#include <stdlib.h>

#include "publish/target.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/ref.h"
#include "git/remote.h"

#define TRIES 8			/* of a push that finds a lock */

struct rk_target {
	const struct rk_target_options *options;
	struct rk_ref ref;
	struct rk_remote *remote;	/* NULL: the branch is here, and is ref */
	struct rk_strbuf name;
	git_oid from, to;		/* of the move that was made, if one was */
};

static enum rk_rc
open_remote(struct rk_target *place, struct rk_err *err)
{
	const struct rk_target_options *options = place->options;
	enum rk_rc rc = rk_ref_check(options->branch, err);

	if (rc == RK_OK && options->onto)
		rc = rk_ref_check(options->onto, err);
	if (rc == RK_OK)
		rc = rk_remote_open(options->git, options->dir, options->remote, options->seconds, &place->remote, err);
	if (rc == RK_OK)
		rk_strbuf_printf(&place->name, "the branch \"%s\" of %s", options->branch, rk_remote_name(place->remote));
	return rc;
}

static enum rk_rc
open_here(struct rk_target *place, struct rk_err *err)
{
	const struct rk_target_options *options = place->options;

	rk_strbuf_printf(&place->name, "the branch \"%s\"", options->branch);
	return options->update ? rk_ref_open_everywhere(options->git, options->branch, options->onto, &place->ref, err)
			       : rk_ref_open(options->git, options->branch, options->onto, &place->ref, err);
}

enum rk_rc
rk_target_open(const struct rk_target_options *options, struct rk_target **place, struct rk_err *err)
{
	struct rk_target *new = calloc(1, sizeof *new);
	enum rk_rc rc;

	*place = NULL;
	if (!new)
		return rk_err_nomem(err);
	new->options = options;
	rc = options->remote ? open_remote(new, err) : open_here(new, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&new->name, err);
	if (rc == RK_OK)
		*place = new;
	else
		rk_target_close(new);
	return rc;
}

void
rk_target_close(struct rk_target *place)
{
	if (!place)
		return;
	rk_remote_close(place->remote);
	rk_ref_free(&place->ref);
	rk_strbuf_free(&place->name);
	free(place);
}

const char *
rk_target_name(const struct rk_target *place)
{
	return place->name.data;
}

static enum rk_rc
read_remote(struct rk_target *place, git_oid *tip, git_oid *base, struct rk_err *err)
{
	const char *const branch[] = { place->options->branch, place->options->onto };
	const size_t n = place->options->onto ? 2 : 1;
	git_oid id[2];
	enum rk_rc rc = rk_remote_read(place->remote, branch, n, id, err);

	*tip = id[0];
	*base = id[n - 1];
	if (rc == RK_OK && git_oid_is_zero(base))
		rc = rk_err_set(err, RK_ENOINPUT, "%s has no branch \"%s\"", rk_remote_name(place->remote), branch[n - 1]);
	return rc;
}

enum rk_rc
rk_target_read(struct rk_target *place, git_oid *tip, git_oid *base, struct rk_err *err)
{
	enum rk_rc rc;

	if (place->remote)
		return read_remote(place, tip, base, err);
	rc = rk_ref_tip(&place->ref, tip, err);
	*base = *tip;
	if (rc == RK_OK && place->options->onto)
		rc = rk_ref_read(place->options->git, place->options->onto, base, err);
	return rc;
}

/* A lock on the other side is waited for, as one here is. */
static enum rk_rc
push(struct rk_target *place, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	struct rk_remote_move move = { .branch = place->options->branch, .old = *old, .new = *new };
	enum rk_rc rc;
	unsigned try;

	for (try = 1; (rc = rk_remote_push(place->remote, &move, 1, err)) == RK_ERACE && try < TRIES; try++)
		rk_clock_backoff(try);
	return rc;
}

enum rk_rc
rk_target_move(struct rk_target *place, const git_oid *old, const git_oid *new, const char *message, struct rk_err *err)
{
	enum rk_rc rc = place->remote ? push(place, old, new, err) : rk_ref_move(&place->ref, old, new, message, err);

	if (rc == RK_OK) {
		place->from = *old;
		place->to = *new;
	}
	return rc;
}

enum rk_rc
rk_target_bring(struct rk_target *place, struct rk_err *err)
{
	if (place->remote || git_oid_is_zero(&place->to))
		return RK_OK;
	return rk_ref_bring(&place->ref, &place->from, &place->to, err);
}
