#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git/ident.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/config.h"
#include "git/git.h"

/*
 * git var would find all of this, but its two processes are a large part of the time of a small commit ("make bench").
 * So Git is asked only for a date that is given, in one of its many formats.
 */

#define SECONDS 60	/* until git var is killed */
#define OUT_BYTES (64u << 10)

static bool
is_author(const char *role)
{
	return role[0] == 'a';
}

/* Find a role's name or address, a part "name" or "email": empty if there is none. */
static enum rk_rc
find(git_repository *git, const char *role, const char *part, struct rk_strbuf *value, struct rk_err *err)
{
	const char *const owners[] = { role, "user" }, *set;
	enum rk_rc rc = RK_OK;
	char key[64];
	size_t i;

	snprintf(key, sizeof key, "GIT_%s_%s", is_author(role) ? "AUTHOR" : "COMMITTER", part[0] == 'n' ? "NAME" : "EMAIL");
	set = getenv(key);
	if (set)
		rk_strbuf_puts(value, set);
	for (i = 0; i < 2 && value->len == 0 && rc == RK_OK; i++) {
		snprintf(key, sizeof key, "%s.%s", owners[i], part);
		rc = rk_config_string(git, key, value, err);
		rc = rc == RK_END ? RK_OK : rc;
	}
	set = getenv("EMAIL");
	if (rc == RK_OK && value->len == 0 && set && part[0] == 'e')
		rk_strbuf_puts(value, set);
	return rc;
}

/* Find who has a role; *person on RK_OK, freed with git_signature_free(), also says what time it is. */
static enum rk_rc
find_person(git_repository *git, const char *role, git_signature **person, struct rk_err *err)
{
	struct rk_strbuf name = { 0 }, email = { 0 };
	enum rk_rc rc = find(git, role, "name", &name, err);
	int result;

	*person = NULL;
	if (rc == RK_OK)
		rc = find(git, role, "email", &email, err);
	if (rc == RK_OK && (!name.len || !email.len))
		rc = rk_err_set(err, RK_ENOINPUT, "missing the %s's %s: set GIT_%s_%s, or git config user.%s", role,
		    name.len ? "address" : "name", is_author(role) ? "AUTHOR" : "COMMITTER", name.len ? "EMAIL" : "NAME",
		    name.len ? "email" : "name");
	if (rc == RK_OK && (result = git_signature_now(person, name.data, email.data)) < 0) {
		rk_git_fail(err, result, "invalid %s: %s <%s>", role, name.data, email.data);
		rc = RK_ENOINPUT;
	}
	rk_strbuf_free(&name);
	rk_strbuf_free(&email);
	return rc;
}

/* Append the date in a variable as Git reads it: "SECONDS ZONE". */
static enum rk_rc
add_given_date(struct rk_strbuf *text, git_repository *git, const char *role, const char *variable, struct rk_err *err)
{
	const char *const arguments[] = { "-c", "user.name=x", "-c", "user.email=x", "var",
		is_author(role) ? "GIT_AUTHOR_IDENT" : "GIT_COMMITTER_IDENT", NULL };
	struct rk_git_command command = { .dir = git_repository_path(git), .arguments = arguments, .seconds = SECONDS,
		.limit = OUT_BYTES };
	enum rk_rc rc = rk_git_run(&command, err);
	const char *date = strrchr(rk_strbuf_str(&command.out), '>');

	if (rc == RK_OK && (command.status != 0 || !date || !date[1]))
		rc = rk_err_set(err, RK_ENOINPUT, "invalid %s: %.*s", variable,
		    (int)strcspn(rk_strbuf_str(&command.errors), "\n"), rk_strbuf_str(&command.errors));
	else if (rc == RK_OK)
		rk_strbuf_add(text, date + 2, strcspn(date + 2, "\n"));
	rk_git_command_free(&command);
	return rc;
}

bool
rk_ident_asks_git(void)
{
	const char *author = getenv("GIT_AUTHOR_DATE"), *committer = getenv("GIT_COMMITTER_DATE");

	return (author && *author) || (committer && *committer);
}

static enum rk_rc
add_date(struct rk_strbuf *text, git_repository *git, const char *role, const git_time *now, struct rk_err *err)
{
	const char *variable = is_author(role) ? "GIT_AUTHOR_DATE" : "GIT_COMMITTER_DATE", *value = getenv(variable);
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (value && *value)
		return add_given_date(text, git, role, variable, err);
	if (epoch && *epoch) {
		if (epoch[strspn(epoch, "0123456789")] || strlen(epoch) > 12)
			return rk_err_set(err, RK_ENOINPUT, "invalid SOURCE_DATE_EPOCH: \"%s\" (expected seconds since 1970)",
			    epoch);
		rk_strbuf_printf(text, "%s +0000", epoch);
		return RK_OK;
	}
	rk_strbuf_printf(text, "%lld %c%02d%02d", (long long)now->time, now->sign, abs(now->offset) / 60,
	    abs(now->offset) % 60);
	return RK_OK;
}

enum rk_rc
rk_ident_add(struct rk_strbuf *text, git_repository *git, const char *role, struct rk_err *err)
{
	git_signature *person;
	enum rk_rc rc = find_person(git, role, &person, err);

	if (rc == RK_OK) {
		rk_strbuf_printf(text, "%s <%s> ", person->name, person->email);
		rc = add_date(text, git, role, &person->when, err);
	}
	git_signature_free(person);
	return rc;
}

enum rk_rc
rk_ident_log(git_repository *git, struct rk_err *err)
{
	git_signature *committer;
	enum rk_rc rc = find_person(git, "committer", &committer, err);
	int result;

	if (rc == RK_OK && (result = git_repository_set_ident(git, committer->name, committer->email)) < 0)
		rc = rk_git_fail(err, result, "the committer");
	git_signature_free(committer);
	return rc;
}
