#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "report/format.h"
#include "report/report.h"

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
	const struct rk_format *layout;
	struct rk_report report = { 0 };
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	unsigned long limit = 0;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	report.title = arg[TITLE];
	report.marker = arg[MARKER];
	rc = rk_format_find(arg[FORMAT], &layout, &err);
	if (rc == RK_OK)
		limit = rk_format_limit(layout);
	if (rc == RK_OK && arg[LIMIT])
		rc = rk_option_number("limit", arg[LIMIT], 1ul << 30, &limit, &err);
	if (rc == RK_OK && limit && limit < RK_FORMAT_LEAST)
		rc = rk_err_set(&err, RK_EUSAGE, "--limit is 0, or %d bytes and more", RK_FORMAT_LEAST);
	if (rc == RK_OK)
		rc = now(arg[NOW], strcmp(arg[FORMAT], "text") == 0, &report.now, &err);
	if (rc == RK_OK)
		rc = rk_report_read(&report, &io, &err);
	if (rc == RK_OK)
		rc = rk_format_write(layout, &report, limit, &text, &err);
	if (rc == RK_OK)
		rc = rk_io_write(&io, rk_strbuf_str(&text), text.len, &err);
	rk_strbuf_free(&text);
	rk_report_free(&report);
	return rk_record_done(&io, rc, &err);
}
