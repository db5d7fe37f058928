#ifndef RK_REJECTION_H
#define RK_REJECTION_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

/* A release, and the login that our proposals have as their author.  All is borrowed. */
struct rk_rejection_query {
	const struct rk_service *service;
	const char *ring, *commit;
	const json_t *labels;
	const json_t *values;			/* that the ring brings, or NULL */
	const char *me;
};

/*
 * Read GitHub's answers about the ring's proposals from a file (forge/proposals.h), and set *number to the pull request
 * that a person closed without merging it, 0 if there is none.
 *
 * Of the pull requests for the ring's branches that are from the same repository and have our author, the one with the
 * highest number counts.  The trailers of its head say what it released (publish/commit_message.h): it rejects the same
 * commit, labels and values only, if another user than we closed it, or if it was made while another one was rejected, which is
 * still closed.  Merges by a forge are passed over.
 *
 * RK_EDATA: the file is invalid, or lacks what is needed; err->msg says what to add.  RK_ENOINPUT, RK_EIO.
 */
enum rk_rc rk_rejection_find(const char *file, const struct rk_rejection_query *query, json_int_t *number,
    struct rk_err *err);

/*
 * Set *open to whether one of the ring's proposals, as above, is open.  Of the query, service, ring and me are read.
 * Fails as rk_rejection_find().
 */
enum rk_rc rk_rejection_pending(const char *file, const struct rk_rejection_query *query, bool *open, struct rk_err *err);

#endif
