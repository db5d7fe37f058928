#include <string.h>
#include <unistd.h>

#include "base/record.h"
#include "base/code.h"
#include "base/err.h"
#include "base/io.h"
#include "base/io_internal.h"
#include "base/json.h"
#include "base/strbuf.h"

static const char start[] = "{\"type\":";

static const char unframed[] = "--unframed accepts streams without end records";

static bool
is_one_of(const char *type, const char *types)
{
	size_t len = strlen(type), n;
	const char *word;

	for (word = types; *word; word += n, word += strspn(word, " ")) {
		n = strcspn(word, " ");
		if (n == len && memcmp(word, type, n) == 0)
			return true;
	}
	return false;
}

/* Check an end record against what was read since the last one. */
static enum rk_rc
end_of_stream(struct rk_io *io, const json_t *end, struct rk_err *err)
{
	const json_t *records = json_object_get(end, "records"), *refused = json_object_get(end, "refused");
	size_t n = io->state->since_end, r = io->state->since_end_refused;

	io->state->since_end = io->state->since_end_refused = 0;
	io->state->ended = true;
	if (io->unframed)
		return RK_OK;
	if (!json_is_integer(records) || !json_is_integer(refused))
		return rk_err_set(err, RK_EDATA, "the end record: missing \"records\" or \"refused\"");
	if (json_integer_value(records) != (json_int_t)n || json_integer_value(refused) != (json_int_t)r)
		return rk_err_set(err, RK_EDATA, "the stream is damaged: the end record counts %lld records and %lld refused, "
		    "but %zu and %zu were read (%s)", (long long)json_integer_value(records),
		    (long long)json_integer_value(refused), n, r, unframed);
	return RK_OK;
}

static enum rk_rc
parse_line(struct rk_io *io, bool whole, json_t **record, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	if (!whole && !io->unframed)
		return rk_err_set(err, RK_EDATA, "the stream was cut short: its last line is incomplete (%s)", unframed);
	if (io->raw_len == 0)
		return rk_err_set(err, RK_EDATA, "expected a record, got an empty line");
	rc = rk_json_parse(io->raw, io->raw_len, record, err);
	if (rc != RK_OK)
		return rc;
	if (!rk_json_string(*record, "type"))
		rc = rk_err_set(err, RK_EDATA, json_is_object(*record) ? "invalid record: missing \"type\", a string"
		    : "expected a record, a JSON object");
	if (rc != RK_OK) {
		json_decref(*record);
		*record = NULL;
	}
	return rc;
}

static enum rk_rc
read_record(struct rk_io *io, json_t **record, struct rk_err *err)
{
	enum rk_rc rc;
	bool whole;

	*record = NULL;
	rc = rk_io_line(io, RK_RECORD_BYTES, '\n', &whole, err);
	if (rc == RK_OK)
		return parse_line(io, whole, record, err);
	if (rc == RK_END) {
		io->line = 0;
		if (!io->state->ended && !io->unframed)
			rc = rk_err_set(err, RK_EDATA, "the stream was cut short: it has no end record (%s)", unframed);
	}
	return rc;
}

static enum rk_io_kind
kind(const json_t *record)
{
	const json_t *type = json_object_get(record, "type");

	if (rk_json_is(type, "finding"))
		return RK_IO_FINDING;
	if (!rk_json_is(type, "refused"))
		return RK_IO_OTHER;
	return rk_json_is(json_object_get(record, "code"), rk_code_word(RK_CODE_STALE)) ? RK_IO_STALE : RK_IO_REFUSAL;
}

static bool
is_refusal(enum rk_io_kind what)
{
	return what == RK_IO_REFUSAL || what == RK_IO_STALE;
}

static void
count_read(struct rk_io *io, const json_t *record)
{
	io->state->kind = kind(record);
	io->state->ended = false;
	io->state->since_end++;
	io->state->since_end_refused += is_refusal(io->state->kind);
	io->told_refused += is_refusal(io->state->kind);
}

static void
count_written(struct rk_io *io, enum rk_io_kind what)
{
	io->records++;
	io->state->refused += is_refusal(what);
	io->state->findings += what == RK_IO_FINDING;
	io->state->stale += what == RK_IO_STALE;
}

enum rk_rc
rk_record_next(struct rk_io *io, const char *types, json_t **record, struct rk_err *err)
{
	const char *type;
	enum rk_rc rc;
	bool end;

	while ((rc = read_record(io, record, err)) == RK_OK) {
		type = rk_json_string(*record, "type");
		end = strcmp(type, "end") == 0;
		if (end)
			rc = end_of_stream(io, *record, err);
		else
			count_read(io, *record);
		if (rc == RK_OK && is_one_of(type, types))
			return RK_OK;
		if (rc == RK_OK && !end)
			rc = rk_record_pass(io, err);
		json_decref(*record);
		*record = NULL;
		if (rc != RK_OK)
			break;
	}
	return rc;
}

enum rk_rc
rk_record_pass(struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	if (!io->plain)
		rc = rk_io_write(io, io->raw, io->raw_len, err);
	if (rc == RK_OK && !io->plain)
		rc = rk_io_write(io, "\n", 1, err);
	if (rc == RK_OK)
		count_written(io, io->state->kind);
	return rc;
}

void
rk_record_add_json(struct rk_strbuf *line, const json_t *json)
{
	struct rk_strbuf text = { 0 };
	const char *from, *at;

	rk_json_add(&text, json);
	for (from = rk_strbuf_str(&text); (at = strstr(from, "##[")); from = at + 3) {
		rk_strbuf_add(line, from, (size_t)(at - from));
		rk_strbuf_puts(line, "\\u0023#[");
	}
	rk_strbuf_puts(line, from);
	rk_strbuf_free(&text);
}

enum rk_rc
rk_record_write(struct rk_io *io, json_t *record, struct rk_err *err)
{
	const size_t begun = io->state->begun;
	struct rk_strbuf line = { 0 };
	enum rk_rc rc = RK_OK;

	rk_record_add_json(&line, record);
	rk_strbuf_putc(&line, '\n');
	if (!io->plain)
		rc = rk_io_write(io, line.data + begun, line.len - begun, err);
	rk_abort_undo_end(&io->state->undo);
	io->state->begun = 0;
	if (rc == RK_OK)
		count_written(io, kind(record));
	rk_strbuf_free(&line);
	json_decref(record);
	return rc;
}

enum rk_rc
rk_record_refuse(struct rk_io *io, const struct rk_err *why, const char *member, const char *value, struct rk_err *err)
{
	struct rk_err shown = *why;
	json_t *record;

	if (member && value && strcmp(member, "tenant") == 0)
		rk_err_prefix(&shown, RK_REFUSED, "%s", value);
	if (!io->quiet)
		rk_io_tell(io, &shown);
	record = rk_json_pack("{ss ss ss ss}", "type", "refused", "by", io->prog, "code", rk_code_word(why->code), "reason",
	    why->msg);
	if (member && value)
		rk_json_set(record, member, json_string(value));
	return rk_record_write(io, record, err);
}

enum rk_rc
rk_record_add_finding(json_t *findings, const struct rk_record_about *about, struct rk_err *err)
{
	json_t *finding = rk_json_pack("{ss ss ss ss* ss* ss* ss*}", "type", "finding", "code", rk_code_word(err->code), "reason",
	    err->msg, "service", about->service, "chart", about->chart, "tenant", about->tenant, "path", about->path);

	rk_json_append(findings, finding);
	return RK_OK;
}

enum rk_rc
rk_record_finding(struct rk_io *io, json_t *finding, struct rk_err *err)
{
	const char *service = rk_json_string(finding, "service"), *tenant = rk_json_string(finding, "tenant");
	struct rk_err shown = { 0 };

	rk_err_set(&shown, RK_REFUSED, "%s%s%s%s%s", service ? service : "", tenant ? " " : "", tenant ? tenant : "",
	    service || tenant ? ": " : "", rk_json_string(finding, "reason"));
	if (!io->quiet)
		rk_io_tell(io, &shown);
	return rk_record_write(io, finding, err);
}

/* Let the line that rk_record_prepare() has begun be a record, so that no output ends in half a line. */
static void
end_begun(struct rk_io *io)
{
	const char *const rest[] = { "\"failed\",\"by\":\"", io->prog, "\"}\n" };
	size_t i;

	if (io->state->begun == 0 || io->plain)
		return;
	io->state->begun = 0;
	/* after what was flushed; rk_io_close() reports that nothing can be written */
	for (i = 0; i < sizeof rest / sizeof rest[0]; i++)
		if (write(STDOUT_FILENO, rest[i], strlen(rest[i])) < 0)
			return;
}

static void
end_begun_in_abort(void *io, enum rk_rc rc, const char *why)
{
	(void)rc;
	(void)why;
	end_begun(io);
}

enum rk_rc
rk_record_prepare(struct rk_io *io, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;

	if (!io->state->begun && !io->plain) {
		io->state->undo = (struct rk_abort_undo){ .undo = end_begun_in_abort, .context = io, .in_signal = true };
		rk_abort_undo_begin(&io->state->undo);
		rc = rk_io_write(io, start, sizeof start - 1, err);
	}
	if (rc == RK_OK)
		rc = rk_io_flush(io, err);
	if (rc == RK_OK)
		io->state->begun = sizeof start - 1;
	return rc;
}

int
rk_record_done_with(struct rk_io *io, enum rk_rc rc, json_t *members, struct rk_err *err)
{
	json_t *end = NULL;

	if (rc == RK_OK || rc == RK_END) {
		end = rk_json_pack("{ss ss sI sI}", "type", "end", "by", io->prog, "records", (json_int_t)io->records,
		    "refused", (json_int_t)io->state->refused);
		if (end && members && json_object_update(end, members) < 0) {
			json_decref(end);
			end = NULL;
		}
		io->line = 0;
		rc = rk_record_write(io, end, err);
	} else {
		end_begun(io);
	}
	json_decref(members);
	return rk_io_close(io, rc, err);
}

int
rk_record_done(struct rk_io *io, enum rk_rc rc, struct rk_err *err)
{
	return rk_record_done_with(io, rc, NULL, err);
}
