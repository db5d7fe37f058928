#include <string.h>

#include "release/ring_base.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/ancestry.h"
#include "git/git.h"

/* Set *found to whether the clone has a branch of origin, and *tip to its commit. */
static enum rk_rc
find_tip(git_repository *git, const char *branch, git_oid *tip, bool *found, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	int result = 0;

	rk_strbuf_printf(&name, "refs/remotes/origin/%s", branch);
	result = git_reference_name_to_id(tip, git, name.data);
	if (result < 0 && result != GIT_ENOTFOUND && result != GIT_EINVALIDSPEC)
		rc = rk_git_fail(err, result, "%s", name.data);
	*found = rc == RK_OK && result == 0;
	rk_strbuf_free(&name);
	return rc;
}

/* Set *is to whether origin/HEAD is a symbolic ref to this branch. */
static enum rk_rc
is_default(git_repository *git, const char *branch, bool *is, struct rk_err *err)
{
	static const char prefix[] = "refs/remotes/origin/";
	git_reference *head = NULL;
	const char *target;
	int result = git_reference_lookup(&head, git, "refs/remotes/origin/HEAD");

	*is = false;
	if (result < 0)
		return result == GIT_ENOTFOUND ? RK_OK : rk_git_fail(err, result, "origin/HEAD");
	target = git_reference_symbolic_target(head);
	*is = target && strncmp(target, prefix, sizeof prefix - 1) == 0 && strcmp(target + sizeof prefix - 1, branch) == 0;
	git_reference_free(head);
	return RK_OK;
}

/* Set *is to whether the clone shows that the head does not contain the tip of the base. */
static enum rk_rc
is_apart(const char *dir, const git_oid *base, const char *head, bool *is, struct rk_err *err)
{
	char tip[RK_OID_HEX], oid[RK_OID_HEX];
	struct rk_ancestry *ancestry;
	bool contains = true;
	enum rk_rc rc = rk_ancestry_open(dir, &ancestry, err);

	git_oid_tostr(tip, sizeof tip, base);
	if (rc == RK_OK)
		rc = rk_ancestry_commit(ancestry, head, oid, err);
	if (rc == RK_OK)
		rc = rk_ancestry_contains(ancestry, oid, tip, &contains, err);
	rk_ancestry_close(ancestry);
	*is = rc == RK_OK && !contains;
	return rc == RK_END ? RK_OK : rc;	/* unknown */
}

enum rk_rc
rk_ring_base_check(const char *dir, const char *branch, const char *base, const char *head, bool *retargeted,
    struct rk_err *err)
{
	git_repository *git;
	git_oid tip;
	enum rk_rc rc = rk_git_open(dir, &git, err);
	bool is = false;

	*retargeted = false;
	if (rc == RK_OK)
		rc = is_default(git, branch, &is, err);
	if (rc == RK_OK && is)
		rc = find_tip(git, branch, &tip, &is, err);
	if (rc == RK_OK && is)
		rc = find_tip(git, base, &tip, &is, err);
	if (rc == RK_OK && is)
		rc = is_apart(dir, &tip, head, retargeted, err);
	rk_git_close(git);
	return rc;
}

enum rk_rc
rk_ring_base_is_head(const char *dir, const char *ring, const char *head, bool *is, struct rk_err *err)
{
	char oid[RK_OID_HEX];
	git_repository *git;
	git_oid tip;
	enum rk_rc rc = rk_git_open(dir, &git, err);

	*is = false;
	if (rc == RK_OK)
		rc = find_tip(git, ring, &tip, is, err);
	if (rc == RK_OK && *is)
		*is = strcmp(git_oid_tostr(oid, sizeof oid, &tip), head) == 0;
	rk_git_close(git);
	return rc;
}
