/*
 * Fuzz JSON: an input is a value.  A validator of our own, which makes no values, says what must be accepted; what is accepted
 * is written and read again, and each value in it is found by its pointer.
 */
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "fuzz.h"

#define NODES 40	/* whose pointers are looked up */

enum verdict { VALID, UNSURE, INVALID };

/* What is left of the input, and the worst that was seen. */
struct scan {
	const char *at, *end;
	enum verdict verdict;
};

static void
judge(struct scan *s, enum verdict verdict)
{
	s->verdict = s->verdict < verdict ? verdict : s->verdict;
	if (verdict == INVALID)
		s->at = s->end;
}

static char
peek(struct scan *s, bool blanks)
{
	while (blanks && s->at < s->end && memchr(" \t\r\n", *s->at, 4))
		s->at++;
	return s->at < s->end ? *s->at : '\0';
}

static bool
take(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return false;
	s->at += len;
	return true;
}

static void
scan_string(struct scan *s)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t n, i;

	for (s->at++; peek(s, false) != '"'; s->at += n) {
		n = s->at < s->end ? fuzz_character(s->at, (size_t)(s->end - s->at)) : 0;
		if (n == 0 || (unsigned char)*s->at < 0x20) {
			judge(s, INVALID);
			return;
		}
		if (*s->at != '\\')
			continue;
		n = s->end - s->at >= 6 && s->at[1] == 'u' ? 6 : 2;
		for (i = 2; i < n && memchr(hex, s->at[i], sizeof hex - 1); i++)
			;
		if (i < n || (n == 6 && memcmp(s->at + 2, "0000", 4) == 0) ||
		    (n == 2 && (s->end - s->at < 2 || !memchr("\"\\/bfnrt", s->at[1], 8)))) {
			judge(s, INVALID);
			return;
		}
		if (n == 6 && memchr("dD", s->at[2], 2))
			judge(s, UNSURE);	/* half of a character */
	}
	s->at++;
}

static void
scan_digits(struct scan *s)
{
	const char *start = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	if (s->at == start)
		judge(s, INVALID);
}

static void
scan_number(struct scan *s)
{
	const char *start = s->at;

	take(s, "-");
	if (!take(s, "0"))
		scan_digits(s);
	if (take(s, "."))
		scan_digits(s);
	if (take(s, "e") || take(s, "E")) {
		if (!take(s, "+"))
			take(s, "-");
		scan_digits(s);
		judge(s, UNSURE);	/* it may be too large */
	}
	if (s->at - start > 15)
		judge(s, UNSURE);
}

static void scan_value(struct scan *s, int left);

static void
scan_members(struct scan *s, char close, int left)
{
	bool first = true;

	for (s->at++; peek(s, true) != close || !first; first = false) {
		if (!first) {
			judge(s, close == '}' ? UNSURE : VALID);	/* two members may have one name */
			if (peek(s, true) == close)
				break;
			if (!take(s, ",")) {
				judge(s, INVALID);
				return;
			}
		}
		if (close == '}') {
			if (peek(s, true) != '"') {
				judge(s, INVALID);
				return;
			}
			scan_string(s);
			peek(s, true);
			if (!take(s, ":"))
				judge(s, INVALID);
		}
		scan_value(s, left - 1);
	}
	s->at += s->at < s->end;
}

static void
scan_value(struct scan *s, int left)
{
	char c = peek(s, true);

	if (c == '"')
		scan_string(s);
	else if ((c == '[' || c == '{') && left > 0)
		scan_members(s, c == '[' ? ']' : '}', left);
	else if (c == '-' || (c >= '0' && c <= '9'))
		scan_number(s);
	else if (!take(s, "true") && !take(s, "false") && !take(s, "null"))
		judge(s, INVALID);
}

static enum verdict
validate(const char *text, size_t len)
{
	struct scan s = { text, text + len, VALID };

	scan_value(&s, 512);
	peek(&s, true);
	return s.at == s.end ? s.verdict : INVALID;
}

/* Each value is at its pointer. */
static void
check_pointers(json_t *root, json_t *json, const struct rk_strbuf *at, size_t *left)
{
	struct rk_strbuf path = { 0 };
	struct rk_err err = { 0 };
	const char *key;
	json_t *value;
	size_t i;

	EXPECT(rk_json_pointer_find(root, rk_strbuf_str(at), &value, &err) == RK_OK && value == json);
	json_array_foreach(json, i, value) {
		rk_strbuf_clear(&path);
		rk_strbuf_printf(&path, "%s/%zu", rk_strbuf_str(at), i);
		if (*left && (*left)--)
			check_pointers(root, value, &path, left);
	}
	json_object_foreach(json, key, value) {
		rk_strbuf_clear(&path);
		rk_strbuf_puts(&path, rk_strbuf_str(at));
		rk_json_pointer_add(&path, key);
		if (*left && (*left)--)
			check_pointers(root, value, &path, left);
	}
	rk_strbuf_free(&path);
}

/* A string as a pointer: its tokens make the same pointer. */
static void
check_pointer(const char *s)
{
	struct rk_json_pointer pointer;
	struct rk_strbuf text = { 0 };
	struct rk_err err = { 0 };
	enum rk_rc rc = rk_json_pointer_parse(s, &pointer, &err);
	size_t i;

	EXPECT((rc == RK_OK) == fuzz_matches("^(/([^/~]|~0|~1)*)*$", s));
	if (rc != RK_OK)
		fuzz_message(&err);
	for (i = 0; i < pointer.n; i++)
		rk_json_pointer_add(&text, pointer.token[i]);
	EXPECT(rc != RK_OK || strcmp(rk_strbuf_str(&text), s) == 0);
	EXPECT(rc != RK_OK || rk_json_pointer_covers(&pointer, &pointer));
	rk_json_pointer_free(&pointer);
	rk_strbuf_free(&text);
}

/* What is written is one line that a runner does not execute, and the same value. */
static void
check_written(const struct rk_strbuf *line, const json_t *json)
{
	struct rk_err err = { 0 };
	json_t *again;
	size_t i;

	EXPECT(!strchr(rk_strbuf_str(line), '\n'));
	for (i = 0; i < line->len; i++)
		EXPECT((unsigned char)line->data[i] >= 0x20);
	EXPECT(rk_json_parse(line->data, line->len, &again, &err) == RK_OK);
	EXPECT(json_equal(json, again) && rk_json_equal(json, again) && rk_json_equal(again, json));
	json_decref(again);
}

static void
check_equal(const json_t *json)
{
	const json_t *a = json_array_get(json, 0), *b = json_array_get(json, 1);

	if (!a || !b)
		return;
	EXPECT(rk_json_equal(a, a) && rk_json_equal(b, b));
	EXPECT(rk_json_equal(a, b) == rk_json_equal(b, a));
	EXPECT(!json_equal(a, b) || rk_json_equal(a, b));
}

int
fuzz_json(const uint8_t *data, size_t size)
{
	struct rk_strbuf line = { 0 }, none = { 0 };
	char *text = fuzz_copy(data, size);
	enum verdict verdict = validate(text, size);
	struct rk_err err = { 0 };
	size_t left = NODES;
	json_t *json;
	enum rk_rc rc = rk_json_parse(text, size, &json, &err);

	EXPECT(rc == RK_OK || rc == RK_EDATA);
	EXPECT(verdict == UNSURE || (verdict == VALID) == (rc == RK_OK));
	if (strlen(text) == size)
		check_pointer(text);
	if (rc != RK_OK) {
		fuzz_message(&err);
		EXPECT(!json);
	} else {
		rk_json_add(&line, json);
		check_written(&line, json);
		rk_strbuf_clear(&line);
		rk_record_add_json(&line, json);
		check_written(&line, json);
		EXPECT(!strstr(line.data, "##["));
		check_equal(json);
		check_pointers(json, json, &none, &left);
	}
	json_decref(json);
	rk_strbuf_free(&line);
	free(text);
	return 0;
}
