#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "forge/pulls.h"
#include "forge/runs.h"
#include "input.h"

/* Read pull requests, or with runs workflow runs, and append them as compact JSON. */
static enum rk_rc
read_text(const char *input, size_t len, bool runs, struct rk_strbuf *text, bool *more, struct rk_err *err)
{
	struct rk_io io = { .prog = "prog" };
	json_t *list;
	enum rk_rc rc;

	open_bytes(&io, input, len);
	rc = runs ? rk_runs_read(&io, &list, more, err) : rk_pulls_read(&io, &list, err);
	assert_int_equal(rc == RK_OK, list != NULL);
	if (list)
		rk_json_add(text, list);
	json_decref(list);
	rk_io_close_file(&io);
	return rc;
}

static void
is(bool runs, const char *input, const char *want)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	bool more;

	if (read_text(input, strlen(input), runs, &text, &more, &err) != RK_OK)
		fail_msg("%s: %s", input, err.msg);
	assert_string_equal(rk_strbuf_str(&text), want);
	rk_strbuf_free(&text);
}

static void
is_not(bool runs, const char *input, const char *message)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	bool more;

	assert_int_equal(read_text(input, strlen(input), runs, &text, &more, &err), RK_EDATA);
	if (!strstr(err.msg, message))
		fail_msg("%s: %s", input, err.msg);
	rk_strbuf_free(&text);
}

#define PULL "{\"headRefName\":\"ring-a\"}"
#define READ "{\"head\":\"ring-a\"}"

static void
one_an_array_or_pages_are_read(void **state)
{
	(void)state;
	is(false, PULL, "[" READ "]");
	is(false, "[]", "[]");
	is(false, "[" PULL "," PULL "]", "[" READ "," READ "]");
	is(false, "[[" PULL "],[]]", "[" READ "]");
	is(false, "[" PULL "]\n[" PULL "]", "[" READ "," READ "]");
	is(false, PULL PULL, "[" READ "," READ "]");
	is_not(false, "", "expected JSON, got nothing");
	is_not(false, " \n", "expected JSON, got nothing");
	is_not(false, "1", "expected a JSON object");
	is_not(false, "[[[]]]", "expected an array of JSON objects");
	is_not(false, "[" PULL, "cut short");
	is_not(false, "{", "not JSON");
	is_not(false, "{\"message\":\"Not Found\"}", "expected a pull request, got an error: Not Found");
	is_not(false, "{\"action\":\"labeled\",\"pull_request\":" PULL "}", "as old as its event");
	is_not(false, "{\"number\":1}", "missing \"headRefName\"");
	is_not(false, "{\"headRefName\":null}", "missing \"headRefName\"");
}

static void
names_of_gh_and_rest_give_the_same(void **state)
{
	(void)state;
	is(false, "{\"number\":7,\"state\":\"OPEN\",\"isDraft\":true,\"isCrossRepository\":false,\"headRefName\":\"a\","
	    "\"headRefOid\":\"c\",\"baseRefName\":\"m\",\"labels\":[{\"name\":\"bug\"},{\"name\":\"cohort:a:b:c\"},"
	    "{\"name\":\"Cohort:a:b:c\"},{\"name\":\"cohort:x\"}],\"mergeCommit\":null,\"updatedAt\":\"2026-01-01T00:00:00Z\"}",
	    "[{\"number\":7,\"state\":\"open\",\"draft\":true,\"head\":\"a\",\"commit\":\"c\",\"base\":\"m\",\"fork\":false,"
	    "\"labels\":[\"cohort:a:b:c\",\"cohort:x\"],\"updated\":\"2026-01-01T00:00:00Z\"}]");
	is(false, "{\"number\":7,\"state\":\"open\",\"draft\":true,\"head\":{\"ref\":\"a\",\"sha\":\"c\",\"repo\":"
	    "{\"full_name\":\"o/n\"}},\"base\":{\"ref\":\"m\",\"repo\":{\"full_name\":\"O/N\"}},\"labels\":[{\"name\":\"cohort:a:b:c\"}],"
	    "\"merge_commit_sha\":\"trial\",\"merged_at\":null,\"updated_at\":\"2026-01-01T00:00:00Z\"}",
	    "[{\"number\":7,\"state\":\"open\",\"draft\":true,\"head\":\"a\",\"commit\":\"c\",\"base\":\"m\","
	    "\"repository\":\"O/N\",\"fork\":false,\"labels\":[\"cohort:a:b:c\"],\"updated\":\"2026-01-01T00:00:00Z\"}]");
}

static void
merged_and_closed_are_distinguished(void **state)
{
	(void)state;
	is(false, "{\"headRefName\":\"a\",\"state\":\"MERGED\",\"mergeCommit\":{\"oid\":\"m\"}}",
	    "[{\"state\":\"merged\",\"head\":\"a\",\"merge\":\"m\"}]");
	is(false, "{\"headRefName\":\"a\",\"state\":\"CLOSED\",\"mergeCommit\":null}", "[{\"state\":\"closed\",\"head\":\"a\"}]");
	is(false, "{\"head\":{\"ref\":\"a\"},\"state\":\"closed\",\"merged_at\":\"2026-01-01T00:00:00Z\",\"merge_commit_sha\":\"m\"}",
	    "[{\"state\":\"merged\",\"head\":\"a\",\"merge\":\"m\"}]");
	is(false, "{\"head\":{\"ref\":\"a\"},\"state\":\"closed\",\"merged_at\":null,\"merge_commit_sha\":\"m\"}",
	    "[{\"state\":\"closed\",\"head\":\"a\"}]");
	/* without merged_at this is not known */
	is(false, "{\"head\":{\"ref\":\"a\"},\"state\":\"closed\"}", "[{\"head\":\"a\"}]");
	is_not(false, "{\"headRefName\":\"a\",\"state\":\"DRAFT\"}", "expected open, closed or merged");
}

static void
forks_are_recognised(void **state)
{
	(void)state;
	is(false, "{\"headRefName\":\"a\",\"isCrossRepository\":true}", "[{\"head\":\"a\",\"fork\":true}]");
	is(false, "{\"head\":{\"ref\":\"a\",\"repo\":null}}", "[{\"head\":\"a\",\"fork\":true}]");
	is(false, "{\"head\":{\"ref\":\"a\",\"repo\":{\"full_name\":\"x/n\"}},\"base\":{\"repo\":{\"full_name\":\"o/n\"}}}",
	    "[{\"head\":\"a\",\"repository\":\"o/n\",\"fork\":true}]");
	is(false, "{\"head\":{\"ref\":\"a\"},\"base\":{\"repo\":{\"full_name\":\"o/n\"}}}",
	    "[{\"head\":\"a\",\"repository\":\"o/n\"}]");
	is(false, "{\"headRefName\":\"a\",\"url\":\"https://github.com/o/n/pull/7\"}", "[{\"head\":\"a\",\"repository\":\"o/n\"}]");
	is(false, "{\"headRefName\":\"a\",\"url\":\"/pull/7\"}", "[{\"head\":\"a\"}]");
	is_not(false, "{\"headRefName\":\"a\",\"isCrossRepository\":0}", "expected true or false");
}

static void
a_member_of_another_type_is_invalid(void **state)
{
	(void)state;
	is_not(false, "{\"headRefName\":1}", "expected a string");
	is_not(false, "{\"headRefName\":\"a\\u0000b\"}", "expected a string");
	is_not(false, "{\"headRefName\":\"a\",\"number\":\"7\"}", "expected a positive integer");
	is_not(false, "{\"headRefName\":\"a\",\"number\":0}", "expected a positive integer");
	is_not(false, "{\"headRefName\":\"a\",\"isDraft\":\"false\"}", "expected true or false");
	is_not(false, "{\"headRefName\":\"a\",\"labels\":{}}", "expected an array");
	is_not(false, "{\"headRefName\":\"a\",\"labels\":[1]}", "labels with a \"name\"");
	is_not(false, "{\"headRefName\":\"a\",\"labels\":[{\"name\":\"cohort:a:b:c\\u0000\"}]}", "NUL");
	is_not(false, "{\"headRefName\":\"a\",\"updatedAt\":\"yesterday\"}", "expected a time in UTC");
	is_not(false, "{\"headRefName\":\"a\",\"headRefName\":\"b\"}", "not JSON");
}

static void
a_missing_member_is_named_as_gh_and_rest_do(void **state)
{
	json_t *pull = json_pack("{ss}", "head", "ring-a");
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_pulls_require(pull, "head", &err), RK_OK);
	assert_int_equal(rk_pulls_require(pull, "head draft", &err), RK_EDATA);
	assert_non_null(strstr(err.msg, "missing \"isDraft\" (REST: draft)"));
	json_decref(pull);
}

static void
labels_are_bounded(void **state)
{
	struct rk_strbuf input = { 0 }, text = { 0 };
	struct rk_err err = { 0 };
	int i;

	(void)state;
	rk_strbuf_puts(&input, "{\"headRefName\":\"a\",\"labels\":[");
	for (i = 0; i < 101; i++)
		rk_strbuf_printf(&input, "%s\"cohort:a:b:%d\"", i ? "," : "", i);
	rk_strbuf_puts(&input, "]}");
	assert_int_equal(read_text(input.data, input.len, false, &text, NULL, &err), RK_EDATA);
	rk_strbuf_clear(&input);
	rk_strbuf_puts(&input, "{\"headRefName\":\"a\",\"labels\":[\"cohort:");
	rk_strbuf_fill(&input, 'x', 2000);
	rk_strbuf_puts(&input, "\"]}");
	assert_int_equal(read_text(input.data, input.len, false, &text, NULL, &err), RK_EDATA);
	rk_strbuf_free(&input);
	rk_strbuf_free(&text);
}

#define GH_RUN(more) "{\"status\":\"completed\",\"conclusion\":\"success\",\"event\":\"push\",\"headBranch\":\"a\",\"headSha\":\"c\"," \
	"\"workflowName\":\"CI\"" more "}"
#define RUN(before, after) "{" before "\"status\":\"completed\",\"conclusion\":\"success\",\"event\":\"push\",\"branch\":\"a\"," \
	"\"commit\":\"c\"" after "}"

static void
runs_come_in_pages_with_names_of_gh_and_rest(void **state)
{
	(void)state;
	is(true, "[]", "[]");
	is(true, "[" GH_RUN("") "]", "[" RUN("", ",\"name\":\"CI\"") "]");
	is(true, "{\"total_count\":0,\"workflow_runs\":[]}", "[]");
	is(true, "[{\"total_count\":1,\"workflow_runs\":[{\"id\":4,\"run_attempt\":2,\"status\":\"queued\",\"conclusion\":null,"
	    "\"event\":\"push\",\"head_branch\":null,\"head_sha\":\"c\",\"name\":null,\"path\":\".github/workflows/a.yml\","
	    "\"head_repository\":{\"full_name\":\"o/n\"}}]}]",
	    "[{\"id\":4,\"attempt\":2,\"status\":\"queued\",\"conclusion\":\"\",\"event\":\"push\",\"branch\":\"\",\"commit\":\"c\","
	    "\"path\":\".github/workflows/a.yml\",\"name\":\"\",\"repository\":\"o/n\"}]");
	is(true, GH_RUN(",\"head_repository\":null"), "[" RUN("", ",\"name\":\"CI\",\"repository\":\"\"") "]");
	is_not(true, "{\"total_count\":1}", "expected an array");
	is_not(true, "{\"message\":\"Not Found\"}", "expected workflow runs, got an error: Not Found");
	is_not(true, "{}", "missing \"status\" (REST: status)");
	is_not(true, "{\"status\":\"a\",\"conclusion\":\"\",\"event\":\"\",\"headBranch\":\"\"}", "missing \"headSha\" (REST: head_sha)");
	is_not(true, "{\"status\":\"a\",\"conclusion\":\"\",\"event\":\"\",\"headBranch\":\"\",\"headSha\":\"\"}", "missing \"workflowName\"");
	is_not(true, GH_RUN(",\"databaseId\":\"1\""), "expected an integer");
}

static void
the_latest_attempt_of_a_run_is_kept(void **state)
{
	(void)state;
	is(true, "[" GH_RUN(",\"databaseId\":1,\"attempt\":1") "," GH_RUN(",\"databaseId\":1,\"attempt\":3") ","
	    GH_RUN(",\"databaseId\":1,\"attempt\":2") "]", "[" RUN("\"id\":1,\"attempt\":3,", ",\"name\":\"CI\"") "]");
	is_not(true, "[" GH_RUN(",\"databaseId\":1") "," GH_RUN(",\"databaseId\":1") "]", "missing \"attempt\"");
}

static void
an_incomplete_list_is_reported(void **state)
{
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	bool more;
	const char *input = "{\"total_count\":3,\"workflow_runs\":[" GH_RUN("") "]}";

	(void)state;
	assert_int_equal(read_text(input, strlen(input), true, &text, &more, &err), RK_OK);
	assert_true(more);
	input = "{\"total_count\":2,\"workflow_runs\":[" GH_RUN("") "]}{\"total_count\":2,\"workflow_runs\":[" GH_RUN("") "]}";
	assert_int_equal(read_text(input, strlen(input), true, &text, &more, &err), RK_OK);
	assert_false(more);
	rk_strbuf_free(&text);
}

static void
workflow(const char *path, const char *name, const char *a, const char *b, enum rk_runs_match want)
{
	char *item[2] = { (char *)a, (char *)b };
	const struct rk_strings workflows = { item, b ? 2 : 1 };
	json_t *run = json_pack("{ss* ss*}", "path", path, "name", name);

	if (rk_runs_match(run, &workflows) != want)
		fail_msg("%s, %s of %s, %s", path ? path : "-", name ? name : "-", a, b ? b : "-");
	json_decref(run);
}

static void
a_file_s_name_takes_precedence_over_a_workflow_s(void **state)
{
	static const char file[] = ".github/workflows/main.yml";

	(void)state;
	workflow(file, "CI", "main.yml", "CI", RK_RUNS_MATCH);
	workflow(file, "Other", "main.yml", "CI", RK_RUNS_MATCH);
	workflow(".github/workflows/other.yml", "CI", "main.yml", "CI", RK_RUNS_OTHER);
	workflow(".github/workflows/main.yml@refs/heads/ring-a", "CI", "main.yml", NULL, RK_RUNS_MATCH);
	workflow("o/n/.github/workflows/main.yml@main", "CI", "main.yml", NULL, RK_RUNS_MATCH);
	workflow(".github/workflows/xmain.yml", "CI", "main.yml", NULL, RK_RUNS_OTHER);
	workflow(".github/workflows/main.yml2", "CI", "main.yml", NULL, RK_RUNS_OTHER);
	workflow("main.yml", "CI", "main.yml", NULL, RK_RUNS_OTHER);
	workflow(file, "CI", ".github/workflows/main.yml", NULL, RK_RUNS_MATCH);
	workflow(file, "CI", "CI", NULL, RK_RUNS_MATCH);
	workflow(NULL, "CI", "main.yml", "CI", RK_RUNS_MATCH);
	workflow(NULL, "Other", "main.yml", "CI", RK_RUNS_OTHER);
	workflow(NULL, "ci", "CI", NULL, RK_RUNS_OTHER);
	workflow(NULL, "CI", "main.yml", NULL, RK_RUNS_UNKNOWN);
	workflow(NULL, "main.yml", "main.yml", NULL, RK_RUNS_UNKNOWN);
	workflow(NULL, file, "main.yml", NULL, RK_RUNS_MATCH);
	workflow(file, "", "CI", NULL, RK_RUNS_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_an_array_or_pages_are_read),
		cmocka_unit_test(names_of_gh_and_rest_give_the_same),
		cmocka_unit_test(merged_and_closed_are_distinguished),
		cmocka_unit_test(forks_are_recognised),
		cmocka_unit_test(a_member_of_another_type_is_invalid),
		cmocka_unit_test(a_missing_member_is_named_as_gh_and_rest_do),
		cmocka_unit_test(labels_are_bounded),
		cmocka_unit_test(runs_come_in_pages_with_names_of_gh_and_rest),
		cmocka_unit_test(the_latest_attempt_of_a_run_is_kept),
		cmocka_unit_test(an_incomplete_list_is_reported),
		cmocka_unit_test(a_file_s_name_takes_precedence_over_a_workflow_s),
	};

	return cmocka_run_group_tests_name("pulls", tests, NULL, NULL);
}
