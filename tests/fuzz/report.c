/*
 * Fuzz reports.  An input is a byte, which says whether a title is given, which limit and format; a line, the title; and records.
 * Whatever they say, each format stays what it is: no markup, command or control character of theirs is in it.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "base/strbuf.h"
#include "report/format.h"
#include "report/report.h"
#include "fuzz.h"

#define DEEP 16	/* elements of HTML in each other */

enum { TITLE = 1, MARKER = 2, LIMIT = 4, NOW = 8, UNFRAMED = 16, FORMAT = 32 };	/* from FORMAT on: which */

/* Text: a runner finds no command in it, "##[" anywhere or "::" at the start of a line. */
static void
check_text(char *text)
{
	EXPECT(!strstr(text, "##["));
	while (text) {
		char *line = fuzz_field(&text);

		EXPECT(!fuzz_starts(line + strspn(line, " "), "::"));
	}
}

/* Annotations: each line is one command, with properties that end where they should. */
static void
check_annotations(char *text)
{
	static const char *const names[] = { "::error", "::warning", "::notice" };
	static const char *const properties[] = { "title=", "file=", "line=" };
	char *line;
	size_t i;

	while (text && *text) {
		line = fuzz_field(&text);
		for (i = 0; i < 3 && !fuzz_starts(line, names[i]); i++)
			;
		EXPECT(i < 3);
		line += strlen(names[i]);
		for (i = 0; *line == (i ? ',' : ' '); i++) {
			line++;
			EXPECT(fuzz_starts(line, properties[0]) || fuzz_starts(line, properties[1]) || fuzz_starts(line, properties[2]));
			line += strcspn(line, ":,");
		}
		EXPECT(fuzz_starts(line, "::"));
	}
}

/* Slack: JSON with the blocks and lengths that Slack accepts. */
static void
check_slack(char *text)
{
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *block;
	const json_t *blocks = json_object_get(json, "blocks");
	const char *s;
	size_t i;

	EXPECT(json_is_string(json_object_get(json, "text")));
	EXPECT(json_array_size(blocks) >= 2 && json_array_size(blocks) <= 50);
	json_array_foreach(blocks, i, block) {
		s = json_string_value(json_object_get(json_object_get(block, "text"), "text"));
		EXPECT(s && *s && strlen(s) <= 3000);
		EXPECT(!strpbrk(s, "<>"));
	}
	json_decref(json);
}

/* Return whether s starts with one of these words, and set *len to its length. */
static bool
is_word(const char *s, const char *const *words, size_t n, size_t *len)
{
	size_t i;

	*len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
	for (i = 0; i < n; i++)
		if (strlen(words[i]) == *len && strncmp(s, words[i], *len) == 0)
			return true;
	return false;
}

/*
 * An opening tag of ours: return its length, 0 for any other.  No attribute is a script or a style, and a link begins with https.
 * The elements that have no end are the first ones.
 */
static size_t
read_tag(const char *s, const char **name, bool *ends)
{
	static const char *const names[] = { "meta", "input", "html", "head", "title", "style", "script", "body", "header", "main", "h1",
		"h2", "p", "code", "pre", "time", "a", "span", "div", "label", "output", "table", "thead", "tbody", "tr", "th", "td", "ul",
		"li", "details", "summary" };
	static const char *const attributes[] = { "aria-labelledby", "autocomplete", "charset", "class", "colspan", "content",
		"data-column", "data-key", "data-label", "data-sort", "datetime", "for", "hidden", "href", "http-equiv", "id", "lang", "name",
		"placeholder", "rel", "scope", "type", "aria-sort" };
	const char *at = s + 1;
	size_t len, value;

	*name = at;
	if (!is_word(at, names, sizeof names / sizeof *names, &len))
		return 0;
	*ends = !is_word(at, names, 2, &len);
	for (at += len; *at == ' '; at += len) {
		if (!is_word(++at, attributes, sizeof attributes / sizeof *attributes, &len))
			return 0;
		if (!fuzz_starts(at + len, "=\""))
			continue;
		value = strcspn(at + len + 2, "\"<>");
		if (at[len + 2 + value] != '"' || (fuzz_starts(at, "href=") && !fuzz_starts(at + len + 2, "https://")))
			return 0;
		len += value + 3;
	}
	return *at == '>' ? (size_t)(at - s) + 1 : 0;
}

/* HTML: our elements only, each ended, and no other character that is markup. */
static void
check_html(char *text)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };
	const char *open[DEEP], *at, *name;
	size_t deep = 0, i, n;
	bool ends;

	EXPECT(fuzz_starts(text, doctype));
	for (at = text + strlen(doctype); *at; at++) {
		if (*at == '<' && at[1] == '/') {
			EXPECT(deep > 0);
			n = strspn(open[--deep], "abcdefghijklmnopqrstuvwxyz0123456789");
			EXPECT(strncmp(at + 2, open[deep], n) == 0 && at[2 + n] == '>');
			at += 2 + n;
		} else if (*at == '<') {
			n = read_tag(at, &name, &ends);
			EXPECT(n > 0 && deep < DEEP);
			if (ends)
				open[deep++] = name;
			at += n - 1;
			/* ours: a test has their digests */
			while ((fuzz_starts(name, "style>") || fuzz_starts(name, "script>")) && at[1] && !fuzz_starts(at + 1, "</"))
				at++;
		} else if (*at == '&') {
			for (i = 0; i < 5 && !fuzz_starts(at, entities[i]); i++)
				;
			EXPECT(i < 5);
		} else {
			EXPECT(*at != '>' && *at != '"' && *at != '\'');
		}
	}
	EXPECT(deep == 0);
}

/* Remove code spans, by GFM's rules, and the two character references that are written; what is left is never markup. */
static void
remove_code(char *line)
{
	char *out = line, *at = line, *end;
	size_t ticks, n;

	while (*at) {
		ticks = 0;
		while (at[ticks] == '`')
			ticks++;
		if (ticks) {
			for (end = at + ticks; *end; end += n ? n : 1) {
				n = 0;
				while (end[n] == '`')
					n++;
				if (n == ticks)
					break;
			}
			EXPECT(*end);	/* else the backticks are not a span */
			at = end + ticks;
			*out++ = 'x';
		} else if (fuzz_starts(at, "&#124;") || fuzz_starts(at, "&#96;")) {
			at = strchr(at, ';') + 1;
			*out++ = 'x';
		} else {
			*out++ = *at++;
		}
	}
	*out = '\0';
}

static size_t
count(const char *s, char c)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == c;
	return n;
}

/* A line of Markdown that is not between fences. */
static void
check_line(char *line, size_t *cells)
{
	const char *at = line;

	if (strcmp(line, "<details>") == 0 || strcmp(line, "</details>") == 0)
		return;
	if (fuzz_starts(line, "<summary>")) {
		EXPECT(strcmp(line + strlen(line) - 10, "</summary>") == 0);
		at += 9;
		EXPECT(strcspn(at, "<>`*_[]@#") == strlen(at) - 10);
		return;
	}
	if (*line == '|') {
		EXPECT(!*cells || count(line, '|') == *cells);
		*cells = count(line, '|');
	} else {
		*cells = 0;
	}
	remove_code(line);
	at += fuzz_starts(line, "### ") ? strcspn(line + 4, " ") + 4 : 0;
	for (; *at; at++)
		EXPECT(isalnum((unsigned char)*at) || strchr(" |,.:;?!()\"'-*", *at));
	EXPECT(!strchr(line, '*') || (fuzz_starts(line, "**") && count(line, '*') == 4 && !strpbrk(line, "|`")));
}

static void
check_markdown(char *text)
{
	char *line = fuzz_field(&text), *end = strstr(line, "-->");
	size_t fence = 0, ticks, cells = 0;

	EXPECT(fuzz_starts(line, "<!-- ringkit:report") && end && !end[3]);
	EXPECT(count(line, '>') == 1 && count(line, '<') == 1 && !strstr(line + 4, "--!"));
	while (text) {
		line = fuzz_field(&text);
		for (ticks = 0; line[ticks] == '`'; ticks++)
			;
		if (fence) {
			EXPECT(ticks <= fence);
			fence = ticks == fence && !line[ticks] ? 0 : fence;
		} else if (ticks >= 3 && strcmp(line + ticks, "text") == 0) {
			fence = ticks;
		} else {
			check_line(line, &cells);
		}
	}
	EXPECT(!fence);
}

static const struct checked {
	const char *name;
	void (*check)(char *text);
} formats[] = { { "markdown", check_markdown }, { "html", check_html }, { "slack", check_slack }, { "text", check_text },
	{ "github", check_annotations } };
enum { FORMATS = sizeof formats / sizeof formats[0] };

static void
check_format(const struct checked *checked, const struct rk_report *report, bool limited)
{
	const struct rk_format *format;
	struct rk_strbuf out = { 0 };
	struct rk_err err = { 0 };
	char *copy, *rest, *line;
	size_t limit;

	EXPECT(rk_format_find(checked->name, &format, &err) == RK_OK);
	limit = limited ? rk_format_least(format) : 0;
	rk_format_write(format, report, limit, &out);
	EXPECT(!limit || out.len <= limit || checked->check == check_annotations);
	EXPECT(out.len && out.data[out.len - 1] == '\n' && strlen(out.data) == out.len);
	copy = rest = fuzz_copy(out.data, out.len);
	while (rest) {
		line = fuzz_field(&rest);
		line += checked->check == check_html ? strspn(line, "\t") : 0;
		EXPECT(fuzz_printable(line, strlen(line)));
	}
	free(copy);
	checked->check(out.data);
	rk_strbuf_free(&out);
}

int
fuzz_report(const uint8_t *data, size_t size)
{
	char *text = fuzz_copy(data, size), *rest = text + (size > 0), *title = fuzz_field(&rest);
	struct rk_report_options options = { .now = -1, .server = "https://github.com", .gitops = "o/gitops" };
	struct rk_report *report;
	struct rk_io io = { 0 };
	struct rk_err err = { 0 };
	const int how = size ? data[0] : 0;
	enum rk_rc rc;

	options.board = formats[how / FORMAT % FORMATS].check == check_html;
	options.title = how & TITLE ? title : NULL;
	options.marker = how & MARKER ? title : NULL;
	options.now = how & NOW ? 1780000000 : -1;
	io.unframed = how & UNFRAMED;
	fuzz_open(&io, rest ? rest : "", rest ? size - (size_t)(rest - text) : 0);
	rc = rk_report_read(&options, &io, &report, &err);
	rk_io_close_file(&io);
	EXPECT(rc == RK_OK || rc == RK_EDATA);
	EXPECT((rc == RK_OK) == (report != NULL));
	if (rc == RK_OK)
		check_format(&formats[how / FORMAT % FORMATS], report, how & LIMIT);
	else
		fuzz_message(&err);
	rk_report_free(report);
	free(text);
	return 0;
}
