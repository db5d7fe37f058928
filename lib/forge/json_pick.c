#include <stdbool.h>
#include <string.h>

#include "forge/json_pick.h"
#include "base/err.h"
#include "base/io.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "forge/json_stream.h"

struct rk_json_picked {
	json_t *json;
	struct rk_strbuf raw;	/* the bytes that are kept */
	struct { size_t from, len; } span[RK_JSON_PICK_RAW];
};

/* A reader of one value.  Its functions return RK_END if the value does not end before end. */
struct reader {
	const char *at, *end;		/* a NUL follows */
	struct rk_json_picked *out;
	struct rk_strbuf *json;		/* what is picked, as a string */
	unsigned depth;
	unsigned raw;			/* how many values whose bytes are kept this is a part of */
	bool picks;			/* json is written */
};

static const struct rk_json_pick whole = { 0 };

static void
copy(struct reader *r, const char *bytes, size_t len)
{
	if (r->picks)
		rk_strbuf_add(r->json, bytes, len);
	if (r->raw)
		rk_strbuf_add(&r->out->raw, bytes, len);
}

/* Find the next byte that is not white space. */
static enum rk_rc
next(struct reader *r, char *c)
{
	while (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')
		r->at++;
	*c = *r->at;
	return r->at == r->end ? RK_END : RK_OK;
}

/* Read the byte that must be next, one of two. */
static enum rk_rc
expect(struct reader *r, char this, char or_that, char *c, struct rk_err *err)
{
	enum rk_rc rc = next(r, c);

	if (rc == RK_OK && *c != this && *c != or_that)
		return rk_err_set(err, RK_EDATA, "not JSON: missing \"%c\" in an object or array", this);
	if (rc == RK_OK) {
		copy(r, c, 1);
		r->at++;
	}
	return rc;
}

/* Check the escape that starts at the next byte, a backslash. */
static enum rk_rc
check_escape(const struct reader *r, struct rk_err *err)
{
	const char c = r->at[1];

	if (r->at + 1 == r->end || (c == 'u' && r->end - r->at < 6))
		return RK_END;
	if (!c || !strchr("\"\\/bfnrtu", c) || (c == 'u' && strspn(r->at + 2, "0123456789abcdefABCDEF") < 4))
		return rk_err_set(err, RK_EDATA, "not JSON: invalid escape sequence");
	return RK_OK;
}

static enum rk_rc
read_string(struct reader *r, struct rk_err *err)
{
	const char *start = r->at++;
	unsigned char bits = 0;
	enum rk_rc rc;

	for (; (unsigned char)*r->at >= ' ' && *r->at != '"'; r->at++) {
		bits |= (unsigned char)*r->at;
		if (*r->at != '\\')
			continue;
		rc = check_escape(r, err);
		if (rc != RK_OK)
			return rc;
		r->at++;
	}
	if (r->at == r->end)
		return RK_END;
	if (*r->at != '"')
		return rk_err_set(err, RK_EDATA, "not JSON: control character in a string");
	r->at++;
	if (bits & 0x80 && rk_utf8_valid(start, (size_t)(r->at - start)) != (size_t)(r->at - start))
		return rk_err_set(err, RK_EDATA, "not JSON: a string that is not UTF-8");
	copy(r, start, (size_t)(r->at - start));
	return RK_OK;
}

static const char digits[] = "0123456789";

/* Return whether len bytes are a number (RFC 8259, section 6); another byte follows. */
static bool
is_number(const char *s, size_t len)
{
	const char *end = s + len;
	size_t n;

	s += *s == '-';
	n = strspn(s, digits);
	if (n == 0 || (*s == '0' && n > 1))
		return false;
	s += n;
	if (*s == '.') {
		n = strspn(s + 1, digits);
		s += n ? n + 1 : 0;
	}
	if (*s == 'e' || *s == 'E') {
		s += s[1] == '-' || s[1] == '+' ? 2 : 1;
		n = strspn(s, digits);
		if (n == 0)
			return false;
		s += n;
	}
	return s == end;
}

/* Read true, false, null or a number. */
static enum rk_rc
read_word(struct reader *r, struct rk_err *err)
{
	static const char *const words[] = { "true", "false", "null" };
	const size_t len = strspn(r->at, "abcdefghijklmnopqrstuvwxyzE0123456789+-.");
	bool known;
	size_t i;

	if (r->at + len == r->end)
		return RK_END;
	known = is_number(r->at, len);
	for (i = 0; i < sizeof words / sizeof *words; i++)
		known = known || (strlen(words[i]) == len && memcmp(r->at, words[i], len) == 0);
	if (!known)
		return rk_err_set(err, RK_EDATA, "not JSON: expected a value");
	copy(r, r->at, len);
	r->at += len;
	return RK_OK;
}

/* Return what is picked of a member, whose name is between quotes; NULL: nothing. */
static const struct rk_json_pick *
find(const struct rk_json_pick *pick, const char *name, size_t len)
{
	const struct rk_json_pick *member = pick ? pick->members : NULL;

	if (!member)
		return pick ? &whole : NULL;
	while (member->name && (strlen(member->name) != len - 2 || memcmp(member->name, name + 1, len - 2) != 0))
		member++;
	return member->name ? member : NULL;
}

static enum rk_rc read_value(struct reader *r, const struct rk_json_pick *pick, struct rk_err *err);

/* Read a member, or an entry of an array. */
static enum rk_rc
read_member(struct reader *r, const struct rk_json_pick *pick, bool object, struct rk_err *err)
{
	const char *name = r->at;
	size_t len;
	enum rk_rc rc;
	char c;

	if (!object)
		return read_value(r, pick, err);
	if (*name != '"')
		return rk_err_set(err, RK_EDATA, "not JSON: expected the name of a member");
	rc = read_string(r, err);
	len = (size_t)(r->at - name);
	if (rc == RK_OK)
		rc = expect(r, ':', ':', &c, err);
	if (rc == RK_OK)
		rc = next(r, &c);
	return rc == RK_OK ? read_value(r, find(pick, name, len), err) : rc;
}

/* Read an object or an array, from its first bracket on. */
static enum rk_rc
read_members(struct reader *r, const struct rk_json_pick *pick, struct rk_err *err)
{
	/* the bytes of a list are kept, not those of each entry */
	const struct rk_json_pick entry = { .members = pick ? pick->members : NULL };
	const bool object = *r->at == '{';
	const char close = object ? '}' : ']';
	enum rk_rc rc;
	char c;

	if (++r->depth > RK_JSON_DEPTH)
		return rk_err_set(err, RK_EDATA, "JSON deeper than %d levels", RK_JSON_DEPTH);
	copy(r, r->at++, 1);
	rc = next(r, &c);
	if (rc == RK_OK && c == close) {
		rc = expect(r, close, close, &c, err);
	} else {
		do {
			if (rc == RK_OK)
				rc = read_member(r, pick ? &entry : NULL, object, err);
			if (rc == RK_OK)
				rc = expect(r, ',', close, &c, err);
		} while (rc == RK_OK && c == ',' && (rc = next(r, &c)) == RK_OK);
	}
	r->depth--;
	return rc;
}

/* Read the value at the next byte. */
static enum rk_rc
read_value(struct reader *r, const struct rk_json_pick *pick, struct rk_err *err)
{
	const bool picks = r->picks, omit = picks && (!pick || (pick->raw && !pick->members));
	const unsigned raw = picks && pick ? pick->raw : 0;
	enum rk_rc rc;

	r->picks = picks && !omit;
	if (raw) {
		r->raw++;
		r->out->span[raw - 1].from = r->out->raw.len;
	}
	if (*r->at == '{' || *r->at == '[')
		rc = read_members(r, omit ? NULL : pick, err);
	else
		rc = *r->at == '"' ? read_string(r, err) : read_word(r, err);
	if (raw) {
		r->raw--;
		r->out->span[raw - 1].len = r->out->raw.len - r->out->span[raw - 1].from;
	}
	r->picks = picks;
	if (omit)
		rk_strbuf_puts(r->json, "null");
	return rc;
}

const json_t *
rk_json_pick_object(const struct rk_json_picked *picked)
{
	return picked->json;
}

const char *
rk_json_pick_raw(const struct rk_json_picked *picked, unsigned number, size_t *len)
{
	*len = picked->span[number - 1].len;
	return *len ? picked->raw.data + picked->span[number - 1].from : "";
}

/* The objects of an input. */
struct items {
	struct rk_io *io;
	const struct rk_json_pick root;
	rk_json_pick_found *found;
	void *context;
	struct rk_strbuf json;		/* of the object that is read */
	struct rk_json_picked out;
};

/* Consume the value that starts at the next byte, and pick what is picked of it. */
static enum rk_rc
take(struct items *s, const struct rk_json_pick *pick, struct rk_err *err)
{
	const size_t json = s->json.len, raw = s->out.raw.len;
	struct reader r = { 0 };
	enum rk_rc ahead, rc = RK_END;
	const char *bytes;
	size_t len = 0;

	while (rc == RK_END) {	/* with twice as many bytes each time */
		ahead = rk_io_ahead(s->io, 2 * len, &bytes, &len, err);
		if (ahead != RK_OK && ahead != RK_END)
			return ahead;
		if (s->json.len > json)
			s->json.data[s->json.len = json] = '\0';
		if (s->out.raw.len > raw)
			s->out.raw.data[s->out.raw.len = raw] = '\0';
		r = (struct reader){ .at = bytes, .end = bytes + len, .out = &s->out, .json = &s->json, .picks = true };
		rc = read_value(&r, pick, err);
		if ((size_t)(r.at - bytes) > RK_JSON_PICK_BYTES)
			return rk_err_set(err, RK_EDATA, "an object in the JSON is longer than %u bytes", RK_JSON_PICK_BYTES);
		if (rc == RK_END && ahead == RK_END)
			rc = rk_err_set(err, RK_EDATA, "the JSON was cut short");
	}
	rk_io_use(s->io, (size_t)(r.at - bytes));
	return rc;
}

/* Forget what was picked of an object. */
static void
reset(struct items *s)
{
	memset(s->out.span, 0, sizeof s->out.span);
	rk_strbuf_clear(&s->json);
	rk_strbuf_clear(&s->out.raw);
}

/* Call found for the object that was read. */
static enum rk_rc
finish(struct items *s, struct rk_err *err)
{
	enum rk_rc rc = rk_json_parse(rk_strbuf_str(&s->json), s->json.len, &s->out.json, err);

	if (rc == RK_OK)
		rc = s->found(s->context, &s->out, err);
	json_decref(s->out.json);
	s->out.json = NULL;
	reset(s);
	return rc;
}

/* Consume the next byte, and find the one after it that is not white space. */
static enum rk_rc
use(struct items *s, char *c, struct rk_err *err)
{
	rk_io_use(s->io, 1);
	return rk_json_stream_byte(s->io, c, err);
}

/* Consume an array of objects, or, at level 0, of arrays of them. */
static enum rk_rc
take_list(struct items *s, unsigned level, struct rk_err *err)
{
	bool more = true;
	enum rk_rc rc;
	char c;

	rc = use(s, &c, err);
	if (rc == RK_OK && c == ']')
		more = false;
	while (rc == RK_OK && more) {
		if (c == '[' && level == 0) {
			rc = take_list(s, 1, err);
		} else if (c == '{') {
			rc = take(s, &s->root, err);
			if (rc == RK_OK)
				rc = finish(s, err);
		} else {
			return rk_err_set(err, RK_EDATA, "expected an array of JSON objects");
		}
		if (rc == RK_OK && (rc = rk_json_stream_byte(s->io, &c, err)) == RK_OK && (more = c == ','))
			rc = use(s, &c, err);
	}
	if (rc == RK_OK && c != ']')
		return rk_err_set(err, RK_EDATA, "not JSON: missing comma between two entries of an array");
	if (rc == RK_OK)
		rk_io_use(s->io, 1);
	return rc == RK_END ? rk_err_set(err, RK_EDATA, "the JSON was cut short within an array") : rc;
}

/* Consume the name of a member and the colon after it, and append both to name, and to what is picked. */
static enum rk_rc
take_name(struct items *s, struct rk_strbuf *name, char *c, struct rk_err *err)
{
	const size_t start = s->json.len;
	enum rk_rc rc = take(s, &whole, err);

	rk_strbuf_add(name, rk_strbuf_str(&s->json) + start, s->json.len - start);
	if (rc == RK_OK && name->data[0] != '"')
		return rk_err_set(err, RK_EDATA, "not JSON: expected the name of a member");
	if (rc == RK_OK)
		rc = rk_json_stream_byte(s->io, c, err);
	if (rc == RK_OK && *c != ':')
		return rk_err_set(err, RK_EDATA, "not JSON: missing \":\" in an object");
	rk_strbuf_putc(&s->json, ':');
	return rc == RK_OK ? use(s, c, err) : rc;
}

/* Consume a member of an object of the input: pick from it, or from each of its items. */
static enum rk_rc
take_member(struct items *s, bool *list, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	enum rk_rc rc;
	char c = '\0';

	rc = take_name(s, &name, &c, err);
	if (rc == RK_OK && c == '[' && strcmp(name.data, "\"items\"") == 0) {
		if (*list) {
			rc = rk_err_set(err, RK_EDATA, "not JSON: duplicate \"items\"");
		} else {
			*list = true;
			reset(s);
			rc = take_list(s, 0, err);
		}
	} else if (rc == RK_OK) {
		rc = take(s, find(&s->root, name.data, name.len), err);
	}
	rk_strbuf_free(&name);
	return rc;
}

/* Consume an object, or a list of them. */
static enum rk_rc
take_object(struct items *s, struct rk_err *err)
{
	bool list = false, more;
	enum rk_rc rc;
	char c;

	rk_strbuf_putc(&s->json, '{');
	rc = use(s, &c, err);
	more = rc == RK_OK && c != '}';
	while (rc == RK_OK && more) {
		rc = take_member(s, &list, err);
		if (rc == RK_OK && (rc = rk_json_stream_byte(s->io, &c, err)) == RK_OK && (more = c == ',')) {
			rk_strbuf_putc(&s->json, c);
			rc = use(s, &c, err);
		}
	}
	if (rc == RK_END)
		return rk_err_set(err, RK_EDATA, "the JSON was cut short within an object");
	if (rc == RK_OK && c != '}')
		return rk_err_set(err, RK_EDATA, "not JSON: missing comma between two members of an object");
	if (rc != RK_OK)
		return rc;
	rk_strbuf_putc(&s->json, c);
	rk_io_use(s->io, 1);
	if (!list)
		return finish(s, err);
	reset(s);
	return RK_OK;
}

enum rk_rc
rk_json_pick_items(struct rk_io *io, const struct rk_json_pick *picks, rk_json_pick_found *found, void *context,
    struct rk_err *err)
{
	struct items s = { .io = io, .root = { .members = picks }, .found = found, .context = context };
	bool none = true;
	enum rk_rc rc;
	char c;

	while ((rc = rk_json_stream_byte(io, &c, err)) == RK_OK) {
		none = false;
		if (c != '[' && c != '{')
			rc = rk_err_set(err, RK_EDATA, "expected a JSON object or an array of objects");
		else
			rc = c == '[' ? take_list(&s, 0, err) : take_object(&s, err);
		if (rc != RK_OK)
			break;
	}
	rk_strbuf_free(&s.json);
	rk_strbuf_free(&s.out.raw);
	if (rc == RK_END && none)
		return rk_err_set(err, RK_EDATA, RK_JSON_STREAM_NOTHING);
	return rc == RK_END ? RK_OK : rc;
}
