#include <dirent.h>
#include <errno.h>
#include <git2/refdb.h>
#include <git2/sys/repository.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "git/ref.h"
#include "base/abort.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "git/quarantine.h"
#include "git/worktree.h"
#include "process/file.h"

#define DESCRIPTORS 1024	/* more are not open */
#define LOCK_TRIES 18		/* about four seconds of waiting */
#define NAME_BYTES 1000		/* of a branch: libgit2's longest ref has 1023 */
#define PART_BYTES 250		/* of its component, which is a file's name, and has ".lock" after it */
#define PACKED_BYTES ((size_t)1 << 30)
#define DEPTH 64			/* of directories below refs */
#define HEADS "refs/heads/"
#define REMOTES "refs/remotes/"

struct rk_ref {
	git_repository *git;	/* borrowed */
	struct rk_strbuf name;	/* "refs/heads/main" */
	const char *branch;	/* "main", in name */
	unsigned options;
	struct rk_worktrees *trees;	/* that have it checked out, when it was checked last */
};

/* RK_EPERM: a work tree has the branch checked out, and is not to be updated or cannot be. */
static enum rk_rc
check_worktrees(struct rk_ref *ref, const git_oid *old, const git_oid *new, const struct rk_quarantine *quarantine,
    struct rk_err *err)
{
	const bool from_or_to_nothing = new && (git_oid_is_zero(old) || git_oid_is_zero(new));
	enum rk_rc rc;

	rk_worktree_free(ref->trees);
	rc = rk_worktree_find(ref->git, ref->name.data, &ref->trees, err);
	if (rc == RK_OK && (!(ref->options & RK_REF_UPDATE_WORKTREES) || from_or_to_nothing))
		rc = rk_worktree_refuse(ref->trees, err);
	return rc == RK_OK ? rk_worktree_check(ref->trees, old, new, quarantine ? rk_quarantine_dir(quarantine) : NULL, err) : rc;
}

/* Opening */

static enum rk_rc
not_found(git_repository *git, const char *branch, struct rk_err *err)
{
	return rk_err_set(err, RK_ENOINPUT, "%s: branch \"%s\" not found%s", git_repository_commondir(git), branch,
	    strncmp(branch, HEADS, strlen(HEADS)) == 0 ? " (expected a name without refs/heads/)" : "");
}

/* Return why a name cannot be that of a branch, a phrase that continues it; NULL if it can. */
static const char *
name_fault(const char *branch)
{
	const char *part;
	size_t len;
	int valid = 0;

	if (strlen(branch) > NAME_BYTES)
		return "is too long";
	for (part = branch; *part; part += len + (part[len] != '\0')) {
		len = strcspn(part, "/");
		if (len > PART_BYTES)
			return "has too long a component";
	}
	if (strchr(branch, 0x7f) || git_branch_name_is_valid(&valid, branch) < 0 || !valid)
		return "is not one that Git allows (git help check-ref-format)";
	return NULL;
}

enum rk_rc
rk_ref_check(const char *branch, struct rk_err *err)
{
	const char *fault = name_fault(branch);

	return fault ? rk_err_set(err, RK_EUSAGE, "invalid branch name \"%s\": it %s", branch, fault) : RK_OK;
}

enum rk_rc
rk_ref_check_beside(const char *branch, const char *other, const char *where, struct rk_err *err)
{
	const size_t len = strlen(branch), n = strlen(other), shorter = len < n ? len : n;

	if (len == n || strncmp(branch, other, shorter) != 0 || (len < n ? other : branch)[shorter] != '/')
		return RK_OK;
	return rk_err_set(err, RK_EUSAGE, "the branch \"%s\" cannot be created beside the branch \"%s\" of %s: give it another "
	    "name (\"proposals\" in the catalogue names those of proposals)", branch, other, where);
}

/* Listing */

static enum rk_rc
fail_to_list(const char *path, struct rk_err *err)
{
	return rk_err_set(err, RK_EIO, "cannot list %s: %s", path, strerror(errno));
}

/* Append the names of the refs in a directory, and in those below it; name is the part of its path that starts with refs/. */
static enum rk_rc
list_loose(const char *path, const char *name, unsigned depth, struct rk_strbuf *names, struct rk_err *err)
{
	struct rk_strbuf each = { 0 };
	DIR *dir = rk_file_list(path);
	enum rk_rc rc = RK_OK;
	struct dirent *entry;
	struct stat st;
	size_t len;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG ? RK_OK : fail_to_list(path, err);
	for (errno = 0; rc == RK_OK && (entry = readdir(dir)); errno = 0) {
		len = strlen(entry->d_name);
		if (*entry->d_name == '.' || (len > 5 && strcmp(entry->d_name + len - 5, ".lock") == 0))
			continue;
		rk_strbuf_clear(&each);
		rk_strbuf_printf(&each, "%s%s", path, entry->d_name);
		if (stat(each.data, &st) < 0) {
			/* it has been deleted in the meantime, or is a link to nothing */
			rc = errno == ENOENT ? RK_OK : fail_to_list(each.data, err);
			continue;
		}
		rk_strbuf_puts(&each, S_ISDIR(st.st_mode) ? "/" : "");
		if (!S_ISDIR(st.st_mode))
			rk_strbuf_add(names, each.data + (name - path), each.len - (size_t)(name - path) + 1);
		else if (depth < DEPTH)
			rc = list_loose(each.data, each.data + (name - path), depth + 1, names, err);
		else
			rc = rk_err_set(err, RK_EIO, "%s: more than %d directories deep", each.data, DEPTH);
	}
	if (rc == RK_OK && errno)
		rc = fail_to_list(path, err);
	closedir(dir);
	rk_strbuf_free(&each);
	return rc;
}

/* Append the names in the file packed-refs: each line is an id and a name, or starts with # or ^. */
static enum rk_rc
list_packed(git_repository *git, const char *prefix, struct rk_strbuf *names, struct rk_err *err)
{
	struct rk_strbuf path = { 0 }, text = { 0 };
	enum rk_rc rc = RK_OK;
	const char *line, *end;

	rk_strbuf_printf(&path, "%spacked-refs", git_repository_commondir(git));
	if (access(path.data, F_OK) == 0)
		rc = rk_file_read(path.data, PACKED_BYTES, &text, err);
	else if (errno != ENOENT)
		rc = fail_to_list(path.data, err);
	for (line = rk_strbuf_str(&text); rc == RK_OK && *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (end - line <= RK_OID_HEX || *line == '#' || *line == '^')
			continue;
		line += RK_OID_HEX;
		if (strncmp(line, prefix, strlen(prefix)) == 0) {
			rk_strbuf_add(names, line, (size_t)(end - line));
			rk_strbuf_putc(names, '\0');
		}
	}
	rk_strbuf_free(&path);
	rk_strbuf_free(&text);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum rk_rc
rk_ref_list(git_repository *git, const char *prefix, struct rk_ref_list *list, struct rk_err *err)
{
	const char *common = git_repository_commondir(git);
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;
	size_t i, n;

	*list = (struct rk_ref_list){ 0 };
	rk_strbuf_printf(&path, "%s%s", common, prefix);
	/* in this order, for Git removes a ref's own file after it has packed it */
	rc = list_loose(path.data, path.data + strlen(common), 0, &list->bytes, err);
	if (rc == RK_OK)
		rc = list_packed(git, prefix, &list->bytes, err);
	rk_strbuf_free(&path);
	if (rc != RK_OK)
		return rc;
	list->name = rk_git_split(&list->bytes);
	for (n = 0; list->name[n]; n++)
		;
	qsort(list->name, n, sizeof *list->name, by_name);
	for (i = 0; i < n; i++)
		if (list->n == 0 || strcmp(list->name[list->n - 1], list->name[i]) != 0)
			list->name[list->n++] = list->name[i];
	return RK_OK;
}

void
rk_ref_list_free(struct rk_ref_list *list)
{
	free(list->name);
	rk_strbuf_free(&list->bytes);
}

enum rk_rc
rk_ref_check_creatable(git_repository *git, const char *branch, struct rk_err *err)
{
	struct rk_ref_list refs = { 0 };
	enum rk_rc rc = rk_ref_list(git, HEADS, &refs, err);
	size_t i;

	for (i = 0; i < refs.n && rc == RK_OK; i++)
		rc = rk_ref_check_beside(branch, refs.name[i] + strlen(HEADS), git_repository_commondir(git), err);
	rk_ref_list_free(&refs);
	return rc;
}

/* Append the name of the ref of a branch, or of the ref that this is a symbolic name of. */
static enum rk_rc
find_name(git_repository *git, const char *branch, bool create, struct rk_strbuf *name, struct rk_err *err)
{
	git_reference *found = NULL, *direct = NULL;
	enum rk_rc rc = rk_ref_check(branch, err);
	int result;

	if (rc != RK_OK)
		return rc;
	result = git_branch_lookup(&found, git, branch, GIT_BRANCH_LOCAL);
	if (result == 0)
		result = git_reference_resolve(&direct, found);
	if (result == 0)
		rk_strbuf_puts(name, git_reference_name(direct));
	else if (result == GIT_ENOTFOUND && !found && create && strncmp(branch, HEADS, strlen(HEADS)) != 0)
		rk_strbuf_printf(name, HEADS "%s", branch);
	else
		rc = result == GIT_ENOTFOUND ? not_found(git, branch, err) : rk_git_fail(err, result, "the branch \"%s\"", branch);
	git_reference_free(found);
	git_reference_free(direct);
	return rc;
}

enum rk_rc
rk_ref_open(git_repository *git, const char *branch, unsigned options, struct rk_ref **ref, struct rk_err *err)
{
	struct rk_ref *new = rk_memory_calloc(1, sizeof *new);
	enum rk_rc rc;

	*ref = NULL;
	new->git = git;
	new->options = options;
	rc = find_name(git, branch, options & RK_REF_CREATE, &new->name, err);
	if (rc == RK_OK && strncmp(new->name.data, HEADS, strlen(HEADS)) != 0)
		rc = rk_err_set(err, RK_EPERM, "the branch \"%s\" is a symbolic ref to %s, which is not a branch", branch,
		    new->name.data);
	if (rc == RK_OK) {
		new->branch = new->name.data + strlen(HEADS);
		rc = check_worktrees(new, NULL, NULL, NULL, err);
	}
	if (rc == RK_OK)
		*ref = new;
	else
		rk_ref_close(new);
	return rc;
}

enum rk_rc
rk_ref_open_tracking(git_repository *git, const char *remote, const char *branch, struct rk_ref **ref, struct rk_err *err)
{
	struct rk_ref *new = rk_memory_calloc(1, sizeof *new);
	enum rk_rc rc;
	git_oid tip;

	*ref = NULL;
	new->git = git;
	rk_strbuf_printf(&new->name, REMOTES "%s/%s", remote, branch);
	rc = rk_ref_check(new->name.data + strlen(REMOTES), err);
	if (rc == RK_OK) {
		new->branch = new->name.data + strlen(REMOTES);
		rc = rk_ref_tip(new, &tip, err);
	}
	if (rc == RK_OK)
		*ref = new;
	else
		rk_ref_close(new);
	return rc;
}

void
rk_ref_close(struct rk_ref *ref)
{
	if (!ref)
		return;
	rk_strbuf_free(&ref->name);
	rk_worktree_free(ref->trees);
	free(ref);
}

enum rk_rc
rk_ref_tip(const struct rk_ref *ref, git_oid *tip, struct rk_err *err)
{
	int result = git_reference_name_to_id(tip, ref->git, ref->name.data);

	if (result == GIT_ENOTFOUND && ref->options & RK_REF_CREATE) {
		*tip = (git_oid){ 0 };
		return RK_OK;
	}
	if (result == GIT_ENOTFOUND)
		return not_found(ref->git, ref->branch, err);
	return result < 0 ? rk_git_fail(err, result, "the branch \"%s\"", ref->branch) : RK_OK;
}

enum rk_rc
rk_ref_read(git_repository *git, const char *branch, git_oid *tip, struct rk_err *err)
{
	struct rk_ref ref = { .git = git, .branch = branch };
	enum rk_rc rc = find_name(git, branch, false, &ref.name, err);

	if (rc == RK_OK)
		rc = rk_ref_tip(&ref, tip, err);
	rk_strbuf_free(&ref.name);
	return rc;
}

/* Moving */

/* Append the path of the lock file of the branch. */
static void
add_lock(struct rk_strbuf *path, const struct rk_ref *ref)
{
	rk_strbuf_printf(path, "%s%s.lock", git_repository_commondir(ref->git), ref->name.data);
}

/* Fail with the lock file of the branch and its age. */
static enum rk_rc
fail_locked(const struct rk_ref *ref, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	struct stat st;
	enum rk_rc rc;

	add_lock(&path, ref);
	if (stat(path.data, &st) != 0) {
		rk_strbuf_clear(&path);
		rk_strbuf_printf(&path, "%spacked-refs.lock", git_repository_commondir(ref->git));
	}
	if (stat(path.data, &st) == 0)
		rc = rk_err_set(err, RK_ERACE, "the branch \"%s\" is locked: %s is %lld s old; if no git command is running "
		    "there, remove it", ref->branch, path.data, (long long)(time(NULL) - st.st_mtime));
	else
		rc = rk_err_set(err, RK_ERACE, "the branch \"%s\" stays locked", ref->branch);
	rk_strbuf_free(&path);
	return rc;
}

/* Read the branch after a failed move, whose result is rc and err, and return what holds now. */
static enum rk_rc
read_outcome(const struct rk_ref *ref, const git_oid *old, const git_oid *new, enum rk_rc rc, struct rk_err *err)
{
	struct rk_err late = { 0 };
	git_oid tip;
	enum rk_rc read = rk_ref_tip(ref, &tip, &late);

	if (read == RK_ENOINPUT) {
		*err = late;
		return read;
	}
	if (read != RK_OK || git_oid_equal(&tip, old))
		return rc;
	if (git_oid_equal(&tip, new) || (!git_oid_is_zero(&tip) && rk_git_contains(ref->git, &tip, new)))
		return RK_OK;
	if (git_oid_is_zero(&tip))
		return rk_err_set(err, RK_END, "the branch \"%s\" was deleted", ref->branch);
	return rk_err_set(err, RK_END, "the branch \"%s\" has moved to %.12s", ref->branch, git_oid_tostr_s(&tip));
}

/* Return whether the ref is a branch at old, or missing if old is zero; if it cannot be read, libgit2's error. */
static int
is_at(const struct rk_ref *ref, const git_oid *old)
{
	git_reference *found = NULL;
	int result = git_reference_lookup(&found, ref->git, ref->name.data);

	if (result == 0)
		result = git_reference_type(found) == GIT_REFERENCE_DIRECT && git_oid_equal(git_reference_target(found), old);
	else if (result == GIT_ENOTFOUND)
		result = git_oid_is_zero(old);
	git_reference_free(found);
	return result;
}

static enum rk_rc
fail_to_move(const struct rk_ref *ref, const git_oid *old, const git_oid *new, int result, struct rk_err *err)
{
	return rk_git_fail(err, result, "the branch \"%s\" cannot be %s", ref->branch,
	    git_oid_is_zero(new) ? "deleted" : git_oid_is_zero(old) ? "created" : "moved");
}

/* Move or delete the branch, which is locked. */
static enum rk_rc
move_locked(const struct rk_ref *ref, git_transaction *lock, const git_oid *old, const git_oid *new,
    struct rk_quarantine *quarantine, const char *message, struct rk_err *err)
{
	const bool deletes = git_oid_is_zero(new);
	enum rk_rc rc = RK_OK;
	int result = is_at(ref, old);

	if (result == 0)
		return rk_err_set(err, RK_EIO, "the branch \"%s\" is not at %.12s", ref->branch, git_oid_tostr_s(old));
	if (result > 0 && git_oid_is_zero(old))
		rc = rk_ref_check_creatable(ref->git, ref->branch, err);
	if (result > 0 && rc == RK_OK && !deletes)
		rc = rk_quarantine_migrate(quarantine, err);
	if (result > 0 && rc == RK_OK)
		result = deletes ? git_transaction_remove(lock, ref->name.data)
		    : git_transaction_set_target(lock, ref->name.data, new, NULL, message);
	if (result == 0 && rc == RK_OK && deletes)
		result = git_reflog_delete(ref->git, ref->name.data);
	if (result == 0 && rc == RK_OK)
		result = git_transaction_commit(lock);
	/* while packed-refs is locked, libgit2 reports a packed branch as deleted that is not */
	if (result == 0 && rc == RK_OK && deletes && is_at(ref, old) == 1)
		result = GIT_ELOCKED;
	return result < 0 ? fail_to_move(ref, old, new, result, err) : rc;
}

/* Whether this process has the file open: libgit2 creates a lock file itself, and closes it only to rename or remove it. */
static bool
is_open_here(const char *path)
{
	struct stat file, open;
	int fd;

	if (lstat(path, &file) != 0)
		return false;
	for (fd = 0; fd < DESCRIPTORS; fd++)
		if (fstat(fd, &open) == 0 && open.st_dev == file.st_dev && open.st_ino == file.st_ino)
			return true;
	return false;
}

/* Remove those of two lock files, with a NUL after each, that are ours. */
static void
unlock_in_abort(void *paths, enum rk_rc rc, const char *why)
{
	const char *first = paths, *second = first + strlen(first) + 1;

	(void)rc;
	(void)why;
	if (is_open_here(first))
		unlink(first);
	if (is_open_here(second))
		unlink(second);
}

/* Try once to move or delete the branch.  RK_ERACE: it is locked. */
static enum rk_rc
move_once(const struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_quarantine *quarantine,
    const char *message, struct rk_err *err)
{
	struct rk_strbuf paths = { 0 };
	struct rk_abort_undo undo = { .undo = unlock_in_abort };
	git_transaction *lock = NULL;
	int result = git_transaction_new(&lock, ref->git);
	enum rk_rc rc;

	add_lock(&paths, ref);
	rk_strbuf_printf(&paths, "%c%spacked-refs.lock", '\0', git_repository_commondir(ref->git));
	undo.context = paths.data;
	rk_abort_undo_begin(&undo);
	if (result == 0)
		result = git_transaction_lock_ref(lock, ref->name.data);
	rc = result < 0 ? fail_to_move(ref, old, new, result, err) : move_locked(ref, lock, old, new, quarantine, message, err);
	git_transaction_free(lock);
	rk_abort_undo_end(&undo);
	rk_strbuf_free(&paths);
	return rc;
}

/* After a packed branch could not be deleted, libgit2 never deletes it: let it read packed-refs as if for the first time. */
static enum rk_rc
forget_packed(const struct rk_ref *ref, struct rk_err *err)
{
	git_refdb *refs = NULL;
	int result = git_refdb_open(&refs, ref->git);

	if (result == 0)
		result = git_repository_set_refdb(ref->git, refs);
	git_refdb_free(refs);
	return result < 0 ? rk_git_fail(err, result, "cannot read the refs") : RK_OK;
}

enum rk_rc
rk_ref_move(struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_quarantine *quarantine,
    const char *message, struct rk_err *err)
{
	enum rk_rc rc = check_worktrees(ref, old, new, quarantine, err);
	unsigned try;

	if (rc != RK_OK)
		return rc;
	for (try = 1;; try++) {
		rc = move_once(ref, old, new, quarantine, message, err);
		if (rc != RK_ERACE || try == LOCK_TRIES)
			break;
		rk_clock_backoff(try);
		rc = forget_packed(ref, err);
		if (rc != RK_OK)
			break;
	}
	if (rc == RK_OK)
		return rc;
	if (rc == RK_ERACE)
		rc = fail_locked(ref, err);
	return read_outcome(ref, old, new, rc, err);
}

enum rk_rc
rk_ref_update_worktrees(const struct rk_ref *ref, const git_oid *old, const git_oid *new, struct rk_err *err)
{
	return rk_worktree_update(ref->trees, old, new, err);
}
