#ifndef RK_PACK_H
#define RK_PACK_H

#include <stddef.h>

#include "base/err.h"
#include "git/git.h"

/*
 * Git objects in memory, each once, to be written as one pack or not at all.
 *
 * libgit2's own ways cost too much: git_mempack_dump packs all that a commit reaches, and git_odb_write
 * rereads the list of packs for every new object.
 */
struct rk_pack;

enum rk_rc rk_pack_new(struct rk_pack **pack, struct rk_err *err);
void rk_pack_free(struct rk_pack *pack);	/* may be NULL */

/* Add an object; len bytes are copied.  *oid becomes its id.  RK_ENOMEM. */
enum rk_rc rk_pack_add(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, git_oid *oid,
    struct rk_err *err);

/*
 * The same for one of several that differ little from each other: those that name the same near are written as
 * differences from the first of them.  near itself need not be in the pack, nor anywhere.
 */
enum rk_rc rk_pack_add_near(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, const git_oid *near,
    git_oid *oid, struct rk_err *err);

/* The bytes (borrowed, never NULL) and length of an object that was added. */
const void *rk_pack_get(const struct rk_pack *pack, const git_oid *oid, size_t *len);

/*
 * Write them to git as one pack, on disk (fsync) when this returns.  An object that the repository has already
 * is written again: it may be one that nothing refers to, and that a git gc is about to remove.
 * RK_EIO, RK_ENOMEM: nothing, or a pack that nothing refers to, was left behind.
 */
enum rk_rc rk_pack_write(const struct rk_pack *pack, git_repository *git, struct rk_err *err);

/* The same for the directory of another object database's packs. */
enum rk_rc rk_pack_write_into(const struct rk_pack *pack, const char *dir, struct rk_err *err);

#endif
