#ifndef RK_HTML_INTERNAL_H
#define RK_HTML_INTERNAL_H

#include "base/strbuf.h"
#include "report/format_internal.h"
#include "report/report_internal.h"

/* The style and the script of a page; the script is for the board only. */
extern const char rk_html_style[], rk_html_script[];

/* Append the source expression of a style or script for a Content-Security-Policy: 'sha256-...'. */
void rk_html_page_hash(struct rk_strbuf *text, const char *source);

/* Append an element whose content is from the input. */
void rk_html_element(struct rk_strbuf *text, const char *tag, const char *class, const char *content);

/* Append a link around content, or only the content if there is no URL. */
void rk_html_link(struct rk_strbuf *text, const struct rk_strbuf *url, const char *content);

/* Append the head of the board, and a row, before which there is a heading if it is another ring's. */
void rk_html_board_begin(struct rk_format_sheet *sheet, const struct rk_table *table);
void rk_html_board_row(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[]);

#endif
