/*
 * Fuzz the regular expressions of catalogues: an input is one and, on the next line, a string that is searched.  An expression
 * that is accepted must compile, or fail to, within the limits of time and memory that the fuzzer has, and must search so.
 */
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/validate.h"
#include "fuzz.h"

#define SEARCHED 256	/* bytes: a version or a tag */

int
fuzz_regex(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size), *rest = text, *pattern = fuzz_field(&rest), *string = fuzz_field(&rest);
	const char *fault = rk_validate_regex(pattern);
	regmatch_t match[2];
	regex_t regex;

	EXPECT(fault || strlen(pattern) <= 256);
	EXPECT(!fault || *fault);
	EXPECT(strlen(pattern) > 256 || !fault || strpbrk(pattern, "{+*?(\\"));
	if (!fault && regcomp(&regex, pattern, REG_EXTENDED) == 0) {
		if (strlen(string) <= SEARCHED && regexec(&regex, string, 2, match, 0) == 0)
			EXPECT(match[0].rm_so >= 0 && match[0].rm_so <= match[0].rm_eo && (size_t)match[0].rm_eo <= strlen(string));
		regfree(&regex);
	}
	free(text);
	return 0;
}
