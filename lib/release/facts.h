#ifndef RK_FACTS_H
#define RK_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base/err.h"
#include "git/ancestry.h"
#include "git/git.h"
#include "gitops/catalog.h"

#define RK_FACTS_PATHS 100	/* so many of the files that an image does not carry are named */

/* Where to look.  All is borrowed. */
struct rk_facts_sources {
	const struct rk_service *service;
	const char *runs;	/* a file, as rk_runs_read() reads it */
	const char *held;	/* a file of override records, or NULL */
	bool unframed;		/* it may lack its end record */
	const char *dir;	/* the service's repository, or NULL */
};

/* What is known of the commits of a ring.  Free with rk_facts_free(). */
struct rk_facts {
	json_t *runs;			/* rk_runs_read()'s */
	bool more_runs;
	json_t *held;			/* ["<a commit's id or its start>", ...]: what tenants run */
	json_t *way;			/* rk_ring_branch_commits()'s from the head; [head] without a repository */
	json_t *paths;			/* the files that the ring's image does not carry, the first of them */
	size_t n_paths;			/* how many there are */
	git_repository *git;		/* NULL without a repository, and so is history */
	struct rk_ancestry *history;
};

/*
 * Find out what is known of a ring and its head, a whole id.
 * RK_ENOINPUT: a file, the repository, or a commit that is needed is not there.  RK_EDATA: a file is not what it
 * should be; err->msg has its name.  RK_EPERM, RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_facts_find(const struct rk_facts_sources *from, const char *ring, const char *head,
    struct rk_facts *evidence, struct rk_err *err);

/*
 * Is the commit, one of way, behind one that is held?  Without a repository, and for a held one that is not in it:
 * no.  RK_ENOINPUT: the history there is too short to tell.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_facts_is_older(const struct rk_facts *evidence, const char *commit, bool *older, struct rk_err *err);

void rk_facts_free(struct rk_facts *evidence);

#endif
