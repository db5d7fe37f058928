#ifndef RK_SPOOL_H
#define RK_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

/*
 * Bytes that are added at the end and read from anywhere.  Without a directory, and up to a MiB, they are kept in memory;
 * beyond that in a file that has no name, so that nothing is left however the program ends.  Zeroed, it is empty.
 */
struct rk_spool {
	const char *dir;	/* borrowed: where the file is made; NULL: none is */
	struct rk_strbuf held;	/* private: the last bytes, which are in memory */
	uint64_t filed;		/* how many bytes before them are in the file */
	bool has_file;
	int fd;			/* the file's */
};

/* Add bytes, and set *at to where they begin.  RK_EIO: the file cannot be made or written.  RK_ENOMEM: too many files are open. */
enum rk_rc rk_spool_add(struct rk_spool *spool, const void *bytes, size_t len, uint64_t *at, struct rk_err *err);

/* Append the len bytes that were added at a place to bytes.  RK_EIO. */
enum rk_rc rk_spool_read(const struct rk_spool *spool, uint64_t at, size_t len, struct rk_strbuf *bytes, struct rk_err *err);

/* Forget the bytes. */
void rk_spool_free(struct rk_spool *spool);

#endif
