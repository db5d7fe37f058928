#ifndef RK_RING_COMMITS_H
#define RK_RING_COMMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"

#define RK_RING_COMMITS_PATHS 100	/* the most paths that are listed */

/* The files and the repository to read.  All is borrowed. */
struct rk_ring_commits_sources {
	const struct rk_service *service;
	const char *runs;		/* a file of builds, as rk_runs_read() reads it */
	const char *overrides;		/* a file of override records, or NULL */
	bool unframed;			/* overrides may lack its end record */
	const char *dir;		/* the service's repository, or NULL */
	const char *merged;		/* a file of pull requests, or NULL */
	const char *digests;		/* a file, as rk_digest_find() reads it, or NULL */
	bool later;			/* the ring's head was read after the overrides */
	const char *proposals, *me;	/* for rk_rejection_find(); NULL: nothing is rejected */
	bool ignore_rejection;		/* there are no proposals because a person said so */
};

/* Builds and history of a ring's commits.  Free with rk_ring_commits_free(). */
struct rk_ring_commits {
	json_t *runs;			/* rk_runs_read()'s builds */
	bool more_runs;			/* the file has only some of them */
	json_t *deployed;		/* ["<a commit's id or its start>", ...] in the ring's overrides */
	json_t *others;			/* {"<ring>": [as deployed], ...} of the service's other rings */
	bool at_head;			/* the repository has the same head, which was read after the overrides */
	json_t *chain;			/* rk_ring_branch_commits() from the head; [head] without a repository */
	json_t *paths;			/* files that changed and that an image does not carry: the first of them */
	size_t n_paths;			/* the number of all of them */
	struct rk_ring_commits_git *git;	/* private; NULL without a repository */
};

/*
 * Read what is known about a ring and its head, a whole id.  Free commits in any case.
 * RK_ENOINPUT: a file, the repository or a commit not found.  RK_EDATA: invalid file; err->msg starts with its name.
 * RK_EPERM, RK_EIO.
 */
enum rk_rc rk_ring_commits_read(const struct rk_ring_commits_sources *from, const char *ring, const char *head,
    struct rk_ring_commits *commits, struct rk_err *err);

/*
 * Set *holds to whether the overrides that are given have one of the service's ring.  Only they are read.
 * Fails as rk_ring_commits_read().
 */
enum rk_rc rk_ring_commits_holds(const struct rk_ring_commits_sources *from, const char *ring, bool *holds,
    struct rk_err *err);

/*
 * Set *older to whether a commit of the chain is an ancestor of a deployed one.  Without a repository, and for deployed
 * commits that are not in it, it is not.
 * RK_ENOINPUT: the clone's history is too short to tell.  RK_EIO.
 */
enum rk_rc rk_ring_commits_is_older(const struct rk_ring_commits *commits, const char *commit, bool *older,
    struct rk_err *err);

/*
 * Set *supersedes to the rings that a commit, a whole id, contains (rk_supersede_find()): a new reference on RK_OK, else NULL.
 * Without a repository there are none.  RK_EIO, and as rk_pulls_merged() for the sources' file, if it is given.
 */
enum rk_rc rk_ring_commits_supersedes(const struct rk_ring_commits *commits, const char *merged, const char *commit,
    json_t **supersedes, struct rk_err *err);

/* Free what the struct holds. */
void rk_ring_commits_free(struct rk_ring_commits *commits);

#endif
