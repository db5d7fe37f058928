#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report/age.h"
#include "base/err.h"
#include "base/strbuf.h"

#define DAY INT64_C(86400)

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t
days(int64_t year, int month, int day)
{
	static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	int64_t past = year - (month <= 2);	/* the last year whose leap day is over */

	return 365 * (year - 1970) + (past / 4 - 492) - (past / 100 - 19) + (past / 400 - 4) + before[month - 1] + day -
	    1;
}

static int
days_in(int year, int month)
{
	static const int in[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return in[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* Return the number that n digits give. */
static int
number(const char *digits, size_t n)
{
	int value = 0;

	for (; n > 0; n--)
		value = value * 10 + *digits++ - '0';
	return value;
}

bool
rk_age_read(const char *s, int64_t *seconds)
{
	static const char pattern[] = "0000-00-00T00:00:00Z";
	int year, month, day, hour, minute, second;
	size_t i;

	for (i = 0; i < sizeof pattern; i++)
		if (pattern[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != pattern[i])
			return false;
	year = number(s, 4);
	month = number(s + 5, 2);
	day = number(s + 8, 2);
	hour = number(s + 11, 2);
	minute = number(s + 14, 2);
	second = number(s + 17, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60)
		return false;
	*seconds = days(year, month, day) * DAY + (hour * INT64_C(60) + minute) * 60 + second;
	return true;
}

enum rk_rc
rk_age_time(const char *name, const char *value, int64_t *seconds, struct rk_err *err)
{
	size_t len = strlen(value);

	if (rk_age_read(value, seconds))
		return RK_OK;
	if (len == 0 || len > 12 || strspn(value, "0123456789") != len)
		return rk_err_set(err, RK_EUSAGE, "%s: expected a time such as 2026-01-02T03:04:05Z, or seconds since 1970, "
		    "got \"%s\"", name, value);
	*seconds = strtoll(value, NULL, 10);
	return RK_OK;
}

enum rk_rc
rk_age_duration(const char *name, const char *value, int64_t *seconds, struct rk_err *err)
{
	static const char units[] = "smhd";
	static const int64_t lengths[] = { 1, 60, 3600, DAY };
	size_t digits = strspn(value, "0123456789");
	const char *unit = value[digits] ? strchr(units, value[digits]) : NULL;

	if (!digits || digits > 9 || !unit || value[digits + 1])
		return rk_err_set(err, RK_EUSAGE, "%s: expected a length of time such as 90s, 15m, 24h or 7d, got \"%s\"", name,
		    value);
	*seconds = number(value, digits) * lengths[unit - units];
	return RK_OK;
}

void
rk_age_print(struct rk_strbuf *text, int64_t seconds)
{
	time_t time = (time_t)seconds;
	char when[32];
	struct tm tm;

	strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&time, &tm));
	rk_strbuf_puts(text, when);
}

void
rk_age_add(struct rk_strbuf *text, const char *since, int64_t now)
{
	int64_t seconds, age;

	if (!rk_age_read(since, &seconds)) {
		rk_strbuf_puts(text, since);
		return;
	}
	rk_strbuf_printf(text, "%.10s", since);
	age = (now - seconds) / DAY;
	if (now >= seconds)
		rk_strbuf_printf(text, " (%lld %s)", (long long)age, age == 1 ? "day" : "days");
}
