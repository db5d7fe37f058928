#include <string.h>
#include <jansson.h>

#include "release/chart_index.h"
#include "base/err.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

#define INDEX_BYTES (64u << 20)

/* Return whether a file is a list: each line is one word that could be a version, or blank, or a comment. */
static bool
is_list(const char *text)
{
	size_t n;

	for (;; text += n + 1) {
		n = strcspn(text, "\n");
		if (*text != '#' && strspn(text, RK_CHART_INDEX_CHARACTERS " \t\r") < n)
			return false;
		if (!text[n])
			return true;
	}
}

static void
read_list(const char *text, json_t *versions)
{
	size_t n, len;

	for (; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		len = strspn(text, RK_CHART_INDEX_CHARACTERS);
		if (len > 0)
			rk_json_append(versions, json_stringn(text, len));
	}
}

/* Read the versions of the umbrella in Helm's index (helm.sh/docs/topics/chart_repository). */
static enum rk_rc
read_helm_index(struct rk_yaml_file *file, const char *name, json_t *versions, struct rk_err *err)
{
	json_t *entries = NULL, *entry, *version;
	enum rk_rc rc = rk_yaml_file_parse(file, err);
	uint32_t node;
	size_t i;

	if (rc != RK_OK)
		return rc;
	node = rk_yaml_get(file->yaml, rk_yaml_root(file->yaml, 0), "entries");
	if (!rk_yaml_is_map(file->yaml, node))
		return rk_err_set(err, RK_EDATA, "%s: neither an index of Helm (missing \"entries\") nor one version a line", file->path);
	node = rk_yaml_get(file->yaml, node, name);
	if (node)
		rc = rk_yaml_file_prefix(file, rk_yaml_json(file->yaml, node, &entries, err), err);
	if (rc == RK_OK && !json_is_array(entries))
		rc = rk_err_set(err, RK_EDATA, "%s: no entries of the chart \"%s\"", file->path, name);
	json_array_foreach(entries, i, entry) {
		version = json_object_get(entry, "version");
		if (rc == RK_OK && json_is_string(version))
			rk_json_append(versions, json_incref(version));
	}
	json_decref(entries);
	return rc;
}

/* Return the name of the umbrella chart in an index: the last component of its name, else of its path. */
static const char *
umbrella_name(const struct rk_catalog *catalog)
{
	const char *name = catalog->umbrella.chart ? catalog->umbrella.chart : catalog->umbrella.path;
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

enum rk_rc
rk_chart_index_read(const struct rk_catalog *catalog, const char *path, json_t **versions, struct rk_err *err)
{
	struct rk_yaml_file file = { 0 };
	json_t *list = json_array();
	enum rk_rc rc = rk_yaml_file_read(NULL, path, NULL, INDEX_BYTES, &file, err);

	if (rc == RK_OK && strlen(rk_strbuf_str(&file.text)) == file.text.len && is_list(rk_strbuf_str(&file.text)))
		read_list(rk_strbuf_str(&file.text), list);
	else if (rc == RK_OK)
		rc = read_helm_index(&file, umbrella_name(catalog), list, err);
	rk_yaml_file_free(&file);
	*versions = rc == RK_OK ? list : NULL;
	if (rc != RK_OK)
		json_decref(list);
	return rc;
}
