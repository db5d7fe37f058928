#include <string.h>

#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/option.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "git/git_confine.h"
#include "git/trailer.h"
#include "process/file.h"
#include "publish/publish.h"
#include "yaml/json_patch.h"

#define MANIFEST_BYTES (16u << 20)

enum { BRANCH = 1, ONTO, PARTIAL, DIFF, TRAILER, SIGN, UPDATE, PUSH, TIMEOUT, PATCH, STRICT, DOCUMENT, CHECK };

static const struct rk_option options[] = {
	{ 'C', "repo", "DIR", "the GitOps repository (default: .)" },
	{ BRANCH, "branch", "BRANCH", "the branch to commit to" },
	{ ONTO, "onto", "BRANCH", "make --branch a proposal for this branch" },
	{ PARTIAL, "partial", NULL, "let a refusal stop only its own tenant" },
	{ 'n', "dry-run", NULL, "do everything except write to the repository" },
	{ DIFF, "diff", NULL, "write the changes as git diff does, instead of records" },
	{ TRAILER, "trailer", "KEY: VALUE", "add a trailer to the commit (may be repeated)" },
	{ SIGN, "sign", NULL, "sign the commit as Git is configured to" },
	{ PUSH, "push", "REMOTE", "use the branches of this remote, and push the commit to it" },
	{ TIMEOUT, "timeout", "SECONDS", "with --push: limit each git command (default: 300)" },
	{ UPDATE, "update-worktree", NULL, "update a clean work tree that has the branch checked out" },
	{ PATCH, "patch", "FILE", "apply a JSON Patch to the manifest on standard input, without Git" },
	{ STRICT, "strict", NULL, "with --patch: refuse an add that would replace a member" },
	{ DOCUMENT, "document", "N", "with --patch: the document to patch if there are several, from 0" },
	{ CHECK, "check", NULL, "with --patch: write nothing; the status says whether it applies" },
	RK_OPTION_UNFRAMED,
	{ 0 }
};

/* Check that the options can be combined. */
static enum rk_rc
check(const char *const arg[128], struct rk_err *err)
{
	const bool commits = arg[BRANCH] || arg[ONTO] || arg['C'] || arg[PARTIAL] || arg['n'] || arg[DIFF] || arg[TRAILER] ||
	    arg[SIGN] || arg[UPDATE] || arg[PUSH] || arg[TIMEOUT];

	if (arg[PATCH] && commits)
		return rk_err_set(err, RK_EUSAGE, "--patch can be combined with --strict, --document and --check only");
	if (!arg[PATCH] && !arg[BRANCH])
		return rk_err_set(err, RK_EUSAGE, "one of --branch and --patch is required");
	if (!arg[PATCH] && (arg[STRICT] || arg[DOCUMENT] || arg[CHECK]))
		return rk_err_set(err, RK_EUSAGE, "--strict, --document and --check require --patch");
	if (arg[PUSH] && arg[UPDATE])
		return rk_err_set(err, RK_EUSAGE, "--update-worktree cannot be combined with --push");
	if (arg[TIMEOUT] && !arg[PUSH])
		return rk_err_set(err, RK_EUSAGE, "--timeout requires --push");
	if (arg[ONTO] && strcmp(arg[ONTO], arg[BRANCH]) == 0)
		return rk_err_set(err, RK_EUSAGE, "--branch and --onto name the same branch");
	return RK_OK;
}

/* Act as a plain filter: patch the manifest on standard input. */
static enum rk_rc
patch(struct rk_io *io, const char *const arg[128], struct rk_err *err)
{
	struct rk_json_patch_options how = { .document = -1, .strict = arg[STRICT] };
	struct rk_strbuf text = { 0 }, patched = { 0 };
	const char *manifest;
	unsigned long document;
	size_t len;
	json_t *json = NULL;
	enum rk_rc rc = RK_OK;

	if (arg[DOCUMENT]) {
		rc = rk_option_number("document", arg[DOCUMENT], 1000000, &document, err);
		how.document = (long)document;
	}
	if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .file = { arg[PATCH] } }, io, err);
	if (rc == RK_OK)
		rc = rk_file_read(arg[PATCH], MANIFEST_BYTES, &text, err);
	if (rc == RK_OK && (rc = rk_json_parse(rk_strbuf_str(&text), text.len, &json, err)) != RK_OK)
		rk_err_prefix(err, rc, "%s", arg[PATCH]);
	if (rc == RK_OK)
		rc = rk_io_all(io, MANIFEST_BYTES, "the manifest", &manifest, &len, err);
	if (rc == RK_OK)
		rc = rk_json_patch_apply(manifest, len, &how, json, &patched, err);
	if (rc == RK_OK && !arg[CHECK])
		rc = rk_io_write(io, rk_strbuf_str(&patched), patched.len, err);
	json_decref(json);
	rk_strbuf_free(&text);
	rk_strbuf_free(&patched);
	return rc;
}

static enum rk_rc
commit(struct rk_io *io, const char *const arg[128], json_t *trailers, json_t *ending, struct rk_err *err)
{
	struct rk_publish_options how = { .dir = arg['C'] ? arg['C'] : ".", .branch = arg[BRANCH], .onto = arg[ONTO],
		.trailers = trailers, .partial = arg[PARTIAL], .dry_run = arg['n'], .diff = arg[DIFF], .sign = arg[SIGN],
		.update = arg[UPDATE], .remote = arg[PUSH] };
	enum rk_rc rc = rk_option_seconds(arg[TIMEOUT], &how.seconds, err);
	struct rk_publish *publish = NULL;
	json_t *record;
	size_t i;

	for (i = 0; i < io->n_given && rc == RK_OK; i++)
		if (io->given[i].letter == TRAILER)
			rc = rk_trailer_add_given(trailers, io->given[i].value, err);
	if (rc == RK_OK)
		rc = rk_publish_open(&how, &publish, err);
	if (rc == RK_OK)
		rc = rk_git_confine(&(struct rk_git_confine){ .repo = { how.dir }, .write = !how.dry_run, .remove = how.onto,
		    .programs = rk_publish_runs_programs(publish) }, io, err);
	while (rc == RK_OK && (rc = rk_record_next(io, "patch refused", &record, err)) == RK_OK) {
		rc = rk_publish_add(publish, io, record, err);
		json_decref(record);
	}
	if (rc == RK_END)
		rc = rk_publish_run(publish, io, err);
	if (rc == RK_OK)
		rk_publish_ending(publish, ending);
	rk_publish_close(publish);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct rk_io io = { .prog = "applypatch", .options = options,
		.about = "Apply patches to manifests as one commit." };
	json_t *trailers, *ending;
	const char *arg[128] = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc;

	rk_option_parse(&io, argc, argv, arg);
	trailers = rk_json_pack("{}");	/* only from here on does jansson allocate as we do */
	ending = rk_json_pack("{}");

	io.plain = arg[PATCH] || arg[DIFF];
	rc = check(arg, &err);
	if (rc == RK_OK)
		rc = arg[PATCH] ? patch(&io, arg, &err) : commit(&io, arg, trailers, ending, &err);
	json_decref(trailers);
	return rk_record_done_with(&io, rc, ending, &err);
}
