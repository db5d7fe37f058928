/*
 * Tries to break out of a filter, preloaded into it by LD_PRELOAD: when the filter closes its standard output, all of its work is
 * done, and its confinement is that of the last moment.  Each attempt is a line "NAME ok" or "NAME ERROR" in the file
 * ESCAPE_LOG, which is open from the start.
 *
 * ESCAPE_DIR   a directory of ours, with a file "secret", in which the filter has no business
 * ESCAPE_GIT   the directory of the repository that the filter reads
 * ESCAPE_PORT, ESCAPE_SOCKET, ESCAPE_PID, ESCAPE_ADDRESS   a TCP port and a path that target.py listens on, also as the name of
 *              an abstract socket, its process, and the address of a byte in it
 *
 * ESCAPE_ABORT   if it is set, the filter calls abort() instead
 *
 * Children are not affected.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int log_fd = -1;
static char dir[1024], git[1024], socket_path[100];
static int port;
static pid_t target;
static void *address;

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

__attribute__((constructor)) static void
begin(void)
{
	int fd = open(variable("ESCAPE_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	log_fd = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 500);
	if (fd >= 0)
		close(fd);
	snprintf(dir, sizeof dir, "%s", variable("ESCAPE_DIR"));
	snprintf(git, sizeof git, "%s", variable("ESCAPE_GIT"));
	snprintf(socket_path, sizeof socket_path, "%s", variable("ESCAPE_SOCKET"));
	port = atoi(variable("ESCAPE_PORT"));
	target = atoi(variable("ESCAPE_PID"));
	address = (void *)strtoul(variable("ESCAPE_ADDRESS"), NULL, 10);
	unsetenv("LD_PRELOAD");
}

static void
result(const char *name, bool success)
{
	if (success)
		dprintf(log_fd, "%s ok\n", name);
	else
		dprintf(log_fd, "%s %s\n", name, strerrorname_np(errno));
}

static void
try_open(const char *name, const char *in, const char *file, int flags)
{
	char path[2048];
	int fd;

	snprintf(path, sizeof path, "%s%s", in, file);
	fd = open(path, flags | O_CLOEXEC, 0600);
	result(name, fd >= 0);
	if (fd >= 0)
		close(fd);
}

static void
try_files(void)
{
	char path[2048], other[2048];

	try_open("read-passwd", "", "/etc/passwd", O_RDONLY);
	try_open("read-secret", dir, "/secret", O_RDONLY);
	try_open("list", dir, "", O_RDONLY | O_DIRECTORY);
	try_open("create", dir, "/created", O_WRONLY | O_CREAT);
	try_open("append", dir, "/secret", O_WRONLY | O_APPEND);
	try_open("create-empty", dir, "/empty", O_RDONLY | O_CREAT);
	try_open("open-truncate", dir, "/secret", O_RDONLY | O_TRUNC);
	snprintf(path, sizeof path, "%s/secret", dir);
	snprintf(other, sizeof other, "%s/other", dir);
	result("truncate", truncate(path, 1) == 0);
	result("chmod", chmod(path, 0640) == 0);
	result("link", link(path, other) == 0);
	result("unlink", unlink(other) == 0);
	result("rename", rename(path, other) == 0 && rename(other, path) == 0);
	snprintf(other, sizeof other, "%s/made", dir);
	result("mkdir", mkdir(other, 0700) == 0 && rmdir(other) == 0);
	result("symlink", symlink("/", other) == 0 && unlink(other) == 0);
	result("fifo", mkfifo(other, 0600) == 0 && unlink(other) == 0);
}

static void
try_git(void)
{
	char path[2048];

	try_open("git-read", git, "/HEAD", O_RDONLY);
	try_open("git-file", git, "/../tenants/acme/application.yaml", O_RDONLY);
	try_open("git-object", git, "/objects/escape", O_WRONLY | O_CREAT);
	try_open("git-ref", git, "/refs/heads/escape", O_WRONLY | O_CREAT);
	snprintf(path, sizeof path, "%s/objects/escape-link", git);
	result("git-symlink", symlink("/", path) == 0 && unlink(path) == 0);
	result("git-fifo", mkfifo(path, 0600) == 0 && unlink(path) == 0);
	try_open("git-config", git, "/config", O_WRONLY | O_APPEND);
	try_open("git-hook", git, "/hooks/post-checkout", O_WRONLY | O_CREAT);
}

static void
try_network(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_INET, SOCK_STREAM, 0), pair[2];

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	result("connect", fd >= 0 && connect(fd, (struct sockaddr *)&in, sizeof in) == 0);
	close(fd);
	in.sin_port = 0;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	result("listen", fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(fd, 1) == 0);
	close(fd);
	memcpy(un.sun_path, socket_path, sizeof socket_path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	result("connect-unix", fd >= 0 && connect(fd, (struct sockaddr *)&un, sizeof un) == 0);
	close(fd);
	un.sun_path[0] = '\0';	/* the abstract socket whose name is that path without its slash */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	result("connect-abstract", fd >= 0 && connect(fd, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(socket_path))) == 0);
	close(fd);
	result("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
}

static int
child(void *nothing)
{
	(void)nothing;
	_exit(0);
}

#ifdef __x86_64__
static sigjmp_buf no_i386;

static void
jump(int sig)
{
	(void)sig;
	siglongjmp(no_i386, 1);
}
#endif

/* getpid() of i386, whose number is that of writev() on amd64; not every kernel has it. */
static void
try_i386(void)
{
	volatile long pid = -ENOSYS;

#ifdef __x86_64__
	long answer;

	signal(SIGSEGV, jump);
	if (sigsetjmp(no_i386, 1) == 0) {
		__asm__ volatile ("int $0x80" : "=a" (answer) : "a" (20) : "memory", "r8", "r9", "r10", "r11");
		pid = answer;
	}
#endif
	errno = (int)-pid;
	result("i386", pid == getpid());
}

static void
try_processes(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	struct iovec here = { dir, 1 }, there = { address, 1 };
	pid_t pid = fork();
	struct rlimit64 { unsigned long now, most; } limit;
	char echo[] = "echo", done[] = "exec ok";
	char *const argv[] = { echo, done, NULL };

	if (pid == 0)
		_exit(0);
	result("fork", pid > 0 && waitpid(pid, NULL, 0) == pid);
	pid = clone(child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	result("vfork", pid > 0 && waitpid(pid, NULL, 0) == pid);
	result("signal", kill(target, 0) == 0);
	result("ptrace", ptrace(PTRACE_SEIZE, target, NULL, NULL) == 0);
	result("process-read", process_vm_readv(target, &here, 1, &there, 1, 0) == 1);
	result("process-write", process_vm_writev(target, &here, 1, &there, 1, 0) == 1);
	result("process-limit", syscall(SYS_prlimit64, target, 7, NULL, &limit) == 0);
	result("key", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1) > 0);
	result("memory-file", memfd_create("escape", 0) >= 0);
	result("session", getpgrp() == getpid() ? setpgid(0, 0) == 0 : setsid() >= 0);
	result("privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	dup2(log_fd, STDOUT_FILENO);
	execv("/bin/echo", argv);
	result("exec", false);
}

int
close(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
	static bool tried;

	if (fd != STDOUT_FILENO || log_fd < 0 || tried)
		return real(fd);
	tried = true;
	if (getenv("ESCAPE_ABORT"))
		abort();
	if (real(fd) != 0)
		result("close", false);
	try_files();
	try_git();
	try_network();
	try_i386();
	try_processes();
	return 0;
}
