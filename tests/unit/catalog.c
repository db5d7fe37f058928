#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "gitops/catalog.h"

static enum rk_rc
load(const char *text, struct rk_catalog **catalog, struct rk_err *err)
{
	char path[] = "/tmp/ringkit-catalog-XXXXXX";
	int fd = mkstemp(path);
	enum rk_rc rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	rc = rk_catalog_load(path, catalog, err);
	unlink(path);
	return rc;
}

#define SERVICE "services:\n  atlas:\n    image: ghcr.io/o/atlas-{ring}\n    charts:\n      atlas: atlas/image\n"

static void
paths_become_pointers_from_the_root_of_the_umbrella_values(void **state)
{
	struct rk_catalog *catalog;
	const struct rk_service *service;
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(load("manifests: ['t/{tenant}/a.yaml', 'u/{tenant}-*.yaml']\n" SERVICE
	    "      read: [{repository: a.b/c, tag: d, digest: e}, {reference: img, replace: true}]\n      wrap/in: image\n", &catalog, &err), RK_OK);
	assert_int_equal(rk_catalog_service(catalog, "atlas", &service, &err), RK_OK);
	assert_int_equal(service->n_charts, 3);
	assert_string_equal(service->chart[0].form[0].repository, "/atlas/atlas/image/repository");
	assert_string_equal(service->chart[0].form[0].tag, "/atlas/atlas/image/tag");
	assert_null(service->chart[0].form[0].digest);
	assert_int_equal(service->chart[1].n_forms, 2);
	assert_int_equal(service->chart[0].depth, 1);
	assert_string_equal(service->chart[2].form[0].repository, "/wrap/in/image/repository");
	assert_int_equal(service->chart[2].depth, 2);
	assert_string_equal(service->chart[1].form[0].repository, "/read/a.b/c");
	assert_string_equal(service->chart[1].form[0].digest, "/read/e");
	assert_string_equal(service->chart[1].form[1].reference, "/read/img");
	assert_null(service->chart[1].form[1].repository);
	assert_false(service->chart[1].form[0].replace);
	assert_true(service->chart[1].form[1].replace);
	assert_string_equal(service->tag, "{sha}");
	assert_int_equal(service->manifests.n, 2);
	assert_string_equal(service->manifests.item[1].path, "u/{tenant}-*.yaml");
	assert_false(service->manifests.item[1].optional);
	assert_int_equal(catalog->max_tenants, 20);
	assert_int_equal(rk_catalog_service(catalog, "atals", &service, &err), RK_EUSAGE);
	assert_non_null(strstr(err.msg, "(have: atlas)"));
	rk_catalog_free(catalog);
}

/* an invalid catalogue, and the end of its message, from line and column on */
static const struct {
	const char *text, *message;
} invalid[] = {
	{ "cohort: cohorts/{value}.yaml\n", ":1:1: unknown key \"cohort\", did you mean \"cohorts\"?" },
	{ "cohorts: a/{value}\nwhatever: 1\n", ":2:1: unknown key \"whatever\"" },
	{ "cohorts: a/{value}\ncohorts: b/{value}\n", ":2:1: duplicate key \"cohorts\"" },
	{ "cohorts: a/{name}\n", ":1:10: \"a/{name}\" has the unknown placeholder {name} (known: value)" },
	{ "cohorts: a/b.yaml\n", ":1:10: missing {value} in \"a/b.yaml\"" },
	{ "cohorts: ../{value}\n", ":1:10: invalid path \"../{value}\": it starts with \".\" or \"-\"" },
	{ "cohorts: /etc/{value}\n", ":1:10: invalid path \"/etc/{value}\": it is absolute" },
	{ "cohorts: [a]\n", ":1:10: expected a string" },
	{ "manifests: []\n", ":1:12: expected at least one item, got an empty list" },
	{ "manifests: a/{tenant\n", ":1:12: \"a/{tenant\" has a { without its }" },
	{ "manifests: [{optional: true}]\n", ":1:13: missing \"path\" of manifests" },
	{ "manifests: {path: 'a/{tenant}', optional: often}\n", ":1:43: expected true or false" },
	{ "manifests: {path: a}\n", ":1:19: missing {tenant} in \"a\"" },
	{ "manifests: {path: 'a/{tenant}', values: a}\n", ":1:41: expected a JSON Pointer, such as \"\" or /helm/values" },
	{ "manifests: {path: 'a/{tenant}', tenant: a}\n", ":1:12: expected elements, tenant and values, or neither" },
	{ "manifests: {path: a, elements: /a, tenant: a}\n", ":1:12: expected elements, tenant and values, or neither" },
	{ "manifests: {path: 'a/{tenant}', elements: /a, tenant: a, values: /b}\n",
	    ":1:19: invalid path \"a/{tenant}\" of a file for many tenants: it " },
	{ "max-tenants: many\n", ":1:14: expected an integer from 1 to 1000000" },
	{ "max-tenants: 0\n", ":1:14: expected an integer from 1 to 1000000" },
	{ "umbrella:\n  chart: 1.2\n", ":2:10: expected a string (quote the value)" },
	{ "umbrella:\n  chrat: x\n", ":2:3: unknown key \"chrat\", did you mean \"chart\"?" },
	{ "umbrella:\n  revision: v1\n", ":2:13: missing {version} in \"v1\"" },
	{ "services: []\n", ":1:11: expected a map of services" },
	{ "services:\n  a b: {}\n", ":2:3: invalid name of a service \"a b\": it has a character other than A-Z a-z 0-9 . _ -" },
	{ "services:\n  a: {image: 'x/{ring}'}\n", ":2:6: missing \"charts\" in the service \"a\"" },
	{ "services:\n  a: {charts: {b: image}}\n", ":2:6: missing \"image\" in the service \"a\"" },
	{ SERVICE SERVICE, ":6:1: duplicate key \"services\"" },
	{ SERVICE "    image: x\n", ":6:5: duplicate key \"image\"" },
	{ SERVICE "    imgae: x\n", ":6:5: unknown key \"imgae\", did you mean \"image\"?" },
	{ SERVICE "    tag: v1\n", ":6:10: missing {sha} in \"v1\"" },
	{ SERVICE "    tag: 'a b {sha}'\n", ":6:10: invalid tag \"a b {sha}\": it has a character other than A-Z a-z 0-9 . _ -" },
	{ SERVICE "    ga-tag: 'x('\n", ":6:13: invalid extended regular expression \"x(\": " },
	{ SERVICE "    ga-tag: '(a{2}){3}'\n", ":6:13: invalid regular expression \"(a{2}){3}\": it has a counted repetition of a "
	    "counted repetition" },
	{ SERVICE "    ga-tag: 'x'\n", ":6:13: expected one group (...), around the commit, in \"x\", got 0" },
	{ SERVICE "    tag: '{ring}{sha}'\n", ":6:10: invalid tag \"{ring}{sha}\": expected a character other than 0-9 a-f "
	    "between {ring} and {sha}" },
	{ SERVICE "    tag: 'v{sha:7}beef{ring}'\n", ":6:10: invalid tag " },
	{ SERVICE "    tag: '{ring}-g{sha:6}'\n", ":6:10: invalid tag \"{ring}-g{sha:6}\": expected at least 7 digits of the commit" },
	{ SERVICE "    tag: '{sha}-{sha:1}'\n", ":6:10: invalid tag " },
	{ SERVICE "    tag: '{ring}'\n", ":6:10: missing {sha} in \"{ring}\"" },
	{ "services:\n  a:\n    image: ['x/{ring}', z]\n    charts: {b: c}\n", ":3:25: missing {ring} in \"z\"" },
	{ SERVICE "      atlas: x\n", ":6:7: duplicate key \"atlas\"" },
	{ SERVICE "      b: {tag: t}\n", ":6:10: expected repository and tag (and registry, digest), or only reference" },
	{ "services: {a: {image: 'x/{ring}', charts: {b: {registry: r, repository: x, tag: t}}}}\n",
	    ":1:15: missing a host in the image \"x/{ring}\", which a registry in charts requires" },
	{ SERVICE "      b/: x\n", ":6:7: invalid path: it has an empty component" },
	{ SERVICE "      b: x//y\n", ":6:10: invalid path: it has an empty component" },
	{ "services:\n  a:\n    image: UPPER/{ring}\n    charts: {b: c}\n",
	    ":3:12: invalid image \"UPPER/{ring}\": it is not an OCI repository name" },
	{ "services:\n  a:\n    image: x\n    charts: {b: c}\n", ":3:12: missing {ring} in \"x\"" },
	{ "[1, 2]\n", ":1:1: expected a map" },
	{ "", ": expected one YAML document, got an empty file" },
	{ "cohorts: \"\\x8\"\n", ":1:11: not YAML: " },
	{ "[a]: b\n", ":1:1: " },
	{ "cohorts: 'x\n", "" },
};

static void
an_error_has_its_line_and_column(void **state)
{
	struct rk_catalog *catalog;
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
		assert_int_equal(load(invalid[i].text, &catalog, &err), RK_ECONFIG);
		assert_null(catalog);
		if (!strstr(err.msg, invalid[i].message) || strstr(err.msg, ": 1:"))
			fail_msg("for\n%s\nthe message is: %s\nnot: %s", invalid[i].text, err.msg, invalid[i].message);
	}
}

static void
a_missing_file_is_not_an_invalid_one(void **state)
{
	struct rk_catalog *catalog;
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_catalog_load("/nonexistent/ring.yaml", &catalog, &err), RK_ENOINPUT);
	assert_string_equal(err.msg, "cannot read /nonexistent/ring.yaml: No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_become_pointers_from_the_root_of_the_umbrella_values),
		cmocka_unit_test(an_error_has_its_line_and_column),
		cmocka_unit_test(a_missing_file_is_not_an_invalid_one),
	};

	return cmocka_run_group_tests_name("catalog", tests, NULL, NULL);
}
