#include <stdbool.h>
#include <string.h>

#include "base/strbuf.h"
#include "report/board.h"
#include "report/escape.h"
#include "report/html_internal.h"
#include "report/link.h"
#include "report/report_internal.h"

#define SHORT 12	/* digits of a tag that is a commit's id; the rest can be copied */
#define LINKED 7	/* digits of a commit's id that has a link */

/* The words that say a state, the worst first: in this order the page sorts them. */
static const struct { const char *word, *class; } states[] = {
	{ "degraded", "bad" }, { "ignored", "bad" }, { "absent", "bad" }, { "out-of-sync", "warn" }, { "unknown", "warn" },
	{ "pending", "idle" }, { "progressing", "idle" }, { "running", "good" }, { "held", "idle" }, { "open", "good" }
};
#define STATES (sizeof states / sizeof *states)

/* The cells of a row, and the columns of the table of which each is made. */
enum cell { TENANT, IMAGE, SINCE, LIVE, GATE, LINKS, CELLS };

static const struct { const char *name; bool sorts; enum rk_board_column of[3]; } cells[CELLS] = {
	{ "Tenant", true, { RK_BOARD_TENANT, RK_BOARD_TENANT, RK_BOARD_TENANT } },
	{ "Image", true, { RK_BOARD_IMAGE, RK_BOARD_IMAGE, RK_BOARD_IMAGE } },
	{ "Since", true, { RK_BOARD_SINCE, RK_BOARD_SINCE, RK_BOARD_SINCE } },
	{ "Live", true, { RK_BOARD_STATE, RK_BOARD_STATE, RK_BOARD_STATE } },
	{ "Gate", true, { RK_BOARD_GATE, RK_BOARD_GATE, RK_BOARD_REASON } },
	{ "Links", false, { RK_BOARD_PULL, RK_BOARD_COMMIT, RK_BOARD_CHANGE } },
};

static bool
shows(const struct rk_table *table, enum cell cell)
{
	return table->used[cells[cell].of[0]] || table->used[cells[cell].of[1]] || table->used[cells[cell].of[2]];
}

static size_t
state_of(const char *word)
{
	size_t i;

	for (i = 0; i < STATES && strcmp(word, states[i].word) != 0; i++)
		;
	return i;
}

/* Append how many rows have each of the states in a column; the script makes buttons of these. */
static void
add_states(struct rk_strbuf *text, const struct rk_table *table, enum rk_board_column column, enum cell shown)
{
	const char *cell[RK_TABLE_COLUMNS], *at = table->cells.data;
	size_t count[STATES + 1] = { 0 }, position = 0, i;

	for (i = 0; i < table->n_rows; i++) {
		at = rk_table_row(table, at, cell);
		count[state_of(cell[column])]++;
	}
	if (count[STATES] == table->n_rows)
		return;
	for (i = 0; i < shown; i++)
		position += shows(table, i);
	rk_strbuf_printf(text, "<div><span id=\"s%d\">%s</span>\n<ul aria-labelledby=\"s%d\">\n", (int)shown, cells[shown].name, (int)shown);
	for (i = 0; i < STATES; i++)
		if (count[i])
			rk_strbuf_printf(text, "<li data-column=\"%zu\"><span class=\"%s state\">%s</span> %zu</li>\n", position,
			    states[i].class, states[i].word, count[i]);
	rk_strbuf_puts(text, "</ul></div>\n");
}

void
rk_html_board_begin(struct rk_format_sheet *sheet, const struct rk_table *table)
{
	struct rk_strbuf *text = sheet->text;
	enum cell i;

	if (table->used[RK_BOARD_STATE] || table->used[RK_BOARD_GATE]) {
		rk_strbuf_puts(text, "<div class=\"states\">\n");
		if (table->used[RK_BOARD_STATE])
			add_states(text, table, RK_BOARD_STATE, LIVE);
		if (table->used[RK_BOARD_GATE])
			add_states(text, table, RK_BOARD_GATE, GATE);
		rk_strbuf_puts(text, "</div>\n");
	}
	rk_strbuf_printf(text, "<div class=\"find\" hidden>\n<label for=\"filter\">Filter</label>\n"
	    "<input id=\"filter\" type=\"search\" autocomplete=\"off\" placeholder=\"tenant, ring, image, reason\">\n"
	    "<output for=\"filter\"></output>\n</div>\n"
	    "<table id=\"board\" aria-labelledby=\"t%d\">\n<thead>\n<tr>\n", RK_TABLE_BOARD);
	for (i = 0; i < CELLS; i++)
		if (shows(table, i))
			rk_strbuf_printf(text, "<th scope=\"col\" class=\"c%d\"%s%s>%s</th>\n", (int)i, cells[i].sorts ? " data-sort" : "",
			    i == SINCE ? " aria-sort=\"ascending\"" : "", cells[i].name);
	rk_strbuf_puts(text, "</tr>\n</thead>\n<tbody>\n");
	sheet->ring = NULL;
}

/* Append the heading of a ring: what holds, how many tenants, and what the cluster says. */
static void
add_group(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[])
{
	struct rk_strbuf *text = sheet->text, url = { 0 };
	size_t columns = 0;
	enum cell i;

	for (i = 0; i < CELLS; i++)
		columns += shows(table, i);
	rk_strbuf_printf(text, "%s<tr class=\"ring\"><th scope=\"rowgroup\" colspan=\"%zu\">", sheet->ring ? "</tbody>\n<tbody>\n" : "",
	    columns);
	rk_html_element(text, "code", "name", cell[RK_BOARD_RING]);
	if (*cell[RK_BOARD_SERVICE])
		rk_html_element(text, "span", "service", cell[RK_BOARD_SERVICE]);
	rk_html_element(text, "span", "soft", cell[RK_BOARD_GROUP]);
	if (*cell[RK_BOARD_SHARED] && rk_link_pull_request(&url, sheet->report->options.server, cell[RK_BOARD_SHARED]))
		rk_html_link(text, &url, cell[RK_BOARD_SHARED]);
	else if (*cell[RK_BOARD_SHARED])
		rk_html_element(text, "span", "soft", cell[RK_BOARD_SHARED]);
	rk_strbuf_puts(text, "</th></tr>\n");
	rk_strbuf_free(&url);
	sheet->service = cell[RK_BOARD_SERVICE];
	sheet->ring = cell[RK_BOARD_RING];
}

/* Append an image so that its whole name can be copied, and the page can hide the registry and the last digits of a commit's id. */
static void
add_image(struct rk_strbuf *text, const char *image)
{
	static const char known[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-:/";
	const char *name = image[strspn(image, known)] ? NULL : strrchr(image, '/'), *tag;
	size_t digits;
	struct rk_strbuf part = { 0 };

	name = name ? name + 1 : image;
	tag = strrchr(name, ':');
	tag = tag ? tag + 1 : name;
	digits = strspn(tag, "0123456789abcdef");
	rk_strbuf_puts(text, "<code class=\"image\">");
	if (name > image) {
		rk_strbuf_add(&part, image, (size_t)(name - image));
		rk_html_element(text, "span", "whole", part.data);
	}
	rk_strbuf_clear(&part);
	if (digits == 40 && !tag[digits]) {
		rk_strbuf_add(&part, name, (size_t)(tag - name) + SHORT);
		rk_escape_html(text, part.data);
		rk_html_element(text, "span", "whole", tag + SHORT);
	} else
		rk_escape_html(text, name);
	rk_strbuf_puts(text, "</code>");
	rk_strbuf_free(&part);
}

static void
add_since(struct rk_strbuf *text, const char *since, const char *age)
{
	if (!*age)
		rk_html_element(text, "span", "when", since);
	else {
		rk_strbuf_printf(text, "%s <span class=\"sub\"><time datetime=\"", age);
		rk_escape_html(text, since);
		rk_strbuf_printf(text, "\">%.10s</time></span>", since);
	}
}

static void
add_state(struct rk_strbuf *text, const char *state, const char *why)
{
	const size_t known = state_of(state);
	struct rk_strbuf class = { 0 };

	if (*state) {
		rk_strbuf_printf(&class, "%s state", known < STATES ? states[known].class : "idle");
		rk_html_element(text, "span", class.data, state);
	}
	if (*why && strcmp(state, "running") != 0)
		rk_html_element(text, "span", "sub why", why);
	rk_strbuf_free(&class);
}

/* Append the first digits of a commit's id with a link, or the whole string if there is none. */
static void
add_commit(struct rk_strbuf *text, const char *before, const struct rk_strbuf *url, const char *commit)
{
	struct rk_strbuf shown = { 0 };

	rk_strbuf_printf(&shown, "%s %.*s", before, url->len ? LINKED : (int)strlen(commit), commit);
	rk_html_link(text, url, shown.data);
	rk_strbuf_free(&shown);
}

static void
add_links(struct rk_format_sheet *sheet, const char *const cell[])
{
	const struct rk_report_options *options = &sheet->report->options;
	const char *pull = cell[RK_BOARD_PULL], *commit = cell[RK_BOARD_COMMIT], *change = cell[RK_BOARD_CHANGE];
	struct rk_strbuf url = { 0 };

	if (*pull && !*cell[RK_BOARD_SHARED]) {
		rk_link_pull_request(&url, options->server, pull);
		rk_html_link(sheet->text, &url, pull);
	}
	rk_strbuf_clear(&url);
	if (*commit) {
		rk_link_service_commit(&url, options->server, pull, commit);
		add_commit(sheet->text, "commit", &url, commit);
	}
	rk_strbuf_clear(&url);
	if (*change) {
		rk_link_gitops_commit(&url, options->server, options->gitops, change);
		add_commit(sheet->text, "change", &url, change);
	}
	rk_strbuf_clear(&url);
	if (rk_link_commit_proposal(&url, options->server, options->gitops, change))
		rk_html_link(sheet->text, &url, "proposal");
	rk_strbuf_free(&url);
}

static void
begin_cell(struct rk_strbuf *text, enum cell cell, const char *key)
{
	rk_strbuf_printf(text, "<td data-label=\"%s\"", cells[cell].name);
	if (key) {
		rk_strbuf_puts(text, " data-key=\"");
		rk_escape_html(text, key);
		rk_strbuf_putc(text, '"');
	}
	rk_strbuf_puts(text, "><div>");
}

/* Append the cell of a state, which sorts by how bad it is. */
static void
add_state_cell(struct rk_strbuf *text, enum cell cell, const char *state, const char *why)
{
	const char key[] = { (char)('a' + state_of(state)), '\0' };

	begin_cell(text, cell, *state ? key : "");
	add_state(text, state, why);
	rk_strbuf_puts(text, "</div></td>\n");
}

/* Append what holds the tenant in its own words: its name, charts and values. */
static void
add_tenant(struct rk_strbuf *text, const char *const cell[])
{
	rk_strbuf_puts(text, "<tr><th scope=\"row\">");
	rk_html_element(text, "code", "name", cell[RK_BOARD_TENANT]);
	if (*cell[RK_BOARD_CHARTS])
		rk_html_element(text, "span", "sub", cell[RK_BOARD_CHARTS]);
	if (*cell[RK_BOARD_VALUES])
		rk_html_element(text, "code", "sub", cell[RK_BOARD_VALUES]);
	rk_strbuf_puts(text, "</th>\n");
}

void
rk_html_board_row(struct rk_format_sheet *sheet, const struct rk_table *table, const char *const cell[])
{
	struct rk_strbuf *text = sheet->text;

	if (!sheet->ring || strcmp(sheet->service, cell[RK_BOARD_SERVICE]) != 0 || strcmp(sheet->ring, cell[RK_BOARD_RING]) != 0)
		add_group(sheet, table, cell);
	add_tenant(text, cell);
	if (shows(table, IMAGE)) {
		begin_cell(text, IMAGE, NULL);
		if (*cell[RK_BOARD_IMAGE])
			add_image(text, cell[RK_BOARD_IMAGE]);
		rk_strbuf_puts(text, "</div></td>\n");
	}
	if (shows(table, SINCE)) {
		begin_cell(text, SINCE, cell[RK_BOARD_SINCE]);
		add_since(text, cell[RK_BOARD_SINCE], cell[RK_BOARD_AGE]);
		rk_strbuf_puts(text, "</div></td>\n");
	}
	if (shows(table, LIVE))
		add_state_cell(text, LIVE, cell[RK_BOARD_STATE], cell[RK_BOARD_WHY]);
	if (shows(table, GATE))
		add_state_cell(text, GATE, cell[RK_BOARD_GATE], cell[RK_BOARD_REASON]);
	if (shows(table, LINKS)) {
		begin_cell(text, LINKS, NULL);
		add_links(sheet, cell);
		rk_strbuf_puts(text, "</div></td>\n");
	}
	rk_strbuf_puts(text, "</tr>\n");
}
