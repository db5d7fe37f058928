/*
 * Fuzz versions: an input is a line with a range, and up to four lines with versions.  Versions are compared here as well, so
 * that the highest is known, and the ranges of one comparator.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/semver.h"
#include "fuzz.h"

#define VERSIONS 4
#define NUMBER "(0|[1-9][0-9]{0,17})"
#define PRE "(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
#define BUILD "[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*"

/* By the grammar of SemVer 2.0.0, with numbers that are not too large. */
static bool
is_strict(const char *s)
{
	return fuzz_matches("^v?" NUMBER "\\." NUMBER "\\." NUMBER "(-" PRE "(\\." PRE ")*)?(\\+" BUILD ")?$", s);
}

/* Divide a version into its numbers and the identifiers of its pre-release, in place; return how many these are. */
static size_t
divide(char *s, unsigned long long number[3], char *identifier[], size_t most)
{
	size_t n = 0;
	int i;

	s += *s == 'v';
	s[strcspn(s, "+")] = '\0';
	for (i = 0; i < 3; i++)
		number[i] = strtoull(s + (i > 0), &s, 10);
	while (*s && n < most) {
		*s++ = '\0';
		identifier[n++] = s;
		s += strcspn(s, ".");
	}
	return n;
}

static int
compare_identifiers(const char *a, const char *b)
{
	const bool a_number = !a[strspn(a, "0123456789")], b_number = !b[strspn(b, "0123456789")];

	if (a_number != b_number)
		return a_number ? -1 : 1;
	if (a_number && strlen(a) != strlen(b))
		return strlen(a) < strlen(b) ? -1 : 1;
	return strcmp(a, b);
}

/* SemVer 2.0.0, section 11 */
static int
compare(const char *a, const char *b)
{
	char *copy[] = { fuzz_copy(a, strlen(a)), fuzz_copy(b, strlen(b)) }, *identifier[2][600];
	unsigned long long number[2][3];
	size_t n[2], i;
	int order = 0;

	for (i = 0; i < 2; i++)
		n[i] = divide(copy[i], number[i], identifier[i], 600);
	for (i = 0; i < 3 && !order; i++)
		order = number[0][i] < number[1][i] ? -1 : number[0][i] > number[1][i];
	if (!order && (!n[0] || !n[1]))
		order = n[0] ? -1 : n[1] ? 1 : 0;
	for (i = 0; !order && i < n[0] && i < n[1]; i++)
		order = compare_identifiers(identifier[0][i], identifier[1][i]);
	if (!order)
		order = n[0] < n[1] ? -1 : n[0] > n[1];
	free(copy[0]);
	free(copy[1]);
	return order;
}

/* The highest of some versions by a range; NULL if there is none. */
static const char *
highest(const char *range, const json_t *versions)
{
	struct rk_err err = { 0 };
	const char *found;
	enum rk_rc rc = rk_semver_highest(range, versions, &found, &err);
	json_t *each;
	size_t i, n = 0;

	EXPECT(rc == RK_OK || rc == RK_END);
	EXPECT((rc == RK_OK) == (found != NULL));
	if (rc == RK_END)
		fuzz_message(&err);
	json_array_foreach(versions, i, each)
		n += found == json_string_value(each);
	EXPECT(!found || n == 1);
	return found;
}

/* Whether one version satisfies a comparator. */
static void
check_comparator(const char *sign, const char *than, const char *version, bool expected)
{
	json_t *versions = json_pack("[s]", version);
	char range[2200];

	if (versions && strlen(than) < 2000) {
		snprintf(range, sizeof range, "%s%s", sign, than);
		EXPECT((highest(range, versions) != NULL) == expected);
	}
	json_decref(versions);
}

static bool
has_pre(const char *version)
{
	return strcspn(version, "-") < strcspn(version, "+");
}

/* Two versions: each comparator with one of them and the other. */
static void
check_pair(const char *a, const char *b)
{
	const int order = compare(a, b);

	EXPECT((compare(b, a) < 0) == (order > 0) && (compare(b, a) > 0) == (order < 0));
	if (has_pre(a) != has_pre(b))
		return;	/* which of them count depends on the comparator */
	check_comparator("=", a, b, order == 0);
	check_comparator("!=", a, b, order != 0);
	check_comparator("<", a, b, order > 0);
	check_comparator("<=", a, b, order >= 0);
	check_comparator(">", a, b, order < 0);
	check_comparator(">=", a, b, order <= 0);
}

/* The order of the versions makes no difference, and the highest of all is what our comparison says. */
static void
check_highest(const char *range, const json_t *versions)
{
	json_t *reversed = json_array(), *each;
	const char *best = NULL, *s, *found, *again;
	bool tie = false, strict = true;
	size_t i;

	for (i = json_array_size(versions); i-- > 0;)
		json_array_append(reversed, json_array_get(versions, i));
	found = highest(range, versions);
	again = highest(range, reversed);
	EXPECT(!found == !again && (!found || strcmp(found, again) == 0));
	json_array_foreach(versions, i, each) {
		s = json_string_value(each);
		strict = strict && is_strict(s);
		if (!strict)
			break;
		tie = best && (tie ? compare(s, best) <= 0 : compare(s, best) == 0 && strcmp(s, best) != 0);
		if (!best || compare(s, best) > 0)
			best = s;
	}
	found = highest(">=0.0.0-0", versions);
	if (strict && best && !tie)
		EXPECT(found && strcmp(found, best) == 0);
	if (strict && tie)
		EXPECT(!found);
	json_decref(reversed);
}

int
fuzz_semver(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size), *rest = text, *range = fuzz_field(&rest), *version[VERSIONS];
	json_t *versions = json_array(), *string;
	size_t i;

	for (i = 0; i < VERSIONS && rest; i++) {
		version[i] = fuzz_field(&rest);
		string = json_string(version[i]);
		if (string)
			json_array_append_new(versions, string);
		EXPECT(!is_strict(version[i]) || rk_semver_is_version(version[i]));
		EXPECT(!rk_semver_is_version(version[i]) || !rk_semver_is_range(version[i]));
		EXPECT(!rk_semver_is_version(version[i]) || fuzz_matches("^v?[0-9]+\\.[0-9]+\\.[0-9]+([-+_].*)?$", version[i]));
		if (i > 0 && is_strict(version[i - 1]) && is_strict(version[i]))
			check_pair(version[i - 1], version[i]);
	}
	rk_semver_is_range(range);
	check_highest(range, versions);
	json_decref(versions);
	free(text);
	return 0;
}
