#ifndef RK_PUBLISH_H
#define RK_PUBLISH_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"

/* Where the changes of a stream go, and how.  All is borrowed, and must outlive the publication. */
struct rk_publish_options {
	const char *dir, *branch;	/* a directory in the repository; a branch of it, or of remote */
	const char *onto;		/* the branch which branch is a proposal for; NULL: it is none */
	const char *remote;		/* that has both, as git push names it; NULL: they are here */
	unsigned seconds;		/* that one talk with it may take */
	const json_t *trailers;		/* further ones, as rk_trailer_add() makes them */
	bool partial;			/* a refusal stops its own tenant alone */
	bool dry_run;			/* all but writing */
	bool diff;			/* the output is the diff (io->plain is set, too) */
	bool update;			/* clean work trees that have the branch checked out are brought along */
	bool sign;			/* the commit is signed, whether commit.gpgSign asks for it or not */
};

struct rk_publish;

/* RK_EUSAGE, RK_ENOINPUT, RK_EPERM: what rk_git_open(), rk_ref_open() and rk_sign_wanted() say.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_publish_open(const struct rk_publish_options *options, struct rk_publish **publish, struct rk_err *err);
void rk_publish_free(struct rk_publish *publish);	/* may be NULL */

/*
 * Take a record of the stream that io reads: a patch, which is kept until the end of the stream, or a refusal,
 * which is noted and passed on.  RK_EDATA: a patch record that is not whole.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_publish_add(struct rk_publish *publish, struct rk_io *io, json_t *record, struct rk_err *err);

/*
 * The stream is whole: apply all patches to the branch's tip in one commit, move the branch, and write one
 * result or refusal for each patch, in their order.  What one tenant's records ask for is done together or not
 * at all.  When the branch has moved meanwhile, all is applied again to its new tip.
 * A proposal is built on the tip of onto, and takes the place of the branch's own commits where it must
 * (proposal.h); where nothing is wanted any more the branch is deleted, unless anything was refused.
 * RK_OK: done, or nothing to do; refusals are told as records, and change nothing unless options->partial.
 * RK_ERACE: the branch kept moving, or stayed locked.  RK_ENOINPUT, RK_EPERM: it is gone, checked out, or the
 * commit has no author or no key.  RK_EBUG: an edit went wrong.  The branch is then as it was.
 * RK_EIO, RK_ENOMEM: so it is, too (a signer may have failed), unless err->msg says that the branch has the
 * commit: then the results cannot be told, or a work tree could not be brought along.
 */
enum rk_rc rk_publish(struct rk_publish *publish, struct rk_io *io, struct rk_err *err);

/* What has become of the proposal, after RK_OK: the member "proposal" of the end record.  NULL: there is none. */
const char *rk_publish_proposal(const struct rk_publish *publish);

#endif
