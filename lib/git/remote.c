#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "git/remote.h"
#include "base/abort.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "process/scratch.h"
#include "git/git.h"
#include "git/ref.h"

#define OUT_BYTES (16u << 20)	/* of a command: names of branches */
#define READ_TRIES 8		/* if branches are deleted while they are read */
#define OUTCOME_READS 4		/* after a push without a report, within about a second */
#define PREFIX "refs/ringkit/"
#define HEADS "refs/heads/"
#define OLD_SECONDS 86400	/* after this, refs of other processes are removed */

struct rk_remote {
	git_repository *git;
	const char *dir, *name;
	unsigned seconds;
	struct rk_strbuf shown;		/* the name for messages */
	struct rk_strbuf prefix;	/* of this process's refs */
	size_t n_refs;			/* how many there are */
	struct rk_strbuf files;		/* the directory of these refs */
	struct rk_abort_undo undo;
};

/* Secrets */

/* Append a string with the user information of URLs in it replaced by ***. */
static void
add_without_secrets(struct rk_strbuf *out, const char *s)
{
	const char *scheme, *user, *end;

	while ((scheme = strstr(s, "://"))) {
		user = scheme + 3;
		rk_strbuf_add(out, s, (size_t)(user - s));
		end = user + strcspn(user, "/ \t\r\n'\"<>");
		for (s = end; s > user && s[-1] != '@'; s--)
			;
		if (s > user)
			rk_strbuf_puts(out, "***@");
	}
	rk_strbuf_puts(out, s);
}

/* RK_EPERM: the URL contains a password, which all users of the machine could see in the list of processes. */
static enum rk_rc
check_url(const struct rk_remote *remote, const char *url, struct rk_err *err)
{
	const char *user = url ? strstr(url, "://") : NULL, *at, *colon;

	if (!user || strncmp(url, "http", 4) != 0)
		return RK_OK;
	user += 3;
	at = user + strcspn(user, "/");
	while (at > user && *at != '@')
		at--;
	colon = memchr(user, ':', (size_t)(at - user));
	if (*at != '@' || at == user || (!colon && strncmp(user, "git@", 4) == 0))
		return RK_OK;
	return rk_err_set(err, RK_EPERM, "the URL of %s contains a password or token, which the list of processes would show; "
	    "use a credential helper, http.extraHeader or GIT_ASKPASS instead", rk_strbuf_str(&remote->shown));
}

/* Check the URLs that Git will use: those of a configured remote, or what url.<base>.insteadOf makes of a URL. */
static enum rk_rc
check_urls(const struct rk_remote *remote, struct rk_err *err)
{
	enum rk_rc rc = check_url(remote, remote->name, err);
	git_remote *found = NULL;

	if (rc != RK_OK || (git_remote_lookup(&found, remote->git, remote->name) < 0 &&
	    git_remote_create_anonymous(&found, remote->git, remote->name) < 0))
		return rc;
	rc = check_url(remote, git_remote_url(found), err);
	if (rc == RK_OK)
		rc = check_url(remote, git_remote_pushurl(found), err);
	git_remote_free(found);
	return rc;
}

/* Opening and closing */

/* Without libgit2, which allocates.  Refs that Git has packed in the meantime stay until they are old. */
static void
remove_in_abort(void *files, enum rk_rc rc, const char *why)
{
	(void)rc;
	(void)why;
	rk_scratch_remove(files);
}

enum rk_rc
rk_remote_check_name(git_repository *git, const char *name, struct rk_err *err)
{
	struct rk_ref_list refs = { 0 };
	struct rk_strbuf prefix = { 0 };
	git_remote *remote = NULL;
	enum rk_rc rc = RK_OK;
	int result;

	if (strcmp(name, ".") == 0)
		return RK_OK;
	result = git_remote_lookup(&remote, git, name);
	if (result == GIT_ENOTFOUND && !strpbrk(name, "*?[\\")) {
		rk_strbuf_printf(&prefix, "refs/remotes/%s/", name);
		rc = rk_ref_list(git, prefix.data, &refs, err);
		result = rc == RK_OK && refs.n ? 0 : GIT_ENOTFOUND;
	}
	git_remote_free(remote);
	rk_ref_list_free(&refs);
	rk_strbuf_free(&prefix);
	if (rc != RK_OK)
		return rc;
	if (result == GIT_ENOTFOUND || result == GIT_EINVALIDSPEC)
		return rk_err_set(err, RK_ENOINPUT, "%s: remote \"%s\" not found (git remote lists them)",
		    git_repository_commondir(git), name);
	return result < 0 ? rk_git_fail(err, result, "the remote \"%s\"", name) : RK_OK;
}

enum rk_rc
rk_remote_open(git_repository *git, const char *dir, const char *name, unsigned seconds, struct rk_remote **remote,
    struct rk_err *err)
{
	struct rk_remote *new = rk_memory_calloc(1, sizeof *new);
	struct timespec now;
	enum rk_rc rc = RK_OK;

	*remote = NULL;
	*new = (struct rk_remote){ .git = git, .dir = dir, .name = name, .seconds = seconds };
	clock_gettime(CLOCK_REALTIME, &now);
	add_without_secrets(&new->shown, name);
	rk_strbuf_printf(&new->prefix, "%s%ld-%lx-%lx/", PREFIX, (long)getpid(), (unsigned long)now.tv_sec,
	    (unsigned long)now.tv_nsec);
	if (!*name || *name == '-')
		rc = rk_err_set(err, RK_EUSAGE, "invalid remote: \"%s\"", name);
	if (rc == RK_OK)
		rc = check_urls(new, err);
	if (rc == RK_OK) {
		*remote = new;
		rk_strbuf_printf(&new->files, "%s%s", git_repository_commondir(git), new->prefix.data);
		new->undo = (struct rk_abort_undo){ .undo = remove_in_abort, .context = new->files.data };
		rk_abort_undo_begin(&new->undo);
	} else {
		rk_remote_close(new);
	}
	return rc;
}

/* Remove refs that killed processes have left. */
static void
remove_old_refs(git_repository *git)
{
	git_reference_iterator *refs = NULL;
	const char *name, *started;
	long long then;

	if (git_reference_iterator_glob_new(&refs, git, PREFIX "*") < 0)
		return;
	while (git_reference_next_name(&name, refs) == 0) {
		started = strchr(name + strlen(PREFIX), '-');
		then = started ? strtoll(started + 1, NULL, 16) : 0;
		if (then > 0 && then + OLD_SECONDS < (long long)time(NULL))
			git_reference_remove(git, name);
	}
	git_reference_iterator_free(refs);
}

static void
remove_own_refs(struct rk_remote *remote)
{
	struct rk_strbuf name = { 0 };

	for (; remote->n_refs > 0; remote->n_refs--) {
		rk_strbuf_clear(&name);
		rk_strbuf_printf(&name, "%s%zu", remote->prefix.data, remote->n_refs - 1);
		git_reference_remove(remote->git, name.data);
	}
	rk_strbuf_free(&name);
}

void
rk_remote_close(struct rk_remote *remote)
{
	if (!remote)
		return;
	remove_own_refs(remote);
	remove_old_refs(remote->git);
	rk_abort_undo_end(&remote->undo);
	rk_strbuf_free(&remote->files);
	rk_strbuf_free(&remote->shown);
	rk_strbuf_free(&remote->prefix);
	free(remote);
}

const char *
rk_remote_name(const struct rk_remote *remote)
{
	return remote->shown.data;
}

/* Running git */

/* Run git with arguments that are in a buffer, a NUL after each. */
static enum rk_rc
run(const struct rk_remote *remote, const struct rk_strbuf *arguments, struct rk_git_command *command, struct rk_err *err)
{
	const char **list = rk_git_split(arguments);
	enum rk_rc rc;

	command->dir = remote->dir;
	command->arguments = list;
	command->seconds = remote->seconds;
	command->limit = OUT_BYTES;
	rc = rk_git_run(command, err);
	free(list);
	return rc;
}

/* Append git's messages, but only those of the remote if there are any. */
static void
add_messages(struct rk_strbuf *out, const struct rk_git_command *command)
{
	static const char prefix[] = "remote: ";
	const char *line = rk_strbuf_str(&command->errors);
	struct rk_strbuf all = { 0 };
	size_t len, kept;

	for (; *line; line += len + (line[len] != '\0')) {
		len = strcspn(line, "\r\n");
		if (strncmp(line, prefix, strlen(prefix)) != 0)
			continue;
		for (kept = len; line[kept - 1] == ' '; kept--)	/* git pads the remote's lines */
			;
		if (kept > strlen(prefix))
			rk_strbuf_printf(&all, "%s%.*s", all.len ? "; " : "", (int)(kept - strlen(prefix)), line + strlen(prefix));
	}
	if (!all.len)
		rk_git_command_messages(command, &all);
	add_without_secrets(out, !all.len ? "git printed no message" : all.data);
	rk_strbuf_free(&all);
}

/* Fail with git's messages: RK_EPERM if they are about permission, else RK_EIO. */
static enum rk_rc
fail(const struct rk_remote *remote, const struct rk_git_command *command, const char *what, struct rk_err *err)
{
	static const char *const denied[] = { "Authentication failed", "Permission denied", "could not read Username",
		"could not read Password", "Host key verification failed", "returned error: 403", "returned error: 401" };
	struct rk_strbuf messages = { 0 };
	enum rk_rc rc = RK_EIO;
	size_t i;

	for (i = 0; i < sizeof denied / sizeof denied[0]; i++)
		if (strstr(rk_strbuf_str(&command->errors), denied[i]))
			rc = RK_EPERM;
	add_messages(&messages, command);
	rk_err_set(err, rc, "%s %s: %s", what, remote->shown.data, rk_strbuf_str(&messages));
	rk_strbuf_free(&messages);
	return rc;
}

/* Run git as run() does; a status other than 0 is a failure, too. */
static enum rk_rc
run_to_read(const struct rk_remote *remote, const struct rk_strbuf *arguments, const char *what, struct rk_git_command *command,
    struct rk_err *err)
{
	enum rk_rc rc = run(remote, arguments, command, err);

	if (rc == RK_EIO)
		return rk_err_prefix(err, rc, "%s %s", what, remote->shown.data);
	return rc == RK_OK && command->status != 0 ? fail(remote, command, what, err) : rc;
}

/* Reading */

/* Find the id of a branch in the output of git ls-remote; zero: it is not there. */
static void
find_listed(const char *out, const char *branch, git_oid *tip)
{
	const char *line, *name;
	size_t len;

	*tip = (git_oid){ 0 };
	for (line = out; *line; line += len + (line[len] != '\0')) {
		len = strcspn(line, "\n");
		name = memchr(line, '\t', len);
		if (!name || strncmp(name + 1, HEADS, strlen(HEADS)) != 0)
			continue;
		name += 1 + strlen(HEADS);
		if (strlen(branch) == (size_t)(line + len - name) && memcmp(name, branch, strlen(branch)) == 0 &&
		    git_oid_fromstrn(tip, line, GIT_OID_HEXSZ) < 0)
			*tip = (git_oid){ 0 };
	}
}

/* Read the ids of branches without fetching their commits. */
static enum rk_rc
list(const struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip, struct rk_err *err)
{
	static const char words[] = "ls-remote\0--quiet\0--heads\0--";
	struct rk_git_command command = { 0 };
	struct rk_strbuf arguments = { 0 };
	enum rk_rc rc;
	size_t i;

	rk_strbuf_add(&arguments, words, sizeof words);
	rk_strbuf_printf(&arguments, "%s%c", remote->name, '\0');
	for (i = 0; i < n; i++)
		rk_strbuf_printf(&arguments, HEADS "%s%c", branch[i], '\0');
	rc = run_to_read(remote, &arguments, "cannot read", &command, err);
	for (i = 0; i < n; i++)
		find_listed(rc == RK_OK ? rk_strbuf_str(&command.out) : "", branch[i], &tip[i]);
	rk_git_command_free(&command);
	rk_strbuf_free(&arguments);
	return rc;
}

enum rk_rc
rk_remote_check_creatable(struct rk_remote *remote, const char *branch, struct rk_err *err)
{
	static const char words[] = "ls-remote\0--quiet\0--heads\0--";
	struct rk_git_command command = { 0 };
	struct rk_strbuf arguments = { 0 };
	const char *slash, *line;
	char *end, *save = NULL;
	enum rk_rc rc;

	rk_strbuf_add(&arguments, words, sizeof words);
	rk_strbuf_printf(&arguments, "%s%c" HEADS "%s/*%c", remote->name, '\0', branch, '\0');
	for (slash = strchr(branch, '/'); slash; slash = strchr(slash + 1, '/'))
		rk_strbuf_printf(&arguments, HEADS "%.*s%c", (int)(slash - branch), branch, '\0');
	rc = run_to_read(remote, &arguments, "cannot read", &command, err);
	/* "<id> TAB refs/heads/<branch>"; a pattern matches the end of other refs, too */
	line = rc == RK_OK && command.out.len ? strtok_r(command.out.data, "\n", &save) : NULL;
	for (; rc == RK_OK && line; line = strtok_r(NULL, "\n", &save)) {
		end = strchr(line, '\t');
		if (end && strncmp(end + 1, HEADS, strlen(HEADS)) == 0)
			rc = rk_ref_check_beside(branch, end + 1 + strlen(HEADS), rk_remote_name(remote), err);
	}
	rk_git_command_free(&command);
	rk_strbuf_free(&arguments);
	return rc;
}

/*
 * Fetch those of n branches whose tip is not zero into refs of ours, and set tip to what was fetched.
 * RK_END: a branch was deleted after it was listed.
 */
static enum rk_rc
fetch(struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip, struct rk_err *err)
{
	static const char words[] = "fetch\0--quiet\0--no-tags\0--no-write-fetch-head\0--no-auto-gc\0--no-recurse-submodules\0"
	    "--refmap=\0--";
	struct rk_git_command command = { 0 };
	struct rk_strbuf arguments = { 0 }, name = { 0 };
	const size_t first = remote->n_refs;
	enum rk_rc rc = RK_OK;
	size_t i, ref = first;
	int result;

	rk_strbuf_add(&arguments, words, sizeof words);
	rk_strbuf_printf(&arguments, "%s%c", remote->name, '\0');
	for (i = 0; i < n; i++)
		if (!git_oid_is_zero(&tip[i]))
			rk_strbuf_printf(&arguments, "+" HEADS "%s:%s%zu%c", branch[i], remote->prefix.data, remote->n_refs++,
			    '\0');
	if (remote->n_refs > first)
		rc = run_to_read(remote, &arguments, "cannot fetch from", &command, err);
	if (rc == RK_EIO && strstr(rk_strbuf_str(&command.errors), "couldn't find remote ref"))
		rc = RK_END;
	for (i = 0; i < n && rc == RK_OK; i++) {
		if (git_oid_is_zero(&tip[i]))
			continue;
		rk_strbuf_clear(&name);
		rk_strbuf_printf(&name, "%s%zu", remote->prefix.data, ref++);
		if ((result = git_reference_name_to_id(&tip[i], remote->git, name.data)) < 0)
			rc = rk_git_fail(err, result, "the branch that was fetched from %s", remote->shown.data);
	}
	rk_git_command_free(&command);
	rk_strbuf_free(&arguments);
	rk_strbuf_free(&name);
	return rc;
}

enum rk_rc
rk_remote_read(struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip, struct rk_err *err)
{
	enum rk_rc rc;
	unsigned try;

	for (try = 1;; try++) {
		rc = list(remote, branch, n, tip, err);
		remove_own_refs(remote);
		if (rc == RK_OK)
			rc = fetch(remote, branch, n, tip, err);
		if (rc != RK_END || try == READ_TRIES)
			break;
		rk_clock_backoff(try);
	}
	return rc == RK_END ? RK_ERACE : rc;
}

/* Pushing */

/* Set *landed to whether tip, which may have to be fetched, is the new commit of a move or a descendant. */
static enum rk_rc
has_landed(struct rk_remote *remote, const struct rk_remote_move *move, git_oid tip, bool *landed, struct rk_err *err)
{
	enum rk_rc rc;
	int result;

	*landed = git_oid_equal(&tip, &move->new);
	if (*landed || git_oid_equal(&tip, &move->old) || git_oid_is_zero(&tip) || git_oid_is_zero(&move->new))
		return RK_OK;
	rc = fetch(remote, &move->branch, 1, &tip, err);
	if (rc != RK_OK)
		return rc;
	result = git_graph_descendant_of(remote->git, &tip, &move->new);
	*landed = result == 1;
	return result < 0 ? rk_git_fail(err, result, "the history of %s", move->branch) : RK_OK;
}

/* The branches after a push: how it went. */
struct outcome {
	bool landed;	/* all are at their new commits */
	bool moved;	/* some have moved elsewhere */
};

/* Read the branches, and set the rc of each move. */
static enum rk_rc
read_outcome(struct rk_remote *remote, struct rk_remote_move *move, size_t n, struct outcome *outcome, struct rk_err *err)
{
	const char **branch = rk_memory_calloc(n, sizeof *branch);
	git_oid *tip = rk_memory_calloc(n, sizeof *tip);
	enum rk_rc rc = RK_OK;
	bool landed;
	size_t i;

	for (i = 0; rc == RK_OK && i < n; i++)
		branch[i] = move[i].branch;
	if (rc == RK_OK)
		rc = list(remote, branch, n, tip, err);
	*outcome = (struct outcome){ .landed = true };
	for (i = 0; rc == RK_OK && i < n; i++) {
		rc = has_landed(remote, &move[i], tip[i], &landed, err);
		move[i].rc = landed ? RK_OK : git_oid_equal(&tip[i], &move[i].old) ? RK_EIO : RK_END;
		outcome->landed = outcome->landed && landed;
		outcome->moved = outcome->moved || move[i].rc == RK_END;
	}
	free(branch);
	free(tip);
	return rc;
}

/* Return whether git push reports another writer, and not a rule, as the reason: a retry may succeed. */
static bool
is_lost_race(const char *report)
{
	/* the reasons of send-pack and receive-pack */
	static const char *const reasons[] = { "(stale info)", "(fetch first)", "(non-fast-forward)", "(needs force)",
		"(remote ref updated since checkout)", "(failed to update ref)", "(failed to lock)", "cannot lock ref",
		"(reference already exists)", "(incorrect old value provided)", "(failed to delete ref)",
		"(atomic transaction failed)" };
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (strstr(report, reasons[i]))
			return true;
	return false;
}

/*
 * Decide why a push failed, and so whether it is retried: RK_END and RK_ERACE are, RK_EPERM and RK_EIO are not.
 * What the branches are now counts more than what git reports, and RK_OK says that the push has arrived after all.
 */
static enum rk_rc
decide_retry(struct rk_remote *remote, struct rk_remote_move *move, size_t n, const struct rk_git_command *push,
    struct rk_err *err)
{
	/* a reference-transaction hook ends the push without a report, or with the report of a lost race */
	const bool hook = strstr(rk_strbuf_str(&push->errors), "ref updates aborted by hook") != NULL;
	const bool rejected = hook || strstr(rk_strbuf_str(&push->out), "[remote rejected]") != NULL;
	const bool race = !hook && is_lost_race(rk_strbuf_str(&push->out));
	struct outcome outcome;
	enum rk_rc rc = read_outcome(remote, move, n, &outcome, err);
	struct rk_err why;
	unsigned i;

	/* if there is no report, the remote may still be at work */
	for (i = 0; i < OUTCOME_READS && rc == RK_OK && !outcome.landed && !outcome.moved && !rejected && !race; i++) {
		rk_clock_backoff(6 + i);
		rc = read_outcome(remote, move, n, &outcome, err);
	}
	why = *err;
	if (rc != RK_OK)
		return rk_err_set(err, rc == RK_ENOMEM ? rc : RK_EIO, "it is unknown whether the push to %s has arrived: %s",
		    remote->shown.data, why.msg);
	if (outcome.landed)
		return RK_OK;
	if (rejected && !race) {
		fail(remote, push, "refused by", err);
		return RK_EPERM;
	}
	if (outcome.moved)
		return rk_err_set(err, RK_END, "another writer has pushed to %s in the meantime", remote->shown.data);
	if (race) {
		fail(remote, push, "a branch stays locked at", err);
		return RK_ERACE;
	}
	return fail(remote, push, "cannot push to", err);
}

static void
add_push_arguments(struct rk_strbuf *arguments, const char *remote, const struct rk_remote_move *move, size_t n)
{
	static const char words[] = "push\0--porcelain\0--atomic\0--no-follow-tags\0--recurse-submodules=no";
	char hex[RK_OID_HEX];
	size_t i;

	rk_strbuf_add(arguments, words, sizeof words);
	for (i = 0; i < n; i++)
		rk_strbuf_printf(arguments, "--force-with-lease=" HEADS "%s:%s%c", move[i].branch,
		    git_oid_is_zero(&move[i].old) ? "" : git_oid_tostr(hex, sizeof hex, &move[i].old), '\0');
	rk_strbuf_printf(arguments, "--%c%s%c", '\0', remote, '\0');
	for (i = 0; i < n; i++)
		rk_strbuf_printf(arguments, "%s:" HEADS "%s%c",
		    git_oid_is_zero(&move[i].new) ? "" : git_oid_tostr(hex, sizeof hex, &move[i].new), move[i].branch, '\0');
}

enum rk_rc
rk_remote_push(struct rk_remote *remote, struct rk_remote_move *move, size_t n, struct rk_err *err)
{
	struct rk_git_command push = { 0 };
	struct rk_strbuf arguments = { 0 };
	enum rk_rc rc;
	size_t i;

	for (i = 0; i < n; i++)
		move[i].rc = RK_EIO;
	add_push_arguments(&arguments, remote->name, move, n);
	rc = run(remote, &arguments, &push, err);
	if (rc == RK_EIO) {	/* git was killed: the push may have arrived */
		rk_strbuf_clear(&push.errors);
		rk_strbuf_puts(&push.errors, err->msg);
	}
	if (rc == RK_EIO || (rc == RK_OK && push.status != 0)) {
		rc = decide_retry(remote, move, n, &push, err);
	} else if (rc == RK_OK) {
		for (i = 0; i < n; i++)
			move[i].rc = RK_OK;
	}
	rk_git_command_free(&push);
	rk_strbuf_free(&arguments);
	return rc;
}
