#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cpu_limit.h"
#include "base/abort.h"

static struct rlimit before;
static const char *name;

static void
say(const char *s)
{
	if (write(STDERR_FILENO, s, strlen(s)) < 0)
		return;		/* the status remains */
}

static void
expired(int number)
{
	(void)number;
	say(name);
	say(": the limit of processor time is used up (--cpu-limit raises it); the input may be hostile\n");
	rk_abort_in_signal();
}

void
rk_cpu_limit_set(const char *prog, unsigned long seconds)
{
	struct sigaction act = { .sa_handler = expired };
	struct rlimit limit;

	if (getrlimit(RLIMIT_CPU, &before) < 0)
		return;
	limit = before;
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > seconds)
		limit.rlim_cur = seconds;
	name = prog;
	sigaction(SIGXCPU, &act, NULL);
	setrlimit(RLIMIT_CPU, &limit);
}

void
rk_cpu_limit_restore(void)
{
	if (name)
		setrlimit(RLIMIT_CPU, &before);
}
