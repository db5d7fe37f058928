#include <fcntl.h>
#include <string.h>

#include "gitops/shadow.h"
#include "base/err.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "gitops/values.h"
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
	pointer->failed = pointer->failed || key.failed;
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
	rc = rk_strbuf_check(&pointer, err);
	if (rc == RK_OK)
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

static enum rk_rc
check_parameters(const struct rk_values *v, const char *path, struct rk_err *err)
{
	static const char *const lists[] = { "parameters", "fileParameters" };
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t list, entry;
	size_t i;

	for (i = 0; rc == RK_OK && v->helm && i < 2; i++) {
		rc = rk_lookup_member(yaml, v->helm, lists[i], &list, err);
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
	enum rk_rc rc;
	uint32_t map;

	rk_strbuf_puts(&parent, rk_strbuf_str(&v->base));
	rk_strbuf_add(&parent, path, (size_t)(strrchr(path, '/') - path));
	rc = rk_strbuf_check(&parent, err);
	map = rc == RK_OK ? rk_yaml_at(v->yaml, v->root, parent.data) : 0;
	rk_strbuf_free(&parent);
	if (!map)
		return rc;
	node = rk_yaml_node(v->yaml, map);
	marker = strstr(text + node->start, "\"$imagepolicy\"");
	end = text + node->end + strcspn(text + node->end, "\n");
	if (marker && marker < end)
		return rk_err_refuse(err, RK_CODE_SHADOWED, "Flux's image automation updates the image at %s (a $imagepolicy marker): "
		    "remove the marker first", path);
	return RK_OK;
}

enum rk_rc
rk_shadow_check(const struct rk_values *v, const char *path, const char *repository, struct rk_err *err)
{
	enum rk_rc rc = check_parameters(v, path, err);

	if (rc == RK_OK)
		rc = check_updater(v, path, repository, err);
	if (rc == RK_OK)
		rc = check_renderers(v, repository, err);
	return rc == RK_OK ? check_markers(v, path, err) : rc;
}
