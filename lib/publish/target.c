#include <stdlib.h>

#include "publish/target.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/quarantine.h"
#include "git/ref.h"
#include "git/remote.h"

#define TRIES 8			/* of a push to a locked branch */

struct rk_target {
	const struct rk_target_options *options;
	struct rk_ref *ref;		/* of a local branch, else NULL */
	struct rk_remote *remote;	/* of a branch on a remote, else NULL */
	struct rk_strbuf name;
	git_oid from, to;		/* of the last move; to is zero if there was none */
};

static enum rk_rc
open_remote(struct rk_target *t, struct rk_err *err)
{
	const struct rk_target_options *options = t->options;
	enum rk_rc rc = rk_ref_check(options->branch, err);

	if (rc == RK_OK && options->onto)
		rc = rk_ref_check(options->onto, err);
	if (rc == RK_OK)
		rc = rk_remote_open(options->git, options->dir, options->remote, options->seconds, &t->remote, err);
	if (rc == RK_OK)
		rk_strbuf_printf(&t->name, "the branch \"%s\" of %s", options->branch, rk_remote_name(t->remote));
	return rc;
}

static enum rk_rc
open_local(struct rk_target *t, struct rk_err *err)
{
	const struct rk_target_options *options = t->options;

	rk_strbuf_printf(&t->name, "the branch \"%s\"", options->branch);
	return rk_ref_open(options->git, options->branch, (options->onto ? RK_REF_CREATE : 0) |
	    (options->update ? RK_REF_UPDATE_WORKTREES : 0), &t->ref, err);
}

enum rk_rc
rk_target_open(const struct rk_target_options *options, struct rk_target **target, struct rk_err *err)
{
	struct rk_target *new = rk_memory_calloc(1, sizeof *new);
	enum rk_rc rc;

	*target = NULL;
	new->options = options;
	rc = options->remote ? open_remote(new, err) : open_local(new, err);
	if (rc == RK_OK)
		*target = new;
	else
		rk_target_close(new);
	return rc;
}

void
rk_target_close(struct rk_target *t)
{
	if (!t)
		return;
	rk_remote_close(t->remote);
	rk_ref_close(t->ref);
	rk_strbuf_free(&t->name);
	free(t);
}

const char *
rk_target_name(const struct rk_target *t)
{
	return t->name.data;
}

static enum rk_rc
read_remote(struct rk_target *t, git_oid *tip, git_oid *base, struct rk_err *err)
{
	const char *const branch[] = { t->options->branch, t->options->onto };
	const size_t n = t->options->onto ? 2 : 1;
	git_oid id[2];
	enum rk_rc rc = rk_remote_read(t->remote, branch, n, id, err);

	*tip = id[0];
	*base = id[n - 1];
	if (rc == RK_OK && git_oid_is_zero(base))
		rc = rk_err_set(err, RK_ENOINPUT, "branch \"%s\" not found on %s", branch[n - 1], rk_remote_name(t->remote));
	return rc;
}

static enum rk_rc
read_local(struct rk_target *t, git_oid *tip, git_oid *base, struct rk_err *err)
{
	enum rk_rc rc = rk_ref_tip(t->ref, tip, err);

	*base = *tip;
	if (rc == RK_OK && t->options->onto)
		rc = rk_ref_read(t->options->git, t->options->onto, base, err);
	return rc;
}

enum rk_rc
rk_target_read(struct rk_target *t, git_oid *tip, git_oid *base, struct rk_err *err)
{
	enum rk_rc rc = t->remote ? read_remote(t, tip, base, err) : read_local(t, tip, base, err);

	/* a branch that Git cannot create is found here, and not by a push that fails as if the branch were locked */
	if (rc == RK_OK && git_oid_is_zero(tip))
		rc = t->remote ? rk_remote_check_creatable(t->remote, t->options->branch, err)
			       : rk_ref_check_creatable(t->options->git, t->options->branch, err);
	return rc;
}

/* Push, and wait for a lock on the remote. */
static enum rk_rc
push(struct rk_target *t, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	struct rk_remote_move move = { .branch = t->options->branch, .old = *old, .new = *new };
	enum rk_rc rc;
	unsigned try;

	for (try = 1; (rc = rk_remote_push(t->remote, &move, 1, err)) == RK_ERACE && try < TRIES; try++)
		rk_clock_backoff(try);
	return rc;
}

enum rk_rc
rk_target_move(struct rk_target *t, const git_oid *old, const git_oid *new, struct rk_quarantine *quarantine,
    const char *message, struct rk_err *err)
{
	/* git push sets a remote-tracking branch, too, so the objects have to be there before */
	enum rk_rc rc = t->remote ? rk_quarantine_migrate(quarantine, err)
				  : rk_ref_move(t->ref, old, new, quarantine, message, err);

	if (rc == RK_OK && t->remote)
		rc = push(t, old, new, err);
	if (rc == RK_OK) {
		t->from = *old;
		t->to = *new;
	}
	return rc;
}

enum rk_rc
rk_target_update_worktrees(struct rk_target *t, struct rk_err *err)
{
	if (t->remote || git_oid_is_zero(&t->to))
		return RK_OK;
	return rk_ref_update_worktrees(t->ref, &t->from, &t->to, err);
}
