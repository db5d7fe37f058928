#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process/subprocess.h"
#include "base/abort.h"
#include "base/clock.h"
#include "base/cpu_limit.h"
#include "base/err.h"
#include "base/strbuf.h"

#define ERRORS_BYTES (64u << 10)
#define CHUNK 65536
#define ABORT_WAITS 200	/* a second in all */
#define ABORT_WAIT_NS 5000000
#define POLL_MS 50	/* between two checks whether the child has ended */

enum { IN, OUT, ERRORS, FAULT, PIPES };

struct running {
	pid_t pid;
	int ours[PIPES], theirs[PIPES];
	size_t written;		/* bytes of the input */
	bool ended;
	int how;		/* then: its status of waitpid() */
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static enum rk_rc
open_pipes(struct running *run, struct rk_err *err)
{
	int i, fd[2];

	for (i = 0; i < PIPES; i++)
		run->ours[i] = run->theirs[i] = -1;
	for (i = 0; i < PIPES; i++) {
		if (pipe(fd) < 0)
			return rk_err_set(err, RK_ENOMEM, "cannot make a pipe: %s", strerror(errno));
		run->ours[i] = fd[i != IN ? 0 : 1];
		run->theirs[i] = fd[i != IN ? 1 : 0];
		fcntl(run->ours[i], F_SETFD, FD_CLOEXEC);
		fcntl(run->theirs[i], F_SETFD, FD_CLOEXEC);
		if (i != FAULT)
			fcntl(run->ours[i], F_SETFL, O_NONBLOCK);
	}
	return RK_OK;
}

static void
close_pipes(struct running *run)
{
	int i;

	for (i = 0; i < PIPES; i++) {
		shut(&run->ours[i]);
		shut(&run->theirs[i]);
	}
}

/* In the child: execute the program, or write errno to the pipe FAULT. */
_Noreturn static void
become(const struct rk_subprocess *child, struct running *run)
{
	static const int to[] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	const char *const *env = child->env;
	const char *equals;
	char name[128];
	ssize_t n;
	int i, why;

	rk_cpu_limit_restore();
	setsid();
	for (i = 0; i < FAULT; i++)
		if (dup2(run->theirs[i], to[i]) < 0)
			goto fault;
	for (; env && *env; env++) {
		equals = strchr(*env, '=');
		if (equals && (size_t)(equals - *env) < sizeof name) {
			memcpy(name, *env, (size_t)(equals - *env));
			name[equals - *env] = '\0';
			if (setenv(name, equals + 1, 1) < 0)
				goto fault;
		} else if (unsetenv(*env) < 0) {
			goto fault;
		}
	}
	execvp(child->argv[0], (char *const *)child->argv);
fault:
	why = errno;
	n = write(run->theirs[FAULT], &why, sizeof why);
	_exit(n == sizeof why ? 127 : 126);
}

static void
feed(const struct rk_subprocess *child, struct running *run)
{
	ssize_t n = write(run->ours[IN], child->in + run->written, child->in_len - run->written);

	if (n > 0)
		run->written += (size_t)n;
	/* if the child does not read all of it, its status tells whether that is an error */
	if (run->written == child->in_len || (n < 0 && errno != EAGAIN && errno != EINTR))
		shut(&run->ours[IN]);
}

/* Append what can be read now to text, up to limit; return false if there was more. */
static bool
take(int *fd, struct rk_strbuf *text, size_t limit)
{
	const size_t left = text->len < limit ? limit - text->len : 0;
	char chunk[CHUNK];
	ssize_t n = read(*fd, chunk, sizeof chunk);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		shut(fd);
	if (n <= 0)
		return true;
	rk_strbuf_add(text, chunk, (size_t)n < left ? (size_t)n : left);
	return (size_t)n <= left;
}

static bool
ended(struct running *run, int options)
{
	pid_t got;

	while (!run->ended && (got = waitpid(run->pid, &run->how, options)) != 0)
		run->ended = got == run->pid || errno != EINTR;
	return run->ended;
}

static enum rk_rc
too_large(struct rk_err *err, enum rk_rc rc)
{
	err->code = RK_CODE_TOO_LARGE;
	return rc;
}

/*
 * Write and read until the child has ended and nothing is left to read.  Do not wait for processes that inherited its
 * outputs and outlive it (ssh's ControlPersist).
 */
static enum rk_rc
serve(const struct rk_subprocess *child, struct running *run, struct rk_strbuf *out, struct rk_strbuf *errors,
    struct rk_err *err)
{
	const long end = rk_clock_ms() + (long)child->seconds * 1000;
	struct pollfd fds[FAULT];
	bool before = false;
	int i, ready;

	for (;;) {
		for (i = 0; i < FAULT; i++)
			fds[i] = (struct pollfd){ .fd = run->ours[i], .events = i == IN ? POLLOUT : POLLIN };
		ready = poll(fds, FAULT, before ? 0 : run->ours[OUT] < 0 && run->ours[ERRORS] < 0 ? 1 : POLL_MS);
		if (ready < 0 && errno != EINTR)
			return rk_err_set(err, RK_EIO, "cannot wait for %s: %s", child->argv[0], strerror(errno));
		if (ready == 0 && before)
			return RK_OK;
		if (ready > 0 && fds[IN].revents)
			feed(child, run);
		if (ready > 0 && fds[OUT].revents && !take(&run->ours[OUT], out, child->limit))
			return too_large(err, rk_err_set(err, RK_EIO, "%s wrote more than %zu bytes, and was stopped", child->argv[0],
			    child->limit));
		if (ready > 0 && fds[ERRORS].revents)
			take(&run->ours[ERRORS], errors, ERRORS_BYTES);
		before = ended(run, WNOHANG);
		if (rk_clock_ms() > end)
			return too_large(err, rk_err_set(err, RK_EIO, "%s took longer than %u seconds, and was stopped", child->argv[0],
			    child->seconds));
	}
}

/* Wait until the program has started, which closes its end of the pipe FAULT, or could not. */
static enum rk_rc
started(const struct rk_subprocess *child, struct running *run, struct rk_err *err)
{
	ssize_t n;
	int why;

	do
		n = read(run->ours[FAULT], &why, sizeof why);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return RK_OK;
	if (n != sizeof why)
		return rk_err_set(err, RK_EIO, "cannot tell whether %s runs: %s", child->argv[0],
		    strerror(n < 0 ? errno : EIO));
	return rk_err_set(err, why == ENOMEM || why == EAGAIN ? RK_ENOMEM : RK_ENOINPUT, "cannot run %s: %s", child->argv[0],
	    strerror(why));
}

static void
end_in_abort(void *child, enum rk_rc rc, const char *why)
{
	const struct timespec wait = { .tv_nsec = ABORT_WAIT_NS };
	struct running *run = child;
	int i;

	(void)rc;
	(void)why;
	/* git removes its lock files; it is waited for, or it could make a file after what is undone next */
	kill(-run->pid, SIGTERM);
	for (i = 0; i < ABORT_WAITS && !ended(run, WNOHANG); i++)
		nanosleep(&wait, NULL);
	kill(-run->pid, SIGKILL);
	ended(run, 0);
}

enum rk_rc
rk_subprocess_run(const struct rk_subprocess *child, struct rk_strbuf *out, struct rk_strbuf *errors, int *status,
    struct rk_err *err)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	struct running run = { 0 };
	struct rk_abort_undo undo = { .undo = end_in_abort, .context = &run, .in_signal = true };
	enum rk_rc rc;
	int i;

	*status = -1;
	rc = open_pipes(&run, err);
	if (rc == RK_OK && (run.pid = fork()) < 0)
		rc = rk_err_set(err, RK_ENOMEM, "cannot start %s: %s", child->argv[0], strerror(errno));
	if (rc == RK_OK && run.pid == 0)
		become(child, &run);
	for (i = 0; i < PIPES; i++)
		shut(&run.theirs[i]);
	if (rc == RK_OK) {
		rk_abort_undo_begin(&undo);
		/* a child that does not read its input must not end us */
		sigaction(SIGPIPE, &ignore, &before);
		if (!child->in_len)
			shut(&run.ours[IN]);
		rc = started(child, &run, err);
		if (rc == RK_OK)
			rc = serve(child, &run, out, errors, err);
		if (rc != RK_OK)
			kill(-run.pid, SIGKILL);
		ended(&run, 0);
		rk_abort_undo_end(&undo);
		*status = WIFSIGNALED(run.how) ? 128 + WTERMSIG(run.how) : WEXITSTATUS(run.how);
		sigaction(SIGPIPE, &before, NULL);
	}
	close_pipes(&run);
	return rc;
}
