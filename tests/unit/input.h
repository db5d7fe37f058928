/* Input for functions that read a struct rk_io. */

#ifndef INPUT_H
#define INPUT_H

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/io.h"

/* Open len bytes as a named file. */
static inline void
open_bytes(struct rk_io *io, const char *bytes, size_t len)
{
	char path[] = "/tmp/ringkit-XXXXXX";
	struct rk_err err = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
	assert_int_equal(rk_io_open_file(io, path, SIZE_MAX, &err), RK_OK);
	unlink(path);
}

#endif
