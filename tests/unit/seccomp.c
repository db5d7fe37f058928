/* What the program that the kernel runs at each system call of a filter permits: it is caught, and run here. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#include "process/confine.h"
#include "process/seccomp.h"
#include "process/sanitizer_internal.h"

#define CALLS 1024
#define LOWER (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 4)

static struct sock_filter code[BPF_MAXINSNS];
static unsigned short length;

/* Before libc's, which rk_seccomp_apply() calls; what counts the lines that are reached has calls of its own. */
long
syscall(long number, ...)
{
	long (*next)(long number, ...);
	const struct sock_fprog *program;
	const size_t n = number == SYS_seccomp ? 3 : 6;
	long arg[6] = { 0 };
	va_list args;
	size_t i;

	va_start(args, number);
	for (i = 0; i < n; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (number != SYS_seccomp) {
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
		return next(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	}
	if (arg[0] != SECCOMP_SET_MODE_FILTER)
		abort();
	program = (const struct sock_fprog *)arg[2];
	length = program->len;
	memcpy(code, program->filter, length * sizeof *code);
	return 0;
}

/* Return what the program says to a call. */
static uint32_t
answer(const struct seccomp_data *data)
{
	uint32_t a = 0;
	unsigned at;

	for (at = 0; at < length; at++) {
		switch (code[at].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			assert_true(code[at].k + sizeof a <= sizeof *data);
			memcpy(&a, (const char *)data + code[at].k, sizeof a);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= code[at].k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == code[at].k ? code[at].jt : code[at].jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= code[at].k ? code[at].jt : code[at].jf;
			break;
		case BPF_RET | BPF_K:
			return code[at].k;
		default:
			fail_msg("an instruction %x", code[at].code);
		}
	}
	fail_msg("no answer");
	return 0;
}

static uint32_t
asked(uint32_t arch, int call, unsigned argument, uint64_t value)
{
	struct seccomp_data data = { .nr = call, .arch = arch };

	/* of a whole argument only the lower half is looked at, as the kernel does for an int */
	data.args[argument] = value;
	return answer(&data);
}

static void
make(bool read, bool write, bool programs)
{
	static const char *const some[] = { "/", NULL };
	const struct rk_confine needs = { .read = read ? some : NULL, .write = write ? some : NULL, .programs = programs };
	struct rk_err err;

	assert_int_equal(rk_seccomp_apply(&needs, &err), RK_OK);
}

/* Whether a list, of which each name is followed by a blank, has the call, of which an architecture can have another number. */
static bool
has(const char *list, int call)
{
	char name[64];
	size_t len;

	for (; *list; list += len + (list[len] != '\0')) {
		len = strcspn(list, " ");
		memcpy(name, list, len);
		name[len] = '\0';
		if (len > 0 && seccomp_syscall_resolve_name(name) == call)
			return true;
	}
	return false;
}

#define ALWAYS	"brk clock_gettime clock_nanosleep close exit_group fcntl fstat futex getegid geteuid getgid getpgrp getpid " \
	"getrandom gettid gettimeofday getuid lseek madvise mmap mprotect mremap munmap newfstatat pread64 read readv " \
	"restart_syscall rt_sigaction rt_sigprocmask rt_sigreturn statx sysinfo time write writev "
#define READS	"access faccessat faccessat2 getcwd getdents64 lstat readlink readlinkat stat "
#define WRITES	"fsync link linkat mkdir mkdirat open openat pwrite64 rename renameat renameat2 rmdir unlink unlinkat utimensat "
#define NEVER	"acct adjtimex bpf clock_adjtime clock_settime delete_module finit_module init_module io_uring_enter " \
	"io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load open_by_handle_at perf_event_open " \
	"process_vm_writev quotactl reboot settimeofday swapoff swapon syslog userfaultfd "

/* The arguments are such that what depends on them is refused. */
static void
permits_only(const char *list)
{
	int call;

	for (call = 0; call < CALLS; call++)
		if (asked(seccomp_arch_native(), call, 0, 1) != (has(list, call) ? SECCOMP_RET_ALLOW : SECCOMP_RET_ERRNO | ENOSYS)
		    && !(RK_SANITIZER && !has(list, call)))
			fail_msg("call %d: %s", call, has(list, call) ? "refused" : "permitted");
}

static void
each_call_that_no_filter_needs_is_refused(void **state)
{
	(void)state;
	make(false, false, false);
	permits_only(ALWAYS);
}

static void
files_are_read_and_written_if_some_are_needed(void **state)
{
	static const int changing[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC };
	const uint32_t arch = seccomp_arch_native();
	size_t i;

	(void)state;
	make(true, false, false);
	permits_only(ALWAYS READS "open openat ");	/* whose flags are 0 there: O_RDONLY */
	assert_int_equal(asked(arch, SCMP_SYS(openat), 2, O_NOFOLLOW | O_CLOEXEC), SECCOMP_RET_ALLOW);
	for (i = 0; i < sizeof changing / sizeof *changing; i++) {
		assert_int_equal(asked(arch, SCMP_SYS(open), 1, (uint64_t)changing[i]), SECCOMP_RET_ERRNO | ENOSYS);
		assert_int_equal(asked(arch, SCMP_SYS(openat), 2, (uint64_t)changing[i]), SECCOMP_RET_ERRNO | ENOSYS);
	}
	make(false, true, false);
	permits_only(ALWAYS READS WRITES);
	assert_int_equal(asked(arch, SCMP_SYS(openat), 2, O_RDWR | O_CREAT), SECCOMP_RET_ALLOW);
}

static void
some_calls_are_permitted_for_some_arguments(void **state)
{
	const uint32_t arch = seccomp_arch_native();

	(void)state;
	make(false, false, false);
	assert_int_equal(asked(arch, SCMP_SYS(ioctl), 1, TCGETS), SECCOMP_RET_ALLOW);
	assert_int_equal(asked(arch, SCMP_SYS(ioctl), 1, TIOCGPGRP), SECCOMP_RET_ALLOW);
	assert_int_equal(asked(arch, SCMP_SYS(ioctl), 1, 0x802c542a), SECCOMP_RET_ALLOW);
	assert_int_equal(asked(arch, SCMP_SYS(ioctl), 1, TIOCSTI), SECCOMP_RET_ERRNO | ENOSYS);
	assert_int_equal(asked(arch, SCMP_SYS(prlimit64), 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(asked(arch, SCMP_SYS(tgkill), 0, (uint64_t)getpid()), SECCOMP_RET_ALLOW);
	assert_int_equal(asked(arch, SCMP_SYS(tgkill), 0, (uint64_t)getppid()), SECCOMP_RET_ERRNO | ENOSYS);
}

static void
programs_can_call_all_but_what_changes_the_system(void **state)
{
	const char *const never = RK_SANITIZER ? NEVER : NEVER "process_vm_readv ptrace ";
	int call;

	(void)state;
	make(true, true, true);
	for (call = 0; call < CALLS; call++)
		if (asked(seccomp_arch_native(), call, 0, 0) != (has(never, call) ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_ALLOW))
			fail_msg("call %d: %s", call, has(never, call) ? "permitted" : "refused");
}

static void
calls_of_other_architectures_are_refused(void **state)
{
	const uint32_t arch = seccomp_arch_native();
	bool programs;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		programs = i;
		make(false, false, programs);
		assert_int_equal(asked(arch == SCMP_ARCH_X86 ? SCMP_ARCH_ARM : SCMP_ARCH_X86, SYS_close, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
		if (arch == SCMP_ARCH_X86_64)	/* x32 */
			assert_int_equal(asked(arch, 0x40000000 | SYS_close, 0, 0), SECCOMP_RET_ERRNO | ENOSYS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_that_no_filter_needs_is_refused),
		cmocka_unit_test(files_are_read_and_written_if_some_are_needed),
		cmocka_unit_test(some_calls_are_permitted_for_some_arguments),
		cmocka_unit_test(programs_can_call_all_but_what_changes_the_system),
		cmocka_unit_test(calls_of_other_architectures_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
