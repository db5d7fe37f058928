#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/abort.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/strbuf.h"

#define FIRST_BYTES (32u << 20)	/* of memory, for the first RK_JSON_SMALL of a string */
#define BYTES_PER_BYTE 48	/* for each byte after them */
#define OVERHEAD 16		/* of each allocation */
#define FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_ANY)

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

/*
 * The memory that a string may take: "[{},{}" takes 80 bytes for each of its own.  jansson is refused more, whose parser
 * then fails; without memory at all, the program ends.
 */

static struct {
	size_t left;	/* bytes, all told: what is freed again does not count */
	bool spent;
} budget;

static void *
allocate(size_t size)
{
	budget.spent = budget.spent || size > budget.left || budget.left - size < OVERHEAD;
	if (budget.spent)
		return NULL;
	budget.left -= size + OVERHEAD;
	return rk_memory_malloc(size);
}

size_t
rk_json_memory(size_t len)
{
	return FIRST_BYTES + (len > RK_JSON_SMALL ? (len - RK_JSON_SMALL) * BYTES_PER_BYTE : 0);
}

static void
begin_budget(size_t len)
{
	budget.left = rk_json_memory(len);
	budget.spent = false;
	json_set_alloc_funcs(allocate, free);
}

/* Check what jansson parsed, which is NULL if it failed. */
static enum rk_rc
check(json_t *parsed, const json_error_t *what, json_t **json, struct rk_err *err)
{
	json_set_alloc_funcs(rk_memory_malloc, free);
	*json = NULL;
	if (budget.spent) {
		json_decref(parsed);
		return rk_err_data(err, RK_CODE_TOO_LARGE, "the JSON has too many values for its length to fit in memory");
	}
	if (!parsed && json_error_code(what) == json_error_null_character)
		return rk_err_set(err, RK_EDATA, "invalid JSON string: it contains a NUL (\\u0000)");
	if (!parsed)
		return rk_err_set(err, RK_EDATA, "not JSON: %s", what->text);
	if (too_deep(parsed, RK_JSON_DEPTH)) {
		json_decref(parsed);
		return rk_err_set(err, RK_EDATA, "JSON deeper than %d levels", RK_JSON_DEPTH);
	}
	*json = parsed;
	return RK_OK;
}

enum rk_rc
rk_json_parse(const char *text, size_t len, json_t **json, struct rk_err *err)
{
	json_error_t what = { .line = 0 };
	enum rk_rc rc;

	*json = NULL;
	if (memchr(text, '\0', len))	/* jansson may drop it */
		return rk_err_set(err, RK_EDATA, "not JSON: a NUL byte");
	begin_budget(len);
	rc = check(json_loadb(text, len, FLAGS, &what), &what, json, err);
	if (rc == RK_EDATA && err->code == RK_CODE_NONE && what.line > 0 && memchr(text, '\n', len))
		return rk_err_prefix(err, rc, "%d:%d", what.line, what.column);
	return rc;
}

struct source {
	json_load_callback_t read;
	void *context;
	size_t len;	/* read so far */
};

static size_t
read_source(void *buffer, size_t size, void *context)
{
	struct source *source = context;
	const size_t n = source->read(buffer, size, source->context);

	if (n == (size_t)-1)
		return n;
	source->len += n;
	if (source->len > RK_JSON_SMALL)
		budget.left += n * BYTES_PER_BYTE;
	return n;
}

enum rk_rc
rk_json_load(json_load_callback_t read, void *context, size_t *line, size_t *len, json_t **json, struct rk_err *err)
{
	struct source source = { read, context, 0 };
	json_error_t what = { .line = 0 };
	enum rk_rc rc;

	begin_budget(0);
	rc = check(json_load_callback(read_source, &source, FLAGS | JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &what),
	    &what, json, err);
	*len = (size_t)what.position;
	if (rc == RK_EDATA && what.line > 1)
		*line += (size_t)what.line - 1;
	return rc;
}

static void
check_built(bool ok)
{
	if (!ok)
		rk_abort(RK_EBUG, "bug: invalid JSON would be built");
}

void
rk_json_set(json_t *object, const char *member, json_t *value)
{
	check_built(json_object_set_new(object, member, value) == 0);
}

void
rk_json_append(json_t *array, json_t *value)
{
	check_built(json_array_append_new(array, value) == 0);
}

void
rk_json_update(json_t *object, const json_t *other)
{
	check_built(json_object_update(object, (json_t *)other) == 0);
}

void
rk_json_extend(json_t *array, const json_t *other)
{
	check_built(json_array_extend(array, (json_t *)other) == 0);
}

json_t *
rk_json_pack(const char *format, ...)
{
	json_t *json;
	va_list args;

	va_start(args, format);
	json = json_vpack_ex(NULL, 0, format, args);
	va_end(args);
	check_built(json != NULL);
	return json;
}

static int
append(const char *bytes, size_t len, void *text)
{
	rk_strbuf_add(text, bytes, len);
	return 0;
}

void
rk_json_add(struct rk_strbuf *text, const json_t *json)
{
	json_dump_callback(json, append, text, JSON_COMPACT | JSON_ENCODE_ANY);
}

bool
rk_json_is(const json_t *json, const char *s)
{
	const char *have = json_string_value(json);

	return have && strcmp(have, s) == 0;
}

bool
rk_json_equal(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *each;
	size_t i;

	if (json_is_number(a) && json_is_number(b) && !(json_is_integer(a) && json_is_integer(b)))
		return json_number_value(a) == json_number_value(b);
	if (json_typeof(a) != json_typeof(b) || json_object_size(a) != json_object_size(b) ||
	    json_array_size(a) != json_array_size(b))
		return false;
	json_object_foreach((json_t *)a, key, each)
		if (!json_object_get(b, key) || !rk_json_equal(each, json_object_get(b, key)))
			return false;
	json_array_foreach(a, i, each)
		if (!rk_json_equal(each, json_array_get(b, i)))
			return false;
	return json_is_object(a) || json_is_array(a) || json_equal(a, b);
}

const char *
rk_json_string(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}
