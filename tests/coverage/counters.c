/*
 * For make coverage: a program counts in a file that all its processes share, so that nothing is lost of a process that is
 * killed, becomes another program, or may not write files.  counters.ld puts the counters next to each other; the file replaces
 * their pages before main() is called.  A program that is called with RINGKIT_COUNTERS_READ set hands the file to gcov.
 */
#define _DEFAULT_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char rk_counters_begin[], rk_counters_end[];

void __gcov_dump(void);
void __wrap___gcov_exit(void);

/* What each object calls at exit: to write its counters, which is done once, at the end. */
void
__wrap___gcov_exit(void)
{
}

/* Without the functions that a test may replace or count. */
__attribute__((constructor)) static void
share(void)
{
	/* two symbols of the linker, not parts of one array */
	const long size = (long)((uintptr_t)rk_counters_end - (uintptr_t)rk_counters_begin);
	char program[2048] = "", path[2 * sizeof program];
	char *name;
	long fd = -1;
	int up;

	if (syscall(SYS_readlink, "/proc/self/exe", program, sizeof program - 1) <= 0 || !(name = strrchr(program, '/')))
		abort();
	*name++ = '\0';
	/* of build/coverage/replayer, for example, and of build/coverage/bin/NAME */
	for (up = 0; up < 2 && fd < 0; up++) {
		snprintf(path, sizeof path, "%s%s/counters/%s", program, up ? "/.." : "", name);
		fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	}
	if (fd < 0)
		return;	/* as another user, or after a fault */
	if (syscall(SYS_ftruncate, fd, size) == 0)
		syscall(SYS_mmap, rk_counters_begin, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0L);
	syscall(SYS_close, fd);
	if (getenv("RINGKIT_COUNTERS_READ")) {
		__gcov_dump();
		_exit(0);
	}
}
