#ifndef RK_SIGN_H
#define RK_SIGN_H

#include <stdbool.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/git.h"

/*
 * Signing a commit as Git is configured to, with the signer that Git would run, called as Git calls it: git-config(1)
 * on commit.gpgSign, gpg.format, gpg.program, gpg.<format>.program, gpg.ssh.defaultKeyCommand and user.signingKey;
 * gitformat-signature(5) on where the signature goes.  The formats are openpgp and ssh.
 */

#define RK_SIGN_SECONDS 30	/* that a signer may take, a touch on a token included */

/* Is every commit to be signed (commit.gpgSign)?  RK_ENOINPUT: its value is neither yes nor no.  RK_EIO, RK_ENOMEM. */
enum rk_rc rk_sign_wanted(git_repository *git, bool *wanted, struct rk_err *err);

/*
 * Give a commit its signature: commit holds the bytes of the object, without one, and on RK_OK has the header gpgsig
 * behind the others.  Unless RK_OK it is as it was.
 *
 *   seconds	that the signer may take; then it is killed
 *
 * RK_ENOINPUT: the format is another, there is no key, or no such program.
 * RK_EIO: the signer failed (its own message is in err->msg), took too long, or what it wrote is no signature.
 * RK_ENOMEM.
 */
enum rk_rc rk_sign(git_repository *git, unsigned seconds, struct rk_strbuf *commit, struct rk_err *err);

#endif
