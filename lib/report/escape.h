#ifndef RK_ESCAPE_H
#define RK_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/*
 * Escape untrusted strings for each output format, so that they read as what they are and are not interpreted.  Each
 * function appends src, which is one line of printable UTF-8 as rk_strbuf_escape() makes it.
 */

/*
 * Append code in GitHub Flavored Markdown, in a table or elsewhere: nothing in it is markup, a link, a mention or a
 * reference.  Pipes and backticks become character references outside the code, because renderers differ in what "\|"
 * means in code, and some know no fence of more than 80 backticks.  (GFM 0.29, "Code spans", "Tables")
 */
void rk_escape_code(struct rk_strbuf *text, const char *src, size_t len);

/* Append a sentence in GitHub Flavored Markdown: plain words and numbers as they are, every other word as code. */
void rk_escape_prose(struct rk_strbuf *text, const char *src);

/* Append HTML text, or the value of an attribute in quotes. */
void rk_escape_html(struct rk_strbuf *text, const char *src);

/* Append text of a Slack text object: & < > are escaped ("Formatting text for app surfaces"). */
void rk_escape_slack(struct rk_strbuf *text, const char *src);

/*
 * Append the message of a GitHub workflow command, or the value of a property: % CR LF are escaped, and : and , in a
 * property (actions/toolkit, packages/core/src/command.ts).
 */
void rk_escape_command(struct rk_strbuf *text, const char *src, bool property);

/* Append part of an HTML comment, which it cannot end: letters, digits and . _ / - as they are, others as %XX. */
void rk_escape_comment(struct rk_strbuf *text, const char *src);

#endif
