#ifndef RK_PUBLISH_H
#define RK_PUBLISH_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

/* The target of a stream's changes, and the options of applypatch(1).  All is borrowed until rk_publish_close(). */
struct rk_publish_options {
	const char *dir, *branch;	/* a directory in the repository; a branch of it, or of remote */
	const char *onto;		/* the branch that branch is a proposal for; NULL: not a proposal */
	const char *remote;		/* the remote of both branches, as git push takes it; NULL: local branches */
	unsigned seconds;		/* that one command with the remote may take */
	const json_t *trailers;		/* further ones, a list of rk_trailer_add() */
	bool partial;			/* a refusal stops only its own tenant */
	bool dry_run;			/* do all except writing */
	bool diff;			/* write the diff instead of records (io->plain is set too) */
	bool update;			/* update clean work trees that have the branch checked out */
	bool sign;			/* sign the commit, even without commit.gpgSign */
};

/* A stream of patches that becomes one commit. */
struct rk_publish;

/*
 * Open the repository and the branch.  *publish on RK_OK is closed with rk_publish_close(), else NULL.
 * RK_EUSAGE, RK_ENOINPUT, RK_EPERM, RK_EIO, RK_ENOMEM: as rk_git_open(), rk_target_open() and rk_sign_wanted().
 */
enum rk_rc rk_publish_open(const struct rk_publish_options *options, struct rk_publish **publish, struct rk_err *err);
void rk_publish_close(struct rk_publish *publish);	/* may be NULL */

/* Return whether rk_publish_run() runs programs: git for a remote, a work tree or a date, or a signer. */
bool rk_publish_runs_programs(const struct rk_publish *publish);

/*
 * Take a record of the stream that io reads: keep a patch until the end of the stream; note a refusal, and pass it on.
 * RK_EDATA: invalid patch record.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_publish_add(struct rk_publish *publish, struct rk_io *io, json_t *record, struct rk_err *err);

/*
 * After the end of the stream, apply all patches to the branch's tip in one commit, move the branch, and write a result
 * or a refusal for each patch, in their order.  The records of a tenant are applied together or not at all.  If the
 * branch has moved, all patches are applied again to its new tip.
 * A proposal is built on the tip of onto, and replaces the branch's own commits if it must (proposal.h).  If nothing
 * changes, the branch is deleted, unless anything was refused.
 * RK_OK: done, or nothing to do; refusals are written as records, and stop all changes unless options->partial is set.
 * RK_ERACE: the branch kept moving, or stayed locked.  RK_ENOINPUT, RK_EPERM: it is deleted or checked out, or the
 * commit has no author or no key.  The branch is then unchanged.
 * RK_EIO, RK_ENOMEM: the same (also if signing failed), unless err->msg says that the branch has the commit: then the
 * results cannot be written, or a work tree cannot be updated.
 */
enum rk_rc rk_publish_run(struct rk_publish *publish, struct rk_io *io, struct rk_err *err);

/* After RK_OK, add to the end record what became of the proposal, if the branch is one: proposal, merge, head (ring-records(5)). */
void rk_publish_ending(const struct rk_publish *publish, json_t *ending);

#endif
