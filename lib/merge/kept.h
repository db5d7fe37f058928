#ifndef RK_KEPT_H
#define RK_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/git.h"

/* The trees of a merge, seen from one of its sides. */
struct rk_kept_trees {
	git_repository *git;		/* borrowed: has them */
	git_oid base, side, other;
	git_oid merged;
	const json_t *discarded;	/* borrowed: what is reported already (ring-records(5), sync); NULL: nothing */
};

/* A change that the side has made against the base, and that the merged tree does not have. */
struct rk_kept_loss {
	char *path;			/* in the side, or, if the side has deleted it, in the base */
	unsigned mode;			/* of the side; 0: it has deleted the path */
	git_oid id;
	bool mode_only;			/* the content is in the merged tree */
	char *origin;			/* from which the side has renamed the file; NULL: it has not */
};

struct rk_kept_losses {
	struct rk_kept_loss *loss;	/* in the order of their paths */
	size_t n, size;
};

/*
 * List the changes of a side that are neither in the merged tree nor reported.  The content of a file is in it if some
 * file, there or at a path that the merge has added, has each line that the side has added, and not those that it has
 * deleted; all other entries must be the same.
 *
 *   losses  zeroed at first; free with rk_kept_free() in any case
 *
 * RK_ENOINPUT: an object is missing.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_kept_find_losses(const struct rk_kept_trees *trees, struct rk_kept_losses *losses, struct rk_err *err);
void rk_kept_free(struct rk_kept_losses *losses);

#endif
