#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ref.h"
#include "text.h"

#define LOCK_TRIES 18		/* about four seconds of waiting */
#define PAUSE_MOST 8		/* doublings of the pause: 2.5 ms to 0.3 s on average */
#define HEADS "refs/heads/"
#define REMOTES "refs/remotes/"

void
rk_ref_pause(unsigned try)
{
	unsigned long long most = 5000000ull << (try < PAUSE_MOST ? try - 1 : PAUSE_MOST - 1), seed;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	seed = ((unsigned long long)t.tv_nsec << 20) ^ (unsigned long long)getpid();
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	t.tv_sec = 0;
	t.tv_nsec = (long)((seed >> 33) % most);
	nanosleep(&t, NULL);
}

/* Where is a branch checked out? */

/* The first line of a small file in a Git directory, "" where there is none. */
static void
first_line(const char *dir, const char *file, char *line, size_t size)
{
	struct rk_text path = { 0 };
	FILE *f;

	line[0] = '\0';
	rk_text_printf(&path, "%s/%s", dir, file);
	f = path.failed ? NULL : fopen(path.data, "re");
	if (f && !fgets(line, (int)size, f))
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
	rk_text_free(&path);
}

/* Is name among the refs that a rebase in dir will move when it ends?  (every third line of update-refs) */
static bool
will_be_updated(const char *dir, const char *name)
{
	struct rk_text path = { 0 };
	bool found = false;
	char line[4096];
	FILE *f;

	rk_text_printf(&path, "%s/rebase-merge/update-refs", dir);
	f = path.failed ? NULL : fopen(path.data, "re");
	while (f && !found && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		found = strcmp(line, name) == 0;
	}
	if (f)
		fclose(f);
	rk_text_free(&path);
	return found;
}

/* What the work tree of the Git directory dir does with the branch, as a phrase, or NULL. */
static const char *
use_of(const char *dir, const char *name, bool bare)
{
	char line[4096];

	first_line(dir, "HEAD", line, sizeof line);
	if (!bare && strncmp(line, "ref: ", 5) == 0 && strcmp(line + 5, name) == 0)
		return "checked out";
	first_line(dir, "rebase-merge/head-name", line, sizeof line);
	if (strcmp(line, name) == 0)
		return "being rebased";
	first_line(dir, "rebase-apply/head-name", line, sizeof line);
	if (strcmp(line, name) == 0 || will_be_updated(dir, name))
		return "being rebased";
	first_line(dir, "BISECT_START", line, sizeof line);
	if (strcmp(line, name) == 0 || strcmp(line, name + strlen(HEADS)) == 0)
		return "being bisected";
	return NULL;
}

static enum rk_rc
in_use(const char *dir, const char *what, const char *branch, struct rk_err *err)
{
	char tree[4096];
	size_t len;

	first_line(dir, "gitdir", tree, sizeof tree);	/* of a linked work tree: "<its directory>/.git" */
	if (!tree[0])
		snprintf(tree, sizeof tree, "%s", dir);
	len = strlen(tree);
	while (len > 1 && tree[len - 1] == '/')
		tree[--len] = '\0';
	if (len > 5 && strcmp(tree + len - 5, "/.git") == 0)
		tree[len - 5] = '\0';
	return rk_fail(err, RK_EPERM, "the branch \"%s\" is %s in %s, which would be left behind: switch that work tree to "
	    "another branch (git switch --detach), or name another branch", branch, what, tree);
}

/* Is the repository that holds the refs, not this linked work tree of it, bare? */
static bool
is_bare(git_repository *git)
{
	git_repository *main;
	bool bare;

	if (!git_repository_is_worktree(git))
		return git_repository_is_bare(git);
	if (git_repository_open(&main, git_repository_commondir(git)) < 0)
		return false;
	bare = git_repository_is_bare(main);
	git_repository_free(main);
	return bare;
}

static enum rk_rc
check_free(const struct rk_ref *ref, struct rk_err *err)
{
	const char *common = git_repository_commondir(ref->git), *use = use_of(common, ref->name, is_bare(ref->git));
	struct rk_text dir = { 0 };
	struct dirent *entry;
	enum rk_rc rc;
	DIR *trees;

	if (use)
		return in_use(common, use, ref->branch, err);
	rk_text_printf(&dir, "%s/worktrees", common);
	rc = rk_text_check(&dir, err);
	trees = rc == RK_OK ? opendir(dir.data) : NULL;
	if (!trees && rc == RK_OK && errno != ENOENT)
		rc = rk_fail(err, RK_EIO, "%s: %s", dir.data, strerror(errno));
	while (trees && rc == RK_OK && (entry = readdir(trees))) {
		if (entry->d_name[0] == '.')
			continue;
		rk_text_clear(&dir);
		rk_text_printf(&dir, "%s/worktrees/%s", common, entry->d_name);
		rc = rk_text_check(&dir, err);
		use = rc == RK_OK ? use_of(dir.data, ref->name, false) : NULL;
		if (use)
			rc = in_use(dir.data, use, ref->branch, err);
	}
	if (trees)
		closedir(trees);
	rk_text_free(&dir);
	return rc;
}

/* Opening */

static enum rk_rc
no_branch(git_repository *git, const char *branch, struct rk_err *err)
{
	return rk_fail(err, RK_ENOINPUT, "%s: there is no branch \"%s\"%s", git_repository_commondir(git), branch,
	    strncmp(branch, HEADS, strlen(HEADS)) == 0 ? " (a branch's name is meant, without refs/heads/)" : "");
}

/* The ref that a branch's name stands for, resolved; the branch's own where there is none yet. */
static enum rk_rc
find_name(git_repository *git, const char *branch, bool may_lack, char **name, struct rk_err *err)
{
	git_reference *found = NULL, *direct = NULL;
	struct rk_text path = { 0 };
	int valid = 0, result;

	*name = NULL;
	if (git_branch_name_is_valid(&valid, branch) < 0 || !valid)
		return rk_fail(err, RK_EUSAGE, "\"%s\" cannot be a branch's name", branch);
	result = git_branch_lookup(&found, git, branch, GIT_BRANCH_LOCAL);
	if (result == 0)
		result = git_reference_resolve(&direct, found);
	if (result == 0)
		rk_text_puts(&path, git_reference_name(direct));
	else if (result == GIT_ENOTFOUND && !found && may_lack && strncmp(branch, HEADS, strlen(HEADS)) != 0)
		rk_text_printf(&path, HEADS "%s", branch);
	git_reference_free(found);
	git_reference_free(direct);
	if (result == GIT_ENOTFOUND && !path.len)
		return no_branch(git, branch, err);
	if (result < 0 && result != GIT_ENOTFOUND)
		return rk_git_fail(err, result, "the branch \"%s\"", branch);
	*name = path.data;
	return rk_text_check(&path, err);
}

enum rk_rc
rk_ref_open(git_repository *git, const char *branch, bool may_lack, struct rk_ref *ref, struct rk_err *err)
{
	enum rk_rc rc;

	*ref = (struct rk_ref){ .git = git, .may_lack = may_lack };
	rc = find_name(git, branch, may_lack, &ref->name, err);
	if (rc == RK_OK && strncmp(ref->name, HEADS, strlen(HEADS)) != 0)
		rc = rk_fail(err, RK_EPERM, "the branch \"%s\" stands for %s, which is no branch", branch, ref->name);
	if (rc == RK_OK) {
		ref->branch = ref->name + strlen(HEADS);
		rc = check_free(ref, err);
	}
	if (rc != RK_OK)
		rk_ref_free(ref);
	return rc;
}

enum rk_rc
rk_ref_open_seen(git_repository *git, const char *remote, const char *branch, struct rk_ref *ref, struct rk_err *err)
{
	struct rk_text name = { 0 };
	git_oid tip;
	enum rk_rc rc;
	int valid = 0;

	*ref = (struct rk_ref){ .git = git };
	rk_text_printf(&name, REMOTES "%s/%s", remote, branch);
	rc = rk_text_check(&name, err);
	if (rc == RK_OK && (git_reference_name_is_valid(&valid, name.data) < 0 || !valid))
		rc = rk_fail(err, RK_EUSAGE, "\"%s/%s\" cannot be a remote's branch", remote, branch);
	if (rc != RK_OK) {
		rk_text_free(&name);
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
	struct rk_text path = { 0 };
	struct stat st;
	enum rk_rc rc;

	rk_text_printf(&path, "%s%s.lock", git_repository_commondir(ref->git), ref->name);
	rc = rk_text_check(&path, err);
	if (rc == RK_OK && stat(path.data, &st) == 0)
		rc = rk_fail(err, RK_ERACE, "the branch \"%s\" is locked: %s is %lld s old; if no git command is running "
		    "there, remove it", ref->branch, path.data, (long long)(time(NULL) - st.st_mtime));
	else if (rc == RK_OK)
		rc = rk_fail(err, RK_ERACE, "the branch \"%s\" stayed locked", ref->branch);
	rk_text_free(&path);
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
		return rk_fail(err, RK_END, "the branch \"%s\" is gone", ref->branch);
	return rk_fail(err, RK_END, "the branch \"%s\" has moved to %.12s", ref->branch, git_oid_tostr_s(&tip));
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
	return result;
}

enum rk_rc
rk_ref_move(const struct rk_ref *ref, const git_oid *old, const git_oid *new, const char *message, struct rk_err *err)
{
	enum rk_rc rc = check_free(ref, err);
	unsigned try;
	int result;

	if (rc != RK_OK)
		return rc;
	for (try = 1; (result = move_once(ref, old, new, message)) == GIT_ELOCKED && try < LOCK_TRIES; try++)
		rk_ref_pause(try);
	if (result == 0)
		return RK_OK;
	rc = result == GIT_ELOCKED ? locked(ref, err)
				   : rk_git_fail(err, result, "the branch \"%s\" cannot be %s", ref->branch,
					 git_oid_is_zero(new) ? "deleted" : git_oid_is_zero(old) ? "made" : "moved");
	return look_again(ref, old, new, rc, err);
}
