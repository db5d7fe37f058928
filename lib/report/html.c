#include "base/strbuf.h"
#include "report/escape.h"
#include "report/format_internal.h"
#include "report/report_internal.h"

static const char before_title[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" "
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>";

static const char style[] = "<style>\n"
    "body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 80em; padding: 0 1em; "
    "color: #1f2328; background: #fff }\n"
    "h1 { font-size: 1.4em; border-left: .3em solid; padding-left: .6em }\n"
    "h1.error { border-color: #cf222e } h1.warning { border-color: #bf8700 } h1.good { border-color: #1a7f37 }\n"
    "h2, summary { font-size: 1.1em; font-weight: 600; margin: 1.5em 0 .5em }\n"
    "table { border-collapse: collapse; display: block; overflow-x: auto } th, td { border: 1px solid #d0d7de; "
    "padding: .3em .7em; text-align: left; vertical-align: top }\nth { background: #f6f8fa } "
    "code, pre { font: .9em ui-monospace, monospace; overflow-wrap: break-word; white-space: pre-wrap }\n</style>\n";

static void
head(struct rk_format_sheet *sheet)
{
	static const char *const class[] = { "error", "warning", "good" };
	struct rk_strbuf *text = sheet->text;

	rk_strbuf_puts(text, before_title);
	rk_escape_html(text, sheet->title);
	rk_strbuf_printf(text, ": %s</title>\n%s</head>\n<body>\n<h1 class=\"%s\"><code>", sheet->verdict, style,
	    class[rk_summary_level(sheet->report)]);
	rk_escape_html(text, sheet->title);
	rk_strbuf_printf(text, "</code>: %s</h1>\n<p>%s.</p>\n", sheet->verdict, sheet->counts);
}

static void
begin(struct rk_format_sheet *sheet, const struct rk_table *table)
{
	struct rk_strbuf *text = sheet->text;
	size_t i;

	rk_strbuf_printf(text, table->folded ? "<details>\n<summary>%s" : "<h2>%s", table->title);
	if (table->shape != RK_TABLE_LIST)
		rk_strbuf_printf(text, ": %zu", table->n_rows);
	rk_strbuf_puts(text, table->folded ? "</summary>\n" : "</h2>\n");
	if (table->shape != RK_TABLE_CELLS) {
		rk_strbuf_puts(text, table->shape == RK_TABLE_LIST ? "<ul>\n" : "<pre>\n");
		return;
	}
	rk_strbuf_puts(text, "<table>\n<thead><tr>");
	for (i = 0; i < table->n_columns; i++)
		if (rk_format_shows(sheet, table, i))
			rk_strbuf_printf(text, "<th>%s</th>", table->column[i].name);
	rk_strbuf_puts(text, "</tr></thead>\n<tbody>\n");
}

static void
add_cell(struct rk_strbuf *text, const struct rk_table_column *column, const char *cell)
{
	const bool code = !column->prose && *cell;

	rk_strbuf_puts(text, code ? "<code>" : "");
	rk_escape_html(text, cell);
	rk_strbuf_puts(text, code ? "</code>" : "");
}

static bool
row(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[])
{
	const bool cells = table->shape == RK_TABLE_CELLS;
	struct rk_strbuf *text = sheet->text;
	size_t i;

	if (table->shape == RK_TABLE_LINES) {
		rk_escape_html(text, cell[0]);
		rk_strbuf_putc(text, '\n');
		return true;
	}
	rk_strbuf_puts(text, cells ? "<tr>" : "<li>");
	for (i = 0; i < table->n_columns; i++) {
		if (cells && !rk_format_shows(sheet, table, i))
			continue;
		rk_strbuf_puts(text, cells ? "<td>" : i ? ": " : "");
		add_cell(text, &table->column[i], cell[i]);
		rk_strbuf_puts(text, cells ? "</td>" : "");
	}
	rk_strbuf_puts(text, cells ? "</tr>\n" : "</li>\n");
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
	rk_strbuf_puts(sheet->text, "</body>\n</html>\n");
}

const struct rk_format rk_html = { "html", 0, head, begin, row, end, tail };
