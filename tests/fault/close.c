/*
 * A close() that fails, preloaded before libc's by LD_PRELOAD.  strace can only make a call fail that then does nothing, and
 * leaves the file open; a close that fails in the kernel has closed it.  fclose() reaches libc's own close().
 *
 * FAULT_CLOSE   which close of a regular file fails, from 1; 0: none
 * FAULT_ERRNO   the number of its error
 * FAULT_LOG     a file to which a line is appended for each close of a regular file, with "(INJECTED)" if it fails
 *
 * Children are not affected.  Closes inside libc's other functions are not seen: those are of files that it reads.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static long which, number;
static int error, log_fd = -1;
static pid_t self;

static long
variable(const char *name)
{
	const char *value = getenv(name);

	return value ? strtol(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *file = getenv("FAULT_LOG");
	int fd = file ? open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	/* high, so that the numbers of the program's own files stay */
	log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 500);
	which = variable("FAULT_CLOSE");
	error = (int)variable("FAULT_ERRNO");
	unsetenv("LD_PRELOAD");
	if (fd >= 0)
		((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);
	self = getpid();
}

/* Log a close of a regular file, and return whether it is the one that fails. */
static bool
is_hit(int fd)
{
	struct stat st;
	int was = errno;
	bool hit;

	if (log_fd < 0 || self != getpid() || fd == log_fd || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errno = was;
		return false;
	}
	hit = __atomic_add_fetch(&number, 1, __ATOMIC_SEQ_CST) == which;
	dprintf(log_fd, "close%s\n", hit ? " (INJECTED)" : "");
	errno = was;
	return hit;
}

int
close(int fd)
{
	const bool hit = is_hit(fd);
	int result = ((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);

	if (!hit || result < 0)
		return result;
	errno = error;
	return -1;
}

int
fclose(FILE *file)
{
	const bool hit = is_hit(fileno(file));
	int result = ((int (*)(FILE *))dlsym(RTLD_NEXT, "fclose"))(file);

	if (!hit || result < 0)
		return result;
	errno = error;
	return EOF;
}
