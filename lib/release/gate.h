#ifndef RK_GATE_H
#define RK_GATE_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "base/err.h"
#include "base/intern.h"
#include "base/io.h"
#include "base/strbuf.h"
#include "git/ancestry.h"
#include "gitops/catalog.h"
#include "release/ga_commit.h"

/*
 * May a tenant fall back to its chart?  Override records in, the same with "gate" and "reason" out.  The caller names
 * the first part; all of it is borrowed.  Free with rk_gate_free().
 *
 * The records are kept until the end, as they came, for the charts of one service in one tenant go together: memory
 * grows with their bytes.  What is asked of Git grows with what is different in them.
 */
struct rk_gate {
	struct rk_io *io;
	const struct rk_catalog *catalog;
	const struct rk_service *service;	/* whose overrides are judged; NULL: everyone's */
	struct rk_ancestry *history;		/* of the service's repository */
	struct rk_ga_commit *general;

	struct rk_gate_merged *merged;		/* rk_gate_read_merged() */
	size_t n_merged, merged_room;
	struct rk_strbuf lines;			/* the overrides, one behind the other */
	struct rk_gate_kept *kept;
	size_t n_kept, kept_room;
	struct rk_intern groups;			/* "<tenant>\n<service>" */
	size_t *held;				/* of each group: 1 + the first that is held, or 0 */
	size_t held_room;
	struct rk_intern asked;			/* what was judged, and the verdict on each: its place in reasons */
	uint32_t *verdict;
	size_t verdicts_room;
	struct rk_intern reasons;		/* "" first: open */
	json_t *refused;			/* {"<tenant>": reason} */
};

/*
 * Take the merged pull requests of a file, in rk_pulls_read()'s shapes; others in it are passed over.
 * RK_ENOINPUT: it cannot be read.  RK_EDATA: it is something else, or a merged one lacks an id.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_gate_read_merged(struct rk_gate *gate, const char *file, struct rk_err *err);

/* Take the override that was read last.  RK_EDATA: it is not what ring-records(5) says.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_gate_override(struct rk_gate *gate, const json_t *record, struct rk_err *err);

/* Pass a refusal on; its tenant is held, for what it refused may hold one more chart of his.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_gate_refused(struct rk_gate *gate, const json_t *record, struct rk_err *err);

/* After the last record: write the overrides, in their order.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_gate_end(struct rk_gate *gate, struct rk_err *err);

void rk_gate_free(struct rk_gate *gate);

#endif
