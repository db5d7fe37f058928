#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "git/ref.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/worktree.h"

#define LOCK_TRIES 18		/* about four seconds of waiting */
#define HEADS "refs/heads/"
#define REMOTES "refs/remotes/"

/* RK_EPERM: the branch is in use in a work tree that is not to be, or cannot be, brought along. */
static enum rk_rc
check_free(struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	enum rk_rc rc = rk_worktree_find(ref->git, ref->name, &ref->trees, err);

	/* from a branch that is not there, or to none, there is no way for a work tree */
	if (rc == RK_OK && (!ref->brings || (new && (git_oid_is_zero(old) || git_oid_is_zero(new)))))
		rc = rk_worktree_refuse(ref->git, ref->name, &ref->trees, err);
	if (rc == RK_OK)
		rc = rk_worktree_check(ref->git, &ref->trees, old, new, err);
	return rc;
}

/* Opening */

static enum rk_rc
no_branch(git_repository *git, const char *branch, struct rk_err *err)
{
	return rk_err_set(err, RK_ENOINPUT, "%s: there is no branch \"%s\"%s", git_repository_commondir(git), branch,
	    strncmp(branch, HEADS, strlen(HEADS)) == 0 ? " (a branch's name is meant, without refs/heads/)" : "");
}

enum rk_rc
rk_ref_check(const char *branch, struct rk_err *err)
{
	int valid = 0;

	if (git_branch_name_is_valid(&valid, branch) < 0 || !valid)
		return rk_err_set(err, RK_EUSAGE, "\"%s\" cannot be a branch's name", branch);
	return RK_OK;
}

/* The ref that a branch's name stands for, resolved; the branch's own where there is none yet. */
static enum rk_rc
find_name(git_repository *git, const char *branch, bool may_lack, char **name, struct rk_err *err)
{
	git_reference *found = NULL, *direct = NULL;
	struct rk_strbuf path = { 0 };
	int result;

	*name = NULL;
	if (rk_ref_check(branch, err) != RK_OK)
		return RK_EUSAGE;
	result = git_branch_lookup(&found, git, branch, GIT_BRANCH_LOCAL);
	if (result == 0)
		result = git_reference_resolve(&direct, found);
	if (result == 0)
		rk_strbuf_puts(&path, git_reference_name(direct));
	else if (result == GIT_ENOTFOUND && !found && may_lack && strncmp(branch, HEADS, strlen(HEADS)) != 0)
		rk_strbuf_printf(&path, HEADS "%s", branch);
	git_reference_free(found);
	git_reference_free(direct);
	if (result == GIT_ENOTFOUND && !path.len)
		return no_branch(git, branch, err);
	if (result < 0 && result != GIT_ENOTFOUND)
		return rk_git_fail(err, result, "the branch \"%s\"", branch);
	*name = path.data;
	return rk_strbuf_check(&path, err);
}

static enum rk_rc
open_branch(git_repository *git, const char *branch, bool may_lack, bool brings, struct rk_ref *ref, struct rk_err *err)
{
	enum rk_rc rc;

	*ref = (struct rk_ref){ .git = git, .may_lack = may_lack, .brings = brings };
	rc = find_name(git, branch, may_lack, &ref->name, err);
	if (rc == RK_OK && strncmp(ref->name, HEADS, strlen(HEADS)) != 0)
		rc = rk_err_set(err, RK_EPERM, "the branch \"%s\" stands for %s, which is no branch", branch, ref->name);
	if (rc == RK_OK) {
		ref->branch = ref->name + strlen(HEADS);
		rc = check_free(ref, NULL, NULL, err);
	}
	if (rc != RK_OK)
		rk_ref_free(ref);
	return rc;
}

enum rk_rc
rk_ref_open(git_repository *git, const char *branch, bool may_lack, struct rk_ref *ref, struct rk_err *err)
{
	return open_branch(git, branch, may_lack, false, ref, err);
}

enum rk_rc
rk_ref_open_everywhere(git_repository *git, const char *branch, bool may_lack, struct rk_ref *ref, struct rk_err *err)
{
	return open_branch(git, branch, may_lack, true, ref, err);
}

enum rk_rc
rk_ref_open_seen(git_repository *git, const char *remote, const char *branch, struct rk_ref *ref, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	git_oid tip;
	enum rk_rc rc;
	int valid = 0;

	*ref = (struct rk_ref){ .git = git };
	rk_strbuf_printf(&name, REMOTES "%s/%s", remote, branch);
	rc = rk_strbuf_check(&name, err);
	if (rc == RK_OK && (git_reference_name_is_valid(&valid, name.data) < 0 || !valid))
		rc = rk_err_set(err, RK_EUSAGE, "\"%s/%s\" cannot be a remote's branch", remote, branch);
	if (rc != RK_OK) {
		rk_strbuf_free(&name);
		return rc;
	}
	ref->name = name.data;
	ref->branch = ref->name + strlen(REMOTES);
	rc = rk_ref_tip(ref, &tip, err);
	if (rc != RK_OK)
		rk_ref_free(ref);
	return rc;
}

void
rk_ref_free(struct rk_ref *ref)
{
	free(ref->name);
	rk_worktree_free(&ref->trees);
	*ref = (struct rk_ref){ 0 };
}

enum rk_rc
rk_ref_tip(const struct rk_ref *ref, git_oid *tip, struct rk_err *err)
{
	int result = git_reference_name_to_id(tip, ref->git, ref->name);

	if (result == GIT_ENOTFOUND && ref->may_lack) {
		*tip = (git_oid){ 0 };
		return RK_OK;
	}
	if (result == GIT_ENOTFOUND)
		return no_branch(ref->git, ref->branch, err);
	return result < 0 ? rk_git_fail(err, result, "the branch \"%s\"", ref->branch) : RK_OK;
}

enum rk_rc
rk_ref_read(git_repository *git, const char *branch, git_oid *tip, struct rk_err *err)
{
	struct rk_ref ref = { .git = git, .branch = branch };
	enum rk_rc rc = find_name(git, branch, false, &ref.name, err);

	if (rc == RK_OK)
		rc = rk_ref_tip(&ref, tip, err);
	free(ref.name);
	return rc;
}

/* Moving */

static enum rk_rc
locked(const struct rk_ref *ref, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	struct stat st;
	enum rk_rc rc;

	rk_strbuf_printf(&path, "%s%s.lock", git_repository_commondir(ref->git), ref->name);
	if (!path.failed && stat(path.data, &st) != 0) {
		rk_strbuf_clear(&path);
		rk_strbuf_printf(&path, "%spacked-refs.lock", git_repository_commondir(ref->git));
	}
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK && stat(path.data, &st) == 0)
		rc = rk_err_set(err, RK_ERACE, "the branch \"%s\" is locked: %s is %lld s old; if no git command is running "
		    "there, remove it", ref->branch, path.data, (long long)(time(NULL) - st.st_mtime));
	else if (rc == RK_OK)
		rc = rk_err_set(err, RK_ERACE, "the branch \"%s\" stayed locked", ref->branch);
	rk_strbuf_free(&path);
	return rc;
}

/* What is true after a failed move whose error is in err as rc. */
static enum rk_rc
look_again(const struct rk_ref *ref, const git_oid *old, const git_oid *new, enum rk_rc rc, struct rk_err *err)
{
	struct rk_err late = { 0 };
	git_oid tip;

	if (rk_ref_tip(ref, &tip, &late) == RK_ENOINPUT) {
		*err = late;
		return RK_ENOINPUT;
	}
	if (late.msg[0] || git_oid_equal(&tip, old))
		return rc;
	if (git_oid_equal(&tip, new) || (!git_oid_is_zero(&tip) && git_graph_descendant_of(ref->git, &tip, new) == 1))
		return RK_OK;
	if (git_oid_is_zero(&tip))
		return rk_err_set(err, RK_END, "the branch \"%s\" is gone", ref->branch);
	return rk_err_set(err, RK_END, "the branch \"%s\" has moved to %.12s", ref->branch, git_oid_tostr_s(&tip));
}

/* What libgit2 says of one try. */
static int
move_once(const struct rk_ref *ref, const git_oid *old, const git_oid *new, const char *message)
{
	git_reference *found = NULL;
	int result;

	if (!git_oid_is_zero(new)) {
		result = git_reference_create_matching(&found, ref->git, ref->name, new, 1, old, message);
		git_reference_free(found);
		return result;
	}
	result = git_reference_lookup(&found, ref->git, ref->name);
	if (result == 0)
		result = git_reference_type(found) == GIT_REFERENCE_DIRECT && git_oid_equal(git_reference_target(found), old)
		    ? git_reference_delete(found) : GIT_EMODIFIED;
	git_reference_free(found);
	/* where packed-refs is locked, libgit2 calls a packed branch deleted that is still there */
	if (result == 0 && git_reference_lookup(&found, ref->git, ref->name) == 0) {
		result = git_reference_type(found) == GIT_REFERENCE_DIRECT && git_oid_equal(git_reference_target(found), old)
		    ? GIT_ELOCKED : 0;
		git_reference_free(found);
	}
	return result;
}

enum rk_rc
rk_ref_move(struct rk_ref *ref, const git_oid *old, const git_oid *new, const char *message, struct rk_err *err)
{
	enum rk_rc rc = check_free(ref, old, new, err);
	unsigned try;
	int result;

	if (rc != RK_OK)
		return rc;
	for (try = 1; (result = move_once(ref, old, new, message)) == GIT_ELOCKED && try < LOCK_TRIES; try++)
		rk_clock_backoff(try);
	if (result == 0)
		return RK_OK;
	rc = result == GIT_ELOCKED ? locked(ref, err)
				   : rk_git_fail(err, result, "the branch \"%s\" cannot be %s", ref->branch,
					 git_oid_is_zero(new) ? "deleted" : git_oid_is_zero(old) ? "made" : "moved");
	return look_again(ref, old, new, rc, err);
}

enum rk_rc
rk_ref_bring(const struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	return rk_worktree_bring(ref->git, &ref->trees, old, new, err);
}
