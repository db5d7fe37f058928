/*
 * Fuzz lists of published versions: an input is a line with a revision, and then Helm's index or one version a line.  A version
 * that is chosen is in the list.
 */
#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"
#include "gitops/catalog.h"
#include "release/chart_version.h"
#include "fuzz.h"

static const char text[] = "umbrella: {chart: u, path: u, revision: 'v{version}'}\n";

static void
make_repository(char path[64])
{
	git_repository *git;

	git_libgit2_init();
	snprintf(path, 64, "%s/git", fuzz_directory());
	if (git_repository_init(&git, path, true) < 0)
		fuzz_fail(__FILE__, __LINE__, git_error_last()->message);
	git_repository_free(git);
}

static void
find(const struct rk_chart_version *charts, const char *revision, const char *index)
{
	const struct rk_chart_version_query query = { .revision = revision };
	struct rk_strbuf version = { 0 };
	struct rk_err err = { 0 };
	git_oid commit;
	enum rk_rc rc = rk_chart_version_find(charts, &query, &version, &commit, &err);

	EXPECT(rc == RK_END);	/* the repository is empty */
	fuzz_message(&err);
	EXPECT(!version.len || strstr(index, version.data) || strstr(revision, version.data) || strchr(index, '\\') ||
	    strchr(index, '\n'));
	rk_strbuf_free(&version);
}

int
fuzz_index(const uint8_t *data, size_t size)
{
	static struct rk_catalog *catalog;
	static char path[64];
	char *copy = fuzz_copy(data, size), *rest = copy, *revision = fuzz_field(&rest);
	struct rk_chart_version *charts;
	struct rk_err err = { 0 };
	const char *file;
	enum rk_rc rc;

	if (!catalog) {
		make_repository(path);
		if (rk_catalog_load(fuzz_file(0, text, strlen(text)), &catalog, &err) != RK_OK)
			fuzz_fail(__FILE__, __LINE__, err.msg);
	}
	file = fuzz_file(0, rest ? rest : "", rest ? size - (size_t)(rest - copy) : 0);
	rc = rk_chart_version_open(catalog, path, file, &charts, &err);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	if (rc == RK_OK)
		find(charts, revision, rest ? rest : "");
	else
		fuzz_message(&err);
	rk_chart_version_close(charts);
	free(copy);
	return 0;
}
