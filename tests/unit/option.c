#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/io.h"
#include "base/option.h"

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "where" },
	{ 'r', "rev", "REV", "which" },
	{ 'n', "dry-run", NULL, "do all but write" },
	{ 1, "max", "N", "how many" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* Parse a command line, words separated by a space, in a child process; its output goes to out. */
static int
child(const char *line, char *out, size_t size)
{
	struct rk_io io = { .prog = "prog", .about = "a test", .options = options };
	const char *arg[128] = { ['C'] = "." };
	char copy[256], *argv[32], *word, *end;
	int pipefd[2], status, argc = 0;
	size_t len = 0, i;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(pipefd), 0);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(pipefd[1], 1);
		dup2(pipefd[1], 2);
		close(pipefd[0]);
		snprintf(copy, sizeof copy, "prog %s", line);
		for (word = strtok_r(copy, " ", &end); word; word = strtok_r(NULL, " ", &end))
			argv[argc++] = word;
		argv[argc] = NULL;
		rk_option_parse(&io, argc, argv, arg);
		printf("C=%s r=%s n=%s max=%s%s%s%s given:", arg['C'], arg['r'] ? arg['r'] : "-", arg['n'] ? "yes" : "no",
		    arg[1] ? arg[1] : "-", io.quiet ? " quiet" : "", io.verbose ? " verbose" : "",
		    io.unframed ? " unframed" : "");
		for (i = 0; i < io.n_given; i++)
			printf(" %d=%s", io.given[i].letter, io.given[i].value);
		fflush(stdout);
		_exit(0);
	}
	close(pipefd[1]);
	while (len < size - 1 && (n = read(pipefd[0], out + len, size - 1 - len)) > 0)
		len += (size_t)n;
	out[len] = '\0';
	close(pipefd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
reads(const char *line, const char *want)
{
	char out[4096];

	assert_int_equal(child(line, out, sizeof out), 0);
	assert_string_equal(out, want);
}

static void
says(const char *line, int status, const char *message)
{
	char out[4096];

	if (child(line, out, sizeof out) != status || !strstr(out, message))
		fail_msg("\"%s\": %s", line, out);
}

static void
options_are_read(void **state)
{
	(void)state;
	reads("", "C=. r=- n=no max=- given:");
	reads("-C a -r b -n", "C=a r=b n=yes max=- given: 67=a 114=b 110=");
	reads("--repo=a --rev b --dry-run --max 3", "C=a r=b n=yes max=3 given: 67=a 114=b 110= 1=3");
	reads("-nCa -rb", "C=a r=b n=yes max=- given: 110= 67=a 114=b");
	reads("--repo a --repo b", "C=b r=- n=no max=- given: 67=a 67=b");
	reads("--repo= -r -x", "C= r=-x n=no max=- given: 67= 114=-x");
	reads("-qv --unframed", "C=. r=- n=no max=- quiet verbose unframed given:");
	reads("--quiet --verbose --unf", "C=. r=- n=no max=- quiet verbose unframed given:");
	reads("--cpu-limit 60 -n", "C=. r=- n=yes max=- given: 110=");
	reads("--rep x --dry -- ", "C=x r=- n=yes max=- given: 67=x 110=");
}

static void
wrong_usage_is_2_and_names_the_word(void **state)
{
	(void)state;
	says("-z", 2, "prog: unknown option -z (prog --help lists the options)\n");
	says("--quiet -zn", 2, "unknown option -z");
	says("-n -nz", 2, "unknown option -z");
	says("--quiet=x", 2, "--quiet takes no value");
	says("--unframed=x", 2, "--unframed takes no value");
	says("--re x", 2, "--re is ambiguous: --repo, --rev");
	says("--dryrun", 2, "unknown option --dryrun, did you mean --dry-run?");
	says("--far-from-all=x", 2, "unknown option --far-from-all (");
	says("--rev", 2, "--rev requires a value");
	says("-C", 2, "-C requires a value");
	says("--cpu-limit 0", 2, "--cpu-limit: expected at least 1 second");
	says("--cpu-limit 86401", 2, "--cpu-limit: expected an integer up to 86400");
	says("--cpu-limit", 2, "--cpu-limit requires a value");
	says("file", 2, "unexpected argument \"file\"");
	says("-n -- -n", 2, "unexpected argument \"-n\"");
	says("-\x1b", 2, "unknown option -\\x1b");
	says("--\x1b[31m", 2, "unknown option --\\x1b[31m");
}

static void
help_and_version_end_with_0(void **state)
{
	(void)state;
	says("-h", 0, "usage: prog [option ...] <input >output\na test\n");
	says("--help", 0, "  -C, --repo DIR            where\n");
	says("-nh", 0, "      --max N               how many\n");
	says("--help", 0, "  -V, --version");
	says("-V", 0, "prog (ringkit) ");
	says("--version", 0, "prog (ringkit) ");
}

static void
numbers_are_integers_with_a_limit(void **state)
{
	static const char *const wrong[] = { "", "-1", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "ten", "101",
	    "99999999999999999999999" };
	struct rk_err err = { 0 };
	unsigned long n;
	size_t i;

	(void)state;
	assert_int_equal(rk_option_number("max", "0", 100, &n, &err), RK_OK);
	assert_int_equal(n, 0);
	assert_int_equal(rk_option_number("max", "100", 100, &n, &err), RK_OK);
	assert_int_equal(n, 100);
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(rk_option_number("max", wrong[i], 100, &n, &err), RK_EUSAGE);
	assert_string_equal(err.msg, "--max: expected an integer up to 100, got \"99999999999999999999999\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_read),
		cmocka_unit_test(wrong_usage_is_2_and_names_the_word),
		cmocka_unit_test(help_and_version_end_with_0),
		cmocka_unit_test(numbers_are_integers_with_a_limit),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
