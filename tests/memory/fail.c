/*
 * A malloc() that fails, preloaded before libc's by LD_PRELOAD.  Also calloc(), realloc() and the aligned ones, and so what
 * libc's own functions allocate with: strdup(), fopen(), opendir(), getline(), regcomp().
 *
 * MEMORY_LOG    a file to which lines are appended, see below
 * MEMORY_AT     which allocation fails, from 1; 0: none.  With MEMORY_REST, all after it fail too
 * MEMORY_SWEEP  FIRST:STEP:LAST instead of MEMORY_AT: the allocations FIRST, FIRST + STEP ... up to LAST (0: all) fail, each in
 *               a process forked there, with copies of standard output and error.  The sweep ends before the first call that could change a file or
 *               start a program: what a process forked later does could be seen by others.
 *
 * Lines of MEMORY_LOG:
 *
 *   hit N                        N has failed
 *   crash SIGNAL [OBJECT:SYMBOL ...]   the stack, innermost first
 *   point N STATUS OUT ERR       the forked process N has ended with a status of waitpid(); so many bytes of output and messages
 *                                follow.  The status -1: it was ended before such a call
 *   skip N                       N is in pthread_once(), which a forked process would wait for for ever
 *   swept N                      before such a call, when N allocations were made
 *   count N                      the program has ended by exit(), with N allocations
 *
 * Allocations count from the constructor here, after the loader's own.  Children that the program starts are not affected.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH 500		/* our descriptors, so that the numbers of the program's own stay */
#define SECONDS 20		/* that a forked process may take */
#define STOPPED 250		/* its exit status if it was ended before a change */
#define FRAMES 40

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static long number, at, step, last, once;
static bool started, rest, sweeping, forked;
static int log_fd = -1, capture[2] = { -1, -1 };
static pid_t self;
static char stack[1 << 16];

static int
high(int fd)
{
	return fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
}

static void __attribute__((format(printf, 1, 2)))
log_line(const char *format, ...)
{
	char line[256];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	if (write(log_fd, line, (size_t)len) != len)
		_exit(251);
}

/* Only the names of a crash's place: which of them is to blame is for the judge. */
static void
crashed(int sig)
{
	void *frame[FRAMES];
	Dl_info info;
	const char *slash;
	int i, n;

	signal(sig, SIG_DFL);
	log_line("crash %d", sig);
	n = backtrace(frame, FRAMES);
	for (i = 2; i < n; i++) {	/* after this function and the signal's trampoline */
		if (dladdr(frame[i], &info) == 0)
			continue;
		slash = strrchr(info.dli_fname, '/');
		log_line(" %.60s:%.100s", slash ? slash + 1 : info.dli_fname, info.dli_sname ? info.dli_sname : "?");
	}
	log_line("\n");
	raise(sig);
}

__attribute__((constructor)) static void
begin(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL };
	struct sigaction action = { .sa_handler = crashed, .sa_flags = SA_ONSTACK | SA_NODEFER };
	stack_t other = { .ss_sp = stack, .ss_size = sizeof stack };
	const char *file = getenv("MEMORY_LOG"), *sweep = getenv("MEMORY_SWEEP"), *one = getenv("MEMORY_AT");
	void *frame[2];
	char *end;
	size_t i;
	int fd;

	if (!file)
		return;
	fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	log_fd = high(fd);
	close(fd);
	rest = getenv("MEMORY_REST") != NULL;
	at = one ? strtol(one, NULL, 10) : 0;
	if (sweep) {
		at = strtol(sweep, &end, 10);
		step = strtol(*end ? end + 1 : "1", &end, 10);
		last = strtol(*end ? end + 1 : "0", NULL, 10);
		sweeping = true;
	}
	for (i = 0; i < 2 && sweep; i++) {
		fd = memfd_create("capture", MFD_CLOEXEC);
		capture[i] = high(fd);
		close(fd);
	}
	backtrace(frame, 2);	/* loads libgcc */
	sigaltstack(&other, NULL);
	for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
		sigaction(signals[i], &action, NULL);
	unsetenv("LD_PRELOAD");
	self = getpid();
	started = log_fd >= 0;
}

__attribute__((destructor)) static void
end(void)
{
	if (started && self == getpid() && !forked)
		log_line("count %ld\n", number);
}

/* Sweeping */

/* In the forked process: the streams, from here on, without anything that the other process would notice. */
static void
separate(void)
{
	char name[32], chunk[4096];
	off_t offset = lseek(STDIN_FILENO, 0, SEEK_CUR);
	int i, fd = offset < 0 ? -1 : open("/proc/self/fd/0", O_RDONLY);
	ssize_t n;

	if (fd >= 0) {
		lseek(fd, offset, SEEK_SET);
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof name, "/proc/self/fd/%d", i + 1);
		if (ftruncate(capture[i], 0) < 0 || lseek(capture[i], 0, SEEK_SET) < 0 || (fd = open(name, O_RDONLY)) < 0)
			_exit(251);
		while ((n = read(fd, chunk, sizeof chunk)) > 0)
			if (write(capture[i], chunk, (size_t)n) != n)
				_exit(251);
		close(fd);
		dup2(capture[i], i + 1);
	}
	alarm(SECONDS);
}

static void
append(int fd, off_t size)
{
	char chunk[4096];
	off_t done;
	ssize_t n;

	for (done = 0; done < size; done += n)
		if ((n = pread(fd, chunk, sizeof chunk, done)) <= 0 || write(log_fd, chunk, (size_t)n) != n)
			_exit(251);
}

/* Fork; true in the new process, in which the allocation fails. */
static bool
part(void)
{
	off_t offset[64];
	struct stat size[2];
	pid_t child;
	int i, how;

	for (i = 0; i < 64; i++)
		offset[i] = lseek(i, 0, SEEK_CUR);
	child = ((pid_t (*)(void))dlsym(RTLD_NEXT, "fork"))();
	if (child < 0)
		_exit(251);
	if (child == 0) {
		forked = true;
		self = getpid();
		separate();
		return true;
	}
	while (waitpid(child, &how, 0) < 0)
		;
	for (i = 0; i < 64; i++)
		if (offset[i] >= 0)
			lseek(i, offset[i], SEEK_SET);
	fstat(capture[0], &size[0]);
	fstat(capture[1], &size[1]);
	if (WIFEXITED(how) && WEXITSTATUS(how) == STOPPED)
		how = -1;
	log_line("point %ld %d %ld %ld\n", number, how, (long)size[0].st_size, (long)size[1].st_size);
	append(capture[0], size[0].st_size);
	append(capture[1], size[1].st_size);
	return false;
}

/* Something else than memory and the streams is about to change. */
static void
leave(void)
{
	if (!started || !sweeping || self != getpid())
		return;
	if (forked)
		_exit(STOPPED);
	log_line("swept %ld\n", number);
	_exit(0);
}

/* Failing */

static void
go_on(void)
{
	at += step;
	if (last && at > last)
		at = 0;
}

static bool
is_hit(void)
{
	const int was = errno;
	bool hit;

	if (!started || self != getpid())
		return false;
	number++;
	hit = number == at || (rest && at && number > at);
	if (hit && once && sweeping && !forked) {
		log_line("skip %ld\n", number);
		go_on();
		hit = false;
	} else if (hit && sweeping && !forked) {
		started = false;	/* what libc allocates for us does not count */
		hit = part();
		if (!hit)
			go_on();
		started = true;
	} else if (number == at) {
		log_line("hit %ld\n", number);
	}
	errno = hit ? ENOMEM : was;
	return hit;
}

void *
malloc(size_t size)
{
	return is_hit() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return is_hit() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
	return is_hit() ? NULL : __libc_realloc(old, size);
}

void *
reallocarray(void *old, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return is_hit() ? NULL : __libc_realloc(old, n * size);
}

void *
memalign(size_t alignment, size_t size)
{
	return is_hit() ? NULL : __libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int
posix_memalign(void **memory, size_t alignment, size_t size)
{
	const int was = errno;

	*memory = memalign(alignment, size);
	errno = was;
	return *memory ? 0 : ENOMEM;
}

int
pthread_once(pthread_once_t *control, void (*begin_once)(void))
{
	int result;

	once++;
	result = ((int (*)(pthread_once_t *, void (*)(void)))dlsym(RTLD_NEXT, "pthread_once"))(control, begin_once);
	once--;
	return result;
}

/* Calls that change something else */

#define LEAVING(type, name, parameters, arguments)	\
type name parameters					\
{							\
	static __typeof__(name) *real;			\
	leave();					\
	if (!real)					\
		real = dlsym(RTLD_NEXT, #name);		\
	return real arguments;				\
}

LEAVING(pid_t, fork, (void), ())
LEAVING(int, mkdir, (const char *path, mode_t mode), (path, mode))
LEAVING(char *, mkdtemp, (char *path), (path))
LEAVING(int, mkstemp, (char *path), (path))
LEAVING(int, mkstemp64, (char *path), (path))
LEAVING(int, rename, (const char *old, const char *new), (old, new))
LEAVING(int, link, (const char *old, const char *new), (old, new))
LEAVING(int, unlink, (const char *path), (path))
LEAVING(int, unlinkat, (int dir, const char *path, int flags), (dir, path, flags))
LEAVING(int, rmdir, (const char *path), (path))
LEAVING(int, kill, (pid_t pid, int sig), (pid, sig))

#define OPENING(name)						\
int name(const char *path, int flags, ...)			\
{								\
	static int (*real)(const char *, int, ...);		\
	va_list args;						\
	mode_t mode;						\
	va_start(args, flags);					\
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;	\
	va_end(args);						\
	if ((flags & O_ACCMODE) != O_RDONLY)			\
		leave();					\
	if (!real)						\
		real = dlsym(RTLD_NEXT, #name);			\
	return real(path, flags, mode);				\
}

OPENING(open)
OPENING(open64)
