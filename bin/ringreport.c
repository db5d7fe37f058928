#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "layout.h"
#include "option.h"
#include "record.h"
#include "report.h"

enum { FORMAT = 1, LIMIT, TITLE, MARKER, NOW };

static const struct rk_option options[] = {
	{ FORMAT, "format", "FORMAT", "markdown (the default), text, github, slack or html" },
	{ LIMIT, "limit", "BYTES", "the most bytes that are written, 0 for any number (default: the destination's)" },
	{ TITLE, "title", "TEXT", "what the report is about (default: the service and the ring)" },
	{ MARKER, "marker", "TEXT", "what the hidden marker of a comment says (default: the service and the ring)" },
	{ NOW, "now", "TIME", "tell ages at this time (default: $SOURCE_DATE_EPOCH)" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* The time at which ages are told: a stated one, so that the same input gives the same report. */
static enum rk_rc
now(const char *given, bool terminal, int64_t *seconds, struct rk_err *err)
{
	const char *stated = getenv("SOURCE_DATE_EPOCH");

	*seconds = terminal ? (int64_t)time(NULL) : -1;
	if (given)
		return rk_report_time("--now", given, seconds, err);
	return stated && *stated ? rk_report_time("SOURCE_DATE_EPOCH", stated, seconds, err) : RK_OK;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringreport", .options = options, .plain = true,
		.about = "Make a report of a stream of records, for a person." };
	const char *arg[128] = { [FORMAT] = "markdown" };
	const struct rk_layout *layout;
	struct rk_report report = { 0 };
	struct rk_text text = { 0 };
	struct rk_err err = { 0 };
	unsigned long limit = 0;
	enum rk_rc rc;

	rk_options(&io, argc, argv, arg);

	report.title = arg[TITLE];
	report.marker = arg[MARKER];
	rc = rk_layout_find(arg[FORMAT], &layout, &err);
	if (rc == RK_OK)
		limit = rk_layout_limit(layout);
	if (rc == RK_OK && arg[LIMIT])
		rc = rk_option_number("limit", arg[LIMIT], 1ul << 30, &limit, &err);
	if (rc == RK_OK && limit && limit < RK_LAYOUT_LEAST)
		rc = rk_fail(&err, RK_EUSAGE, "--limit is 0, or %d bytes and more", RK_LAYOUT_LEAST);
	if (rc == RK_OK)
		rc = now(arg[NOW], strcmp(arg[FORMAT], "text") == 0, &report.now, &err);
	if (rc == RK_OK)
		rc = rk_report_read(&report, &io, &err);
	if (rc == RK_OK)
		rc = rk_layout_write(layout, &report, limit, &text, &err);
	if (rc == RK_OK)
		rc = rk_io_write(&io, rk_text_str(&text), text.len, &err);
	rk_text_free(&text);
	rk_report_free(&report);
	return rk_done(&io, rc, &err);
}
