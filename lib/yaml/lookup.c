#include <string.h>

#include "yaml/lookup.h"
#include "base/code.h"
#include "base/err.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "yaml/yaml.h"

static enum rk_rc
in_map(const struct rk_yaml *yaml, uint32_t map, enum rk_rc rc, struct rk_err *err)
{
	unsigned line, column;

	rk_yaml_where(yaml, rk_yaml_node(yaml, map)->start, &line, &column);
	return rk_err_prefix(err, rc, "in the map at line %u", line);
}

enum rk_rc
rk_lookup_member(const struct rk_yaml *yaml, uint32_t map, const char *key, uint32_t *value, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t k, v, found = 0;
	bool merge = false;

	*value = 0;
	for (k = rk_yaml_node(yaml, map)->child; rc == RK_OK && k; k = rk_yaml_node(yaml, v)->next) {
		v = rk_yaml_node(yaml, k)->next;
		if (rk_yaml_node(yaml, k)->kind != RK_YAML_SCALAR)
			continue;
		rk_strbuf_clear(&name);
		rc = rk_yaml_scalar(yaml, k, &name, err);
		merge = merge || strcmp(rk_strbuf_str(&name), "<<") == 0;
		if (rc != RK_OK || strcmp(rk_strbuf_str(&name), key) != 0)
			continue;
		if (found)
			rc = in_map(yaml, map, rk_err_refuse(err, RK_CODE_DUPLICATE_KEY, "duplicate key \"%s\"", key), err);
		found = v;
	}
	rk_strbuf_free(&name);
	if (rc != RK_OK)
		return rc;
	if (merge)
		return in_map(yaml, map, rk_err_refuse(err, RK_CODE_THROUGH_MERGE_KEY, "a merge key (<<) may set \"%s\"", key), err);
	if (found && rk_yaml_node(yaml, found)->kind == RK_YAML_ALIAS)
		return in_map(yaml, map, rk_err_refuse(err, RK_CODE_THROUGH_ALIAS, "\"%s\" is an alias", key), err);
	*value = found;
	return RK_OK;
}

enum rk_rc
rk_lookup_string(const struct rk_yaml *yaml, uint32_t map, const char *key, struct rk_strbuf *text, struct rk_err *err)
{
	uint32_t node = rk_yaml_get(yaml, map, key);

	rk_strbuf_clear(text);
	rk_strbuf_add(text, "", 0);
	if (node && rk_yaml_node(yaml, node)->kind == RK_YAML_SCALAR && !rk_yaml_is_null(yaml, node))
		return rk_yaml_scalar(yaml, node, text, err);
	return RK_OK;
}

enum rk_rc
rk_lookup_pointer(const struct rk_yaml *yaml, uint32_t node, struct rk_strbuf *path, struct rk_err *err)
{
	uint32_t parent = rk_yaml_node(yaml, node)->parent, at;
	struct rk_strbuf key = { 0 };
	enum rk_rc rc = RK_OK;
	size_t index = 0;

	if (!parent)
		return RK_OK;
	rc = rk_lookup_pointer(yaml, parent, path, err);
	at = rk_yaml_node(yaml, parent)->child;
	if (rc == RK_OK && rk_yaml_node(yaml, parent)->kind == RK_YAML_MAP) {
		while (rk_yaml_node(yaml, at)->next != node)
			at = rk_yaml_node(yaml, at)->next;
		rc = rk_yaml_scalar(yaml, at, &key, err);
		rk_json_pointer_add(path, rk_strbuf_str(&key));
	} else if (rc == RK_OK) {
		for (; at != node; at = rk_yaml_node(yaml, at)->next)
			index++;
		rk_strbuf_printf(path, "/%zu", index);
	}
	rk_strbuf_free(&key);
	return rc;
}

enum rk_rc
rk_lookup_element(const struct rk_yaml *yaml, uint32_t list, const char *member, const char *name,
    struct rk_lookup_element *found, struct rk_err *err)
{
	uint32_t element = rk_yaml_node(yaml, list)->child;
	struct rk_strbuf text = { 0 };
	json_t *json = NULL;
	enum rk_rc rc = RK_OK;
	size_t i;

	*found = (struct rk_lookup_element){ 0 };
	for (i = 0; rc == RK_OK && element; i++, element = rk_yaml_node(yaml, element)->next) {
		rc = rk_lookup_string(yaml, element, member, &text, err);
		if (rc != RK_OK || strcmp(text.data, name) != 0)
			continue;
		found->count++;
		found->index = i;
		found->node = element;
	}
	if (rc == RK_OK && found->count)
		rc = rk_yaml_json(yaml, rk_yaml_get(yaml, found->node, member), &json, err);
	found->is_string = json_is_string(json);
	json_decref(json);
	rk_strbuf_free(&text);
	return rc;
}
