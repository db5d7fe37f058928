#include <stdlib.h>
#include <string.h>

#include "yaml/marks.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"
#include "yaml/yaml_internal.h"

struct rk_marks_entry {
	enum rk_marks_op op;
	const char *path;	/* borrowed: a JSON Pointer to its value */
	struct rk_mark mark;	/* its sum may be "?" until it is written */
	json_t *json;		/* borrowed: as the edit has it */
	bool done;
};

struct rk_marks {
	struct rk_marks_entry *entry;
	size_t n;
	json_t *by_path;	/* the number of an entry */
	struct rk_strbuf at;	/* the pointer of the chosen value */
	bool fill;
	enum rk_rc rc;		/* RK_REFUSED: the sum of a mark was wrong, err says which */
	struct rk_err err;
};

static enum rk_rc
read_op(const json_t *json, enum rk_marks_op *op, struct rk_err *err)
{
	const json_t *word = json_object_get(json, "op");

	*op = !word ? RK_MARKS_WRITE : rk_json_is(word, "restore") ? RK_MARKS_RESTORE : RK_MARKS_REMOVE;
	return *op != RK_MARKS_REMOVE || rk_json_is(word, "remove") ? RK_OK :
	    rk_err_set(err, RK_EDATA, "invalid mark of a patch record: expected restore or remove as \"op\"");
}

static enum rk_rc
read_mark(const struct rk_marks_entry *entry, const char *text, struct rk_mark *mark, struct rk_err *err)
{
	size_t len = strlen(text), used;
	enum rk_rc rc = rk_mark_parse(text, len, mark, &used, err);

	if (rc == RK_OK && used < len)
		rc = rk_err_refuse(err, RK_CODE_BAD_MARK, "more after its end");
	if (rc == RK_REFUSED)
		return rk_err_set(err, RK_EDATA, "invalid mark of a patch record \"%s\": %s", text, err->msg);
	if (entry->op == RK_MARKS_RESTORE && !mark->replaced && !mark->over_ring.len)
		return rk_err_set(err, RK_EDATA, "invalid mark of a patch record \"%s\": nothing to restore", text);
	return rc;
}

static enum rk_rc
read_entry(struct rk_marks *marks, json_t *json, struct rk_err *err)
{
	struct rk_marks_entry *entry = &marks->entry[marks->n];
	const char *path = rk_json_string(json, "path"), *text = rk_json_string(json, "mark");
	struct rk_json_pointer pointer;
	enum rk_rc rc;

	if (!path || !text)
		return rk_err_set(err, RK_EDATA, "invalid mark of a patch record: expected the strings \"path\" and \"mark\"");
	rc = rk_json_pointer_parse(path, &pointer, err);
	rk_json_pointer_free(&pointer);
	if (rc == RK_OK && json_object_get(marks->by_path, path))
		rc = rk_err_set(err, RK_EDATA, "two marks of %s in a patch record", path);
	if (rc == RK_OK)
		rc = read_op(json, &entry->op, err);
	if (rc != RK_OK)
		return rc;
	rk_json_set(marks->by_path, path, json_integer((json_int_t)marks->n));
	marks->n++;
	entry->path = path;
	entry->json = json;
	rc = read_mark(entry, text, &entry->mark, err);
	if (rc == RK_OK && entry->mark.sum[0] == '?' && !(marks->fill && entry->op == RK_MARKS_WRITE))
		rc = rk_err_set(err, RK_EDATA, "invalid mark of a patch record \"%s\": missing sum", text);
	return rc;
}

enum rk_rc
rk_marks_read(json_t *list, bool fill, struct rk_marks **marks, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	json_t *json;
	size_t i;

	*marks = NULL;
	if (!list)
		return RK_OK;
	if (!json_is_array(list))
		return rk_err_set(err, RK_EDATA, "expected a list as \"marks\" of a patch record");
	*marks = rk_memory_calloc(1, sizeof **marks);
	(*marks)->entry = rk_memory_calloc(json_array_size(list) + 1, sizeof *(*marks)->entry);
	(*marks)->by_path = json_object();
	(*marks)->fill = fill;
	json_array_foreach(list, i, json)
		if (rc == RK_OK)
			rc = read_entry(*marks, json, err);
	if (rc != RK_OK) {
		rk_marks_free(*marks);
		*marks = NULL;
	}
	return rc;
}

void
rk_marks_free(struct rk_marks *marks)
{
	size_t i;

	if (!marks)
		return;
	for (i = 0; i < marks->n; i++)
		rk_mark_free(&marks->entry[i].mark);
	free(marks->entry);
	json_decref(marks->by_path);
	rk_strbuf_free(&marks->at);
	free(marks);
}

const char *
rk_marks_path(const struct rk_marks_entry *entry)
{
	return entry->path;
}

bool
rk_marks_restores(const struct rk_marks_entry *entry)
{
	return entry->op == RK_MARKS_RESTORE;
}

struct rk_marks_entry *
rk_marks_left(struct rk_marks *marks)
{
	size_t i;

	for (i = 0; marks && i < marks->n; i++)
		if (!marks->entry[i].done)
			return &marks->entry[i];
	return NULL;
}

void
rk_marks_go(struct rk_marks *marks, const char *path)
{
	if (!marks)
		return;
	rk_strbuf_clear(&marks->at);
	rk_strbuf_puts(&marks->at, path);
}

void
rk_marks_enter(struct rk_marks *marks, const char *key, size_t index)
{
	if (marks && key)
		rk_json_pointer_add(&marks->at, key);
	else if (marks)
		rk_strbuf_printf(&marks->at, "/%zu", index);
}

void
rk_marks_leave(struct rk_marks *marks)
{
	char *slash = marks ? strrchr(marks->at.data, '/') : NULL;

	if (!slash)
		return;
	*slash = '\0';
	marks->at.len = (size_t)(slash - marks->at.data);
}

struct rk_marks_entry *
rk_marks_here(const struct rk_marks *marks, enum rk_marks_op op)
{
	const json_t *number = marks ? json_object_get(marks->by_path, rk_strbuf_str(&marks->at)) : NULL;
	struct rk_marks_entry *entry = number ? &marks->entry[json_integer_value(number)] : NULL;

	return entry && entry->op == op ? entry : NULL;
}

/* Let a mark have the sum of the bytes of its value. */
static enum rk_rc
complete(const struct rk_marks *marks, struct rk_marks_entry *entry, const char *raw, size_t len, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	char sum[RK_MARK_SUM];

	rk_mark_sum(raw, len, sum);
	if (strcmp(entry->mark.sum, sum) == 0)
		return RK_OK;
	if (!marks->fill || entry->mark.sum[0] != '?')
		return rk_err_refuse(err, RK_CODE_STALE, "%s: the value is written as %.*s, and its mark was made for other bytes",
		    entry->path, (int)len, raw);
	memcpy(entry->mark.sum, sum, sizeof sum);
	rk_mark_write(&entry->mark, &text);
	rk_json_set(entry->json, "mark", json_string(text.data));
	rk_strbuf_free(&text);
	return RK_OK;
}

void
rk_marks_put(struct rk_marks *marks, struct rk_strbuf *out, size_t start)
{
	struct rk_marks_entry *entry = rk_marks_here(marks, RK_MARKS_WRITE);

	if (!entry || entry->mark.made)
		return;
	if (marks->rc == RK_OK)
		marks->rc = complete(marks, entry, rk_strbuf_str(out) + start, out->len - start, &marks->err);
	rk_mark_write_comment(&entry->mark, out);
	entry->done = true;
}

bool
rk_marks_put_made(struct rk_marks *marks, struct rk_strbuf *out)
{
	struct rk_marks_entry *entry = rk_marks_here(marks, RK_MARKS_WRITE);

	if (!entry || !entry->mark.made)
		return false;
	rk_mark_write_comment(&entry->mark, out);
	entry->done = true;
	return true;
}

enum rk_rc
rk_marks_result(const struct rk_marks *marks, struct rk_err *err)
{
	if (!marks || marks->rc == RK_OK)
		return RK_OK;
	*err = marks->err;
	return marks->rc;
}

/* Check that there is a place for the mark of a value. */
static enum rk_rc
check_place(const struct rk_yaml *y, uint32_t node, bool made, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(y, node);
	bool flow = n->kind != RK_YAML_SCALAR && n->style == RK_YAML_FLOW, leaf = n->kind == RK_YAML_SCALAR || (flow && !n->child);
	const char *why = NULL;

	if (y->json || y->node[n->parent].style == RK_YAML_FLOW || (flow && !leaf))
		why = "JSON and flow style have no place for a mark";
	else if (!n->parent)
		why = "the root of a document cannot have a mark";
	else if (n->kind == RK_YAML_ALIAS || n->props != n->start)
		why = "a value with an anchor or a tag, or an alias, cannot have a mark";
	else if (made == leaf)
		why = made ? "only a map or list with members can be marked as made" : "a map or list with members can only be marked as made";
	else if (leaf && (n->style == RK_YAML_LITERAL || n->style == RK_YAML_FOLDED ||
	    memchr(y->text + n->start, '\n', n->end - n->start)))
		why = "a value of several lines cannot have a mark";
	return why ? rk_tree_at(y, n->start, rk_err_refuse(err, RK_CODE_NO_MARK, "%s", why), err) : RK_OK;
}

static bool
is_raw(const struct rk_strbuf *bytes, const struct rk_yaml *y, const struct rk_yaml_node *n)
{
	return bytes->len == n->end - n->start && memcmp(rk_strbuf_str(bytes), y->text + n->start, bytes->len) == 0;
}

static bool
is_same(const struct rk_strbuf *a, const struct rk_strbuf *b)
{
	return a->len == b->len && memcmp(rk_strbuf_str(a), rk_strbuf_str(b), a->len) == 0;
}

/* Check that a mark keeps what the mark before it, old, says was there, unless it has the value that is there instead. */
static enum rk_rc
check_keeps(const struct rk_yaml *y, uint32_t node, const struct rk_mark *mark, const struct rk_mark *old, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(y, node);
	const struct rk_strbuf *under = old->over_ring.len ? &old->over : NULL;
	bool was = mark->replaced ? is_raw(&mark->was, y, n) || (old->replaced && is_same(&mark->was, &old->was)) ||
	    (under && is_same(&mark->was, under)) : !old->replaced;
	bool over = !mark->over_ring.len || is_raw(&mark->over, y, n) || (under && is_same(&mark->over, under));

	return was && over ? RK_OK : rk_tree_at(y, n->start, rk_err_refuse(err, RK_CODE_STALE,
	    "the mark would forget the value that the mark before it keeps"), err);
}

/* Check that the mark of an entry can be written after a node; old becomes the mark that it has. */
static enum rk_rc
check_write(const struct rk_yaml *y, uint32_t node, const struct rk_mark *mark, struct rk_mark *old, struct rk_err *err)
{
	enum rk_rc rc;

	*old = (struct rk_mark){ 0 };
	rc = check_place(y, node, mark->made, err);
	if (rc == RK_OK)
		rc = rk_mark_find(y, node, old, err);
	if (rc != RK_OK && rc != RK_END)
		return rc;
	return rc == RK_END || mark->made ? RK_OK : check_keeps(y, node, mark, old, err);
}

enum rk_rc
rk_marks_check_replace(const struct rk_yaml *yaml, uint32_t node, const struct rk_marks_entry *entry, size_t *to,
    struct rk_err *err)
{
	struct rk_mark old;
	enum rk_rc rc = check_write(yaml, node, &entry->mark, &old, err);

	if (rc == RK_OK && entry->mark.made)
		rc = rk_err_refuse(err, RK_CODE_NO_MARK, "%s: a value that is replaced cannot be marked as made", entry->path);
	if (rc == RK_OK && rk_yaml_node(yaml, node)->kind != RK_YAML_SCALAR)
		rc = rk_err_refuse(err, RK_CODE_NO_MARK, "%s: a mark keeps only a scalar", entry->path);
	*to = old.end ? old.end : rk_mark_place(yaml, node);
	rk_mark_free(&old);
	return rc;
}

static enum rk_rc
plan_write(const struct rk_marks *marks, const struct rk_yaml *y, uint32_t node, struct rk_marks_entry *entry,
    struct rk_splice *s, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(y, node);
	struct rk_mark old;
	enum rk_rc rc = check_write(y, node, &entry->mark, &old, err);

	if (rc == RK_OK && !entry->mark.made)
		rc = complete(marks, entry, y->text + n->start, n->end - n->start, err);
	/* a map has the mark of the first that made it */
	if (rc == RK_OK && old.end && ((old.made && entry->mark.made) || rk_mark_is_same(&old, &entry->mark)))
		rc = RK_END;
	if (old.end)
		s->to = old.end;
	if (rc == RK_OK)
		rk_mark_write_comment(&entry->mark, &s->text);
	rk_mark_free(&old);
	return rc;
}

/* Check that the node has the mark of an entry, and set *to to its end. */
static enum rk_rc
check_has(const struct rk_yaml *y, uint32_t node, const struct rk_marks_entry *entry, size_t *to, struct rk_err *err)
{
	struct rk_mark mark;
	enum rk_rc rc = rk_mark_find(y, node, &mark, err);

	*to = mark.end;
	if (rc == RK_END || (rc == RK_OK && !rk_mark_is_same(&mark, &entry->mark)))
		rc = rk_err_refuse(err, RK_CODE_STALE, "%s: the value no longer has this mark", entry->path);
	rk_mark_free(&mark);
	return rc;
}

enum rk_rc
rk_marks_plan(const struct rk_marks *marks, const struct rk_yaml *yaml, uint32_t node, struct rk_marks_entry *entry,
    struct rk_splice *splice, struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);

	*splice = (struct rk_splice){ .parent = n->parent, .first = node + (n->kind == RK_YAML_SCALAR) };
	splice->from = splice->to = rk_mark_place(yaml, node);
	entry->done = true;
	return entry->op == RK_MARKS_WRITE ? plan_write(marks, yaml, node, entry, splice, err) :
	    check_has(yaml, node, entry, &splice->to, err);
}

enum rk_rc
rk_marks_plan_restore(const struct rk_yaml *yaml, uint32_t node, struct rk_marks_entry *entry, struct rk_splice *splice,
    struct rk_err *err)
{
	const struct rk_yaml_node *n = rk_yaml_node(yaml, node);
	const struct rk_mark *mark = &entry->mark;
	const struct rk_strbuf *raw = mark->over_ring.len ? &mark->over : &mark->was;
	struct rk_mark under = { .service = mark->service, .ring = mark->over_ring, .replaced = mark->replaced, .was = mark->was };
	size_t slot;
	enum rk_rc rc;

	*splice = (struct rk_splice){ .parent = n->parent, .first = node, .gone = 1, .from = n->start };
	entry->done = true;
	rc = check_has(yaml, node, entry, &splice->to, err);
	if (rc != RK_OK)
		return rc;
	rk_mark_sum(yaml->text + n->start, n->end - n->start, under.sum);
	if (n->kind != RK_YAML_SCALAR || strcmp(under.sum, mark->sum) != 0)
		return rk_err_refuse(err, RK_CODE_STALE, "%s: the value is not the one that was marked", entry->path);
	slot = rk_splice_slot(yaml, node);
	if (raw->len > 0 && is_raw(raw, yaml, n)) {	/* it stays as it is written, also inside of another string */
		splice->first = node + 1;
		splice->gone = 0;
		splice->from = rk_mark_place(yaml, node);
	} else {
		if (raw->len == 0 && slot + strspn(yaml->text + slot, " \t") == n->start)	/* the blank before it was written with it */
			splice->from = slot;
		rk_strbuf_add(&splice->text, rk_strbuf_str(raw), raw->len);
	}
	if (mark->over_ring.len) {
		rk_mark_sum(rk_strbuf_str(raw), raw->len, under.sum);
		rk_mark_write_comment(&under, &splice->text);
	}
	return RK_OK;
}
