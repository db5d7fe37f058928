#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "gitops/chart_source.h"
#include "base/err.h"
#include "base/hold.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "gitops/umbrella.h"
#include "gitops/values.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

static bool
is_string(const struct rk_strbuf *text, const char *s)
{
	return strcmp(rk_strbuf_str(text), s) == 0;
}

/* Read the string at a JSON Pointer below a node into text, "" if there is none. */
static enum rk_rc
string_at(const struct rk_yaml *yaml, uint32_t node, const char *pointer, struct rk_strbuf *text, struct rk_err *err)
{
	const char *slash = strrchr(pointer, '/');
	struct rk_strbuf map = { 0 };
	enum rk_rc rc;

	rk_strbuf_add(&map, pointer, (size_t)(slash - pointer));
	rc = rk_lookup_string(yaml, rk_yaml_at(yaml, node, map.data), slash + 1, text, err);
	rk_strbuf_free(&map);
	return rc;
}

/* Set the path of a chart in a Git repository, without "./" before it and "/" after it. */
static void
set_path(struct rk_chart_source *source, const char *path)
{
	size_t len;

	while (path[0] == '.' && path[1] == '/')
		path += 2 + strspn(path + 2, "/");
	for (len = strlen(path); len > 0 && path[len - 1] == '/'; len--)
		;
	rk_strbuf_add(&source->path, path, len);
}

/* Read url and path of an Application's source, if it is a Git repository. */
static enum rk_rc
read_git_source(const struct rk_yaml *yaml, uint32_t node, struct rk_chart_source *source, struct rk_err *err)
{
	struct rk_strbuf chart = { 0 }, url = { 0 }, path = { 0 };
	enum rk_rc rc = rk_lookup_string(yaml, node, "chart", &chart, err);

	if (rc == RK_OK)
		rc = rk_lookup_string(yaml, node, "repoURL", &url, err);
	if (rc == RK_OK)
		rc = rk_lookup_string(yaml, node, "path", &path, err);
	if (rc == RK_OK && !chart.len && url.len && strncmp(url.data, "oci://", 6) != 0) {
		if (strstr(url.data, "{{"))
			rk_strbuf_puts(&source->fault, RK_HOLD_TEMPLATE);
		rk_strbuf_puts(&source->url, url.data);
		set_path(source, rk_strbuf_str(&path));
	}
	rk_strbuf_free(&chart);
	rk_strbuf_free(&url);
	rk_strbuf_free(&path);
	return rc;
}

/* Find the source that a version belongs to: the map that has it, or the one in the template of an ApplicationSet. */
static enum rk_rc
find_source(const struct rk_values *v, struct rk_chart_source *source, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	uint32_t root = rk_yaml_root(yaml, v->document), node;
	const struct rk_entry *entry = v->manifest->entry;
	struct rk_strbuf pointer = { 0 };

	if (entry && entry->version) {
		node = entry->elements ? rk_yaml_at(yaml, root, "/spec/template/spec/source") : 0;
	} else {
		rk_strbuf_add(&pointer, v->version.data, (size_t)(strrchr(v->version.data, '/') - v->version.data));
		node = rk_yaml_at(yaml, root, pointer.data);
		rk_strbuf_free(&pointer);
	}
	return node ? read_git_source(yaml, node, source, err) : RK_OK;
}

/* Flux */

/* Set the revision to the reference of a GitRepository (fluxcd.io/flux/components/source/gitrepositories). */
static enum rk_rc
read_reference(const struct rk_yaml *yaml, uint32_t object, bool *moves, struct rk_chart_source *source, struct rk_err *err)
{
	/* the first that is given counts */
	static const struct { const char *member, *prefix; bool moves; } forms[] = { { "commit", "", false }, { "name", "", true },
		{ "semver", "", true }, { "tag", "refs/tags/", false }, { "branch", "refs/heads/", true } };
	uint32_t ref = rk_yaml_at(yaml, object, "/spec/ref");
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && !text.len && i < sizeof forms / sizeof forms[0]; i++) {
		rc = rk_lookup_string(yaml, ref, forms[i].member, &text, err);
		if (rc != RK_OK || !text.len)
			continue;
		rk_strbuf_printf(&source->revision, "%s%s", forms[i].prefix, text.data);
		*moves = forms[i].moves;
	}
	if (rc == RK_OK && !text.len)
		rk_strbuf_puts(&source->revision, "refs/heads/master");
	rk_strbuf_free(&text);
	return rc;
}

/* Return whether an object is the GitRepository that a HelmRelease names; of the same namespace, or none is given. */
static enum rk_rc
is_repository(const struct rk_yaml *yaml, uint32_t object, const char *name, const char *namespace, bool *is, struct rk_err *err)
{
	struct rk_strbuf kind = { 0 }, theirs = { 0 }, place = { 0 };
	enum rk_rc rc = rk_lookup_string(yaml, object, "kind", &kind, err);

	if (rc == RK_OK)
		rc = string_at(yaml, object, "/metadata/name", &theirs, err);
	if (rc == RK_OK)
		rc = string_at(yaml, object, "/metadata/namespace", &place, err);
	*is = rc == RK_OK && is_string(&kind, "GitRepository") && is_string(&theirs, name) && is_string(&place, namespace);
	rk_strbuf_free(&kind);
	rk_strbuf_free(&theirs);
	rk_strbuf_free(&place);
	return rc;
}

/* Find the GitRepository of a HelmRelease in the same file. */
static enum rk_rc
find_repository(const struct rk_values *v, const char *name, struct rk_chart_source *source, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	struct rk_strbuf namespace = { 0 }, own = { 0 }, text = { 0 };
	size_t i, found = 0;
	uint32_t object, at = 0;
	bool is, moves = true;
	enum rk_rc rc = string_at(yaml, v->object, "/spec/chart/spec/sourceRef/namespace", &namespace, err);

	if (rc == RK_OK)
		rc = string_at(yaml, v->object, "/metadata/namespace", &own, err);
	for (i = 0; rc == RK_OK && i < rk_yaml_documents(yaml); i++) {
		object = rk_yaml_root(yaml, i);
		rc = is_repository(yaml, object, name, rk_strbuf_str(namespace.len ? &namespace : &own), &is, err);
		if (rc == RK_OK && is && found++ == 0)
			at = object;
	}
	if (rc == RK_OK && found == 1) {
		rc = read_reference(yaml, at, &moves, source, err);
		if (rc == RK_OK)
			rc = string_at(yaml, at, "/spec/url", &source->url, err);
		if (rc == RK_OK)
			rc = string_at(yaml, v->object, "/spec/chart/spec/chart", &text, err);
		set_path(source, rk_strbuf_str(&text));
		if (rc == RK_OK)
			rc = string_at(yaml, v->object, "/spec/chart/spec/reconcileStrategy", &text, err);
		if (rc == RK_OK && moves && !is_string(&text, "Revision"))
			rk_strbuf_puts(&source->fault, RK_HOLD_STRATEGY);
	} else if (rc == RK_OK) {
		rk_strbuf_printf(&source->fault, found ? RK_HOLD_REPOSITORIES : RK_HOLD_NO_REPOSITORY, name);
	}
	rk_strbuf_free(&namespace);
	rk_strbuf_free(&own);
	rk_strbuf_free(&text);
	return rc;
}

static enum rk_rc
find_of_release(const struct rk_values *v, struct rk_chart_source *source, struct rk_err *err)
{
	const struct rk_yaml *yaml = v->manifest->file.yaml;
	struct rk_strbuf kind = { 0 }, name = { 0 }, other = { 0 };
	enum rk_rc rc = string_at(yaml, v->object, "/spec/chart/spec/sourceRef/kind", &kind, err);

	if (rc == RK_OK)
		rc = string_at(yaml, v->object, "/spec/chart/spec/sourceRef/name", &name, err);
	if (rc == RK_OK)
		rc = string_at(yaml, v->object, "/spec/chartRef/kind", &other, err);
	if (rc == RK_OK && is_string(&kind, "GitRepository"))
		rc = find_repository(v, rk_strbuf_str(&name), source, err);
	else if (rc == RK_OK && (kind.len || other.len))
		rk_strbuf_printf(&source->fault, RK_HOLD_FLUX_OBJECT, kind.len ? kind.data : other.data);
	rk_strbuf_free(&kind);
	rk_strbuf_free(&name);
	rk_strbuf_free(&other);
	return rc;
}

/* The Chart.yaml beside a values file */

static const char *
last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Find the dependency on the umbrella; if the catalogue does not name it, on any chart.  NULL: there is none, or several. */
static const json_t *
find_dependency(const json_t *chart, const char *umbrella)
{
	const json_t *found = NULL;
	json_t *dependency;
	size_t i, n = 0;

	json_array_foreach(json_object_get(chart, "dependencies"), i, dependency)
		if (!umbrella || rk_json_is(json_object_get(dependency, "name"), last_component(umbrella))) {
			found = dependency;
			n++;
		}
	return n == 1 ? found : NULL;
}

/* Read the version of the dependency on the umbrella from the Chart.yaml of a directory. */
static enum rk_rc
read_chart(const struct rk_values *v, const char *directory, const char *path, struct rk_chart_source *source,
    struct rk_err *err)
{
	const json_t *dependency;
	const char *repository;
	json_t *chart = NULL;
	enum rk_rc rc = rk_umbrella_read(v->manifest->source, path, &chart, err);

	if (rc == RK_END)
		return RK_OK;	/* nothing says which version is deployed */
	dependency = find_dependency(chart, v->umbrella);
	repository = rk_json_string(dependency, "repository");
	if (rc == RK_OK && !dependency)
		rc = rk_err_set(err, RK_END, RK_HOLD_DEPENDENCY, path, v->umbrella ? last_component(v->umbrella) : "(any)");
	else if (rc == RK_OK && (!repository || (strncmp(repository, "https://", 8) != 0 && strncmp(repository, "http://", 7) != 0
	    && strncmp(repository, "oci://", 6) != 0 && *repository != '@' && strncmp(repository, "alias:", 6) != 0)))
		rc = rk_err_set(err, RK_END, RK_HOLD_LOCAL, path);
	if (rc == RK_OK)
		rc = rk_umbrella_lock(v->manifest->source, directory, chart, dependency, &source->revision, err);
	json_decref(chart);
	if (rc != RK_END && rc != RK_EDATA)
		return rc;
	rk_strbuf_clear(&source->revision);
	rk_strbuf_puts(&source->fault, err->msg);
	return RK_OK;
}

static enum rk_rc
find_of_values_file(const struct rk_values *v, struct rk_chart_source *source, struct rk_err *err)
{
	const char *file = v->manifest->file.path;
	struct rk_strbuf directory = { 0 }, path = { 0 };
	enum rk_rc rc;

	if (!v->manifest->source)
		return RK_OK;
	if (last_component(file) > file)
		rk_strbuf_add(&directory, file, (size_t)(last_component(file) - file - 1));
	rk_strbuf_printf(&path, "%.*sChart.yaml", (int)(last_component(file) - file), file);
	rc = read_chart(v, rk_strbuf_str(&directory), path.data, source, err);
	rk_strbuf_free(&directory);
	rk_strbuf_free(&path);
	return rc;
}

enum rk_rc
rk_chart_source_find(const struct rk_values *v, struct rk_chart_source *source, struct rk_err *err)
{
	struct rk_strbuf kind = { 0 };
	char *revision = NULL;
	enum rk_rc rc = RK_OK;

	*source = (struct rk_chart_source){ 0 };
	if (v->version.len) {
		rc = rk_values_target_revision(v, &revision, err);
		rk_strbuf_puts(&source->revision, revision ? revision : "");
		free(revision);
		if (rc == RK_OK)
			rc = find_source(v, source, err);
	} else {
		rc = rk_lookup_string(v->manifest->file.yaml, v->object, "kind", &kind, err);
		if (rc == RK_OK && is_string(&kind, "HelmRelease"))
			rc = find_of_release(v, source, err);
		else if (rc == RK_OK && !kind.len && !v->element_at.len)
			rc = find_of_values_file(v, source, err);
		rk_strbuf_free(&kind);
	}
	if (rc == RK_EDATA) {	/* an invalid escape sequence in a member */
		rk_strbuf_puts(&source->fault, err->msg);
		rc = RK_OK;
	}
	return rc;
}

void
rk_chart_source_free(struct rk_chart_source *source)
{
	rk_strbuf_free(&source->revision);
	rk_strbuf_free(&source->url);
	rk_strbuf_free(&source->path);
	rk_strbuf_free(&source->fault);
	*source = (struct rk_chart_source){ 0 };
}
