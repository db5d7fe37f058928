#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "git/sign.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/config.h"
#include "git/git.h"
#include "process/file.h"
#include "process/scratch.h"
#include "process/subprocess.h"

/*
 * git commit-tree -S would be 280 lines less, and knows every format.  But with Git 2.39 the user does not get gpg's own
 * message, a program that cannot be run is not told from a signer that fails, and an answer that is not a signature
 * becomes part of the commit.
 */

#define SIGNATURE_BYTES (64u << 10)
#define WORDS 64		/* of a defaultKeyCommand */

/* One signature being made. */
struct job {
	git_repository *git;
	unsigned seconds;
	const struct rk_strbuf *commit;
	struct rk_strbuf program, key, signature;
};

/* What a signature in ASCII armour looks like. */
struct armour {
	const char *begin, *end;
	const char *const *starts;	/* what the base64 inside may start with */
};

/* RFC 4880, 4.2: the first octet says that it is a signature packet, in the old or the new form. */
static const char *const packets[] = { "i", "w", NULL };
static const struct armour openpgp = { "-----BEGIN PGP SIGNATURE-----", "-----END PGP SIGNATURE-----", packets };

/* OpenSSH's PROTOCOL.sshsig: the magic "SSHSIG". */
static const char *const magics[] = { "U1NIU0lH", NULL };
static const struct armour ssh = { "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----", magics };

/* Configuration */

static enum rk_rc
bad_config(const char *name, int result, struct rk_err *err)
{
	rk_git_fail(err, result, "the Git configuration: %s", name);
	return RK_ENOINPUT;
}

enum rk_rc
rk_sign_configured(git_repository *git, bool *configured, struct rk_err *err)
{
	enum rk_rc rc = rk_config_bool(git, "commit.gpgSign", configured, err);

	return rc == RK_END ? RK_OK : rc;
}

/* Append a setting to value, which stays as it is where there is none. */
static enum rk_rc
setting(const struct job *job, const char *name, struct rk_strbuf *value, struct rk_err *err)
{
	enum rk_rc rc = rk_config_string(job->git, name, value, err);

	return rc == RK_END ? RK_OK : rc;
}

/* Make of a path what Git makes of it: "~/" is the home, and it starts at the top of the work tree. */
static enum rk_rc
expand(const struct job *job, struct rk_strbuf *path, struct rk_err *err)
{
	const char *top = git_repository_workdir(job->git);
	git_buf whole = { 0 };
	int result = git_config_parse_path(&whole, rk_strbuf_str(path));

	if (result < 0)
		return bad_config(rk_strbuf_str(path), result, err);
	rk_strbuf_clear(path);
	if (whole.ptr[0] != '/')
		rk_strbuf_puts(path, top ? top : git_repository_path(job->git));
	rk_strbuf_add(path, whole.ptr, whole.size);
	git_buf_dispose(&whole);
	return RK_OK;
}

/* The program of the setting, or of the one after it, or the usual one. */
static enum rk_rc
find_program(struct job *job, const char *name, const char *older, const char *usual, struct rk_err *err)
{
	enum rk_rc rc = setting(job, name, &job->program, err);

	if (rc == RK_OK && job->program.len == 0 && older)
		rc = setting(job, older, &job->program, err);
	if (rc == RK_OK && job->program.len == 0)
		rk_strbuf_puts(&job->program, usual);
	if (rc == RK_OK && strchr(rk_strbuf_str(&job->program), '/'))
		return expand(job, &job->program, err);
	return rc;
}

/* Running */

/* Append the lines of standard error as one line, without those that gpg writes for programs. */
static void
add_said(struct rk_strbuf *line, const struct rk_strbuf *said)
{
	const char *at = rk_strbuf_str(said), *end;
	const char *between = ": ";

	for (; *at; at = end + (*end == '\n')) {
		end = at + strcspn(at, "\n");
		if (end == at || strncmp(at, "[GNUPG:] ", 9) == 0)
			continue;
		rk_strbuf_puts(line, between);
		rk_strbuf_add(line, at, (size_t)(end - at) - (end[-1] == '\r'));
		between = "; ";
	}
}

static enum rk_rc
failed(const char *program, const char *what, const struct rk_strbuf *said, struct rk_err *err)
{
	struct rk_strbuf line = { 0 };
	enum rk_rc rc;

	add_said(&line, said);
	rc = rk_err_set(err, RK_EIO, "%s %s%s", program, what, rk_strbuf_str(&line));
	rk_strbuf_free(&line);
	return rc;
}

/* Run argv on in; a status that is not 0 is a failure. */
static enum rk_rc
run(const struct job *job, const char *const *argv, const struct rk_strbuf *in, struct rk_strbuf *out, struct rk_strbuf *said,
    struct rk_err *err)
{
	const struct rk_subprocess child = { .argv = argv, .in = in ? in->data : NULL, .in_len = in ? in->len : 0,
		.seconds = job->seconds, .limit = SIGNATURE_BYTES };
	enum rk_rc rc;
	char what[64];
	int status;

	rc = rk_subprocess_run(&child, out, said, &status, err);
	snprintf(what, sizeof what, "failed with status %d", status);
	return rc == RK_OK && status != 0 ? failed(argv[0], what, said, err) : rc;
}

/* Is the text one signature, and nothing else?  Whether it is a good one is git verify-commit's to say. */
static bool
is_signature(const struct rk_strbuf *text, const struct armour *armour)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\n";
	const char *body = rk_strbuf_str(text), *end = strstr(body, armour->end), *headers;
	const char *const *start = armour->starts;

	if (strlen(body) != text->len || !end || strncmp(body, armour->begin, strlen(armour->begin)) != 0)
		return false;
	body += strlen(armour->begin);
	headers = strstr(body, "\n\n");
	body = headers && headers < end ? headers + 2 : body + 1;
	while (*start && strncmp(body, *start, strlen(*start)) != 0)
		start++;
	return *start && body[-1] == '\n' && end[-1] == '\n' && strspn(body, base64) == (size_t)(end - body) &&
	    strspn(end + strlen(armour->end), "\n") == strlen(end + strlen(armour->end));
}

/* Take the signature that a program made; carriage returns go, as Git lets them go. */
static enum rk_rc
take_signature(struct job *job, const struct rk_strbuf *made, const struct armour *armour, const struct rk_strbuf *said,
    struct rk_err *err)
{
	size_t i;

	for (i = 0; i < made->len; i++)
		if (made->data[i] != '\r')
			rk_strbuf_putc(&job->signature, made->data[i]);
	return is_signature(&job->signature, armour) ? RK_OK
						     : failed(job->program.data, "wrote no signature", said, err);
}

/* OpenPGP */

/* The committer, "Ann <ann@example.com>", for whom gpg finds a key. */
static enum rk_rc
add_committer(struct job *job, struct rk_err *err)
{
	const char *line = strstr(job->commit->data, "\ncommitter "), *end;

	end = line ? strchr(line, '>') : NULL;
	if (!end)
		return rk_err_set(err, RK_EBUG, "a commit without a committer");
	line += strlen("\ncommitter ");
	rk_strbuf_add(&job->key, line, (size_t)(end + 1 - line));
	return RK_OK;
}

static enum rk_rc
sign_openpgp(struct job *job, struct rk_err *err)
{
	static const char created[] = "[GNUPG:] SIG_CREATED ";
	struct rk_strbuf out = { 0 }, said = { 0 };
	const char *argv[] = { NULL, "--status-fd=2", "-bsau", NULL, NULL }, *status;
	enum rk_rc rc = find_program(job, "gpg.openpgp.program", "gpg.program", "gpg", err);

	if (rc == RK_OK && job->key.len == 0)
		rc = add_committer(job, err);
	argv[0] = job->program.data;
	argv[3] = job->key.data;
	if (rc == RK_OK)
		rc = run(job, argv, job->commit, &out, &said, err);
	if (rc == RK_OK) {
		status = strstr(rk_strbuf_str(&said), created);
		if (!status || (status > said.data && status[-1] != '\n'))
			rc = failed(argv[0], "did not sign", &said, err);
		else
			rc = take_signature(job, &out, &openpgp, &said, err);
	}
	rk_strbuf_free(&out);
	rk_strbuf_free(&said);
	return rc;
}

/* SSH */

/* The words of a command line, as Git's split_cmdline() has them: quotes and backslashes, no shell.  false: it has none. */
static bool
split(char *line, const char *words[WORDS + 1])
{
	char *to = line, quote = '\0';
	size_t n = 0;

	while (*line) {
		line += strspn(line, " \t\n");
		if (!*line)
			break;
		if (n == WORDS)
			return false;
		words[n++] = to;
		for (; *line && (quote || !strchr(" \t\n", *line)); line++) {
			if (*line == quote) {
				quote = '\0';
			} else if (!quote && (*line == '\'' || *line == '"')) {
				quote = *line;
			} else {
				if (*line == '\\' && quote != '\'' && !*++line)
					return false;
				*to++ = *line;
			}
		}
		line += *line != '\0';
		*to++ = '\0';
	}
	words[n] = NULL;
	return n > 0 && !quote;
}

/* "key::ssh-ed25519 AAAA..." or, as older versions of Git have it, without the mark; NULL: it is a file's name. */
static const char *
literal_key(const char *key)
{
	if (strncmp(key, "key::", 5) == 0)
		return key + 5;
	return strncmp(key, "ssh-", 4) == 0 ? key : NULL;
}

/* The key that gpg.ssh.defaultKeyCommand names in its first line. */
static enum rk_rc
ask_for_key(struct job *job, struct rk_err *err)
{
	struct rk_strbuf command = { 0 }, said = { 0 };
	const char *argv[WORDS + 1];
	enum rk_rc rc = setting(job, "gpg.ssh.defaultkeycommand", &command, err);

	if (rc == RK_OK && command.len == 0)
		rc = rk_err_set(err, RK_ENOINPUT, "no key to sign with: set git config user.signingKey, or gpg.ssh.defaultKeyCommand");
	if (rc == RK_OK && !split(command.data, argv))
		rc = rk_err_set(err, RK_ENOINPUT, "invalid gpg.ssh.defaultKeyCommand");
	if (rc == RK_OK)
		rc = run(job, argv, NULL, &job->key, &said, err);
	if (rc == RK_OK) {
		job->key.len = strcspn(rk_strbuf_str(&job->key), "\r\n");
		if (job->key.data)
			job->key.data[job->key.len] = '\0';
		if (!literal_key(rk_strbuf_str(&job->key)))
			rc = failed(argv[0], "(gpg.ssh.defaultKeyCommand) names no key", &said, err);
	}
	rk_strbuf_free(&command);
	rk_strbuf_free(&said);
	return rc;
}

/* A new file with these bytes; the directory's path, at the start of path, is dir_len bytes long. */
static enum rk_rc
put_file(struct rk_strbuf *path, size_t dir_len, const char *name, const char *bytes, size_t len, struct rk_err *err)
{
	bool whole;
	FILE *f;

	path->len = dir_len;
	rk_strbuf_printf(path, "/%s", name);
	f = fopen(path->data, "wxe");
	whole = f && fwrite(bytes, 1, len, f) == len;
	if (f && fclose(f) != 0)
		whole = false;
	return whole ? RK_OK : rk_err_set(err, RK_EIO, "%s: %s", path->data, strerror(errno));
}

/* Sign with the files for it in a directory of their own. */
static enum rk_rc
sign_in(struct job *job, const char *dir, struct rk_err *err)
{
	struct rk_strbuf path = { 0 }, said = { 0 }, out = { 0 };
	const size_t dir_len = strlen(dir);
	const char *literal = literal_key(job->key.data);
	const char *argv[] = { job->program.data, "-Y", "sign", "-n", "git", "-f", job->key.data, NULL, NULL };
	struct rk_err why = { 0 };
	enum rk_rc rc;

	rk_strbuf_puts(&path, dir);
	if (literal) {
		rc = put_file(&path, dir_len, "key", literal, strlen(literal), err);
		rk_strbuf_clear(&job->key);
		rk_strbuf_add(&job->key, rk_strbuf_str(&path), path.len);
		argv[6] = job->key.data;
	} else {
		rc = expand(job, &job->key, err);
		argv[6] = job->key.data;
	}
	if (rc == RK_OK)
		rc = put_file(&path, dir_len, "commit", job->commit->data, job->commit->len, err);
	argv[7] = path.data;
	if (rc == RK_OK)
		rc = run(job, argv, NULL, &out, &said, err);
	rk_strbuf_clear(&out);
	rk_strbuf_puts(&path, ".sig");
	if (rc == RK_OK) {
		rk_file_read(path.data, SIGNATURE_BYTES, &out, &why);	/* if there is none, the signer's messages say why */
		rc = take_signature(job, &out, &ssh, &said, err);
	}
	rk_strbuf_free(&path);
	rk_strbuf_free(&said);
	rk_strbuf_free(&out);
	return rc;
}

/* As Git does it: a signer other than ssh-keygen knows no other way than files. */
static enum rk_rc
sign_ssh(struct job *job, struct rk_err *err)
{
	struct rk_scratch scratch = { .dir = NULL };
	enum rk_rc rc = find_program(job, "gpg.ssh.program", NULL, "ssh-keygen", err);

	if (rc == RK_OK && job->key.len == 0)
		rc = ask_for_key(job, err);
	if (rc == RK_OK)
		rc = rk_scratch_open(NULL, "ringkit-sign.", &scratch, err);
	if (rc == RK_OK)
		rc = sign_in(job, scratch.dir, err);
	rk_scratch_close(&scratch);
	return rc;
}

/* Insert the signature: each of its lines after a space, the first after the header's name. */
static void
insert(struct rk_strbuf *commit, const struct rk_strbuf *signature)
{
	const size_t headers = (size_t)(strstr(commit->data, "\n\n") + 1 - commit->data);
	const char *line = signature->data, *end;
	struct rk_strbuf whole = { 0 };

	rk_strbuf_add(&whole, commit->data, headers);
	rk_strbuf_puts(&whole, "gpgsig");
	for (; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		rk_strbuf_printf(&whole, " %.*s\n", (int)(end - line), line);
	}
	rk_strbuf_add(&whole, commit->data + headers, commit->len - headers);
	rk_strbuf_free(commit);
	*commit = whole;
}

enum rk_rc
rk_sign(git_repository *git, unsigned seconds, struct rk_strbuf *commit, struct rk_err *err)
{
	struct job job = { .git = git, .seconds = seconds, .commit = commit };
	struct rk_strbuf format = { 0 };
	enum rk_rc rc = setting(&job, "gpg.format", &format, err);

	if (rc == RK_OK)
		rc = setting(&job, "user.signingkey", &job.key, err);
	if (rc == RK_OK && strcmp(rk_strbuf_str(&format), "ssh") == 0)
		rc = sign_ssh(&job, err);
	else if (rc == RK_OK && (format.len == 0 || strcmp(format.data, "openpgp") == 0))
		rc = sign_openpgp(&job, err);
	else if (rc == RK_OK)
		rc = rk_err_set(err, RK_ENOINPUT, "gpg.format is \"%s\": commits are signed with openpgp or ssh here", format.data);
	if (rc == RK_OK)
		insert(commit, &job.signature);
	if (rc != RK_OK)
		rk_err_prefix(err, rc, "the commit is not signed");
	rk_strbuf_free(&format);
	rk_strbuf_free(&job.program);
	rk_strbuf_free(&job.key);
	rk_strbuf_free(&job.signature);
	return rc;
}
