#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/git_merge.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/config.h"
#include "git/git.h"
#include "merge/scratch_repo.h"

/* Output that consists of strings, each with its NUL. */
struct reader {
	const char *at, *end;
};

static struct reader
reader_of(const struct rk_strbuf *output)
{
	return (struct reader){ rk_strbuf_str(output), rk_strbuf_str(output) + output->len };
}

/* Read the next string; NULL if there is none. */
static const char *
next(struct reader *r)
{
	const char *s = r->at, *nul = s < r->end ? memchr(s, '\0', (size_t)(r->end - s)) : NULL;

	if (!nul)
		return NULL;
	r->at = nul + 1;
	return s;
}

/* A result, and the output in which its strings are. */
struct reading {
	struct rk_git_merge_result result;	/* first: callers have its address */
	struct rk_strbuf output;
	size_t stages_size, messages_size;
};

/* Read "<mode> <oid> <stage>\t<path>". */
static enum rk_rc
read_stage(struct reading *reading, const char *s, struct rk_err *err)
{
	struct rk_git_merge_result *result = &reading->result;
	struct rk_git_merge_stage *stage;
	char *rest;

	rk_memory_grow(&result->stage, result->n_stages, &reading->stages_size, sizeof *stage);
	stage = &result->stage[result->n_stages];
	stage->mode = (unsigned)strtoul(s, &rest, 8);
	if (strspn(s, "01234567") != 6 || strlen(rest) < 1 + GIT_OID_HEXSZ + 3 || *rest != ' '
	    || git_oid_fromstrn(&stage->oid, rest + 1, GIT_OID_HEXSZ) < 0)
		return rk_err_set(err, RK_EIO, "git merge-tree: unexpected line \"%s\"", s);
	rest += 1 + GIT_OID_HEXSZ;
	stage->stage = rest[1] - '0';
	if (rest[0] != ' ' || stage->stage < 1 || stage->stage > 3 || rest[2] != '\t')
		return rk_err_set(err, RK_EIO, "git merge-tree: unexpected line \"%s\"", s);
	stage->path = rest + 3;
	result->n_stages++;
	return RK_OK;
}

/* Read the number of paths, which is count, the paths, the type, and the text. */
static enum rk_rc
read_message(struct reading *reading, struct reader *r, const char *count, struct rk_err *err)
{
	struct rk_git_merge_result *result = &reading->result;
	struct rk_git_merge_message *message;
	size_t i;

	rk_memory_grow(&result->message, result->n_messages, &reading->messages_size, sizeof *message);
	message = &result->message[result->n_messages];
	message->path = r->at;
	message->n_paths = strtoul(count, NULL, 10);
	for (i = 0; i < message->n_paths && next(r); i++)
		;
	message->type = next(r);
	if (i < message->n_paths || !message->type || !next(r))
		return rk_err_set(err, RK_EIO, "git merge-tree: unexpected form of a message");
	result->n_messages++;
	return RK_OK;
}

static enum rk_rc
read_result(struct reading *reading, struct rk_err *err)
{
	struct reader r = reader_of(&reading->output);
	const char *s = next(&r);
	enum rk_rc rc = RK_OK;

	if (!s || strlen(s) != GIT_OID_HEXSZ || git_oid_fromstr(&reading->result.tree, s) < 0)
		return rk_err_set(err, RK_EIO, "git merge-tree: expected the id of a tree, got \"%s\"", s ? s : "");
	while (rc == RK_OK && (s = next(&r)) && *s)
		rc = read_stage(reading, s, err);
	while (rc == RK_OK && (s = next(&r)))
		rc = read_message(reading, &r, s, err);
	return rc;
}

enum rk_rc
rk_git_merge_tree(const struct rk_git_merge *merge, bool relocate, struct rk_git_merge_result **result, struct rk_err *err)
{
	char ours[RK_OID_HEX], theirs[RK_OID_HEX];
	const char *const arguments[] = { "-c", "merge.directoryRenames=true", "merge-tree", "--write-tree", "-z",
		git_oid_tostr(ours, sizeof ours, &merge->ours), git_oid_tostr(theirs, sizeof theirs, &merge->theirs), NULL };
	struct rk_git_command command = { 0 };
	struct reading *reading = rk_memory_calloc(1, sizeof *reading);
	enum rk_rc rc;

	*result = NULL;
	rc = rk_scratch_repo_run(merge->repo, merge->dir, arguments + (relocate ? 0 : 2), 1, &command, err);
	reading->output = command.out;
	command.out = (struct rk_strbuf){ 0 };
	rk_git_command_free(&command);
	if (rc == RK_OK)
		rc = read_result(reading, err);
	if (rc == RK_OK)
		*result = &reading->result;
	else
		rk_git_merge_free(&reading->result);
	return rc;
}

void
rk_git_merge_free(struct rk_git_merge_result *result)
{
	struct reading *reading = (struct reading *)result;

	if (!reading)
		return;
	rk_strbuf_free(&reading->output);
	free(result->stage);
	free(result->message);
	free(reading);
}

enum rk_rc
rk_git_merge_ours(const struct rk_git_merge *merge, git_oid *tree, struct rk_err *err)
{
	char ours[RK_OID_HEX], theirs[RK_OID_HEX];
	/* no file is checked out, because there are no sparse patterns, but all are in the index */
	const char *const checkout[] = { "-c", "core.sparseCheckout=true", "checkout", "-q", "-f", "--detach",
		git_oid_tostr(ours, sizeof ours, &merge->ours), NULL };
	const char *const arguments[] = { "-c", "core.sparseCheckout=true", "merge", "-q", "-X", "ours", "--no-commit", "--no-ff",
		"--no-verify", "--no-verify-signatures", "--no-autostash", "--no-edit", "--no-log", "--no-gpg-sign",
		git_oid_tostr(theirs, sizeof theirs, &merge->theirs), NULL };
	const char *const write_tree[] = { "write-tree", NULL };
	struct rk_git_command command = { 0 };
	enum rk_rc rc = rk_scratch_repo_run(merge->repo, merge->dir, checkout, 0, &command, err);

	if (rc == RK_OK)
		rc = rk_scratch_repo_run(merge->repo, merge->dir, arguments, 1, &command, err);
	if (rc == RK_OK && command.status == 1)
		rc = rk_err_refuse(err, RK_CODE_CONFLICT, "git merge -X ours ends with a conflict");
	if (rc == RK_OK)
		rc = rk_scratch_repo_run(merge->repo, merge->dir, write_tree, 0, &command, err);
	if (rc == RK_OK && (command.out.len < GIT_OID_HEXSZ || git_oid_fromstrn(tree, command.out.data, GIT_OID_HEXSZ) < 0))
		rc = rk_err_set(err, RK_EIO, "git write-tree: expected the id of a tree, got \"%s\"", rk_strbuf_str(&command.out));
	rk_git_command_free(&command);
	return rc;
}

/* Look at a driver by its name, which may be that of none: Git then merges the file as text. */
static enum rk_rc
is_other_driver(git_repository *git, const char *name, bool *is_other, struct rk_err *err)
{
	struct rk_strbuf key = { 0 }, command = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&key, "merge.%s.driver", name);
	rc = rk_config_string(git, key.data, &command, err);
	/* -X ours does not resolve what "union" leaves */
	*is_other = rc == RK_OK || strcmp(name, "union") == 0;
	rk_strbuf_free(&key);
	rk_strbuf_free(&command);
	return rc == RK_END ? RK_OK : rc;
}

enum rk_rc
rk_git_merge_driver(const struct rk_git_merge *merge, git_repository *git, const char *path, bool *is_other,
    struct rk_err *err)
{
	const char *const arguments[] = { "check-attr", "-z", "merge", "--", path, NULL };
	struct rk_git_command command = { 0 };
	struct rk_strbuf name = { 0 };
	const char *value = NULL;
	struct reader r;
	int i;
	enum rk_rc rc = rk_scratch_repo_run(merge->repo, merge->dir, arguments, 0, &command, err);

	r = reader_of(&command.out);
	for (i = 0; i < 3; i++)		/* the path, "merge", and its value */
		value = next(&r);
	if (rc == RK_OK && !value)
		rc = rk_err_set(err, RK_EIO, "git check-attr: unexpected output");
	else if (rc == RK_OK && strcmp(value, "unspecified") == 0)
		rc = rk_config_string(git, "merge.default", &name, err);
	else if (rc == RK_OK)
		rk_strbuf_puts(&name, strcmp(value, "set") == 0 ? "text" : strcmp(value, "unset") == 0 ? "binary" : value);
	if (rc == RK_OK || rc == RK_END)
		rc = RK_OK;
	if (rc == RK_OK)
		rc = is_other_driver(git, name.len ? name.data : "text", is_other, err);
	rk_git_command_free(&command);
	rk_strbuf_free(&name);
	return rc;
}
