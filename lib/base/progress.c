#include <stdio.h>

#include "base/progress_internal.h"
#include "base/clock.h"

#define FIRST_MS 500
#define EVERY_MS 200
#define COLUMNS 79

bool
rk_progress_due(struct rk_progress *progress, bool at_once)
{
	const long now = rk_clock_ms();

	if (!progress->due)
		progress->due = now + FIRST_MS;
	if (!at_once && now < progress->due)
		return false;
	progress->due = now + EVERY_MS;
	return true;
}

void
rk_progress_show(struct rk_progress *progress, char out[RK_PROGRESS_BYTES], const char *prog, const char *what,
    size_t done, size_t all)
{
	char line[COLUMNS + 1];
	int len;

	if (all)
		len = snprintf(line, sizeof line, "%s: %s %zu of %zu", prog, what, done, all);
	else if (done)
		len = snprintf(line, sizeof line, "%s: %s %zu", prog, what, done);
	else
		len = snprintf(line, sizeof line, "%s: %s", prog, what);
	len = len > COLUMNS ? COLUMNS : len;
	snprintf(out, RK_PROGRESS_BYTES, "\r%s%*s", line, progress->shown > len ? progress->shown - len : 0, "");
	progress->shown = progress->shown > len ? progress->shown : len;
}

/* By blanks, which every terminal has. */
void
rk_progress_clear(struct rk_progress *progress, char out[RK_PROGRESS_BYTES])
{
	out[0] = '\0';
	if (progress->shown)
		snprintf(out, RK_PROGRESS_BYTES, "\r%*s\r", progress->shown, "");
	progress->shown = 0;
}
