#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "process/landlock.h"
#include "base/err.h"
#include "process/confine.h"
#include "process/sanitizer_internal.h"

/* include/uapi/linux/landlock.h of Linux 6.12; the header of Debian 12 ends with the second version of the interface. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ull << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ull << 14)
#endif
#define NET_BIND_TCP (1ull << 0)
#define NET_CONNECT_TCP (1ull << 1)
#define SCOPE_ABSTRACT_UNIX_SOCKET (1ull << 0)
#define SCOPE_SIGNAL (1ull << 1)

/* struct landlock_ruleset_attr, whose length tells the kernel which members there are */
struct ruleset {
	uint64_t fs, net, scoped;
};

#define FILES_READ ((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE)
#define DIRS_READ (FILES_READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define DIRS_WRITE (DIRS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER)

/* All that a version of the interface can forbid; versions before the second forbid moving files between directories. */
static size_t
fill(struct ruleset *set, long version)
{
	set->fs = (uint64_t)LANDLOCK_ACCESS_FS_REFER - 1;
	set->fs |= version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
	set->fs |= version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0;
	set->net = NET_BIND_TCP | NET_CONNECT_TCP;
	set->scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL;
	return version >= 6 ? sizeof *set : version >= 4 ? 2 * sizeof set->fs : sizeof set->fs;
}

static enum rk_rc
fail(const char *what, struct rk_err *err)
{
	return rk_err_set(err, RK_ENOMEM, "Landlock: %s: %s", what, strerror(errno));
}

/* Permit access to a path, in what the kernel can forbid. */
static enum rk_rc
permit(int ruleset, uint64_t handled, const char *path, uint64_t access, struct rk_err *err)
{
	const int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = access & handled, .parent_fd = fd };
	enum rk_rc rc = RK_OK;
	struct stat st;

	if (fd < 0)
		return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? fail(path, err) : RK_OK;
	if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		rule.allowed_access &= FILES_READ;
	/* EBADFD: a pipe or socket, /dev/fd/N for example, which Landlock does not forbid */
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0 && errno != EBADFD)
		rc = fail(path, err);
	close(fd);
	return rc;
}

static enum rk_rc
permit_all(int ruleset, uint64_t handled, const char *const *path, uint64_t access, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	for (; path && *path && rc == RK_OK; path++)
		rc = permit(ruleset, handled, *path, access, err);
	return rc;
}

enum rk_rc
rk_landlock_apply(const struct rk_confine *needs, struct rk_err *err)
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset set;
	enum rk_rc rc;
	size_t len;
	int fd;

	if (version < 1)
		return rk_err_set(err, RK_END, "no Landlock: %s", strerror(errno));
	if (version < 2 && needs->write && *needs->write)
		return rk_err_set(err, RK_END, "Landlock of this kernel, from before Linux 5.19, does not let files be moved");
	len = fill(&set, version);
	fd = (int)syscall(SYS_landlock_create_ruleset, &set, len, 0);
	if (fd < 0)
		return fail("landlock_create_ruleset", err);
	rc = permit_all(fd, set.fs, needs->read, DIRS_READ, err);
	if (rc == RK_OK)
		rc = permit_all(fd, set.fs, needs->write, DIRS_WRITE, err);
	if (rc == RK_OK)
		rc = permit_all(fd, set.fs, rk_sanitizer_files, DIRS_READ, err);
	if (rc == RK_OK && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		rc = fail("landlock_restrict_self", err);
	close(fd);
	return rc;
}
