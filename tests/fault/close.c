/*
 * A close() that fails, put in front of libc's by LD_PRELOAD.  strace can only fail one that does not happen, and leaves
 * the file open; a kernel's has closed it all the same.  fclose() is libc's own way to it.
 *
 * FAULT_CLOSE   which close of a file (nothing else has an error to tell then), from 1; 0: none
 * FAULT_ERRNO   the error's number
 * FAULT_LOG     a file; a line is appended for each close of a file, and "(INJECTED)" behind the one that fails
 *
 * Children are spared.  Closes that libc makes inside of other functions are not seen: those are of files that it reads.
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
static int error, told = -1;
static pid_t self;

__attribute__((constructor)) static void
begin(void)
{
	const char *file = getenv("FAULT_LOG");
	int fd = file ? open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;

	/* out of the way of the lowest ones, which the program counts on */
	told = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 500);
	which = strtol(getenv("FAULT_CLOSE") ? getenv("FAULT_CLOSE") : "0", NULL, 10);
	error = (int)strtol(getenv("FAULT_ERRNO") ? getenv("FAULT_ERRNO") : "0", NULL, 10);
	unsetenv("LD_PRELOAD");
	if (fd >= 0)
		((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);
	self = getpid();
}

/* Is this the close that fails? */
static bool
struck(int fd)
{
	struct stat st;
	int was = errno;
	bool hit;

	if (told < 0 || self != getpid() || fd == told || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		errno = was;
		return false;
	}
	hit = __atomic_add_fetch(&number, 1, __ATOMIC_SEQ_CST) == which;
	dprintf(told, "close%s\n", hit ? " (INJECTED)" : "");
	errno = was;
	return hit;
}

int
close(int fd)
{
	const bool hit = struck(fd);
	int result = ((int (*)(int))dlsym(RTLD_NEXT, "close"))(fd);

	if (!hit || result < 0)
		return result;
	errno = error;
	return -1;
}

int
fclose(FILE *file)
{
	const bool hit = struck(fileno(file));
	int result = ((int (*)(FILE *))dlsym(RTLD_NEXT, "fclose"))(file);

	if (!hit || result < 0)
		return result;
	errno = error;
	return EOF;
}
