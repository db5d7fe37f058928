#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <git2.h>

#include "git/ancestry.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"

enum { OF_TIP = 1, OF_COMMIT = 2 };	/* a walk has found that a commit is that one, or an ancestor of it */

struct node {
	int64_t time;			/* the committer's */
	uint32_t parents, n_parents;	/* the index of the first in history->parent, and their number */
	bool read, missing;		/* missing: neither it nor its ancestors are in this clone */
	uint32_t walk;			/* the last walk that came here, to which found and queued belong */
	uint8_t found;
	bool queued;
};

struct rk_ancestry {
	git_repository *git;
	struct rk_intern ids;		/* of commits: the number of an id is the commit's index in node */
	struct node *node;
	size_t size;
	uint32_t *parent;
	size_t n_parents, parents_size;
	uint32_t *lost;			/* the missing ones */
	size_t n_lost, lost_size;
	struct rk_intern pairs;		/* "<tip> <commit>", and the answer to each */
	enum answer { UNASKED, NO, YES, UNSURE } *answer;
	size_t answers_size;
	uint32_t walk;
	uint32_t *heap;			/* commits that the walk has not visited yet, the newest first */
	size_t n_heap, heap_size;
	size_t open;			/* the number of those that are ancestors of the tip only */
};

enum rk_rc
rk_ancestry_open(const char *dir, struct rk_ancestry **history, struct rk_err *err)
{
	enum rk_rc rc;

	*history = rk_memory_calloc(1, sizeof **history);
	rc = rk_git_open(dir, &(*history)->git, err);
	if (rc != RK_OK) {
		free(*history);
		*history = NULL;
	}
	return rc;
}

void
rk_ancestry_close(struct rk_ancestry *history)
{
	if (!history)
		return;
	rk_git_close(history->git);
	rk_intern_free(&history->ids);
	rk_intern_free(&history->pairs);
	free(history->node);
	free(history->parent);
	free(history->lost);
	free(history->answer);
	free(history->heap);
	free(history);
}

/* RK_END: id is not a commit's id, or the start of one. */
static enum rk_rc
check_id(const char *id, struct rk_err *err)
{
	size_t len = strlen(id);

	if (len < 7 || len > 40 || id[strspn(id, "0123456789abcdef")])
		return rk_err_set(err, RK_END, "expected a commit id of 7 to 40 hexadecimal digits, got \"%s\"", id);
	return RK_OK;
}

enum rk_rc
rk_ancestry_commit(struct rk_ancestry *history, const char *id, char oid[RK_OID_HEX], struct rk_err *err)
{
	size_t len = strlen(id);
	git_commit *commit;
	git_oid found;
	int result;

	*oid = '\0';
	if (check_id(id, err) != RK_OK)
		return RK_END;
	if (git_oid_fromstrn(&found, id, len) < 0)
		return rk_git_fail(err, -1, "%s", id);
	result = git_commit_lookup_prefix(&commit, history->git, &found, len);
	if (result == GIT_EAMBIGUOUS)
		return rk_err_set(err, RK_END, "%s is ambiguous: several ids start with it; give more digits", id);
	if (result == GIT_ENOTFOUND)
		return rk_err_set(err, RK_END, "commit %s not found%s", id,
		    git_repository_is_shallow(history->git) ? " (the clone is shallow: git fetch --unshallow)" : "");
	if (result < 0)
		return rk_git_fail(err, result, "%s", id);
	git_oid_tostr(oid, RK_OID_HEX, git_commit_id(commit));
	git_commit_free(commit);
	return RK_OK;
}

/* The number of a commit, which is not read by that. */
static uint32_t
number(struct rk_ancestry *history, const char *oid)
{
	const uint32_t n = rk_intern_add(&history->ids, oid);

	rk_memory_grow(&history->node, n, &history->size, sizeof *history->node);
	return n;
}

static void
add_parents(struct rk_ancestry *history, uint32_t n, git_commit *commit)
{
	unsigned i;
	uint32_t one;
	char oid[RK_OID_HEX];
	git_oid parent;

	history->node[n].parents = (uint32_t)history->n_parents;
	for (i = 0; rk_git_parent(commit, i, &parent); i++) {
		git_oid_tostr(oid, sizeof oid, &parent);
		one = number(history, oid);
		rk_memory_grow(&history->parent, history->n_parents, &history->parents_size, sizeof *history->parent);
		history->parent[history->n_parents++] = one;
	}
	history->node[n].n_parents = i;
}

static void
lose(struct rk_ancestry *history, uint32_t n)
{
	rk_memory_grow(&history->lost, history->n_lost, &history->lost_size, sizeof *history->lost);
	history->lost[history->n_lost++] = n;
	history->node[n].read = history->node[n].missing = true;
}

static enum rk_rc
read_node(struct rk_ancestry *history, uint32_t n, struct rk_err *err)
{
	const char *id = rk_intern_get(&history->ids, n);
	struct rk_err missing = { 0 };
	git_commit *commit;
	enum rk_rc rc;

	if (history->node[n].read)
		return RK_OK;
	rc = rk_git_commit(history->git, id, &commit, &missing);
	if (rc == RK_ENOINPUT) {
		lose(history, n);
		return RK_OK;
	}
	if (rc != RK_OK) {
		*err = missing;
		return rc;
	}
	history->node[n].time = git_commit_time(commit);
	add_parents(history, n, commit);
	history->node[n].read = true;
	git_commit_free(commit);
	return RK_OK;
}

static bool
newer(const struct rk_ancestry *history, size_t a, size_t b)
{
	return history->node[history->heap[a]].time > history->node[history->heap[b]].time;
}

static void
swap(uint32_t *a, uint32_t *b)
{
	uint32_t was = *a;

	*a = *b;
	*b = was;
}

static void
push(struct rk_ancestry *history, uint32_t n)
{
	size_t at = history->n_heap;

	rk_memory_grow(&history->heap, at, &history->heap_size, sizeof *history->heap);
	history->heap[history->n_heap++] = n;
	for (; at > 0 && newer(history, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(&history->heap[at], &history->heap[(at - 1) / 2]);
}

static uint32_t
pop(struct rk_ancestry *history)
{
	uint32_t top = history->heap[0];
	size_t at = 0, child;

	history->heap[0] = history->heap[--history->n_heap];
	while ((child = 2 * at + 1) < history->n_heap) {
		if (child + 1 < history->n_heap && newer(history, child + 1, child))
			child++;
		if (!newer(history, child, at))
			break;
		swap(&history->heap[at], &history->heap[child]);
		at = child;
	}
	return top;
}

/* Note what else a commit is found to be. */
static enum rk_rc
paint(struct rk_ancestry *history, uint32_t n, uint8_t found, struct rk_err *err)
{
	enum rk_rc rc = read_node(history, n, err);
	struct node *node;

	if (rc != RK_OK)
		return rc;
	node = &history->node[n];
	if (node->walk != history->walk) {
		node->walk = history->walk;
		node->found = 0;
		node->queued = false;
	}
	if ((node->found | found) == node->found)
		return RK_OK;
	if (node->queued && node->found == OF_TIP)
		history->open--;
	node->found |= found;
	if (!node->queued && !node->missing)
		push(history, n);
	node->queued = !node->missing;
	if (node->queued && node->found == OF_TIP)
		history->open++;
	return RK_OK;
}

/*
 * Walk from both commits, the newest first, until all commits that are left are ancestors of commit; commit cannot be
 * an ancestor of those (git merge-base does the same).  Wrong commit times make the walk longer, not wrong.
 */
static enum rk_rc
walk_back(struct rk_ancestry *history, uint32_t tip, uint32_t commit, enum answer *answer, struct rk_err *err)
{
	const struct node *lost;
	enum rk_rc rc;
	uint32_t n, i;

	history->walk++;
	history->n_heap = history->open = 0;
	rc = paint(history, commit, OF_COMMIT, err);
	if (rc == RK_OK)
		rc = paint(history, tip, OF_TIP, err);
	while (rc == RK_OK && history->open > 0 && !(history->node[commit].found & OF_TIP)) {
		n = pop(history);
		history->node[n].queued = false;
		history->open -= history->node[n].found == OF_TIP;
		for (i = 0; rc == RK_OK && i < history->node[n].n_parents; i++)
			rc = paint(history, history->parent[history->node[n].parents + i], history->node[n].found, err);
	}
	if (rc != RK_OK)
		return rc;
	*answer = history->node[commit].found & OF_TIP ? YES : NO;
	for (i = 0; *answer == NO && i < history->n_lost; i++) {
		lost = &history->node[history->lost[i]];
		if (lost->walk == history->walk && lost->found == OF_TIP)
			*answer = UNSURE;
	}
	return RK_OK;
}

enum rk_rc
rk_ancestry_contains(struct rk_ancestry *history, const char *tip, const char *commit, bool *contains, struct rk_err *err)
{
	enum answer answer;
	uint32_t t, c, pair;
	char key[32];
	enum rk_rc rc = RK_OK;

	*contains = false;
	t = number(history, tip);
	c = number(history, commit);
	snprintf(key, sizeof key, "%u %u", (unsigned)t, (unsigned)c);
	pair = rk_intern_add(&history->pairs, key);
	rk_memory_grow(&history->answer, pair, &history->answers_size, sizeof *history->answer);
	answer = history->answer[pair];
	if (answer == UNASKED)
		rc = walk_back(history, t, c, &answer, err);
	if (rc != RK_OK)
		return rc;
	history->answer[pair] = answer;
	*contains = answer == YES;
	if (answer != UNSURE)
		return RK_OK;
	return rk_err_set(err, RK_END, "the history in this clone ends too early to know: %s",
	    git_repository_is_shallow(history->git) ? "git fetch --unshallow" : "fetch what is missing (git fsck names it)");
}

enum rk_rc
rk_ancestry_ref(struct rk_ancestry *history, const char *prefix, const char *name, char oid[RK_OID_HEX], struct rk_err *err)
{
	struct rk_strbuf full = { 0 };
	git_reference *ref = NULL;
	git_object *object = NULL;
	enum rk_rc rc = RK_OK;
	int result = 0;

	*oid = '\0';
	rk_strbuf_printf(&full, "%s%s", prefix, name);
	result = git_reference_lookup(&ref, history->git, full.data);
	if (result == 0)
		result = git_reference_peel(&object, ref, GIT_OBJECT_COMMIT);
	if (result == GIT_ENOTFOUND || result == GIT_EINVALIDSPEC || result == GIT_EPEEL)
		rc = rk_err_set(err, RK_END, "%s not found", full.data);
	else if (result < 0)
		rc = rk_git_fail(err, result, "%s", full.data);
	else if (rc == RK_OK)
		git_oid_tostr(oid, RK_OID_HEX, git_object_id(object));
	git_object_free(object);
	git_reference_free(ref);
	rk_strbuf_free(&full);
	return rc;
}

/* Objects whose ids start alike. */
struct candidates {
	git_oid *id;
	size_t n, size;
};

/* Add all objects whose ids start with the len digits: where several do, those with each next digit. */
static enum rk_rc
find_candidates(git_odb *odb, char digits[RK_OID_HEX], size_t len, struct candidates *all, struct rk_err *err)
{
	static const char hex[] = "0123456789abcdef";
	git_oid prefix, one;
	enum rk_rc rc = RK_OK;
	int result = git_oid_fromstrn(&prefix, digits, len);
	size_t i;

	if (result == 0)
		result = git_odb_exists_prefix(&one, odb, &prefix, len);
	if (result == 0) {
		rk_memory_grow(&all->id, all->n, &all->size, sizeof *all->id);
		git_oid_cpy(&all->id[all->n++], &one);
	}
	for (i = 0; result == GIT_EAMBIGUOUS && len < 40 && rc == RK_OK && i < 16; i++) {
		digits[len] = hex[i];
		rc = find_candidates(odb, digits, len + 1, all, err);
	}
	return result == 0 || result == GIT_ENOTFOUND || result == GIT_EAMBIGUOUS ? rc
	    : rk_git_fail(err, result, "%.*s", (int)len, digits);
}

/* Set *in to whether one of the tips is the commit or contains it. */
static enum rk_rc
is_in(struct rk_ancestry *history, const char *commit, const char *const *tip, size_t n, bool *in, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	*in = false;
	for (i = 0; rc == RK_OK && !*in && i < n; i++)
		rc = rk_ancestry_contains(history, tip[i], commit, in, err);
	return rc;
}

enum rk_rc
rk_ancestry_find_in(struct rk_ancestry *history, const char *id, const char *const *tip, size_t n, char oid[RK_OID_HEX],
    size_t *found, struct rk_err *err)
{
	struct candidates all = { 0 };
	char one[RK_OID_HEX] = "";
	git_odb *odb = NULL;
	git_commit *commit;
	enum rk_rc rc = check_id(id, err);
	int result;
	bool in;
	size_t i;

	*found = 0;
	*oid = '\0';
	if (rc == RK_OK && (result = git_repository_odb(&odb, history->git)) < 0)
		rc = rk_git_fail(err, result, "%s", id);
	if (rc == RK_OK)
		rc = find_candidates(odb, memcpy(one, id, strlen(id)), strlen(id), &all, err);
	for (i = 0; rc == RK_OK && i < all.n; i++) {
		git_oid_tostr(one, sizeof one, &all.id[i]);
		result = git_commit_lookup(&commit, history->git, &all.id[i]);
		if (result == GIT_ENOTFOUND)
			continue;	/* an object of another type */
		if (result < 0) {
			rc = rk_git_fail(err, result, "%s", one);
			break;
		}
		git_commit_free(commit);
		rc = is_in(history, one, tip, n, &in, err);
		if (rc == RK_OK && in) {
			memcpy(oid, one, sizeof one);
			++*found;
		}
	}
	git_odb_free(odb);
	free(all.id);
	return rc;
}
