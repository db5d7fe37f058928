#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/value_rules.h"
#include "gitops/yaml_file.h"

static const char text[] = "services:\n"
    "  shop:\n"
    "    image: ghcr.io/o/shop-{ring}\n"
    "    charts:\n"
    "      atlas: atlas/image\n"
    "      wrap: image\n"
    "      wrap/in: {reference: app/image}\n"
    "    values: {file: 'd/{ring}.yaml', allow: [atlas/atlas/graph, atlas/atlas/env, wrap/x, wrap/in/x, 'wrap/in/a~b', 'atlas/p+']}\n";

static const struct rk_service *
load(struct rk_catalog **catalog)
{
	char path[] = "/tmp/ringkit-values-XXXXXX";
	struct rk_err err = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	if (rk_catalog_load(path, catalog, &err) != RK_OK)
		fail_msg("%s", err.msg);
	unlink(path);
	return &(*catalog)->service[0];
}

/* Read a file of values; compare with the expected JSON, or with the code's word, ": " and the message. */
static void
expect(const char *yaml, const char *expected)
{
	struct rk_yaml_file file = { .path = "f" };
	struct rk_strbuf got = { 0 };
	struct rk_err err = { 0 };
	struct rk_catalog *catalog;
	const struct rk_service *service = load(&catalog);
	json_t *values;
	enum rk_rc rc;

	rk_strbuf_puts(&file.text, yaml);
	rc = rk_value_rules_read(service, &file, &values, &err);
	if (rc == RK_OK) {
		rk_json_add(&got, values);
		assert_int_equal(rk_value_rules_check(service, values, &err), RK_OK);
	} else {
		assert_int_equal(rc, RK_REFUSED);
		assert_null(values);
		rk_strbuf_printf(&got, "%s: %s", rk_code_word(err.code), err.msg);
	}
	assert_string_equal(rk_strbuf_str(&got), expected);
	json_decref(values);
	rk_strbuf_free(&got);
	rk_yaml_file_free(&file);
	rk_catalog_free(catalog);
}

#define FOREIGN ": not at or below a path that \"allow\" in the catalogue has"

static void
what_the_catalogue_allows(void **state)
{
	(void)state;
	expect("", "{}");
	expect("# none\n", "{}");
	expect("{}\n", "{}");
	expect("atlas: {}\n", "{\"atlas\":{}}");
	expect("atlas: {atlas: {graph: true}}\n", "{\"atlas\":{\"atlas\":{\"graph\":true}}}");
	expect("atlas: {atlas: {graph: {on1: yes, m: 012, s: '012', r: 1.5}}}\n",
	    "{\"atlas\":{\"atlas\":{\"graph\":{\"on1\":true,\"m\":10,\"s\":\"012\",\"r\":1.5}}}}");
	expect("{\"wrap/in\": {\"x\": [1, null, {}, {\"a\": []}]}, \"wrap\": {\"x\": \"\"}}",
	    "{\"wrap/in\":{\"x\":[1,null,{},{\"a\":[]}]},\"wrap\":{\"x\":\"\"}}");
	expect("wrap/in: {a~b: 1}\n", "{\"wrap/in\":{\"a~b\":1}}");
	expect("atlas: {atlas: {env+: [{name: A, global: 1, '+': 2}]}, p++: 1}\n",
	    "{\"atlas\":{\"atlas\":{\"env+\":[{\"name\":\"A\",\"global\":1,\"+\":2}]},\"p++\":1}}");
}

static void
what_it_does_not(void **state)
{
	(void)state;
	expect("atlas:\n  atlas:\n    other: 1\n", "foreign-values: f:3:12: /atlas/atlas/other" FOREIGN);
	expect("atlas: {atlas: {graphs: 1}}\n", "foreign-values: f:1:25: /atlas/atlas/graphs" FOREIGN);
	expect("atlas: {atlas: {image: {tag: '1'}}}\n", "foreign-values: f:1:30: /atlas/atlas/image/tag" FOREIGN);
	expect("atlas: {atlas: 1}\n", "foreign-values: f:1:16: /atlas/atlas" FOREIGN);
	expect("atlas: {atlas: null}\n", "foreign-values: f:1:16: /atlas/atlas" FOREIGN);
	expect("atlas: {atlas: {}}\n", "foreign-values: f:1:16: /atlas/atlas" FOREIGN);
	expect("atlas: {atlas+: []}\n", "foreign-values: f:1:17: /atlas/atlas" FOREIGN);
	expect("atlas: {p: 1}\n", "foreign-values: f:1:12: /atlas/p" FOREIGN);
	expect("atlas: {p+: []}\n", "foreign-values: f:1:13: /atlas/p" FOREIGN);
	expect("global: {a: 1}\n", "foreign-values: f:1:9: global: not a chart of the service, as the catalogue spells it");
	expect("wrap: {x: 1}\nin: {x: 1}\n", "foreign-values: f:2:5: in: not a chart of the service, as the catalogue spells it");
	expect("wrap: {in: {x: 1}}\n", "bad-values: f:1:16: /wrap/in/x: belongs to another chart of the service: write it there");
}

static void
what_is_not_a_file_of_values(void **state)
{
	(void)state;
	expect("a: b: c\n", "bad-values: f:1:5: not YAML: invalid nested block mapping on the same line");
	expect("1\n", "bad-values: f:1:1: /: expected a map of charts to their values");
	expect("[]\n", "bad-values: f:1:1: /: expected a map of charts to their values");
	expect("atlas:\n", "bad-values: f:1:7: /atlas: expected a map of the chart's values");
	expect("{}\n---\n{}\n", "bad-values: f:2:4: expected one YAML document, got several");
	expect("atlas: {atlas: {graph: 1, graph: 2}}\n", "bad-values: f:1:27: duplicate key");
	expect("atlas: &a {}\n", "bad-values: f:1:11: anchors and aliases are not allowed in values");
	expect("atlas: {atlas: {graph: *a}}\n", "bad-values: f:1:24: anchors and aliases are not allowed in values");
	expect("atlas: !!map {}\n", "bad-values: f:1:14: tags are not allowed in values");
	expect("atlas: {<<: {}}\n", "bad-values: f:1:8: merge keys, and keys that are not strings, are not allowed in values");
	expect("atlas: {atlas: {graph: {on: 1}}}\n",
	    "bad-values: f:1:24: merge keys, and keys that are not strings, are not allowed in values");
	expect("atlas: {atlas: {graph: [{1: 1}]}}\n",
	    "bad-values: f:1:25: merge keys, and keys that are not strings, are not allowed in values");
	expect("atlas: {atlas: {graph: {a: }}}\n", "bad-values: f:1:27: /atlas/atlas/graph/a: expected a value, got null");
	expect("atlas: {atlas: {graph: {a: {}}}}\n", "bad-values: f:1:28: /atlas/atlas/graph/a: expected a value, got an empty map");
	expect("atlas: {atlas: {env+: 1}}\n", "bad-values: f:1:23: /atlas/atlas/env: expected a list, as the key ends in \"+\" "
	    "(write \"++\" for one \"+\" of the key)");
	expect("atlas: {atlas: {env+: {a: 1}}}\n", "bad-values: f:1:23: /atlas/atlas/env: expected a list, as the key ends in \"+\" "
	    "(write \"++\" for one \"+\" of the key)");
	expect("atlas: {atlas: {env: [], env+: []}}\n",
	    "bad-values: f:1:32: /atlas/atlas/env: a list to append to the value that the file itself has");
}

/* Append "atlas: {atlas: {graph: ", n times what, and the ends. */
static void
fill(struct rk_strbuf *yaml, const char *before, size_t n, const char *after, size_t m)
{
	rk_strbuf_clear(yaml);
	rk_strbuf_puts(yaml, "atlas: {atlas: {graph: ");
	for (; n > 0; n--)
		rk_strbuf_puts(yaml, before);
	for (; m > 0; m--)
		rk_strbuf_puts(yaml, after);
	rk_strbuf_puts(yaml, "}}\n");
}

static void
bounds(void **state)
{
	struct rk_strbuf yaml = { 0 }, good = { 0 };

	(void)state;
	rk_strbuf_puts(&good, "{\"atlas\":{\"atlas\":{\"graph\":");
	rk_strbuf_fill(&good, '[', 29);
	rk_strbuf_fill(&good, ']', 29);
	rk_strbuf_puts(&good, "}}}");
	fill(&yaml, "[", 29, "]", 29);
	expect(yaml.data, good.data);
	fill(&yaml, "[", 30, "]", 30);
	expect(yaml.data, "bad-values: f:1:24: /atlas/atlas/graph: more than 32 levels of maps and lists");
	fill(&yaml, "{a: ", 29, "}", 29);
	expect(yaml.data, "bad-values: f:1:139: /atlas/atlas/graph/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a: expected a value, "
	    "got null");
	fill(&yaml, "{a: ", 30, "}", 30);
	expect(yaml.data, "bad-values: f:1:140: /atlas/atlas/graph/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a: more than 32 "
	    "levels of maps and lists");
	rk_strbuf_clear(&good);
	rk_strbuf_puts(&good, "{\"atlas\":{\"atlas\":{\"graph\":[1");
	for (size_t i = 1; i < 300; i++)
		rk_strbuf_puts(&good, ",1");
	rk_strbuf_puts(&good, "]}}}");
	fill(&yaml, "[1", 1, ",1", 299);
	yaml.len -= strlen("}}\n");
	yaml.data[yaml.len] = '\0';
	rk_strbuf_puts(&yaml, "]}}\n");
	expect(yaml.data, good.data);
	fill(&yaml, "[1", 1, ",1", 300);
	yaml.len -= strlen("}}\n");
	yaml.data[yaml.len] = '\0';
	rk_strbuf_puts(&yaml, "]}}\n");
	expect(yaml.data, "bad-values: f:1:24: /atlas/atlas/graph: more than 300 values");
	rk_strbuf_free(&yaml);
	rk_strbuf_free(&good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_catalogue_allows),
		cmocka_unit_test(what_it_does_not),
		cmocka_unit_test(what_is_not_a_file_of_values),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
