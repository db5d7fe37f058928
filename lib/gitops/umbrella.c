#include <stdlib.h>
#include <string.h>

#include "gitops/umbrella.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

#define CHART_BYTES (1u << 20)

struct rk_umbrella {
	const struct rk_catalog *catalog;
	struct rk_source *source;
	json_t *chart;		/* Chart.yaml */
};

enum rk_rc
rk_umbrella_yaml(const struct rk_umbrella *umbrella, const char *path, json_t **json, struct rk_err *err)
{
	struct rk_yaml_file file = { 0 };
	enum rk_rc rc;

	*json = NULL;
	rc = rk_yaml_file_read(umbrella->source, path, NULL, CHART_BYTES, &file, err);
	if (rc == RK_OK)
		rc = rk_yaml_file_parse(&file, err);
	if (rc == RK_OK && rk_yaml_root(file.yaml, 0))
		rc = rk_yaml_file_prefix(&file, rk_yaml_json(file.yaml, rk_yaml_root(file.yaml, 0), json, err), err);
	else if (rc == RK_OK)
		*json = json_null();
	rk_yaml_file_free(&file);
	return rc;
}

/* Append the components of relative to path, resolving "." and "..". */
static enum rk_rc
walk_path(struct rk_strbuf *path, const char *relative, struct rk_err *err)
{
	const char *slash;
	size_t n;

	for (; *relative; relative += n + strspn(relative + n, "/")) {
		n = strcspn(relative, "/");
		if (n == 0 || (n == 1 && *relative == '.'))
			continue;
		if (n == 2 && strncmp(relative, "..", 2) == 0) {
			if (path->len == 0)
				return rk_err_set(err, RK_EDATA, "a dependency is outside of the charts' repository");
			slash = strrchr(path->data, '/');
			path->len = slash ? (size_t)(slash - path->data) : 0;
			path->data[path->len] = '\0';
			continue;
		}
		if (path->len)
			rk_strbuf_putc(path, '/');
		rk_strbuf_add(path, relative, n);
		if (path->failed)
			return rk_strbuf_check(path, err);
	}
	return rk_strbuf_check(path, err);
}

enum rk_rc
rk_umbrella_path(const struct rk_umbrella *umbrella, const char *relative, struct rk_strbuf *path, struct rk_err *err)
{
	enum rk_rc rc = walk_path(path, umbrella->catalog->umbrella.path, err);

	return rc == RK_OK ? walk_path(path, relative, err) : rc;
}

enum rk_rc
rk_umbrella_open(const struct rk_catalog *catalog, struct rk_source *source, struct rk_umbrella **umbrella,
    struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	*umbrella = NULL;
	if (!catalog->umbrella.path)
		return rk_err_set(err, RK_ECONFIG, "%s: umbrella.path is required to read charts", catalog->file);
	*umbrella = calloc(1, sizeof **umbrella);
	if (!*umbrella)
		return rk_err_nomem(err);
	(*umbrella)->catalog = catalog;
	(*umbrella)->source = source;
	rc = rk_umbrella_path(*umbrella, "Chart.yaml", &path, err);
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(*umbrella, path.data, &(*umbrella)->chart, err);
	rk_strbuf_free(&path);
	if (rc != RK_OK) {
		rk_umbrella_close(*umbrella);
		*umbrella = NULL;
	}
	return rc;
}

void
rk_umbrella_close(struct rk_umbrella *umbrella)
{
	if (!umbrella)
		return;
	json_decref(umbrella->chart);
	free(umbrella);
}

/* Find the dependency of a chart that has a key of len bytes. */
static void
find_dependency(const json_t *parent, const char *key, size_t len, struct rk_umbrella_chart *chart)
{
	const char *name;
	json_t *dependency;
	size_t i;

	rk_strbuf_clear(&chart->names);
	json_decref(chart->dependency);
	chart->dependency = NULL;
	chart->several = false;
	json_array_foreach(json_object_get(parent, "dependencies"), i, dependency) {
		name = rk_json_string(dependency, "alias");
		if (!name || !*name)
			name = rk_json_string(dependency, "name");
		if (!name)
			continue;
		rk_strbuf_printf(&chart->names, "%s%s", chart->names.len ? ", " : "", name);
		if (strlen(name) != len || strncmp(name, key, len) != 0)
			continue;
		chart->several = chart->dependency != NULL;
		json_decref(chart->dependency);
		chart->dependency = json_incref(dependency);
	}
}

/* Enter the directory of the dependency: that of its file:// repository, or of the same name in charts. */
static enum rk_rc
enter_directory(struct rk_umbrella_chart *chart, struct rk_err *err)
{
	const char *repository = rk_json_string(chart->dependency, "repository");
	const char *name = rk_json_string(chart->dependency, "name");

	if (repository && strncmp(repository, "file://", 7) == 0)
		return walk_path(&chart->directory, repository + 7, err);
	rk_strbuf_printf(&chart->directory, "%scharts/%s", chart->directory.len ? "/" : "", name ? name : "");
	return rk_strbuf_check(&chart->directory, err);
}

/* Read the Chart.yaml of the directory. */
static enum rk_rc
read_chart(const struct rk_umbrella *umbrella, const struct rk_umbrella_chart *chart, json_t **json, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&path, "%s/Chart.yaml", rk_strbuf_str(&chart->directory));
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(umbrella, path.data, json, err);
	rk_strbuf_free(&path);
	return rc;
}

enum rk_rc
rk_umbrella_find(const struct rk_umbrella *umbrella, const char *key, struct rk_umbrella_chart *chart, struct rk_err *err)
{
	json_t *parent = json_incref(umbrella->chart), *next;
	enum rk_rc rc;
	size_t len;

	*chart = (struct rk_umbrella_chart){ 0 };
	rc = rk_umbrella_path(umbrella, "", &chart->directory, err);
	for (; rc == RK_OK; key += len + 1) {
		len = strcspn(key, "/");
		find_dependency(parent, key, len, chart);
		rc = rk_strbuf_check(&chart->names, err);
		if (rc != RK_OK || !chart->dependency)
			break;
		rc = enter_directory(chart, err);
		if (rc != RK_OK || !key[len])
			break;
		rc = read_chart(umbrella, chart, &next, err);
		json_decref(parent);
		parent = rc == RK_OK ? next : NULL;
	}
	json_decref(parent);
	return rc;
}

void
rk_umbrella_chart_free(struct rk_umbrella_chart *chart)
{
	json_decref(chart->dependency);
	rk_strbuf_free(&chart->names);
	rk_strbuf_free(&chart->directory);
	*chart = (struct rk_umbrella_chart){ 0 };
}
