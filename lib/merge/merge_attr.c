#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge_attr.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "git/config.h"
#include "git/git.h"
#include "process/file.h"

#define FILE_BYTES (16u << 20)	/* the largest attribute file that is read */

/* Append a file, if there is one, and a newline. */
static enum rk_rc
add_file(struct rk_strbuf *text, const char *path, struct rk_err *err)
{
	FILE *file = fopen(path, "re");
	enum rk_rc rc;

	if (!file)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? RK_OK
		    : rk_err_set(err, RK_EIO, "cannot read %s: %s", path, strerror(errno));
	fclose(file);
	rc = rk_file_read(path, FILE_BYTES, text, err);
	rk_strbuf_putc(text, '\n');
	return rc == RK_OK ? RK_OK : RK_EIO;
}

static enum rk_rc
add_below(struct rk_strbuf *text, const char *dir, const char *file, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&path, "%s/%s", dir, file);
	rc = add_file(text, path.data, err);
	rk_strbuf_free(&path);
	return rc;
}

/* Append the attribute file of the user. */
static enum rk_rc
add_global(git_repository *git, struct rk_strbuf *text, struct rk_err *err)
{
	const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	struct rk_strbuf name = { 0 };
	git_buf path = { 0 };
	enum rk_rc rc = rk_config_string(git, "core.attributesfile", &name, err);
	int result = rc == RK_OK ? git_config_parse_path(&path, rk_strbuf_str(&name)) : 0;

	rk_strbuf_free(&name);
	if (result < 0)
		return rk_git_fail(err, result, "the Git configuration: core.attributesFile");
	if (rc == RK_OK)
		rc = add_file(text, path.ptr, err);
	else if (rc != RK_END)
		return rc;
	else if (xdg && *xdg)
		rc = add_below(text, xdg, "git/attributes", err);
	else if (home)
		rc = add_below(text, home, ".config/git/attributes", err);
	git_buf_dispose(&path);
	return rc == RK_END ? RK_OK : rc;
}

enum rk_rc
rk_merge_attr_local(git_repository *git, struct rk_strbuf *text, struct rk_err *err)
{
	return add_below(text, git_repository_commondir(git), "info/attributes", err);
}

/* Set *all if the configuration changes how all files are merged. */
static enum rk_rc
read_config(git_repository *git, bool *all, struct rk_err *err)
{
	static const char *const names[] = { "merge.default", "merge.text.driver" };
	struct rk_strbuf value = { 0 };
	enum rk_rc rc = RK_END;
	bool renormalize = false;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0] && rc == RK_END; i++)
		rc = rk_config_string(git, names[i], &value, err);
	*all |= rc == RK_OK;
	if (rc == RK_OK || rc == RK_END)
		rc = rk_config_bool(git, "merge.renormalize", &renormalize, err);
	*all |= rc == RK_OK && renormalize;
	rk_strbuf_free(&value);
	return rc == RK_END ? RK_OK : rc;
}

enum rk_rc
rk_merge_attr_read(git_repository *git, struct rk_merge_attr *attributes, struct rk_err *err)
{
	const char *no_system = getenv("GIT_ATTR_NOSYSTEM");
	enum rk_rc rc;

	*attributes = (struct rk_merge_attr){ 0 };
	rc = read_config(git, &attributes->all, err);
	if (rc == RK_OK)
		rc = rk_merge_attr_local(git, &attributes->outside, err);
	if (rc == RK_OK)
		rc = add_global(git, &attributes->outside, err);
	if (rc == RK_OK && !(no_system && *no_system))
		rc = add_file(&attributes->outside, "/etc/gitattributes", err);
	return rc;
}

void
rk_merge_attr_free(struct rk_merge_attr *attributes)
{
	rk_strbuf_free(&attributes->outside);
}

static bool
holds(const char *s, size_t len, const char *word)
{
	size_t n = strlen(word), i;

	for (i = 0; i + n <= len; i++)
		if (memcmp(s + i, word, n) == 0)
			return true;
	return false;
}

static void
lower(char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* Return whether a pattern could match a file of that name.  Git may ignore the case (core.ignoreCase). */
static bool
could_match(const char *pattern, size_t len, const char *name)
{
	char p[256], n[512];

	if (len >= sizeof p || strlen(name) >= sizeof n || memchr(pattern, '/', len) || memchr(pattern, '[', len) ||
	    memchr(pattern, '\\', len))
		return true;
	memcpy(p, pattern, len);
	p[len] = '\0';
	memcpy(n, name, strlen(name) + 1);
	lower(p);
	lower(n);
	return fnmatch(p, n, 0) == 0;
}

bool
rk_merge_attr_names(const char *attributes, size_t len, const char *name)
{
	const char *line = attributes, *const end = attributes + len, *stop, *blank;

	for (; line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			stop = end;
		if (stop - line >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)	/* a byte order mark, which Git skips */
			line += 3;
		while (line < stop && (*line == ' ' || *line == '\t'))
			line++;
		for (blank = line; blank < stop && *blank != ' ' && *blank != '\t'; blank++)
			;
		/* "binary" is a macro that turns merging off; other macros are defined by "[attr]name ..." */
		if (line == stop || *line == '#' ||
		    (!holds(line, (size_t)(stop - line), "merge") && !holds(line, (size_t)(stop - line), "binary")))
			continue;
		if (*line == '"' || *line == '[' || could_match(line, (size_t)(blank - line), name))
			return true;
	}
	return false;
}
