#include <string.h>

#include "merge/displaced.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "git/git.h"

#define LOOKED_AT 8000	/* bytes in which Git looks for a NUL that makes a file binary (xdiff-interface.c) */

/* A string as JSON can hold it. */
static json_t *
shown(const char *s, size_t len)
{
	struct rk_strbuf text = { 0 };
	json_t *json = NULL;

	if (!memchr(s, '\0', len) && rk_utf8_valid(s, len) == len)
		return json_stringn(s, len);
	rk_strbuf_escape(&text, s, len);
	if (!text.failed)
		json = json_stringn(rk_strbuf_str(&text), text.len);
	rk_strbuf_free(&text);
	return json;
}

static json_t *
split(const char *text, size_t len)
{
	const char *const end = text + len, *stop;
	json_t *lines = json_array();

	for (; lines && text < end; text = stop + 1) {
		stop = memchr(text, '\n', (size_t)(end - text));
		if (!stop)
			stop = end;
		if (json_array_append_new(lines, shown(text, (size_t)(stop - text))) < 0) {
			json_decref(lines);
			return NULL;
		}
	}
	return lines;
}

enum rk_rc
rk_displaced_add(json_t *discarded, const char *path, const char *kind, size_t line, const char *text, size_t len,
    struct rk_err *err)
{
	json_t *one = json_pack("{so ss}", "path", shown(path, strlen(path)), "kind", kind);

	if (one && line && json_object_set_new(one, "line", json_integer((json_int_t)line)) < 0)
		goto fail;
	if (one && text && json_object_set_new(one, "lines", split(text, len)) < 0)
		goto fail;
	if (one && json_array_append_new(discarded, one) == 0)
		return RK_OK;
	return rk_err_nomem(err);
fail:
	json_decref(one);
	return rk_err_nomem(err);
}

enum rk_rc
rk_displaced_blob(json_t *discarded, const char *path, const char *kind, git_odb *odb, const git_oid *blob,
    struct rk_err *err)
{
	git_odb_object *object;
	const char *text;
	enum rk_rc rc;
	size_t len;
	int result = git_odb_read(&object, odb, blob);

	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	text = git_odb_object_data(object);
	len = git_odb_object_size(object);
	if (memchr(text, '\0', len < LOOKED_AT ? len : LOOKED_AT))
		text = NULL;
	rc = rk_displaced_add(discarded, path, kind, 0, text, len, err);
	git_odb_object_free(object);
	return rc;
}
