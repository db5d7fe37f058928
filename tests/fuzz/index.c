/*
 * Fuzz lists of published versions: an input is a line with a range, and then Helm's index or one version a line, which is read
 * here as well.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "gitops/catalog.h"
#include "gitops/semver.h"
#include "release/chart_index.h"
#include "fuzz.h"

static const char text[] = "umbrella: {chart: u, path: u, revision: 'v{version}'}\n";

/* A list: each line's first word, unless the line is a comment or blank; NULL if it is something else. */
static json_t *
read_list(const char *lines)
{
	json_t *list = json_array();
	char *copy = fuzz_copy(lines, strlen(lines)), *rest = copy, *line;
	bool valid = true;
	size_t n;

	while (rest) {
		line = fuzz_field(&rest);
		valid = valid && (*line == '#' || fuzz_matches("^[0-9A-Za-z.+_ \t\r-]*$", line));
		n = strcspn(line, " \t\r");
		if (*line != '#' && n)
			json_array_append_new(list, json_stringn(line, n));
	}
	free(copy);
	if (valid)
		return list;
	json_decref(list);
	return NULL;
}

static void
check_versions(const json_t *versions, const char *range, const char *lines, size_t len)
{
	json_t *expected = strlen(lines) == len ? read_list(lines) : NULL, *each;
	struct rk_err err = { 0 };
	const char *highest;
	size_t i;

	json_array_foreach(versions, i, each)
		EXPECT(json_is_string(each));
	EXPECT(!expected || json_equal(versions, expected));
	if (rk_semver_highest(range, versions, &highest, &err) != RK_OK)
		fuzz_message(&err);
	json_decref(expected);
}

int
fuzz_index(const uint8_t *data, size_t size)
{
	static struct rk_catalog *catalog;
	char *copy = fuzz_copy(data, size), *rest = copy, *range = fuzz_field(&rest);
	const size_t len = rest ? size - (size_t)(rest - copy) : 0;
	struct rk_err err = { 0 };
	json_t *versions;
	enum rk_rc rc;

	if (!catalog && rk_catalog_load(fuzz_file(0, text, strlen(text)), &catalog, &err) != RK_OK)
		fuzz_fail(__FILE__, __LINE__, err.msg);
	rest = rest ? rest : copy + size;
	rc = rk_chart_index_read(catalog, fuzz_file(0, rest, len), &versions, &err);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	EXPECT((rc == RK_OK) == (versions != NULL));
	if (rc == RK_OK)
		check_versions(versions, range, rest, len);
	else
		fuzz_message(&err);
	json_decref(versions);
	free(copy);
	return 0;
}
