#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "gitops/umbrella.h"
#include "base/err.h"
#include "base/hold.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/semver.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

#define CHART_BYTES (1u << 20)

struct rk_umbrella {
	const struct rk_catalog *catalog;
	struct rk_source *source;
	json_t *chart;		/* Chart.yaml */
};

enum rk_rc
rk_umbrella_read(struct rk_source *source, const char *path, json_t **json, struct rk_err *err)
{
	struct rk_yaml_file file = { 0 };
	enum rk_rc rc;

	*json = NULL;
	rc = rk_yaml_file_read(source, path, NULL, CHART_BYTES, &file, err);
	if (rc == RK_OK)
		rc = rk_yaml_file_parse(&file, err);
	if (rc == RK_OK && rk_yaml_root(file.yaml, 0))
		rc = rk_yaml_file_prefix(&file, rk_yaml_json(file.yaml, rk_yaml_root(file.yaml, 0), json, err), err);
	else if (rc == RK_OK)
		*json = json_null();
	rk_yaml_file_free(&file);
	return rc;
}

enum rk_rc
rk_umbrella_yaml(const struct rk_umbrella *umbrella, const char *path, json_t **json, struct rk_err *err)
{
	return rk_umbrella_read(umbrella->source, path, json, err);
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
	}
	return RK_OK;
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
	*umbrella = rk_memory_calloc(1, sizeof **umbrella);
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

const char *
rk_umbrella_own_version(const struct rk_umbrella *umbrella)
{
	const char *version = rk_json_string(umbrella->chart, "version");

	return version ? version : "";
}

/* Find the dependency of a chart that has a key of len bytes; *several is set if there are more. */
static void
find_dependency(const json_t *parent, const char *key, size_t len, struct rk_umbrella_chart *chart, bool *several)
{
	const char *name;
	json_t *dependency;
	size_t i;

	rk_strbuf_clear(&chart->names);
	json_decref(chart->dependency);
	chart->dependency = NULL;
	*several = false;
	json_array_foreach(json_object_get(parent, "dependencies"), i, dependency) {
		name = rk_json_string(dependency, "alias");
		if (!name || !*name)
			name = rk_json_string(dependency, "name");
		if (!name)
			continue;
		rk_strbuf_printf(&chart->names, "%s%s", chart->names.len ? ", " : "", name);
		if (strlen(name) != len || strncmp(name, key, len) != 0)
			continue;
		*several = chart->dependency != NULL;
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
	return RK_OK;
}

/* Read the Chart.yaml of the directory. */
static enum rk_rc
read_chart(const struct rk_umbrella *umbrella, const struct rk_umbrella_chart *chart, json_t **json, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	rk_strbuf_printf(&path, "%s/Chart.yaml", rk_strbuf_str(&chart->directory));
	rc = rk_umbrella_yaml(umbrella, path.data, json, err);
	rk_strbuf_free(&path);
	return rc;
}

/* The chart that has a dependency: a new reference, and its directory. */
struct parent {
	json_t *chart;
	struct rk_strbuf directory;
	bool several;			/* dependencies have the key */
};

/* As rk_umbrella_find(), and set what parent holds to the chart that has the dependency. */
static enum rk_rc
find(const struct rk_umbrella *umbrella, const char *key, struct rk_umbrella_chart *chart, struct parent *in, struct rk_err *err)
{
	json_t *parent = json_incref(umbrella->chart), *next;
	enum rk_rc rc;
	size_t len;

	*chart = (struct rk_umbrella_chart){ 0 };
	*in = (struct parent){ 0 };
	rc = rk_umbrella_path(umbrella, "", &chart->directory, err);
	for (; rc == RK_OK; key += len + 1) {
		len = strcspn(key, "/");
		find_dependency(parent, key, len, chart, &in->several);
		if (!chart->dependency)
			break;
		if (!key[len])
			rk_strbuf_puts(&in->directory, rk_strbuf_str(&chart->directory));
		rc = enter_directory(chart, err);
		if (rc != RK_OK || !key[len])
			break;
		rc = read_chart(umbrella, chart, &next, err);
		json_decref(parent);
		parent = rc == RK_OK ? next : NULL;
	}
	in->chart = parent;
	return rc;
}

static void
free_parent(struct parent *parent)
{
	json_decref(parent->chart);
	rk_strbuf_free(&parent->directory);
}

enum rk_rc
rk_umbrella_find(const struct rk_umbrella *umbrella, const char *key, struct rk_umbrella_chart *chart, struct rk_err *err)
{
	struct parent parent;
	enum rk_rc rc = find(umbrella, key, chart, &parent, err);

	free_parent(&parent);
	return rc;
}

/* Versions of dependencies */

static void
append_path(struct rk_strbuf *path, const char *directory, const char *name)
{
	rk_strbuf_printf(path, "%s%s%s", directory, *directory ? "/" : "", name);
}

/* Return the entry of Chart.lock for a dependency, the nth of its name in Chart.yaml: NULL if the two do not have as many. */
static const json_t *
find_locked(const json_t *chart, const json_t *lock, const json_t *dependency)
{
	const char *name = rk_json_string(dependency, "name");
	const json_t *found = NULL;
	size_t i, nth = 0, listed = 0, locked = 0;
	json_t *entry;

	json_array_foreach(json_object_get(chart, "dependencies"), i, entry) {
		if (entry == dependency)
			nth = listed;
		listed += rk_json_is(json_object_get(entry, "name"), name);
	}
	json_array_foreach(json_object_get(lock, "dependencies"), i, entry)
		if (rk_json_is(json_object_get(entry, "name"), name) && locked++ == nth)
			found = entry;
	return listed == locked ? found : NULL;
}

/* Return whether Chart.lock gives a dependency of Chart.yaml a version that this allows, from the same repository. */
static bool
fits(const json_t *dependency, const json_t *locked)
{
	const char *repository = rk_json_string(dependency, "repository"), *other = rk_json_string(locked, "repository");
	const char *range = rk_json_string(dependency, "version"), *version = rk_json_string(locked, "version"), *highest;
	json_t *versions;
	struct rk_err ignored;
	bool fit;

	if (!version || strcmp(repository ? repository : "", other ? other : "") != 0)
		return false;
	if (strcmp(range, version) == 0)
		return true;
	versions = rk_json_pack("[s]", version);
	fit = rk_semver_is_version(version) && rk_semver_is_range(range)
	    && rk_semver_highest(range, versions, &highest, &ignored) == RK_OK;
	json_decref(versions);
	return fit;
}

enum rk_rc
rk_umbrella_lock(struct rk_source *source, const char *directory, const json_t *chart, const json_t *dependency,
    struct rk_strbuf *version, struct rk_err *err)
{
	const char *name = rk_json_string(dependency, "name"), *given = rk_json_string(dependency, "version");
	struct rk_strbuf path = { 0 };
	const json_t *locked = NULL;
	json_t *lock = NULL;
	enum rk_rc rc = RK_OK;

	append_path(&path, directory, "Chart.lock");
	if (!name || !given)
		rc = rk_err_set(err, RK_END, RK_HOLD_NOT_A_STRING,
		    (int)(path.len - strlen("Chart.lock")), path.data, name ? name : "");
	if (rc == RK_OK)
		rc = rk_umbrella_read(source, path.data, &lock, err);
	if (rc == RK_END && name && given)
		rc = RK_OK;	/* without it, Chart.yaml counts */
	if (rc == RK_OK && lock) {
		locked = find_locked(chart, lock, dependency);
		if (!locked || !fits(dependency, locked))
			rc = rk_err_set(err, RK_END, RK_HOLD_LOCK, path.data, name);
	}
	if (rc == RK_OK)
		rk_strbuf_puts(version, locked ? rk_json_string(locked, "version") : given);
	json_decref(lock);
	rk_strbuf_free(&path);
	return rc;
}

/* A packaged chart in charts. */
struct package {
	size_t length;			/* of its path before the version */
	bool found;
};

static enum rk_rc
note_package(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	struct package *package = context;

	(void)blob;
	(void)err;
	package->found = package->found || strchr("v0123456789", path[package->length]);
	return RK_OK;
}

/* Set *found to whether charts has a package of the dependency, and path to the pattern of its name. */
static enum rk_rc
find_package(const struct rk_umbrella *umbrella, const struct parent *parent, const char *name, struct rk_strbuf *path,
    struct package *package, struct rk_err *err)
{
	*package = (struct package){ 0 };
	append_path(path, rk_strbuf_str(&parent->directory), "charts/");
	rk_strbuf_printf(path, "%s-", name);
	package->length = path->len;
	rk_strbuf_puts(path, "*.tgz");
	return rk_source_glob(umbrella->source, path->data, note_package, package, err);
}

/* Check that Helm takes the dependency from its repository: charts has neither a package nor another chart of its name. */
static enum rk_rc
check_not_vendored(const struct rk_umbrella *umbrella, const struct parent *parent, const struct rk_umbrella_chart *chart,
    const char *version, struct rk_err *err)
{
	const char *name = rk_json_string(chart->dependency, "name"), *repository = rk_json_string(chart->dependency, "repository");
	struct rk_strbuf path = { 0 };
	struct package package;
	json_t *vendored = NULL;
	enum rk_rc rc;

	if (!repository || !*repository)
		return rk_err_set(err, RK_END, RK_HOLD_VENDORED, name);
	rc = find_package(umbrella, parent, name, &path, &package, err);
	if (rc == RK_OK && !package.found) {
		path.len = package.length - 1;
		path.data[path.len] = '\0';
		if (strcmp(path.data, rk_strbuf_str(&chart->directory)) != 0 || strncmp(repository, "file://", 7) != 0) {
			rk_strbuf_puts(&path, "/Chart.yaml");
			rc = rk_umbrella_read(umbrella->source, path.data, &vendored, err);
			rc = rc == RK_END ? RK_OK : rc;
		}
	}
	if (rc == RK_OK && package.found)
		rc = rk_err_set(err, RK_END, RK_HOLD_PACKAGE, name, path.data);
	else if (rc == RK_OK && vendored && !rk_json_is(json_object_get(vendored, "version"), version))
		rc = rk_err_set(err, RK_END, RK_HOLD_OTHER_VERSION, name, path.data);
	json_decref(vendored);
	rk_strbuf_free(&path);
	return rc;
}

enum rk_rc
rk_umbrella_version(const struct rk_umbrella *umbrella, const char *key, struct rk_strbuf *version, struct rk_err *err)
{
	struct rk_umbrella_chart chart;
	struct parent parent;
	enum rk_rc rc = find(umbrella, key, &chart, &parent, err);

	if (rc == RK_OK && !chart.dependency)
		rc = rk_err_set(err, RK_END, RK_HOLD_NO_DEPENDENCY, key);
	else if (rc == RK_OK && parent.several)
		rc = rk_err_set(err, RK_END, RK_HOLD_DEPENDENCIES, key);
	if (rc == RK_OK)
		rc = rk_umbrella_lock(umbrella->source, rk_strbuf_str(&parent.directory), parent.chart, chart.dependency, version, err);
	if (rc == RK_OK)
		rc = check_not_vendored(umbrella, &parent, &chart, version->data, err);
	free_parent(&parent);
	rk_umbrella_chart_free(&chart);
	return rc;
}

/* Values of subcharts */

/* Check that a dependency's files are in its directory, and that Helm uses these. */
static enum rk_rc
check_unpacked(const struct rk_umbrella *umbrella, const struct parent *parent, const struct rk_umbrella_chart *chart,
    struct rk_err *err)
{
	const char *name = rk_json_string(chart->dependency, "name"), *repository = rk_json_string(chart->dependency, "repository");
	struct rk_strbuf text = { 0 };
	struct package package;
	json_t *ignored = NULL;
	enum rk_rc rc;

	if (!name || !repository || !*repository) {
		rc = find_package(umbrella, parent, name ? name : "", &text, &package, err);
		if (rc == RK_OK && package.found)
			rc = rk_err_set(err, RK_END, RK_HOLD_PACKAGE, name, text.data);
	} else {
		rc = rk_umbrella_lock(umbrella->source, rk_strbuf_str(&parent->directory), parent->chart, chart->dependency, &text, err);
		if (rc == RK_OK)
			rc = check_not_vendored(umbrella, parent, chart, text.data, err);
	}
	if (rc == RK_OK)
		rc = read_chart(umbrella, chart, &ignored, err);
	json_decref(ignored);
	rk_strbuf_free(&text);
	return rc;
}

/* Return a dependency that puts values of its own into those of its parent, or NULL. */
static const char *
find_import(const json_t *parent)
{
	json_t *dependency;
	size_t i;

	json_array_foreach(json_object_get(parent, "dependencies"), i, dependency)
		if (json_array_size(json_object_get(dependency, "import-values")))
			return rk_json_string(dependency, "name");
	return NULL;
}

/* Read the values.yaml of a directory: NULL if there is none. */
static enum rk_rc
read_values(const struct rk_umbrella *umbrella, const char *directory, json_t **values, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	append_path(&path, directory, "values.yaml");
	rc = rk_umbrella_yaml(umbrella, path.data, values, err);
	rk_strbuf_free(&path);
	return rc == RK_END ? RK_OK : rc;
}

/* Find the value that tokens lead to.  Return false if another chart's values count: *found is then NULL. */
static bool
find_value(json_t *values, char *const *token, size_t n, json_t **found)
{
	for (*found = values; n > 0 && json_is_object(*found); n--, token++) {
		*found = json_object_get(*found, *token);
		if (!*found)
			return false;
	}
	if (json_is_null(*found) || n > 0) {	/* Helm lets null, and what is not a map, replace a map of a subchart */
		bool empty = *found == values && (!values || json_is_null(values));

		*found = NULL;
		return !empty;
	}
	return *found != NULL;
}

/* Find a value in the umbrella's values and those of the subcharts that the tokens lead through. */
static enum rk_rc
find_in_charts(const struct rk_umbrella *umbrella, const struct rk_json_pointer *pointer, json_t **value, struct rk_err *err)
{
	struct rk_umbrella_chart chart = { 0 };
	struct rk_strbuf key = { 0 };
	struct parent parent = { 0 };
	enum rk_rc rc = rk_umbrella_path(umbrella, "", &chart.directory, err);
	json_t *values = NULL, *found = NULL;
	const char *import;
	bool known = false;
	size_t i;

	for (i = 0; rc == RK_OK && !known; i++) {
		json_decref(values);
		rc = read_values(umbrella, rk_strbuf_str(&chart.directory), &values, err);
		known = rc == RK_OK && find_value(values, pointer->token + i, pointer->n - i, &found);
		if (rc != RK_OK || known || i == pointer->n)
			break;
		rk_strbuf_printf(&key, "%s%s", i > 0 ? "/" : "", pointer->token[i]);
		rk_umbrella_chart_free(&chart);
		free_parent(&parent);
		rc = find(umbrella, key.data, &chart, &parent, err);
		if (rc == RK_OK && (import = find_import(parent.chart)))
			rc = rk_err_set(err, RK_END, RK_HOLD_IMPORT, import);
		else if (rc == RK_OK && !chart.dependency)
			break;
		else if (rc == RK_OK && parent.several)
			rc = rk_err_set(err, RK_END, RK_HOLD_DEPENDENCIES, key.data);
		if (rc == RK_OK)
			rc = check_unpacked(umbrella, &parent, &chart, err);
	}
	*value = rc == RK_OK ? json_incref(found) : NULL;
	json_decref(values);
	rk_umbrella_chart_free(&chart);
	free_parent(&parent);
	rk_strbuf_free(&key);
	return rc;
}

enum rk_rc
rk_umbrella_value(const struct rk_umbrella *umbrella, const char *pointer, json_t **value, struct rk_err *err)
{
	struct rk_json_pointer tokens;
	enum rk_rc rc = rk_json_pointer_parse(pointer, &tokens, err);

	*value = NULL;
	if (rc == RK_OK)
		rc = find_in_charts(umbrella, &tokens, value, err);
	rk_json_pointer_free(&tokens);
	return rc == RK_EDATA ? rk_err_set(err, RK_END, "%s", err->msg) : rc;
}

/* Conditions */

/* Return whether one of the paths "a.b,c.d" leads to what tokens lead to, or above or below it. */
static bool
meets(const char *paths, char *const *token, size_t n)
{
	const char *at = paths, *end;
	size_t i, len;

	for (; at; at = *end ? end + 1 : NULL) {
		end = at + strcspn(at, ",");
		at += strspn(at, " ");
		for (i = 0; at < end && i < n; i++, at += len + (at[len] == '.')) {
			len = strcspn(at, "., ");
			if (strncmp(at, token[i], len) != 0 || token[i][len])
				break;
		}
		if (i > 0 && (at >= end || *at == ' ' || i == n))
			return true;
	}
	return false;
}

static bool
has_condition(const json_t *chart, char *const *token, size_t n)
{
	json_t *dependency;
	const char *paths;
	size_t i;

	json_array_foreach(json_object_get(chart, "dependencies"), i, dependency) {
		paths = rk_json_string(dependency, "condition");
		if (paths && meets(paths, token, n))
			return true;
	}
	return false;
}

enum rk_rc
rk_umbrella_is_condition(const struct rk_umbrella *umbrella, const char *pointer, bool *is, struct rk_err *err)
{
	json_t *chart = json_incref(umbrella->chart);
	struct rk_umbrella_chart found = { 0 };
	struct rk_json_pointer tokens;
	struct rk_strbuf key = { 0 };
	enum rk_rc rc = rk_json_pointer_parse(pointer, &tokens, err);
	size_t i;

	*is = false;
	for (i = 0; rc == RK_OK && i < tokens.n; i++) {
		*is = *is || has_condition(chart, tokens.token + i, tokens.n - i);
		rk_strbuf_printf(&key, "%s%s", i > 0 ? "/" : "", tokens.token[i]);
		rk_umbrella_chart_free(&found);
		rc = rk_umbrella_find(umbrella, key.data, &found, err);
		if (rc != RK_OK || !found.dependency)
			break;
		json_decref(chart);
		chart = NULL;
		rc = read_chart(umbrella, &found, &chart, err);
	}
	json_decref(chart);
	rk_umbrella_chart_free(&found);
	rk_json_pointer_free(&tokens);
	rk_strbuf_free(&key);
	return rc == RK_END || rc == RK_EDATA ? RK_OK : rc;	/* what is not here says nothing */
}

void
rk_umbrella_chart_free(struct rk_umbrella_chart *chart)
{
	json_decref(chart->dependency);
	rk_strbuf_free(&chart->names);
	rk_strbuf_free(&chart->directory);
	*chart = (struct rk_umbrella_chart){ 0 };
}
