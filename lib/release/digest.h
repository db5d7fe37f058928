#ifndef RK_DIGEST_H
#define RK_DIGEST_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"

/* Return whether s is a digest of an image: "sha256:" and 64 hexadecimal digits, or "sha512:" and 128 (OCI image spec). */
bool rk_digest_is(const char *s);

/*
 * Append the digest of a commit's image to digest; nothing if the file has none.  Each line of the file is a whole id, blanks,
 * and a digest; lines that are empty or start with "#" are comments.
 * RK_EDATA: another line, or two digests for the commit; err->msg has the file and the line.  RK_ENOINPUT.
 */
enum rk_rc rk_digest_find(const char *file, const char *commit, struct rk_strbuf *digest, struct rk_err *err);

#endif
