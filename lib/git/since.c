#include <time.h>
#include <git2.h>

#include "git/since.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* A version of the file, by its blob: what same said of it. */
struct version {
	git_oid blob;
	bool same;
};

struct walk {
	git_repository *git;
	const char *path;
	rk_since_same *same;
	void *context;
	struct version last;	/* the version that was asked of last, when it was */
	bool asked;
};

/* The blob at the path in a commit; RK_END: there is none. */
static enum rk_rc
find_blob(struct walk *walk, git_commit *commit, git_oid *blob, struct rk_err *err)
{
	git_tree_entry *entry = NULL;
	git_tree *tree = NULL;
	enum rk_rc rc = RK_OK;
	int result = git_commit_tree(&tree, commit);

	if (result == 0)
		result = git_tree_entry_bypath(&entry, tree, walk->path);
	if (result == GIT_ENOTFOUND || (result == 0 && git_tree_entry_type(entry) != GIT_OBJECT_BLOB))
		rc = RK_END;
	else if (result < 0)
		rc = rk_git_fail(err, result, "%s", walk->path);
	else
		git_oid_cpy(blob, git_tree_entry_id(entry));
	git_tree_entry_free(entry);
	git_tree_free(tree);
	return rc;
}

static enum rk_rc
ask_blob(struct walk *walk, const git_oid *oid, bool *same, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	git_blob *blob = NULL;
	enum rk_rc rc;
	int result = git_blob_lookup(&blob, walk->git, oid);

	if (result < 0)
		return rk_git_fail(err, result, "%s", walk->path);
	rk_strbuf_add(&text, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
	git_blob_free(blob);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = walk->same(walk->context, rk_strbuf_str(&text), text.len, same, err);
	rk_strbuf_free(&text);
	return rc;
}

/* Does the file in this commit say the same? */
static enum rk_rc
ask(struct walk *walk, git_commit *commit, bool *same, struct rk_err *err)
{
	git_oid blob;
	enum rk_rc rc = find_blob(walk, commit, &blob, err);

	*same = false;
	if (rc != RK_OK)
		return rc == RK_END ? RK_OK : rc;
	if (!walk->asked || !git_oid_equal(&blob, &walk->last.blob)) {
		rc = ask_blob(walk, &blob, same, err);
		walk->last = (struct version){ blob, *same };
		walk->asked = rc == RK_OK;
	}
	*same = rc == RK_OK && walk->last.same;
	return rc;
}

/* The parent to go on with; *next NULL when none says the same. */
static enum rk_rc
parent(struct walk *walk, git_commit *commit, git_commit **next, struct rk_err *err)
{
	unsigned i;
	git_commit *one;
	git_oid id;
	enum rk_rc rc;
	bool same;
	int result;

	*next = NULL;
	for (i = 0; rk_git_parent(commit, i, &id); i++) {
		result = git_commit_lookup(&one, walk->git, &id);
		if (result == GIT_ENOTFOUND)
			return rk_err_set(err, RK_ENOINPUT, "the history is too shallow to tell since when: "
			    "git fetch --unshallow");
		if (result < 0)
			return rk_git_fail(err, result, "%s", git_oid_tostr_s(git_commit_id(commit)));
		rc = ask(walk, one, &same, err);
		if (rc == RK_OK && same) {
			*next = one;
			return RK_OK;
		}
		git_commit_free(one);
		if (rc != RK_OK)
			return rc;
	}
	return RK_OK;
}

static enum rk_rc
start(git_repository *git, const char *rev, git_commit **commit, struct rk_err *err)
{
	git_object *object, *peeled = NULL;
	int result = git_revparse_single(&object, git, rev);

	*commit = NULL;
	if (result == 0) {
		result = git_object_peel(&peeled, object, GIT_OBJECT_COMMIT);
		git_object_free(object);
	}
	if (result < 0)
		return rk_git_fail(err, GIT_ENOTFOUND, "no commit \"%s\"", rev);
	*commit = (git_commit *)peeled;
	return RK_OK;
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
		rc = start(walk.git, rev, &commit, err);
	while (rc == RK_OK) {
		rc = parent(&walk, commit, &next, err);
		if (rc != RK_OK || !next)
			break;
		git_commit_free(commit);
		commit = next;
	}
	if (rc == RK_OK) {
		git_oid_tostr(found->oid, sizeof found->oid, git_commit_id(commit));
		found->time = git_commit_time(commit);
		rk_strbuf_puts(&found->message, git_commit_message(commit));
		rc = rk_strbuf_check(&found->message, err);
	}
	git_commit_free(commit);
	rk_git_close(walk.git);
	return rc;
}
