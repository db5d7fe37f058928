/*
 * Fuzz cohort files.  An input is up to three of them, with a line "%" between: the cohorts a, b and c.  Its first byte says
 * whether they are YAML; a list of lines is read here as well, and so is what is JSON.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/cohort.h"
#include "fuzz.h"

#define COHORTS 3

static const char yaml_catalog[] = "cohorts: '{value}.yaml'\nmax-tenants: 30\n";
static const char text_catalog[] = "cohorts: '{value}.txt'\nmax-tenants: 30\n";
static const char *const names[COHORTS] = { "a", "b", "c" };

static bool
is_name(const char *s)
{
	return fuzz_matches("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$", s) && !strstr(s, "..");
}

/* The tenants of a list of lines, {"<tenant>": null, ...}; NULL if a name is invalid. */
static json_t *
read_lines(const char *text)
{
	json_t *tenants = json_object();
	char *copy = fuzz_copy(text, strlen(text)), *rest = copy, *line;

	if (strncmp(copy, "\xef\xbb\xbf", 3) == 0)
		rest += 3;
	while (tenants && rest) {
		line = fuzz_field(&rest);
		line[strcspn(line, "#")] = '\0';
		line += strspn(line, " \t");
		while (*line && strchr(" \t\r", line[strlen(line) - 1]))
			line[strlen(line) - 1] = '\0';
		if (*line && is_name(line)) {
			json_object_set_new(tenants, line, json_null());
		} else if (*line) {
			json_decref(tenants);
			tenants = NULL;
		}
	}
	free(copy);
	return tenants;
}

/* The tenants of a JSON file that includes nothing; NULL if it is something else. */
static json_t *
read_json(const char *text)
{
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *tenants = json_object(), *item;
	const json_t *list = json_is_array(root) ? root : json_object_get(root, "tenants");
	bool valid = json_is_array(list) && (root == list || json_object_size(root) == 1);
	size_t i;

	json_array_foreach(list, i, item) {
		valid = valid && json_is_string(item) && is_name(json_string_value(item));
		if (valid)
			json_object_set_new(tenants, json_string_value(item), json_null());
	}
	json_decref(root);
	if (valid)
		return tenants;
	json_decref(tenants);
	return NULL;
}

/* The set has exactly the tenants that are expected, in their order. */
static void
compare(const struct rk_cohort_set *set, json_t *expected)
{
	const char *name;
	json_t *value, *tenant;
	size_t i = 0;

	EXPECT(rk_cohort_count(set) == json_object_size(expected));
	json_object_foreach(expected, name, value) {
		tenant = rk_cohort_tenant(set, i++);
		EXPECT(strcmp(json_string_value(json_object_get(tenant, "tenant")), name) == 0);
		json_decref(tenant);
	}
}

static void
check_tenants(const struct rk_cohort_set *set)
{
	json_t *seen = json_object(), *tenant;
	const char *name;
	size_t i;

	for (i = 0; i < rk_cohort_count(set); i++) {
		tenant = rk_cohort_tenant(set, i);
		name = json_string_value(json_object_get(tenant, "tenant"));
		EXPECT(is_name(name));
		EXPECT(!json_object_get(seen, name));
		EXPECT(json_array_size(json_object_get(tenant, "cohorts")) > 0);
		json_object_set_new(seen, name, json_null());
		json_decref(tenant);
	}
	json_decref(seen);
}

static enum rk_rc
select_cohort(struct rk_cohort_set *set, const char *name, struct rk_err *err)
{
	json_t *selector = json_pack("{ss ss ss}", "source", "github", "key", "path", "value", name);
	enum rk_rc rc = rk_cohort_select(set, selector, err);

	json_decref(selector);
	if (rc != RK_OK) {
		EXPECT(rc == RK_REFUSED && err->code);
		fuzz_message(err);
	}
	return rc;
}

static void
check(const struct rk_catalog *catalog, struct rk_source *source, json_t *expected)
{
	struct rk_cohort_set *set;
	struct rk_err err = { 0 };
	enum rk_rc rc;
	size_t i, n;

	set = rk_cohort_open(catalog, source);
	rc = select_cohort(set, "a", &err);
	n = rk_cohort_count(set);
	EXPECT(rc == RK_OK ? n >= 1 && n <= 30 : n == 0);
	if (expected && json_object_size(expected) >= 1 && json_object_size(expected) <= 30)
		EXPECT(rc == RK_OK);
	if (expected && rc == RK_OK)
		compare(set, expected);
	if (rc == RK_OK) {
		EXPECT(select_cohort(set, "a", &err) == RK_OK);
		EXPECT(rk_cohort_count(set) == n);
	}
	for (i = 1; i < COHORTS; i++) {
		n = rk_cohort_count(set);
		rc = select_cohort(set, names[i], &err);
		EXPECT(rc == RK_OK ? rk_cohort_count(set) >= n : rk_cohort_count(set) == n);
	}
	check_tenants(set);
	rk_cohort_close(set);
}

int
fuzz_cohort(const uint8_t *data, size_t size)
{
	static struct rk_catalog *catalogs[2];
	static struct rk_source *source;
	struct rk_err err = { 0 };
	const bool yaml = size && data[0] % 2;
	char *copy, *rest, *text, *one;
	json_t *expected = NULL;
	size_t i, len, left = size - 1;
	char name[8];

	if (!source && (rk_catalog_load(fuzz_file(0, text_catalog, strlen(text_catalog)), &catalogs[0], &err) != RK_OK ||
	    rk_catalog_load(fuzz_file(0, yaml_catalog, strlen(yaml_catalog)), &catalogs[1], &err) != RK_OK ||
	    rk_source_open(fuzz_directory(), NULL, &source, &err) != RK_OK))
		fuzz_fail(__FILE__, __LINE__, err.msg);
	if (size == 0)
		return 0;
	copy = rest = fuzz_copy(data + 1, left);
	for (i = 0; i < COHORTS; i++) {
		text = fuzz_section(&rest, &left, &len);
		snprintf(name, sizeof name, "%c%s", names[i][0], yaml ? ".yaml" : ".txt");
		fuzz_write(name, text, len);
		if (i > 0 || memchr(text, '\0', len))
			continue;
		one = fuzz_copy(text, len);
		expected = yaml ? read_json(one) : read_lines(one);
		free(one);
	}
	check(catalogs[yaml], source, expected);
	json_decref(expected);
	free(copy);
	return 0;
}
