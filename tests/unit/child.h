/* A child process, for functions that end the process or never return. */

#ifndef CHILD_H
#define CHILD_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int child_out;	/* where the child writes what run_child() returns */

/* Run act in a child.  Return what it wrote to child_out, static; *status is how it ended. */
static inline const char *
run_child(void (*act)(void), int *status)
{
	static char said[512];
	size_t len = 0;
	ssize_t n;
	int fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fd[0]);
		child_out = fd[1];
		act();
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], said + len, sizeof said - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, status, 0), pid);
	return said;
}

#endif
