#ifndef RK_GATE_H
#define RK_GATE_H

#include <stdbool.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "git/ancestry.h"
#include "gitops/catalog.h"
#include "release/chart_values.h"
#include "release/ga_commit.h"

/*
 * Decides for each override of a stream whether the tenant may fall back to its chart: override records in, the same with
 * "gate" and "reason" out.  The records are kept until the end, because the charts of one service in one tenant are
 * cleared together: memory grows with their number.  Git is asked once for each different question.
 */
struct rk_gate;

/* All is borrowed until rk_gate_close(). */
struct rk_gate_options {
	const struct rk_catalog *catalog;
	const struct rk_service *service;	/* decide only on its overrides; NULL: on all */
	struct rk_ancestry *ancestry;		/* of the service's repository */
	struct rk_ga_commit *ga;
	struct rk_chart_values *values;		/* what the charts have, or NULL */
	bool drop_values;			/* decide by the image only: values that rings have brought may go */
	const char *merged;			/* a file of merged pull requests, as rk_pulls_read() reads it; NULL: none */
};

/*
 * Start, and read the merged pull requests.  *gate on RK_OK is closed with rk_gate_close(), else NULL.
 * RK_ENOINPUT: the file cannot be read.  RK_EDATA: it is invalid, or a merged pull request lacks an id.  RK_EIO.
 */
enum rk_rc rk_gate_open(const struct rk_gate_options *options, struct rk_io *io, struct rk_gate **gate,
    struct rk_err *err);
void rk_gate_close(struct rk_gate *gate);	/* may be NULL */

/* Take an override record, which is changed.  RK_EDATA: it is invalid.  RK_EIO. */
enum rk_rc rk_gate_override(struct rk_gate *gate, json_t *record, struct rk_err *err);

/* Pass on a refusal.  Its tenant is held: the refused override may be for another chart of it.  RK_EIO. */
enum rk_rc rk_gate_refused(struct rk_gate *gate, const json_t *record, struct rk_err *err);

/* After the last record, write the overrides in their order.  RK_EIO. */
enum rk_rc rk_gate_end(struct rk_gate *gate, struct rk_err *err);

#endif
