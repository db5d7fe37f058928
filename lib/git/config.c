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

/* Find a setting in the environment, where the last one counts; *value is NULL if it is not there. */
static enum rk_rc
find_variable(const char *setting, const char **value, struct rk_err *err)
{
	const char *count = getenv("GIT_CONFIG_COUNT"), *key;
	unsigned long n;
	char *end;

	*value = NULL;
	if (!count || !*count)
		return RK_OK;
	errno = 0;
	n = strtoul(count, &end, 10);
	if (*count < '0' || *count > '9' || *end || errno)
		return rk_err_set(err, RK_ENOINPUT, "invalid GIT_CONFIG_COUNT: \"%s\"", count);
	while (n-- > 0 && !*value) {
		key = variable("KEY", n, err);
		if (!key)
			return RK_ENOINPUT;
		if (is_same(key, setting) && !(*value = variable("VALUE", n, err)))
			return RK_ENOINPUT;
	}
	return RK_OK;
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
	git_config *config = NULL;
	git_buf found = { 0 };
	const char *given;
	enum rk_rc rc = find_variable(key, &given, err);
	int result;

	if (rc != RK_OK)
		return rc;
	if (given) {
		rk_strbuf_puts(value, given);
		return RK_OK;
	}
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
	git_config *config = NULL;
	const char *given;
	enum rk_rc rc = find_variable(key, &given, err);
	int result, is = 0;

	*value = false;
	if (rc != RK_OK)
		return rc;
	result = given ? git_config_parse_bool(&is, given) : git_repository_config_snapshot(&config, git);
	if (result == 0 && !given)
		result = git_config_get_bool(&is, config, key);
	git_config_free(config);
	*value = result == 0 && is;
	return result == GIT_ENOTFOUND ? RK_END : result < 0 ? invalid(key, result, err) : RK_OK;
}
