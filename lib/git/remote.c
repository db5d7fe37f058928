#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "git/remote.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

#define ANSWER_BYTES (16u << 20)	/* of one talk: names of branches */
#define TRIES 8				/* of reading branches that are deleted while they are read */
#define PREFIX "refs/ringkit/"
#define OLD 86400		/* seconds, after which a process's refs are nobody's */
#define LOOKS 4			/* more of them at a branch, in about a second, for a push that broke off */

struct rk_remote {
	git_repository *git;
	const char *dir, *name;
	unsigned seconds;
	struct rk_strbuf shown;	/* the name, for messages */
	struct rk_strbuf prefix;	/* of this process's refs */
	struct rk_strbuf no_mirror;	/* the setting that lets a mirror's clone push one branch; empty for an address */
	size_t kept;		/* of them */
};

/* A talk: the arguments of git, and what it says. */
struct talk {
	const char **argv;
	size_t n;
	struct rk_strbuf words;	/* of the arguments that are made here, a NUL behind each */
	struct rk_git_command git;
};

void
rk_remote_hide(struct rk_strbuf *out, const char *text)
{
	const char *scheme, *user, *end;

	while ((scheme = strstr(text, "://"))) {
		user = scheme + 3;
		rk_strbuf_add(out, text, (size_t)(user - text));
		end = user + strcspn(user, "/ \t\r\n'\"<>");
		for (text = end; text > user && text[-1] != '@'; text--)
			;
		if (text > user)
			rk_strbuf_puts(out, "***@");
	}
	rk_strbuf_puts(out, text);
}

/* A password in an address would stand in the list of processes, for everybody on the machine to read. */
static enum rk_rc
check_address(const struct rk_remote *remote, const char *address, struct rk_err *err)
{
	const char *user = address ? strstr(address, "://") : NULL, *at, *colon;

	if (!user || strncmp(address, "http", 4) != 0)
		return RK_OK;
	user += 3;
	at = user + strcspn(user, "/");
	while (at > user && *at != '@')
		at--;
	colon = memchr(user, ':', (size_t)(at - user));
	if (*at != '@' || at == user || (!colon && strncmp(user, "git@", 4) == 0))
		return RK_OK;
	return rk_err_set(err, RK_EPERM, "the address of %s holds a password or token, which would show in the list of processes; "
	    "give it by a credential helper, http.extraHeader or GIT_ASKPASS instead", rk_strbuf_str(&remote->shown));
}

enum rk_rc
rk_remote_open(git_repository *git, const char *dir, const char *name, unsigned seconds, struct rk_remote **remote,
    struct rk_err *err)
{
	struct rk_remote *new = calloc(1, sizeof *new);
	git_remote *found = NULL;
	struct timespec now;
	enum rk_rc rc;

	*remote = NULL;
	if (!new)
		return rk_err_nomem(err);
	*new = (struct rk_remote){ .git = git, .dir = dir, .name = name, .seconds = seconds };
	clock_gettime(CLOCK_REALTIME, &now);
	rk_remote_hide(&new->shown, name);
	rk_strbuf_printf(&new->prefix, "%s%ld-%lx-%lx/", PREFIX, (long)getpid(), (unsigned long)now.tv_sec,
	    (unsigned long)now.tv_nsec);
	rc = rk_strbuf_check(&new->shown, err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&new->prefix, err);
	if (rc == RK_OK && (!*name || *name == '-'))
		rc = rk_err_set(err, RK_EUSAGE, "\"%s\" is no name of a remote", name);
	if (rc == RK_OK)
		rc = check_address(new, name, err);
	/* where it is no name of one, it is an address, which url.<base>.insteadOf may turn into another */
	if (rc == RK_OK && (git_remote_lookup(&found, git, name) == 0
	    || git_remote_create_anonymous(&found, git, name) == 0)) {
		rc = check_address(new, git_remote_url(found), err);
		if (rc == RK_OK)
			rc = check_address(new, git_remote_pushurl(found), err);
		if (rc == RK_OK && git_remote_name(found))
			rk_strbuf_printf(&new->no_mirror, "remote.%s.mirror=false", name);
		git_remote_free(found);
	}
	if (rc == RK_OK)
		rc = rk_strbuf_check(&new->no_mirror, err);
	if (rc == RK_OK)
		*remote = new;
	else
		rk_remote_close(new);
	return rc;
}

/* Remove what processes have left that were killed. */
static void
sweep(git_repository *git)
{
	git_reference_iterator *refs = NULL;
	const char *name, *started;
	long long then;

	if (git_reference_iterator_glob_new(&refs, git, PREFIX "*") < 0)
		return;
	while (git_reference_next_name(&name, refs) == 0) {
		started = strchr(name + strlen(PREFIX), '-');
		then = started ? strtoll(started + 1, NULL, 16) : 0;
		if (then > 0 && then + OLD < (long long)time(NULL))
			git_reference_remove(git, name);
	}
	git_reference_iterator_free(refs);
}

static void
forget(struct rk_remote *remote)
{
	struct rk_strbuf name = { 0 };

	for (; remote->kept > 0; remote->kept--) {
		rk_strbuf_clear(&name);
		rk_strbuf_printf(&name, "%s%zu", remote->prefix.data, remote->kept - 1);
		if (!name.failed)
			git_reference_remove(remote->git, name.data);
	}
	rk_strbuf_free(&name);
}

void
rk_remote_close(struct rk_remote *remote)
{
	if (!remote)
		return;
	forget(remote);
	sweep(remote->git);
	rk_strbuf_free(&remote->shown);
	rk_strbuf_free(&remote->prefix);
	rk_strbuf_free(&remote->no_mirror);
	free(remote);
}

const char *
rk_remote_name(const struct rk_remote *remote)
{
	return remote->shown.data;
}

/* Talking */

/* A talk of at most n arguments; say() adds those that are constant, word() those that are made in talk->words. */
static enum rk_rc
begin(struct talk *talk, size_t n, struct rk_err *err)
{
	*talk = (struct talk){ .argv = calloc(n + 1, sizeof *talk->argv) };
	return talk->argv ? RK_OK : rk_err_nomem(err);
}

static void
say(struct talk *talk, const char *const *words)
{
	while (*words)
		talk->argv[talk->n++] = *words++;
}

static void
finish(struct talk *talk)
{
	free(talk->argv);
	rk_strbuf_free(&talk->words);
	rk_git_command_free(&talk->git);
}

/* Add the words, which lie one behind the other, and run git. */
static enum rk_rc
run(const struct rk_remote *remote, struct talk *talk, struct rk_err *err)
{
	const char *word = talk->words.data, *end = word + talk->words.len;
	enum rk_rc rc = rk_strbuf_check(&talk->words, err);

	for (; rc == RK_OK && word && word < end; word += strlen(word) + 1)
		talk->argv[talk->n++] = word;
	talk->git = (struct rk_git_command){ .dir = remote->dir, .arguments = talk->argv, .seconds = remote->seconds,
		.limit = ANSWER_BYTES };
	return rc == RK_OK ? rk_git_run(&talk->git, err) : rc;
}

/* What Git said, on one line: what the remote's side said first, else all of it. */
static void
quote(struct rk_strbuf *quoted, const char *said)
{
	static const char remote[] = "remote: ";
	const bool theirs = strstr(said, remote) != NULL;
	struct rk_strbuf all = { 0 };
	const char *line, *end;

	for (line = said; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\r\n");
		if (theirs && strncmp(line, remote, sizeof remote - 1) != 0)
			continue;
		if (theirs)
			line += sizeof remote - 1;
		while (end > line && end[-1] == ' ')
			end--;
		if (end > line && all.len)
			rk_strbuf_puts(&all, "; ");
		rk_strbuf_add(&all, line, (size_t)(end - line));
		end = line + strcspn(line, "\r\n");
	}
	rk_remote_hide(quoted, all.failed ? "" : rk_strbuf_str(&all));
	rk_strbuf_free(&all);
}

/* RK_EIO with what Git said; RK_EPERM where that is about who is allowed what. */
static enum rk_rc
fail(const struct rk_remote *remote, const struct talk *talk, const char *what, struct rk_err *err)
{
	static const char *const denied[] = { "Authentication failed", "Permission denied", "could not read Username",
		"could not read Password", "Host key verification failed", "returned error: 403", "returned error: 401" };
	struct rk_strbuf quoted = { 0 };
	enum rk_rc rc = RK_EIO;
	size_t i;

	for (i = 0; i < sizeof denied / sizeof denied[0]; i++)
		if (strstr(rk_strbuf_str(&talk->git.errors), denied[i]))
			rc = RK_EPERM;
	quote(&quoted, rk_strbuf_str(&talk->git.errors));
	rk_err_set(err, rc, "%s %s: %s", what, remote->shown.data, quoted.len ? rk_strbuf_str(&quoted) : "git does not say why");
	rk_strbuf_free(&quoted);
	return rc;
}

/* Run it; a git that had to be stopped is told as one that has failed. */
static enum rk_rc
ask(const struct rk_remote *remote, struct talk *talk, const char *what, struct rk_err *err)
{
	enum rk_rc rc = run(remote, talk, err);

	if (rc == RK_EIO)
		return rk_err_prefix(err, rc, "%s %s", what, remote->shown.data);
	return rc == RK_OK && talk->git.status != 0 ? fail(remote, talk, what, err) : rc;
}

/* Reading */

/* The id that ls-remote told of a branch, zero where it told of none. */
static void
listed(const char *out, const char *branch, git_oid *tip)
{
	const char *line, *name;
	size_t len;

	*tip = (git_oid){ 0 };
	for (line = out; *line; line += len + (line[len] != '\0')) {
		len = strcspn(line, "\n");
		name = memchr(line, '\t', len);
		if (!name || strncmp(name + 1, "refs/heads/", 11) != 0)
			continue;
		name += 12;
		if (strlen(branch) == (size_t)(line + len - name) && memcmp(name, branch, strlen(branch)) == 0
		    && git_oid_fromstrn(tip, line, (size_t)(name - 12 - line)) < 0)
			*tip = (git_oid){ 0 };
	}
}

/* Which commits the branches point at, without fetching them. */
static enum rk_rc
list(const struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip, struct rk_err *err)
{
	static const char *const words[] = { "ls-remote", "--quiet", "--heads", "--", NULL };
	struct talk talk;
	enum rk_rc rc = begin(&talk, n + 8, err);
	size_t i;

	if (rc == RK_OK) {
		say(&talk, words);
		say(&talk, (const char *const[]){ remote->name, NULL });
		for (i = 0; i < n; i++) {
			rk_strbuf_printf(&talk.words, "refs/heads/%s", branch[i]);
			rk_strbuf_putc(&talk.words, '\0');
		}
		rc = ask(remote, &talk, "cannot read", err);
	}
	for (i = 0; i < n; i++)
		listed(rc == RK_OK ? rk_strbuf_str(&talk.git.out) : "", branch[i], &tip[i]);
	finish(&talk);
	return rc;
}

/*
 * Fetch those that are there, each into a ref of ours: what these say is what was fetched.
 * RK_END: one of them is gone.
 */
static enum rk_rc
fetch(struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip, struct rk_err *err)
{
	static const char *const words[] = { "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc",
		"--no-recurse-submodules", "--refmap=", "--", NULL };
	struct rk_strbuf name = { 0 };
	struct talk talk;
	enum rk_rc rc = begin(&talk, n + 12, err);
	int result = 0;
	size_t i, first = remote->kept;

	if (rc == RK_OK) {
		say(&talk, words);
		say(&talk, (const char *const[]){ remote->name, NULL });
	}
	for (i = 0; i < n && rc == RK_OK; i++)
		if (!git_oid_is_zero(&tip[i])) {
			rk_strbuf_printf(&talk.words, "+refs/heads/%s:%s%zu", branch[i], remote->prefix.data, remote->kept++);
			rk_strbuf_putc(&talk.words, '\0');
		}
	if (rc == RK_OK && remote->kept > first)
		rc = ask(remote, &talk, "cannot fetch from", err);
	/* deleted since it was listed */
	if (rc == RK_EIO && talk.git.status == 128 && strstr(rk_strbuf_str(&talk.git.errors), "couldn't find remote ref"))
		rc = RK_END;
	for (i = 0; i < n && rc == RK_OK; i++) {
		if (git_oid_is_zero(&tip[i]))
			continue;
		rk_strbuf_clear(&name);
		rk_strbuf_printf(&name, "%s%zu", remote->prefix.data, first++);
		rc = rk_strbuf_check(&name, err);
		if (rc == RK_OK && (result = git_reference_name_to_id(&tip[i], remote->git, name.data)) < 0)
			rc = rk_git_fail(err, result, "what was fetched from %s", remote->shown.data);
	}
	rk_strbuf_free(&name);
	finish(&talk);
	return rc;
}

enum rk_rc
rk_remote_read(struct rk_remote *remote, const char *const *branch, size_t n, git_oid *tip, struct rk_err *err)
{
	enum rk_rc rc;
	unsigned try;

	for (try = 1;; try++) {
		rc = list(remote, branch, n, tip, err);
		forget(remote);
		if (rc == RK_OK)
			rc = fetch(remote, branch, n, tip, err);
		if (rc != RK_END || try == TRIES)
			break;
		rk_clock_backoff(try);
	}
	return rc == RK_END ? RK_ERACE : rc;
}

/* Pushing */

/* Is this commit what the push made, or on top of it?  One that is not here cannot be told, and is fetched. */
static enum rk_rc
has_landed(struct rk_remote *remote, const struct rk_remote_move *move, git_oid tip, bool *landed, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
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

/* What each branch has become.  *landed: all are there; *moved: some have moved elsewhere. */
static enum rk_rc
look(struct rk_remote *remote, struct rk_remote_move *move, size_t n, bool *landed, bool *moved, struct rk_err *err)
{
	const char **branch = calloc(n, sizeof *branch);
	git_oid *tip = calloc(n, sizeof *tip);
	enum rk_rc rc = branch && tip ? RK_OK : rk_err_nomem(err);
	bool one;
	size_t i;

	for (i = 0; rc == RK_OK && i < n; i++)
		branch[i] = move[i].branch;
	if (rc == RK_OK)
		rc = list(remote, branch, n, tip, err);
	*landed = true;
	*moved = false;
	for (i = 0; rc == RK_OK && i < n; i++) {
		rc = has_landed(remote, &move[i], tip[i], &one, err);
		move[i].rc = one ? RK_OK : git_oid_equal(&tip[i], &move[i].old) ? RK_EIO : RK_END;
		*landed = *landed && one;
		*moved = *moved || move[i].rc == RK_END;
	}
	free(branch);
	free(tip);
	return rc;
}

/* Does Git's answer tell of another writer, rather than of a rule?  The reasons are those of send-pack and receive-pack. */
static bool
is_race(const char *answer)
{
	static const char *const reasons[] = { "(stale info)", "(fetch first)", "(non-fast-forward)", "(needs force)",
		"(remote ref updated since checkout)", "(failed to update ref)", "(failed to lock)", "cannot lock ref",
		"(reference already exists)", "(incorrect old value provided)", "(failed to delete ref)", "(atomic transaction failed)" };
	size_t i;

	for (i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (strstr(answer, reasons[i]))
			return true;
	return false;
}

/* A push that git did not call done.  What the branches say now goes before what git says. */
static enum rk_rc
judge(struct rk_remote *remote, struct rk_remote_move *move, size_t n, const struct talk *talk, struct rk_err *err)
{
	/* a reference-transaction hook ends the talk without an answer, or with that of a lost race */
	const bool hook = strstr(rk_strbuf_str(&talk->git.errors), "ref updates aborted by hook") != NULL;
	const bool rejected = hook || strstr(rk_strbuf_str(&talk->git.out), "[remote rejected]") != NULL;
	const bool race = !hook && is_race(rk_strbuf_str(&talk->git.out));
	bool landed, moved;
	enum rk_rc rc = look(remote, move, n, &landed, &moved, err);
	struct rk_err why;
	unsigned i;

	/* a talk that broke off without an answer may still be at work on the other side */
	for (i = 0; i < LOOKS && rc == RK_OK && !landed && !moved && !rejected && !race; i++) {
		rk_clock_backoff(6 + i);
		rc = look(remote, move, n, &landed, &moved, err);
	}
	why = *err;
	if (rc != RK_OK)
		return rk_err_set(err, rc == RK_ENOMEM ? rc : RK_EIO, "it is not known whether %s has what was pushed: %s",
		    remote->shown.data, why.msg);
	if (landed)
		return RK_OK;
	if (rejected && !race) {
		fail(remote, talk, "refused by", err);
		return RK_EPERM;
	}
	if (moved)
		return rk_err_set(err, RK_END, "another has pushed to %s meanwhile", remote->shown.data);
	if (race) {
		fail(remote, talk, "a branch stays locked at", err);
		return RK_ERACE;
	}
	return fail(remote, talk, "cannot push to", err);
}

enum rk_rc
rk_remote_push(struct rk_remote *remote, struct rk_remote_move *move, size_t n, struct rk_err *err)
{
	static const char *const words[] = { "push", "--porcelain", "--atomic", "--no-follow-tags", "--recurse-submodules=no",
		NULL };
	char old[RK_OID_HEX], new[RK_OID_HEX];
	struct rk_err why = { 0 };
	struct talk talk;
	enum rk_rc rc = begin(&talk, 2 * n + 14, err);
	size_t i;

	for (i = 0; i < n; i++)
		move[i].rc = RK_EIO;
	if (rc == RK_OK && remote->no_mirror.len)
		say(&talk, (const char *const[]){ "-c", remote->no_mirror.data, NULL });
	if (rc == RK_OK)
		say(&talk, words);
	for (i = 0; i < n && rc == RK_OK; i++) {
		git_oid_tostr(old, sizeof old, &move[i].old);
		rk_strbuf_printf(&talk.words, "--force-with-lease=refs/heads/%s:%s", move[i].branch,
		    git_oid_is_zero(&move[i].old) ? "" : old);
		rk_strbuf_putc(&talk.words, '\0');
	}
	if (rc == RK_OK) {
		rk_strbuf_add(&talk.words, "--", 3);
		rk_strbuf_add(&talk.words, remote->name, strlen(remote->name) + 1);
	}
	for (i = 0; i < n && rc == RK_OK; i++) {
		git_oid_tostr(new, sizeof new, &move[i].new);
		rk_strbuf_printf(&talk.words, "%s:refs/heads/%s", git_oid_is_zero(&move[i].new) ? "" : new, move[i].branch);
		rk_strbuf_putc(&talk.words, '\0');
	}
	if (rc == RK_OK)
		rc = run(remote, &talk, err);
	if (rc == RK_EIO) {
		/* stopped, or not watched: it may have landed all the same */
		why = *err;
		rk_strbuf_clear(&talk.git.errors);
		rk_strbuf_puts(&talk.git.errors, why.msg);
		rc = judge(remote, move, n, &talk, err);
	} else if (rc == RK_OK && talk.git.status != 0) {
		rc = judge(remote, move, n, &talk, err);
	} else if (rc == RK_OK) {
		for (i = 0; i < n; i++)
			move[i].rc = RK_OK;
	}
	finish(&talk);
	return rc;
}
