#include <string.h>

#include "json.h"

static bool
too_deep(const json_t *json, int left)
{
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_array(json) && !json_is_object(json))
		return false;
	if (left == 0)
		return true;
	json_array_foreach(json, i, value)
		if (too_deep(value, left - 1))
			return true;
	json_object_foreach((json_t *)json, key, value)
		if (too_deep(value, left - 1))
			return true;
	return false;
}

static enum rk_rc
parse(const char *text, size_t len, size_t flags, size_t *used, json_t **json, struct rk_err *err)
{
	json_error_t what;

	*json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | flags, &what);
	if (!*json && json_error_code(&what) == json_error_out_of_memory)
		return rk_nomem(err);
	if (!*json && memchr(text, '\n', len))
		return rk_fail(err, RK_EDATA, "%d:%d: not JSON: %s", what.line, what.column, what.text);
	if (!*json)
		return rk_fail(err, RK_EDATA, "not JSON: %s", what.text);
	if (too_deep(*json, RK_JSON_DEPTH)) {
		json_decref(*json);
		*json = NULL;
		return rk_fail(err, RK_EDATA, "JSON deeper than %d levels", RK_JSON_DEPTH);
	}
	*used = (size_t)what.position;
	return RK_OK;
}

enum rk_rc
rk_json_parse(const char *text, size_t len, json_t **json, struct rk_err *err)
{
	size_t used;

	return parse(text, len, 0, &used, json, err);
}

enum rk_rc
rk_json_parse_first(const char *text, size_t len, size_t *used, json_t **json, struct rk_err *err)
{
	size_t blank = 0;
	enum rk_rc rc;

	*json = NULL;
	while (blank < len && strchr(" \t\r\n", text[blank]) && text[blank])
		blank++;
	if (blank == len)
		return RK_END;
	rc = parse(text + blank, len - blank, JSON_DISABLE_EOF_CHECK, used, json, err);
	*used += blank;
	return rc;
}

static int
append(const char *bytes, size_t len, void *text)
{
	rk_text_add(text, bytes, len);
	return 0;
}

void
rk_json_add(struct rk_text *text, const json_t *json)
{
	if (json_dump_callback(json, append, text, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
		text->failed = true;
}

bool
rk_json_is(const json_t *json, const char *s)
{
	const char *have = json_string_value(json);

	return have && strcmp(have, s) == 0;
}
