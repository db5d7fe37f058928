#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "base/io.h"
#include "base/option.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "process/confine.h"
#include "process/file.h"
#include "report/age.h"
#include "report/format.h"
#include "report/link.h"
#include "report/report.h"

enum { FORMAT = 1, LIMIT, TITLE, MARKER, NOW, RENDERED, SERVER, GITOPS };

#define RENDERED_BYTES (1u << 20)

static const struct rk_option options[] = {
	{ FORMAT, "format", "markdown|text|github|slack|html", "the format (default: markdown)" },
	{ LIMIT, "limit", "BYTES", "write at most this many bytes; 0: any number (default: what the destination accepts)" },
	{ TITLE, "title", "TEXT", "the title of the report (default: the service and the ring)" },
	{ MARKER, "marker", "TEXT", "the string in the hidden marker of a comment (default: the service and the ring)" },
	{ RENDERED, "rendered", "FILE", "show the lines of FILE, a rendered difference, as a collapsed section" },
	{ NOW, "now", "TIME", "calculate ages at this time (default: $SOURCE_DATE_EPOCH)" },
	{ GITOPS, "gitops", "OWNER/NAME", "html: link to commits and proposals in this GitOps repository" },
	{ SERVER, "server", "URL", "html: link to pull requests and commits on this server (default: https://github.com)" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

static enum rk_rc
limit_of(const char *value, const struct rk_format *format, size_t *limit, struct rk_err *err)
{
	unsigned long number = rk_format_limit(format);
	enum rk_rc rc = value ? rk_option_number("limit", value, 1ul << 30, &number, err) : RK_OK;

	*limit = number;
	if (rc == RK_OK && number && number < rk_format_least(format))
		rc = rk_err_set(err, RK_EUSAGE, "--limit: expected 0, or at least %zu", rk_format_least(format));
	return rc;
}

/* The time for ages: a given one, so that the same input gives the same report; the clock's for a terminal and a page. */
static enum rk_rc
time_of(const char *value, const char *format, int64_t *now, struct rk_err *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	*now = strcmp(format, "text") == 0 || strcmp(format, "html") == 0 ? (int64_t)time(NULL) : -1;
	if (value)
		return rk_age_time("--now", value, now, err);
	return epoch && *epoch ? rk_age_time("SOURCE_DATE_EPOCH", epoch, now, err) : RK_OK;
}

static enum rk_rc
read_rendered(const char *path, struct rk_strbuf *text, struct rk_err *err)
{
	enum rk_rc rc = rk_file_read(path, RENDERED_BYTES, text, err);

	if (rc == RK_OK && text->len && memchr(text->data, '\0', text->len))
		return rk_err_set(err, RK_EDATA, "%s: a NUL in the rendered difference", path);
	return rc;
}

/* Where links lead; only HTML has any. */
static enum rk_rc
links_of(const char *server, const char *gitops, struct rk_report_options *how, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	how->server = server ? server : RK_LINK_SERVER;
	how->gitops = gitops;
	if (server)
		rc = rk_link_server(server, err);
	return rc == RK_OK && gitops ? rk_link_repository(gitops, err) : rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "ringreport", .options = options, .plain = true,
		.about = "Turn a stream of records into a report." };
	const char *arg[128] = { [FORMAT] = "markdown" };
	struct rk_report_options how = { 0 };
	const struct rk_format *format;
	struct rk_report *report = NULL;
	struct rk_strbuf text = { 0 }, rendered = { 0 };
	struct rk_err err = { 0 };
	size_t limit;
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);

	how.title = arg[TITLE];
	how.marker = arg[MARKER];
	how.board = strcmp(arg[FORMAT], "html") == 0;
	how.colour = rk_io_colour();
	rc = rk_confine(&(struct rk_confine){ .read = (const char *const[]){ arg[RENDERED], NULL } }, &io, &err);
	if (rc == RK_OK && arg[RENDERED])
		rc = read_rendered(arg[RENDERED], &rendered, &err);
	how.rendered = rk_strbuf_str(&rendered);
	if (rc == RK_OK)
		rc = rk_format_find(arg[FORMAT], &format, &err);
	if (rc == RK_OK)
		rc = limit_of(arg[LIMIT], format, &limit, &err);
	if (rc == RK_OK)
		rc = time_of(arg[NOW], arg[FORMAT], &how.now, &err);
	if (rc == RK_OK)
		rc = links_of(arg[SERVER], arg[GITOPS], &how, &err);
	if (rc == RK_OK)
		rc = rk_report_read(&how, &io, &report, &err);
	if (rc == RK_OK)
		rk_format_write(format, report, limit, &text);
	if (rc == RK_OK)
		rc = rk_io_write(&io, rk_strbuf_str(&text), text.len, &err);
	rk_strbuf_free(&text);
	rk_strbuf_free(&rendered);
	rk_report_free(report);
	return rk_record_done(&io, rc, &err);
}
