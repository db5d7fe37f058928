#include "base/strbuf.h"
#include "report/escape.h"
#include "report/format_internal.h"
#include "report/report_internal.h"

#define MESSAGE_BYTES 10000	/* Slack refuses about 13,200 characters in all blocks, and documents no limit */
#define BLOCKS 50
#define SECTION_BYTES 3000	/* Slack counts characters, which are no more than bytes */

/* Append s as part of a JSON string (RFC 8259, section 7).  JSON is written piece by piece, so that rows can be taken back. */
static void
add_json(struct rk_strbuf *text, const char *s)
{
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			rk_strbuf_putc(text, '\\');
		rk_strbuf_putc(text, *s);
	}
}

static void
add(struct rk_strbuf *text, const char *s)
{
	struct rk_strbuf escaped = { 0 };

	rk_escape_slack(&escaped, s);
	add_json(text, rk_strbuf_str(&escaped));
	rk_strbuf_free(&escaped);
}

static void
end_block(struct rk_format_sheet *sheet)
{
	if (sheet->block)
		rk_strbuf_puts(sheet->text, "\"}}");
	sheet->block = 0;
}

static void
begin_block(struct rk_format_sheet *sheet, const char *kind)
{
	end_block(sheet);
	rk_strbuf_printf(sheet->text, ",\n{\"type\":\"section\",\"text\":{\"type\":\"%s\",%s\"text\":\"", kind,
	    *kind == 'p' ? "\"emoji\":false," : "");
	sheet->blocks++;
	sheet->block = 1;
}

static void
head(struct rk_format_sheet *sheet)
{
	rk_strbuf_puts(sheet->text, "{\"text\":\"");
	add(sheet->text, sheet->title);
	rk_strbuf_printf(sheet->text, ": %s (%s)\",\"blocks\":[\n"
	    "{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"emoji\":false,\"text\":\"%s ringkit: %s\"}}",
	    sheet->verdict, sheet->counts, rk_format_sign(sheet), sheet->verdict);
	sheet->blocks = 1;
	begin_block(sheet, "plain_text");
	add(sheet->text, sheet->title);
	rk_strbuf_printf(sheet->text, ": %s", sheet->counts);
	end_block(sheet);
}

static void
begin(struct rk_format_sheet *sheet, const struct rk_table *table)
{
	begin_block(sheet, "mrkdwn");
	rk_strbuf_printf(sheet->text, "*%s*", table->title);
	if (table->shape != RK_TABLE_LIST)
		rk_strbuf_printf(sheet->text, ": %zu", table->n_rows);
	end_block(sheet);
}

static bool
row(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[])
{
	struct rk_strbuf line = { 0 }, escaped = { 0 };
	size_t i, n = 0;

	rk_strbuf_puts(&line, table->shape == RK_TABLE_LINES ? "" : "\xe2\x80\xa2 ");
	for (i = 0; i < table->n_columns; i++)
		if (*cell[i] && (table->shape != RK_TABLE_CELLS || rk_format_shows(sheet, table, i)))
			rk_strbuf_printf(&line, "%s%s", n++ ? " \xc2\xb7 " : "", cell[i]);
	rk_escape_slack(&escaped, rk_strbuf_str(&line));
	if (escaped.len > SECTION_BYTES - 2) {
		rk_strbuf_clear(&escaped);
		rk_strbuf_printf(&escaped, "\xe2\x80\xa2 (a row of %zu bytes)", line.len);
	}
	if (sheet->block && sheet->block + escaped.len + 1 > SECTION_BYTES)
		end_block(sheet);
	if (!sheet->block && sheet->blocks + sheet->blocks_kept + 1 < BLOCKS)
		begin_block(sheet, "plain_text");
	else if (sheet->block)
		rk_strbuf_puts(sheet->text, "\\n");
	if (sheet->block) {
		add_json(sheet->text, rk_strbuf_str(&escaped));
		sheet->block += escaped.len + 1;
	}
	rk_strbuf_free(&line);
	rk_strbuf_free(&escaped);
	return sheet->block;
}

static void
end(struct rk_format_sheet *sheet, const struct rk_table *table, size_t left)
{
	(void)table;
	end_block(sheet);
	if (!left)
		return;
	begin_block(sheet, "mrkdwn");
	rk_format_left(sheet, "", left, "");
	end_block(sheet);
}

static void
tail(struct rk_format_sheet *sheet, size_t left)
{
	if (left) {
		begin_block(sheet, "mrkdwn");
		rk_format_left_of_all(sheet, "", left, "");
		end_block(sheet);
	}
	rk_strbuf_puts(sheet->text, "\n]}\n");
}

const struct rk_format rk_slack = { "slack", MESSAGE_BYTES, RK_FORMAT_LEAST, head, begin, row, end, tail };
