/*
 * The clock of another time, preloaded in front of libc's by LD_PRELOAD: CLOCK_OFFSET seconds after the real one, as are the times
 * of files.  Without those, git gc would remove what has just been written.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

static time_t
offset(void)
{
	const char *value = getenv("CLOCK_OFFSET");

	return value ? strtol(value, NULL, 10) : 0;
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result = (int)syscall(SYS_clock_gettime, clock, now);

	if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += offset();
	return result;
}

time_t
time(time_t *now)
{
	struct timespec exact;

	clock_gettime(CLOCK_REALTIME, &exact);
	if (now)
		*now = exact.tv_sec;
	return exact.tv_sec;
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec exact;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &exact);
	*now = (struct timeval){ .tv_sec = exact.tv_sec, .tv_usec = exact.tv_nsec / 1000 };
	return 0;
}

/* struct stat64 is the same. */
static int
look(int fd, const char *path, void *into, int flags)
{
	int (*real)(int fd, const char *path, struct stat *st, int flags);
	void *symbol = dlsym(RTLD_NEXT, "fstatat");
	struct stat *st = into;
	int result;

	memcpy(&real, &symbol, sizeof real);
	result = real(fd, path, st, flags);
	if (result == 0) {
		st->st_atim.tv_sec += offset();
		st->st_mtim.tv_sec += offset();
		st->st_ctim.tv_sec += offset();
	}
	return result;
}

int
stat(const char *restrict path, struct stat *restrict st)
{
	return look(AT_FDCWD, path, st, 0);
}

int
stat64(const char *restrict path, struct stat64 *restrict st)
{
	return look(AT_FDCWD, path, st, 0);
}

int
lstat(const char *restrict path, struct stat *restrict st)
{
	return look(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int
lstat64(const char *restrict path, struct stat64 *restrict st)
{
	return look(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int
fstat(int fd, struct stat *st)
{
	return look(fd, "", st, AT_EMPTY_PATH);
}

int
fstat64(int fd, struct stat64 *st)
{
	return look(fd, "", st, AT_EMPTY_PATH);
}

int
fstatat(int fd, const char *restrict path, struct stat *restrict st, int flags)
{
	return look(fd, path, st, flags);
}

int
fstatat64(int fd, const char *restrict path, struct stat64 *restrict st, int flags)
{
	return look(fd, path, st, flags);
}

static int
set_times(int fd, const char *path, const struct timespec times[2], int flags)
{
	struct timespec real[2];
	int i;

	for (i = 0; times && i < 2; i++) {
		real[i] = times[i];
		if (real[i].tv_nsec != UTIME_NOW && real[i].tv_nsec != UTIME_OMIT)
			real[i].tv_sec -= offset();
	}
	return (int)syscall(SYS_utimensat, fd, path, times ? real : NULL, flags);
}

int
utimensat(int fd, const char *path, const struct timespec times[2], int flags)
{
	return set_times(fd, path, times, flags);
}

int
futimens(int fd, const struct timespec times[2])
{
	return set_times(fd, NULL, times, 0);
}

int
utimes(const char *path, const struct timeval times[2])
{
	const struct timespec exact[2] = { { times ? times[0].tv_sec : 0, times ? times[0].tv_usec * 1000 : UTIME_NOW },
		{ times ? times[1].tv_sec : 0, times ? times[1].tv_usec * 1000 : UTIME_NOW } };

	return set_times(AT_FDCWD, path, exact, 0);
}

int
utime(const char *path, const struct utimbuf *times)
{
	const struct timespec exact[2] = { { times ? times->actime : 0, times ? 0 : UTIME_NOW },
		{ times ? times->modtime : 0, times ? 0 : UTIME_NOW } };

	return set_times(AT_FDCWD, path, exact, 0);
}
