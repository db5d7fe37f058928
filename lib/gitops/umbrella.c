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

const json_t *
rk_umbrella_dependency(const struct rk_umbrella *umbrella, const char *key, bool *several, struct rk_strbuf *names)
{
	const json_t *found = NULL, *dependency;
	const char *name;
	size_t i;

	*several = false;
	json_array_foreach(json_object_get(umbrella->chart, "dependencies"), i, dependency) {
		name = rk_json_string(dependency, "alias");
		if (!name || !*name)
			name = rk_json_string(dependency, "name");
		if (!name)
			continue;
		if (names)
			rk_strbuf_printf(names, "%s%s", names->len ? ", " : "", name);
		if (strcmp(name, key) != 0)
			continue;
		*several = found != NULL;
		found = dependency;
	}
	return found;
}
