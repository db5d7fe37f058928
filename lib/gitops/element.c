#include <string.h>

#include "gitops/element.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

enum rk_rc
rk_element_list(const struct rk_manifest *manifest, size_t *document, uint32_t *list, struct rk_err *err)
{
	const struct rk_yaml *yaml = manifest->file.yaml;
	size_t n = rk_yaml_documents(yaml), i, found = 0;
	uint32_t node;

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
	if (!*names || !seen)
		rc = rk_err_nomem(err);
	if (rc == RK_OK)
		rc = rk_element_list(manifest, &document, &list, err);
	for (element = rc == RK_OK ? rk_yaml_node(manifest->file.yaml, list)->child : 0; rc == RK_OK && element;
	    element = rk_yaml_node(manifest->file.yaml, element)->next) {
		rc = rk_lookup_string(manifest->file.yaml, element, manifest->entry->tenant, &name, err);
		if (rc != RK_OK || rk_validate_name(name.data, name.len) || json_object_get(seen, name.data))
			continue;
		if (json_object_set_new(seen, name.data, json_true()) < 0 || json_array_append_new(*names, json_string(name.data)) < 0)
			rc = rk_err_nomem(err);
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
