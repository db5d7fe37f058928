#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/intern.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "report/age.h"
#include "report/board.h"
#include "report/report_internal.h"

#define GIVEN RK_BOARD_GROUP	/* cells that are made of the record; the group's is known only at the end */

#define CELL(name, from, of) [RK_BOARD_##name] = { #from, of }

/* Where a cell is from: a member of the record, or of an object in it. */
static const struct { const char *member, *of; } origins[GIVEN] = {
	CELL(TENANT, tenant, NULL), CELL(SERVICE, service, NULL), CELL(RING, ring, NULL), CELL(SINCE, since, NULL),
	CELL(STATE, state, "live"), CELL(WHY, reason, "live"), CELL(GATE, gate, NULL), CELL(REASON, reason, NULL),
	CELL(PULL, pull_request, NULL), CELL(COMMIT, commit, NULL), CELL(CHANGE, since_commit, NULL),
};

/* What a ring has of a service. */
struct group {
	size_t rows, tenants, living, running, open;
	int64_t oldest;		/* override of its rows; INT64_MAX: not known */
	char *pull_request;	/* of the first row */
	bool differs;		/* a row has another one */
};

/* A tenant in a group. */
struct member {
	size_t group;
	bool lives, stopped;	/* a cluster says something of it; and one of its charts does not run the ring */
	bool open, held;	/* so one of its rows is */
};

struct row {
	size_t cells;		/* the offset of the first */
	size_t group, number;
	int64_t since;		/* seconds since 1970; INT64_MAX: not known */
	int64_t oldest;		/* of the group */
	const char *tenant;	/* borrowed, for the order */
};

struct rk_board {
	struct rk_strbuf cells;
	struct row *row;
	size_t n, size;
	struct rk_intern groups, members;
	struct group *group;
	struct member *member;
	size_t group_size, member_size;
};

static void
add_cell(struct rk_board *board, enum rk_board_column column, const json_t *record, const char *charts)
{
	const char *of = origins[column].of, *member = origins[column].member, *value;
	const json_t *image = json_object_get(record, "image");

	if (column == RK_BOARD_IMAGE && image) {
		value = rk_json_string(image, "repository");
		rk_strbuf_printf(&board->cells, "%s%s%s", value ? value : "", value ? ":" : "", rk_json_string(image, "tag"));
	} else if (column == RK_BOARD_CHARTS)
		rk_strbuf_puts(&board->cells, charts);
	else if (column == RK_BOARD_VALUES && json_object_get(record, "values"))
		rk_json_add(&board->cells, json_object_get(record, "values"));
	else if (member) {
		value = rk_json_string(of ? json_object_get(record, of) : record, member);
		rk_strbuf_puts(&board->cells, value ? value : "");
	}
	rk_strbuf_putc(&board->cells, '\0');
}

/* Count the tenant of a record in its group, once, and what the cluster says of it; return the number of the group. */
static size_t
group_of(struct rk_board *board, const json_t *record)
{
	const char *service = rk_json_string(record, "service"), *ring = rk_json_string(record, "ring");
	const char *state = rk_json_string(json_object_get(record, "live"), "state");
	const bool open = rk_json_is(json_object_get(record, "gate"), "open");
	struct rk_strbuf key = { 0 };
	struct member *member;
	size_t group, number;

	rk_strbuf_printf(&key, "%s\x1f%s", service ? service : "", ring ? ring : "");
	group = rk_intern_add(&board->groups, key.data);
	rk_memory_grow(&board->group, group, &board->group_size, sizeof *board->group);
	rk_strbuf_printf(&key, "\x1f%s", rk_json_string(record, "tenant"));
	number = rk_intern_add(&board->members, key.data);
	rk_memory_grow(&board->member, number, &board->member_size, sizeof *board->member);
	member = &board->member[number];
	member->group = group;
	member->lives = member->lives || state;
	member->open = member->open || open;
	member->held = member->held || !open;
	member->stopped = member->stopped || (state && strcmp(state, "running") != 0);
	rk_strbuf_free(&key);
	return group;
}

void
rk_board_add(struct rk_board **boards, const json_t *record, const char *charts)
{
	const char *since = rk_json_string(record, "since"), *pull = rk_json_string(record, "pull_request");
	struct rk_board *board = *boards;
	enum rk_board_column column;
	struct group *group;
	struct row *row;

	if (!board)
		board = *boards = rk_memory_calloc(1, sizeof **boards);
	rk_memory_grow(&board->row, board->n, &board->size, sizeof *board->row);
	row = &board->row[board->n];
	row->number = board->n++;
	row->cells = board->cells.len;
	row->group = group_of(board, record);
	if (!since || !rk_age_read(since, &row->since))
		row->since = INT64_MAX;
	group = &board->group[row->group];
	if (group->rows == 0)
		group->pull_request = rk_memory_strdup(pull ? pull : "");
	group->differs = group->differs || strcmp(group->pull_request, pull ? pull : "") != 0;
	if (group->rows++ == 0 || row->since < group->oldest)
		group->oldest = row->since;
	for (column = 0; column < GIVEN; column++)
		add_cell(board, column, record, charts);
}

static int
compare(const void *one, const void *other)
{
	const struct row *a = one, *b = other;
	int order;

	if (a->oldest != b->oldest)
		return a->oldest < b->oldest ? -1 : 1;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->since != b->since)
		return a->since < b->since ? -1 : 1;
	order = strcmp(a->tenant, b->tenant);
	return order ? order : a->number < b->number ? -1 : a->number > b->number;
}

/* Count the tenants of each group, and sort the rows. */
static void
sort(const struct rk_board *board)
{
	const struct member *member = board->member;
	struct group *group;
	size_t i;

	for (i = 0; i < board->members.n; i++, member++) {
		group = &board->group[member->group];
		group->tenants++;
		group->living += member->lives;
		group->running += member->lives && !member->stopped;
		group->open += member->open && !member->held;
	}
	for (i = 0; i < board->n; i++) {
		board->row[i].oldest = board->group[board->row[i].group].oldest;
		board->row[i].tenant = board->cells.data + board->row[i].cells;	/* its first cell */
	}
	qsort(board->row, board->n, sizeof *board->row, compare);
}

/* Append the time between since and now, in the largest unit of which there are at least two: "3 days", "30 hours". */
static void
add_age(struct rk_strbuf *text, int64_t since, int64_t now)
{
	const int64_t minutes = (now - since) / 60, hours = minutes / 60, days = hours / 24;
	const int64_t n = days > 1 ? days : hours > 1 ? hours : minutes;

	rk_strbuf_printf(text, "%lld %s%s", (long long)n, days > 1 ? "day" : hours > 1 ? "hour" : "minute", n == 1 ? "" : "s");
}

static void
add_group(struct rk_strbuf *text, const struct group *group)
{
	rk_strbuf_printf(text, "%zu tenant%s", group->tenants, group->tenants == 1 ? "" : "s");
	if (group->living)
		rk_strbuf_printf(text, ", running on %zu of %zu", group->running, group->living);
	if (group->open)
		rk_strbuf_printf(text, ", %zu may be cleaned up", group->open);
}

void
rk_board_end(const struct rk_board *board, int64_t now, struct rk_table *table)
{
	const char *cell[RK_TABLE_COLUMNS], *at;
	struct rk_strbuf age = { 0 }, group = { 0 };
	const struct row *row;
	size_t i, column;

	if (!board)
		return;
	sort(board);
	for (row = board->row, i = 0; i < board->n; i++, row++) {
		for (column = 0, at = board->cells.data + row->cells; column < GIVEN; column++, at += strlen(at) + 1)
			cell[column] = at;
		rk_strbuf_clear(&age);
		rk_strbuf_clear(&group);
		if (row->since != INT64_MAX && now >= row->since)
			add_age(&age, row->since, now);
		add_group(&group, &board->group[row->group]);
		cell[RK_BOARD_AGE] = rk_strbuf_str(&age);
		cell[RK_BOARD_GROUP] = group.data;
		cell[RK_BOARD_SHARED] = board->group[row->group].differs ? "" : board->group[row->group].pull_request;
		rk_table_add(table, cell);
	}
	rk_strbuf_free(&age);
	rk_strbuf_free(&group);
}

void
rk_board_free(struct rk_board *board)
{
	size_t i;

	if (!board)
		return;
	for (i = 0; i < board->groups.n; i++)
		free(board->group[i].pull_request);
	rk_strbuf_free(&board->cells);
	rk_intern_free(&board->groups);
	rk_intern_free(&board->members);
	free(board->group);
	free(board->member);
	free(board->row);
	free(board);
}
