

/*
 * A history of COMMITS commits with many merges, several roots and clocks that go wrong, the same each time.
 * Git says who is whose ancestor: "git rev-list" of each.
 */
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
#include "git/ancestry.h"
#include "git/git.h"

enum { COMMITS = 80, SEED = 7 };

static char oids[COMMITS][RK_OID_HEX];
static bool behind[COMMITS][COMMITS];	/* is the second the first, or an ancestor of it? */
static char dir[] = "/tmp/rk-history-XXXXXX";

static void
sh(const char *command)
{
	assert_int_equal(system(command), 0);
}

static int
place(const char *oid)
{
	int i;

	for (i = 0; i < COMMITS; i++)
		if (strncmp(oids[i], oid, 40) == 0)
			return i;
	return -1;
}

static int
setup(void **state)
{
	char line[64], command[128];
	uint32_t random = SEED;
	int i, j, parents;
	FILE *f;

	(void)state;
	if (!mkdtemp(dir) || chdir(dir) != 0 || system("git init -q --bare all") != 0)
		return -1;
	f = popen("git -C all fast-import --quiet --export-marks=../marks", "w");
	for (i = 0; f && i < COMMITS; i++) {
		random = random * 1664525 + 1013904223;
		parents = i == 0 || random >> 28 == 0 ? 0 : 1 + (int)(random >> 24) % 3;
		fprintf(f, "commit refs/heads/c%d\nmark :%d\ncommitter A <a@b> %u +0000\ndata 1\nx\n", i, i + 1,
		    1700000000 + (uint32_t)i * 60 + ((random >> 20) % 4 ? 0 : (random >> 8) % 20000));
		for (j = 0; j < parents; j++) {
			random = random * 1664525 + 1013904223;
			fprintf(f, "%s :%d\n", j ? "merge" : "from", 1 + (i > 12 ? i - 1 - (int)(random >> 8) % 12 :
			    (int)(random >> 8) % i));
		}
		fprintf(f, "\n");
	}
	if (!f || pclose(f) != 0 || !(f = fopen("marks", "r")))
		return -1;
	while (fgets(line, sizeof line, f))
		snprintf(oids[atoi(line + 1) - 1], RK_OID_HEX, "%s", strchr(line, ' ') + 1);
	fclose(f);
	for (i = 0; i < COMMITS; i++) {
		snprintf(command, sizeof command, "git -C all rev-list c%d", i);
		if (!(f = popen(command, "r")))
			return -1;
		while (fgets(line, sizeof line, f))
			behind[i][place(line)] = true;
		if (pclose(f) != 0)
			return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", dir);
	return chdir("/") == 0 ? system(command) : -1;
}

static void
every_pair_is_answered_as_git_does(void **state)
{
	struct rk_ancestry *history;
	struct rk_err err = { 0 };
	int i, j, round, yes = 0;
	bool contains;

	(void)state;
	assert_int_equal(rk_ancestry_open("all", &history, &err), RK_OK);
	for (round = 0; round < 2; round++)
		for (i = 0; i < COMMITS; i++)
			for (j = 0; j < COMMITS; j++) {
				assert_int_equal(rk_ancestry_contains(history, oids[i], oids[j], &contains, &err), RK_OK);
				assert_int_equal(contains, behind[i][j]);
				yes += contains;
			}
	rk_ancestry_close(history);
	assert_in_range(yes, COMMITS * 4, 2 * COMMITS * COMMITS - COMMITS);
}

/* What a shallow clone answers is true, and where it cannot know it says so. */
static void
a_shallow_clone_never_lies(void **state)
{
	int i, j, depth, yes = 0, no = 0, unsure = 0;
	char command[128], oid[RK_OID_HEX];
	struct rk_ancestry *history;
	struct rk_err err = { 0 };
	bool contains;
	enum rk_rc rc;

	(void)state;
	/* some tips go, so that a depth leaves something out */
	sh("git -C all branch -qD $(seq -f c%.0f 0 12) $(seq -f c%.0f 13 3 78)");
	for (depth = 1; depth <= 4; depth++) {
		snprintf(command, sizeof command, "rm -rf shallow && git clone -q --bare --no-single-branch --depth %d "
		    "file://$PWD/all shallow 2>err", depth);
		sh(command);
		assert_int_equal(rk_ancestry_open("shallow", &history, &err), RK_OK);
		for (i = 0; i < COMMITS; i++)
			for (j = 0; j < COMMITS; j++) {
				if (rk_ancestry_commit(history, oids[i], oid, &err) != RK_OK
				    || rk_ancestry_commit(history, oids[j], oid, &err) != RK_OK)
					continue;
				rc = rk_ancestry_contains(history, oids[i], oids[j], &contains, &err);
				if (rc == RK_OK)
					assert_int_equal(contains, behind[i][j]);
				else
					assert_int_equal(rc, RK_END);
				if (rc == RK_END)
					assert_non_null(strstr(err.msg, "git fetch --unshallow"));
				yes += rc == RK_OK && contains;
				no += rc == RK_OK && !contains;
				unsure += rc == RK_END;
			}
		rk_ancestry_close(history);
	}
	assert_true(yes > COMMITS && no > COMMITS && unsure > COMMITS);
}

static void
a_commit_is_found_by_the_start_of_its_id(void **state)
{
	char oid[RK_OID_HEX], part[RK_OID_HEX] = "";
	struct rk_ancestry *history;
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_ancestry_open("all", &history, &err), RK_OK);
	assert_int_equal(rk_ancestry_commit(history, oids[COMMITS - 1], oid, &err), RK_OK);
	assert_string_equal(oid, oids[COMMITS - 1]);
	memcpy(part, oids[COMMITS - 1], 7);
	assert_int_equal(rk_ancestry_commit(history, part, oid, &err), RK_OK);
	assert_string_equal(oid, oids[COMMITS - 1]);
	rk_ancestry_close(history);
}

static void
what_names_no_commit_is_none(void **state)
{
	static const char *const ids[][2] = {
		{ "0123456789abcdef0123456789abcdef01234567", "commit 0123456" },
		{ "0123456", "commit 0123456 not found" },
		{ "012345", "expected a commit id" },
		{ "", "expected a commit id" },
		{ "HEAD", "expected a commit id" },
		{ "0123456^", "expected a commit id" },
		{ "ABCDEF0", "expected a commit id" },
		{ "0123456789abcdef0123456789abcdef012345678", "expected a commit id" },
		{ "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "commit 4b825dc" },	/* the empty tree */
	};
	struct rk_ancestry *history;
	struct rk_err err = { 0 };
	char oid[RK_OID_HEX];
	size_t i;

	(void)state;
	assert_int_equal(rk_ancestry_open("all", &history, &err), RK_OK);
	for (i = 0; i < sizeof ids / sizeof ids[0]; i++) {
		assert_int_equal(rk_ancestry_commit(history, ids[i][0], oid, &err), RK_END);
		assert_non_null(strstr(err.msg, ids[i][1]));
		assert_string_equal(oid, "");
	}
	rk_ancestry_close(history);
}

/* The commits of the branch x: the one that is older has the id, and the start of it, that is counted from its own place on. */
static void
one_of_two_is_found_in_a_part(struct rk_ancestry *history, const char *part)
{
	char tip[RK_OID_HEX], oid[RK_OID_HEX], command[128], id[2][RK_OID_HEX + 1] = { "", "" };
	const char *const x[] = { tip }, *const older[] = { id[1] }, *const both[] = { id[1], tip };
	struct rk_err err = { 0 };
	size_t found;
	FILE *f;

	snprintf(command, sizeof command, "git -C two rev-list x | grep ^%s", part);
	f = popen(command, "r");
	assert_non_null(f);
	assert_non_null(fgets(id[0], sizeof id[0], f));
	assert_non_null(fgets(id[1], sizeof id[1], f));
	pclose(f);
	id[0][40] = id[1][40] = '\0';
	assert_int_equal(rk_ancestry_ref(history, "refs/heads/", "x", tip, &err), RK_OK);
	assert_int_equal(rk_ancestry_find_in(history, part, x, 1, oid, &found, &err), RK_OK);
	assert_int_equal(found, 2);
	assert_int_equal(rk_ancestry_find_in(history, part, older, 1, oid, &found, &err), RK_OK);
	assert_int_equal(found, 1);
	assert_string_equal(oid, id[1]);
	assert_int_equal(rk_ancestry_find_in(history, part, both, 2, oid, &found, &err), RK_OK);
	assert_int_equal(found, 2);
	assert_int_equal(rk_ancestry_find_in(history, part, x, 0, oid, &found, &err), RK_OK);
	assert_int_equal(found, 0);
	assert_int_equal(rk_ancestry_find_in(history, id[0], older, 1, oid, &found, &err), RK_OK);
	assert_int_equal(found, 0);
	assert_int_equal(rk_ancestry_find_in(history, id[1], x, 1, oid, &found, &err), RK_OK);
	assert_int_equal(found, 1);
	assert_int_equal(rk_ancestry_find_in(history, "0000000", x, 1, oid, &found, &err), RK_OK);
	assert_int_equal(found, 0);
	assert_int_equal(rk_ancestry_find_in(history, "x", x, 1, oid, &found, &err), RK_END);
	assert_int_equal(rk_ancestry_find_in(history, "4b825dc642cb6eb9a060e54bf8d69288fbee4904", x, 1, oid, &found, &err), RK_OK);
	assert_int_equal(found, 0);	/* the empty tree */
	assert_int_equal(rk_ancestry_ref(history, "refs/heads/", "nowhere", oid, &err), RK_END);
	assert_int_equal(rk_ancestry_ref(history, "refs/heads/", "a b", oid, &err), RK_END);
	assert_string_equal(oid, "");
}

/* 30,000 contents so that two commits start with the same seven digits. */
static void
an_id_of_two_is_none(void **state)
{
	char oid[RK_OID_HEX], part[16] = "";
	struct rk_ancestry *history;
	struct rk_err err = { 0 };
	FILE *f;
	int i;

	(void)state;
	sh("git init -q --bare two");
	f = popen("git -C two fast-import --quiet", "w");
	assert_non_null(f);
	for (i = 0; i < 30000; i++)
		fprintf(f, "commit refs/heads/x\ncommitter A <a@b> %d +0000\ndata 1\nx\n\n", 1700000000 + i);
	assert_int_equal(pclose(f), 0);
	f = popen("git -C two rev-list x | cut -c 1-7 | sort | uniq -d | head -n 1", "r");
	assert_non_null(f);
	assert_non_null(fgets(part, sizeof part, f));
	pclose(f);
	part[7] = '\0';
	assert_int_equal(rk_ancestry_open("two", &history, &err), RK_OK);
	assert_int_equal(rk_ancestry_commit(history, part, oid, &err), RK_END);
	assert_non_null(strstr(err.msg, "is ambiguous: several ids start with it"));
	one_of_two_is_found_in_a_part(history, part);
	rk_ancestry_close(history);
}

static void
no_repository_has_no_history(void **state)
{
	struct rk_ancestry *history;
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_ancestry_open("nowhere", &history, &err), RK_ENOINPUT);
	assert_null(history);
	rk_ancestry_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_is_answered_as_git_does),
		cmocka_unit_test(a_shallow_clone_never_lies),
		cmocka_unit_test(a_commit_is_found_by_the_start_of_its_id),
		cmocka_unit_test(what_names_no_commit_is_none),
		cmocka_unit_test(an_id_of_two_is_none),
		cmocka_unit_test(no_repository_has_no_history),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
