#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/cohort.h"

static char dir[] = "/tmp/rk-cohort-XXXXXX";
static char template[] = "c/{value}.yaml";
static char file[] = "ring.yaml";

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof path, "%s/c/%s.yaml", dir, name);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static int
setup(void **state)
{
	char path[128];

	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "mkdir %s/c", dir);
	if (system(path) != 0)
		return -1;
	put("one", "[a, b]");
	put("two", "include: [one]\ntenants: [c]\nexclude: [a]\n");
	put("broken", "include: [nil]\n");
	return 0;
}

static int
teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return system(command);
}

/* Select source, key and value; NULL leaves the member out. */
static enum rk_rc
choose(struct rk_cohort_set *cohorts, const char *source, const char *key, const char *value, struct rk_err *err)
{
	json_t *selector = json_pack("{ss ss* ss* ss*}", "type", "selector", "source", source, "key", key, "value", value);
	enum rk_rc rc = rk_cohort_select(cohorts, selector, err);

	assert_non_null(selector);
	json_decref(selector);
	return rc;
}

static void
tenants_are(const struct rk_cohort_set *cohorts, const char *expected)
{
	struct rk_strbuf text = { 0 };
	json_t *tenants = json_object(), *record;
	size_t i;

	for (i = 0; i < rk_cohort_count(cohorts); i++) {
		record = rk_cohort_tenant(cohorts, i);
		json_object_set(tenants, rk_json_string(record, "tenant"), json_object_get(record, "cohorts"));
		json_decref(record);
	}
	rk_json_add(&text, tenants);
	json_decref(tenants);
	assert_string_equal(rk_strbuf_str(&text), expected);
	rk_strbuf_free(&text);
}

static void
each_tenant_comes_once_in_the_order_in_which_it_was_named(void **state)
{
	struct rk_catalog catalog = { .file = file, .cohorts = template, .max_tenants = 3 };
	struct rk_cohort_set *cohorts;
	struct rk_source *source;
	struct rk_err err = { 0 };
	int i;

	(void)state;
	assert_int_equal(rk_source_open(dir, NULL, &source, &err), RK_OK);
	cohorts = rk_cohort_open(&catalog, source);
	tenants_are(cohorts, "{}");
	for (i = 0; i < 2; i++) {
		assert_int_equal(choose(cohorts, "tenant", "name", "c", &err), RK_OK);
		assert_int_equal(choose(cohorts, "github", "path", "two", &err), RK_OK);
		assert_int_equal(choose(cohorts, "github", "path", "two", &err), RK_OK);
		assert_int_equal(choose(cohorts, "github", "path", "one", &err), RK_OK);
	}
	tenants_are(cohorts, "{\"c\":[\"tenant:name:c\",\"github:path:two\"],\"b\":[\"github:path:two\",\"github:path:one\"],"
	    "\"a\":[\"github:path:one\"]}");
	rk_cohort_close(cohorts);
	rk_source_close(source);
}

static void
a_refused_selector_adds_no_tenant(void **state)
{
	static const struct {
		const char *source, *key, *value, *code, *message;
	} cases[] = {
		{ "github", "path", "nil", "no-such-cohort", "cohort \"nil\" not found (have: broken, one, two)" },
		{ "github", "path", "tow", "no-such-cohort", "did you mean \"two\"?" },
		{ "github", "path", "broken", "bad-cohort", "c/broken.yaml:1:11: c/nil.yaml: file not found" },
		{ "github", "path", "one", "too-many-tenants", "has 2 tenants, more than max-tenants of ring.yaml: 1" },
		{ "github", "path", "../c/one", "malformed-label", "value of a selector \"../c/one\": it has" },
		{ "github", "path", "", "malformed-label", "is empty" },
		{ "github", "name", "one", "no-such-source", "\"github:name\"" },
		{ "git hub", "path", "one", "malformed-label", "source" },
	};
	struct rk_catalog catalog = { .file = file, .cohorts = template, .max_tenants = 1 };
	struct rk_cohort_set *cohorts;
	struct rk_source *source;
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(rk_source_open(dir, NULL, &source, &err), RK_OK);
	cohorts = rk_cohort_open(&catalog, source);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(choose(cohorts, cases[i].source, cases[i].key, cases[i].value, &err), RK_REFUSED);
		assert_string_equal(rk_code_word(err.code), cases[i].code);
		if (!strstr(err.msg, cases[i].message))
			fail_msg("%s", err.msg);
	}
	assert_int_equal(choose(cohorts, "github", "path", NULL, &err), RK_EDATA);
	assert_int_equal(choose(cohorts, NULL, "path", "one", &err), RK_EDATA);
	catalog.cohorts = NULL;
	assert_int_equal(choose(cohorts, "github", "path", "other", &err), RK_ECONFIG);
	tenants_are(cohorts, "{}");
	assert_int_equal(choose(cohorts, "tenant", "name", "a", &err), RK_OK);
	tenants_are(cohorts, "{\"a\":[\"tenant:name:a\"]}");
	rk_cohort_close(cohorts);
	rk_cohort_close(NULL);
	rk_source_close(source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_tenant_comes_once_in_the_order_in_which_it_was_named),
		cmocka_unit_test(a_refused_selector_adds_no_tenant),
	};

	return cmocka_run_group_tests_name("cohort", tests, setup, teardown);
}
