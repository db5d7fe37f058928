#include <string.h>

#include "forge/json_stream.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"

static const char blanks[] = " \t\r\n";

/* The function that is called for each object of the input. */
struct objects {
	rk_json_stream_found *found;
	void *context;
};

enum rk_rc
rk_json_stream_byte(struct rk_io *io, char *c, struct rk_err *err)
{
	const char *bytes;
	size_t len, blank;
	enum rk_rc rc;

	while ((rc = rk_io_ahead(io, 0, &bytes, &len, err)) == RK_OK) {
		blank = strspn(bytes, blanks);
		*c = bytes[blank];
		rk_io_use(io, blank);
		if (blank < len)
			break;
	}
	return rc;
}

/* The input from the next byte on, which is not consumed. */
struct value {
	struct rk_io *io;
	size_t read;	/* bytes */
	enum rk_rc rc;
	struct rk_err *err;
};

static size_t
read_value(void *buffer, size_t size, void *context)
{
	struct value *value = context;
	const char *bytes, *nul;
	size_t len, n;

	if (value->read > RK_JSON_STREAM_BYTES)
		return (size_t)-1;
	value->rc = rk_io_ahead(value->io, value->read, &bytes, &len, value->err);
	if (value->rc != RK_OK && value->rc != RK_END)
		return (size_t)-1;
	n = len - value->read < size ? len - value->read : size;
	nul = memchr(bytes + value->read, '\0', n);
	if (nul && nul == bytes + value->read) {	/* jansson may drop it, and count one byte less */
		value->rc = rk_err_set(value->err, RK_EDATA, "not JSON: a NUL byte");
		return (size_t)-1;
	}
	n = nul ? (size_t)(nul - bytes) - value->read : n;
	memcpy(buffer, bytes + value->read, n);
	value->read += n;
	return n;
}

enum rk_rc
rk_json_stream_value(struct rk_io *io, json_t **json, size_t *len, struct rk_err *err)
{
	struct value value = { io, 0, RK_OK, err };
	size_t line = io->line;
	struct rk_err why = { 0 };
	enum rk_rc rc = rk_json_load(read_value, &value, &line, len, json, &why);

	if (value.rc != RK_OK && value.rc != RK_END) {
		rc = value.rc;
	} else if (*len > RK_JSON_STREAM_BYTES || (rc == RK_EDATA && value.read > RK_JSON_STREAM_BYTES)) {
		line = io->line;
		rc = rk_err_set(err, RK_EDATA, "the JSON value, or entry of an array, is longer than %u bytes",
		    RK_JSON_STREAM_BYTES);
	} else if (rc != RK_OK) {
		*err = why;
	}
	if (rc == RK_EDATA)
		io->line = line;
	if (rc != RK_OK) {
		json_decref(*json);
		*json = NULL;
	}
	return rc;
}

enum rk_rc
rk_json_stream_list(struct rk_io *io, rk_json_stream_found *found, void *context, struct rk_err *err)
{
	bool first = true;
	json_t *entry;
	enum rk_rc rc;
	size_t len;
	char c;

	rk_io_use(io, 1);
	while ((rc = rk_json_stream_byte(io, &c, err)) == RK_OK) {
		if (c == ']' && first)
			break;
		rc = rk_json_stream_value(io, &entry, &len, err);
		if (rc == RK_OK)
			rc = found(context, entry, err);
		json_decref(entry);
		if (rc == RK_OK)
			rk_io_use(io, len);
		if (rc == RK_OK)
			rc = rk_json_stream_byte(io, &c, err);
		if (rc != RK_OK || c == ']')
			break;
		if (c != ',')
			return rk_err_set(err, RK_EDATA, "not JSON: missing comma between two entries of an array");
		rk_io_use(io, 1);
		first = false;
	}
	if (rc == RK_END)
		return rk_err_set(err, RK_EDATA, "the JSON was cut short within an array");
	if (rc == RK_OK)
		rk_io_use(io, 1);
	return rc;
}

/* An object, or a page of them. */
static enum rk_rc
one_entry(void *context, json_t *value, struct rk_err *err)
{
	const struct objects *objects = context;
	enum rk_rc rc = RK_OK;
	json_t *entry;
	size_t i;

	if (json_is_object(value))
		return objects->found(objects->context, value, err);
	if (!json_is_array(value))
		return rk_err_set(err, RK_EDATA, "expected a JSON object or an array of objects");
	json_array_foreach(value, i, entry) {
		if (!json_is_object(entry))
			return rk_err_set(err, RK_EDATA, "expected an array of JSON objects");
		rc = objects->found(objects->context, entry, err);
		if (rc != RK_OK)
			break;
	}
	return rc;
}

/* Consume a value, and call found for it, or for its entries. */
static enum rk_rc
one_value(struct rk_io *io, struct objects *objects, struct rk_err *err)
{
	json_t *json;
	size_t len;
	enum rk_rc rc = rk_json_stream_value(io, &json, &len, err);

	if (rc == RK_OK)
		rc = one_entry(objects, json, err);
	json_decref(json);
	if (rc == RK_OK)
		rk_io_use(io, len);
	return rc;
}

enum rk_rc
rk_json_stream_objects(struct rk_io *io, rk_json_stream_found *found, void *context, struct rk_err *err)
{
	struct objects objects = { found, context };
	bool none = true;
	enum rk_rc rc;
	char c;

	for (; (rc = rk_json_stream_byte(io, &c, err)) == RK_OK; none = false) {
		rc = c == '[' ? rk_json_stream_list(io, one_entry, &objects, err) : one_value(io, &objects, err);
		if (rc != RK_OK)
			return rc;
	}
	if (rc == RK_END && none)
		return rk_err_set(err, RK_EDATA, RK_JSON_STREAM_NOTHING);
	return rc == RK_END ? RK_OK : rc;
}
