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
#include "release/ring_commits.h"

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
	if (fd < 0)
		return -1;
	if (write(fd, text, sizeof text - 1) == (ssize_t)sizeof text - 1)
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

/* Return a list of one pull request: open, labelled, and the service's, except for the members given. */
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

/*
 * Decide for a chain, the deployed commits, and the green (+), failed (-) and running (?) builds of the chain's commits.
 * expected: the action, the commit's first digit, the reasons, and the warnings in parentheses.
 */
static void
decides(const char *chain, const char *deployed, const char *builds, const char *expected)
{
	struct rk_ring_commits c = { .chain = parse(chain), .deployed = parse(deployed), .runs = json_array() };
	json_t *pulls = one_pull("{}"), *record = NULL, *value;
	struct rk_strbuf got = { 0 };
	struct rk_decision *d;
	struct rk_err err;
	size_t i;

	for (i = 0; builds[i]; i++)
		if (builds[i] != ' ')
			json_array_append_new(c.runs, json_pack("{ss ss ss ss sO ss}", "status", builds[i] == '?' ? "queued" : "completed",
			    "conclusion", builds[i] == '+' ? "success" : "failure", "event", "push", "branch", "ring-x", "commit",
			    json_array_get(c.chain, i), "name", "CI"));
	assert_int_equal(rk_decide_open(catalog->service, pulls, &d, &err), RK_OK);
	assert_int_equal(rk_decide_action(d), RK_SET);
	assert_int_equal(rk_decide_build(d, &c, &err), RK_OK);
	record = rk_decide_record(d);
	rk_strbuf_printf(&got, "%s %.1s", rk_decide_word(rk_decide_action(d)), rk_json_string(record, "commit"));
	json_array_foreach(json_object_get(record, "reasons"), i, value)
		rk_strbuf_printf(&got, " %s", json_string_value(value));
	json_array_foreach(json_object_get(record, "warnings"), i, value)
		rk_strbuf_printf(&got, " (%s)", rk_json_string(value, "code"));
	if (strcmp(rk_strbuf_str(&got), expected) != 0)
		fail_msg("%s, deployed %s, builds \"%s\": %s, not %s", chain, deployed, builds, got.data, expected);
	assert_int_equal(rk_decide_action(d) == RK_SET, json_object_get(record, "image") != NULL);
	rk_strbuf_free(&got);
	json_decref(record);
	json_decref(pulls);
	rk_decide_close(d);
	rk_ring_commits_free(&c);
}

#define CHAIN "[\"" HEAD "\",\"" BACK "\",\"" LAST "\"]"

static void
the_commit_is_the_newest_with_a_green_build_or_the_deployed_one(void **state)
{
	(void)state;
	decides("[\"" HEAD "\"]", "[]", "+", "set 1");
	decides("[\"" HEAD "\"]", "[]", "-", "keep 1 failed");
	decides("[\"" HEAD "\"]", "[]", "?", "keep 1 running");
	decides("[\"" HEAD "\"]", "[]", "", "keep 1 missing");
	decides("[\"" HEAD "\"]", "[\"" HEAD "\"]", "", "keep 1 missing");
	decides("[\"" HEAD "\"]", "[\"" BACK "\"]", "+", "set 1");
	decides(CHAIN, "[]", "+++", "set 1");
	decides(CHAIN, "[]", "-++", "set 2");
	decides(CHAIN, "[]", "  +", "set 3");
	decides(CHAIN, "[]", "?-", "keep 1 running");
	decides(CHAIN, "[]", " -?", "keep 1 running");
	decides(CHAIN, "[]", " -", "keep 1 failed");
	decides(CHAIN, "[\"" LAST "\"]", "+++", "set 3 (sync-only)");
	decides(CHAIN, "[\"" LAST "\"]", "", "set 3 (sync-only)");
	decides(CHAIN, "[\"3333333\"]", "", "set 3 (sync-only)");
	decides(CHAIN, "[\"" LAST "\",\"" BACK "\"]", "", "set 2 (sync-only)");
	decides(CHAIN, "[\"" LAST "\",\"" HEAD "\"]", "+", "set 1");
	decides(CHAIN, "[\"4444444\"]", "+", "set 1");
}

static void
implies(const char *members, enum rk_action action, const char *reason)
{
	json_t *pulls = one_pull(members), *record, *reasons;
	struct rk_decision *d;
	struct rk_err err;

	if (rk_decide_open(catalog->service, pulls, &d, &err) != RK_OK)
		fail_msg("%s: %s", members, err.msg);
	record = rk_decide_record(d);
	reasons = json_object_get(record, "reasons");
	if (rk_decide_action(d) != action || json_array_size(reasons) != (reason ? 1 : 0)
	    || (reason && !rk_json_is(json_array_get(reasons, 0), reason)))
		fail_msg("%s: %s", members, rk_decide_word(rk_decide_action(d)));
	json_decref(record);
	rk_decide_close(d);
	json_decref(pulls);
}

static void
a_pull_request_implies_an_action(void **state)
{
	(void)state;
	implies("{}", RK_SET, NULL);
	implies("{\"repository\":\"O/A\"}", RK_SET, NULL);
	implies("{\"labels\":[]}", RK_CLEAR, "no-label");
	implies("{\"state\":\"closed\"}", RK_CLEAR, "closed");
	implies("{\"state\":\"merged\"}", RK_HOLD, "merged");
	implies("{\"state\":\"merged\",\"labels\":[]}", RK_HOLD, "merged");
	implies("{\"fork\":true,\"labels\":[]}", RK_NONE, "fork");
	implies("{\"base\":\"next\",\"state\":\"closed\"}", RK_NONE, "other-base");
	implies("{\"repository\":\"o/b\"}", RK_NONE, "other-repository");
	implies("{\"head\":\"main\",\"fork\":null,\"base\":null}", RK_NONE, "no-ring");
}

static void
is_undecided(const char *members)
{
	json_t *pulls = one_pull(members);
	struct rk_decision *d;
	struct rk_err err;

	if (rk_decide_open(catalog->service, pulls, &d, &err) != RK_EDATA)
		fail_msg("%s is decided", members);
	assert_null(d);
	json_decref(pulls);
}

static void
a_missing_member_is_never_a_decision(void **state)
{
	(void)state;
	is_undecided("{\"number\":null}");
	is_undecided("{\"state\":null}");
	is_undecided("{\"draft\":null}");
	is_undecided("{\"fork\":null}");
	is_undecided("{\"base\":null}");
	is_undecided("{\"labels\":null}");
	is_undecided("{\"commit\":null}");
	is_undecided("{\"commit\":\"main\"}");
	implies("{\"commit\":null,\"draft\":null,\"state\":\"closed\"}", RK_CLEAR, "closed");
}

static void
the_service_is_the_one_of_the_repository(void **state)
{
	const struct rk_service *found;
	struct rk_err err;
	json_t *pulls, *other;

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
	pulls = one_pull("{\"repository\":\"o/b\"}");
	other = one_pull("{\"repository\":\"o/a\"}");
	json_array_extend(pulls, other);
	assert_int_equal(rk_decide_service(catalog, pulls, &found, &err), RK_EDATA);
	json_decref(other);
	json_decref(pulls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_commit_is_the_newest_with_a_green_build_or_the_deployed_one),
		cmocka_unit_test(a_pull_request_implies_an_action),
		cmocka_unit_test(a_missing_member_is_never_a_decision),
		cmocka_unit_test(the_service_is_the_one_of_the_repository),
	};

	return cmocka_run_group_tests_name("release", tests, load, unload);
}
