#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "release/decide.h"
#include "release/facts.h"

#define HEAD "1111111111111111111111111111111111111111"
#define BACK "2222222222222222222222222222222222222222"
#define LAST "3333333333333333333333333333333333333333"

static const char text[] =
	"services:\n"
	"  a:\n    image: example.com/a-{ring}\n    charts: {a: image}\n    repository: o/a\n    branch: main\n"
	"    build-workflow: [main.yml, CI]\n    tag: \"{sha:7}\"\n"
	"  b:\n    image: example.com/b-{ring}\n    charts: {b: image}\n"
	"  c:\n    image: example.com/c-{ring}\n    charts: {c: image}\n    repository: o/c\n"
	"  d:\n    image: example.com/d-{ring}\n    charts: {d: image}\n    repository: O/C\n";

static struct rk_catalog *catalog;

static int
load(void **state)
{
	char name[] = "/tmp/ringkit.XXXXXX";
	int fd = mkstemp(name);
	struct rk_err err;
	enum rk_rc rc = RK_EIO;

	(void)state;
	if (fd >= 0 && write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1)
		rc = rk_catalog_load(name, &catalog, &err);
	close(fd);
	unlink(name);
	return rc == RK_OK ? 0 : -1;
}

static int
unload(void **state)
{
	(void)state;
	rk_catalog_free(catalog);
	return 0;
}

static json_t *
parse(const char *s)
{
	struct rk_err err;
	json_t *json;

	if (rk_json_parse(s, strlen(s), &json, &err) != RK_OK)
		fail_msg("%s: %s", s, err.msg);
	return json;
}

/* A list of one pull request: open, labelled, and the service's, but for the members given. */
static json_t *
one_pull(const char *members)
{
	json_t *pull = parse("{\"number\":1,\"state\":\"open\",\"draft\":false,\"fork\":false,\"head\":\"ring-x\",\"commit\":\"" HEAD
	    "\",\"base\":\"main\",\"labels\":[\"cohort:a:b:c\"]}");
	json_t *other = parse(members), *value;
	const char *key;

	json_object_foreach(other, key, value) {
		if (json_is_null(value))
			json_object_del(pull, key);
		else
			json_object_set(pull, key, value);
	}
	json_decref(other);
	return json_pack("[o]", pull);
}

/* The decision for a way, what is held and the green (+), failed (-) and running (?) builds of its commits. */
static void
decides(const char *way, const char *held, const char *builds, const char *want)
{
	struct rk_facts e = { .way = parse(way), .held = parse(held), .runs = json_array() };
	json_t *pulls = one_pull("{}"), *record = NULL, *warning;
	struct rk_strbuf got = { 0 };
	struct rk_decision r;
	struct rk_err err;
	size_t i;

	for (i = 0; builds[i]; i++)
		if (builds[i] != ' ')
			json_array_append_new(e.runs, json_pack("{ss ss ss ss sO ss}", "status", builds[i] == '?' ? "queued" : "completed",
			    "conclusion", builds[i] == '+' ? "success" : "failure", "event", "push", "branch", "ring-x", "commit",
			    json_array_get(e.way, i), "name", "CI"));
	assert_int_equal(rk_decide_begin(&r, catalog->service, pulls, &err), RK_OK);
	assert_int_equal(r.action, RK_SET);
	assert_int_equal(rk_decide_build(&r, &e, &err), RK_OK);
	assert_int_equal(rk_decide_record(&r, &record, &err), RK_OK);
	rk_strbuf_printf(&got, "%s %.1s", rk_decide_word(r.action), r.commit);
	json_array_foreach(r.reasons, i, warning)
		rk_strbuf_printf(&got, " %s", json_string_value(warning));
	json_array_foreach(r.warnings, i, warning)
		rk_strbuf_printf(&got, " (%s)", json_string_value(json_object_get(warning, "code")));
	if (strcmp(rk_strbuf_str(&got), want) != 0)
		fail_msg("%s, held %s, builds \"%s\": %s, not %s", way, held, builds, got.data, want);
	assert_int_equal(r.action == RK_SET, json_object_get(record, "image") != NULL);
	rk_strbuf_free(&got);
	json_decref(record);
	json_decref(pulls);
	rk_decide_free(&r);
	rk_facts_free(&e);
}

#define WAY "[\"" HEAD "\",\"" BACK "\",\"" LAST "\"]"

static void
the_commit_is_the_newest_that_is_built_or_the_one_that_is_held(void **state)
{
	(void)state;
	decides("[\"" HEAD "\"]", "[]", "+", "set 1");
	decides("[\"" HEAD "\"]", "[]", "-", "keep 1 failed");
	decides("[\"" HEAD "\"]", "[]", "?", "keep 1 running");
	decides("[\"" HEAD "\"]", "[]", "", "keep 1 missing");
	decides("[\"" HEAD "\"]", "[\"" HEAD "\"]", "", "keep 1 missing");
	decides("[\"" HEAD "\"]", "[\"" BACK "\"]", "+", "set 1");
	decides(WAY, "[]", "+++", "set 1");
	decides(WAY, "[]", "-++", "set 2");
	decides(WAY, "[]", "  +", "set 3");
	decides(WAY, "[]", "?-", "keep 1 running");
	decides(WAY, "[]", " -?", "keep 1 running");
	decides(WAY, "[]", " -", "keep 1 failed");
	decides(WAY, "[\"" LAST "\"]", "+++", "set 3 (sync-only)");
	decides(WAY, "[\"" LAST "\"]", "", "set 3 (sync-only)");
	decides(WAY, "[\"3333333\"]", "", "set 3 (sync-only)");
	decides(WAY, "[\"" LAST "\",\"" BACK "\"]", "", "set 2 (sync-only)");
	decides(WAY, "[\"" LAST "\",\"" HEAD "\"]", "+", "set 1");
	decides(WAY, "[\"4444444\"]", "+", "set 1");
}

static void
says(const char *members, enum rk_action action, const char *reason)
{
	json_t *pulls = one_pull(members);
	struct rk_decision r;
	struct rk_err err;

	if (rk_decide_begin(&r, catalog->service, pulls, &err) != RK_OK)
		fail_msg("%s: %s", members, err.msg);
	if (r.action != action || json_array_size(r.reasons) != (reason ? 1 : 0)
	    || (reason && !rk_json_is(json_array_get(r.reasons, 0), reason)))
		fail_msg("%s: %s", members, rk_decide_word(r.action));
	rk_decide_free(&r);
	json_decref(pulls);
}

static void
what_a_pull_request_says_by_itself(void **state)
{
	(void)state;
	says("{}", RK_SET, NULL);
	says("{\"repository\":\"O/A\"}", RK_SET, NULL);
	says("{\"labels\":[]}", RK_CLEAR, "no-label");
	says("{\"state\":\"closed\"}", RK_CLEAR, "closed");
	says("{\"state\":\"merged\"}", RK_HOLD, "merged");
	says("{\"state\":\"merged\",\"labels\":[]}", RK_HOLD, "merged");
	says("{\"fork\":true,\"labels\":[]}", RK_NONE, "fork");
	says("{\"base\":\"next\",\"state\":\"closed\"}", RK_NONE, "other-base");
	says("{\"repository\":\"o/b\"}", RK_NONE, "other-repository");
	says("{\"head\":\"main\",\"fork\":null,\"base\":null}", RK_NONE, "no-ring");
}

static void
lacks(const char *members)
{
	json_t *pulls = one_pull(members);
	struct rk_decision r;
	struct rk_err err;

	if (rk_decide_begin(&r, catalog->service, pulls, &err) != RK_EDATA)
		fail_msg("%s is decided", members);
	rk_decide_free(&r);
	json_decref(pulls);
}

static void
what_is_needed_and_missing_is_never_a_decision(void **state)
{
	(void)state;
	lacks("{\"number\":null}");
	lacks("{\"state\":null}");
	lacks("{\"draft\":null}");
	lacks("{\"fork\":null}");
	lacks("{\"base\":null}");
	lacks("{\"labels\":null}");
	lacks("{\"commit\":null}");
	lacks("{\"commit\":\"main\"}");
	says("{\"commit\":null,\"draft\":null,\"state\":\"closed\"}", RK_CLEAR, "closed");
}

static void
the_service_is_the_one_of_the_repository(void **state)
{
	const struct rk_service *found;
	struct rk_err err;
	json_t *pulls;

	(void)state;
	pulls = one_pull("{\"repository\":\"O/a\"}");
	assert_int_equal(rk_decide_service(catalog, pulls, &found, &err), RK_OK);
	assert_ptr_equal(found, &catalog->service[0]);
	json_decref(pulls);
	pulls = one_pull("{\"repository\":\"o/c\"}");
	assert_int_equal(rk_decide_service(catalog, pulls, &found, &err), RK_EDATA);
	json_decref(pulls);
	pulls = one_pull("{}");
	assert_int_equal(rk_decide_service(catalog, pulls, &found, &err), RK_EDATA);
	json_decref(pulls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_commit_is_the_newest_that_is_built_or_the_one_that_is_held),
		cmocka_unit_test(what_a_pull_request_says_by_itself),
		cmocka_unit_test(what_is_needed_and_missing_is_never_a_decision),
		cmocka_unit_test(the_service_is_the_one_of_the_repository),
	};

	return cmocka_run_group_tests_name("release", tests, load, unload);
}
