#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gitops/values.h"
#include "base/err.h"
#include "base/glob.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/validate.h"
#include "gitops/catalog.h"
#include "gitops/element.h"
#include "gitops/manifest.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

struct kind;

/* An object of a manifest: a document's root, or an item of a List. */
struct object {
	const struct kind *kind;	/* NULL: not one that is known */
	size_t document;
	uint32_t node;
	char pointer[32];		/* JSON Pointer of the object in its document */
	uint32_t source;		/* of an Application */
	char source_pointer[96];	/* JSON Pointer of the source in its document */
	const char *deployed;		/* the component of a chart's name that it deploys, NULL: the umbrella */
};

/* The search for the object that deploys a service. */
struct search {
	const struct rk_yaml *yaml;
	const struct rk_manifest *manifest;
	const char *umbrella;		/* the chart's name, NULL: any */
	const struct rk_service *service;
	struct object found;		/* the first that deploys it */
	size_t matches, others;		/* objects that deploy it, and those of a known kind that do not */
	struct rk_err why;		/* why the first of the others does not */
};

/* Return the component of a chart's name that is name, and set *depth to its number from 1; NULL if none is. */
static const char *
find_component(const struct rk_chart *chart, const char *name, size_t len, size_t *depth)
{
	const char *part = chart->name;

	for (*depth = 1; *depth <= chart->depth; ++*depth, part += strcspn(part, "/") + 1)
		if (strcspn(part, "/") == len && strncmp(part, name, len) == 0)
			return part;
	return NULL;
}

static const char *
last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Return whether a chart's name, which may have a path before it, is the umbrella's: as written, or its last components. */
static bool
is_umbrella(const char *umbrella, const char *name)
{
	size_t len = strlen(umbrella), all = strlen(name);

	return all >= len && strcmp(name + all - len, umbrella) == 0 && (all == len || name[all - len - 1] == '/');
}

/*
 * Return whether the umbrella, or one of the service's charts or of those around them, has this name, which may have a
 * path before it; *deployed is the component of the chart's name, or NULL.
 */
static bool
is_deployed_chart(const struct search *s, const char *name, const char **deployed)
{
	const char *last = last_component(name);
	size_t i, depth;

	*deployed = NULL;
	if (s->umbrella && is_umbrella(s->umbrella, name))
		return true;
	for (i = 0; i < s->service->n_charts && !*deployed; i++)
		*deployed = find_component(&s->service->chart[i], last, strlen(last), &depth);
	return *deployed || !s->umbrella;
}

static enum rk_rc
refuse_chart(const struct search *s, const char *name, struct rk_err *err)
{
	return rk_err_refuse(err, RK_CODE_OTHER_CHART, "expected the chart \"%s\" or one of the service %s, got \"%s\"",
	    s->umbrella, s->service->name, name);
}

/* Check that a source of an Application deploys the service.  RK_REFUSED: it does not. */
static enum rk_rc
check_source(const struct search *s, uint32_t source, const char **deployed, struct rk_err *err)
{
	static const char *const others[] = { "kustomize", "directory", "plugin" };
	struct rk_strbuf name = { 0 }, path = { 0 }, url = { 0 };
	bool helm = !rk_yaml_is_null(s->yaml, rk_yaml_get(s->yaml, source, "helm")), matches;
	const char *have = NULL;
	enum rk_rc rc;
	size_t i;

	*deployed = NULL;
	rc = rk_lookup_string(s->yaml, source, "chart", &name, err);
	if (rc == RK_OK)
		rc = rk_lookup_string(s->yaml, source, "path", &path, err);
	if (rc == RK_OK)
		rc = rk_lookup_string(s->yaml, source, "repoURL", &url, err);
	for (i = 0; rc == RK_OK && i < sizeof others / sizeof others[0]; i++)
		if (!rk_yaml_is_null(s->yaml, rk_yaml_get(s->yaml, source, others[i])))
			rc = rk_err_refuse(err, RK_CODE_NOT_HELM, "the source is not a Helm chart: it has \"%s\"", others[i]);
	if (rc != RK_OK)
		goto out;
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.data[--path.len] = '\0';
	if (name.len)
		have = name.data;
	else if (strncmp(url.data, "oci://", 6) == 0)
		have = url.data;
	else if (path.len)
		have = path.data;
	matches = have && is_deployed_chart(s, have, deployed);
	if (!have || (!matches && !helm && have == path.data))
		rc = rk_err_refuse(err, RK_CODE_NOT_HELM, "the source does not name a Helm chart");
	else if (!matches)
		rc = refuse_chart(s, last_component(have), err);
out:
	rk_strbuf_free(&name);
	rk_strbuf_free(&path);
	rk_strbuf_free(&url);
	return rc;
}

static void
set_source(struct object *object, uint32_t source, const char *pointer)
{
	object->source = source;
	snprintf(object->source_pointer, sizeof object->source_pointer, "%s%s", object->pointer, pointer);
}

/* Of spec.sources, find the one that deploys the service. */
static enum rk_rc
find_source_in_list(const struct search *s, uint32_t sources, struct object *object, struct rk_err *err)
{
	uint32_t entry = rk_yaml_node(s->yaml, sources)->child;
	const char *deployed;
	char pointer[48];
	enum rk_rc rc;
	size_t index;

	for (index = 0; entry; index++, entry = rk_yaml_node(s->yaml, entry)->next) {
		if (!rk_yaml_is_map(s->yaml, entry))
			continue;
		rc = check_source(s, entry, &deployed, err);
		if (rc == RK_REFUSED || (rc == RK_OK && !s->umbrella && !deployed && !rk_yaml_get(s->yaml, entry, "helm")))
			continue;
		if (rc != RK_OK)
			return rc;
		if (object->source)
			return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "several entries of spec.sources deploy the chart");
		snprintf(pointer, sizeof pointer, "/spec/sources/%zu", index);
		set_source(object, entry, pointer);
		object->deployed = deployed;
	}
	return object->source ? RK_OK : rk_err_refuse(err, RK_CODE_OTHER_CHART,
	    "no entry of spec.sources deploys the chart \"%s\" or one of the service %s", s->umbrella ? s->umbrella : "(any)",
	    s->service->name);
}

static enum rk_rc
find_source(const struct search *s, struct object *object, struct rk_err *err)
{
	uint32_t spec, hydrator, sources, source = 0;
	enum rk_rc rc = rk_lookup_member(s->yaml, object->node, "spec", &spec, err);

	if (rc != RK_OK)
		return rc;
	if (!rk_yaml_is_map(s->yaml, spec))
		return rk_err_refuse(err, RK_CODE_NOT_AN_APPLICATION, "missing spec in the Application");
	hydrator = rk_yaml_get(s->yaml, spec, "sourceHydrator");
	if (rk_yaml_is_map(s->yaml, hydrator))
		source = rk_yaml_get(s->yaml, hydrator, "drySource");
	if (rk_yaml_is_map(s->yaml, source)) {
		set_source(object, source, "/spec/sourceHydrator/drySource");
		return check_source(s, source, &object->deployed, err);
	}
	sources = rk_yaml_get(s->yaml, spec, "sources");
	if (sources && rk_yaml_node(s->yaml, sources)->kind == RK_YAML_SEQ && rk_yaml_node(s->yaml, sources)->child)
		return find_source_in_list(s, sources, object, err);
	rc = rk_lookup_member(s->yaml, spec, "source", &source, err);
	if (rc == RK_OK && !rk_yaml_is_map(s->yaml, source))
		rc = rk_err_refuse(err, RK_CODE_NOT_AN_APPLICATION, "missing source in the Application");
	set_source(object, source, "/spec/source");
	return rc == RK_OK ? check_source(s, source, &object->deployed, err) : rc;
}

/* Return whether a map has the values of one of the service's charts. */
static bool
has_chart(const struct search *s, uint32_t map)
{
	struct rk_strbuf pointer = { 0 };
	const struct rk_chart *chart;
	const char *path, *end;
	bool has = false;
	size_t i, depth;

	for (i = 0; i < s->service->n_charts && !has; i++) {
		chart = &s->service->chart[i];
		path = end = rk_catalog_path(&chart->form[0]);
		for (depth = 0; depth < chart->depth; depth++)
			end = strchr(end + 1, '/');
		rk_strbuf_clear(&pointer);
		rk_strbuf_add(&pointer, path, (size_t)(end - path));
		has = rk_yaml_at(s->yaml, map, pointer.data);
	}
	rk_strbuf_free(&pointer);
	return has;
}

/* Check that an object without a kind, of the node 0 if the file is empty, can be a file of Helm values.  RK_REFUSED: it cannot. */
static enum rk_rc
check_values_file(const struct search *s, struct object *object, struct rk_err *err)
{
	static const char *const names[] = { "kustomization.*", "Kustomization", "Chart.yaml", "Chart.lock", "fleet.yaml",
		"*.schema.json" };
	static const char *const neighbours[] = { "namePrefix", "images", "patches" };
	const char *name = last_component(s->manifest->file.path);
	uint32_t root = object->node;
	const struct rk_entry *entry = s->manifest->entry;
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (rk_glob_match(names[i], strlen(names[i]), name, RK_GLOB_NAME))
			return rk_err_refuse(err, RK_CODE_NOT_HELM, "a file of this name does not hold Helm values");
	if (rk_yaml_get(s->yaml, root, "apiVersion"))
		return rk_err_refuse(err, RK_CODE_NOT_HELM, "not Helm values: the root has apiVersion, but no kind");
	for (i = 0; i < sizeof neighbours / sizeof neighbours[0]; i++)
		if (rk_yaml_get(s->yaml, root, "resources") && rk_yaml_get(s->yaml, root, neighbours[i]))
			return rk_err_refuse(err, RK_CODE_NOT_HELM, "not Helm values: the root has resources and %s, as a "
			    "kustomization has", neighbours[i]);
	if (entry && strchr(entry->path, '*') && !has_chart(s, root))
		return rk_err_refuse(err, RK_CODE_NOT_HELM, "the file has no kind, and values of no chart of the service %s: if it "
		    "is for Helm, name it in \"manifests\" without \"*\"", s->service->name);
	return RK_OK;
}

/* Check that a HelmRelease deploys the service.  RK_REFUSED: it does not. */
static enum rk_rc
check_release(const struct search *s, struct object *object, struct rk_err *err)
{
	struct rk_strbuf name = { 0 };
	enum rk_rc rc;

	rc = rk_lookup_string(s->yaml, rk_yaml_at(s->yaml, object->node, "/spec/chart/spec"), "chart", &name, err);
	if (rc == RK_OK && name.len) {
		if (!is_deployed_chart(s, name.data, &object->deployed))
			rc = refuse_chart(s, name.data, err);
	} else if (rc == RK_OK) {
		/* The chart's own name is in another object, which may have any name. */
		rc = rk_lookup_string(s->yaml, rk_yaml_at(s->yaml, object->node, "/spec/chartRef"), "name", &name, err);
		if (rc == RK_OK)
			is_deployed_chart(s, rk_strbuf_str(&name), &object->deployed);
	}
	rk_strbuf_free(&name);
	return rc;
}

/* Take the values from the string that a scalar is. */
static enum rk_rc
use_string(struct rk_values *v, uint32_t scalar, struct rk_err *err)
{
	unsigned line, column;
	enum rk_rc rc;

	rk_strbuf_clear(&v->base);
	v->flow = rk_yaml_node(v->yaml, scalar)->style == RK_YAML_SINGLE;
	rk_yaml_where(v->yaml, rk_yaml_node(v->yaml, scalar)->start, &line, &column);
	rc = rk_manifest_string(v->manifest, scalar, &v->string, &v->yaml, err);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "invalid values string in line %u: %s", line, err->msg);
	if (rc != RK_OK)
		return rc;
	if (rk_yaml_documents(v->yaml) > 1)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "expected one YAML document in the values string, got several");
	v->root = rk_yaml_root(v->yaml, 0);
	v->keep_base = true;
	return RK_OK;
}

static void
add_helm(struct rk_values *v, uint32_t helm)
{
	uint32_t *grown = rk_memory_realloc(v->helm, v->n_helm + 1, sizeof *grown);

	v->helm = grown;
	v->helm[v->n_helm++] = helm;
}

/* Find the values in a source's helm block. */
static enum rk_rc
find_in_source(struct rk_values *v, uint32_t source, const char *pointer, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->yaml;
	struct rk_strbuf string = { 0 };
	uint32_t helm, object = 0, values = 0;
	enum rk_rc rc;
	bool is_string;

	rk_strbuf_printf(&v->base, "%s/helm/valuesObject", pointer);
	rc = rk_lookup_member(yaml, source, "helm", &helm, err);
	if (rc != RK_OK || !rk_yaml_is_map(yaml, helm))
		return rc;
	add_helm(v, helm);
	rc = rk_lookup_member(yaml, helm, "valuesObject", &object, err);
	if (rc == RK_OK)
		rc = rk_lookup_member(yaml, helm, "values", &values, err);
	if (rc != RK_OK || rk_yaml_is_null(yaml, values))
		return rc;
	if (rk_yaml_node(yaml, values)->kind != RK_YAML_SCALAR)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "expected a string as values of the source's helm block");
	rc = rk_yaml_scalar(yaml, values, &string, err);
	is_string = rk_strbuf_str(&string)[strspn(rk_strbuf_str(&string), " \t\r\n")];	/* else it has no values */
	rk_strbuf_free(&string);
	if (rc != RK_OK || !is_string)
		return rc;
	if (rk_yaml_is_null(yaml, object)) {
		rk_strbuf_printf(&v->at, "%s/helm/values", pointer);
		return use_string(v, values, err);
	}
	v->keep_base = true;
	return RK_OK;
}

/* The values of an Application are in its source. */
static enum rk_rc
use_source(struct rk_values *v, const struct object *object, struct rk_err *err)
{
	rk_strbuf_printf(&v->version, "%s/targetRevision", object->source_pointer);
	return find_in_source(v, object->source, object->source_pointer, err);
}

/* Flux ignores the version of a chart in a Git repository or a bucket (fluxcd.io/flux/components/helm/helmcharts). */
static enum rk_rc
use_release(struct rk_values *v, const struct object *object, struct rk_err *err)
{
	uint32_t reference = rk_yaml_at(v->yaml, object->node, "/spec/chart/spec/sourceRef");
	struct rk_strbuf kind = { 0 };
	enum rk_rc rc = rk_lookup_string(v->yaml, reference, "kind", &kind, err);

	rk_strbuf_printf(&v->base, "%s/spec/values", object->pointer);
	if (rc == RK_OK && strcmp(kind.data, "HelmRepository") == 0)
		rk_strbuf_printf(&v->version, "%s/spec/chart/spec/version", object->pointer);
	rk_strbuf_free(&kind);
	return rc;
}

static enum rk_rc
use_values_file(struct rk_values *v, const struct object *object, struct rk_err *err)
{
	(void)object;
	(void)err;
	v->keep_base = true;
	return RK_OK;
}

static enum rk_rc
refuse_set(struct rk_values *v, const struct object *object, struct rk_err *err)
{
	(void)v;
	(void)object;
	return rk_err_refuse(err, RK_CODE_APPLICATION_SET, "an override in the template of an ApplicationSet would reach "
	    "all of its tenants: use the tenant's own Application");
}

/* The kinds of objects: all that is known of each. */
static const struct kind {
	const char *group, *name;	/* of apiVersion, and kind */
	enum rk_rc (*check)(const struct search *s, struct object *object, struct rk_err *err);	/* it deploys the service */
	enum rk_rc (*use)(struct rk_values *v, const struct object *object, struct rk_err *err);	/* values, version */
	unsigned shadows;		/* what can take precedence over the values */
} kinds[] = {
	{ "argoproj.io", "Application", find_source, use_source,
	    RK_VALUES_PARAMETERS | RK_VALUES_UPDATER | RK_VALUES_SOURCE_FILES | RK_VALUES_MARKERS },
	{ "argoproj.io", "ApplicationSet", NULL, refuse_set, 0 },
	{ "helm.toolkit.fluxcd.io", "HelmRelease", check_release, use_release, RK_VALUES_RENDERERS | RK_VALUES_MARKERS },
	{ NULL, "", check_values_file, use_values_file, RK_VALUES_SOURCE_FILES | RK_VALUES_MARKERS },
	{ "v1", "List", NULL, NULL, 0 },
};
enum { VALUES_FILE = 3, LIST };

/* Set *kind to that of an object, or to NULL. */
static enum rk_rc
kind_of(const struct rk_yaml *yaml, uint32_t object, const struct kind **kind, struct rk_err *err)
{
	struct rk_strbuf name = { 0 }, api = { 0 };
	const char *group;
	enum rk_rc rc;
	size_t i;

	*kind = NULL;
	rc = rk_lookup_string(yaml, object, "kind", &name, err);
	if (rc == RK_OK)
		rc = rk_lookup_string(yaml, object, "apiVersion", &api, err);
	for (i = 0; rc == RK_OK && i < sizeof kinds / sizeof kinds[0]; i++) {
		group = kinds[i].group;
		if (strcmp(name.data, kinds[i].name) == 0 && (!group || (strcspn(api.data, "/") == strlen(group)
		    && strncmp(api.data, group, strlen(group)) == 0)))
			*kind = &kinds[i];
	}
	rk_strbuf_free(&name);
	rk_strbuf_free(&api);
	return rc;
}

/* Look at an object, or at those in a List. */
static enum rk_rc
search_object(struct search *s, struct object object, struct rk_err *err)
{
	struct rk_err why = { 0 };
	struct object item;
	enum rk_rc rc;
	size_t i;

	if (!rk_yaml_is_map(s->yaml, object.node))
		return RK_OK;
	rc = kind_of(s->yaml, object.node, &object.kind, err);
	if (rc == RK_OK && object.kind == &kinds[LIST] && !*object.pointer) {
		item = (struct object){ .document = object.document, .node = rk_yaml_at(s->yaml, object.node, "/items/0") };
		for (i = 0; rc == RK_OK && item.node; i++, item.node = rk_yaml_node(s->yaml, item.node)->next) {
			snprintf(item.pointer, sizeof item.pointer, "/items/%zu", i);
			rc = search_object(s, item, err);
		}
		return rc;
	}
	if (rc != RK_OK || !object.kind || object.kind == &kinds[LIST])
		return rc;
	rc = object.kind->check ? object.kind->check(s, &object, &why) : RK_OK;
	if (rc == RK_REFUSED) {
		if (!s->others++)
			s->why = why;
		return RK_OK;
	}
	if (rc != RK_OK) {
		*err = why;
		return rc;
	}
	if (!s->matches++)
		s->found = object;
	return RK_OK;
}

/* Find the one object of the manifest that deploys the service, whatever its kind. */
static enum rk_rc
find_object(struct search *s, struct rk_err *err)
{
	size_t n = rk_yaml_documents(s->yaml), i;
	enum rk_rc rc = RK_OK;

	s->found.node = rk_yaml_root(s->yaml, 0);
	for (i = 0; rc == RK_OK && i < n; i++)
		rc = search_object(s, (struct object){ .document = i, .node = rk_yaml_root(s->yaml, i) }, err);
	if (rc != RK_OK)
		return rc;
	if (s->matches > 1)
		return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "%zu objects in the file deploy the chart", s->matches);
	if (!s->matches && s->others) {
		*err = s->why;
		return RK_REFUSED;
	}
	if (s->matches || n > 1 || !rk_yaml_is_null(s->yaml, s->found.node))
		return RK_OK;
	s->found.kind = &kinds[VALUES_FILE];
	return check_values_file(s, &s->found, err);
}

static enum rk_rc
find(struct rk_values *v, struct search *s, struct rk_err *err)
{
	const struct object *object = &s->found;
	enum rk_rc rc = find_object(s, err);

	if (rc != RK_OK)
		return rc;
	v->document = object->document;
	v->object = object->node;
	if (object->deployed)
		rk_strbuf_add(&v->deployed, object->deployed, strcspn(object->deployed, "/"));
	v->root = rk_yaml_root(v->yaml, v->document);
	if (!object->kind || !object->kind->use)
		return rk_err_refuse(err, RK_CODE_NOT_AN_APPLICATION, "not an Argo CD Application, Flux HelmRelease or values file");
	v->shadows = object->kind->shadows;
	rc = object->kind->use(v, object, err);
	return rc;
}

/* Find the tenant's element, and set v->object, v->element and v->element_at. */
static enum rk_rc
find_element(struct rk_values *v, uint32_t list, struct rk_err *err)
{
	const struct rk_entry *entry = v->manifest->entry;
	struct rk_lookup_element found;
	enum rk_rc rc = rk_lookup_element(v->yaml, list, entry->tenant, v->manifest->tenant, &found, err);

	if (rc != RK_OK)
		return rc;
	if (found.count == 0)
		return rk_err_refuse(err, RK_CODE_NO_MANIFEST, "%s has no element whose %s is %s", entry->elements, entry->tenant,
		    v->manifest->tenant);
	if (found.count > 1)
		return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "%zu elements of %s have the %s %s", found.count, entry->elements,
		    entry->tenant, v->manifest->tenant);
	if (!found.is_string)
		return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "the %s %s of element %zu of %s is not a string: quote it", entry->tenant,
		    v->manifest->tenant, found.index, entry->elements);
	v->object = found.node;
	v->element = found.index;
	rk_strbuf_printf(&v->element_at, "%s/%zu", entry->elements, found.index);
	return RK_OK;
}

/*
 * Check that Argo CD takes the values of an element: without goTemplate only strings, which must be there; with it, they may
 * be missing where another element has a map.
 */
static enum rk_rc
check_generator(const struct rk_values *v, uint32_t list, uint32_t values, struct rk_err *err)
{
	uint32_t root = rk_yaml_root(v->yaml, v->document), element;
	const char *at = v->manifest->entry->values;
	struct rk_strbuf kind = { 0 }, go = { 0 };
	bool set, strings, map = rk_yaml_is_map(v->yaml, values);
	enum rk_rc rc = rk_lookup_string(v->yaml, root, "kind", &kind, err);

	if (rc == RK_OK)
		rc = rk_lookup_string(v->yaml, rk_yaml_get(v->yaml, root, "spec"), "goTemplate", &go, err);
	set = rc == RK_OK && strcmp(kind.data, "ApplicationSet") == 0;
	strings = set && strcmp(go.data, "true") != 0;
	if (rc == RK_OK && strings && map)
		rc = rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s%s is a map: without goTemplate, Argo CD takes only strings",
		    v->element_at.data, at);
	for (element = rk_yaml_node(v->yaml, list)->child; !map && element; element = rk_yaml_node(v->yaml, element)->next)
		map = rk_yaml_is_map(v->yaml, rk_yaml_at(v->yaml, element, at));
	if (rc == RK_OK && !values && (strings || !map))
		rc = rk_err_refuse(err, RK_CODE_NO_SUCH_PATH, "%s%s not found%s", v->element_at.data, at,
		    strings ? ", which must be a string: write an empty map, \"{}\", in it" : " in any element");
	rk_strbuf_free(&kind);
	rk_strbuf_free(&go);
	return rc;
}

/* Set *is to whether a node is a string to YAML 1.1. */
static enum rk_rc
is_string(const struct rk_yaml *yaml, uint32_t node, bool *is, struct rk_err *err)
{
	json_t *json = NULL;
	enum rk_rc rc = RK_OK;

	if (rk_yaml_node(yaml, node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_json(yaml, node, &json, err);
	*is = json_is_string(json);
	json_decref(json);
	return rc;
}

/* Return whether a node has a template's expression. */
static bool
has_expression(const struct rk_yaml *yaml, uint32_t node)
{
	const char *text = rk_yaml_text(yaml), *at = text + rk_yaml_node(yaml, node)->start;

	while (at < text + rk_yaml_node(yaml, node)->end && strncmp(at, "{{", 2) != 0)
		at++;
	return at < text + rk_yaml_node(yaml, node)->end;
}

/* Add the Helm block of one of several sources in a template, unless the source deploys another chart in any case. */
static enum rk_rc
add_source_of_several(struct rk_values *v, const struct search *s, uint32_t source, struct rk_err *err)
{
	uint32_t helm = rk_yaml_get(v->yaml, source, "helm");
	const char *deployed;
	enum rk_rc rc;

	if (!rk_yaml_is_map(v->yaml, helm))
		return RK_OK;
	rc = check_source(s, source, &deployed, err);
	if (rc == RK_REFUSED && !has_expression(v->yaml, rk_yaml_get(v->yaml, source, "chart"))
	    && !has_expression(v->yaml, rk_yaml_get(v->yaml, source, "path"))
	    && !has_expression(v->yaml, rk_yaml_get(v->yaml, source, "repoURL")))
		return RK_OK;
	if (rc != RK_OK && rc != RK_REFUSED)
		return rc;
	add_helm(v, helm);
	return RK_OK;
}

/* Add the Helm blocks of the sources in the spec of a template, as find_source() finds the source of an Application. */
static enum rk_rc
add_template(struct rk_values *v, const struct search *s, uint32_t spec, struct rk_err *err)
{
	uint32_t source = rk_yaml_at(v->yaml, spec, "/sourceHydrator/drySource"), first = rk_yaml_at(v->yaml, spec, "/sources/0");
	enum rk_rc rc = RK_OK;

	if (!source && first) {
		for (; rc == RK_OK && first; first = rk_yaml_node(v->yaml, first)->next)
			rc = add_source_of_several(v, s, first, err);
		return rc;
	}
	source = rk_yaml_get(v->yaml, source ? source : rk_yaml_get(v->yaml, spec, "source"), "helm");
	if (rk_yaml_is_map(v->yaml, source))
		add_helm(v, source);
	return RK_OK;
}

/* Add the Helm blocks of the templates of an ApplicationSet: its own, and that of the generator with the elements. */
static enum rk_rc
add_templates(struct rk_values *v, const struct search *s, uint32_t list, struct rk_err *err)
{
	uint32_t generator = rk_yaml_node(v->yaml, list)->parent;
	enum rk_rc rc = add_template(v, s, rk_yaml_at(v->yaml, v->root, "/spec/template/spec"), err);

	return rc == RK_OK ? add_template(v, s, rk_yaml_at(v->yaml, generator, "/template/spec"), err) : rc;
}

/* Find the values where the catalogue says that they are. */
static enum rk_rc
find_by_entry(struct rk_values *v, const struct search *s, struct rk_err *err)
{
	const struct rk_entry *entry = v->manifest->entry;
	uint32_t list = 0, values;
	enum rk_rc rc = RK_OK;
	bool string;

	v->shadows = RK_VALUES_PARAMETERS | RK_VALUES_MARKERS;
	if (!entry->elements && rk_yaml_documents(v->yaml) > 1)
		return rk_err_refuse(err, RK_CODE_AMBIGUOUS, "%zu documents in the file, and values in one of them",
		    rk_yaml_documents(v->yaml));
	if (entry->elements)
		rc = rk_element_list(v->manifest, &v->document, &list, err);
	v->root = v->object = rc == RK_OK ? rk_yaml_root(v->yaml, v->document) : 0;
	if (rc == RK_OK && entry->elements)
		rc = find_element(v, list, err);
	if (rc != RK_OK)
		return rc;
	values = rk_yaml_at(v->yaml, v->object, entry->values);
	rc = add_templates(v, s, list, err);
	if (rc == RK_OK && entry->elements)
		rc = check_generator(v, list, values, err);
	if (rc != RK_OK)
		return rc;
	v->keep_base = !*entry->values;
	rc = is_string(v->yaml, values, &string, err);
	if (rc != RK_OK)
		return rc;
	if (string) {
		rk_strbuf_printf(&v->at, "%s%s", rk_strbuf_str(&v->element_at), entry->values);
		rc = use_string(v, values, err);
		return rc;
	}
	if (values && !rk_yaml_is_map(v->yaml, values) && !rk_yaml_is_null(v->yaml, values))
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s%s is neither a map nor a string", rk_strbuf_str(&v->element_at),
		    entry->values);
	rk_strbuf_printf(&v->base, "%s%s", rk_strbuf_str(&v->element_at), entry->values);
	return RK_OK;
}

enum rk_rc
rk_values_find(struct rk_manifest *manifest, const struct rk_catalog *catalog, const struct rk_service *service,
    struct rk_values *v, struct rk_err *err)
{
	struct search search = { .manifest = manifest, .umbrella = catalog->umbrella.chart, .service = service };
	enum rk_rc rc;

	*v = (struct rk_values){ .manifest = manifest, .service = service, .umbrella = catalog->umbrella.chart };
	rc = rk_manifest_parse(manifest, err);
	if (rc != RK_OK)
		return rc;
	v->yaml = search.yaml = manifest->file.yaml;
	rc = manifest->entry && manifest->entry->values ? find_by_entry(v, &search, err) : find(v, &search, err);
	if (rc == RK_OK && manifest->entry && manifest->entry->version) {
		rk_strbuf_clear(&v->version);
		rk_strbuf_printf(&v->version, "%s%s", rk_strbuf_str(&v->element_at), manifest->entry->version);
	}
	rc = rk_err_refuse_data(err, rc, RK_CODE_BAD_VALUES);
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", manifest->file.path) : rc;
}

void
rk_values_free(struct rk_values *v)
{
	rk_strbuf_free(&v->deployed);
	rk_strbuf_free(&v->element_at);
	rk_strbuf_free(&v->version);
	rk_strbuf_free(&v->at);
	rk_strbuf_free(&v->base);
	free(v->helm);
	*v = (struct rk_values){ 0 };
}

bool
rk_values_deploys(const struct rk_values *v, const struct rk_chart *chart)
{
	size_t depth;

	return !v->deployed.len || find_component(chart, v->deployed.data, v->deployed.len, &depth);
}

size_t
rk_values_depth(const struct rk_values *v, const struct rk_chart *chart)
{
	size_t depth;

	return v->deployed.len && find_component(chart, v->deployed.data, v->deployed.len, &depth) ? chart->depth - depth
	    : chart->depth;
}

const char *
rk_values_path(const struct rk_values *v, const struct rk_chart *chart, const char *path)
{
	size_t skip = chart->depth - rk_values_depth(v, chart);

	for (; skip > 0; skip--)
		path = strchr(path + 1, '/');
	return path;
}

enum rk_rc
rk_values_target_revision(const struct rk_values *v, char **revision, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	uint32_t node = v->version.len ? rk_yaml_at(yaml, rk_yaml_root(yaml, v->document), v->version.data) : 0;
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;

	*revision = NULL;
	if (!rk_yaml_is_null(yaml, node) && rk_yaml_node(yaml, node)->kind == RK_YAML_SCALAR) {
		rc = rk_yaml_scalar(yaml, node, &text, err);
		*revision = text.data;
	}
	return rc;
}
