#include <string.h>

#include "gitops/umbrella.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "yaml/yaml.h"

#define CHART_BYTES (1u << 20)

enum rk_rc
rk_umbrella_yaml(struct rk_source *repo, const char *path, json_t **json, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	struct rk_yaml *yaml = NULL;
	enum rk_rc rc;

	*json = NULL;
	rc = rk_source_read(repo, path, CHART_BYTES, &text, NULL, err);
	if (rc != RK_OK)
		goto out;
	rk_strbuf_add(&text, "", 0);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_yaml_parse(text.data, text.len, &yaml, err);
	if (rc == RK_OK && rk_yaml_root(yaml, 0))
		rc = rk_yaml_json(yaml, rk_yaml_root(yaml, 0), json, err);
	else if (rc == RK_OK)
		*json = json_null();
	if (rc == RK_EDATA)
		rk_err_prefix(err, rc, "%s", path);
out:
	rk_yaml_free(yaml);
	rk_strbuf_free(&text);
	return rc;
}

/* Append the components of relative to path, "." and ".." in it resolved. */
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
				return rk_err_set(err, RK_EDATA, "a dependency leads out of the charts' repository");
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
rk_umbrella_open(const struct rk_catalog *catalog, struct rk_source *repo, struct rk_umbrella *umbrella, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	*umbrella = (struct rk_umbrella){ catalog, repo, NULL };
	if (!catalog->umbrella.path)
		return rk_err_set(err, RK_ECONFIG, "%s: to look into charts, umbrella.path is wanted", catalog->file);
	rc = rk_umbrella_path(umbrella, "Chart.yaml", &path, err);
	if (rc == RK_OK)
		rc = rk_umbrella_yaml(repo, path.data, &umbrella->chart, err);
	rk_strbuf_free(&path);
	return rc;
}

void
rk_umbrella_close(struct rk_umbrella *umbrella)
{
	json_decref(umbrella->chart);
	umbrella->chart = NULL;
}

const json_t *
rk_umbrella_dependency(const struct rk_umbrella *umbrella, const char *key, bool *several, struct rk_strbuf *names)
{
	const json_t *found = NULL, *one;
	const char *name;
	size_t i;

	*several = false;
	json_array_foreach(json_object_get(umbrella->chart, "dependencies"), i, one) {
		name = rk_json_string(one, "alias");
		if (!name || !*name)
			name = rk_json_string(one, "name");
		if (!name)
			continue;
		if (names)
			rk_strbuf_printf(names, "%s%s", names->len ? ", " : "", name);
		if (strcmp(name, key) != 0)
			continue;
		*several = found != NULL;
		found = one;
	}
	return found;
}
