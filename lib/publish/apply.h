#ifndef RK_APPLY_H
#define RK_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "git/commit.h"
#include "git/git.h"
#include "publish/patch_list.h"

/* The patches of a stream, and what becomes of each of them on a commit. */
struct rk_apply;

enum rk_apply_state { RK_APPLY_UNCHANGED, RK_APPLY_CHANGED, RK_APPLY_REFUSED, RK_APPLY_WITHHELD };

/*
 * Start with no patches.
 *
 *   git    borrowed until rk_apply_free()
 *   write  whether new files that take much memory may be put aside in the repository: rk_pack_put_aside()
 */
struct rk_apply *rk_apply_new(git_repository *git, bool write);
void rk_apply_free(struct rk_apply *apply);	/* may be NULL */

/*
 * Add a record, the line that io has read, which has passed rk_patch_record_check().  If it says which blob it edits, and
 * the repository has that, the edits are made at once; rk_apply_run() uses the result if the file is that
 * blob and no other patch edits it, and otherwise makes them again.  RK_EIO, RK_ENOMEM: as rk_spool_add().
 */
enum rk_rc rk_apply_add(struct rk_apply *apply, const struct rk_io *io, const json_t *record, struct rk_err *err);

/* Let no patch of a tenant be applied. */
void rk_apply_stop(struct rk_apply *apply, const char *tenant);

/* Return the patches, borrowed. */
const struct rk_patch_list *rk_apply_list(const struct rk_apply *apply);

/*
 * Apply all patches to base, in memory: all patches of a tenant, or none of them.  Equal patches are applied once.
 *
 *   refused  refusals before this stream; unless partial is set, they, as all others, stop all changes
 *
 * RK_EIO, RK_ENOMEM: as rk_source_open_commit() and rk_commit_put().
 */
enum rk_rc rk_apply_run(struct rk_apply *apply, const git_oid *base, size_t refused, bool partial, struct rk_io *io,
    struct rk_err *err);

/* Drop what rk_apply_run() made; the patches stay. */
void rk_apply_drop(struct rk_apply *apply);

/* After rk_apply_run(): the commit with the changes, borrowed until rk_apply_drop(); the number of patches that it refused. */
struct rk_commit *rk_apply_commit(const struct rk_apply *apply);
size_t rk_apply_refused(const struct rk_apply *apply);

/* After rk_apply_run(): what became of a patch; why, if it is RK_APPLY_REFUSED, borrowed until rk_apply_drop(). */
enum rk_apply_state rk_apply_state(const struct rk_apply *apply, uint32_t patch);
const struct rk_err *rk_apply_why(const struct rk_apply *apply, uint32_t patch);

/* Nothing is changed now: set another state for the patches that would have been. */
void rk_apply_cancel(struct rk_apply *apply, enum rk_apply_state state);

#endif
