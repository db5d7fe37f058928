#include <stdint.h>
#include <string.h>

#include "git/since.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/source.h"

struct walk {
	git_repository *git;
	const char *path;
	rk_since_same *same;
	void *context;
	char blob[RK_OID_HEX];	/* the version that same() was called for last, and what it found */
	bool found;
};

/* Set *same to whether the file has the property in a commit. */
static enum rk_rc
has_property(struct walk *walk, const git_oid *commit, bool *same, struct rk_err *err)
{
	struct rk_source *source;
	struct rk_strbuf text = { 0 };
	char blob[RK_OID_HEX];
	bool present = false;
	enum rk_rc rc = rk_source_open_commit(walk->git, commit, &source, err);

	if (rc == RK_OK) {
		rc = rk_source_read(source, walk->path, NULL, SIZE_MAX, &text, blob, err);
		present = rc == RK_OK;
		if (rc == RK_END || rc == RK_EDATA)	/* no regular file is there */
			rc = RK_OK;
	}
	if (present && strcmp(blob, walk->blob) != 0) {
		rc = walk->same(walk->context, rk_strbuf_str(&text), text.len, &walk->found, err);
		memcpy(walk->blob, blob, sizeof blob);
	}
	*same = rc == RK_OK && present && walk->found;
	rk_source_close(source);
	rk_strbuf_free(&text);
	return rc;
}

/* Find the parent to continue with; *next is NULL if the file has the property in no parent. */
static enum rk_rc
find_parent(struct walk *walk, git_commit *commit, git_commit **next, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	bool same = false;
	char hex[RK_OID_HEX];
	git_oid id;
	unsigned i;

	*next = NULL;
	for (i = 0; rc == RK_OK && !same && rk_git_parent(commit, i, &id); i++) {
		git_commit_free(*next);
		rc = rk_git_commit(walk->git, git_oid_tostr(hex, sizeof hex, &id), next, err);
		if (rc == RK_OK)
			rc = has_property(walk, &id, &same, err);
	}
	if (rc != RK_OK || !same) {
		git_commit_free(*next);
		*next = NULL;
	}
	return rc;
}

static enum rk_rc
find_revision(git_repository *git, const char *rev, git_commit **commit, struct rk_err *err)
{
	git_object *object = NULL, *peeled = NULL;
	int result = git_revparse_single(&object, git, rev);

	if (result == 0)
		result = git_object_peel(&peeled, object, GIT_OBJECT_COMMIT);
	git_object_free(object);
	*commit = (git_commit *)peeled;
	return result < 0 ? rk_git_fail(err, GIT_ENOTFOUND, "commit \"%s\" not found", rev) : RK_OK;
}

enum rk_rc
rk_since_find(const char *dir, const char *rev, const char *path, rk_since_same *same, void *context,
    struct rk_since_commit *found, struct rk_err *err)
{
	struct walk walk = { .path = path, .same = same, .context = context };
	git_commit *commit = NULL, *next = NULL;
	enum rk_rc rc;

	*found = (struct rk_since_commit){ 0 };
	rc = rk_git_open(dir, &walk.git, err);
	if (rc == RK_OK)
		rc = find_revision(walk.git, rev, &commit, err);
	while (rc == RK_OK && (rc = find_parent(&walk, commit, &next, err)) == RK_OK && next) {
		git_commit_free(commit);
		commit = next;
	}
	if (rc == RK_OK) {
		git_oid_tostr(found->oid, sizeof found->oid, git_commit_id(commit));
		found->time = git_commit_time(commit);
		rk_strbuf_puts(&found->message, git_commit_message(commit));
	}
	git_commit_free(commit);
	rk_git_close(walk.git);
	return rc;
}
