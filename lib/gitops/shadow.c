#include <string.h>

#include "gitops/shadow.h"
#include "base/err.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/values.h"
#include "gitops/yaml_file.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

/*
 * Append the JSON Pointer of what a parameter's name sets.  In a name, "." separates keys, [N] is an index, and a
 * backslash quotes a character (helm.sh/docs/intro/using_helm, "The Format and Limitations of --set").
 */
static void
parameter_pointer(const char *name, struct rk_strbuf *pointer)
{
	struct rk_strbuf key = { 0 };
	bool open = false;		/* a key has begun that is not written yet */

	for (; *name; name++) {
		if (*name == '.' || *name == '[') {
			if (open)
				rk_json_pointer_add(pointer, rk_strbuf_str(&key));
			rk_strbuf_clear(&key);
			open = *name == '[';
		} else if (*name != ']') {
			name += *name == '\\' && name[1];
			rk_strbuf_putc(&key, *name);
			open = true;
		}
	}
	if (open)
		rk_json_pointer_add(pointer, rk_strbuf_str(&key));
	rk_strbuf_free(&key);
}

/* Check that a parameter of this name sets nothing at, above or below path. */
static enum rk_rc
check_parameter(const char *what, const char *name, const char *path, struct rk_err *err)
{
	struct rk_strbuf pointer = { 0 };
	struct rk_json_pointer a = { 0 }, b = { 0 };
	enum rk_rc rc;

	parameter_pointer(name, &pointer);
	rc = rk_json_pointer_parse(rk_strbuf_str(&pointer), &a, err);
	if (rc == RK_OK)
		rc = rk_json_pointer_parse(path, &b, err);
	if (rc == RK_OK && a.n && (rk_json_pointer_covers(&a, &b) || rk_json_pointer_covers(&b, &a)))
		rc = rk_err_refuse(err, RK_CODE_SHADOWED, "the %s \"%s\" takes precedence over %s: remove it first", what, name,
		    path);
	rk_json_pointer_free(&a);
	rk_json_pointer_free(&b);
	rk_strbuf_free(&pointer);
	return rc;
}

/* Check the parameters of a helm block. */
static enum rk_rc
check_parameters(const struct rk_yaml *yaml, uint32_t helm, const char *path, struct rk_err *err)
{
	static const char *const lists[] = { "parameters", "fileParameters" };
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t list, entry;
	size_t i;

	for (i = 0; rc == RK_OK && i < 2; i++) {
		rc = rk_lookup_member(yaml, helm, lists[i], &list, err);
		if (rc != RK_OK || !list || rk_yaml_node(yaml, list)->kind != RK_YAML_SEQ)
			continue;
		entry = rk_yaml_node(yaml, list)->child;
		for (; rc == RK_OK && entry; entry = rk_yaml_node(yaml, entry)->next) {
			rc = rk_lookup_string(yaml, entry, "name", &name, err);
			if (rc == RK_OK)
				rc = check_parameter("parameter", name.data, path, err);
		}
	}
	rk_strbuf_free(&name);
	return rc;
}

/* Return whether an image-list, "[alias=]image[:constraint], ...", has the repository. */
static bool
lists_image(const char *list, const char *repository)
{
	size_t len = strlen(repository);
	const char *equals;

	for (; *list; list += strspn(list, ",")) {
		list += strspn(list, " \t\n");
		equals = strpbrk(list, "=,");
		if (equals && *equals == '=')
			list = equals + 1;
		if (strncmp(list, repository, len) == 0 && (!list[len] || strchr(":@, \t\n", list[len])))
			return true;
		list += strcspn(list, ",");
	}
	return false;
}

/*
 * Argo CD Image Updater writes parameters for the images that an Application's annotations name
 * (argocd-image-updater.readthedocs.io, "Application configuration").
 */
static enum rk_rc
check_updater(const struct rk_values *v, const char *path, const char *repository, struct rk_err *err)
{
	static const char prefix[] = "argocd-image-updater.argoproj.io/";
	static const char *const names[] = { ".helm.image-name", ".helm.image-tag", ".helm.image-spec" };
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	uint32_t annotations = rk_yaml_at(yaml, v->object, "/metadata/annotations"), key, value;
	struct rk_strbuf name = { 0 }, text = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i, len;

	key = rk_yaml_is_map(yaml, annotations) ? rk_yaml_node(yaml, annotations)->child : 0;
	for (; rc == RK_OK && key; key = rk_yaml_node(yaml, value)->next) {
		value = rk_yaml_node(yaml, key)->next;
		rk_strbuf_clear(&name);
		rk_strbuf_clear(&text);
		if (rk_yaml_node(yaml, key)->kind != RK_YAML_SCALAR || rk_yaml_node(yaml, value)->kind != RK_YAML_SCALAR)
			continue;
		rc = rk_yaml_scalar(yaml, key, &name, err);
		if (rc == RK_OK)
			rc = rk_yaml_scalar(yaml, value, &text, err);
		if (rc != RK_OK || strncmp(rk_strbuf_str(&name), prefix, sizeof prefix - 1) != 0)
			continue;
		if (strcmp(name.data + sizeof prefix - 1, "image-list") == 0 && lists_image(rk_strbuf_str(&text), repository))
			rc = rk_err_refuse(err, RK_CODE_SHADOWED, "Argo CD Image Updater updates %s: remove its annotation first",
			    repository);
		for (i = 0; rc == RK_OK && i < 3; i++) {
			len = strlen(names[i]);
			if (name.len > len && strcmp(name.data + name.len - len, names[i]) == 0)
				rc = check_parameter("annotation", rk_strbuf_str(&text), path, err);
		}
	}
	rk_strbuf_free(&name);
	rk_strbuf_free(&text);
	return rc;
}

/* The postRenderers of a HelmRelease can replace the image (fluxcd.io/flux/components/helm/helmreleases). */
static enum rk_rc
check_renderers(const struct rk_values *v, const char *repository, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	uint32_t renderer = rk_yaml_at(yaml, v->object, "/spec/postRenderers/0"), image;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;

	for (; rc == RK_OK && renderer; renderer = rk_yaml_node(yaml, renderer)->next) {
		image = rk_yaml_at(yaml, renderer, "/kustomize/images/0");
		for (; rc == RK_OK && image; image = rk_yaml_node(yaml, image)->next) {
			rc = rk_lookup_string(yaml, image, "name", &name, err);
			if (rc == RK_OK && strcmp(name.data, repository) == 0)
				rc = rk_err_refuse(err, RK_CODE_SHADOWED, "an image of spec.postRenderers replaces %s: remove it first",
				    repository);
		}
	}
	rk_strbuf_free(&name);
	return rc;
}

/* Flux's image automation rewrites the lines that have its marker (fluxcd.io/flux/guides/image-update). */
static enum rk_rc
check_markers(const struct rk_values *v, const char *path, struct rk_err *err)
{
	const char *text = rk_yaml_text(v->yaml), *marker, *end;
	struct rk_strbuf parent = { 0 };
	const struct rk_yaml_node *node;
	uint32_t map;

	rk_strbuf_puts(&parent, rk_strbuf_str(&v->base));
	rk_strbuf_add(&parent, path, (size_t)(strrchr(path, '/') - path));
	map = rk_yaml_at(v->yaml, v->root, parent.data);
	rk_strbuf_free(&parent);
	if (!map)
		return RK_OK;
	node = rk_yaml_node(v->yaml, map);
	marker = strstr(text + node->start, "\"$imagepolicy\"");
	end = text + node->end + strcspn(text + node->end, "\n");
	if (marker && marker < end)
		return rk_err_refuse(err, RK_CODE_SHADOWED, "Flux's image automation updates the image at %s (a $imagepolicy marker): "
		    "remove the marker first", path);
	return RK_OK;
}

static uint32_t
resolve(const struct rk_yaml *yaml, uint32_t node)
{
	return rk_yaml_node(yaml, node)->kind == RK_YAML_ALIAS ? rk_yaml_node(yaml, node)->child : node;
}

/* Set text to the string that a map has, also through an alias or a merge key; to "" if it has none. */
static enum rk_rc
string_in_map(const struct rk_yaml *yaml, uint32_t map, const char *key, struct rk_strbuf *text, struct rk_err *err)
{
	uint32_t value = resolve(yaml, rk_yaml_get(yaml, map, key));
	const char *string;
	json_t *json;
	enum rk_rc rc;

	rk_strbuf_clear(text);
	if (rk_yaml_node(yaml, value)->kind == RK_YAML_SCALAR && !rk_yaml_is_null(yaml, value))
		return rk_yaml_scalar(yaml, value, text, err);
	if (value || !rk_yaml_get(yaml, map, "<<"))
		return RK_OK;
	rc = rk_yaml_json(yaml, map, &json, err);
	if (rc != RK_OK)
		return rc;
	string = json_string_value(json_object_get(json, key));
	rk_strbuf_puts(text, string ? string : "");
	json_decref(json);
	return RK_OK;
}

/* Find a string in a map of the values; empty if the map or the string is not there. */
static enum rk_rc
string_at(const struct rk_values *v, const char *map, const char *key, struct rk_strbuf *text, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	uint32_t node;
	enum rk_rc rc = RK_OK;

	rk_strbuf_printf(&path, "%s%s", rk_strbuf_str(&v->base), map);
	node = resolve(v->yaml, rk_yaml_at(v->yaml, v->root, path.data));
	if (rk_yaml_is_map(v->yaml, node))
		rc = string_in_map(v->yaml, node, key, text, err);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s/%s: %s", map, key, err->msg);
	rk_strbuf_free(&path);
	return rc;
}

/* Check that a map of the values, if it is there, has no registry that a chart would put before the image's repository. */
static enum rk_rc
check_registry(const struct rk_values *v, const char *map, const char *key, const char *allowed, struct rk_err *err)
{
	struct rk_strbuf registry = { 0 };
	enum rk_rc rc = string_at(v, map, key, &registry, err);

	if (rc == RK_OK && registry.len && !(allowed && strcmp(registry.data, allowed) == 0))
		rc = rk_err_refuse(err, RK_CODE_SHADOWED, "the chart would put the registry \"%s\", which is at %s/%s, before the "
		    "image's repository", registry.data, map, key);
	rk_strbuf_free(&registry);
	return rc;
}

/* Check that the image's map has no digest, which charts put in place of the tag. */
static enum rk_rc
check_digest(const struct rk_values *v, const char *map, struct rk_err *err)
{
	struct rk_strbuf digest = { 0 };
	enum rk_rc rc = string_at(v, map, "digest", &digest, err);

	if (rc == RK_OK && digest.len)
		rc = rk_err_refuse(err, RK_CODE_SHADOWED, "the chart may put the digest \"%s\", which is at %s/digest, in place of the "
		    "tag: remove it, or name it in the catalogue", digest.data, map);
	rk_strbuf_free(&digest);
	return rc;
}

/* Check the registries in a map of global values. */
static enum rk_rc
check_global(const struct rk_values *v, struct rk_strbuf *map, const char *allowed, struct rk_err *err)
{
	enum rk_rc rc;

	rk_strbuf_puts(map, "/global");
	rc = check_registry(v, map->data, "imageRegistry", allowed, err);
	rk_strbuf_puts(map, "/image");
	return rc == RK_OK ? check_registry(v, map->data, "registry", allowed, err) : rc;
}

enum rk_rc
rk_shadow_registry(const struct rk_values *v, const struct rk_chart *chart, const char *host, struct rk_err *err)
{
	const struct rk_image_form *form = &chart->form[0];
	const char *path = rk_values_path(v, chart, rk_catalog_path(form)), *at = path;
	bool tag_only = !form->reference && !form->repository;	/* the chart has the repository, with this host */
	const char *allowed = form->registry || tag_only ? host : NULL;
	struct rk_strbuf map = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	rk_strbuf_add(&map, path, (size_t)(strrchr(path, '/') - path));
	if (!form->registry)
		rc = check_registry(v, map.data, "registry", allowed, err);
	if (rc == RK_OK && !form->digest && !form->reference)
		rc = check_digest(v, map.data, err);
	/* the umbrella's global values, and those of each chart down to this one */
	for (i = 0; rc == RK_OK && i <= rk_values_depth(v, chart); i++, at = strchr(at + 1, '/')) {
		rk_strbuf_clear(&map);
		rk_strbuf_add(&map, path, (size_t)(at - path));
		rc = check_global(v, &map, allowed, err);
	}
	rk_strbuf_free(&map);
	return rc;
}

/* The files beside a manifest that Argo CD merges into the source of an Application ("Automation from CI Pipelines"). */
struct source_files {
	const struct rk_values *values;
	const char *path;		/* of the image, from the root of the values */
};

/* Return whether a map, or a null or another value in its place, sets what is at a path, or above or below it. */
static bool
sets_path(const struct rk_yaml *yaml, uint32_t node, const char *path, struct rk_err *err, enum rk_rc *rc)
{
	struct rk_json_pointer pointer;
	size_t i;

	*rc = rk_json_pointer_parse(path, &pointer, err);
	for (i = 0; *rc == RK_OK && i < pointer.n && rk_yaml_is_map(yaml, node); i++)
		node = resolve(yaml, rk_yaml_get(yaml, node, pointer.token[i]));
	rk_json_pointer_free(&pointer);
	return *rc == RK_OK && node;
}

/* Check the values, a string, of a helm block in such a file. */
static enum rk_rc
check_values_string(const struct source_files *f, const struct rk_yaml *yaml, uint32_t values, bool *sets, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	struct rk_yaml *inner = NULL;
	enum rk_rc rc = rk_yaml_scalar(yaml, values, &text, err);

	if (rc == RK_OK)
		rc = rk_yaml_parse(rk_strbuf_str(&text), text.len, &inner, err);
	if (rc == RK_OK && rk_yaml_root(inner, 0))
		*sets = sets_path(inner, rk_yaml_root(inner, 0), f->path, err, &rc);
	rk_yaml_free(inner);
	rk_strbuf_free(&text);
	return rc;
}

/* Check a helm block in such a file.  An Application's string of values is replaced as a whole. */
static enum rk_rc
check_helm_block(const struct source_files *f, const struct rk_yaml *yaml, uint32_t helm, struct rk_err *err)
{
	const struct rk_values *v = f->values;
	uint32_t object = rk_yaml_get(yaml, helm, "valuesObject"), values = rk_yaml_get(yaml, helm, "values");
	bool application = v->shadows & RK_VALUES_PARAMETERS, sets = false;
	enum rk_rc rc = check_parameters(yaml, helm, f->path, err);

	if (rc == RK_OK && v->string)
		sets = values || !rk_yaml_is_null(yaml, object);
	else if (rc == RK_OK && object)
		sets = sets_path(yaml, object, f->path, err, &rc);
	if (rc == RK_OK && !sets && !application && rk_yaml_node(yaml, values)->kind == RK_YAML_SCALAR)
		rc = check_values_string(f, yaml, values, &sets, err);
	if (rc == RK_OK && sets)
		rc = rk_err_refuse(err, RK_CODE_SHADOWED, "its Helm values take precedence over %s: remove them first", f->path);
	return rc;
}

static enum rk_rc
check_source_file(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	const struct source_files *f = context;
	struct rk_yaml_file file = { 0 };
	enum rk_rc rc = rk_yaml_file_read(f->values->manifest->source, path, blob, RK_YAML_BYTES, &file, err);
	uint32_t helm;

	if (rc == RK_END)
		return RK_OK;
	if (rc == RK_OK)
		rc = rk_yaml_file_parse(&file, err);
	helm = rc == RK_OK ? resolve(file.yaml, rk_yaml_get(file.yaml, rk_yaml_root(file.yaml, 0), "helm")) : 0;
	if (rk_yaml_is_map(file.yaml, helm))
		rc = check_helm_block(f, file.yaml, helm, err);
	rk_yaml_file_free(&file);
	rc = rk_err_refuse_data(err, rc, RK_CODE_BAD_YAML);
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", path) : rc;
}

/* Beside an Application, its own files count; beside a values file, those of each Application that may read it. */
static enum rk_rc
check_source_files(const struct rk_values *v, const char *path, struct rk_err *err)
{
	struct source_files files = { v, path };
	const char *slash = strrchr(v->manifest->file.path, '/');
	int len = slash ? (int)(slash + 1 - v->manifest->file.path) : 0;
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	struct rk_strbuf name = { 0 }, file = { 0 };
	enum rk_rc rc = RK_OK;

	if (!v->manifest->source)
		return RK_OK;
	if (v->shadows & RK_VALUES_PARAMETERS) {
		rk_strbuf_printf(&file, "%.*s.argocd-source.yaml", len, v->manifest->file.path);
		rc = check_source_file(&files, file.data, NULL, err);
		if (rc == RK_OK)
			rc = rk_lookup_string(yaml, rk_yaml_get(yaml, v->object, "metadata"), "name", &name, err);
		rk_strbuf_clear(&file);
		rk_strbuf_printf(&file, "%.*s.argocd-source-%s.yaml", len, v->manifest->file.path, rk_strbuf_str(&name));
		if (rc == RK_OK && rk_source_is_path(file.data))
			rc = check_source_file(&files, file.data, NULL, err);
	} else {
		rk_strbuf_printf(&file, "%.*s.argocd-source*.yaml", len, v->manifest->file.path);
		rc = rk_source_glob(v->manifest->source, file.data, check_source_file, &files, err);
	}
	rk_strbuf_free(&name);
	rk_strbuf_free(&file);
	return rc;
}

enum rk_rc
rk_shadow_check(const struct rk_values *v, const char *path, const char *repository, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < v->n_helm && v->shadows & RK_VALUES_PARAMETERS; i++)
		rc = check_parameters(v->manifest->file.yaml, v->helm[i], path, err);
	if (rc == RK_OK && v->shadows & RK_VALUES_UPDATER)
		rc = check_updater(v, path, repository, err);
	if (rc == RK_OK && v->shadows & RK_VALUES_SOURCE_FILES)
		rc = check_source_files(v, path, err);
	if (rc == RK_OK && v->shadows & RK_VALUES_RENDERERS)
		rc = check_renderers(v, repository, err);
	if (rc == RK_OK && v->shadows & RK_VALUES_MARKERS)
		rc = check_markers(v, path, err);
	return rk_err_refuse_data(err, rc, RK_CODE_BAD_VALUES);
}
