#include "base/glob.h"

/*
 * Only the last "*" is tried again with one byte more.  That suffices with RK_GLOB_PATH, too: after an earlier "*", a
 * literal "/" can only match where its component ends.
 */
bool
rk_glob_match(const char *pattern, size_t len, const char *string, enum rk_glob how)
{
	const char *const end = pattern + len;
	const char *star = NULL, *after = NULL;
	char before = '/';	/* the byte before string */

	while (*string) {
		if (pattern < end && *pattern == '*' && !(how == RK_GLOB_PATH && before == '/' && *string == '.')) {
			star = ++pattern;
			after = string;
		} else if (pattern < end && *pattern != '*' && *pattern == *string) {
			pattern++;
			before = *string++;
		} else if (star && !(how == RK_GLOB_PATH && *after == '/')) {
			pattern = star;
			before = *after;
			string = ++after;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}
