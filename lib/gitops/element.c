#include <string.h>

#include "gitops/element.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"
#include "gitops/values.h"
#include "yaml/json_patch.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

enum rk_rc
rk_element_list(const struct rk_manifest *manifest, size_t *document, uint32_t *list, struct rk_err *err)
{
	const struct rk_yaml *yaml = manifest->file.yaml;
	size_t n = rk_yaml_documents(yaml), i, found = 0;
	uint32_t node;

	*list = 0;
	for (i = 0; i < n; i++) {
		node = rk_yaml_at(yaml, rk_yaml_root(yaml, i), manifest->entry->elements);
		if (rk_yaml_node(yaml, node)->kind != RK_YAML_SEQ)
			continue;
		found++;
		*document = i;
		*list = node;
	}
	if (found > 1)
		return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "%zu documents have a list at %s", found, manifest->entry->elements);
	return found ? RK_OK : rk_err_refuse(err, RK_CODE_NO_SUCH_PATH, "no list at %s", manifest->entry->elements);
}

enum rk_rc
rk_element_names(struct rk_manifest *manifest, json_t **names, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	json_t *seen = json_object();
	uint32_t list = 0, element;
	size_t document;
	enum rk_rc rc = rk_manifest_parse(manifest, err);

	*names = json_array();
	if (rc == RK_OK)
		rc = rk_element_list(manifest, &document, &list, err);
	for (element = rc == RK_OK ? rk_yaml_node(manifest->file.yaml, list)->child : 0; rc == RK_OK && element;
	    element = rk_yaml_node(manifest->file.yaml, element)->next) {
		rc = rk_lookup_string(manifest->file.yaml, element, manifest->entry->tenant, &name, err);
		if (rc != RK_OK || rk_validate_name(name.data, name.len) || json_object_get(seen, name.data))
			continue;
		rk_json_set(seen, name.data, json_true());
		rk_json_append(*names, json_string(name.data));
	}
	rk_strbuf_free(&name);
	json_decref(seen);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_BAD_YAML, "%s: %s", manifest->file.path, err->msg);
	if (rc != RK_OK) {
		json_decref(*names);
		*names = NULL;
	}
	return rc;
}

const char *
rk_element_text(struct rk_manifest *manifest, size_t *len)
{
	const struct rk_entry *entry = manifest->entry;
	struct rk_lookup_element found;
	const struct rk_yaml_node *node;
	struct rk_err err;
	size_t document;
	uint32_t list;

	if (rk_manifest_parse(manifest, &err) != RK_OK || rk_element_list(manifest, &document, &list, &err) != RK_OK
	    || rk_lookup_element(manifest->file.yaml, list, entry->tenant, manifest->tenant, &found, &err) != RK_OK
	    || found.count != 1)
		return NULL;
	node = rk_yaml_node(manifest->file.yaml, found.node);
	*len = node->end - node->start;
	return rk_yaml_text(manifest->file.yaml) + node->start;
}

/* Return the start of the line of an element of a block list, if only the "- " is before it; else NULL. */
static const char *
element_line(const struct rk_yaml *yaml, uint32_t element)
{
	const char *text = rk_yaml_text(yaml), *end = text + rk_yaml_node(yaml, element)->props, *start = end, *at;

	while (start > text && start[-1] != '\n')
		start--;
	at = start + strspn(start, " ");
	return *at == '-' && at + 1 + strspn(at + 1, " ") == end ? start : NULL;
}

static bool
has_alias(const struct rk_yaml *yaml)
{
	uint32_t node, n = rk_yaml_nodes(yaml);

	for (node = 1; node < n && rk_yaml_node(yaml, node)->kind != RK_YAML_ALIAS; node++)
		;
	return node < n;
}

/* Append the file without the elements that are not neighbours of v's.  Return whether that is possible. */
static bool
cut(const struct rk_values *v, struct rk_strbuf *out)
{
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	const struct rk_strbuf *text = &v->manifest->file.text;
	uint32_t list = rk_yaml_node(yaml, v->object)->parent, element = rk_yaml_node(yaml, list)->child, last = 0;
	const char *first = element_line(yaml, element), *from = first, *to = NULL, *rest;
	size_t i;

	if (rk_yaml_node(yaml, list)->style != RK_YAML_BLOCK || has_alias(yaml))
		return false;
	for (i = 0; element; i++, last = element, element = rk_yaml_node(yaml, element)->next) {
		if (i + 1 == v->element)
			from = element_line(yaml, element);
		if (i == v->element + 2)
			to = element_line(yaml, element);
	}
	if (!first || !from || !to)
		return false;
	rest = text->data + rk_yaml_node(yaml, last)->end;
	rest += strcspn(rest, "\n");
	rk_strbuf_add(out, text->data, (size_t)(first - text->data));
	rk_strbuf_add(out, from, (size_t)(to - from));
	rk_strbuf_add(out, rest + (*rest == '\n'), (size_t)(text->data + text->len - rest) - (*rest == '\n'));
	return true;
}

/* Set the member of an object to the same pointer with another index of the element. */
static bool
renumber(const struct rk_values *v, json_t *object, const char *member)
{
	const char *pointer = rk_json_string(object, member);
	struct rk_strbuf new = { 0 };
	bool ok = strncmp(pointer, v->element_at.data, v->element_at.len) == 0 && pointer[v->element_at.len] == '/';

	rk_strbuf_printf(&new, "%s/%d%s", v->manifest->entry->elements, v->element > 0, ok ? pointer + v->element_at.len : "");
	if (ok)
		rk_json_set(object, member, json_string(new.data));
	rk_strbuf_free(&new);
	return ok;
}

/* Return whether edits, which change, could be made ones of the cut file. */
static bool
renumber_edits(const struct rk_values *v, json_t *edits)
{
	json_t *edit, *operation, *mark;
	bool ok = edits;
	size_t i, j;

	json_array_foreach(edits, i, edit) {
		if (*rk_json_string(edit, "at")) {
			ok = ok && renumber(v, edit, "at");
			continue;
		}
		json_array_foreach(json_object_get(edit, "patch"), j, operation)
			ok = ok && renumber(v, operation, "path");
		json_array_foreach(json_object_get(edit, "marks"), j, mark)
			ok = ok && renumber(v, mark, "path");
	}
	return ok;
}

/* Let the marks of edits have the sums that those of own have got. */
static void
take_sums(json_t *edits, const json_t *own)
{
	json_t *edit, *mark;
	const json_t *from;
	size_t i, j;

	json_array_foreach(edits, i, edit) {
		from = json_object_get(json_array_get(own, i), "marks");
		json_array_foreach(json_object_get(edit, "marks"), j, mark)
			rk_json_set(mark, "mark", json_incref(json_object_get(json_array_get(from, j), "mark")));
	}
}

enum rk_rc
rk_element_check(const struct rk_values *v, const struct rk_json_patch_options *options, json_t *edits, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	struct rk_yaml *yaml = NULL;
	json_t *own = NULL;
	enum rk_rc rc = RK_END;

	if (v->element_at.len && cut(v, &text)) {
		own = json_deep_copy(edits);
		rc = renumber_edits(v, own) ? rk_yaml_parse(text.data, text.len, &yaml, err) : RK_END;
		if (rc == RK_OK)
			rc = rk_json_patch_check(yaml, options, own, NULL, err);
		if (rc == RK_OK)
			take_sums(edits, own);
	}
	rk_yaml_free(yaml);
	json_decref(own);
	rk_strbuf_free(&text);
	return rc == RK_OK ? RK_OK : RK_END;
}
