#ifndef RK_IO_INTERNAL_H
#define RK_IO_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/abort.h"
#include "base/err.h"
#include "base/progress_internal.h"
#include "base/strbuf.h"

/* How a record counts. */
enum rk_io_kind { RK_IO_OTHER, RK_IO_FINDING, RK_IO_REFUSAL, RK_IO_STALE };

/* The private members of struct rk_io, which io.c and record.c share. */
struct rk_io_state {
	int fd;				/* of the input: standard input's, or that of a file */
	size_t limit, left;		/* bytes of a file that may be read, and those of them that were not yet */
	struct rk_strbuf in;		/* what was read of the input, consumed up to in_at */
	size_t in_at;
	bool in_end;			/* there is no more to read */

	struct rk_strbuf out;		/* what is to be written */

	enum rk_io_kind kind;		/* of the record that was read last */
	size_t since_end, since_end_refused;	/* records read since the last end record */
	bool ended;			/* the last line read was an end record */

	size_t refused, stale, findings;	/* records written; stale ones are refused too */
	size_t begun;			/* bytes of the next record that are already written */
	struct rk_abort_undo undo;	/* then: ends its line */

	struct rk_err preface;		/* of the error that ends the program */
	bool prefaced;

	bool terminal;			/* progress may be shown on standard error */
	struct rk_progress progress;
};

#endif
