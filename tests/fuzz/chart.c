/*
 * Fuzz charts.  An input has sections: the umbrella's Chart.yaml, its Chart.lock, the Chart.yaml of its dependency "a", and a
 * path.  No path leads out of the repository, and a version that is found is one that a file gives.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/umbrella.h"
#include "fuzz.h"

static const char text[] = "umbrella: {path: u/x, revision: 'v{version}'}\n";

static void
check_rc(enum rk_rc rc, const struct rk_err *err)
{
	EXPECT(rc == RK_OK || rc == RK_END || rc == RK_EDATA);
	/* a file that is not there is the only failure without a message */
	if (rc == RK_EDATA)
		fuzz_message(err);
}

/* A path has no component that leads up, and is relative. */
static void
check_inside(const struct rk_strbuf *path)
{
	const char *s = rk_strbuf_str(path);

	EXPECT(*s != '/');
	EXPECT(!fuzz_matches("(^|/)\\.\\.?(/|$)", s));
	EXPECT(!strstr(s, "//"));
}

static void
check_dependency(const struct rk_umbrella *umbrella, const char *key, bool given)
{
	struct rk_strbuf version = { 0 };
	struct rk_umbrella_chart chart;
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_umbrella_find(umbrella, key, &chart, &err);

	check_rc(rc, &err);
	if (rc == RK_OK)
		check_inside(&chart.directory);
	EXPECT(rc != RK_OK || !chart.dependency || json_is_object(chart.dependency));
	rk_umbrella_chart_free(&chart);
	rc = rk_umbrella_version(umbrella, key, &version, &err);
	check_rc(rc, &err);
	EXPECT(rc != RK_OK || given);
	EXPECT(rc != RK_END || fuzz_printable(err.msg, strlen(err.msg)));
	rk_strbuf_free(&version);
}

static void
check_path(const struct rk_umbrella *umbrella, const char *relative)
{
	struct rk_strbuf path = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_umbrella_path(umbrella, relative, &path, &err);

	check_rc(rc, &err);
	if (rc == RK_OK)
		check_inside(&path);
	rk_strbuf_free(&path);
}

int
fuzz_chart(const uint8_t *data, size_t size)
{
	static const char *const files[] = { "u/x/Chart.yaml", "u/x/Chart.lock", "u/x/charts/a/Chart.yaml" };
	static struct rk_catalog *catalog;
	static struct rk_source *source;
	char *copy = fuzz_copy(data, size), *rest = copy, *section;
	struct rk_umbrella *umbrella;
	struct rk_err err = { 0 };
	size_t left = size, len, i;
	enum rk_rc rc;

	if (!catalog && (rk_catalog_load(fuzz_file(0, text, strlen(text)), &catalog, &err) != RK_OK ||
	    rk_source_open(fuzz_directory(), NULL, &source, &err) != RK_OK))
		fuzz_fail(__FILE__, __LINE__, err.msg);
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		section = fuzz_section(&rest, &left, &len);
		fuzz_write(files[i], section, len);
	}
	rc = rk_umbrella_open(catalog, source, &umbrella, &err);
	check_rc(rc, &err);
	if (rc == RK_OK) {
		EXPECT(rk_umbrella_own_version(umbrella));
		check_dependency(umbrella, "a", strstr(copy, "version"));
		check_dependency(umbrella, "a/b", strstr(copy, "version"));
		if (rest)
			check_path(umbrella, rest);
	}
	rk_umbrella_close(umbrella);
	free(copy);
	return 0;
}
