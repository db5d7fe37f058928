#include <string.h>

#include "forge/json_stream.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "forge/json_scan_internal.h"

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

enum rk_rc
rk_json_stream_value(struct rk_io *io, json_t **json, size_t *len, struct rk_err *err)
{
	struct rk_json_scan scan = { 0 };
	const char *bytes;
	size_t have = 0, line = io->line;
	enum rk_rc rc;

	*json = NULL;
	do
		rc = rk_io_ahead(io, have, &bytes, &have, err);
	while (rc == RK_OK && scan.at <= RK_JSON_STREAM_BYTES && !rk_json_scan(&scan, bytes, have));
	if (scan.at > RK_JSON_STREAM_BYTES)
		return rk_err_set(err, RK_EDATA, "the JSON value, or entry of an array, is longer than %u bytes",
		    RK_JSON_STREAM_BYTES);
	if (rc == RK_OK || rc == RK_END)
		rc = rk_json_parse_part(bytes, scan.at, &line, json, err);
	if (rc == RK_EDATA)
		io->line = line;
	*len = scan.at;
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

enum rk_rc
rk_json_stream_objects(struct rk_io *io, rk_json_stream_found *found, void *context, struct rk_err *err)
{
	struct objects objects = { found, context };
	bool none = true;
	enum rk_rc rc;
	json_t *json;
	size_t len;
	char c;

	for (; (rc = rk_json_stream_byte(io, &c, err)) == RK_OK; none = false) {
		if (c == '[') {
			rc = rk_json_stream_list(io, one_entry, &objects, err);
		} else {
			rc = rk_json_stream_value(io, &json, &len, err);
			if (rc == RK_OK)
				rc = one_entry(&objects, json, err);
			json_decref(json);
			if (rc == RK_OK)
				rk_io_use(io, len);
		}
		if (rc != RK_OK)
			return rc;
	}
	if (rc == RK_END && none)
		return rk_err_set(err, RK_EDATA, "expected JSON, got nothing: the command that should have printed it may have failed");
	return rc == RK_END ? RK_OK : rc;
}
