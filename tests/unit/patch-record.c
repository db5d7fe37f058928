#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/trailer.h"
#include "publish/commit_message.h"
#include "publish/patch_record.h"

static const char set[] = "{'type':'patch','tenant':'acme','path':'t/acme/a.yaml','document':0,"
    "'blob':'8baef1b4abc478178b004d62031cf7fe6db6f903','service':'atlas','ring':'ring-a','action':'set',"
    "'image':{'repository':'ghcr.io/x/atlas-ring-a','tag':'two'},'cohorts':['github:path:blue','tenant:name:acme'],"
    "'pull_request':'x/atlas#7','edits':[{'at':'','patch':[{'op':'test','path':'/image/tag','value':'one'},"
    "{'op':'replace','path':'/image/tag','value':'two'}]}]}";
static const char clear[] = "{'type':'patch','tenant':'beta','path':'t/beta/a.yaml','service':'atlas','ring':'ring-a',"
    "'action':'clear','edits':[{'at':'/spec/values','patch':[{'op':'test','path':'/atlas',"
    "'value':{'also':[],'image':{'repository':'ghcr.io/x/atlas-ring-a','tag':'old'}}},{'op':'remove','path':'/atlas'}]}]}";

/* JSON written with ' for ". */
static json_t *
json(const char *text)
{
	char *copy = rk_memory_strdup(text), *c;
	struct rk_err err = { 0 };
	json_t *value;

	for (c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	if (rk_json_parse(copy, strlen(copy), &value, &err) != RK_OK)
		fail_msg("%s: %s", copy, err.msg);
	free(copy);
	return value;
}

static void
a_valid_record_passes(void **state)
{
	struct rk_err err = { 0 };
	json_t *a = json(set), *b = json(clear);

	(void)state;
	assert_int_equal(rk_patch_record_check(a, &err), RK_OK);
	assert_int_equal(rk_patch_record_check(b, &err), RK_OK);
	json_decref(a);
	json_decref(b);
}

/* A member and an invalid value for it: the message names the member. */
static void
an_invalid_member_is_named(void **state)
{
	static const char *const bad[][2] = {
		{ "tenant", "null" }, { "tenant", "7" }, { "tenant", "'../x'" }, { "tenant", "'a b'" }, { "tenant", "''" },
		{ "path", "'/a'" }, { "path", "'a/../b'" }, { "path", "'a/.git/b'" }, { "path", "'a//b'" }, { "path", "'a\\\\b'" },
		{ "path", "'.git~1/b'" }, { "path", "'a/GIT~1'" }, { "path", "'a\\nb'" }, { "path", "'a/'" }, { "path", "'.'" },
		{ "element", "'x'" }, { "element", "{'list':'/a','index':1}" }, { "element", "{'list':'/a','index':-1,'member':'n'}" },
		{ "element", "{'list':'a','index':1,'member':'n'}" }, { "element", "{'index':1,'member':'n'}" },
		{ "document", "-1" }, { "document", "1.5" }, { "document", "'0'" }, { "document", "99999999999" },
		{ "blob", "'abc'" }, { "blob", "1" }, { "service", "'a/b'" }, { "ring", "'Main'" }, { "ring", "'ring-A'" }, { "ring", "'a..b'" },
		{ "action", "'delete'" }, { "image", "'x:y'" }, { "image", "null" }, { "repository", "" }, { "cohorts", "'a:b:c'" },
		{ "cohort", "" }, { "pull_request", "'atlas#7'" }, { "pull_request", "'x/atlas'" },
		{ "pull_request", "'x/atlas#'" }, { "pull_request", "'x/atlas#7\\nRing: b'" }, { "edits", "{}" }, { "patch", "" },
		{ "edits", "null" }, { "release", "7" }, { "release", "{}" }, { "commit", "{'commit':'4f2a9c1','labels':[]}" },
		{ "commit", "{'labels':[]}" }, { "labels", "{'commit':'8baef1b4abc478178b004d62031cf7fe6db6f903','labels':[1]}" },
		{ "labels", "{'commit':'8baef1b4abc478178b004d62031cf7fe6db6f903','labels':['a','']}" },
		{ "changed_by_hand", "{}" }, { "changed_by_hand", "[1]" }, { "values", "[]" }, { "values", "{'cart':1}" },
		{ "values", "{'commit':'8baef1b4abc478178b004d62031cf7fe6db6f903','labels':[],'values':'8baef1b4abc47817'}" },
		{ "rejected", "{'commit':'8baef1b4abc478178b004d62031cf7fe6db6f903','labels':[],'rejected':0}" },
		{ "rejected", "{'commit':'8baef1b4abc478178b004d62031cf7fe6db6f903','labels':[],'rejected':'7'}" },
	};
	struct rk_err err;
	json_t *record;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		record = json(set);
		if (strcmp(bad[i][0], "repository") == 0)
			json_object_set_new(json_object_get(record, "image"), "repository", json_string("Not An Image"));
		else if (strcmp(bad[i][0], "cohort") == 0)
			json_array_append_new(json_object_get(record, "cohorts"), json_string("a:b:c\nRing: d"));
		else if (strcmp(bad[i][0], "patch") == 0)
			json_array_append_new(json_object_get(record, "edits"), json_object());
		else
			json_object_set_new(record, strncmp(bad[i][1], "{'commit", 8) == 0 || strncmp(bad[i][1], "{'labels", 8) == 0 ? "release"
			    : bad[i][0], json(bad[i][1]));
		err.msg[0] = '\0';
		assert_int_equal(rk_patch_record_check(record, &err), RK_EDATA);
		if (!strstr(err.msg, bad[i][0]))
			fail_msg("%s %s: %s", bad[i][0], bad[i][1], err.msg);
		json_decref(record);
	}
}

static void
an_operation_is_one_of_rfc_6902(void **state)
{
	static const char *const good[] = { "{'op':'add','path':'/a','value':null}", "{'op':'remove','path':''}",
	    "{'op':'move','path':'/a','from':'/b'}", "{'op':'copy','path':'/a','from':''}", "{'op':'test','path':'/~0~1','value':[]}" };
	static const char *const bad[] = { "{}", "[]", "'add'", "{'op':'add','path':'/a'}", "{'op':'move','path':'/a'}",
	    "{'op':'Add','path':'/a','value':1}", "{'op':'add','path':'a','value':1}", "{'op':'add','value':1}",
	    "{'op':'test','path':'/~2','value':1}", "{'op':'copy','path':'/a','from':'b'}" };
	json_t *record = json(set), *patch = json_object_get(json_array_get(json_object_get(record, "edits"), 0), "patch");
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++) {
		json_array_set_new(patch, 1, json(good[i]));
		assert_int_equal(rk_patch_record_check(record, &err), RK_OK);
	}
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		json_array_set_new(patch, 1, json(bad[i]));
		assert_int_equal(rk_patch_record_check(record, &err), RK_EDATA);
	}
	json_array_set_new(patch, 1, json(good[1]));
	while (json_array_size(patch) < 1000)
		json_array_append_new(patch, json(good[1]));
	assert_int_equal(rk_patch_record_check(record, &err), RK_OK);
	json_array_append_new(patch, json(good[1]));
	assert_int_equal(rk_patch_record_check(record, &err), RK_EDATA);
	assert_string_equal(err.msg, "a patch record with 1001 operations and marks, more than 1000");
	json_decref(record);
}

/* Let the first edit of a record have these marks. */
static enum rk_rc
check_marks(const char *marks, struct rk_err *err)
{
	json_t *record = json(set);
	enum rk_rc rc;

	json_object_set_new(json_array_get(json_object_get(record, "edits"), 0), "marks", json(marks));
	rc = rk_patch_record_check(record, err);
	json_decref(record);
	return rc;
}

static void
a_mark_has_a_path_and_the_grammar_of_marks(void **state)
{
	static const char *const bad[][2] = {
		{ "{}", "expected a list" }, { "[7]", "expected the strings" }, { "[{'path':'/a'}]", "expected the strings" },
		{ "[{'path':'a','mark':'c/ring-a made'}]", "invalid JSON Pointer" }, { "[{'path':'/a','mark':'c/ring-a'}]", "an owner only" },
		{ "[{'path':'/a','mark':'c/ring-a ?'}]", "missing sum" }, { "[{'path':'/a','mark':'c/ring-a made # x'}]", "more after its end" },
		{ "[{'path':'/a','mark':'c/ring-a made','op':'add'}]", "restore or remove" },
		{ "[{'path':'/a','mark':'c/ring-a made','op':'restore'}]", "nothing to restore" },
		{ "[{'path':'/a','mark':'c/ring-a made'},{'path':'/a','mark':'c/ring-a made'}]", "two marks of /a" },
	};
	struct rk_strbuf many = { 0 };
	struct rk_err err = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(check_marks("[]", &err), RK_OK);
	assert_int_equal(check_marks("[{'path':'/a','mark':'c/ring-a made'},{'path':'/b','mark':'c/ring-a 2d711642','op':'remove'}]", &err),
	    RK_OK);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_int_equal(check_marks(bad[i][0], &err), RK_EDATA);
		if (!strstr(err.msg, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], err.msg);
	}
	for (i = 0; i < 999; i++)	/* and two operations */
		rk_strbuf_printf(&many, "%c{'path':'/%zu','mark':'c/ring-a made'}", i ? ',' : '[', i);
	rk_strbuf_putc(&many, ']');
	assert_int_equal(check_marks(many.data, &err), RK_EDATA);
	assert_string_equal(err.msg, "a patch record with 1001 operations and marks, more than 1000");
	rk_strbuf_free(&many);
}

static void
a_key_depends_only_on_the_change(void **state)
{
	static const char *const same[] = { "blob", "image", "values", "cohorts", "pull_request", "release" }, *const other[] = { "tenant", "path",
	    "document", "service", "ring", "action", "edits" };
	struct rk_strbuf a = { 0 }, b = { 0 };
	json_t *record = json(set);
	size_t i;

	(void)state;
	rk_patch_record_key(record, &a);
	for (i = 0; i < sizeof same / sizeof same[0]; i++)
		json_object_del(record, same[i]);
	rk_patch_record_key(record, &b);
	assert_string_equal(a.data, b.data);
	for (i = 0; i < sizeof other / sizeof other[0]; i++) {
		json_decref(record);
		record = json(set);
		json_object_set_new(record, other[i], json_string("else"));
		rk_strbuf_clear(&b);
		rk_patch_record_key(record, &b);
		assert_string_not_equal(a.data, b.data);
	}
	json_decref(record);
	rk_strbuf_free(&a);
	rk_strbuf_free(&b);
}

/* Append the message of the commit of some records. */
static enum rk_rc
add_message(const json_t *records, const json_t *given, struct rk_strbuf *message, struct rk_err *err)
{
	struct rk_commit_message *of = rk_commit_message_new();
	struct rk_strbuf phrase = { 0 };
	json_t *record;
	enum rk_rc rc;
	size_t i;

	json_array_foreach(records, i, record) {
		rk_strbuf_clear(&phrase);
		rk_commit_message_phrase(record, &phrase);
		rk_commit_message_take(of, rk_json_string(record, "tenant"), phrase.data, record, json_object_get(record, "cohorts"));
	}
	rc = rk_commit_message_write(of, given, message, err);
	rk_strbuf_free(&phrase);
	rk_commit_message_free(of);
	return rc;
}

static void
message_is(json_t *records, const char *expected)
{
	json_t *given = json_object();
	struct rk_strbuf message = { 0 };
	struct rk_err err = { 0 };

	assert_int_equal(rk_trailer_add(given, "Ticket", "OPS-1", &err), RK_OK);
	assert_int_equal(add_message(records, given, &message, &err), RK_OK);
	assert_string_equal(message.data, expected);
	rk_strbuf_free(&message);
	json_decref(given);
	json_decref(records);
}

static void
the_message_lists_tenants_and_images(void **state)
{
	json_t *other = json(set);

	(void)state;
	message_is(json_pack("[o]", json(set)), "Release atlas ring-a to acme\n\nacme: set ghcr.io/x/atlas-ring-a:two (was one)\n\n"
	    "Service: atlas\nRing: ring-a\nImage: ghcr.io/x/atlas-ring-a:two\nCohort: github:path:blue\nCohort: tenant:name:acme\n"
	    "Pull-Request: x/atlas#7\nTicket: OPS-1\n");
	message_is(json_pack("[o]", json(clear)), "Clear atlas ring-a from beta\n\nbeta: clear ghcr.io/x/atlas-ring-a:old\n\n"
	    "Service: atlas\nRing: ring-a\nTicket: OPS-1\n");
	json_object_set_new(other, "service", json_string("heracles"));
	json_object_set_new(other, "tenant", json_string("gamma"));
	message_is(json_pack("[o o o o]", json(set), json(clear), other, json(set)),
	    "Release 2 services ring-a to 2 tenants, clear it from beta\n\nacme: set ghcr.io/x/atlas-ring-a:two (was one)\n"
	    "beta: clear ghcr.io/x/atlas-ring-a:old\ngamma: set ghcr.io/x/atlas-ring-a:two (was one)\n\n"
	    "Service: atlas\nService: heracles\nRing: ring-a\nImage: ghcr.io/x/atlas-ring-a:two\nCohort: github:path:blue\n"
	    "Cohort: tenant:name:acme\nPull-Request: x/atlas#7\nTicket: OPS-1\n");
}

/* Labels may hold any character: they cannot be told apart wrongly, nor end the line. */
static void
the_message_says_what_is_released(void **state)
{
	json_t *record = json(clear);

	(void)state;
	json_object_set_new(record, "release", json("{'commit':'8baef1b4abc478178b004d62031cf7fe6db6f903','rejected':7,"
	    "'labels':['cohort:b c','cohort:a','cohort:a','cohort:%\\n\\u00e9']}"));
	message_is(json_pack("[O o]", record, record), "Clear atlas ring-a from beta\n\nbeta: clear ghcr.io/x/atlas-ring-a:old\n\n"
	    "Service: atlas\nRing: ring-a\nRelease-Commit: 8baef1b4abc478178b004d62031cf7fe6db6f903\n"
	    "Labels: cohort:%25%0A%C3%A9 cohort:a cohort:b%20c\nRejected-Proposal: 7\nTicket: OPS-1\n");
}

static void
the_message_has_the_values(void **state)
{
	json_t *record = json(set);

	(void)state;
	json_object_set_new(record, "values", json("{'cart':{'env':{'LEVEL':'debug','on':true},'l+':[{'n':1}]},"
	    "'till':{'a/b\\n':'Fixes #1, o/r#2, @me and https://x/\\u202e\\n\\nService: till'}}"));
	json_object_set_new(record, "release", json("{'commit':'8baef1b4abc478178b004d62031cf7fe6db6f903','labels':[],"
	    "'values':'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}"));
	message_is(json_pack("[O o]", record, record), "Release atlas ring-a to acme\n\nacme: set ghcr.io/x/atlas-ring-a:two (was one)\n\n"
	    "Values beside the image:\n- cart /env/LEVEL: \"debug\"\n- cart /env/on: true\n- cart /l+: [{\"n\":1}]\n"
	    "- till /a~1b\\n: \"Fixes \\u00231, o/r\\u00232, \\u0040me and https:\\//x/\\u202e\\n\\nService: till\"\n\n"
	    "Service: atlas\nRing: ring-a\nImage: ghcr.io/x/atlas-ring-a:two\nCohort: github:path:blue\nCohort: tenant:name:acme\n"
	    "Pull-Request: x/atlas#7\nRelease-Commit: 8baef1b4abc478178b004d62031cf7fe6db6f903\n"
	    "Values: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\nTicket: OPS-1\n");
}

/* 300 values are listed, and 200 characters of each. */
static void
the_message_has_bounds(void **state)
{
	json_t *record = json(clear), *chart = json_object(), *all;
	struct rk_strbuf message = { 0 }, text = { 0 };
	struct rk_err err = { 0 };
	char key[8];
	int i;

	(void)state;
	rk_strbuf_fill(&text, 'x', 500);
	for (i = 0; i < 302; i++) {
		snprintf(key, sizeof key, "k%d", i);
		json_object_set_new(chart, key, json_string(text.data));
	}
	json_object_set_new(record, "values", json_pack("{so}", "cart", chart));
	all = json_pack("[O]", record);
	assert_int_equal(add_message(all, NULL, &message, &err), RK_OK);
	assert_null(strstr(message.data, "Values"));	/* a clear sets none */
	json_object_set_new(record, "action", json_string("set"));
	rk_strbuf_clear(&message);
	assert_int_equal(add_message(all, NULL, &message, &err), RK_OK);
	assert_non_null(strstr(message.data, "\n- cart /k299: \""));
	assert_null(strstr(message.data, "k300"));
	assert_non_null(strstr(message.data, "xxx...\nand 2 more\n\nService: "));
	assert_true(message.len < 300 * 230 + 500);
	json_decref(all);
	json_decref(record);
	rk_strbuf_free(&message);
	rk_strbuf_free(&text);
}

static void
a_digest_does_not_depend_on_order(void **state)
{
	json_t *a = json("{'b':{'y':1.5,'x':['/\\u00e9']},'a':{}}"), *b = json("{'a':{},'b':{'x':['/\\u00e9'],'y':1.5}}");
	struct rk_strbuf one = { 0 }, other = { 0 };

	(void)state;
	rk_commit_message_values(a, &one);
	rk_commit_message_values(b, &other);
	assert_string_equal(one.data, "c60de3aa90b7f481c3419ebc8e15250743b2273e5c6a46f66a6f568f83ee6d9a");
	assert_string_equal(other.data, one.data);
	rk_strbuf_clear(&one);
	rk_commit_message_values(NULL, &one);
	json_object_clear(a);
	rk_commit_message_values(a, &one);
	assert_int_equal(one.len, 0);
	json_decref(a);
	json_decref(b);
	rk_strbuf_free(&one);
	rk_strbuf_free(&other);
}

static void
a_string_of_a_manifest_cannot_forge_a_message(void **state)
{
	json_t *record = json(set), *patch = json_object_get(json_array_get(json_object_get(record, "edits"), 0), "patch");

	(void)state;
	json_object_set_new(json_array_get(patch, 0), "value", json_string("one\n\nProposal: main"));
	json_object_del(record, "cohorts");
	json_object_del(record, "pull_request");
	message_is(json_pack("[o]", record), "Release atlas ring-a to acme\n\nacme: set ghcr.io/x/atlas-ring-a:two\n\n"
	    "Service: atlas\nRing: ring-a\nImage: ghcr.io/x/atlas-ring-a:two\nTicket: OPS-1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_valid_record_passes),
		cmocka_unit_test(an_invalid_member_is_named),
		cmocka_unit_test(an_operation_is_one_of_rfc_6902),
		cmocka_unit_test(a_mark_has_a_path_and_the_grammar_of_marks),
		cmocka_unit_test(a_key_depends_only_on_the_change),
		cmocka_unit_test(the_message_lists_tenants_and_images),
		cmocka_unit_test(the_message_says_what_is_released),
		cmocka_unit_test(the_message_has_the_values),
		cmocka_unit_test(the_message_has_bounds),
		cmocka_unit_test(a_digest_does_not_depend_on_order),
		cmocka_unit_test(a_string_of_a_manifest_cannot_forge_a_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
