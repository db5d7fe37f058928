#ifndef RK_SYNC_H
#define RK_SYNC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/io.h"

/* Which branches are kept up with which, and how.  All is borrowed, and must outlive the sync. */
struct rk_sync_options {
	const char *dir;	/* a directory in the repository */
	const char *from;	/* the default branch */
	const char *remote;	/* the branches are what was last seen of this remote's; NULL: the local ones */
	bool push;		/* read the branches from the remote now, and push them there, all or none at once */
	unsigned seconds;	/* that one talk with the remote may take */
	bool dry_run;		/* all but writing, and talking to the remote */
	bool sign;		/* the merges, as Git is configured to */
	bool settle;		/* what -X ours does not settle is settled for the ring, too */
	size_t max_discard;	/* a ring that would lose more is refused */
};

struct rk_sync;

/*
 * RK_EUSAGE, RK_ENOINPUT, RK_EPERM: what rk_git_open() says, or there is no such default branch.
 * RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_sync_open(const struct rk_sync_options *options, struct rk_sync **sync, struct rk_err *err);
void rk_sync_free(struct rk_sync *sync);	/* may be NULL */

/* Name a ring, with the line of the input that does (0: none); one that was named before is passed over.  RK_ENOMEM. */
enum rk_rc rk_sync_add(struct rk_sync *sync, const char *ring, size_t len, size_t line, struct rk_err *err);

/* Name every ring that there is, by name.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_sync_add_all(struct rk_sync *sync, struct rk_err *err);

/*
 * Merge the default branch into each ring, move their branches, and write one sync record or refusal for each, in the
 * order of their names.  One that has moved meanwhile is merged again.
 * RK_OK: done, or refused, as the records say.  Else nothing was moved, or what was stands in the records that were
 * written: RK_ENOINPUT: a commit has no author, there is no Git, or the remote has no such default branch.
 * RK_EPERM: the remote cannot be read.  RK_EIO, also for a push of which is not known what came of it.  RK_ENOMEM.
 */
enum rk_rc rk_sync_run(struct rk_sync *sync, struct rk_io *io, struct rk_err *err);

#endif
