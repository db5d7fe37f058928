#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "process/seccomp.h"
#include "base/err.h"
#include "base/memory.h"
#include "process/confine.h"
#include "process/sanitizer_internal.h"

#define CALLS(...) (const int []){ __VA_ARGS__ }, sizeof (int []){ __VA_ARGS__ } / sizeof (int)

struct calls {
	const int *number;
	size_t n;
};

/*
 * What a filter without programs may call: what the C library, libgit2, libfyaml, jansson and zlib call once it is set up.
 * Names that an architecture does not have are skipped by libseccomp.
 */
static const struct calls always = { CALLS(SCMP_SYS(brk), SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep), SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(exit),
	SCMP_SYS(exit_group), SCMP_SYS(fcntl), SCMP_SYS(fstat), SCMP_SYS(fstatfs), SCMP_SYS(futex), SCMP_SYS(getegid),
	SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getpgrp), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getrandom),
	SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(gettid), SCMP_SYS(gettimeofday), SCMP_SYS(getuid), SCMP_SYS(lseek),
	SCMP_SYS(madvise), SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(munmap), SCMP_SYS(nanosleep),
	SCMP_SYS(newfstatat), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pread64), SCMP_SYS(read), SCMP_SYS(readv),
	SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(sigaltstack), SCMP_SYS(statx), SCMP_SYS(sysinfo),
	SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(uname), SCMP_SYS(write), SCMP_SYS(writev)) };

static const struct calls reads = { CALLS(SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getcwd),
	SCMP_SYS(getdents64), SCMP_SYS(lstat), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(stat), SCMP_SYS(statfs)) };

/* Not chmod(2), chown(2) and the like, which Landlock does not confine to some directories. */
static const struct calls writes = { CALLS(SCMP_SYS(fchmod), SCMP_SYS(fdatasync), SCMP_SYS(fsync), SCMP_SYS(ftruncate),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pwrite64),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(rmdir), SCMP_SYS(umask), SCMP_SYS(unlink),
	SCMP_SYS(unlinkat), SCMP_SYS(utimensat)) };

static const struct calls sanitizers = { CALLS(SCMP_SYS(clone), SCMP_SYS(getdents), SCMP_SYS(kill), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(prctl), SCMP_SYS(process_vm_readv), SCMP_SYS(ptrace), SCMP_SYS(wait4)) };

/* What no program that Git runs needs, and what would look into other processes or change the system. */
static const struct calls never = { CALLS(SCMP_SYS(acct), SCMP_SYS(adjtimex), SCMP_SYS(bpf), SCMP_SYS(clock_adjtime),
	SCMP_SYS(clock_settime), SCMP_SYS(delete_module), SCMP_SYS(finit_module), SCMP_SYS(init_module), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register), SCMP_SYS(io_uring_setup), SCMP_SYS(ioperm), SCMP_SYS(iopl), SCMP_SYS(kcmp),
	SCMP_SYS(kexec_file_load), SCMP_SYS(kexec_load), SCMP_SYS(open_by_handle_at), SCMP_SYS(perf_event_open),
	SCMP_SYS(process_vm_writev), SCMP_SYS(quotactl), SCMP_SYS(reboot), SCMP_SYS(settimeofday), SCMP_SYS(swapoff),
	SCMP_SYS(swapon), SCMP_SYS(syslog), SCMP_SYS(userfaultfd)) };

static const struct calls never_look = { CALLS(SCMP_SYS(process_vm_readv), SCMP_SYS(ptrace)) };

static int
add(scmp_filter_ctx filter, uint32_t action, const struct calls *calls)
{
	int result = 0;
	size_t i;

	for (i = 0; i < calls->n && result == 0; i++)
		result = seccomp_rule_add(filter, action, calls->number[i], 0);
	return result;
}

/* Permit a call if these bits of an argument have this value. */
static int
permit_if(scmp_filter_ctx filter, int call, unsigned argument, uint64_t bits, uint64_t value)
{
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, bits, value));
}

/* Permit to ask a terminal what it is, to change our own limits, and to end ourselves as abort(3) does. */
static int
permit_some(scmp_filter_ctx filter)
{
	/* the last is TCGETS2, of which glibc's headers do not have the struct */
	static const unsigned long terminal[] = { TCGETS, TIOCGPGRP, TIOCGWINSZ, 0x802c542a };
	int result = permit_if(filter, SCMP_SYS(prlimit64), 0, UINT32_MAX, 0);
	size_t i;

	if (result == 0)
		result = permit_if(filter, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid());
	for (i = 0; i < sizeof terminal / sizeof terminal[0] && result == 0; i++)
		result = permit_if(filter, SCMP_SYS(ioctl), 1, UINT32_MAX, terminal[i]);
	return result;
}

static int
permit_to_read(scmp_filter_ctx filter)
{
	const uint64_t changing = O_ACCMODE | O_CREAT | O_TRUNC;
	int result = add(filter, SCMP_ACT_ALLOW, &reads);

	if (result == 0)
		result = permit_if(filter, SCMP_SYS(open), 1, changing, O_RDONLY);
	return result == 0 ? permit_if(filter, SCMP_SYS(openat), 2, changing, O_RDONLY) : result;
}

static int
fill(scmp_filter_ctx filter, const struct rk_confine *needs)
{
	const bool write = needs->write && *needs->write, read = write || (needs->read && *needs->read);
	int result;

	if (needs->programs) {
		result = add(filter, SCMP_ACT_ERRNO(EPERM), &never);
		return result == 0 && !RK_SANITIZER ? add(filter, SCMP_ACT_ERRNO(EPERM), &never_look) : result;
	}
	result = add(filter, SCMP_ACT_ALLOW, &always);
	if (result == 0)
		result = permit_some(filter);
	if (result == 0 && write)
		result = add(filter, SCMP_ACT_ALLOW, &reads);
	if (result == 0 && write)
		result = add(filter, SCMP_ACT_ALLOW, &writes);
	else if (result == 0 && (read || RK_SANITIZER))
		result = permit_to_read(filter);
	return result == 0 && RK_SANITIZER ? add(filter, SCMP_ACT_ALLOW, &sanitizers) : result;
}

/* Load the filter.  RK_END: this kernel does not have it, or a container forbids it. */
static enum rk_rc
load(scmp_filter_ctx filter, struct rk_err *err)
{
	enum rk_rc rc;
	int why;

	if (seccomp_load(filter) == 0)
		return RK_OK;
	why = errno;	/* the kernel's; libseccomp returns some of them only */
	rc = why == ENOSYS || why == EINVAL || why == EPERM || why == EACCES ? RK_END : RK_ENOMEM;
	return rk_err_set(err, rc, "%s: %s", rc == RK_END ? "no seccomp" : "seccomp", strerror(why));
}

enum rk_rc
rk_seccomp_apply(const struct rk_confine *needs, struct rk_err *err)
{
	scmp_filter_ctx filter = seccomp_init(needs->programs ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
	enum rk_rc rc;
	int result;

	if (!filter)
		rk_memory_fail();
	/* no slower code in kernels before 5.16: that is for hostile code */
	seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
	result = fill(filter, needs);
	if (result == -ENOMEM)
		rk_memory_fail();
	if (result < 0)
		rc = rk_err_set(err, RK_EBUG, "seccomp: a rule: %s", strerror(-result));
	else
		rc = load(filter, err);
	seccomp_release(filter);
	return rc;
}
