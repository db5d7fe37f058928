#ifndef RK_BOARD_H
#define RK_BOARD_H

#include <stdint.h>
#include <jansson.h>

#include "report/report_internal.h"

/*
 * The columns of RK_TABLE_BOARD, of which an HTML page makes cells with links.  The last two are the same in all rows of a
 * ring: its numbers, and the pull request if all have one.
 */
enum rk_board_column {
	RK_BOARD_TENANT, RK_BOARD_SERVICE, RK_BOARD_RING, RK_BOARD_IMAGE, RK_BOARD_CHARTS, RK_BOARD_VALUES, RK_BOARD_SINCE,
	RK_BOARD_AGE, RK_BOARD_STATE, RK_BOARD_WHY, RK_BOARD_GATE, RK_BOARD_REASON, RK_BOARD_PULL, RK_BOARD_COMMIT,
	RK_BOARD_CHANGE, RK_BOARD_GROUP, RK_BOARD_SHARED
};

/* Collects overrides, to be sorted by ring and age. */
struct rk_board;

/*
 * Add an override, whose members have been checked.  The board is made if *board is NULL.
 *
 *   charts  the names of the charts of its row, separated by blanks
 */
void rk_board_add(struct rk_board **board, const json_t *record, const char *charts);

/*
 * Add the rows of a board, which may be NULL, to the table: the ring with the oldest override first, and in a ring the oldest
 * override.  An override whose age is not known comes last.
 *
 *   now  seconds since 1970; negative: no ages
 */
void rk_board_end(const struct rk_board *board, int64_t now, struct rk_table *table);

/* Free a board, which may be NULL. */
void rk_board_free(struct rk_board *board);

#endif
