#include <stdlib.h>
#include <jansson.h>

#include "report/report.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/io.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "report/board.h"
#include "report/report_internal.h"

static enum rk_rc
read_all(struct rk_report *report, struct rk_io *io, struct rk_err *err)
{
	json_t *record;
	enum rk_rc rc;

	while ((rc = rk_record_next(io, RK_ROWS_TYPES " end", &record, err)) == RK_OK) {
		if (rk_json_is(json_object_get(record, "type"), "end")) {
			rk_rows_share(&report->proposal, json_object_get(record, "proposal"));
			rk_rows_share(&report->merge, json_object_get(record, "merge"));
			report->proposes = report->proposes || json_object_get(record, "proposal");
		} else {
			report->records++;
			rc = rk_rows_add(report, record, err);
			if (rc == RK_OK)
				rc = rk_record_pass(io, err);
		}
		json_decref(record);
		if (rc != RK_OK)
			return rc;
	}
	report->others = io->records - report->records;
	return rc == RK_END ? rk_rows_end(report, err) : rc;
}

enum rk_rc
rk_report_read(const struct rk_report_options *options, struct rk_io *io, struct rk_report **report, struct rk_err *err)
{
	enum rk_rc rc;

	*report = rk_memory_calloc(1, sizeof **report);
	(*report)->options = *options;
	rk_table_init(*report);
	rc = read_all(*report, io, err);
	if (rc != RK_OK) {
		rk_report_free(*report);
		*report = NULL;
	}
	return rc;
}

void
rk_report_free(struct rk_report *report)
{
	size_t i;

	if (!report)
		return;
	for (i = 0; i < RK_TABLES; i++)
		rk_strbuf_free(&report->table[i].cells);
	for (i = 0; i < RK_REPORT_LEVELS; i++)
		rk_strbuf_free(&report->note[i].cells);
	json_decref(report->service.value);
	json_decref(report->ring.value);
	json_decref(report->branch.value);
	json_decref(report->commit.value);
	json_decref(report->image.value);
	json_decref(report->pull_request.value);
	json_decref(report->proposal.value);
	json_decref(report->merge.value);
	json_decref(report->action.value);
	rk_intern_free(&report->seen);
	rk_board_free(report->board);
	json_decref(report->override);
	json_decref(report->live);
	free(report);
}
