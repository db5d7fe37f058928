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
#include "git/git.h"

static char dir[] = "/tmp/ringkit-git-XXXXXX";

/* A repository of one empty commit, its own directory below dir. */
static int
make_repository(void **state)
{
	char script[400];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(script, sizeof script, "git init -q %s && cd %s && "
	    "git -c user.name=Ann -c user.email=ann@example.com commit -q --allow-empty -m one", dir, dir);
	return system(script);
}

static int
remove_repository(void **state)
{
	char script[100];

	(void)state;
	snprintf(script, sizeof script, "rm -r %s", dir);
	return system(script);
}

static void
a_command_runs_in_its_directory_whatever_the_environment_says(void **state)
{
	static const char *const where[] = { "rev-parse", "--absolute-git-dir", NULL };
	static const char *const header[] = { "config", "http.extraHeader", NULL };
	struct rk_git_command command = { .dir = dir, .arguments = where, .seconds = 20, .limit = 1000 };
	struct rk_err err = { 0 };

	(void)state;
	setenv("GIT_DIR", "/nowhere", 1);
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "http.extraHeader", 1);
	setenv("GIT_CONFIG_VALUE_0", "kept", 1);
	assert_int_equal(rk_git_run(&command, &err), RK_OK);
	assert_int_equal(command.status, 0);
	assert_memory_equal(rk_strbuf_str(&command.out), dir, strlen(dir));
	assert_string_equal(rk_strbuf_str(&command.out) + strlen(dir), "/.git\n");
	command.arguments = header;
	assert_int_equal(rk_git_run(&command, &err), RK_OK);
	assert_string_equal(rk_strbuf_str(&command.out), "kept\n");
	unsetenv("GIT_DIR");
	unsetenv("GIT_CONFIG_COUNT");
	rk_git_command_free(&command);
}

static void
a_command_that_fails_keeps_its_status_and_its_message(void **state)
{
	static const char *const fails[] = { "rev-parse", "--verify", "no-such-ref", NULL };
	static const char *const echoes[] = { "stripspace", NULL };
	struct rk_git_command command = { .dir = dir, .arguments = fails, .seconds = 20, .limit = 1000 };
	struct rk_err err = { 0 };

	(void)state;
	assert_int_equal(rk_git_run(&command, &err), RK_OK);
	assert_int_equal(command.status, 128);
	assert_string_equal(rk_strbuf_str(&command.out), "");
	assert_string_equal(rk_strbuf_str(&command.errors), "fatal: Needed a single revision\n");
	command.arguments = echoes;
	command.in = "a\n\n\n";
	command.in_len = 4;
	assert_int_equal(rk_git_run(&command, &err), RK_OK);
	assert_int_equal(command.status, 0);
	assert_string_equal(rk_strbuf_str(&command.out), "a\n");
	assert_string_equal(rk_strbuf_str(&command.errors), "");
	rk_git_command_free(&command);
}

static void
a_commit_is_found_by_its_id(void **state)
{
	static const char missing[] = "0123456789012345678901234567890123456789";
	char id[RK_OID_HEX];
	git_repository *git;
	git_commit *commit;
	struct rk_err err = { 0 };
	git_tree *tree;
	git_oid tip;

	(void)state;
	assert_int_equal(rk_git_open(dir, &git, &err), RK_OK);
	assert_int_equal(git_reference_name_to_id(&tip, git, "HEAD"), 0);
	assert_int_equal(rk_git_commit(git, git_oid_tostr(id, sizeof id, &tip), &commit, &err), RK_OK);
	assert_string_equal(git_commit_message(commit), "one\n");
	assert_int_equal(rk_git_tree_of(git, &tip, &tree, &err), RK_OK);
	assert_true(git_oid_equal(git_tree_id(tree), git_commit_tree_id(commit)));
	git_commit_free(commit);

	/* the id of a tree is not the id of a commit */
	assert_int_equal(rk_git_commit(git, git_oid_tostr(id, sizeof id, git_tree_id(tree)), &commit, &err), RK_ENOINPUT);
	assert_null(commit);
	git_tree_free(tree);
	assert_int_equal(rk_git_commit(git, missing, &commit, &err), RK_ENOINPUT);
	assert_null(commit);
	assert_string_equal(err.msg, "commit 0123456789012345678901234567890123456789 not found in this clone: git fetch");
	assert_int_equal(git_oid_fromstr(&tip, missing), 0);
	assert_int_equal(rk_git_tree_of(git, &tip, &tree, &err), RK_ENOINPUT);
	assert_null(tree);
	rk_git_close(git);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_runs_in_its_directory_whatever_the_environment_says),
		cmocka_unit_test(a_command_that_fails_keeps_its_status_and_its_message),
		cmocka_unit_test(a_commit_is_found_by_its_id),
	};

	return cmocka_run_group_tests(tests, make_repository, remove_repository);
}
