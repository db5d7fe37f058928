#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "process/confine.h"
#include "base/err.h"
#include "base/io.h"
#include "base/memory.h"
#include "base/option.h"
#include "process/landlock.h"
#include "process/seccomp.h"

/* Let libraries read now what they would read later: the local time zone, and the seed that keeps hashes unpredictable. */
static void
prepare_libraries(void)
{
	tzset();
	json_object_seed(0);
}

/* Report that the kernel does not have something; the filter goes on without it. */
static enum rk_rc
without(struct rk_io *io, const struct rk_err *why)
{
	rk_io_note(io, "not fully confined: %s", why->msg);
	return RK_OK;
}

enum rk_rc
rk_confine(const struct rk_confine *needs, struct rk_io *io, struct rk_err *err)
{
	const char *value = getenv("RINGKIT_SANDBOX");
	struct rk_err why = { 0 };
	enum rk_rc rc = RK_OK;

	if (value && strcmp(value, "off") == 0) {
		rk_io_note(io, "not confined: RINGKIT_SANDBOX=off");
		return RK_OK;
	}
	if (value && *value)
		return rk_err_set(err, RK_EUSAGE, "RINGKIT_SANDBOX: expected \"off\", got \"%s\"", value);
	prepare_libraries();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		rk_err_set(&why, RK_END, "no_new_privs: %s", strerror(errno));
		return without(io, &why);
	}
	if (!needs->programs)
		rc = rk_landlock_apply(needs, &why);
	if (rc == RK_END)
		rc = without(io, &why);
	if (rc == RK_OK)
		rc = rk_seccomp_apply(needs, &why);
	if (rc == RK_END)
		rc = without(io, &why);
	return rc == RK_OK ? RK_OK : rk_err_set(err, rc, "cannot confine the filter: %s (RINGKIT_SANDBOX=off runs it unconfined)",
	    why.msg);
}

enum rk_rc
rk_confine_files(struct rk_io *io, char letter, const char *file, struct rk_err *err)
{
	const char **files = rk_memory_calloc(io->n_given + 2, sizeof *files);
	size_t i, n = 0;
	enum rk_rc rc;

	files[n++] = file;
	for (i = 0; i < io->n_given; i++)
		if (io->given[i].letter == letter)
			files[n++] = io->given[i].value;
	rc = rk_confine(&(struct rk_confine){ .read = files }, io, err);
	free(files);
	return rc;
}
