#ifndef RK_PACK_H
#define RK_PACK_H

#include <stddef.h>

#include "base/err.h"
#include "git/git.h"

/* Git objects in memory, each once, which are written to a repository as one pack, or not at all. */
struct rk_pack;

enum rk_rc rk_pack_new(struct rk_pack **pack, struct rk_err *err);	/* an empty one; RK_ENOMEM */
void rk_pack_free(struct rk_pack *pack);	/* may be NULL */

/* Add an object of len bytes, which are copied, unless the pack has it.  *oid becomes its id.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_pack_add(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, git_oid *oid,
    struct rk_err *err);

/*
 * Add an object that differs little from others, as rk_pack_add() does.  Of the objects that were added with the same
 * near, all except the first are written as deltas against the first.  near need not be the id of an object.
 */
enum rk_rc rk_pack_add_near(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, const git_oid *near,
    git_oid *oid, struct rk_err *err);

/* Return the bytes of an object, borrowed, and its length in *len; NULL if the pack does not have it. */
const void *rk_pack_get(const struct rk_pack *pack, const git_oid *oid, size_t *len);

/*
 * Write the objects to a repository as one pack, and wait until it is on disk (fsync).  Objects that the repository has
 * are written again, because git gc may be about to remove them.
 * RK_EIO, RK_ENOMEM: nothing was written, or a pack to which nothing refers, or files that git prune removes.
 */
enum rk_rc rk_pack_write(const struct rk_pack *pack, git_repository *git, struct rk_err *err);

/* Write the objects as one pack into the directory dir (objects/pack) of a scratch repository.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_pack_write_into(const struct rk_pack *pack, const char *dir, struct rk_err *err);

#endif
