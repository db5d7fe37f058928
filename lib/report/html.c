#include <string.h>

#include "base/strbuf.h"
#include "report/age.h"
#include "report/escape.h"
#include "report/format_internal.h"
#include "report/html_internal.h"
#include "report/link.h"
#include "report/report_internal.h"

#define LEAST 32768	/* bytes, of which the style and the script take half */

void
rk_html_element(struct rk_strbuf *text, const char *tag, const char *class, const char *content)
{
	rk_strbuf_printf(text, "<%s class=\"%s\">", tag, class);
	rk_escape_html(text, content);
	rk_strbuf_printf(text, "</%s>", tag);
}

void
rk_html_link(struct rk_strbuf *text, const struct rk_strbuf *url, const char *content)
{
	if (url->len) {
		rk_strbuf_puts(text, "<a rel=\"noreferrer\" href=\"");
		rk_escape_html(text, url->data);
		rk_strbuf_puts(text, "\">");
	} else
		rk_strbuf_puts(text, "<span class=\"sub\">");
	rk_escape_html(text, content);
	rk_strbuf_puts(text, url->len ? "</a>" : "</span>");
}

/* Permit the style and the script of this page, and nothing else. */
static void
add_policy(struct rk_strbuf *text, bool script)
{
	rk_strbuf_puts(text, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ");
	rk_html_page_hash(text, rk_html_style);
	if (script) {
		rk_strbuf_puts(text, "; script-src ");
		rk_html_page_hash(text, rk_html_script);
	}
	rk_strbuf_puts(text, "; base-uri 'none'; form-action 'none'\">\n");
}

static void
head(struct rk_format_sheet *sheet)
{
	static const char *const class[] = { "error", "warning", "good" };
	const struct rk_report *report = sheet->report;
	struct rk_strbuf *text = sheet->text, when = { 0 };

	rk_strbuf_puts(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	add_policy(text, report->table[RK_TABLE_BOARD].n_rows != 0);
	rk_strbuf_puts(text, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	rk_escape_html(text, sheet->title);
	rk_strbuf_printf(text, ": %s</title>\n<style>%s</style>\n</head>\n<body>\n<header class=\"%s\">\n<h1><code>", sheet->verdict,
	    rk_html_style, class[rk_summary_level(report)]);
	rk_escape_html(text, sheet->title);
	rk_strbuf_printf(text, "</code>: <span class=\"verdict\">%s</span></h1>\n<p>%s.", sheet->verdict, sheet->counts);
	if (report->options.now >= 0) {
		rk_age_print(&when, report->options.now);
		rk_strbuf_printf(text, " Generated <time datetime=\"%s\">%.10s %.5s</time> UTC.", when.data, when.data, when.data + 11);
		rk_strbuf_free(&when);
	}
	rk_strbuf_puts(text, "</p>\n</header>\n<main>\n");
}

static bool
is_board(const struct rk_format_sheet *sheet, const struct rk_table *table)
{
	return table == &sheet->report->table[RK_TABLE_BOARD];
}

/* Append a table's heading with an id, by which the table is named. */
static void
begin(struct rk_format_sheet *sheet, const struct rk_table *table)
{
	static const char *const tags[] = { NULL, "<ul>\n", "<pre>\n" };
	const size_t number = (size_t)(table - sheet->report->table);
	struct rk_strbuf *text = sheet->text;
	size_t i;

	rk_strbuf_printf(text, table->folded ? "<details>\n<summary id=\"t%zu\">%s" : "<h2 id=\"t%zu\">%s", number, table->title);
	if (table->shape != RK_TABLE_LIST)
		rk_strbuf_printf(text, "<span class=\"count\">: %zu</span>", table->n_rows);
	rk_strbuf_puts(text, table->folded ? "</summary>\n" : "</h2>\n");
	if (is_board(sheet, table)) {
		rk_html_board_begin(sheet, table);
		return;
	}
	if (table->shape != RK_TABLE_CELLS) {
		rk_strbuf_puts(text, tags[table->shape]);
		return;
	}
	rk_strbuf_printf(text, "<table aria-labelledby=\"t%zu\">\n<thead><tr>", number);
	for (i = 0; i < table->n_columns; i++)
		if (rk_format_shows(sheet, table, i))
			rk_strbuf_printf(text, "<th scope=\"col\">%s</th>", table->column[i].name);
	rk_strbuf_puts(text, "</tr></thead>\n<tbody>\n");
}

/* Append the URL of what a cell names, if it is known. */
static void
add_url(struct rk_strbuf *url, const struct rk_format_sheet *sheet, const struct rk_table *table, const char *name, const char *cell)
{
	const struct rk_report *report = sheet->report;
	const struct rk_report_options *options = &report->options;

	if (strcmp(name, "Pull request") == 0)
		rk_link_pull_request(url, options->server, cell);
	else if (strcmp(name, "GitOps commit") == 0)
		rk_link_gitops_commit(url, options->server, options->gitops, cell);
	else if (strcmp(name, "Branch") == 0 && (report->proposes || table == &report->table[RK_TABLE_PROPOSALS]))
		rk_link_branch_proposal(url, options->server, options->gitops, cell);
}

/* Append a cell; name is that of the column or, in a list, of the row. */
static void
add_cell(struct rk_format_sheet *sheet, const struct rk_table *table, const struct rk_table_column *column, const char *name,
    const char *cell)
{
	const bool code = !column->prose && *cell;
	struct rk_strbuf *text = sheet->text, url = { 0 };

	add_url(&url, sheet, table, name, cell);
	if (url.len)
		rk_html_link(text, &url, cell);
	else {
		rk_strbuf_puts(text, code ? "<code>" : "");
		rk_escape_html(text, cell);
		rk_strbuf_puts(text, code ? "</code>" : "");
	}
	rk_strbuf_free(&url);
}

static bool
row(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[])
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	if (is_board(sheet, table)) {
		rk_html_board_row(sheet, table, cell);
		return true;
	}
	if (table->shape == RK_TABLE_LINES) {
		rk_escape_html(text, cell[0]);
		rk_strbuf_putc(text, '\n');
		return true;
	}
	rk_strbuf_puts(text, table->shape == RK_TABLE_LIST ? "<li>" : "<tr>");
	for (i = 0; i < table->n_columns; i++) {
		if (table->shape == RK_TABLE_LIST) {
			rk_strbuf_puts(text, i ? ": " : "");
			add_cell(sheet, table, &table->column[i], i ? cell[0] : "", cell[i]);
		} else if (rk_format_shows(sheet, table, i)) {
			rk_strbuf_printf(text, "<td data-label=\"%s\"><div>", table->column[i].name);
			add_cell(sheet, table, &table->column[i], table->column[i].name, cell[i]);
			rk_strbuf_puts(text, "</div></td>");
		}
	}
	rk_strbuf_puts(text, table->shape == RK_TABLE_LIST ? "</li>\n" : "</tr>\n");
	return true;
}

static void
end(struct rk_format_sheet *sheet, const struct rk_table *table, size_t left)
{
	static const char *const tags[] = { "</tbody>\n</table>\n", "</ul>\n", "</pre>\n" };

	rk_strbuf_puts(sheet->text, tags[table->shape]);
	rk_format_left(sheet, "<p>", left, "</p>\n");
	rk_strbuf_puts(sheet->text, table->folded ? "</details>\n" : "");
}

static void
tail(struct rk_format_sheet *sheet, size_t left)
{
	rk_format_left_of_all(sheet, "<p>", left, "</p>\n");
	rk_strbuf_puts(sheet->text, "</main>\n");
	if (sheet->report->table[RK_TABLE_BOARD].n_rows)
		rk_strbuf_printf(sheet->text, "<script>%s</script>\n", rk_html_script);
	rk_strbuf_puts(sheet->text, "</body>\n</html>\n");
}

const struct rk_format rk_html = { "html", 0, LEAST, head, begin, row, end, tail };
