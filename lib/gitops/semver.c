#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "gitops/semver.h"
#include "base/err.h"
#include "base/hold.h"

#define IDENTIFIER "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"
#define COMPARATORS 32

/* A version, or the part of one that a comparator gives. */
struct version {
	uint64_t number[3];
	size_t given;			/* how many of the numbers are given and not wildcards: the first ones */
	size_t written;			/* how many are written */
	const char *pre;		/* the pre-release, not terminated; pre_len is 0 if there is none */
	size_t pre_len;
	bool zeros;			/* a number has leading zeros */
};

struct comparator {
	enum { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, TILDE, CARET } op;
	struct version than;
};

/* Comparators of which all must hold. */
struct group {
	struct comparator all[COMPARATORS];
	size_t n;
	bool pre;			/* one of them has a pre-release */
};

/* How releases of the package before 3.4 and since 3.4 read a range. */
enum reading { OLD, NEW, READINGS };

/* Parsing.  Each function returns what follows what it has read, or NULL if that is invalid. */

static const char *
parse_number(const char *s, uint64_t *number, bool *zeros)
{
	const char *start = s;

	for (*number = 0; *s >= '0' && *s <= '9'; s++) {
		if (*number > (UINT64_MAX - 9) / 10)
			return NULL;
		*number = *number * 10 + (uint64_t)(*s - '0');
	}
	*zeros = *zeros || (s > start + 1 && *start == '0');
	return s > start ? s : NULL;
}

/* Parse identifiers, separated by dots; with numbers, those that are numbers have no leading zeros. */
static const char *
parse_identifiers(const char *s, bool numbers)
{
	size_t n;

	for (;; s++) {
		n = strspn(s, IDENTIFIER);
		if (n == 0 || (numbers && n > 1 && *s == '0' && strspn(s, "0123456789") == n))
			return NULL;
		s += n;
		if (*s != '.')
			return s;
	}
}

/* Parse a version with one to three numbers; if wild, each may be a wildcard. */
static const char *
parse_version(const char *s, bool wild, struct version *v)
{
	bool open = false;
	size_t i;

	*v = (struct version){ 0 };
	s += *s == 'v';
	for (i = 0; i < 3 && s && (i == 0 || *s == '.'); i++) {
		s += i > 0;
		if (wild && *s && strchr("xX*", *s)) {
			s++;
			open = true;
		} else {
			s = parse_number(s, &v->number[i], &v->zeros);
			v->given += !open;
		}
		v->written++;
	}
	for (i = v->given; i < 3; i++)
		v->number[i] = 0;
	if (s && *s == '-') {
		v->pre = s + 1;
		s = parse_identifiers(v->pre, true);
		v->pre_len = s ? (size_t)(s - v->pre) : 0;
	}
	if (s && (*s == '+' || (!wild && *s == '_')))
		s = parse_identifiers(s + 1, false);
	return s;
}

static const char *
skip_blanks(const char *s)
{
	return s + strspn(s, " \t\n\v\f\r");
}

static const char *
parse_comparator(const char *s, struct comparator *c)
{
	/* the longer of two that start alike is first */
	static const struct { const char *sign; int op; } ops[] = { { "!=", NOT_EQUAL }, { ">=", GREATER_EQUAL },
		{ "=>", GREATER_EQUAL }, { "<=", LESS_EQUAL }, { "=<", LESS_EQUAL }, { "~>", TILDE }, { "=", EQUAL },
		{ ">", GREATER }, { "<", LESS }, { "~", TILDE }, { "^", CARET }, { "", EQUAL } };
	size_t i;

	for (i = 0; strncmp(s, ops[i].sign, strlen(ops[i].sign)) != 0; i++)
		;
	c->op = ops[i].op;
	return parse_version(skip_blanks(s + strlen(ops[i].sign)), true, &c->than);
}

/*
 * If " - VERSION" follows a comparator without an operator, parse it: the two are ">= A" and "<= B".  The package fails if the
 * comparator is joined to a "||" before it.
 */
static const char *
parse_hyphen(const char *s, bool joined, struct group *group)
{
	const char *dash = skip_blanks(s), *high = dash + 1;
	struct comparator *low = &group->all[group->n - 1];

	if (dash == s || *dash != '-' || skip_blanks(high) == high)
		return s;
	if (low->op != EQUAL || joined || group->n == COMPARATORS)
		return NULL;
	low->op = GREATER_EQUAL;
	low = &group->all[group->n++];
	low->op = LESS_EQUAL;
	s = parse_version(skip_blanks(high), true, &low->than);
	group->pre = group->pre || low->than.pre_len;
	return s;
}

/* Parse comparators that blanks or a comma separate, to the end or to "||"; whole is the range that s is in. */
static const char *
parse_group(const char *whole, const char *s, struct group *group)
{
	const char *start = s, *next;

	*group = (struct group){ 0 };
	for (s = skip_blanks(s); s; s = next) {
		if (group->n == COMPARATORS)
			return NULL;
		s = parse_comparator(s, &group->all[group->n]);
		if (!s)
			break;
		group->pre = group->pre || group->all[group->n].than.pre_len;
		group->n++;
		s = parse_hyphen(s, start > whole && group->n == 1 && skip_blanks(start) == start, group);
		if (!s)
			break;
		next = skip_blanks(s);
		if (!*next || strncmp(next, "||", 2) == 0)
			return next;
		if (*next == ',')
			next = skip_blanks(next + 1);
		else if (next == s)
			return NULL;
	}
	return NULL;
}

/* Comparing (SemVer 2.0.0, section 11) */

static int
compare_identifiers(const char *a, size_t a_len, const char *b, size_t b_len)
{
	bool a_number = strspn(a, "0123456789") >= a_len, b_number = strspn(b, "0123456789") >= b_len;
	size_t n = a_len < b_len ? a_len : b_len;
	int order;

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a_number) {
		if (a_len != b_len)
			return a_len < b_len ? -1 : 1;
		return memcmp(a, b, a_len);
	}
	order = memcmp(a, b, n);
	return order ? order : a_len < b_len ? -1 : a_len > b_len;
}

static size_t
identifier_length(const char *s, const char *end)
{
	const char *dot = memchr(s, '.', (size_t)(end - s));

	return (size_t)((dot ? dot : end) - s);
}

static int
compare_pre(const struct version *a, const struct version *b)
{
	const char *s = a->pre, *t = b->pre, *s_end, *t_end;
	size_t n, m;
	int order;

	if (!a->pre_len || !b->pre_len)
		return (b->pre_len > 0) - (a->pre_len > 0);
	s_end = s + a->pre_len;
	t_end = t + b->pre_len;
	for (;;) {
		n = identifier_length(s, s_end);
		m = identifier_length(t, t_end);
		order = compare_identifiers(s, n, t, m);
		if (order)
			return order;
		s += n;
		t += m;
		if (s == s_end || t == t_end)
			return (s < s_end) - (t < t_end);
		s++;
		t++;
	}
}

/* Compare the first n numbers of two versions. */
static int
compare_numbers(const struct version *a, const struct version *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (a->number[i] != b->number[i])
			return a->number[i] < b->number[i] ? -1 : 1;
	return 0;
}

static int
compare(const struct version *a, const struct version *b)
{
	int order = compare_numbers(a, b, 3);

	return order ? order : compare_pre(a, b);
}

/* Whether v is at least than and has its first n numbers. */
static bool
is_from(const struct version *v, const struct version *than, size_t n)
{
	return compare(v, than) >= 0 && compare_numbers(v, than, n) == 0;
}

static bool
satisfies_tilde(const struct version *v, const struct version *than)
{
	bool any = compare_numbers(than, &(struct version){ 0 }, 3) == 0 && (than->given == 0 || than->given == 3);

	return is_from(v, than, any ? 0 : than->given == 1 ? 1 : 2);
}

static bool
satisfies_caret(const struct version *v, const struct version *than)
{
	if (than->number[0] > 0 || than->given == 1)
		return is_from(v, than, 1);
	return is_from(v, than, than->number[1] > 0 || than->given == 2 ? 2 : 3);
}

/* Whether v differs from a version that may be partly given, such as 1.4. */
static bool
differs(const struct version *v, const struct version *than)
{
	if (than->given == 1 || than->given == 2)
		return compare_numbers(v, than, than->given) != 0 || (than->given == 2 && compare_pre(v, than) != 0);
	return compare(v, than) != 0;
}

static bool
satisfies_comparator(const struct version *v, const struct comparator *c)
{
	const struct version *than = &c->than;
	bool partly = than->given == 1 || than->given == 2;

	switch (c->op) {
	case EQUAL:
		return than->given < 3 ? satisfies_tilde(v, than) : compare(v, than) == 0;
	case NOT_EQUAL:
		return differs(v, than);
	case LESS:
		return compare(v, than) < 0;
	case LESS_EQUAL:
		if (than->given == 3)
			return compare(v, than) <= 0;
		return compare_numbers(v, than, than->given == 0 ? 2 : than->given) <= 0;
	case GREATER:
		return partly ? compare_numbers(v, than, than->given) > 0 : compare(v, than) > 0;
	case GREATER_EQUAL:
		return compare(v, than) >= 0;
	case TILDE:
		return satisfies_tilde(v, than);
	case CARET:
		return satisfies_caret(v, than);
	}
	return false;
}

static bool
satisfies_group(const struct version *v, const struct group *group, enum reading reading)
{
	const struct comparator *c = group->all;

	for (; c < group->all + group->n; c++)
		if ((reading == OLD && c->than.zeros) || (v->pre_len && !(reading == NEW ? group->pre : c->than.pre_len > 0))
		    || !satisfies_comparator(v, c))
			return false;
	return true;
}

/* Whether a version satisfies a range, which must be valid. */
static bool
satisfies(const struct version *v, const char *range, enum reading reading)
{
	const char *s = range;
	struct group group;

	for (;; s += 2) {
		s = parse_group(range, s, &group);
		if (!s)
			return false;
		if (satisfies_group(v, &group, reading))
			return true;
		if (!*s)
			return false;
	}
}

static bool
is_valid(const char *range)
{
	const char *s = range;
	struct group group;

	while ((s = parse_group(range, s, &group)) && *s)
		s += 2;
	return s;
}

bool
rk_semver_is_version(const char *s)
{
	struct version v;
	const char *end = parse_version(s, false, &v);

	return end && !*end && v.written == 3;
}

bool
rk_semver_is_range(const char *s)
{
	struct version v;
	const char *end;

	if (!*s || s[strcspn(s, "*^~<>=|!, \t")])
		return true;
	end = parse_version(s, true, &v);
	return end && !*end && v.given < 3;
}

enum rk_rc
rk_semver_highest(const char *range, const json_t *versions, const char **highest, struct rk_err *err)
{
	const char *found[READINGS] = { NULL }, *s, *end;
	struct version best[READINGS], v;
	bool tie[READINGS] = { false };
	json_t *version;
	size_t i, reading;
	int order;

	*highest = NULL;
	if (!is_valid(range))
		return rk_err_set(err, RK_END, RK_HOLD_RANGE_INVALID);
	json_array_foreach(versions, i, version) {
		s = json_string_value(version);
		end = s ? parse_version(s, false, &v) : NULL;
		for (reading = OLD; end && !*end && reading < READINGS; reading++) {
			if ((v.zeros && reading == OLD) || !satisfies(&v, range, reading))
				continue;
			order = found[reading] ? compare(&v, &best[reading]) : 1;
			if (order == 0)
				tie[reading] = tie[reading] || strcmp(s, found[reading]) != 0;
			if (order <= 0)
				continue;
			found[reading] = s;
			best[reading] = v;
			tie[reading] = false;
		}
	}
	if (!found[OLD] && !found[NEW])
		return rk_err_set(err, RK_END, RK_HOLD_RANGE_NONE);
	if (tie[OLD] || tie[NEW])
		return rk_err_set(err, RK_END, RK_HOLD_RANGE_BUILDS, found[tie[OLD] ? OLD : NEW]);
	if (!found[OLD] || compare(&best[OLD], &best[NEW]) != 0)
		return rk_err_set(err, RK_END, RK_HOLD_RANGE_READINGS, found[OLD] ? found[OLD] : "nothing",
		    found[NEW] ? found[NEW] : "nothing");
	*highest = found[NEW];
	return RK_OK;
}
