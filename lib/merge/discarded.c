#include <string.h>

#include "merge/discarded.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "git/git.h"

#define BINARY_BYTES 8000	/* in which Git looks for the NUL that makes a file binary (xdiff-interface.c) */

/* A string as JSON can hold it. */
static json_t *
escaped(const char *s, size_t len)
{
	struct rk_strbuf text = { 0 };
	json_t *json = NULL;

	if (!memchr(s, '\0', len) && rk_utf8_valid(s, len) == len)
		return json_stringn(s, len);
	rk_strbuf_escape(&text, s, len);
	json = json_stringn(rk_strbuf_str(&text), text.len);
	rk_strbuf_free(&text);
	return json;
}

static json_t *
split(const char *lines, size_t len)
{
	const char *const end = lines + len, *stop;
	json_t *array = json_array();

	for (; lines < end; lines = stop + 1) {
		stop = memchr(lines, '\n', (size_t)(end - lines));
		if (!stop)
			stop = end;
		rk_json_append(array, escaped(lines, (size_t)(stop - lines)));
	}
	return array;
}

void
rk_discarded_add(json_t *discarded, const struct rk_discarded *piece)
{
	json_t *line = piece->line ? json_integer((json_int_t)piece->line) : NULL;
	json_t *lines = piece->lines ? split(piece->lines, piece->len) : NULL;

	rk_json_append(discarded, rk_json_pack("{so ss so* so*}", "path", escaped(piece->path, strlen(piece->path)),
	    "kind", piece->kind, "line", line, "lines", lines));
}

enum rk_rc
rk_discarded_add_blob(json_t *discarded, const char *path, const char *kind, git_odb *odb, const git_oid *blob,
    struct rk_err *err)
{
	struct rk_discarded piece = { .path = path, .kind = kind };
	git_odb_object *object;
	int result = git_odb_read(&object, odb, blob);

	if (result < 0)
		return rk_git_fail(err, result, "%s", path);
	piece.lines = git_odb_object_data(object);
	piece.len = git_odb_object_size(object);
	if (memchr(piece.lines, '\0', piece.len < BINARY_BYTES ? piece.len : BINARY_BYTES))
		piece.lines = NULL;
	rk_discarded_add(discarded, &piece);
	git_odb_object_free(object);
	return RK_OK;
}
