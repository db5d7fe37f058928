#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "gitops/chart_source.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "yaml/lookup.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"

void
rk_override_plan_add_node(struct rk_override_nodes *list, uint32_t node)
{
	rk_memory_grow(&list->node, list->n, &list->size, sizeof *list->node);
	list->node[list->n++] = node;
}

bool
rk_override_plan_has_node(const struct rk_override_nodes *list, uint32_t node)
{
	size_t i;

	for (i = 0; i < list->n && list->node[i] != node; i++)
		;
	return i < list->n;
}

/* Append an operation; value is stolen, or NULL if there is none. */
static void
add_operation(json_t *patch, const char *op, const char *path, json_t *value)
{
	json_t *operation = rk_json_pack("{ss ss so*}", "op", op, "path", path, "value", value);

	rk_json_append(patch, operation);
}

void
rk_override_plan_add_mark(json_t *marks, const char *path, const struct rk_mark *mark, const char *op)
{
	struct rk_strbuf text = { 0 };

	rk_mark_write(mark, &text);
	rk_json_append(marks, rk_json_pack("{ss ss ss*}", "path", path, "mark", rk_strbuf_str(&text), "op", op));
	rk_strbuf_free(&text);
}

/* Append a mark of a ring that is to be written. */
static void
write_mark(const struct rk_override_plan *plan, json_t *marks, const char *path, struct rk_mark *mark, const char *ring)
{
	rk_strbuf_clear(&mark->service);
	rk_strbuf_puts(&mark->service, plan->values->service->name);
	rk_strbuf_clear(&mark->ring);
	rk_strbuf_puts(&mark->ring, ring);
	memcpy(mark->sum, "?", 2);
	rk_override_plan_add_mark(marks, path, mark, NULL);
}

static enum rk_rc
add_test(const struct rk_override_plan *plan, json_t *patch, const char *path, uint32_t node, struct rk_err *err)
{
	json_t *value;
	enum rk_rc rc = rk_yaml_json(plan->values->yaml, node, &value, err);

	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s: %s", path, err->msg);
	if (rc == RK_OK)
		add_operation(patch, "test", path, value);
	return rc;
}

enum rk_rc
rk_override_plan_test(struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_err *err)
{
	return add_test(plan, plan->replaces, member->path, member->node, err);
}

enum rk_rc
rk_override_plan_raw_value(const struct rk_strbuf *raw, struct rk_strbuf *text, json_t **json, struct rk_err *err)
{
	struct rk_strbuf line = { 0 };
	struct rk_yaml *yaml = NULL;
	uint32_t node;
	enum rk_rc rc;

	rk_strbuf_add(text, "", 0);
	rk_strbuf_printf(&line, "k: %s\n", rk_strbuf_str(raw));
	rc = rk_yaml_parse(line.data, line.len, &yaml, err);
	node = rc == RK_OK ? rk_yaml_get(yaml, rk_yaml_root(yaml, 0), "k") : 0;
	if (rc == RK_OK)
		rc = rk_yaml_scalar(yaml, node, text, err);
	if (rc == RK_OK && json)
		rc = rk_yaml_json(yaml, node, json, err);
	rk_yaml_free(yaml);
	rk_strbuf_free(&line);
	return rc == RK_EDATA ? rk_err_refuse(err, RK_CODE_BAD_MARK, "a mark with an invalid value: %s", err->msg) : rc;
}

void
rk_override_plan_raw(const struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_strbuf *raw)
{
	const struct rk_yaml_node *node = rk_yaml_node(plan->values->yaml, member->node);

	rk_strbuf_clear(raw);
	rk_strbuf_add(raw, rk_yaml_text(plan->values->yaml) + node->start, node->end - node->start);
}

/* New members */

bool
rk_override_plan_writes_flow(const struct rk_override_plan *plan, uint32_t map)
{
	return plan->values->flow || rk_yaml_node(plan->values->yaml, map)->style == RK_YAML_FLOW;
}

bool
rk_override_plan_is_flow(const struct rk_override_plan *plan, const struct rk_override_member *member)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	uint32_t map = member->node ? rk_yaml_node(yaml, member->node)->parent : member->parent;

	if (member->node || member->depth + 1 == member->pointer.n)
		return map && rk_yaml_node(yaml, map)->style == RK_YAML_FLOW;
	return rk_override_plan_writes_flow(plan, map);
}

/* Check that a missing member can be added. */
static enum rk_rc
check_parent(const struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	const struct rk_yaml_node *map = rk_yaml_node(yaml, member->parent);
	const char *at = rk_strbuf_str(&plan->values->at);
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t node;
	size_t i;

	if (!plan->values->root)	/* an empty document is an empty map */
		return RK_OK;
	for (i = 0; i < member->depth; i++) {
		node = rk_yaml_at(yaml, plan->values->root, rk_strbuf_str(&path));
		if (node && rk_yaml_node(yaml, node)->kind == RK_YAML_SEQ)
			break;
		rk_json_pointer_add(&path, member->pointer.token[i]);
	}
	if (!member->parent && rk_yaml_is_null(yaml, rk_yaml_at(yaml, plan->values->root, rk_strbuf_str(&path))))
		rc = rk_err_refuse(err, RK_CODE_NULL_PARENT, "%s%s is null: write {} there", at,
		    path.len ? path.data : *at ? " (its root)" : "the root");
	else if (!member->parent)
		rc = rk_err_refuse(err, RK_CODE_NOT_A_MAP, "%s%s is not a map", at, rk_strbuf_str(&path));
	else if (map->style == RK_YAML_FLOW && !map->child && map->parent && rk_override_plan_writes_flow(plan, map->parent))
		rc = rk_err_refuse(err, RK_CODE_EMPTY_FLOW, "%s%s is an empty map %s", at, rk_strbuf_str(&path), plan->values->flow
		    ? "in a string in single quotes: write the string as a literal block (|)"
		    : "inside a flow map: write it as a block");
	rk_strbuf_free(&path);
	return rc;
}

/* Mark the maps that are made for a member, each once. */
static void
mark_made(struct rk_override_plan *plan, const struct rk_override_member *member)
{
	struct rk_mark made = { .made = true };
	struct rk_strbuf path = { 0 };
	json_t *mark;
	size_t i, j;

	for (i = 0; i + 1 < member->pointer.n; i++) {
		rk_json_pointer_add(&path, member->pointer.token[i]);
		json_array_foreach(plan->marks, j, mark)
			if (rk_json_is(json_object_get(mark, "path"), path.data))
				break;
		if (i >= member->depth && j == json_array_size(plan->marks))
			write_mark(plan, plan->marks, path.data, &made, plan->ring);
	}
	rk_mark_free(&made);
	rk_strbuf_free(&path);
}

/* Add a member with its missing parents, in one operation with other members of the same parent. */
static enum rk_rc
add_member(struct rk_override_plan *plan, const struct rk_override_member *member, const json_t *leaf, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	json_t *value = json_deep_copy(leaf), *operation;
	enum rk_rc rc = check_parent(plan, member, err);
	size_t i;

	for (i = member->pointer.n; i > member->depth + 1; i--)
		value = rk_json_pack("{so}", member->pointer.token[i - 1], value);
	for (i = 0; i <= member->depth && i < member->pointer.n; i++)
		rk_json_pointer_add(&path, member->pointer.token[i]);
	if (rc != RK_OK)
		goto out;
	json_array_foreach(plan->adds, i, operation)
		if (rk_json_is(json_object_get(operation, "path"), path.data)) {
			json_object_update_recursive(json_object_get(operation, "value"), value);
			goto out;
		}
	rk_override_plan_add_node(&plan->grown, member->parent);
	add_operation(plan->adds, "add", path.data, json_incref(value));
out:
	json_decref(value);
	rk_strbuf_free(&path);
	return rc;
}

/* Mark a new value, and all in it. */
static void
mark_all(struct rk_override_plan *plan, struct rk_strbuf *path, const json_t *value)
{
	struct rk_mark mark = { .made = json_object_size(value) || json_array_size(value) };
	size_t len = path->len, i;
	const char *key;
	json_t *each;

	write_mark(plan, plan->marks, path->data, &mark, plan->ring);
	rk_mark_free(&mark);
	json_object_foreach((json_t *)value, key, each) {
		rk_json_pointer_add(path, key);
		mark_all(plan, path, each);
		path->len = len;
	}
	json_array_foreach(value, i, each) {
		rk_strbuf_printf(path, "/%zu", i);
		mark_all(plan, path, each);
		path->len = len;
	}
	path->data[len] = '\0';
}

enum rk_rc
rk_override_plan_add_list(struct rk_override_plan *plan, const struct rk_override_member *member, const json_t *list,
    struct rk_err *err)
{
	struct rk_strbuf path = { 0 };

	mark_made(plan, member);
	rk_strbuf_puts(&path, member->path);
	mark_all(plan, &path, list);
	rk_strbuf_free(&path);
	return add_member(plan, member, list, err);
}

void
rk_override_plan_append(struct rk_override_plan *plan, const struct rk_override_member *member, size_t index, const json_t *item)
{
	struct rk_strbuf path = { 0 };

	rk_strbuf_printf(&path, "%s/%zu", member->path, index);
	mark_all(plan, &path, item);
	add_operation(plan->adds, "add", path.data, json_deep_copy(item));
	rk_override_plan_add_node(&plan->grown, member->node);
	rk_strbuf_free(&path);
}

void
rk_override_plan_tell(struct rk_override_plan *plan, const char *path)
{
	size_t len = strlen(path), i;
	const char *below;
	json_t *told;

	json_array_foreach(plan->by_hand, i, told) {
		below = json_string_value(told);
		if (strncmp(below, path, len) == 0 && (!below[len] || below[len] == '/'))
			return;
	}
	if (plan->by_hand)
		rk_json_append(plan->by_hand, json_string(path));
}

/* Values that are there */

/* Set *same to whether a member is a scalar with this value. */
static enum rk_rc
is_value(const struct rk_override_plan *plan, const struct rk_override_member *member, const json_t *value, bool *same,
    struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	json_t *json;
	enum rk_rc rc;

	*same = false;
	if (!member->node || rk_yaml_node(yaml, member->node)->kind != RK_YAML_SCALAR)
		return RK_OK;
	rc = rk_yaml_json(yaml, member->node, &json, err);
	if (rc == RK_OK)
		*same = rk_json_equal(json, value);
	json_decref(json);
	return rc == RK_EDATA ? RK_OK : rc;
}

enum rk_rc
rk_override_plan_is(const struct rk_override_plan *plan, const struct rk_override_member *member, const char *s, bool *same,
    struct rk_err *err)
{
	json_t *value = json_string(s);
	enum rk_rc rc = is_value(plan, member, value, same, err);

	json_decref(value);
	return rc;
}

/* Return whether a string in double quotes has escapes other than the editor would write, for ASCII or for other characters. */
static bool
has_odd_escapes(const char *text, size_t len, bool ascii)
{
	size_t i;

	for (i = 0; i + 1 < len; i++) {
		if (text[i] != '\\')
			continue;
		i++;
		if (!strchr("n\"\\tuU", text[i]) || ((text[i] == 'u' || text[i] == 'U') && (!ascii
		    || (i + 4 < len && text[i + 1] == '0' && text[i + 2] == '0' && text[i + 3] < '8'))))
			return true;
	}
	return false;
}

/*
 * Return whether bytes of the values come back as they are when they are written again: in a string in quotes they may have
 * escapes, or be divided at a blank.
 */
static bool
comes_back(const struct rk_override_plan *plan, const char *raw, size_t len)
{
	const struct rk_yaml *yaml = plan->values->manifest->file.yaml;
	const char *at = rk_strbuf_str(&plan->values->at);
	const struct rk_yaml_node *outer;
	const char *text;
	bool ascii = true, blank = false;
	size_t i;

	if (!*at)
		return true;
	outer = rk_yaml_node(yaml, rk_yaml_at(yaml, rk_yaml_root(yaml, plan->values->document), at));
	text = rk_yaml_text(yaml) + outer->start;
	for (i = 0; i < len; i++) {
		ascii = ascii && (unsigned char)raw[i] < 0x80;
		blank = blank || raw[i] == ' ' || raw[i] == '\t';
	}
	if (outer->style != RK_YAML_LITERAL && blank && memchr(text, '\n', outer->end - outer->start))
		return false;
	return outer->style != RK_YAML_DOUBLE || !has_odd_escapes(text, outer->end - outer->start, ascii);
}

/* Check that a mark can be written for a value, and that its bytes can be in a mark. */
static enum rk_rc
check_markable(const struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	const struct rk_yaml_node *node = rk_yaml_node(yaml, member->node);
	const char *why = NULL;

	if (rk_override_plan_is_flow(plan, member))
		why = plan->values->manifest->file.yaml && *rk_yaml_text(yaml) == '{' ? "in JSON there are no comments"
		    : "in a flow map there is no place for a comment";
	else if (node->props != node->start || !rk_mark_is_scalar(rk_yaml_text(yaml) + node->start, node->end - node->start))
		why = "the value there is not a scalar on one line, without a tag or an anchor, of at most 256 bytes";
	else if (!comes_back(plan, rk_yaml_text(yaml) + node->start, node->end - node->start))
		why = "it is in a string in quotes, with escapes or line breaks that would not come back";
	return why ? rk_err_refuse(err, RK_CODE_NO_MARK, "cannot mark the value of %s as replaced: %s", member->path, why) : RK_OK;
}

enum rk_rc
rk_override_plan_set(struct rk_override_plan *plan, const struct rk_override_member *member, const char *s,
    struct rk_mark *mark, struct rk_err *err)
{
	json_t *value = json_string(s);
	enum rk_rc rc = rk_override_plan_set_value(plan, member, value, mark, err);

	json_decref(value);
	return rc;
}

enum rk_rc
rk_override_plan_set_value(struct rk_override_plan *plan, const struct rk_override_member *member, const json_t *value,
    struct rk_mark *mark, struct rk_err *err)
{
	bool same = false;
	enum rk_rc rc = RK_OK;

	if (mark && member->node)
		rc = check_markable(plan, member, err);
	else if (mark && rk_override_plan_is_flow(plan, member))
		mark = NULL;
	if (rc == RK_OK && mark) {
		mark_made(plan, member);
		write_mark(plan, plan->marks, member->path, mark, plan->ring);
	}
	if (rc == RK_OK && !member->node)
		return add_member(plan, member, value, err);
	if (rc == RK_OK)
		rc = is_value(plan, member, value, &same, err);
	if (rc != RK_OK || (same && !mark))
		return rc;
	rc = rk_override_plan_test(plan, member, err);
	if (rc == RK_OK && !same)
		add_operation(plan->replaces, "replace", member->path, json_deep_copy(value));
	return rc;
}

void
rk_override_plan_remove(struct rk_override_plan *plan, const struct rk_override_member *member)
{
	if (member->node && !rk_override_plan_has_node(&plan->removed, member->node))
		rk_override_plan_add_node(&plan->removed, member->node);
}

bool
rk_override_plan_touches(const struct rk_override_plan *plan, const struct rk_override_member *member)
{
	return rk_override_plan_has_node(&plan->removed, member->node) || rk_override_plan_has_node(&plan->touched, member->node);
}

/* Append the operations and the mark that give a member the bytes back which its mark has. */
static enum rk_rc
restore(const struct rk_override_plan *plan, const struct rk_override_member *member, const struct rk_mark *mark, json_t *patch,
    json_t *marks, struct rk_err *err)
{
	struct rk_strbuf ignored = { 0 };
	json_t *value = NULL;
	enum rk_rc rc = add_test(plan, patch, member->path, member->node, err);

	if (rc == RK_OK)
		rc = rk_override_plan_raw_value(mark->over_ring.len ? &mark->over : &mark->was, &ignored, &value, err);
	rk_strbuf_free(&ignored);
	if (rc != RK_OK)
		return rc == RK_REFUSED ? rk_err_prefix(err, rc, "comment of %s", member->path) : rc;
	add_operation(patch, "replace", member->path, value);
	rk_override_plan_add_mark(marks, member->path, mark, "restore");
	return RK_OK;
}

enum rk_rc
rk_override_plan_restore(struct rk_override_plan *plan, const struct rk_override_member *member, bool below, struct rk_err *err)
{
	const struct rk_yaml_node *node = rk_yaml_node(plan->values->yaml, member->node);
	struct rk_mark mark = { .replaced = member->mark.replaced };
	enum rk_rc rc;

	rk_override_plan_add_node(&plan->touched, member->node);
	if (!member->mark.over_ring.len || !below)
		rk_override_plan_add_node(&plan->unmarked, member->node);
	if (member->exact && (below || !member->mark.over_ring.len))
		return restore(plan, member, &member->mark, plan->replaces, plan->marks, err);
	/* its bytes are restored by a mark that says so */
	rk_strbuf_copy(&mark.was, &member->mark.was);
	if (below) {
		rk_strbuf_copy(&mark.over_ring, &member->mark.over_ring);
		rk_strbuf_copy(&mark.over, &member->mark.over);
	}
	write_mark(plan, plan->marks, member->path, &mark, plan->ring);
	rk_mark_sum(rk_yaml_text(plan->values->yaml) + node->start, node->end - node->start, mark.sum);
	rc = restore(plan, member, &mark, plan->later, plan->later_marks, err);
	rk_mark_free(&mark);
	return rc;
}

void
rk_override_plan_unmark(struct rk_override_plan *plan, const struct rk_override_member *member)
{
	rk_override_plan_add_node(&plan->touched, member->node);
	rk_override_plan_add_mark(plan->marks, member->path, &member->mark, "remove");
	rk_override_plan_add_node(&plan->unmarked, member->node);
}

void
rk_override_plan_mark(struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_mark *mark, const char *ring)
{
	bool forgets = member->mark.replaced && !mark->replaced;

	rk_override_plan_add_node(&plan->touched, member->node);
	if (forgets)
		rk_override_plan_add_mark(plan->marks, member->path, &member->mark, "remove");
	write_mark(plan, forgets ? plan->later_marks : plan->marks, member->path, mark, ring);
}

void
rk_override_plan_then(struct rk_override_plan *plan, const struct rk_override_member *member, const char *s)
{
	add_operation(plan->last, "replace", member->path, json_string(s));
}

/* Removals */

/* Order nodes from the end of the document. */
static int
compare_nodes(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Append the operations that remove a value. */
static enum rk_rc
write_remove(const struct rk_override_plan *plan, uint32_t node, json_t *patch, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = rk_lookup_pointer(plan->values->yaml, node, &path, err);

	if (rc == RK_OK)
		rc = add_test(plan, patch, path.data, node, err);
	if (rc == RK_OK)
		add_operation(patch, "remove", path.data, NULL);
	rk_strbuf_free(&path);
	return rc;
}

/* Items of lists are removed after all else, the last one first: the paths of the others stay what they were. */
static enum rk_rc
write_removes(struct rk_override_plan *plan, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	struct rk_override_nodes items = { 0 };
	enum rk_rc rc;
	size_t i;

	rc = rk_override_maps_finish(plan, err);
	for (i = 0; rc == RK_OK && i < plan->removed.n; i++) {
		if (rk_yaml_node(yaml, rk_yaml_node(yaml, plan->removed.node[i])->parent)->kind == RK_YAML_SEQ)
			rk_override_plan_add_node(&items, plan->removed.node[i]);
		else
			rc = write_remove(plan, plan->removed.node[i], plan->removes, err);
	}
	if (items.n)
		qsort(items.node, items.n, sizeof *items.node, compare_nodes);
	for (i = 0; rc == RK_OK && i < items.n; i++)
		rc = write_remove(plan, items.node[i], plan->items, err);
	free(items.node);
	return rc;
}

/* Plans */

void
rk_override_plan_open(struct rk_override_plan *plan, const struct rk_values *v, const char *ring, const char *tag)
{
	*plan = (struct rk_override_plan){ .values = v, .ring = ring, .tag = tag };
	plan->replaces = json_array();
	plan->adds = json_array();
	plan->removes = json_array();
	plan->marks = json_array();
	plan->later = json_array();
	plan->later_marks = json_array();
	plan->last = json_array();
	plan->items = json_array();
	rk_image_repository(&plan->repository, v->service, ring);
	rk_strbuf_printf(&plan->reference, "%s:%s", rk_strbuf_str(&plan->repository), tag);
	rk_image_host(&plan->host, v->service, ring);
}

/* Add an edit that tests that the element is the tenant's. */
static void
test_name(const struct rk_values *v, json_t *edits)
{
	struct rk_strbuf path = { 0 };
	json_t *edit;

	rk_strbuf_puts(&path, v->element_at.data);
	rk_json_pointer_add(&path, v->manifest->entry->tenant);
	edit = rk_json_pack("{ss s[{ss ss ss}]}", "at", "", "patch", "op", "test", "path", rk_strbuf_str(&path), "value",
	    v->manifest->tenant);
	rk_json_append(edits, edit);
	rk_strbuf_free(&path);
}

/* Check a version that is not in the manifest, where no operation can test it. */
static enum rk_rc
check_revision(const struct rk_values *v, const char *target_revision, struct rk_err *err)
{
	struct rk_chart_source source = { 0 };
	enum rk_rc rc = rk_chart_source_find(v, &source, err);

	if (rc == RK_OK && strcmp(rk_strbuf_str(&source.revision), target_revision) != 0)
		rc = rk_err_refuse(err, RK_CODE_STALE, "the version of the chart, which was %s, is now %s", target_revision,
		    source.revision.len ? source.revision.data : "unknown");
	rk_chart_source_free(&source);
	return rc;
}

/* Append an edit of the values, unless it does nothing. */
static void
add_edit(const struct rk_override_plan *plan, json_t *edits, json_t *patch, json_t *marks)
{
	json_t *edit;

	if (json_array_size(patch) == 0 && json_array_size(marks) == 0)
		return;
	edit = rk_json_pack("{ss sO}", "at", rk_strbuf_str(&plan->values->at), "patch", patch);
	if (json_array_size(marks))
		rk_json_set(edit, "marks", json_incref(marks));
	rk_json_append(edits, edit);
}

/* Write the operations as edits. */
static enum rk_rc
write_edits(struct rk_override_plan *plan, const char *target_revision, json_t *edits, struct rk_err *err)
{
	json_t *patch = plan->replaces, *none = json_array();
	enum rk_rc rc = RK_OK;

	rk_json_extend(patch, plan->adds);
	rk_json_extend(patch, plan->removes);
	if (json_array_size(patch) == 0 && json_array_size(plan->marks) == 0 && json_array_size(plan->last) == 0
	    && json_array_size(plan->items) == 0)
		goto out;
	if (plan->values->element_at.len)
		test_name(plan->values, edits);
	if (target_revision && !plan->values->version.len)
		rc = check_revision(plan->values, target_revision, err);
	else if (target_revision)
		rk_json_append(edits, rk_json_pack("{ss s[{ss ss ss}]}", "at", "", "patch", "op",
		    "test", "path", rk_strbuf_str(&plan->values->version), "value", target_revision));
	add_edit(plan, edits, patch, plan->marks);
	add_edit(plan, edits, plan->later, plan->later_marks);
	add_edit(plan, edits, plan->last, none);
	add_edit(plan, edits, plan->items, none);
out:
	json_decref(none);
	return rc;
}

enum rk_rc
rk_override_plan_close(struct rk_override_plan *plan, enum rk_rc rc, const char *target_revision, json_t **edits,
    struct rk_err *err)
{
	*edits = json_array();
	if (rc == RK_OK)
		rc = write_removes(plan, err);
	if (rc == RK_OK)
		rc = write_edits(plan, target_revision, *edits, err);
	if (rc == RK_REFUSED)
		rk_err_prefix(err, rc, "%s", plan->values->manifest->file.path);
	if (rc != RK_OK) {
		json_decref(*edits);
		*edits = NULL;
	}
	rk_strbuf_free(&plan->repository);
	rk_strbuf_free(&plan->reference);
	rk_strbuf_free(&plan->host);
	json_decref(plan->replaces);
	json_decref(plan->adds);
	json_decref(plan->removes);
	json_decref(plan->marks);
	json_decref(plan->later);
	json_decref(plan->later_marks);
	json_decref(plan->last);
	json_decref(plan->items);
	free(plan->grown.node);
	free(plan->removed.node);
	free(plan->unmarked.node);
	free(plan->touched.node);
	return rc;
}
