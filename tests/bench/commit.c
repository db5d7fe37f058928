/*
 * commit REPO BRANCH: only the Git half of applypatch.  Standard input has the files that change, each as
 * "<path> <bytes>" on a line and then that many bytes.  All of them are committed to the branch in one commit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "git/commit.h"
#include "git/git.h"
#include "git/ident.h"
#include "git/quarantine.h"
#include "git/ref.h"

static enum rk_rc
put_all(struct rk_commit *commit, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	char path[4096], *bytes;
	size_t len;

	while (rc == RK_OK && scanf("%4095s %zu", path, &len) == 2) {
		bytes = malloc(len + 1);
		if (!bytes || getchar() != '\n' || fread(bytes, 1, len, stdin) != len)
			rc = rk_err_set(err, RK_EDATA, "%s: not %zu bytes", path, len);
		else
			rc = rk_commit_put(commit, path, bytes, len, err);
		free(bytes);
	}
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_commit *commit = NULL;
	struct rk_strbuf text = { 0 };
	git_repository *git = NULL;
	struct rk_err err = { 0 };
	struct rk_ref *ref = NULL;
	struct rk_quarantine *quarantine = NULL;
	git_oid tip, made;
	enum rk_rc rc;

	if (argc != 3)
		return 2;
	rc = rk_git_open(argv[1], &git, &err);
	if (rc == RK_OK)
		rc = rk_ref_open(git, argv[2], 0, &ref, &err);
	if (rc == RK_OK)
		rc = rk_ref_tip(ref, &tip, &err);
	if (rc == RK_OK)
		rc = rk_commit_new(git, &tip, &commit, &err);
	if (rc == RK_OK)
		rc = put_all(commit, &err);
	if (rc == RK_OK)
		rc = rk_commit_draft(commit, "Bench\n", &text, &err);
	if (rc == RK_OK)
		rc = rk_commit_make(commit, &text, &made, &err);
	if (rc == RK_OK)
		rc = rk_commit_write(commit, &quarantine, &err);
	if (rc == RK_OK)
		rc = rk_ident_log(git, &err);
	if (rc == RK_OK)
		rc = rk_ref_move(ref, &tip, &made, quarantine, "bench: commit", &err);
	if (rc != RK_OK)
		fprintf(stderr, "%s\n", err.msg);
	rk_quarantine_close(quarantine);
	rk_commit_free(commit);
	rk_strbuf_free(&text);
	rk_ref_close(ref);
	rk_git_close(git);
	return rc != RK_OK;
}
