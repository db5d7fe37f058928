#include <sha2.h>
#include <string.h>

#include "yaml/mark.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "yaml/emit.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

#define INTRODUCTION "# ringkit: "

void
rk_mark_free(struct rk_mark *mark)
{
	rk_strbuf_free(&mark->service);
	rk_strbuf_free(&mark->ring);
	rk_strbuf_free(&mark->was);
	rk_strbuf_free(&mark->over_ring);
	rk_strbuf_free(&mark->over);
}

void
rk_mark_sum(const char *raw, size_t len, char sum[RK_MARK_SUM])
{
	char hex[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)raw, len, hex);
	memcpy(sum, hex, RK_MARK_SUM - 1);
	sum[RK_MARK_SUM - 1] = '\0';
}

bool
rk_mark_is_scalar(const char *raw, size_t len)
{
	struct rk_strbuf text = { 0 };
	struct rk_yaml *yaml = NULL;
	const struct rk_yaml_node *node;
	struct rk_err ignored;
	bool is = false;

	if (len > RK_MARK_TEXT || memchr(raw, '\n', len) || memchr(raw, '\r', len))
		return false;
	rk_strbuf_puts(&text, "k: ");
	rk_strbuf_add(&text, raw, len);
	rk_strbuf_putc(&text, '\n');
	if (rk_yaml_parse(text.data, text.len, &yaml, &ignored) == RK_OK) {
		node = rk_yaml_node(yaml, rk_yaml_get(yaml, rk_yaml_root(yaml, 0), "k"));
		is = rk_yaml_documents(yaml) == 1 && node->kind == RK_YAML_SCALAR && node->style != RK_YAML_LITERAL
		    && node->style != RK_YAML_FOLDED && node->props == node->start && node->end - node->start == len
		    && (len == 0 || node->start == 3);
	}
	rk_yaml_free(yaml);
	rk_strbuf_free(&text);
	return is;
}

static enum rk_rc
bad_mark(struct rk_err *err, const char *what)
{
	return rk_err_refuse(err, RK_CODE_BAD_MARK, "a mark with %s", what);
}

/* Move *text after a word, if it starts with that. */
static bool
skip_word(const char **text, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *text) < len || memcmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

/* Append the characters up to the next blank, or the end, to word. */
static void
take_word(const char **text, const char *end, struct rk_strbuf *word)
{
	const char *start = *text;

	while (*text < end && !is_white(**text))
		(*text)++;
	rk_strbuf_add(word, start, (size_t)(*text - start));
}

/* Take a JSON string of a scalar's bytes. */
static enum rk_rc
take_scalar(const char **text, const char *end, struct rk_strbuf *scalar, struct rk_err *err)
{
	json_error_t error;
	json_t *json = json_loadb(*text, (size_t)(end - *text), JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &error);

	if (**text != '"' || !json_is_string(json)) {
		json_decref(json);
		return bad_mark(err, "a value that is not a JSON string");
	}
	rk_strbuf_add(scalar, json_string_value(json), json_string_length(json));
	json_decref(json);
	*text += error.position;
	return rk_mark_is_scalar(rk_strbuf_str(scalar), scalar->len) ? RK_OK :
	    bad_mark(err, "a value that is not one scalar on one line");
}

static enum rk_rc
take_owner(const char **text, const char *end, struct rk_mark *mark, struct rk_err *err)
{
	const char *slash;

	take_word(text, end, &mark->service);
	slash = strchr(rk_strbuf_str(&mark->service), '/');
	if (!slash)
		return bad_mark(err, "an owner that is not SERVICE/RING");
	rk_strbuf_puts(&mark->ring, slash + 1);
	mark->service.len = (size_t)(slash - mark->service.data);
	mark->service.data[mark->service.len] = '\0';
	if (rk_validate_name(mark->service.data, mark->service.len) || rk_validate_ring(rk_strbuf_str(&mark->ring), mark->ring.len))
		return bad_mark(err, "an owner that is not SERVICE/RING");
	return RK_OK;
}

/* Take what was replaced: " over RING TEXT", then " was TEXT". */
static enum rk_rc
take_replaced(const char **text, const char *end, struct rk_mark *mark, struct rk_err *err)
{
	enum rk_rc rc;

	if (skip_word(text, end, " over ")) {
		take_word(text, end, &mark->over_ring);
		if (rk_validate_ring(rk_strbuf_str(&mark->over_ring), mark->over_ring.len) || !skip_word(text, end, " "))
			return bad_mark(err, "a ring that is not one");
		rc = take_scalar(text, end, &mark->over, err);
		if (rc != RK_OK)
			return rc;
	}
	mark->replaced = skip_word(text, end, " was ");
	return mark->replaced ? take_scalar(text, end, &mark->was, err) : RK_OK;
}

enum rk_rc
rk_mark_parse(const char *text, size_t len, struct rk_mark *mark, size_t *used, struct rk_err *err)
{
	const char *at = text, *end = text + len, *rest;
	struct rk_strbuf word = { 0 };
	enum rk_rc rc;

	*mark = (struct rk_mark){ 0 };
	*used = 0;
	rc = take_owner(&at, end, mark, err);
	if (rc == RK_OK && !skip_word(&at, end, " "))
		rc = bad_mark(err, "an owner only");
	if (rc == RK_OK)
		take_word(&at, end, &word);
	mark->made = strcmp(rk_strbuf_str(&word), "made") == 0;
	if (rc == RK_OK && !mark->made && strcmp(rk_strbuf_str(&word), "?") != 0 &&
	    (word.len != RK_MARK_SUM - 1 || strspn(word.data, "0123456789abcdef") != word.len))
		rc = bad_mark(err, "a sum that is not eight hexadecimal digits");
	if (rc == RK_OK && !mark->made) {
		memcpy(mark->sum, word.data, word.len + 1);
		rc = take_replaced(&at, end, mark, err);
	}
	rk_strbuf_free(&word);
	for (rest = at; rest < end && is_blank(*rest); rest++)
		;
	if (rc == RK_OK && rest < end && (*rest != '#' || rest == at))
		rc = bad_mark(err, "more after its end");
	*used = (size_t)(at - text);
	return rc;
}

void
rk_mark_write(const struct rk_mark *mark, struct rk_strbuf *out)
{
	rk_strbuf_printf(out, "%s/%s %s", rk_strbuf_str(&mark->service), rk_strbuf_str(&mark->ring), mark->made ? "made" : mark->sum);
	if (mark->over_ring.len) {
		rk_strbuf_printf(out, " over %s ", rk_strbuf_str(&mark->over_ring));
		rk_emit_quoted(out, rk_strbuf_str(&mark->over), mark->over.len, '"', true);
	}
	if (mark->replaced) {
		rk_strbuf_puts(out, " was ");
		rk_emit_quoted(out, rk_strbuf_str(&mark->was), mark->was.len, '"', true);
	}
}

void
rk_mark_write_comment(const struct rk_mark *mark, struct rk_strbuf *out)
{
	rk_strbuf_puts(out, "  " INTRODUCTION);
	rk_mark_write(mark, out);
}

bool
rk_mark_is_same(const struct rk_mark *a, const struct rk_mark *b)
{
	struct rk_strbuf one = { 0 }, other = { 0 };
	bool same;

	rk_mark_write(a, &one);
	rk_mark_write(b, &other);
	same = strcmp(one.data, other.data) == 0;
	rk_strbuf_free(&one);
	rk_strbuf_free(&other);
	return same;
}

uint32_t
rk_mark_place(const struct rk_yaml *yaml, uint32_t node)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);

	return (n->kind == RK_YAML_MAP || n->kind == RK_YAML_SEQ) && n->style == RK_YAML_BLOCK ?
	    (uint32_t)rk_splice_slot(yaml, node) : n->end;
}

enum rk_rc
rk_mark_find(const struct rk_yaml *yaml, uint32_t node, struct rk_mark *mark, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);
	const char *text = rk_yaml_text(yaml), *from = text + rk_mark_place(yaml, node), *at, *end;
	size_t used;
	enum rk_rc rc;

	*mark = (struct rk_mark){ 0 };
	if (!n->parent || rk_yaml_node(yaml, n->parent)->style == RK_YAML_FLOW)
		return RK_END;
	if ((n->kind == RK_YAML_MAP || n->kind == RK_YAML_SEQ) && n->style == RK_YAML_FLOW && n->child)
		return RK_END;
	at = from + strspn(from, " \t");
	end = text + rk_splice_line_end(yaml, (size_t)(at - text));
	if (at == from || !skip_word(&at, end, INTRODUCTION))
		return RK_END;
	rc = rk_mark_parse(at, (size_t)(end - at), mark, &used, err);
	if (rc == RK_OK && mark->sum[0] == '?')
		rc = bad_mark(err, "a sum that is not eight hexadecimal digits");
	mark->start = (uint32_t)(at - text - (ptrdiff_t)(sizeof INTRODUCTION - 1));
	mark->end = (uint32_t)(at - text + (ptrdiff_t)used);
	return rc == RK_OK ? rc : rk_tree_at(yaml, mark->start, rc, err);
}

uint32_t
rk_mark_end(const struct rk_yaml *yaml, uint32_t node)
{
	struct rk_mark mark;
	struct rk_err ignored;
	uint32_t end = rk_mark_find(yaml, node, &mark, &ignored) == RK_OK ? mark.end : rk_mark_place(yaml, node);

	rk_mark_free(&mark);
	return end;
}
