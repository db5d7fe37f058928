/*
 * measure FIGURES COMMAND [ARG ...] [@ COMMAND [ARG ...]] ...: run the commands as one pipeline, and write to FIGURES its elapsed
 * seconds, the processor seconds of its processes, and the peak memory of the largest of them in KiB, with their children.
 *
 * This program is small because the peak of a process includes what it was before its exec.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 16

extern char **environ;

static _Noreturn void
fail(const char *where, int error)
{
	fprintf(stderr, "measure: %s: %s\n", where, strerror(error));
	exit(2);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + 1e-6 * (double)t->tv_usec;
}

/* Start one command; *in is its input, and becomes that of the next one if it is not the last. */
static pid_t
start(char **argv, int *in, int last)
{
	posix_spawn_file_actions_t actions;
	int pipes[2] = { -1, STDOUT_FILENO };
	int error;
	pid_t pid;

	if (!argv[0])
		fail("@", EINVAL);
	if (!last && (pipe(pipes) < 0 || fcntl(pipes[0], F_SETFD, FD_CLOEXEC) < 0))
		fail("pipe", errno);
	posix_spawn_file_actions_init(&actions);
	if (*in != STDIN_FILENO)
		posix_spawn_file_actions_adddup2(&actions, *in, STDIN_FILENO);
	if (!last) {
		posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
		posix_spawn_file_actions_addclose(&actions, pipes[1]);
	}
	error = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	if (error)
		fail(argv[0], error);
	posix_spawn_file_actions_destroy(&actions);
	if (*in != STDIN_FILENO)
		close(*in);
	if (!last)
		close(pipes[1]);
	*in = pipes[0];
	return pid;
}

int
main(int argc, char *argv[])
{
	const char *name[MOST];
	pid_t pid[MOST];
	struct rusage used;
	double began, elapsed, cpu = 0;
	long peak = 0;
	int i, from, n = 0, in = STDIN_FILENO, status, failed = 0;
	FILE *out;

	if (argc < 3 || !(out = fopen(argv[1], "we")))
		return 2;
	began = now();
	for (i = from = 2; i <= argc && n < MOST; i++) {
		if (i < argc && strcmp(argv[i], "@") != 0)
			continue;
		argv[i] = NULL;
		name[n] = argv[from];
		pid[n++] = start(argv + from, &in, i == argc);
		from = i + 1;
	}
	for (i = 0; i < n; i++) {
		if (wait4(pid[i], &status, 0, &used) < 0)
			fail(name[i], errno);
		if (status != 0) {
			fprintf(stderr, "measure: %s: status %d\n", name[i], WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
			failed = 1;
		}
		cpu += seconds(&used.ru_utime) + seconds(&used.ru_stime);
		peak = used.ru_maxrss > peak ? used.ru_maxrss : peak;
	}
	elapsed = now() - began;
	fprintf(out, "%.6f %.6f %ld\n", elapsed, cpu, peak);
	return fclose(out) != 0 || failed;
}
