#include <string.h>

#include "yaml/json_patch.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "yaml/edit.h"
#include "yaml/embed.h"
#include "yaml/marks.h"
#include "yaml/yaml.h"

/* A patch that is being applied. */
struct run {
	struct rk_edit *edit;
	bool strict, values;
	bool inside;			/* of a string */
	const json_t *created;		/* borrowed, may be NULL: pointers that earlier edits added here */
	json_t *fresh;			/* borrowed, may be NULL: those that this one has added */
	struct rk_marks *marks;		/* of the edit, may be NULL */
	bool fill;			/* their sums may be missing */
	struct rk_err *err;
};

static enum rk_rc
no_such_path(const struct run *run, const char *path)
{
	return rk_err_refuse(run->err, RK_CODE_NO_SUCH_PATH, "%s: path not found", path);
}

/* The JSON of a node, or a refusal with the code and message of rk_yaml_json(). */
static enum rk_rc
read_value(const struct run *run, uint32_t node, json_t **json)
{
	enum rk_rc rc = rk_yaml_json(rk_edit_yaml(run->edit), node, json, run->err);

	if (rc == RK_EDATA)
		rc = RK_REFUSED;
	return rc;
}

/* Find the value of a key; *value is 0 if the map lacks it. */
static enum rk_rc
member(const struct run *run, uint32_t map, const char *key, const char *path, uint32_t *value)
{
	const struct rk_yaml *y = rk_edit_yaml(run->edit);
	uint32_t k;
	bool merges = false;
	json_t *json;
	enum rk_rc rc = RK_OK;

	*value = 0;
	for (k = rk_yaml_node(y, map)->child; k; k = rk_yaml_node(y, rk_yaml_node(y, k)->next)->next) {
		merges = merges || rk_yaml_is_merge(y, k);
		if (!rk_yaml_key_is(y, k, key))
			continue;
		if (*value)
			return rk_err_refuse(run->err, RK_CODE_DUPLICATE_KEY, "%s: duplicate key \"%s\"", path, key);
		*value = rk_yaml_node(y, k)->next;
	}
	if (*value || !merges)
		return RK_OK;
	rc = read_value(run, map, &json);
	if (rc == RK_OK && json_object_get(json, key))
		rc = rk_err_refuse(run->err, RK_CODE_THROUGH_MERGE_KEY, "%s: \"%s\" comes from a merge key", path, key);
	json_decref(json);
	return rc;
}

static uint32_t
item(const struct run *run, uint32_t seq, size_t index)
{
	uint32_t child = rk_yaml_node(rk_edit_yaml(run->edit), seq)->child;

	for (; child && index; index--)
		child = rk_yaml_node(rk_edit_yaml(run->edit), child)->next;
	return child;
}

/* Find the node at the first n tokens of pointer. */
static enum rk_rc
descend(const struct run *run, const struct rk_json_pointer *pointer, size_t n, const char *path, uint32_t *node)
{
	const struct rk_yaml_node *here;
	enum rk_rc rc = RK_OK;
	size_t i, index;

	*node = rk_edit_root(run->edit);
	for (i = 0; i < n && rc == RK_OK; i++) {
		here = rk_yaml_node(rk_edit_yaml(run->edit), *node);
		if (here->kind == RK_YAML_ALIAS)
			return rk_err_refuse(run->err, RK_CODE_THROUGH_ALIAS, "%s: path goes through an alias", path);
		if (here->kind == RK_YAML_MAP) {
			rc = member(run, *node, pointer->token[i], path, node);
		} else {
			index = rk_json_pointer_index(pointer->token[i]);
			*node = here->kind == RK_YAML_SEQ && index < here->count ? item(run, *node, index) : 0;
		}
		if (rc == RK_OK && !*node)
			rc = no_such_path(run, path);
	}
	return rc;
}

/* Read the value at a pointer, a new reference.  Only reading may go through aliases and merge keys. */
static enum rk_rc
value_at(const struct run *run, const struct rk_json_pointer *pointer, const char *path, json_t **value)
{
	json_t *root;
	uint32_t node;
	enum rk_rc rc = descend(run, pointer, pointer->n, path, &node);

	*value = NULL;
	if (rc == RK_OK)
		return read_value(run, node, value);
	if (rc != RK_REFUSED || (run->err->code != RK_CODE_THROUGH_ALIAS && run->err->code != RK_CODE_THROUGH_MERGE_KEY))
		return rc;
	rc = read_value(run, rk_edit_root(run->edit), &root);
	if (rc == RK_OK) {
		*value = json_incref(rk_json_pointer_get(root, pointer));
		if (!*value)
			rc = no_such_path(run, path);
	}
	json_decref(root);
	return rc;
}

/* Has this stream created the value at pointer, or a map above it? */
static bool
is_created(const json_t *list, const struct rk_json_pointer *pointer)
{
	struct rk_json_pointer made;
	struct rk_err ignored;
	json_t *each;
	bool covers = false;
	size_t i;

	json_array_foreach(list, i, each) {
		if (!covers && json_is_string(each) && rk_json_pointer_parse(json_string_value(each), &made, &ignored) == RK_OK) {
			covers = rk_json_pointer_covers(&made, pointer);
			rk_json_pointer_free(&made);
		}
	}
	return covers;
}

static enum rk_rc
stale(const struct run *run, const char *path, const char *what)
{
	return rk_err_refuse(run->err, RK_CODE_STALE, "%s: %s", *path ? path : "the document", what);
}

/* Add the members of value that a map lacks. */
static enum rk_rc
merge(struct run *run, uint32_t map, const json_t *value, const char *path)
{
	const char *key;
	json_t *each, *have;
	enum rk_rc rc = RK_OK;
	uint32_t node;

	if (rk_yaml_node(rk_edit_yaml(run->edit), map)->kind != RK_YAML_MAP || !json_is_object(value))
		return stale(run, path, "another value exists already");
	json_object_foreach((json_t *)value, key, each) {
		rc = member(run, map, key, path, &node);
		if (rc != RK_OK)
			return rc;
		rk_marks_enter(run->marks, key, 0);
		if (!node) {
			rc = rk_edit_add(run->edit, map, key, 0, each, run->err);
		} else if (json_is_object(each)) {
			rc = merge(run, node, each, path);
		} else {
			rc = read_value(run, node, &have);
			if (rc == RK_OK && !rk_json_equal(have, each))
				rc = stale(run, path, "another value exists already");
			json_decref(have);
		}
		if (rc != RK_OK)
			return rc;
		rk_marks_leave(run->marks);
	}
	return RK_OK;
}

/* Note that these edits have added a member. */
static enum rk_rc
note(const struct run *run, const char *path, enum rk_rc rc)
{
	if (rc == RK_OK && run->fresh)
		rk_json_append(run->fresh, json_string(path));
	return rc;
}

static enum rk_rc
add_member(struct run *run, uint32_t map, const struct rk_json_pointer *pointer, const char *path, const json_t *value)
{
	const char *key = pointer->token[pointer->n - 1];
	enum rk_rc rc;
	uint32_t node;

	rc = member(run, map, key, path, &node);
	if (rc == RK_REFUSED && !run->strict && run->err->code == RK_CODE_THROUGH_MERGE_KEY)
		rc = RK_OK;	/* a key of the map itself takes precedence over a merged one */
	if (rc != RK_OK)
		return rc;
	if (node && run->strict)
		return is_created(run->created, pointer) || is_created(run->fresh, pointer) ?
		    merge(run, node, value, path) : stale(run, path, "a value exists already");
	if (node)
		return rk_edit_replace(run->edit, node, value, run->err);
	return note(run, path, rk_edit_add(run->edit, map, key, 0, value, run->err));
}

/* Make an empty document a map with one member. */
static enum rk_rc
add_first(struct run *run, const char *key, const char *path, const json_t *value)
{
	json_t *map = rk_json_pack("{sO}", key, value);
	enum rk_rc rc;

	rk_marks_go(run->marks, "");
	rc = rk_edit_replace(run->edit, 0, map, run->err);
	json_decref(map);
	return note(run, path, rc);
}

static enum rk_rc
add(struct run *run, const struct rk_json_pointer *pointer, const char *path, const json_t *value)
{
	const struct rk_yaml_node *n;
	enum rk_rc rc;
	uint32_t parent;
	size_t index;

	if (pointer->n == 0) {
		parent = rk_edit_root(run->edit);
		return parent && run->strict ? stale(run, path, "a value exists already") :
		    rk_edit_replace(run->edit, parent, value, run->err);
	}
	if (run->values && pointer->n == 1 && !rk_edit_root(run->edit))
		return add_first(run, pointer->token[0], path, value);
	rc = descend(run, pointer, pointer->n - 1, path, &parent);
	if (rc != RK_OK)
		return rc;
	n = rk_yaml_node(rk_edit_yaml(run->edit), parent);
	if (n->kind == RK_YAML_MAP)
		return add_member(run, parent, pointer, path, value);
	if (n->kind == RK_YAML_ALIAS)
		return rk_err_refuse(run->err, RK_CODE_THROUGH_ALIAS, "%s: path goes through an alias", path);
	if (rk_yaml_is_null(rk_edit_yaml(run->edit), parent))
		return rk_err_refuse(run->err, RK_CODE_NULL_PARENT, "%s: the parent is null: replace it by {}", path);
	index = strcmp(pointer->token[pointer->n - 1], "-") == 0 ? n->count : rk_json_pointer_index(pointer->token[pointer->n - 1]);
	if (n->kind != RK_YAML_SEQ || index > n->count)
		return no_such_path(run, path);
	return rk_edit_add(run->edit, parent, NULL, index, value, run->err);
}

/* Refuse to remove a member that a merge key of the same map would bring back, with another value. */
static enum rk_rc
check_merged(const struct run *run, uint32_t map, const char *key, const char *path)
{
	const struct rk_yaml *y = rk_edit_yaml(run->edit);
	enum rk_rc rc = RK_OK;
	bool again = false;
	json_t *json, *each;
	uint32_t k;
	size_t i;

	for (k = rk_yaml_node(y, map)->child; rc == RK_OK && k; k = rk_yaml_node(y, rk_yaml_node(y, k)->next)->next) {
		if (!rk_yaml_is_merge(y, k))
			continue;
		rc = read_value(run, rk_yaml_node(y, k)->next, &json);
		again = again || json_object_get(json, key);
		json_array_foreach(json, i, each)
			again = again || json_object_get(each, key);
		json_decref(json);
	}
	return rc == RK_OK && again ? rk_err_refuse(run->err, RK_CODE_THROUGH_MERGE_KEY,
	    "%s: without it, \"%s\" would come from a merge key", path, key) : rc;
}

/* Does the document become empty without the only member of map?  An empty string would no longer be one of YAML. */
static bool
leaves_nothing(const struct run *run, uint32_t map)
{
	const struct rk_yaml *y = rk_edit_yaml(run->edit);
	const struct rk_yaml_node *n = rk_yaml_node(y, map);

	return run->values && map == rk_edit_root(run->edit) && n->kind == RK_YAML_MAP && n->count == 2 &&
	    (!run->inside || strspn(rk_yaml_text(y), " \t\r\n") < n->start);
}

static enum rk_rc
take_away(struct run *run, const struct rk_json_pointer *pointer, const char *path)
{
	struct rk_err why;
	uint32_t node, map;
	enum rk_rc rc = descend(run, pointer, pointer->n, path, &node);

	map = rc == RK_OK ? rk_yaml_node(rk_edit_yaml(run->edit), node)->parent : 0;
	if (rk_yaml_is_map(rk_edit_yaml(run->edit), map))
		rc = check_merged(run, map, pointer->token[pointer->n - 1], path);
	if (rc != RK_OK)
		return rc;
	if (leaves_nothing(run, map)) {
		rc = rk_edit_empty(run->edit, &why);
		if (rc == RK_OK)
			return RK_OK;
		if (rc != RK_REFUSED) {
			*run->err = why;
			return rc;
		}
	}
	return rk_edit_remove(run->edit, node, run->err);
}

/* A node that already has the value stays as it is written, unless its mark says how it was. */
static enum rk_rc
replace(struct run *run, const struct rk_json_pointer *pointer, const char *path, const json_t *value)
{
	struct rk_marks_entry *restores = rk_marks_here(run->marks, RK_MARKS_RESTORE);
	json_t *have = NULL;
	uint32_t node;
	enum rk_rc rc = descend(run, pointer, pointer->n, path, &node);

	if (rc != RK_OK)
		return rc;
	if (restores)
		rc = rk_edit_restore(run->edit, node, restores, value, run->err);
	else if (node && rk_yaml_json(rk_edit_yaml(run->edit), node, &have, run->err) == RK_OK && json_equal(have, value))
		rc = RK_OK;
	else
		rc = rk_edit_replace(run->edit, node, value, run->err);
	json_decref(have);
	return rc;
}

static enum rk_rc
test(const struct run *run, const struct rk_json_pointer *pointer, const char *path, const json_t *value)
{
	json_t *have;
	enum rk_rc rc = value_at(run, pointer, path, &have);

	if (rc == RK_OK && !rk_json_equal(have, value))
		rc = stale(run, path, "test failed: another value");
	if (run->strict && rc == RK_REFUSED && run->err->code == RK_CODE_NO_SUCH_PATH)
		rc = stale(run, path, "test failed: path not found");
	json_decref(have);
	return rc;
}

static enum rk_rc
move_or_copy(struct run *run, bool move, const struct rk_json_pointer *from, const char *from_path,
    const struct rk_json_pointer *to, const char *path)
{
	json_t *value;
	enum rk_rc rc = value_at(run, from, from_path, &value);

	if (rc == RK_OK && move && rk_json_pointer_covers(from, to) && from->n < to->n)
		rc = rk_err_refuse(run->err, RK_CODE_NO_SUCH_PATH, "%s: cannot move a value into itself", path);
	else if (rc == RK_OK && !(move && from->n == to->n && rk_json_pointer_covers(from, to))) {
		rc = move ? take_away(run, from, from_path) : RK_OK;
		if (rc == RK_OK)
			rc = add(run, to, path, value);
	}
	json_decref(value);
	return rc;
}

static enum rk_rc
operation(struct run *run, const json_t *op)
{
	const char *name = rk_json_string(op, "op");
	const char *path = rk_json_string(op, "path");
	const char *from = rk_json_string(op, "from");
	const json_t *value = json_object_get(op, "value");
	struct rk_json_pointer pointer = { 0 }, source = { 0 };
	bool move = name && strcmp(name, "move") == 0, moves = move || (name && strcmp(name, "copy") == 0);
	enum rk_rc rc;

	if (!name || !path)
		return rk_err_set(run->err, RK_EDATA, "invalid operation: expected the strings \"op\" and \"path\"");
	rc = rk_json_pointer_parse(path, &pointer, run->err);
	if (rc == RK_OK && moves && from)	/* other operations do not define "from": ignored (RFC 6902, section 4) */
		rc = rk_json_pointer_parse(from, &source, run->err);
	if (rc != RK_OK)
		goto out;
	rk_marks_go(run->marks, path);
	if (moves)
		rc = from ? move_or_copy(run, move, &source, from, &pointer, path) :
		    rk_err_set(run->err, RK_EDATA, "invalid operation: %s requires the string \"from\"", name);
	else if (strcmp(name, "remove") == 0)
		rc = take_away(run, &pointer, path);
	else if (strcmp(name, "add") != 0 && strcmp(name, "replace") != 0 && strcmp(name, "test") != 0)
		rc = rk_err_set(run->err, RK_EDATA, "invalid operation: unknown \"op\" \"%s\"", name);
	else if (!value)
		rc = rk_err_set(run->err, RK_EDATA, "invalid operation: %s requires a \"value\"", name);
	else
		rc = name[0] == 'a' ? add(run, &pointer, path, value) :
		    name[0] == 'r' ? replace(run, &pointer, path, value) : test(run, &pointer, path, value);
out:
	rk_json_pointer_free(&pointer);
	rk_json_pointer_free(&source);
	return rc;
}

static enum rk_rc
operations(struct run *run, const json_t *patch)
{
	enum rk_rc rc = RK_OK;
	json_t *op;
	size_t i;

	if (!json_is_array(patch))
		return rk_err_set(run->err, RK_EDATA, "invalid patch: expected a list of operations");
	json_array_foreach(patch, i, op) {
		rc = operation(run, op);
		if (rc != RK_OK)
			break;
	}
	return rc;
}

/* Write the marks of values that no operation has written. */
static enum rk_rc
remaining_marks(struct run *run)
{
	struct rk_json_pointer pointer;
	struct rk_marks_entry *entry;
	const char *path;
	enum rk_rc rc = RK_OK;
	uint32_t node;

	while (rc == RK_OK && (entry = rk_marks_left(run->marks))) {
		path = rk_marks_path(entry);
		if (rk_marks_restores(entry))
			return rk_err_set(run->err, RK_EDATA, "invalid mark: restore requires a replace of %s", path);
		rc = rk_json_pointer_parse(path, &pointer, run->err);
		if (rc == RK_OK)
			rc = descend(run, &pointer, pointer.n, path, &node);
		if (rc == RK_OK)
			rc = rk_edit_mark(run->edit, node, entry, run->err);
		rk_json_pointer_free(&pointer);
	}
	return rc;
}

static enum rk_rc
operations_with_marks(struct run *run, const json_t *patch)
{
	enum rk_rc rc;

	rk_edit_with_marks(run->edit, run->marks);
	rc = operations(run, patch);
	if (rc == RK_OK)
		rc = remaining_marks(run);
	rk_edit_with_marks(run->edit, NULL);
	return rc;
}

/* Apply a patch to the content of the string at node. */
static enum rk_rc
inside(const struct run *outer, uint32_t node, const json_t *patch)
{
	struct run run = *outer;
	struct rk_embed *embed;
	enum rk_rc rc = rk_embed_open(outer->edit, node, &embed, run.err);

	if (rc != RK_OK)
		return rc;
	run.inside = true;
	run.edit = rk_embed_edit(embed);
	rc = rk_edit_choose(run.edit, -1, run.err);
	if (rc == RK_OK)
		rc = operations_with_marks(&run, patch);
	if (rc == RK_OK)
		rc = rk_embed_save(embed, run.err);
	rk_embed_close(embed);
	return rc;
}

/* Apply a patch to the document, or if at is not "", to the string that it points to. */
static enum rk_rc
edit_at(struct run *run, const char *at, const json_t *patch)
{
	struct rk_json_pointer pointer;
	enum rk_rc rc;
	uint32_t node;

	if (!*at)
		return operations_with_marks(run, patch);
	rc = rk_json_pointer_parse(at, &pointer, run->err);
	if (rc == RK_OK)
		rc = descend(run, &pointer, pointer.n, at, &node);
	if (rc == RK_OK && rk_yaml_node(rk_edit_yaml(run->edit), node)->kind == RK_YAML_ALIAS)
		rc = rk_err_refuse(run->err, RK_CODE_THROUGH_ALIAS, "the string is an alias");
	if (rc == RK_OK)
		rc = inside(run, node, patch);
	rk_json_pointer_free(&pointer);
	return rc == RK_OK ? rc : rk_err_prefix(run->err, rc, "%s", at);
}

static enum rk_rc
edit(struct run *run, const json_t *what, const json_t *created, json_t *fresh)
{
	const char *at = rk_json_string(what, "at");
	const json_t *patch = json_object_get(what, "patch");
	enum rk_rc rc;
	json_t *list;

	if (!at || !patch)
		return rk_err_set(run->err, RK_EDATA, "invalid edit: expected \"at\" and \"patch\"");
	rc = rk_marks_read(json_object_get(what, "marks"), run->fill, &run->marks, run->err);
	if (rc != RK_OK)
		return rc;
	list = json_object_get(fresh, at);
	if (!list) {
		list = json_array();
		rk_json_set(fresh, at, list);
	}
	run->created = json_object_get(created, at);
	run->fresh = list;
	rc = edit_at(run, at, patch);
	rk_marks_free(run->marks);
	run->marks = NULL;
	return rc;
}

/* Add the pointers of fresh to those of the stream. */
static void
remember(json_t *created, json_t *fresh)
{
	const char *at;
	json_t *list, *known;

	json_object_foreach(fresh, at, list) {
		known = json_object_get(created, at);
		if (json_array_size(list) == 0)
			continue;
		if (known)
			rk_json_extend(known, list);
		else
			rk_json_set(created, at, json_incref(list));
	}
}

/* If rc is RK_OK, choose the document. */
static enum rk_rc
begin(struct run *run, enum rk_rc rc, long document)
{
	return rc == RK_OK ? rk_edit_choose(run->edit, document, run->err) : rc;
}

/* Close the edit; if rc is RK_OK, append the new text to out first, unless that is NULL. */
static enum rk_rc
finish(struct run *run, enum rk_rc rc, struct rk_strbuf *out)
{
	const char *text;
	size_t len;

	if (rc == RK_OK && out) {
		text = rk_edit_text(run->edit, &len);
		rk_strbuf_add(out, text, len);
	}
	rk_edit_close(run->edit);
	return rc;
}

/* Apply all edits, and note what they create. */
static enum rk_rc
apply_edits(struct run *run, const json_t *edits, json_t *created)
{
	json_t *fresh = json_object();
	enum rk_rc rc = RK_OK;
	size_t i;

	if (!json_is_array(edits))
		rc = rk_err_set(run->err, RK_EDATA, "invalid \"edits\": expected a list");
	for (i = 0; rc == RK_OK && i < json_array_size(edits); i++)
		rc = edit(run, json_array_get(edits, i), created, fresh);
	if (rc == RK_OK && created)
		remember(created, fresh);
	json_decref(fresh);
	return rc;
}

enum rk_rc
rk_json_patch_edits(const char *text, size_t len, const struct rk_json_patch_options *options, const json_t *edits,
    struct rk_strbuf *out, struct rk_err *err)
{
	struct run run = { .strict = options->strict, .values = options->values, .err = err };
	enum rk_rc rc = begin(&run, rk_edit_open(text, len, &run.edit, err), options->document);

	if (rc == RK_OK)
		rc = apply_edits(&run, edits, options->created);
	return finish(&run, rc, out);
}

enum rk_rc
rk_json_patch_check(const struct rk_yaml *yaml, const struct rk_json_patch_options *options, json_t *edits,
    struct rk_strbuf *out, struct rk_err *err)
{
	struct run run = { .strict = options->strict, .values = options->values, .fill = true, .err = err };
	enum rk_rc rc;

	run.edit = rk_edit_open_parsed(yaml);
	rc = begin(&run, RK_OK, options->document);
	if (rc == RK_OK)
		rc = apply_edits(&run, edits, options->created);
	return finish(&run, rc, out);
}

enum rk_rc
rk_json_patch_apply(const char *text, size_t len, const struct rk_json_patch_options *options, const json_t *patch,
    struct rk_strbuf *out, struct rk_err *err)
{
	struct run run = { .strict = options->strict, .err = err };
	enum rk_rc rc = begin(&run, rk_edit_open(text, len, &run.edit, err), options->document);

	if (rc == RK_OK)
		rc = operations(&run, patch);
	return finish(&run, rc, out);
}
