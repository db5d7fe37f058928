#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gitops/helm_values.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "gitops/chart_source.h"
#include "gitops/helm_set.h"
#include "gitops/values.h"
#include "yaml/yaml.h"

/* Convert a node to JSON; what cannot be read is a refusal. */
static enum rk_rc
json_of(const struct rk_yaml *yaml, uint32_t node, json_t **json, struct rk_err *err)
{
	enum rk_rc rc = rk_yaml_json(yaml, node, json, err);

	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, err->code == RK_CODE_NONE ? RK_CODE_BAD_VALUES : err->code, "%s", err->msg);
	return rc;
}

/* A parameter of an Argo CD source. */
struct parameter {
	const char *name, *value;	/* borrowed */
	bool string;			/* forceString */
	bool replaced;			/* by a later one of its name */
	struct rk_helm_set set;
};

static enum rk_rc
read_parameter(const json_t *from, bool template, struct parameter *p, struct rk_err *err)
{
	json_t *value = json_object_get(from, "value");

	p->name = rk_json_string(from, "name");
	if (!p->name)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "a parameter has no name, or it is not a string");
	if (value && !json_is_string(value))
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "the value of the parameter \"%s\" is not a string: quote it", p->name);
	p->value = value ? json_string_value(value) : "";
	p->string = json_is_true(json_object_get(from, "forceString"));
	if (strlen(p->value) != json_string_length(value) && value)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "the value of the parameter \"%s\" has a NUL", p->name);
	if (template && (strstr(p->name, "{{") || strstr(p->value, "{{")))
		return rk_err_refuse(err, RK_CODE_SHADOWED, "the parameter \"%s\" of the template is not known before Argo CD expands it",
		    p->name);
	if (strchr(p->value, '$'))
		return rk_err_refuse(err, RK_CODE_SHADOWED, "the parameter \"%s\" has a variable, which is not known before Argo CD "
		    "expands it", p->name);
	return rk_helm_set_parse(p->name, &p->set, err);
}

/* Check that the result does not depend on the order of parameters, which Argo CD does not keep. */
static enum rk_rc
check_order(struct parameter *p, size_t n, struct rk_err *err)
{
	size_t i, k;

	for (i = 0; i < n; i++)
		for (k = i + 1; k < n; k++) {
			if (p[i].string != p[k].string)
				continue;
			if (strcmp(p[i].name, p[k].name) == 0)
				p[i].replaced = true;
			else if (rk_helm_set_covers(&p[i].set, &p[k].set) || rk_helm_set_covers(&p[k].set, &p[i].set))
				return rk_err_refuse(err, RK_CODE_BAD_VALUES, "the parameters \"%s\" and \"%s\" set the same value, in an order "
				    "that Argo CD does not keep", p[i].name, p[k].name);
		}
	return RK_OK;
}

/* Apply the parameters of a helm block: first those of --set, then those of --set-string. */
static enum rk_rc
apply_parameters(const json_t *list, bool template, json_t *values, struct rk_err *err)
{
	size_t n = json_array_size(list), i;
	struct parameter *p;
	enum rk_rc rc = RK_OK;
	int pass;

	if (n > RK_HELM_VALUES_PARAMETERS)
		return rk_err_refuse(err, RK_CODE_TOO_LARGE, "more than %d parameters", RK_HELM_VALUES_PARAMETERS);
	if (n == 0)
		return RK_OK;
	p = rk_memory_calloc(n, sizeof *p);
	for (i = 0; rc == RK_OK && i < n; i++)
		rc = read_parameter(json_array_get(list, i), template, &p[i], err);
	if (rc == RK_OK)
		rc = check_order(p, n, err);
	for (pass = 0; pass < 2; pass++)
		for (i = 0; rc == RK_OK && i < n; i++)
			if (!p[i].replaced && p[i].string == (pass == 1)
			    && (rc = rk_helm_set_apply(&p[i].set, p[i].value, p[i].string, values, err)) == RK_REFUSED)
				rk_err_prefix(err, rc, "parameter \"%s\"", p[i].name);
	for (i = 0; i < n; i++)
		rk_helm_set_free(&p[i].set);
	free(p);
	return rc;
}

/*
 * Set *json to a list of the helm blocks, with nothing but their parameters: a new reference on RK_OK, else NULL.  They may
 * hold the values too, of which there is to be one copy only.
 */
static enum rk_rc
read_helm_blocks(const struct rk_values *v, json_t **json, struct rk_err *err)
{
	json_t *helm, *files, *list;
	enum rk_rc rc = RK_OK;
	size_t i;

	*json = json_array();
	for (i = 0; rc == RK_OK && i < v->n_helm; i++) {
		rc = json_of(v->manifest->file.yaml, v->helm[i], &helm, err);
		files = json_object_get(helm, "fileParameters");
		list = json_object_get(helm, "parameters");
		rk_json_append(*json, rk_json_pack("{sO* sO*}", "fileParameters", files, "parameters", list));
		json_decref(helm);
	}
	if (rc == RK_OK)
		return RK_OK;
	json_decref(*json);
	*json = NULL;
	return rc;
}

/* Apply the parameters of the source, or of the templates of an ApplicationSet. */
static enum rk_rc
apply_helm_blocks(const struct rk_values *v, const json_t *blocks, json_t *values, struct rk_err *err)
{
	const bool template = v->manifest->entry && v->manifest->entry->values;
	json_t *helm, *list;
	const char *name;
	enum rk_rc rc;
	size_t i;

	json_array_foreach(blocks, i, helm) {
		list = json_object_get(helm, "fileParameters");
		name = rk_json_string(json_array_get(list, 0), "name");
		if (json_array_size(list))
			return rk_err_refuse(err, RK_CODE_SHADOWED, "the file parameter \"%s\" reads a file of the chart's repository, which "
			    "is not known here", name ? name : "");
		list = json_object_get(helm, "parameters");
		if (v->n_helm > 1 && json_array_size(list))
			return rk_err_refuse(err, RK_CODE_SHADOWED, "several sources or templates have parameters, and which of them count is "
			    "not known here");
		rc = apply_parameters(list, template, values, err);
		if (rc != RK_OK)
			return rc;
	}
	return RK_OK;
}

/* Check that a key is the same to Helm as in JSON: an unquoted on or 010 is another key, "true" or "8". */
static enum rk_rc
check_key(const struct rk_yaml *yaml, uint32_t key, struct rk_err *err)
{
	struct rk_strbuf text = { 0 }, as = { 0 };
	unsigned line, column;
	json_t *json;
	enum rk_rc rc = json_of(yaml, key, &json, err);

	if (rc == RK_OK && !json_is_string(json)) {
		rk_json_add(&as, json);
		rc = rk_yaml_scalar(yaml, key, &text, err);
		rk_yaml_where(yaml, rk_yaml_node(yaml, key)->start, &line, &column);
		if (rc == RK_OK && (!json_is_integer(json) || strcmp(rk_strbuf_str(&text), as.data) != 0))
			rc = rk_err_refuse(err, RK_CODE_BAD_VALUES, "the key %s in line %u is not a string to Helm: quote it",
			    rk_strbuf_str(&text), line);
	}
	json_decref(json);
	rk_strbuf_free(&text);
	rk_strbuf_free(&as);
	return rc;
}

/* Check the keys of the values; if these have an alias, all keys of the document. */
static enum rk_rc
check_keys(const struct rk_values *v, uint32_t from, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->yaml;
	uint32_t end = rk_yaml_after(yaml, from), node, key;
	enum rk_rc rc = RK_OK;

	for (node = from; node < end; node++)
		if (rk_yaml_node(yaml, node)->kind == RK_YAML_ALIAS && from != v->root)
			return check_keys(v, v->root, err);
	for (node = from; rc == RK_OK && node < end; node++) {
		key = rk_yaml_is_map(yaml, node) ? rk_yaml_node(yaml, node)->child : 0;
		for (; rc == RK_OK && key; key = rk_yaml_node(yaml, rk_yaml_node(yaml, key)->next)->next)
			if (rk_yaml_node(yaml, key)->style == RK_YAML_PLAIN && !rk_yaml_is_merge(yaml, key))
				rc = check_key(yaml, key, err);
	}
	return rc;
}

/* Set *json to the value at base in the document, or in the string of values, through aliases and merge keys; NULL: none. */
static enum rk_rc
find_values(const struct rk_values *v, json_t **json, struct rk_err *err)
{
	uint32_t at = v->root ? rk_yaml_at(v->yaml, v->root, rk_strbuf_str(&v->base)) : 0;
	json_t *root = NULL;
	enum rk_rc rc = RK_OK;

	*json = NULL;
	if (v->root)
		rc = check_keys(v, at ? at : v->root, err);
	if (rc == RK_OK && v->root)
		rc = json_of(v->yaml, v->root, &root, err);
	if (rc == RK_OK)
		rc = rk_json_pointer_find(root, rk_strbuf_str(&v->base), json, err);
	json_incref(*json);
	json_decref(root);
	return rc;
}

enum rk_rc
rk_helm_values_read(const struct rk_values *v, json_t **json, struct rk_err *err)
{
	json_t *blocks;
	enum rk_rc rc = read_helm_blocks(v, &blocks, err);

	*json = NULL;
	if (rc == RK_OK)
		rc = find_values(v, json, err);
	if (rc == RK_OK && (!*json || json_is_null(*json))) {
		json_decref(*json);
		*json = json_object();
	}
	if (rc == RK_OK && !json_is_object(*json))
		rc = rk_err_refuse(err, RK_CODE_BAD_VALUES, "the values are not a map");
	if (rc == RK_OK)
		rc = apply_helm_blocks(v, blocks, *json, err);
	json_decref(blocks);
	if (rc == RK_OK)
		return RK_OK;
	json_decref(*json);
	*json = NULL;
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", v->manifest->file.path) : rc;
}

/* Return the string at a JSON Pointer, a literal of the caller: borrowed, or NULL. */
static const char *
string_at(json_t *json, const char *pointer)
{
	struct rk_err err;
	json_t *found;

	return rk_json_pointer_find(json, pointer, &found, &err) == RK_OK ? json_string_value(found) : NULL;
}

/* Set a member to a string, unless it is NULL or empty. */
static void
set_string(json_t *source, const char *member, const char *value)
{
	if (value && *value)
		rk_json_set(source, member, json_string(value));
}

/* Add the strings of a list, or the "kind name" of its maps, as a member, unless there are none. */
static void
set_list(json_t *source, const char *member, json_t *object, const char *pointer)
{
	struct rk_strbuf text = { 0 };
	json_t *list, *item, *names = json_array();
	struct rk_err err;
	size_t i;

	if (rk_json_pointer_find(object, pointer, &list, &err) != RK_OK)
		list = NULL;
	json_array_foreach(list, i, item) {
		rk_strbuf_clear(&text);
		if (json_is_object(item) && rk_json_string(item, "kind") && rk_json_string(item, "name"))
			rk_strbuf_printf(&text, "%s %s", rk_json_string(item, "kind"), rk_json_string(item, "name"));
		else if (json_is_string(item))
			rk_strbuf_puts(&text, json_string_value(item));
		rk_json_append(names, json_string(rk_strbuf_str(&text)));
	}
	if (json_array_size(names))
		rk_json_set(source, member, json_incref(names));
	json_decref(names);
	rk_strbuf_free(&text);
}

/* An Application: of its source, the map that has the version. */
static void
describe_application(const struct rk_values *v, json_t *object, json_t *document, json_t *source)
{
	struct rk_strbuf pointer = { 0 };
	const char *name;
	struct rk_err err;
	json_t *from;

	rk_strbuf_add(&pointer, v->version.data, (size_t)(strrchr(v->version.data, '/') - v->version.data));
	if (rk_json_pointer_find(document, rk_strbuf_str(&pointer), &from, &err) != RK_OK)
		from = NULL;
	rk_strbuf_free(&pointer);
	set_string(source, "chart", rk_json_string(from, "chart"));
	set_string(source, "repoURL", rk_json_string(from, "repoURL"));
	name = string_at(from, "/helm/releaseName");
	set_string(source, "releaseName", name && *name ? name : string_at(object, "/metadata/name"));
	set_string(source, "namespace", string_at(object, "/spec/destination/namespace"));
	set_list(source, "valueFiles", from, "/helm/valueFiles");
}

/* A HelmRelease: Flux puts its targetNamespace before its name (fluxcd.io/flux/components/helm/helmreleases, "Release name"). */
static void
describe_release(json_t *object, json_t *source)
{
	const char *chart = string_at(object, "/spec/chart/spec/chart"), *name = string_at(object, "/spec/releaseName");
	const char *target = string_at(object, "/spec/targetNamespace");
	struct rk_strbuf text = { 0 };

	set_string(source, "chart", chart);
	if (name && *name)
		rk_strbuf_puts(&text, name);
	else if (string_at(object, "/metadata/name"))
		rk_strbuf_printf(&text, "%s%s%s", target ? target : "", target ? "-" : "", string_at(object, "/metadata/name"));
	set_string(source, "releaseName", rk_strbuf_str(&text));
	set_string(source, "namespace", target ? target : string_at(object, "/metadata/namespace"));
	set_list(source, "valueFiles", object, "/spec/chart/spec/valuesFiles");
	set_list(source, "valuesFrom", object, "/spec/valuesFrom");
	rk_strbuf_free(&text);
}

/* Add what the manifest's own kind says; of an entry with values, it may say nothing. */
static enum rk_rc
describe(const struct rk_values *v, json_t *source, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	const uint32_t root = rk_yaml_root(yaml, v->document);
	json_t *object = NULL, *document = NULL;
	enum rk_rc rc = RK_OK;

	if (v->object && rk_yaml_is_map(yaml, v->object))
		rc = json_of(yaml, v->object, &object, err);
	if (rc == RK_OK && object && v->object == root)
		document = json_incref(object);
	else if (rc == RK_OK && object)
		rc = json_of(yaml, root, &document, err);
	if (rc == RK_OK && !(v->manifest->entry && v->manifest->entry->values)) {
		if (rk_json_is(json_object_get(object, "kind"), "Application") && v->version.len)
			describe_application(v, object, document, source);
		else if (rk_json_is(json_object_get(object, "kind"), "HelmRelease"))
			describe_release(object, source);
	}
	if (rc == RK_OK && !json_object_get(source, "chart"))
		set_string(source, "chart", v->deployed.len ? v->deployed.data : v->umbrella);
	json_decref(object);
	json_decref(document);
	return rc;
}

enum rk_rc
rk_helm_values_source(const struct rk_values *v, json_t **json, struct rk_err *err)
{
	struct rk_chart_source found;
	enum rk_rc rc = rk_chart_source_find(v, &found, err);

	*json = json_object();
	set_string(*json, "tenant", v->manifest->tenant);
	if (rc == RK_OK)
		rc = describe(v, *json, err);
	if (rc == RK_OK) {
		set_string(*json, "repoURL", rk_strbuf_str(&found.url));
		set_string(*json, "path", rk_strbuf_str(&found.path));
		set_string(*json, "targetRevision", rk_strbuf_str(&found.revision));
		set_string(*json, "reason", rk_strbuf_str(&found.fault));
	}
	rk_chart_source_free(&found);
	if (rc == RK_OK)
		return RK_OK;
	json_decref(*json);
	*json = NULL;
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", v->manifest->file.path) : rc;
}

enum rk_rc
rk_helm_values_named(const struct rk_values *v, struct rk_strbuf *named, struct rk_err *err)
{
	static const char *const members[] = { "valueFiles", "valuesFrom" };
	json_t *source, *item;
	enum rk_rc rc = rk_helm_values_source(v, &source, err);
	size_t i, k;

	for (i = 0; rc == RK_OK && i < 2; i++)
		json_array_foreach(json_object_get(source, members[i]), k, item)
			rk_strbuf_printf(named, "%s%s%s%s", named->len ? ", " : "", k ? "" : members[i], k ? "" : " ",
			    json_string_value(item));
	json_decref(source);
	return rc;
}
