#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "merge/conflict.h"
#include "merge/line_merge.h"
#include "merge/merge_attr.h"

/* What rk_line_merge() makes of three versions; NULL if it leaves them to Git. */
static const char *
merge(const char *base, const char *ours, const char *theirs, struct rk_strbuf *merged)
{
	const struct rk_line_merge_file file[] = { { base, strlen(base) }, { ours, strlen(ours) }, { theirs, strlen(theirs) } };
	bool joined;

	rk_strbuf_clear(merged);
	joined = rk_line_merge(&file[0], &file[1], &file[2], merged);
	assert_true(joined || merged->len == 0);
	return joined ? rk_strbuf_str(merged) : NULL;
}

static void
changes_are_joined_at_a_line_between_them_that_occurs_once(void **state)
{
	struct rk_strbuf m = { 0 };

	(void)state;
	assert_string_equal(merge("a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", &m), "A\nb\nC\n");
	assert_string_equal(merge("a\nb\nc\n", "a\nb\nC\n", "A\nb\nc\n", &m), "A\nb\nC\n");
	assert_string_equal(merge("a\nb\nc\n", "x\ny\na\nb\nc\n", "a\nb\nc", &m), "x\ny\na\nb\nc");
	assert_string_equal(merge("a\nb\nc\n", "b\nc\n", "a\nb\n", &m), "b\n");
	rk_strbuf_free(&m);
}

static void
other_changes_are_left_to_git(void **state)
{
	struct rk_strbuf m = { 0 };
	const struct rk_line_merge_file binary = { "a\0b\nc\nd\n", 8 }, text = { "a\nc\nd\n", 6 };

	(void)state;
	assert_null(merge("a\nb\n", "A\nb\n", "a\nB\n", &m));			/* next to each other */
	assert_null(merge("a\nb\nc\n", "A\nb\nc\n", "AA\nb\nc\n", &m));		/* the same line */
	assert_null(merge("a\n}\nc\n}\n", "A\n}\nc\n}\n", "a\n}\nC\n}\n", &m));	/* "}" occurs twice */
	assert_null(merge("a\nb\nc\n", "A\nb\nc\nb\n", "a\nb\nC\n", &m));
	assert_null(merge("", "a\n", "b\n", &m));
	assert_false(rk_line_merge(&text, &binary, &text, &m));
	rk_strbuf_free(&m);
}

static git_odb *odb;

static int
setup(void **state)
{
	git_odb_backend *memory;

	(void)state;
	return git_libgit2_init() < 0 || git_odb_new(&odb) < 0 || git_mempack_new(&memory) < 0 ||
	    git_odb_add_backend(odb, memory, 1) < 0;
}

static int
teardown(void **state)
{
	(void)state;
	git_odb_free(odb);
	git_libgit2_shutdown();
	return 0;
}

static git_oid
blob(const char *text)
{
	git_oid id;

	assert_int_equal(git_odb_write(&id, odb, text, strlen(text), GIT_OBJECT_BLOB), 0);
	return id;
}

/* Resolve what Git left of two files; the caller frees the pieces that are discarded, as JSON. */
static enum rk_rc
resolve(const char *marked, const char *ours, const char *theirs, git_oid *resolved, char **discarded)
{
	const struct rk_conflict conflict = { .path = "f", .odb = odb, .marked = blob(marked), .ours = blob(ours),
		.theirs = blob(theirs), .marker = 3 };
	json_t *list = json_array();
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_conflict_resolve(&conflict, resolved, list, &err);

	*discarded = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	return rc;
}

static void
hunks_are_resolved_for_ours_and_reported_by_their_line_in_theirs(void **state)
{
	static const struct { const char *marked, *ours, *theirs, *resolved, *discarded; } cases[] = {
		{ "a\n<<< x\no\n===\nt\n>>> y\nz\n", "a\no\nz\n", "a\nt\nz\n", "a\no\nz\n",
		    "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":2,\"lines\":[\"t\"]}]" },
		{ "a\n<<< x\no\n||| b\nold\n===\nt\n>>> y\n", "a\no\n", "a\nt\n", "a\no\n",
		    "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":2,\"lines\":[\"t\"]}]" },
		/* lines that only ours has do not count, those that it lacks do */
		{ "1\n2\na\n<<< x\no\n===\n>>> y\nz\n", "1\n2\na\no\nz\n", "a\nz\n", "1\n2\na\no\nz\n",
		    "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":2,\"lines\":[]}]" },
		{ "a\n<<< x\no\n===\nt\n>>> y\nz\n", "a\no\nz\n", "1\n2\na\nt\nz\n", "a\no\nz\n",
		    "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":4,\"lines\":[\"t\"]}]" },
		/* nor do those that a difference matches with others: the nearest place that has the lines counts */
		{ "1\n<<< x\no\n===\nA\nB\n>>> y\nX\nY\nZ\n2\n", "1\no\nX\nY\nZ\n2\n", "1\nX\nY\nZ\nA\nB\n2\nA\nB\n",
		    "1\no\nX\nY\nZ\n2\n", "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":5,\"lines\":[\"A\",\"B\"]}]" },
		{ "1\nX\nY\nZ\n<<< x\no\n===\nA\nB\n>>> y\n2\n", "1\nX\nY\nZ\no\n2\n", "1\nA\nB\nX\nY\nZ\n2\n",
		    "1\nX\nY\nZ\no\n2\n", "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":2,\"lines\":[\"A\",\"B\"]}]" },
		/* the last newline is Git's if ours has none */
		{ "a\n<<< x\no\n===\nt\n>>> y\n", "a\no", "a\nt", "a\no",
		    "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":2,\"lines\":[\"t\"]}]" },
		{ "a\r\n<<< x\r\no\r\n===\r\nt\r\n>>> y\r\n", "a\r\no", "a\r\nt\r\n", "a\r\no",
		    "[{\"path\":\"f\",\"kind\":\"hunk\",\"line\":2,\"lines\":[\"t\\r\"]}]" },
	};
	git_oid resolved, expected;
	char *discarded;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(resolve(cases[i].marked, cases[i].ours, cases[i].theirs, &resolved, &discarded), RK_OK);
		expected = blob(cases[i].resolved);
		assert_true(git_oid_equal(&resolved, &expected));
		assert_string_equal(discarded, cases[i].discarded);
		free(discarded);
	}
}

static void
a_file_without_markers_that_is_as_in_ours_is_discarded_as_a_whole(void **state)
{
	git_oid resolved, ours = blob("o\n");
	char *discarded;

	(void)state;
	assert_int_equal(resolve("o\n", "o\n", "t\n", &resolved, &discarded), RK_OK);
	assert_true(git_oid_equal(&resolved, &ours));
	assert_string_equal(discarded, "[{\"path\":\"f\",\"kind\":\"file\",\"lines\":[\"t\"]}]");
	free(discarded);
}

static void
malformed_markers_are_not_resolved(void **state)
{
	static const char *const wrong[] = { "a\n", "<<< x\no\n===\nt\n", "<<< x\no\n===\n===\nt\n>>> y\n",
		"<<< x\n<<< x\n===\nt\n>>> y\n", "<<< x\no\n>>> y\n", "<<<< x\no\n====\nt\n>>>> y\n",
		"<<< x\n<<<< a\no\n====\np\n>>>> b\n===\nt\n>>> y\n" };
	git_oid resolved;
	char *discarded;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(resolve(wrong[i], "o\n", "t\n", &resolved, &discarded), RK_END);
		free(discarded);
	}
}

static void
attributes_that_may_set_a_driver_are_found(void **state)
{
	static const struct { const char *attributes, *name; bool named; } cases[] = {
		{ "*.txt merge=union\n", "a.txt", true }, { "*.txt merge=union\n", "a.c", false }, { "*.TXT -merge", "a.txt", true },
		{ "*.png binary\n*.c text\n", "a.c", false }, { "*.png binary\n", "a.png", true }, { "*.c text eol=lf", "a.c", false },
		{ "a/b/* merge=x", "z", true }, { "\"a b\" merge=x", "z", true }, { "[attr]x merge=y\n", "z", true },
		{ "# merge binary\n  * text", "z", false }, { "\t* merge", "z", true }, { "[a-b] merge", "z", true }, { "", "z", false },
		{ "\xef\xbb\xbf*.txt merge=union\n", "a.txt", true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(rk_merge_attr_names(cases[i].attributes, strlen(cases[i].attributes), cases[i].name), cases[i].named);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_joined_at_a_line_between_them_that_occurs_once),
		cmocka_unit_test(other_changes_are_left_to_git),
		cmocka_unit_test(hunks_are_resolved_for_ours_and_reported_by_their_line_in_theirs),
		cmocka_unit_test(a_file_without_markers_that_is_as_in_ours_is_discarded_as_a_whole),
		cmocka_unit_test(malformed_markers_are_not_resolved),
		cmocka_unit_test(attributes_that_may_set_a_driver_are_found),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
