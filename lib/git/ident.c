#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "git/ident.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

struct civil {
	int year, month, day, hour, minute, second;	/* month and day from 1 */
};

/* Seconds since 1970 of a date in UTC (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t
seconds(const struct civil *c)
{
	int64_t year = c->month <= 2 ? (int64_t)c->year - 1 : c->year, era = year / 400, of_era = year - era * 400;
	int64_t of_year = (153 * (c->month + (c->month > 2 ? -3 : 9)) + 2) / 5 + c->day - 1;
	int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;

	return ((days * 24 + c->hour) * 60 + c->minute) * 60 + c->second;
}

/* Minutes east of UTC in the local zone at a time. */
static int
local_zone(int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;
	struct civil c;

	if (!localtime_r(&t, &tm))
		return 0;
	c = (struct civil){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec };
	return (int)((seconds(&c) - when) / 60);
}

/* "+0100", "+01:00", "-01", "Z", "UTC" or "GMT", and nothing behind. */
static bool
read_zone(const char *s, int *zone)
{
	int hours, minutes = 0, used = 0;

	if (strcmp(s, "Z") == 0 || strcmp(s, "UTC") == 0 || strcmp(s, "GMT") == 0) {
		*zone = 0;
		return true;
	}
	if ((*s != '+' && *s != '-') || !isdigit((unsigned char)s[1]))
		return false;
	if (sscanf(s + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 &&
	    sscanf(s + 1, "%2d%2d%n", &hours, &minutes, &used) != 2 && sscanf(s + 1, "%2d%n", &hours, &used) != 1)
		return false;
	if (s[1 + used] || hours > 14 || minutes < 0 || minutes > 59)
		return false;
	*zone = (*s == '-' ? -1 : 1) * (60 * hours + minutes);
	return true;
}

/* "2026-11-22T20:44[:49]", with a blank for the T, or "Sun, 22 Nov 2026 20:44[:49]"; what follows is at *rest. */
static bool
read_civil(const char *s, struct civil *c, const char **rest)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const char *comma = strchr(s, ','), *found;
	char month[4];
	int used = 0, more = 0;

	*c = (struct civil){ 0 };
	if (sscanf(s, "%4d-%2d-%2d%*1[T ]%2d:%2d%n", &c->year, &c->month, &c->day, &c->hour, &c->minute, &used) < 5 || !used) {
		if (comma)
			s = comma + 1;
		if (sscanf(s, "%2d %3[A-Za-z] %4d %2d:%2d%n", &c->day, month, &c->year, &c->hour, &c->minute, &used) < 5 || !used)
			return false;
		found = strlen(month) == 3 ? strstr(months, month) : NULL;
		if (!found || (found - months) % 3 != 0)
			return false;
		c->month = (int)(found - months) / 3 + 1;
	}
	s += used;
	if (*s == ':' && (sscanf(s, ":%2d%n", &c->second, &more) < 1 || !more))
		return false;
	*rest = s + more;
	return c->year >= 1970 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= 31 &&
	    c->hour >= 0 && c->hour <= 23 && c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 60;
}

enum rk_rc
rk_ident_date(const char *s, int64_t *when, int *zone, struct rk_err *err)
{
	const char *digits = s + (*s == '@'), *rest = digits + strspn(digits, "0123456789");
	bool utc = rest > digits && rest - digits <= 12 && (!*rest || (*rest == ' ' && (rest[1] == '+' || rest[1] == '-')));
	struct civil c;

	*zone = 0;
	if (utc) {
		*when = strtoll(digits, NULL, 10);
	} else if (read_civil(s, &c, &rest)) {
		*when = seconds(&c);
		if (*rest == '.')	/* parts of a second */
			rest += 1 + strspn(rest + 1, "0123456789");
	} else {
		return rk_err_set(err, RK_EDATA, "the date \"%s\" is not understood (@SECONDS ZONE, ISO 8601, RFC 2822)", s);
	}
	rest += strspn(rest, " ");
	if (*rest && !read_zone(rest, zone))
		return rk_err_set(err, RK_EDATA, "the date \"%s\" has a time zone that is not understood (+HHMM)", s);
	if (!*rest)
		*zone = local_zone(*when);
	if (!*rest && !utc)	/* the zone of the moment that is meant, not of the same figures in UTC */
		*zone = local_zone(*when - *zone * 60);
	if (!utc)
		*when -= *zone * 60;
	return RK_OK;
}

/* The first of these that says something: an environment variable, then keys of the configuration. */
static enum rk_rc
find(git_repository *git, const char *variable, const char *role, const char *part, struct rk_strbuf *value,
    struct rk_err *err)
{
	const char *const owners[] = { role, "user" };
	git_config *config = NULL;
	git_buf found = { 0 };
	enum rk_rc rc = RK_OK;
	char key[64];
	int result;
	size_t i;

	if (getenv(variable) && *getenv(variable)) {
		rk_strbuf_puts(value, getenv(variable));
		return rk_strbuf_check(value, err);
	}
	result = git_repository_config_snapshot(&config, git);
	if (result < 0)
		return rk_git_fail(err, result, "the Git configuration");
	for (i = 0; i < 2 && rc == RK_OK && value->len == 0; i++) {
		snprintf(key, sizeof key, "%s.%s", owners[i], part);
		result = git_config_get_string_buf(&found, config, key);
		if (result == 0)
			rk_strbuf_add(value, found.ptr, found.size);
		else if (result != GIT_ENOTFOUND)
			rc = rk_git_fail(err, result, "the Git configuration");
		git_buf_dispose(&found);
	}
	git_config_free(config);
	return rc == RK_OK ? rk_strbuf_check(value, err) : rc;
}

/* As git's ident.c: what would break the line is left out, and so is what people leave at the ends. */
static void
add_clean(struct rk_strbuf *text, const char *s)
{
	size_t len = strlen(s), i;

	while (len > 0 && ((unsigned char)s[len - 1] <= ' ' || strchr(".,:;<>\"\\'", s[len - 1])))
		len--;
	while (len > 0 && ((unsigned char)*s <= ' ' || strchr(".,:;<>\"\\'", *s))) {
		s++;
		len--;
	}
	for (i = 0; i < len; i++)
		if (s[i] != '<' && s[i] != '>' && s[i] != '\n')
			rk_strbuf_putc(text, s[i]);
}

static enum rk_rc
add_part(struct rk_strbuf *text, git_repository *git, const char *role, const char *part, struct rk_err *err)
{
	struct rk_strbuf value = { 0 };
	size_t had = text->len;
	char variable[64];
	enum rk_rc rc;

	snprintf(variable, sizeof variable, "GIT_%s_%s", role[0] == 'a' ? "AUTHOR" : "COMMITTER",
	    part[0] == 'n' ? "NAME" : "EMAIL");
	rc = find(git, variable, role, part, &value, err);
	if (rc == RK_OK && value.len == 0 && part[0] == 'e' && getenv("EMAIL"))
		rk_strbuf_puts(&value, getenv("EMAIL"));
	if (rc == RK_OK)
		add_clean(text, rk_strbuf_str(&value));
	if (rc == RK_OK && text->len == had)
		rc = rk_err_set(err, RK_ENOINPUT, "the commit has no %s %s: set %s, or git config user.%s", role,
		    part[0] == 'n' ? "name" : "address", variable, part);
	rk_strbuf_free(&value);
	return rc;
}

static enum rk_rc
find_date(const char *role, int64_t *when, int *zone, struct rk_err *err)
{
	const char *variable = role[0] == 'a' ? "GIT_AUTHOR_DATE" : "GIT_COMMITTER_DATE", *value = getenv(variable);
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	enum rk_rc rc;

	if (value && *value) {
		rc = rk_ident_date(value, when, zone, err);
		return rc == RK_OK ? rc : rk_err_prefix(err, RK_ENOINPUT, "%s", variable);
	}
	if (epoch && *epoch) {
		rc = rk_ident_date(epoch, when, zone, err);
		*zone = 0;
		return rc == RK_OK ? rc : rk_err_prefix(err, RK_ENOINPUT, "SOURCE_DATE_EPOCH");
	}
	*when = time(NULL);
	*zone = local_zone(*when);
	return RK_OK;
}

enum rk_rc
rk_ident_add(struct rk_strbuf *text, git_repository *git, const char *role, struct rk_err *err)
{
	int64_t when = 0;
	int zone = 0;
	enum rk_rc rc;

	rc = add_part(text, git, role, "name", err);
	rk_strbuf_puts(text, " <");
	if (rc == RK_OK)
		rc = add_part(text, git, role, "email", err);
	if (rc == RK_OK)
		rc = find_date(role, &when, &zone, err);
	rk_strbuf_printf(text, "> %" PRId64 " %c%02d%02d", when, zone < 0 ? '-' : '+', abs(zone) / 60, abs(zone) % 60);
	return rc == RK_OK ? rk_strbuf_check(text, err) : rc;
}

enum rk_rc
rk_ident_log(git_repository *git, struct rk_err *err)
{
	struct rk_strbuf name = { 0 }, email = { 0 };
	enum rk_rc rc = add_part(&name, git, "committer", "name", err);
	int result;

	if (rc == RK_OK)
		rc = add_part(&email, git, "committer", "email", err);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&name, err) == RK_OK ? rk_strbuf_check(&email, err) : RK_ENOMEM;
	if (rc == RK_OK && (result = git_repository_set_ident(git, name.data, email.data)) < 0)
		rc = rk_git_fail(err, result, "the committer");
	rk_strbuf_free(&name);
	rk_strbuf_free(&email);
	return rc;
}
