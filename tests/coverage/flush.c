/*
 * For make coverage: a program that ends without exit(3), becomes another one, or confines itself writes its counters first.
 * The linker puts these functions in front of libc's (--wrap).
 */
#include <sys/syscall.h>

void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __real_abort(void);
int __real_execvp(const char *file, char *const argv[]);
int __real_seccomp_load(const void *filter);
long __real_syscall(long number, long a, long b, long c, long d);

_Noreturn void __wrap__exit(int status);
_Noreturn void __wrap_abort(void);
int __wrap_execvp(const char *file, char *const argv[]);
int __wrap_seccomp_load(const void *filter);
long __wrap_syscall(long number, long a, long b, long c, long d);

static void
flush(void)
{
	__gcov_dump();
	__gcov_reset();
}

_Noreturn void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

_Noreturn void
__wrap_abort(void)
{
	__gcov_dump();
	__real_abort();
}

int
__wrap_execvp(const char *file, char *const argv[])
{
	flush();
	return __real_execvp(file, argv);
}

int
__wrap_seccomp_load(const void *filter)
{
	flush();
	return __real_seccomp_load(filter);
}

long
__wrap_syscall(long number, long a, long b, long c, long d)
{
	if (number == SYS_landlock_restrict_self)
		flush();
	return __real_syscall(number, a, b, c, d);
}
