#ifndef RK_SIGN_H
#define RK_SIGN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * Signatures of commits, made by the signer that Git is configured to run, called as Git calls it (git-config(1):
 * commit.gpgSign, gpg.format, gpg.program, gpg.<format>.program, gpg.ssh.defaultKeyCommand, user.signingKey).  The
 * formats are openpgp and ssh.
 */

#define RK_SIGN_SECONDS 30	/* until a signer is killed; a person may have to touch a token */

/*
 * Set *configured to whether every commit is to be signed (commit.gpgSign).
 * RK_ENOINPUT: its value is not a boolean.  RK_EIO, RK_ENOMEM.
 */
enum rk_rc rk_sign_configured(git_repository *git, bool *configured, struct rk_err *err);

/*
 * Add a signature to a commit: the header gpgsig, after the other headers (gitformat-signature(5)).
 *
 *   seconds  until the signer is killed
 *   commit   the bytes of the object, unchanged unless RK_OK
 *
 * RK_ENOINPUT: an unknown format, or the key or the program is missing.
 * RK_EIO: the signer failed (err->msg has its own message), took too long, or did not write a signature.
 * RK_ENOMEM.
 */
enum rk_rc rk_sign(git_repository *git, unsigned seconds, struct rk_strbuf *commit, struct rk_err *err);

#endif
