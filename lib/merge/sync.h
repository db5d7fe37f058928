#ifndef RK_SYNC_H
#define RK_SYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/io.h"

/* Options of a sync.  Strings are borrowed, and must outlive it. */
struct rk_sync_options {
	const char *dir;	/* a directory in the repository */
	const char *from;	/* the default branch */
	const char *rings;	/* the pattern of the rings' branches (git/ring_pattern.h) */
	const char *remote;	/* use the remote-tracking branches of this remote; NULL: the local branches */
	bool push;		/* read the branches from the remote, and push them to it, all or none at once */
	unsigned seconds;	/* that one git command may take */
	bool dry_run;		/* write nothing, and do not contact the remote */
	bool sign;		/* sign the merges as Git is configured to */
	bool for_ring;		/* also resolve in favour of the ring what git merge -X ours does not resolve */
	size_t max_discard;	/* refuse a ring that would lose more pieces of the default branch */
};

/* Merges of the default branch into rings. */
struct rk_sync;

/*
 * *sync is closed with rk_sync_close() in any case.
 * Fails as rk_git_open() and rk_remote_open().  RK_ENOINPUT: also if there is no such default branch.
 */
enum rk_rc rk_sync_open(const struct rk_sync_options *options, struct rk_sync **sync, struct rk_err *err);
void rk_sync_close(struct rk_sync *sync);	/* may be NULL */

/* Add a ring by its name; line is that of the input, or 0.  A ring that was added before is ignored. */
void rk_sync_add(struct rk_sync *sync, const char *ring, size_t len, size_t line);

/* Add all rings of the repository, and let their records be in the order of their names.  RK_EIO. */
enum rk_rc rk_sync_add_all(struct rk_sync *sync, struct rk_err *err);

/*
 * Merge the default branch into each ring, move its branch, and write its record, or a refusal, in the order in which
 * the rings were added.  A ring that has moved in the meantime is merged again.
 *
 * RK_OK: each ring is merged, up to date or refused.  After any other result, only the rings with a record have moved.
 * RK_ENOINPUT: a commit has no author, there is no Git, or the remote does not have the default branch.
 * RK_EPERM: no permission to read the remote.  RK_EIO: also if the result of a push is unknown.  RK_ENOMEM.
 */
enum rk_rc rk_sync_run(struct rk_sync *sync, struct rk_io *io, struct rk_err *err);

#endif
