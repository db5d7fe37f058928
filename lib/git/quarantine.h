#ifndef RK_QUARANTINE_H
#define RK_QUARANTINE_H

#include "base/err.h"
#include "git/git.h"
#include "git/pack.h"

/*
 * New objects of a repository, on disk but not in it yet, as git-receive-pack(1) has them: they move in when the branch that
 * needs them is about to move, or go.  They are in a directory of their own, objects/ringkit_XXXXXX; those that killed
 * processes have left are removed after a day.
 */
struct rk_quarantine;

/*
 * Write the objects of a pack, and wait until they are on disk (fsync).  Objects that the repository has are written again,
 * because git gc may be about to remove them.
 *
 *   git         borrowed until rk_quarantine_close()
 *   quarantine  on RK_OK closed with rk_quarantine_close(), else NULL
 *
 * RK_EIO, RK_ENOMEM: nothing has changed in the repository.
 */
enum rk_rc rk_quarantine_open(git_repository *git, const struct rk_pack *pack, struct rk_quarantine **quarantine,
    struct rk_err *err);

/* Return the directory, for rk_git_command.objects: borrowed. */
const char *rk_quarantine_dir(const struct rk_quarantine *quarantine);

/*
 * Move the objects into the repository, unless they are there, and keep git gc from removing them until
 * rk_quarantine_close().  quarantine may be NULL: there are none.  RK_EIO, RK_ENOMEM: nothing refers to what has moved.
 */
enum rk_rc rk_quarantine_migrate(struct rk_quarantine *quarantine, struct rk_err *err);

/* Remove the objects unless they have migrated; if they have, git gc may remove those to which nothing refers. */
void rk_quarantine_close(struct rk_quarantine *quarantine);	/* may be NULL */

#endif
