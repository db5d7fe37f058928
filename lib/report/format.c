#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "report/format.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "report/escape.h"
#include "report/report.h"

#define COMMENT_BYTES 65536	/* a comment on GitHub has as many characters: never more bytes, then */
#define SLACK_BYTES 10000	/* about 13,200 characters in all blocks are too long; Slack says no number */
#define SLACK_BLOCKS 50
#define SLACK_SECTION 3000	/* characters of a section's text; bytes here, which are never fewer */
#define WIDEST 40		/* columns in a text are no wider; a longer cell moves its row's others */
#define TAIL 160		/* bytes that are kept for what is said last */

/* What is being written.  A copy of it, and text's length, are all that has to be restored to take a row back. */
struct sheet {
	const struct rk_report *report;
	struct rk_strbuf *text;
	size_t width[RK_REPORT_COLUMNS];	/* text: of the table's columns */
	size_t fence;				/* markdown: backticks around lines */
	size_t blocks, block;			/* slack: blocks begun, bytes in the open one; 0: none is open */
	size_t blocks_kept;			/* slack: for the tables that follow */
};

struct rk_format {
	const char *name;
	size_t limit;
	void (*head)(struct sheet *);
	void (*open)(struct sheet *, const struct rk_report_table *);
	bool (*row)(struct sheet *, const struct rk_report_table *, const char *const cell[]);
	void (*close)(struct sheet *, const struct rk_report_table *, size_t left);
	void (*tail)(struct sheet *, size_t left);
};

static bool
shows(const struct sheet *sheet, const struct rk_report_table *table, size_t column)
{
	return rk_report_shows(sheet->report, table, column);
}

/* The cells of the row that starts at where; what comes after it. */
static const char *
cells(const struct rk_report_table *table, const char *where, const char *cell[RK_REPORT_COLUMNS])
{
	size_t i;

	for (i = 0; i < table->n_columns; i++) {
		cell[i] = where;
		where += strlen(where) + 1;
	}
	return where;
}

static void
left_out(struct rk_strbuf *text, size_t left)
{
	rk_strbuf_printf(text, "%zu more %s not shown.", left, left == 1 ? "is" : "are");
}

static void
left_out_of_all(struct rk_strbuf *text, size_t left)
{
	rk_strbuf_printf(text, "%zu %s of further tables %s not shown.", left, left == 1 ? "row" : "rows",
	    left == 1 ? "is" : "are");
}

static const char *
sign(const struct rk_report *report)
{
	static const char *const of[] = { "\xe2\x9d\x8c", "\xe2\x9a\xa0\xef\xb8\x8f", "\xe2\x9c\x85" };

	return of[rk_report_level(report)];
}

/* Markdown */

static void
markdown_head(struct sheet *sheet)
{
	struct rk_strbuf title = { 0 };

	rk_report_marker(sheet->report, sheet->text);
	rk_report_title(sheet->report, &title);
	rk_strbuf_printf(sheet->text, "\n### %s ", sign(sheet->report));
	rk_escape_code(sheet->text, rk_strbuf_str(&title), title.len);
	rk_strbuf_printf(sheet->text, ": %s\n\n", rk_report_verdict(sheet->report));
	rk_report_counts(sheet->report, sheet->text);
	rk_strbuf_puts(sheet->text, ".\n");
	sheet->text->failed |= title.failed;
	rk_strbuf_free(&title);
}

static size_t
longest_fence(const struct rk_report_table *table)
{
	size_t most = 2, run = 0, i;

	for (i = 0; i < table->cells.len; i++) {
		run = table->cells.data[i] == '`' ? run + 1 : 0;
		if (run > most)
			most = run;
	}
	return most + 1;
}

static void
markdown_open(struct sheet *sheet, const struct rk_report_table *table)
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	if (table->folded)
		rk_strbuf_printf(text, "\n<details>\n<summary>%s: %zu</summary>\n\n", table->title, table->n_rows);
	else if (table->shape == RK_REPORT_LIST)
		rk_strbuf_printf(text, "\n**%s**\n\n", table->title);
	else
		rk_strbuf_printf(text, "\n**%s: %zu**\n\n", table->title, table->n_rows);
	if (table->shape == RK_REPORT_LINES) {
		sheet->fence = longest_fence(table);
		rk_strbuf_fill(text, '`', sheet->fence);
		rk_strbuf_puts(text, "text\n");
	}
	if (table->shape != RK_REPORT_TABLE)
		return;
	for (i = 0; i < table->n_columns; i++)
		if (shows(sheet, table, i))
			rk_strbuf_printf(text, "| %s ", table->column[i].name);
	rk_strbuf_puts(text, "|\n");
	for (i = 0; i < table->n_columns; i++)
		if (shows(sheet, table, i))
			rk_strbuf_puts(text, "| --- ");
	rk_strbuf_puts(text, "|\n");
}

static void
markdown_cell(struct rk_strbuf *text, const struct rk_report_column *column, const char *cell)
{
	if (column->prose)
		rk_escape_prose(text, cell);
	else
		rk_escape_code(text, cell, strlen(cell));
}

static bool
markdown_row(struct sheet *sheet, const struct rk_report_table *table, const char *const cell[])
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	if (table->shape == RK_REPORT_LINES) {
		rk_strbuf_printf(text, "%s\n", cell[0]);
		return true;
	}
	if (table->shape == RK_REPORT_LIST) {
		rk_strbuf_puts(text, "- ");
		markdown_cell(text, &table->column[0], cell[0]);
		rk_strbuf_puts(text, ": ");
		markdown_cell(text, &table->column[1], cell[1]);
		rk_strbuf_putc(text, '\n');
		return true;
	}
	for (i = 0; i < table->n_columns; i++) {
		if (!shows(sheet, table, i))
			continue;
		rk_strbuf_puts(text, "| ");
		markdown_cell(text, &table->column[i], cell[i]);
		rk_strbuf_puts(text, *cell[i] ? " " : "");
	}
	rk_strbuf_puts(text, "|\n");
	return true;
}

static void
markdown_close(struct sheet *sheet, const struct rk_report_table *table, size_t left)
{
	if (table->shape == RK_REPORT_LINES) {
		rk_strbuf_fill(sheet->text, '`', sheet->fence);
		rk_strbuf_putc(sheet->text, '\n');
	}
	if (left) {
		rk_strbuf_putc(sheet->text, '\n');
		left_out(sheet->text, left);
		rk_strbuf_putc(sheet->text, '\n');
	}
	if (table->folded)
		rk_strbuf_puts(sheet->text, "\n</details>\n");
}

static void
markdown_tail(struct sheet *sheet, size_t left)
{
	if (!left)
		return;
	rk_strbuf_putc(sheet->text, '\n');
	left_out_of_all(sheet->text, left);
	rk_strbuf_putc(sheet->text, '\n');
}

/* Text */

/* Text that a runner of GitHub's does not take for a command, wherever in a line it stands. */
static void
text_cell(struct rk_strbuf *text, const char *cell)
{
	for (; *cell; cell++) {
		rk_strbuf_putc(text, *cell);
		if (cell[0] == '#' && cell[1] == '#' && cell[2] == '[') {
			rk_strbuf_puts(text, "#\\[");
			cell += 2;
		}
	}
}

static size_t
width_of(const char *cell)
{
	size_t n = 0;

	for (; *cell; cell++)
		n += ((unsigned char)*cell & 0xc0) != 0x80;
	return n;
}

static void
text_head(struct sheet *sheet)
{
	struct rk_strbuf title = { 0 };

	rk_report_title(sheet->report, &title);
	rk_strbuf_puts(sheet->text, "ringkit: ");
	text_cell(sheet->text, rk_strbuf_str(&title));
	rk_strbuf_printf(sheet->text, ": %s (", rk_report_verdict(sheet->report));
	rk_report_counts(sheet->report, sheet->text);
	rk_strbuf_puts(sheet->text, ")\n");
	sheet->text->failed |= title.failed;
	rk_strbuf_free(&title);
}

/* Each row begins with lead, which is ours: what begins with "::" is a command to that runner. */
static void
text_line(struct sheet *sheet, const struct rk_report_table *table, const char *lead, const char *const cell[])
{
	size_t i, n, gap = 0;

	rk_strbuf_puts(sheet->text, lead);
	for (i = 0; i < table->n_columns; i++) {
		if (table->shape == RK_REPORT_TABLE && !shows(sheet, table, i))
			continue;
		n = width_of(cell[i]);
		if (n) {
			rk_strbuf_fill(sheet->text, ' ', gap + 1);
			text_cell(sheet->text, cell[i]);
			gap = 0;
		} else
			gap++;
		gap += n < sheet->width[i] ? sheet->width[i] - n + 1 : 1;
	}
	rk_strbuf_putc(sheet->text, '\n');
}

static bool
text_row(struct sheet *sheet, const struct rk_report_table *table, const char *const cell[])
{
	text_line(sheet, table, table->shape == RK_REPORT_LINES ? "  |" : "  -", cell);
	return true;
}

static void
text_open(struct sheet *sheet, const struct rk_report_table *table)
{
	const char *cell[RK_REPORT_COLUMNS], *where = table->cells.data;
	const bool headed = table->shape == RK_REPORT_TABLE;
	size_t i, n, row;

	for (i = 0; i < table->n_columns; i++)
		sheet->width[i] = headed ? strlen(table->column[i].name) : 0;
	for (row = 0; row < table->n_rows; row++) {
		where = cells(table, where, cell);
		for (i = 0; i < table->n_columns; i++) {
			n = width_of(cell[i]);
			n = n > WIDEST ? WIDEST : n;
			sheet->width[i] = n > sheet->width[i] ? n : sheet->width[i];
		}
	}
	rk_strbuf_printf(sheet->text, "\n%s%s", table->title, table->shape == RK_REPORT_LIST ? "" : ": ");
	if (table->shape != RK_REPORT_LIST)
		rk_strbuf_printf(sheet->text, "%zu", table->n_rows);
	rk_strbuf_putc(sheet->text, '\n');
	if (!headed)
		return;
	for (i = 0; i < table->n_columns; i++)
		cell[i] = table->column[i].name;
	text_line(sheet, table, "   ", cell);
}

static void
text_close(struct sheet *sheet, const struct rk_report_table *table, size_t left)
{
	(void)table;
	if (!left)
		return;
	rk_strbuf_puts(sheet->text, "  ");
	left_out(sheet->text, left);
	rk_strbuf_putc(sheet->text, '\n');
}

static void
text_tail(struct sheet *sheet, size_t left)
{
	markdown_tail(sheet, left);
}

/* HTML */

static void
html_head(struct sheet *sheet)
{
	static const char *const class[] = { "error", "warning", "good" };
	struct rk_strbuf title = { 0 }, *text = sheet->text;

	rk_report_title(sheet->report, &title);
	rk_strbuf_puts(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>");
	rk_escape_html(text, rk_strbuf_str(&title));
	rk_strbuf_printf(text, ": %s</title>\n<style>\n"
	    "body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 80em; padding: 0 1em; "
	    "color: #1f2328; background: #fff }\n"
	    "h1 { font-size: 1.4em; border-left: .3em solid; padding-left: .6em }\n"
	    "h1.error { border-color: #cf222e } h1.warning { border-color: #bf8700 } h1.good { border-color: #1a7f37 }\n"
	    "h2, summary { font-size: 1.1em; font-weight: 600; margin: 1.5em 0 .5em }\n"
	    "table { border-collapse: collapse; display: block; overflow-x: auto } th, td { border: 1px solid #d0d7de; "
	    "padding: .3em .7em; text-align: left; vertical-align: top }\nth { background: #f6f8fa } "
	    "code, pre { font: .9em ui-monospace, monospace; overflow-wrap: break-word; white-space: pre-wrap }\n</style>\n</head>\n<body>\n<h1 class=\"%s\"><code>",
	    rk_report_verdict(sheet->report), class[rk_report_level(sheet->report)]);
	rk_escape_html(text, rk_strbuf_str(&title));
	rk_strbuf_printf(text, "</code>: %s</h1>\n<p>", rk_report_verdict(sheet->report));
	rk_report_counts(sheet->report, text);
	rk_strbuf_puts(text, ".</p>\n");
	text->failed |= title.failed;
	rk_strbuf_free(&title);
}

static void
html_open(struct sheet *sheet, const struct rk_report_table *table)
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	rk_strbuf_printf(text, table->folded ? "<details>\n<summary>%s" : "<h2>%s", table->title);
	if (table->shape != RK_REPORT_LIST)
		rk_strbuf_printf(text, ": %zu", table->n_rows);
	rk_strbuf_puts(text, table->folded ? "</summary>\n" : "</h2>\n");
	if (table->shape != RK_REPORT_TABLE) {
		rk_strbuf_puts(text, table->shape == RK_REPORT_LIST ? "<ul>\n" : "<pre>\n");
		return;
	}
	rk_strbuf_puts(text, "<table>\n<thead><tr>");
	for (i = 0; i < table->n_columns; i++)
		if (shows(sheet, table, i))
			rk_strbuf_printf(text, "<th>%s</th>", table->column[i].name);
	rk_strbuf_puts(text, "</tr></thead>\n<tbody>\n");
}

static void
html_cell(struct rk_strbuf *text, const struct rk_report_column *column, const char *cell)
{
	const bool code = !column->prose && *cell;

	rk_strbuf_puts(text, code ? "<code>" : "");
	rk_escape_html(text, cell);
	rk_strbuf_puts(text, code ? "</code>" : "");
}

static bool
html_row(struct sheet *sheet, const struct rk_report_table *table, const char *const cell[])
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	if (table->shape == RK_REPORT_LINES) {
		rk_escape_html(text, cell[0]);
		rk_strbuf_putc(text, '\n');
		return true;
	}
	rk_strbuf_puts(text, table->shape == RK_REPORT_LIST ? "<li>" : "<tr>");
	for (i = 0; i < table->n_columns; i++) {
		if (table->shape == RK_REPORT_TABLE && !shows(sheet, table, i))
			continue;
		rk_strbuf_puts(text, table->shape == RK_REPORT_TABLE ? "<td>" : i ? ": " : "");
		html_cell(text, &table->column[i], cell[i]);
		rk_strbuf_puts(text, table->shape == RK_REPORT_TABLE ? "</td>" : "");
	}
	rk_strbuf_puts(text, table->shape == RK_REPORT_LIST ? "</li>\n" : "</tr>\n");
	return true;
}

static void
html_close(struct sheet *sheet, const struct rk_report_table *table, size_t left)
{
	static const char *const end[] = { "</tbody>\n</table>\n", "</ul>\n", "</pre>\n" };

	rk_strbuf_puts(sheet->text, end[table->shape]);
	if (left) {
		rk_strbuf_puts(sheet->text, "<p>");
		left_out(sheet->text, left);
		rk_strbuf_puts(sheet->text, "</p>\n");
	}
	rk_strbuf_puts(sheet->text, table->folded ? "</details>\n" : "");
}

static void
html_tail(struct sheet *sheet, size_t left)
{
	if (left) {
		rk_strbuf_puts(sheet->text, "<p>");
		left_out_of_all(sheet->text, left);
		rk_strbuf_puts(sheet->text, "</p>\n");
	}
	rk_strbuf_puts(sheet->text, "</body>\n</html>\n");
}

/* Slack: JSON is written as it goes, so that a row can be taken back. */

/* What stands in a JSON string (RFC 8259, 7). */
static void
json_text(struct rk_strbuf *text, const char *s)
{
	for (; *s; s++)
		if (*s == '\n')
			rk_strbuf_puts(text, "\\n");
		else {
			if (*s == '"' || *s == '\\')
				rk_strbuf_putc(text, '\\');
			rk_strbuf_putc(text, *s);
		}
}

static void
slack_text(struct rk_strbuf *text, const char *s)
{
	struct rk_strbuf escaped = { 0 };

	rk_escape_slack(&escaped, s);
	json_text(text, rk_strbuf_str(&escaped));
	text->failed |= escaped.failed;
	rk_strbuf_free(&escaped);
}

static void
slack_end(struct sheet *sheet)
{
	if (sheet->block)
		rk_strbuf_puts(sheet->text, "\"}}");
	sheet->block = 0;
}

static void
slack_begin(struct sheet *sheet, const char *kind)
{
	slack_end(sheet);
	rk_strbuf_printf(sheet->text, ",\n{\"type\":\"section\",\"text\":{\"type\":\"%s\",%s\"text\":\"", kind,
	    *kind == 'p' ? "\"emoji\":false," : "");
	sheet->blocks++;
	sheet->block = 1;
}

static void
slack_head(struct sheet *sheet)
{
	struct rk_strbuf title = { 0 }, line = { 0 };

	rk_report_title(sheet->report, &title);
	rk_strbuf_puts(sheet->text, "{\"text\":\"");
	slack_text(sheet->text, rk_strbuf_str(&title));
	rk_strbuf_printf(&line, ": %s (", rk_report_verdict(sheet->report));
	rk_report_counts(sheet->report, &line);
	rk_strbuf_putc(&line, ')');
	json_text(sheet->text, rk_strbuf_str(&line));
	rk_strbuf_puts(sheet->text, "\",\"blocks\":[\n{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"emoji\":false,"
	    "\"text\":\"");
	rk_strbuf_clear(&line);
	rk_strbuf_printf(&line, "%s ringkit: %s", sign(sheet->report), rk_report_verdict(sheet->report));
	json_text(sheet->text, rk_strbuf_str(&line));
	rk_strbuf_puts(sheet->text, "\"}}");
	sheet->blocks = 1;
	slack_begin(sheet, "plain_text");
	slack_text(sheet->text, rk_strbuf_str(&title));
	rk_strbuf_clear(&line);
	rk_strbuf_puts(&line, ": ");
	rk_report_counts(sheet->report, &line);
	json_text(sheet->text, rk_strbuf_str(&line));
	slack_end(sheet);
	sheet->text->failed |= title.failed | line.failed;
	rk_strbuf_free(&title);
	rk_strbuf_free(&line);
}

static void
slack_open(struct sheet *sheet, const struct rk_report_table *table)
{
	slack_begin(sheet, "mrkdwn");
	rk_strbuf_printf(sheet->text, "*%s*", table->title);
	if (table->shape != RK_REPORT_LIST)
		rk_strbuf_printf(sheet->text, ": %zu", table->n_rows);
	slack_end(sheet);
}

static bool
slack_row(struct sheet *sheet, const struct rk_report_table *table, const char *const cell[])
{
	struct rk_strbuf line = { 0 }, escaped = { 0 };
	size_t i, n = 0;

	rk_strbuf_puts(&line, table->shape == RK_REPORT_LINES ? "" : "\xe2\x80\xa2 ");
	for (i = 0; i < table->n_columns; i++)
		if (*cell[i] && (table->shape != RK_REPORT_TABLE || shows(sheet, table, i)))
			rk_strbuf_printf(&line, "%s%s", n++ ? " \xc2\xb7 " : "", cell[i]);
	rk_escape_slack(&escaped, rk_strbuf_str(&line));
	if (escaped.len > SLACK_SECTION - 2) {	/* seven cells of a thousand characters each */
		rk_strbuf_clear(&escaped);
		rk_strbuf_printf(&escaped, "\xe2\x80\xa2 (a row of %zu bytes)", line.len);
	}
	if (sheet->block && sheet->block + escaped.len + 1 > SLACK_SECTION)
		slack_end(sheet);
	if (!sheet->block && sheet->blocks + sheet->blocks_kept + 1 < SLACK_BLOCKS)
		slack_begin(sheet, "plain_text");
	else if (sheet->block)
		rk_strbuf_puts(sheet->text, "\\n");
	n = sheet->block;
	if (n) {
		json_text(sheet->text, rk_strbuf_str(&escaped));
		sheet->block += escaped.len + 1;
	}
	sheet->text->failed |= line.failed | escaped.failed;
	rk_strbuf_free(&line);
	rk_strbuf_free(&escaped);
	return n;
}

static void
slack_close(struct sheet *sheet, const struct rk_report_table *table, size_t left)
{
	(void)table;
	slack_end(sheet);
	if (!left)
		return;
	slack_begin(sheet, "mrkdwn");
	left_out(sheet->text, left);
	slack_end(sheet);
}

static void
slack_tail(struct sheet *sheet, size_t left)
{
	if (left) {
		slack_begin(sheet, "mrkdwn");
		left_out_of_all(sheet->text, left);
		slack_end(sheet);
	}
	rk_strbuf_puts(sheet->text, "\n]}\n");
}

/* GitHub's workflow commands: the annotations take the place of the tables. */

static void
command(struct rk_strbuf *text, enum rk_report_level level, const char *const cell[4])
{
	static const char *const name[] = { "error", "warning", "notice" };
	static const char *const property[] = { "title", "file", "line" };
	size_t i, n = 0;

	rk_strbuf_printf(text, "::%s", name[level]);
	for (i = 0; i < 3; i++)
		if (*cell[i]) {
			rk_strbuf_printf(text, "%s%s=", n++ ? "," : " ", property[i]);
			rk_escape_command(text, cell[i], true);
		}
	rk_strbuf_puts(text, "::");
	rk_escape_command(text, cell[3], false);
	rk_strbuf_putc(text, '\n');
}

static void
github_head(struct sheet *sheet)
{
	const struct rk_report *report = sheet->report;
	struct rk_strbuf line = { 0 }, title = { 0 };
	const char *cell[RK_REPORT_COLUMNS], *where;
	size_t level, i, n;

	for (level = 0; level < RK_REPORT_NOTICE; level++) {
		where = report->note[level].cells.data;
		n = report->note[level].n_rows;
		if (report->n_notes[level] > n)
			n--;	/* its place is the count's */
		for (i = 0; i < n; i++) {
			where = cells(&report->note[level], where, cell);
			command(sheet->text, level, cell);
		}
		if (report->n_notes[level] > n) {
			rk_strbuf_clear(&line);
			left_out(&line, report->n_notes[level] - n);
			command(sheet->text, level, (const char *[]){ "", "", "", rk_strbuf_str(&line) });
		}
	}
	rk_report_title(report, &title);
	rk_strbuf_clear(&line);
	rk_strbuf_printf(&line, "%s: ", rk_report_verdict(report));
	rk_report_counts(report, &line);
	command(sheet->text, RK_REPORT_NOTICE, (const char *[]){ rk_strbuf_str(&title), "", "", rk_strbuf_str(&line) });
	sheet->text->failed |= title.failed | line.failed;
	rk_strbuf_free(&line);
	rk_strbuf_free(&title);
}

static const struct rk_format layouts[] = {
	{ "markdown", COMMENT_BYTES, markdown_head, markdown_open, markdown_row, markdown_close, markdown_tail },
	{ "text", 0, text_head, text_open, text_row, text_close, text_tail },
	{ "github", 0, github_head, NULL, NULL, NULL, NULL },
	{ "slack", SLACK_BYTES, slack_head, slack_open, slack_row, slack_close, slack_tail },
	{ "html", 0, html_head, html_open, html_row, html_close, html_tail },
};

enum rk_rc
rk_format_find(const char *name, const struct rk_format **layout, struct rk_err *err)
{
	size_t i;

	*layout = NULL;
	for (i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (strcmp(name, layouts[i].name) == 0)
			*layout = &layouts[i];
	return *layout ? RK_OK : rk_err_set(err, RK_EUSAGE, "--format is markdown, text, github, slack or html, not \"%s\"",
	    name);
}

size_t
rk_format_limit(const struct rk_format *layout)
{
	return layout->limit;
}

/* What a table costs without a row, in bytes and, of which, its end; and in Slack's blocks. */
struct frame {
	size_t bytes, end, blocks;
};

static struct frame
frame_of(const struct rk_format *layout, const struct sheet *sheet, const struct rk_report_table *table, bool *failed)
{
	struct rk_strbuf text = { 0 };
	struct sheet scratch = *sheet;
	struct frame frame = { 0 };

	scratch.text = &text;
	layout->open(&scratch, table);
	scratch.block = 1;	/* the row before the end may have left one open */
	frame.end = text.len;
	layout->close(&scratch, table, table->n_rows);
	frame.bytes = text.len;
	frame.end = frame.bytes - frame.end;
	frame.blocks = scratch.blocks - sheet->blocks;
	*failed |= text.failed;
	rk_strbuf_free(&text);
	return frame;
}

/* Write rows as long as they and the table's end have room up to most; how many there are. */
static size_t
rows(const struct rk_format *layout, struct sheet *sheet, const struct rk_report_table *table, size_t most)
{
	const char *cell[RK_REPORT_COLUMNS], *where = table->cells.data;
	struct rk_strbuf *text = sheet->text;
	struct sheet before;
	size_t row, len;

	for (row = 0; row < table->n_rows; row++) {
		before = *sheet;
		len = text->len;
		where = cells(table, where, cell);
		if (layout->row(sheet, table, cell) && text->len <= most)
			continue;
		*sheet = before;
		text->len = len;
		text->data[len] = '\0';
		break;
	}
	return row;
}

enum rk_rc
rk_format_write(const struct rk_format *layout, const struct rk_report *report, size_t limit, struct rk_strbuf *text,
    struct rk_err *err)
{
	struct rk_strbuf out = { 0 };
	struct sheet sheet = { .report = report, .text = &out };
	struct frame frame[RK_REPORT_TABLES] = { 0 };
	size_t kept = TAIL, shown, left = 0, i, most = limit ? limit : SIZE_MAX / 2;
	const struct rk_report_table *table;
	enum rk_rc rc;

	layout->head(&sheet);
	for (i = 0; layout->open && i < RK_REPORT_TABLES; i++)
		if (report->table[i].n_rows) {
			frame[i] = frame_of(layout, &sheet, &report->table[i], &out.failed);
			kept += frame[i].bytes;
			sheet.blocks_kept += frame[i].blocks;
		}
	for (i = 0; layout->open && i < RK_REPORT_TABLES; i++) {
		table = &report->table[i];
		if (!table->n_rows || out.failed)
			continue;
		kept -= frame[i].bytes;
		sheet.blocks_kept -= frame[i].blocks - 1;	/* one for what was left out */
		if (out.len + frame[i].bytes + kept > most) {
			left += table->n_rows;
			continue;
		}
		layout->open(&sheet, table);
		shown = rows(layout, &sheet, table, most - kept - frame[i].end);
		sheet.blocks_kept--;
		layout->close(&sheet, table, table->n_rows - shown);
	}
	if (layout->tail)
		layout->tail(&sheet, left);
	rk_strbuf_add(text, rk_strbuf_str(&out), out.len);
	rc = out.failed ? rk_err_nomem(err) : rk_strbuf_check(text, err);
	rk_strbuf_free(&out);
	return rc;
}
