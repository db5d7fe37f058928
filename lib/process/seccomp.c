#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/seccomp.h"
#include "base/err.h"
#include "process/confine.h"
#include "process/sanitizer_internal.h"

/*
 * The names and numbers of the calls are libseccomp's; the program that the kernel runs at each call is made here.  libseccomp
 * 2.5 and 2.6 loop for ever, crash, or make another program than they were asked for, with success, when one of the hundreds of
 * allocations fails that they need for it.  Here none is needed.
 */
#define LEN(array) (sizeof (array) / sizeof *(array))

enum { MOST = 512 };	/* instructions */

struct program {
	struct sock_filter code[MOST];
	unsigned short n;
};

/*
 * What a filter without programs may call: what the C library, libgit2, libfyaml, jansson and zlib call once it is set up, here,
 * on other architectures and with other versions of glibc.  Those that an architecture does not have have a negative number.
 */
static const int always[] = { SCMP_SYS(brk), SCMP_SYS(clock_nanosleep), SCMP_SYS(close), SCMP_SYS(exit_group), SCMP_SYS(fcntl),
	SCMP_SYS(fstat), SCMP_SYS(futex), SCMP_SYS(geteuid), SCMP_SYS(getpgrp), SCMP_SYS(getpid), SCMP_SYS(getrandom),
	SCMP_SYS(gettid), SCMP_SYS(lseek), SCMP_SYS(madvise), SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(mremap),
	SCMP_SYS(munmap), SCMP_SYS(newfstatat), SCMP_SYS(pread64), SCMP_SYS(read), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(statx), SCMP_SYS(sysinfo), SCMP_SYS(write) };

/*
 * What glibc calls where a kernel has no vDSO or no faccessat2(2), after a signal, and to say why it aborts; readv(2) is musl's.
 */
static const int seldom[] = { SCMP_SYS(clock_gettime), SCMP_SYS(getegid), SCMP_SYS(getgid), SCMP_SYS(gettimeofday),
	SCMP_SYS(getuid), SCMP_SYS(readv), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigreturn), SCMP_SYS(time), SCMP_SYS(writev) };

static const int reads[] = { SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
	SCMP_SYS(lstat), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(stat) };

/* Not chmod(2), chown(2) and the like, which Landlock does not confine to some directories. */
static const int writes[] = { SCMP_SYS(fsync), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pwrite64), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(utimensat) };

static const int sanitizers[] = { SCMP_SYS(clone), SCMP_SYS(dup), SCMP_SYS(exit), SCMP_SYS(getdents), SCMP_SYS(getppid),
	SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(kill), SCMP_SYS(nanosleep), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	SCMP_SYS(prctl), SCMP_SYS(process_vm_readv), SCMP_SYS(ptrace), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield),
	SCMP_SYS(sigaltstack), SCMP_SYS(wait4) };

/* What no program that Git runs needs, and what would look into other processes or change the system. */
static const int never[] = { SCMP_SYS(acct), SCMP_SYS(adjtimex), SCMP_SYS(bpf), SCMP_SYS(clock_adjtime),
	SCMP_SYS(clock_settime), SCMP_SYS(delete_module), SCMP_SYS(finit_module), SCMP_SYS(init_module), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register), SCMP_SYS(io_uring_setup), SCMP_SYS(ioperm), SCMP_SYS(iopl), SCMP_SYS(kcmp),
	SCMP_SYS(kexec_file_load), SCMP_SYS(kexec_load), SCMP_SYS(open_by_handle_at), SCMP_SYS(perf_event_open),
	SCMP_SYS(process_vm_writev), SCMP_SYS(quotactl), SCMP_SYS(reboot), SCMP_SYS(settimeofday), SCMP_SYS(swapoff),
	SCMP_SYS(swapon), SCMP_SYS(syslog), SCMP_SYS(userfaultfd) };

static const int never_look[] = { SCMP_SYS(process_vm_readv), SCMP_SYS(ptrace) };

_Static_assert(2 * (LEN(always) + LEN(seldom) + LEN(reads) + LEN(writes) + LEN(sanitizers)) + 64 < MOST,
    "room for each call and what is asked else");
_Static_assert(2 * (LEN(never) + LEN(never_look)) + 64 < MOST, "so for programs");

/* Append an instruction; a jump skips so many instructions if the comparison is true, and so many if it is false. */
static void
add(struct program *program, unsigned short code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
	program->code[program->n++] = (struct sock_filter)BPF_JUMP(code, k, if_true, if_false);
}

static void
load_number(struct program *program)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

/* Take an action for some calls. */
static void
act(struct program *program, uint32_t action, const int *calls, size_t n)
{
	for (; n > 0; n--, calls++) {
		if (*calls < 0)
			continue;
		add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)*calls, 0, 1);
		add(program, BPF_RET | BPF_K, action, 0, 0);
	}
}

/* Permit a call if these bits of the lower half of an argument have this value. */
static void
permit_if(struct program *program, int call, unsigned argument, uint32_t bits, uint32_t value)
{
	const uint32_t half = __BYTE_ORDER == __LITTLE_ENDIAN ? 0 : sizeof (uint32_t);

	if (call < 0)
		return;
	add(program, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 5);
	add(program, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, args) + argument * sizeof (uint64_t)) + half,
	    0, 0);
	add(program, BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	add(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
	load_number(program);
}

/* Permit to ask a terminal what it is, to change our own limits, and to end ourselves as abort(3) does. */
static void
permit_some(struct program *program)
{
	/* the last is TCGETS2, of which glibc's headers do not have the struct */
	static const uint32_t terminal[] = { TCGETS, TIOCGPGRP, 0x802c542a };
	size_t i;

	permit_if(program, SCMP_SYS(prlimit64), 0, UINT32_MAX, 0);
	permit_if(program, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint32_t)getpid());
	for (i = 0; i < LEN(terminal); i++)
		permit_if(program, SCMP_SYS(ioctl), 1, UINT32_MAX, terminal[i]);
}

static void
permit_to_read(struct program *program)
{
	const uint32_t changing = O_ACCMODE | O_CREAT | O_TRUNC;

	act(program, SECCOMP_RET_ALLOW, reads, LEN(reads));
	permit_if(program, SCMP_SYS(open), 1, changing, O_RDONLY);
	permit_if(program, SCMP_SYS(openat), 2, changing, O_RDONLY);
}

/* Refuse the calls of other architectures that the kernel has, whose numbers have other meanings: of i386 and x32 on amd64. */
static void
refuse_others(struct program *program, uint32_t refused)
{
	add(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	add(program, BPF_JMP | BPF_JEQ | BPF_K, seccomp_arch_native(), 1, 0);
	add(program, BPF_RET | BPF_K, refused, 0, 0);
	load_number(program);
	if (seccomp_arch_native() == SCMP_ARCH_X86_64) {
		add(program, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
		add(program, BPF_RET | BPF_K, refused, 0, 0);
	}
}

static void
fill(struct program *program, const struct rk_confine *needs)
{
	const bool write = needs->write && *needs->write, read = write || (needs->read && *needs->read);
	const uint32_t refused = SECCOMP_RET_ERRNO | ENOSYS, forbidden = SECCOMP_RET_ERRNO | EPERM;

	refuse_others(program, refused);
	if (needs->programs) {
		act(program, forbidden, never, LEN(never));
		if (!RK_SANITIZER)
			act(program, forbidden, never_look, LEN(never_look));
		add(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
		return;
	}
	act(program, SECCOMP_RET_ALLOW, always, LEN(always));
	act(program, SECCOMP_RET_ALLOW, seldom, LEN(seldom));
	permit_some(program);
	if (write) {
		act(program, SECCOMP_RET_ALLOW, reads, LEN(reads));
		act(program, SECCOMP_RET_ALLOW, writes, LEN(writes));
	} else if (read || RK_SANITIZER) {
		permit_to_read(program);
	}
	if (RK_SANITIZER)
		act(program, SECCOMP_RET_ALLOW, sanitizers, LEN(sanitizers));
	add(program, BPF_RET | BPF_K, refused, 0, 0);
}

enum rk_rc
rk_seccomp_apply(const struct rk_confine *needs, struct rk_err *err)
{
	struct program program = { .n = 0 };
	struct sock_fprog loaded = { .filter = program.code };
	enum rk_rc rc;
	int why;

	fill(&program, needs);
	loaded.len = program.n;
	/* no slower code in kernels before 5.16: that is for hostile code */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &loaded) == 0)
		return RK_OK;
	why = errno;
	rc = why == ENOSYS || why == EINVAL || why == EPERM || why == EACCES ? RK_END : RK_ENOMEM;
	return rk_err_set(err, rc, "%s: %s", rc == RK_END ? "no seccomp" : "seccomp", strerror(why));
}
