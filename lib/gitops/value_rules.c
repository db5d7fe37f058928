#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gitops/value_rules.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

#define MOST_LEVELS 32		/* of maps and lists */
#define MOST_LEAVES 300

/* Return whether the JSON Pointer a refers to the same value as b, or to one above it. */
static bool
covers(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strncmp(a, b, n) == 0 && (!b[n] || b[n] == '/');
}

static bool
meet(const char *a, const char *b)
{
	return covers(a, b) || covers(b, a);
}

/* The catalogue's paths */

void
rk_value_rules_chart(const struct rk_chart *chart, struct rk_strbuf *at)
{
	const char *path = rk_catalog_path(&chart->form[0]);
	size_t depth;

	rk_strbuf_clear(at);
	for (depth = 0; depth < chart->depth; depth++) {
		rk_strbuf_add(at, path, 1 + strcspn(path + 1, "/"));
		path += 1 + strcspn(path + 1, "/");
	}
}

/* Find the chart of the service with the longest name whose values a path is in, or NULL; at is where they are. */
static const struct rk_chart *
find_chart(const struct rk_service *service, const char *pointer, struct rk_strbuf *at)
{
	const struct rk_chart *found = NULL;
	size_t i;

	for (i = 0; i < service->n_charts; i++) {
		rk_value_rules_chart(&service->chart[i], at);
		if (covers(at->data, pointer) && (!found || service->chart[i].depth > found->depth))
			found = &service->chart[i];
	}
	if (found)
		rk_value_rules_chart(found, at);
	return found;
}

/* Return whether a path meets a member of an image, or one that charts commonly have beside it. */
static bool
meets_member(const char *pointer, const char *member, struct rk_strbuf *text)
{
	static const char *const beside[] = { "registry", "repository", "tag", "digest" };
	size_t parent, i;

	if (!member || meet(member, pointer))
		return member;
	parent = (size_t)(strrchr(member, '/') - member);
	for (i = 0; i < sizeof beside / sizeof *beside; i++) {
		rk_strbuf_clear(text);
		rk_strbuf_add(text, member, parent);
		rk_json_pointer_add(text, beside[i]);
		if (meet(text->data, pointer))
			return true;
	}
	return false;
}

/* Return a service that has an image at, above or below a path, or NULL. */
static const struct rk_service *
find_image(const struct rk_catalog *catalog, const char *pointer)
{
	const struct rk_service *service, *found = NULL;
	struct rk_strbuf text = { 0 };
	const struct rk_image_form *form;
	size_t i, j, k;

	for (i = 0; !found && i < catalog->n_services; i++) {
		service = &catalog->service[i];
		for (j = 0; j < service->n_charts; j++) {
			for (k = 0; k < service->chart[j].n_forms; k++) {
				form = &service->chart[j].form[k];
				if (meets_member(pointer, form->repository, &text) || meets_member(pointer, form->tag, &text) ||
				    meets_member(pointer, form->registry, &text) || meets_member(pointer, form->digest, &text) ||
				    meets_member(pointer, form->reference, &text))
					found = service;
			}
		}
	}
	rk_strbuf_free(&text);
	return found;
}

/* Return whether the first token of a path, or the first below the chart, is global or tags, which Helm reads itself. */
static bool
is_reserved(const char *pointer, const char *chart)
{
	return covers("/global", pointer) || covers("/tags", pointer) || covers("/global", pointer + strlen(chart)) ||
	    covers("/tags", pointer + strlen(chart));
}

enum rk_rc
rk_value_rules_allow(const struct rk_catalog *catalog, const struct rk_service *service, const char *pointer,
    struct rk_err *err)
{
	const struct rk_service *other = find_image(catalog, pointer);
	struct rk_strbuf at = { 0 };
	enum rk_rc rc = RK_OK;

	if (!find_chart(service, pointer, &at) || !pointer[at.len])
		rc = rk_err_set(err, RK_ECONFIG, "expected a path below a chart of the service \"%s\", got \"%s\"", service->name,
		    pointer + 1);
	else if (is_reserved(pointer, at.data))
		rc = rk_err_set(err, RK_ECONFIG, "invalid path of values \"%s\": Helm reads global and tags itself", pointer + 1);
	else if (other)
		rc = rk_err_set(err, RK_ECONFIG, "invalid path of values \"%s\": it is at, above or below an image of the service \"%s\"",
		    pointer + 1, other->name);
	rk_strbuf_free(&at);
	return rc;
}

/* The values */

size_t
rk_value_rules_key(const char *key, bool *append)
{
	size_t n = strlen(key);

	*append = n > 0 && key[n - 1] == '+' && !(n > 1 && key[n - 2] == '+');
	return n > 0 && key[n - 1] == '+' ? n - 1 : n;
}

void
rk_value_rules_add_key(struct rk_strbuf *text, const char *key)
{
	size_t n = strlen(key);

	rk_strbuf_add(text, key, n);
	if (n > 0 && key[n - 1] == '+')
		rk_strbuf_putc(text, '+');
}

struct check {
	const struct rk_service *service;
	struct rk_strbuf file;		/* JSON Pointer in the values */
	struct rk_strbuf path;		/* and in the umbrella's */
	size_t chart;			/* the length of the part of path that is the chart's */
	size_t leaves;
	const char *name;		/* of the chart */
	json_t *list;			/* of the leaves */
	struct rk_err *err;
};

static enum rk_rc
refuse(const struct check *c, enum rk_code code, const char *what)
{
	return rk_err_refuse(c->err, code, "%s: %s", c->path.len ? c->path.data : "/", what);
}

static enum rk_rc
check_allowed(const struct check *c)
{
	const struct rk_strings *allow = &c->service->values.allow;
	struct rk_strbuf at = { 0 };
	bool here = false, allowed = false;
	size_t i;

	/* a chart in another one has its values under its own name only, so that no path is there twice */
	if (find_chart(c->service, c->path.data, &at))
		here = at.len == c->chart;
	rk_strbuf_free(&at);
	for (i = 0; i < allow->n; i++)
		allowed = allowed || covers(allow->item[i], c->path.data);
	if (!allowed)
		return refuse(c, RK_CODE_FOREIGN_VALUES, "not at or below a path that \"allow\" in the catalogue has");
	return here ? RK_OK : refuse(c, RK_CODE_BAD_VALUES, "belongs to another chart of the service: write it there");
}

/* Check a scalar, or a map or list in a list, with all that is in it. */
static enum rk_rc
check_item(struct check *c, const json_t *value, size_t level)
{
	bool collection = json_is_array(value) || json_is_object(value);
	enum rk_rc rc = RK_OK;
	const char *key;
	json_t *item;
	size_t i;

	if (collection && level > MOST_LEVELS)
		return refuse(c, RK_CODE_BAD_VALUES, "more than 32 levels of maps and lists");
	if (!collection && ++c->leaves > MOST_LEAVES)
		return refuse(c, RK_CODE_BAD_VALUES, "more than 300 values");
	if (json_is_string(value) && strlen(json_string_value(value)) != json_string_length(value))
		return refuse(c, RK_CODE_BAD_VALUES, "a NUL in a string");
	json_array_foreach(value, i, item)
		if (rc == RK_OK)
			rc = check_item(c, item, level + 1);
	json_object_foreach((json_t *)value, key, item)
		if (rc == RK_OK)
			rc = check_item(c, item, level + 1);
	return rc;
}

static enum rk_rc check_map(struct check *c, const json_t *map, size_t level);

/* Check a member of a map, whose name without the "+" of a list to append is added to the path already. */
static enum rk_rc
check_member(struct check *c, const json_t *value, bool append, size_t level)
{
	enum rk_rc rc;

	if (append && !json_is_array(value))
		return refuse(c, RK_CODE_BAD_VALUES, "expected a list, as the key ends in \"+\" (write \"++\" for one \"+\" of the key)");
	if (json_is_object(value) && json_object_size(value))
		return check_map(c, value, level);
	rc = check_allowed(c);
	if (rc == RK_OK && json_is_object(value))
		return refuse(c, RK_CODE_BAD_VALUES, "expected a value, got an empty map");
	if (rc == RK_OK && json_is_null(value))
		return refuse(c, RK_CODE_BAD_VALUES, "expected a value, got null");
	if (rc == RK_OK)
		rc = check_item(c, value, level);
	if (rc == RK_OK)
		rk_json_append(c->list, rk_json_pack("{ss ss sb sO}", "chart", c->name, "path", c->path.data, "append", append, "value",
		    value));
	return rc;
}

/* Check the map at the path. */
static enum rk_rc
check_map(struct check *c, const json_t *map, size_t level)
{
	size_t file = c->file.len, path = c->path.len, n;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	const char *key;
	bool append;
	json_t *value;

	if (level > MOST_LEVELS)
		return refuse(c, RK_CODE_BAD_VALUES, "more than 32 levels of maps and lists");
	json_object_foreach((json_t *)map, key, value) {
		if (rc != RK_OK)
			break;
		n = rk_value_rules_key(key, &append);
		rk_strbuf_clear(&name);
		rk_strbuf_add(&name, key, n);
		rk_json_pointer_add(&c->file, key);
		rk_json_pointer_add(&c->path, rk_strbuf_str(&name));
		if (append && json_object_get(map, rk_strbuf_str(&name)))
			rc = refuse(c, RK_CODE_BAD_VALUES, "a list to append to the value that the file itself has");
		else
			rc = check_member(c, value, append, level + 1);
		if (rc == RK_OK) {
			c->file.len = file;
			c->path.len = path;
			c->file.data[file] = c->path.data[path] = '\0';
		}
	}
	rk_strbuf_free(&name);
	return rc;
}

/* Check the values of each chart. */
static enum rk_rc
check_charts(struct check *c, const json_t *values)
{
	enum rk_rc rc = RK_OK;
	const char *name;
	json_t *chart;
	size_t i;

	if (!json_is_object(values))
		return refuse(c, RK_CODE_BAD_VALUES, "expected a map of charts to their values");
	json_object_foreach((json_t *)values, name, chart) {
		if (rc != RK_OK)
			break;
		rk_strbuf_clear(&c->file);
		rk_json_pointer_add(&c->file, name);
		for (i = 0; i < c->service->n_charts; i++)
			if (strcmp(c->service->chart[i].name, name) == 0)
				break;
		if (i == c->service->n_charts)
			return rk_err_refuse(c->err, RK_CODE_FOREIGN_VALUES, "%s: not a chart of the service, as the catalogue spells it",
			    name);
		rk_value_rules_chart(&c->service->chart[i], &c->path);
		c->chart = c->path.len;
		c->name = name;
		rc = json_is_object(chart) ? check_map(c, chart, 2)
		    : refuse(c, RK_CODE_BAD_VALUES, "expected a map of the chart's values");
	}
	return rc;
}

/* Check values, list their leaves, and set where to the JSON Pointer of the fault in them. */
static enum rk_rc
check_all(const struct rk_service *service, const json_t *values, json_t *leaves, struct rk_strbuf *where, struct rk_err *err)
{
	struct check c = { .service = service, .list = leaves, .err = err };
	enum rk_rc rc = check_charts(&c, values);

	rk_strbuf_puts(where, rk_strbuf_str(&c.file));
	rk_strbuf_free(&c.file);
	rk_strbuf_free(&c.path);
	return rc;
}

enum rk_rc
rk_value_rules_leaves(const struct rk_service *service, const json_t *values, json_t **leaves, struct rk_err *err)
{
	struct rk_strbuf where = { 0 };
	enum rk_rc rc;

	*leaves = json_array();
	rc = check_all(service, values, *leaves, &where, err);
	rk_strbuf_free(&where);
	if (rc != RK_OK) {
		json_decref(*leaves);
		*leaves = NULL;
	}
	return rc;
}

enum rk_rc
rk_value_rules_check(const struct rk_service *service, const json_t *values, struct rk_err *err)
{
	json_t *leaves;
	enum rk_rc rc = rk_value_rules_leaves(service, values, &leaves, err);

	json_decref(leaves);
	return rc;
}

/* A file */

/* Return whether the keys of a map are strings to every reader, which a merge key is not. */
static bool
has_plain_keys(const struct rk_yaml *yaml, uint32_t map)
{
	struct rk_strbuf name = { 0 };
	struct rk_err why;
	bool plain = true;
	uint32_t key = rk_yaml_node(yaml, map)->child;

	for (; plain && key; key = rk_yaml_node(yaml, rk_yaml_node(yaml, key)->next)->next) {
		rk_strbuf_clear(&name);
		plain = rk_yaml_scalar(yaml, key, &name, &why) == RK_OK
		    && rk_yaml_is_string(yaml, key, rk_strbuf_str(&name));
	}
	rk_strbuf_free(&name);
	return plain;
}

/* Check what the JSON of a file does not show. */
static enum rk_rc
check_nodes(const struct rk_yaml_file *file, struct rk_err *err)
{
	const struct rk_yaml *yaml = file->yaml;
	const struct rk_yaml_node *node;
	const char *what = NULL;
	uint32_t i;
	size_t len;

	if (rk_yaml_documents(yaml) > 1)
		return rk_yaml_file_wrong(file, rk_yaml_document(yaml, 1)->start, err, "expected one YAML document, got several");
	for (i = 1; i < rk_yaml_nodes(yaml); i++) {
		node = rk_yaml_node(yaml, i);
		if (node->kind == RK_YAML_ALIAS || rk_yaml_anchor(yaml, i, &len))
			what = "anchors and aliases";
		else if (rk_yaml_tag(yaml, i, &len))
			what = "tags";
		else if (node->kind == RK_YAML_MAP && !has_plain_keys(yaml, i))
			what = "merge keys, and keys that are not strings,";
		if (what)
			return rk_yaml_file_wrong(file, node->start, err, "%s are not allowed in values", what);
	}
	return RK_OK;
}

/* Put the file, and the line and column of a path in it, before the message. */
static enum rk_rc
locate(const struct rk_yaml_file *file, const char *pointer, struct rk_err *err)
{
	uint32_t node = rk_yaml_at(file->yaml, rk_yaml_root(file->yaml, 0), pointer);
	enum rk_code code = err->code;

	rk_yaml_file_wrong(file, rk_yaml_node(file->yaml, node)->start, err, "%s", err->msg);
	return rk_err_refuse(err, code, "%s", err->msg);
}

enum rk_rc
rk_value_rules_read(const struct rk_service *service, struct rk_yaml_file *file, json_t **values, struct rk_err *err)
{
	struct rk_strbuf where = { 0 };
	json_t *json = NULL, *leaves = json_array();
	enum rk_rc rc = rk_yaml_file_parse(file, err);
	uint32_t root = rc == RK_OK ? rk_yaml_root(file->yaml, 0) : 0;

	*values = NULL;
	if (rc == RK_OK)
		rc = check_nodes(file, err);
	if (rc == RK_OK && root)
		rc = rk_yaml_file_prefix(file, rk_yaml_json(file->yaml, root, &json, err), err);
	else if (rc == RK_OK)
		json = json_object();
	rc = rk_err_refuse_data(err, rc, RK_CODE_BAD_VALUES);
	if (rc == RK_OK && check_all(service, json, leaves, &where, err) != RK_OK)
		rc = locate(file, rk_strbuf_str(&where), err);
	if (rc == RK_OK)
		*values = json_incref(json);
	json_decref(json);
	json_decref(leaves);
	rk_strbuf_free(&where);
	return rc;
}
