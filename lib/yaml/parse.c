#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/utf8.h"
#include "yaml/read_fast.h"
#include "yaml/read_libfyaml.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

/* commas, colons and opening brackets in one line, and open brackets, unless the text is JSON */
#define FLOW_IN_LINE 32768
#define DIRECTIVE_BYTES 128
#define TAG_ESCAPES 128
#define BLANKS 128
#define MIB 1048576

/*
 * libfyaml loops on some invalid UTF-8 and ends at a NUL: it must see neither.  A carriage return without a line feed
 * is a line break to some readers only.
 */
static enum rk_rc
check_characters(struct rk_yaml *y, struct rk_err *err)
{
	unsigned char plain[256] = { ['\t'] = 1, ['\n'] = 1 };	/* bytes that need no closer look */
	const unsigned char *s = (const unsigned char *)y->text;
	size_t at, used, depth = 0;
	int32_t c;

	memset(&plain[' '], 1, 0x7f - ' ');
	plain['['] = plain[']'] = plain['{'] = plain['}'] = 0;
	for (at = 0;; at += used) {
		while (at < y->len && plain[s[at]])
			at++;
		if (at >= y->len)
			return RK_OK;
		used = 1;
		if (s[at] == '[' || s[at] == '{') {
			if (++depth > FLOW_IN_LINE)
				return rk_tree_bad(y, err, at, "more than %d open brackets", FLOW_IN_LINE);
			continue;
		}
		if (s[at] == ']' || s[at] == '}') {
			depth -= depth > 0;
			continue;
		}
		c = rk_utf8_decode(y->text + at, y->len - at, &used);
		if (c < 0)
			return rk_tree_bad(y, err, at, "not UTF-8");
		if (c == '\r' && s[at + 1] == '\n')
			continue;
		if (c == '\r')
			return rk_tree_bad(y, err, at, "carriage return without a line feed");
		if (c == 0x85 || c == 0x2028 || c == 0x2029 || (c == 0xfeff && at > 0))
			y->odd = true;
		else if (c < 0xa0 || c == 0xfffe || c == 0xffff)
			return rk_tree_bad(y, err, at, "character U+%04X, which YAML forbids", (unsigned)c);
	}
}

/*
 * libfyaml keeps every token of a flow collection until the line ends, since all of it may still be a key: 400 bytes a
 * token, and time that grows with the square of their number.
 */
static enum rk_rc
check_lines(const struct rk_yaml *y, struct rk_err *err)
{
	const char *line = y->text, *end = line + y->len, *nl, *s;
	size_t n;

	for (; line < end; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		nl = nl ? nl : end;
		if (nl - line <= FLOW_IN_LINE)
			continue;
		for (n = 0, s = line; s < nl; s++)
			n += *s == ',' || *s == '[' || *s == '{' || *s == ':';
		if (n > FLOW_IN_LINE)
			return rk_tree_bad(y, err, (size_t)(line - y->text), "more than %d commas and brackets in one line", FLOW_IN_LINE);
	}
	return RK_OK;
}

/* Find the first "!" of a word that may start a tag: at its start, or where a flow collection lets a new token start. */
static const char *
find_tag(const char *word, const char *end)
{
	const char *s;

	for (s = word; (s = memchr(s, '!', (size_t)(end - s))); s++)
		if (s == word || strchr("[]{},:\"'", s[-1]))
			break;
	return s;
}

/*
 * libfyaml's time grows with the square of the length of a directive, and of the escapes in a tag: 20 seconds for 128 KiB.
 * With these bounds, 1 MiB takes half a second at most.
 */
static enum rk_rc
check_percents(const struct rk_yaml *y, struct rk_err *err)
{
	const char *start = y->text + y->first, *end = y->text + y->len, *at, *word, *stop, *tag, *s;
	size_t n;

	for (at = start; (at = memchr(at, '%', (size_t)(end - at))); at = stop) {
		if (at == start || at[-1] == '\n') {
			stop = at + strcspn(at, "\n");
			if (stop - at > DIRECTIVE_BYTES)
				return rk_tree_bad(y, err, (size_t)(at - y->text), "directive (%%) of more than %d bytes", DIRECTIVE_BYTES);
			continue;
		}
		for (word = at; word > start && !is_white(word[-1]);)
			word--;
		stop = at + strcspn(at, " \t\r\n");
		tag = find_tag(word, stop);
		for (n = 0, s = tag; s && s < stop; s++)
			n += *s == '%';
		if (n > TAG_ESCAPES)
			return rk_tree_bad(y, err, (size_t)(tag + strcspn(tag, "%") - y->text), "more than %d escapes (%%) in a tag",
			    TAG_ESCAPES);
	}
	return RK_OK;
}

/*
 * libfyaml's time grows with the square of the length of a run of blanks: 20,000 after a tag take half a second.  With this
 * bound, runs of BLANKS of them may be all that 1 MiB has, or a larger text.
 */
static enum rk_rc
check_blanks(const struct rk_yaml *y, struct rk_err *err)
{
	const size_t most = (y->len > MIB ? y->len : MIB) * BLANKS;
	size_t at, n, sum = 0;

	for (at = y->first; at < y->len; at += n + 1) {
		for (n = 0; at + n < y->len && (y->text[at + n] == ' ' || y->text[at + n] == '\t'); n++)
			;
		sum += n * n;
		if (sum > most)
			return rk_tree_bad(y, err, at, "too many blanks in a row: %zu", n);
	}
	return RK_OK;
}

/* Return the offset of the first odd character of a part of the text, or the end of the part. */
static size_t
odd_character(const struct rk_yaml *y, size_t at, size_t end)
{
	size_t used;
	int32_t c;

	for (; at < end; at += used) {
		c = rk_utf8_decode(y->text + at, end - at, &used);
		if (c == 0x85 || c == 0x2028 || c == 0x2029 || c == 0xfeff)
			break;
	}
	return at;
}

/* Some characters are line breaks to YAML 1.1 and ordinary to 1.2: both agree on them in double quotes only. */
static enum rk_rc
check_odd(const struct rk_yaml *y, struct rk_err *err)
{
	size_t at = y->odd ? y->first : y->len, i;
	const struct rk_yaml_node *node;

	for (i = 1; y->odd && i < y->nodes; i++) {
		node = &y->node[i];
		if (node->kind != RK_YAML_SCALAR || node->style != RK_YAML_DOUBLE)
			continue;
		if (odd_character(y, at, node->start) < node->start)
			break;
		at = node->end;
	}
	at = odd_character(y, at, y->len);
	if (at == y->len)
		return RK_OK;
	return rk_tree_bad(y, err, at,
	    "U+0085, U+2028, U+2029 or a byte order mark outside double quotes: YAML 1.1 and 1.2 differ about it");
}

/* A tab at the start of a further line of a plain scalar is an error to many readers. */
static enum rk_rc
check_tabs(const struct rk_yaml *y, struct rk_err *err)
{
	const bool any = memchr(y->text, '\t', y->len) != NULL;
	const struct rk_yaml_node *node;
	const char *at, *end;
	size_t i;

	for (i = 1; any && i < y->nodes; i++) {
		node = &y->node[i];
		if (node->kind != RK_YAML_SCALAR || node->style != RK_YAML_PLAIN)
			continue;
		end = y->text + node->end;
		for (at = y->text + node->start; at < end && (at = memchr(at, '\n', (size_t)(end - at)));) {
			at += 1 + strspn(at + 1, " ");
			if (*at == '\t')
				return rk_tree_bad(y, err, (size_t)(at - y->text), "not YAML: tab as indentation");
		}
	}
	return RK_OK;
}

/* The end of the JSON scalar that starts at at. */
static uint32_t
json_scalar_end(const char *text, uint32_t at)
{
	if (text[at] == '"') {
		for (at++; text[at] != '"'; at++)
			at += text[at] == '\\';
		return at + 1;
	}
	while (text[at] && !is_white(text[at]) && !strchr(",]}", text[at]))
		at++;
	return at;
}

/* Build the tree of JSON that jansson has accepted, and that therefore needs no checks. */
static void
build_json(struct rk_yaml *y)
{
	const char *text = y->text;
	uint32_t n, top = 0, at = 0;
	char c;

	rk_tree_add_document(y, 0);
	do {
		while (is_white(text[at]) || text[at] == ',' || text[at] == ':')
			at++;
		c = text[at];
		if (c == '}' || c == ']') {
			y->node[top].end = ++at;
			top = y->node[top].parent;
			continue;
		}
		n = rk_tree_push(y, top, c == '{' ? RK_YAML_MAP : c == '[' ? RK_YAML_SEQ : RK_YAML_SCALAR,
		    c == '{' || c == '[' ? RK_YAML_FLOW : c == '"' ? RK_YAML_DOUBLE : RK_YAML_PLAIN, at);
		if (y->node[n].kind == RK_YAML_SCALAR) {
			y->node[n].end = at = json_scalar_end(text, at);
		} else {
			y->node[n].end = 0;
			top = n;
			at++;
		}
	} while (top && !rk_tree_is_full(y));
}

/* RK_END: it is not JSON. */
static enum rk_rc
read_json(struct rk_yaml *y, struct rk_err *err)
{
	struct rk_err why;
	enum rk_rc rc;
	json_t *json;
	size_t at = 0;

	while (is_white(y->text[at]))
		at++;
	if (!y->text[at] || !strchr("{[\"-0123456789tfn", y->text[at]) || memchr(y->text, '\0', y->len))
		return RK_END;
	rc = rk_json_parse(y->text, y->len, &json, &why);
	if (rc == RK_EDATA && why.code != RK_CODE_TOO_LARGE)
		return RK_END;
	if (rc != RK_OK) {
		*err = why;
		return rk_tree_at(y, 0, rc, err);
	}
	json_decref(json);
	y->json = true;
	build_json(y);
	return rk_tree_is_full(y) ? rk_tree_full(y, err) : RK_OK;
}

enum rk_rc
rk_parse(struct rk_yaml *y, struct rk_err *err)
{
	enum rk_rc rc = read_json(y, err);

	if (rc != RK_END)
		return rc;
	rc = check_characters(y, err);
	if (rc == RK_OK)
		rc = check_lines(y, err);
	if (rc == RK_OK)
		rc = check_percents(y, err);
	if (rc == RK_OK && !rk_read_fast(y)) {
		rc = check_blanks(y, err);
		if (rc == RK_OK)
			rc = rk_read_libfyaml(y, err);
	}
	if (rc == RK_OK)
		rc = check_tabs(y, err);
	return rc == RK_OK ? check_odd(y, err) : rc;
}
