#include <string.h>

#include "release/digest.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "process/file.h"

#define FILE_BYTES (64u << 20)	/* the largest file that is read */

bool
rk_digest_is(const char *s)
{
	static const struct { const char *name; size_t digits; } kinds[] = { { "sha256:", 64 }, { "sha512:", 128 } };
	size_t i, n;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		n = strlen(kinds[i].name);
		if (strncmp(s, kinds[i].name, n) == 0)
			return strspn(s + n, "0123456789abcdef") == kinds[i].digits && !s[n + kinds[i].digits];
	}
	return false;
}

/* Read a line, which is divided in place, and take its digest if it is the commit's. */
static enum rk_rc
read_line(char *line, const char *commit, struct rk_strbuf *digest, struct rk_err *err)
{
	char *value = line + strcspn(line, " \t");

	if (!*line || *line == '#')
		return RK_OK;
	if (*value)
		*value++ = '\0';
	value += strspn(value, " \t");
	if (rk_validate_oid(line, strlen(line)) || !rk_digest_is(value))
		return rk_err_set(err, RK_EDATA, "expected a commit's whole id and a digest (sha256:...), separated by a blank");
	if (strcmp(line, commit) != 0 || (digest->len && strcmp(digest->data, value) == 0))
		return RK_OK;
	if (digest->len)
		return rk_err_set(err, RK_EDATA, "a second digest for the commit %s", commit);
	rk_strbuf_puts(digest, value);
	return RK_OK;
}

enum rk_rc
rk_digest_find(const char *file, const char *commit, struct rk_strbuf *digest, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = rk_file_read(file, FILE_BYTES, &text, err);
	char *line, *end;
	size_t n = 1;

	for (line = text.data; rc == RK_OK && text.len && line < text.data + text.len; line = end + 1, n++) {
		end = memchr(line, '\n', (size_t)(text.data + text.len - line));
		if (!end)
			end = text.data + text.len;
		*end = '\0';
		if (end > line && end[-1] == '\r')
			end[-1] = '\0';
		rc = read_line(line, commit, digest, err);
		if (rc != RK_OK)
			rk_err_prefix(err, rc, "%s:%zu", file, n);
	}
	rk_strbuf_free(&text);
	return rc;
}
