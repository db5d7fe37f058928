#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git/config.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/* Return whether two keys are the same: only what is between the first and the last dot is sensitive to case. */
static bool
is_same(const char *a, const char *key)
{
	const char *first = strchr(key, '.'), *last = strrchr(key, '.'), *at;

	if (strlen(a) != strlen(key))
		return false;
	for (at = key; *at; at++, a++)
		if (*a != *at && ((at > first && at < last) || tolower((unsigned char)*a) != tolower((unsigned char)*at)))
			return false;
	return true;
}

/* A setting in the environment. */
struct given {
	bool found, valued;	/* without a value it is true */
	struct rk_strbuf value;
};

static void
give(struct given *given, const char *value)
{
	given->found = true;
	given->valued = value != NULL;
	rk_strbuf_clear(&given->value);
	rk_strbuf_puts(&given->value, value ? value : "true");
}

/* Return a variable that GIT_CONFIG_COUNT promises; NULL after an error. */
static const char *
variable(const char *what, unsigned long number, struct rk_err *err)
{
	const char *value;
	char name[64];

	snprintf(name, sizeof name, "GIT_CONFIG_%s_%lu", what, number);
	value = getenv(name);
	if (!value)
		rk_err_set(err, RK_ENOINPUT, "missing %s, which GIT_CONFIG_COUNT requires", name);
	return value;
}

/* Find a setting in the variables that GIT_CONFIG_COUNT counts, where the last one counts. */
static enum rk_rc
find_counted(const char *setting, struct given *given, struct rk_err *err)
{
	const char *count = getenv("GIT_CONFIG_COUNT"), *key, *value;
	unsigned long n;
	char *end;

	if (!count || !*count)
		return RK_OK;
	errno = 0;
	n = strtoul(count, &end, 10);
	if (*count < '0' || *count > '9' || *end || errno)
		return rk_err_set(err, RK_ENOINPUT, "invalid GIT_CONFIG_COUNT: \"%s\"", count);
	while (n-- > 0 && !given->found) {
		key = variable("KEY", n, err);
		if (!key)
			return RK_ENOINPUT;
		if (!is_same(key, setting))
			continue;
		value = variable("VALUE", n, err);
		if (!value)
			return RK_ENOINPUT;
		give(given, value);
	}
	return RK_OK;
}

/* Append a string in single quotes, as Git's sq_quote_buf() writes them.  Return what follows it; NULL: it is not one. */
static const char *
dequote(const char *at, struct rk_strbuf *string)
{
	size_t len;

	for (; *at == '\''; at += 2) {
		len = strcspn(++at, "'");
		if (!at[len])
			return NULL;
		rk_strbuf_add(string, at, len);
		at += len + 1;
		if (*at != '\\')
			return at;
		if ((at[1] != '\'' && at[1] != '!') || at[2] != '\'')
			return NULL;
		rk_strbuf_putc(string, at[1]);
	}
	return NULL;
}

/* Read a parameter of git -c: 'KEY'='VALUE', 'KEY'=, or of Git before 2.31 'KEY=VALUE' or 'KEY'.  Return as dequote(). */
static const char *
read_parameter(const char *at, struct rk_strbuf *key, struct rk_strbuf *value, bool *valued)
{
	char *equals;

	rk_strbuf_clear(key);
	rk_strbuf_clear(value);
	*valued = false;
	at = dequote(at, key);
	if (at && at[0] == '=' && at[1] == '\'') {
		*valued = true;
		at = dequote(at + 1, value);
	} else if (at && at[0] == '=') {
		at++;
	} else if (at && key->len && (equals = strchr(key->data, '='))) {
		*valued = true;
		rk_strbuf_puts(value, equals + 1);
		*equals = '\0';
	}
	return at && *at && !isspace((unsigned char)*at) ? NULL : at;
}

/* Find a setting of git -c, which passes them to what it runs; the last one counts. */
static enum rk_rc
find_parameter(const char *setting, struct given *given, struct rk_err *err)
{
	const char *parameters = getenv("GIT_CONFIG_PARAMETERS"), *at = parameters ? parameters : "";
	struct rk_strbuf key = { 0 }, value = { 0 };
	bool valued;

	while (at && *at) {
		if (isspace((unsigned char)*at)) {
			at++;
			continue;
		}
		at = read_parameter(at, &key, &value, &valued);
		if (at && is_same(rk_strbuf_str(&key), setting))
			give(given, valued ? rk_strbuf_str(&value) : NULL);
	}
	rk_strbuf_free(&key);
	rk_strbuf_free(&value);
	return at ? RK_OK : rk_err_set(err, RK_ENOINPUT, "invalid GIT_CONFIG_PARAMETERS: \"%s\"", parameters);
}

static enum rk_rc
find_given(const char *setting, struct given *given, struct rk_err *err)
{
	enum rk_rc rc = find_parameter(setting, given, err);

	return rc == RK_OK && !given->found ? find_counted(setting, given, err) : rc;
}

static enum rk_rc
invalid(const char *key, int result, struct rk_err *err)
{
	rk_git_fail(err, result, "the Git configuration: %s", key);
	return RK_ENOINPUT;
}

enum rk_rc
rk_config_string(git_repository *git, const char *key, struct rk_strbuf *value, struct rk_err *err)
{
	struct given given = { 0 };
	git_config *config = NULL;
	git_buf found = { 0 };
	enum rk_rc rc = find_given(key, &given, err);
	int result;

	if (rc == RK_OK && given.found && !given.valued)
		rc = rk_err_set(err, RK_ENOINPUT, "the Git configuration: %s: missing value", key);
	if (rc == RK_OK && given.found)
		rk_strbuf_add(value, rk_strbuf_str(&given.value), given.value.len);
	rk_strbuf_free(&given.value);
	if (rc != RK_OK || given.found)
		return rc;
	result = git_repository_config_snapshot(&config, git);
	if (result == 0)
		result = git_config_get_string_buf(&found, config, key);
	if (result == 0)
		rk_strbuf_add(value, found.ptr, found.size);
	git_buf_dispose(&found);
	git_config_free(config);
	return result == GIT_ENOTFOUND ? RK_END : result < 0 ? invalid(key, result, err) : RK_OK;
}

enum rk_rc
rk_config_bool(git_repository *git, const char *key, bool *value, struct rk_err *err)
{
	struct given given = { 0 };
	git_config *config = NULL;
	enum rk_rc rc = find_given(key, &given, err);
	int result = 0, is = 0;

	*value = false;
	if (rc == RK_OK && given.found)
		result = git_config_parse_bool(&is, rk_strbuf_str(&given.value));
	else if (rc == RK_OK)
		result = git_repository_config_snapshot(&config, git);
	rk_strbuf_free(&given.value);
	if (rc != RK_OK)
		return rc;
	if (result == 0 && !given.found)
		result = git_config_get_bool(&is, config, key);
	git_config_free(config);
	*value = result == 0 && is;
	return result == GIT_ENOTFOUND ? RK_END : result < 0 ? invalid(key, result, err) : RK_OK;
}
