/*
 * Fuzz streams of records: the input after a byte, which says whether they need end records.  Each line that is delivered is
 * one that we find, too, and a whole stream is one whose end records count right.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/io.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "fuzz.h"

#define TYPES "tenant refused end"

/* What our reading of the stream finds. */
struct seen {
	size_t tenants, refused, ends;
	size_t records, since, since_refused;
	bool whole;	/* ends with an end record, and each counts what is before it */
};

static void
see(struct seen *seen, const char *line, size_t len)
{
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_string_value(json_object_get(json, "type"));

	EXPECT(type);
	seen->whole = strcmp(type, "end") == 0;
	if (seen->whole) {
		seen->ends++;
		if (json_integer_value(json_object_get(json, "records")) != (json_int_t)seen->since ||
		    json_integer_value(json_object_get(json, "refused")) != (json_int_t)seen->since_refused)
			seen->records = SIZE_MAX / 2;	/* not whole, whatever follows */
		seen->since = seen->since_refused = 0;
	} else {
		seen->records++;
		seen->since++;
	}
	seen->tenants += strcmp(type, "tenant") == 0;
	seen->refused += strcmp(type, "refused") == 0;
	seen->since_refused += strcmp(type, "refused") == 0;
	json_decref(json);
}

static void
check_record(const struct rk_io *io, const json_t *record)
{
	json_t *line = json_loadb(io->raw, io->raw_len, 0, NULL);
	struct rk_strbuf text = { 0 };
	json_t *again;

	EXPECT(!memchr(io->raw, '\n', io->raw_len));
	EXPECT(json_equal(line, record));
	rk_record_add_json(&text, record);
	EXPECT(!strstr(rk_strbuf_str(&text), "##[") && !strchr(rk_strbuf_str(&text), '\n'));
	again = json_loadb(text.data, text.len, 0, NULL);
	EXPECT(json_equal(again, record));
	json_decref(again);
	json_decref(line);
	rk_strbuf_free(&text);
}

/* Compare what was delivered with what our own reading of the lines finds. */
static void
check_stream(const uint8_t *data, size_t size, bool unframed, const struct seen *got)
{
	const char *line = (const char *)data, *end = line + size, *next;
	struct seen seen = { 0 };

	for (; line < end; line = next + (next < end)) {
		next = memchr(line, '\n', (size_t)(end - line));
		EXPECT(next || unframed);
		next = next ? next : end;
		see(&seen, line, (size_t)(next - line));
	}
	EXPECT(unframed || (seen.whole && seen.records < SIZE_MAX / 2));
	EXPECT(got->tenants == seen.tenants && got->refused == seen.refused && got->ends == seen.ends);
}

int
fuzz_records(const uint8_t *data, size_t size)
{
	struct rk_io io = { 0 };
	struct rk_err err = { 0 };
	struct seen got = { 0 };
	const char *type;
	json_t *record;
	enum rk_rc rc;

	if (size == 0)
		return 0;
	io.unframed = data[0] % 2;
	fuzz_open(&io, data + 1, size - 1);
	while ((rc = rk_record_next(&io, TYPES, &record, &err)) == RK_OK) {
		type = json_string_value(json_object_get(record, "type"));
		got.tenants += strcmp(type, "tenant") == 0;
		got.refused += strcmp(type, "refused") == 0;
		got.ends += strcmp(type, "end") == 0;
		check_record(&io, record);
		json_decref(record);
	}
	EXPECT(!record);
	EXPECT(rc == RK_END || rc == RK_EDATA);
	if (rc == RK_END)
		check_stream(data + 1, size - 1, io.unframed, &got);
	else
		fuzz_message(&err);
	EXPECT(rc != RK_END || io.told_refused == got.refused);
	rk_io_close_file(&io);
	return 0;
}
