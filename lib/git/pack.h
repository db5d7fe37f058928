#ifndef RK_PACK_H
#define RK_PACK_H

#include <stddef.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* New Git objects, each once, which are written as one pack. */
struct rk_pack;

struct rk_pack *rk_pack_new(void);	/* an empty one */
void rk_pack_free(struct rk_pack *pack);	/* may be NULL */

/*
 * Before the first object: let files be put aside in a directory once they take much memory, as rk_spool does.  dir is borrowed;
 * NULL: they stay in memory.
 */
void rk_pack_put_aside(struct rk_pack *pack, const char *dir);

/* Add an object of len bytes, which are copied, unless the pack has it.  *oid becomes its id.  Files are kept deflated.  As rk_spool_add(). */
enum rk_rc rk_pack_add(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, git_oid *oid,
    struct rk_err *err);

/*
 * Add an object that differs little from others, as rk_pack_add() does.  Of the objects that were added with the same
 * near, all except the first are written as deltas against the first.  near need not be the id of an object.
 */
enum rk_rc rk_pack_add_near(struct rk_pack *pack, git_object_t type, const void *bytes, size_t len, const git_oid *near,
    git_oid *oid, struct rk_err *err);

/* Add an object that another pack, which must outlive this one, has. */
void rk_pack_borrow(struct rk_pack *pack, const struct rk_pack *from, const git_oid *oid);

/* Append the content of an object that the pack has.  RK_EBUG: it does not.  RK_EIO. */
enum rk_rc rk_pack_read(const struct rk_pack *pack, const git_oid *oid, struct rk_strbuf *bytes, struct rk_err *err);

/*
 * Write the objects as a pack and its index into a directory, on disk (fsync) on return, and append the name that they have
 * there without suffix, "pack-<checksum>", to name.  RK_EIO.
 */
enum rk_rc rk_pack_write(const struct rk_pack *pack, const char *dir, struct rk_strbuf *name, struct rk_err *err);

/* Check that a database has all objects.  RK_EIO: one is missing. */
enum rk_rc rk_pack_check(const struct rk_pack *pack, git_odb *odb, struct rk_err *err);

#endif
