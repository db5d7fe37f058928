#ifndef RK_ESCAPE_H
#define RK_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/*
 * Text of anybody's in somebody's markup, so that it reads there as what it is and does nothing.  Each of these
 * appends src, which is one line of printable UTF-8 as rk_strbuf_escape() leaves it.
 */

/*
 * GitHub Flavored Markdown: code, in a table or out of one.  Nothing in it is markup, a link, a mention or a
 * reference.  Pipes and backticks stand outside, as character references: "\|" in code means different things to
 * different renderers, and some know no fence of more than 80 backticks.  (GFM 0.29, "Code spans", "Tables")
 */
void rk_escape_code(struct rk_strbuf *text, const char *src, size_t len);

/* The same for a sentence: plain words and numbers are text, every other word is code. */
void rk_escape_prose(struct rk_strbuf *text, const char *src);

/* HTML text, and what stands in an attribute's quotes. */
void rk_escape_html(struct rk_strbuf *text, const char *src);

/* Slack's text objects: & < > ("Formatting text for app surfaces", Escaping text). */
void rk_escape_slack(struct rk_strbuf *text, const char *src);

/*
 * A workflow command's message, or with property what stands behind "name=" in it: % CR LF, and : and ,
 * (GitHub, "Workflow commands for GitHub Actions"; actions/toolkit, packages/core/src/command.ts).
 */
void rk_escape_command(struct rk_strbuf *text, const char *src, bool property);

/* A part of an HTML comment, which it cannot end: letters, digits and . _ / - are themselves, others are %XX. */
void rk_escape_comment(struct rk_strbuf *text, const char *src);

#endif
