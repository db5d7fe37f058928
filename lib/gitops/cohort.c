#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gitops/cohort.h"
#include "base/array.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

enum { LISTED = 20 };	/* cohorts in a message */

/* A tenant, by its number in names. */
struct tenant {
	uint32_t mark;		/* the set that it is in, while one is built */
	uint32_t first, last;	/* its labels' links, 0: none */
};

struct link {
	uint32_t label, next;
};

/* A cohort, by its number in values: the tenants of its file, in order. */
struct cohort {
	bool open;		/* it is being read, so that one that it includes must not include it */
	unsigned height;	/* levels of includes, its own counted; 0: not read yet */
	uint32_t *tenant;
	size_t n, size;
};

struct rk_cohort_set {
	const struct rk_catalog *catalog;
	struct rk_source *source;

	struct rk_intern names;		/* of tenants, also of excluded and refused ones */
	struct tenant *tenant;
	size_t tenants_size;
	uint32_t mark;

	struct rk_intern values;	/* names of cohort files */
	struct cohort *cohort;
	size_t cohorts_size;

	struct rk_intern labels;	/* of all selectors, as "source:key:value" */
	struct link *link;		/* from 1 */
	size_t links, links_size;
	uint32_t *chosen;		/* tenants, in the order in which they were first named */
	size_t n_chosen, chosen_size;

	char **existing;		/* the names of all cohorts, if one was not found */
	size_t n_existing, existing_size;
	bool listed;
};

enum role { TENANT, INCLUDE, EXCLUDE };

/* An entry of a cohort file. */
struct entry {
	enum role role;
	uint32_t number;	/* of a tenant, or of a cohort */
	size_t offset;		/* in the file */
};

struct cohort_file {
	struct rk_strbuf path;
	struct rk_yaml_file yaml;	/* not parsed: one tenant a line */
	struct entry *entry;
	size_t n, size;
};

enum rk_rc
rk_cohort_open(const struct rk_catalog *catalog, struct rk_source *source, struct rk_cohort_set **cohorts,
    struct rk_err *err)
{
	*cohorts = calloc(1, sizeof **cohorts);
	if (!*cohorts)
		return rk_err_nomem(err);
	(*cohorts)->catalog = catalog;
	(*cohorts)->source = source;
	(*cohorts)->links = 1;
	return RK_OK;
}

void
rk_cohort_close(struct rk_cohort_set *cohorts)
{
	size_t i;

	if (!cohorts)
		return;
	for (i = 0; i < cohorts->cohorts_size; i++)
		free(cohorts->cohort[i].tenant);
	free(cohorts->cohort);
	free(cohorts->tenant);
	free(cohorts->link);
	free(cohorts->chosen);
	while (cohorts->n_existing > 0)
		free(cohorts->existing[--cohorts->n_existing]);
	free(cohorts->existing);
	rk_intern_free(&cohorts->names);
	rk_intern_free(&cohorts->values);
	rk_intern_free(&cohorts->labels);
	free(cohorts);
}

static enum rk_rc
tenant_number(struct rk_cohort_set *cohorts, const char *name, uint32_t *number, struct rk_err *err)
{
	enum rk_rc rc = rk_intern_add(&cohorts->names, name, number, err);

	if (rc == RK_OK && !rk_array_grow(&cohorts->tenant, *number, &cohorts->tenants_size, sizeof *cohorts->tenant))
		rc = rk_err_nomem(err);
	return rc;
}

static enum rk_rc
cohort_number(struct rk_cohort_set *cohorts, const char *value, uint32_t *number, struct rk_err *err)
{
	enum rk_rc rc = rk_intern_add(&cohorts->values, value, number, err);

	if (rc == RK_OK && !rk_array_grow(&cohorts->cohort, *number, &cohorts->cohorts_size, sizeof *cohorts->cohort))
		rc = rk_err_nomem(err);
	return rc;
}

/* Reading a file.  RK_EDATA: it is invalid. */

static enum rk_rc
add_entry(struct rk_cohort_set *cohorts, struct cohort_file *file, struct entry entry, const char *name, size_t len,
    struct rk_err *err)
{
	const char *fault = rk_validate_name(name, len);
	enum rk_rc rc;

	if (fault)
		return rk_yaml_file_wrong(&file->yaml, entry.offset, err, "invalid name of a %s \"%.*s\": it %s",
		    entry.role == INCLUDE ? "cohort" : "tenant", (int)len, name, fault);
	if (!rk_array_grow(&file->entry, file->n, &file->size, sizeof *file->entry))
		return rk_err_nomem(err);
	rc = entry.role == INCLUDE ? cohort_number(cohorts, name, &entry.number, err)
				   : tenant_number(cohorts, name, &entry.number, err);
	file->entry[file->n++] = entry;
	return rc;
}

/* One tenant a line; "#" starts a comment. */
static enum rk_rc
read_lines(struct rk_cohort_set *cohorts, struct cohort_file *file, struct rk_err *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *text = rk_strbuf_str(&file->yaml.text), *end = text + file->yaml.text.len;
	const char *line = strncmp(text, bom, 3) == 0 ? text + 3 : text, *next, *stop;
	char name[RK_NAME_BYTES + 2];
	enum rk_rc rc = RK_OK;
	size_t len;

	for (; rc == RK_OK && line < end; line = next) {
		stop = memchr(line, '\n', (size_t)(end - line));
		next = stop ? stop + 1 : end;
		stop = memchr(line, '#', (size_t)(next - line));
		if (!stop)
			stop = next;
		while (line < stop && strchr(" \t", *line) && *line)
			line++;
		while (stop > line && strchr(" \t\r\n", stop[-1]) && stop[-1])
			stop--;
		if (line == stop)
			continue;
		/* of a name that is too long, one byte more than the longest: rk_validate_name() then says so */
		len = (size_t)(stop - line) < sizeof name ? (size_t)(stop - line) : sizeof name - 1;
		memcpy(name, line, len);
		name[len] = '\0';
		rc = add_entry(cohorts, file, (struct entry){ TENANT, 0, (size_t)(line - text) }, name, len, err);
	}
	return rc;
}

static enum rk_rc
read_list(struct rk_cohort_set *cohorts, struct cohort_file *file, uint32_t list, enum role role, struct rk_err *err)
{
	const struct rk_yaml *yaml = file->yaml.yaml;
	const struct rk_yaml_node *node = rk_yaml_node(yaml, list);
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t item;

	if (rk_yaml_is_null(yaml, list))
		return RK_OK;
	if (node->kind != RK_YAML_SEQ)
		return rk_yaml_file_wrong(&file->yaml, node->start, err, "expected a list of %s",
		    role == INCLUDE ? "cohorts" : "tenants");
	for (item = node->child; rc == RK_OK && item; item = node->next) {
		node = rk_yaml_node(yaml, item);
		rk_strbuf_clear(&name);
		if (node->kind != RK_YAML_SCALAR)
			rc = rk_yaml_file_wrong(&file->yaml, node->start, err, "expected a name");
		else
			rc = rk_yaml_file_prefix(&file->yaml, rk_yaml_scalar(yaml, item, &name, err), err);
		if (rc == RK_OK && node->style == RK_YAML_PLAIN && !rk_yaml_plain_string(rk_strbuf_str(&name), name.len))
			rc = rk_yaml_file_wrong(&file->yaml, node->start, err, "%s is not a string in all YAML versions: quote it",
			    name.len ? name.data : "an empty value");
		else if (rc == RK_OK)
			rc = add_entry(cohorts, file, (struct entry){ role, 0, node->start }, rk_strbuf_str(&name), name.len, err);
	}
	rk_strbuf_free(&name);
	return rc;
}

/* {tenants: [...], include: [...], exclude: [...]}, or only the list of tenants. */
static enum rk_rc
read_yaml(struct rk_cohort_set *cohorts, struct cohort_file *file, struct rk_err *err)
{
	static const char *const keys[] = { [TENANT] = "tenants", [INCLUDE] = "include", [EXCLUDE] = "exclude" };
	enum rk_rc rc = rk_yaml_file_parse(&file->yaml, err);
	const struct rk_yaml *yaml = file->yaml.yaml;
	uint32_t root, key, value, seen = 0;
	size_t i;

	if (rc != RK_OK)
		return rc;
	if (rk_yaml_documents(yaml) > 1)
		return rk_err_set(err, RK_EDATA, "%s: expected one YAML document, got several", file->path.data);
	root = rk_yaml_root(yaml, 0);
	if (!rk_yaml_is_map(yaml, root))
		return read_list(cohorts, file, root, TENANT, err);
	for (key = rk_yaml_node(yaml, root)->child; rc == RK_OK && key; key = rk_yaml_node(yaml, value)->next) {
		value = rk_yaml_node(yaml, key)->next;
		rc = rk_yaml_file_key(&file->yaml, key, keys, sizeof keys / sizeof keys[0], &seen, &i, err);
		if (rc == RK_OK)
			rc = read_list(cohorts, file, value, (enum role)i, err);
	}
	return rc;
}

static bool
is_yaml(const char *path)
{
	const char *end = strrchr(path, '.');

	return end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0 || strcmp(end, ".json") == 0);
}

static enum rk_rc
read_cohort_file(struct rk_cohort_set *cohorts, const char *value, struct cohort_file *file, struct rk_err *err)
{
	enum rk_rc rc;

	rk_template_fill(&file->path, cohorts->catalog->cohorts, "value", value);
	rc = rk_strbuf_check(&file->path, err);
	if (rc == RK_OK)
		rc = rk_yaml_file_read(cohorts->source, file->path.data, RK_COHORT_BYTES, &file->yaml, err);
	if (rc == RK_OK)
		rc = is_yaml(file->path.data) ? read_yaml(cohorts, file, err) : read_lines(cohorts, file, err);
	return rc;
}

/* A cohort, from its file and those that this one includes */

static enum rk_rc read_cohort(struct rk_cohort_set *cohorts, uint32_t number, unsigned level, struct rk_err *err);

/* Read the cohorts that a file includes. */
static enum rk_rc
read_includes(struct rk_cohort_set *cohorts, const struct cohort_file *file, unsigned level, unsigned *height,
    struct rk_err *err)
{
	const struct entry *entry;
	enum rk_rc rc;

	*height = 1;
	for (entry = file->entry; entry < file->entry + file->n; entry++) {
		if (entry->role != INCLUDE)
			continue;
		if (cohorts->cohort[entry->number].open)
			return rk_yaml_file_wrong(&file->yaml, entry->offset, err, "the cohort \"%s\" includes itself",
			    rk_intern_get(&cohorts->values, entry->number));
		rc = level < RK_COHORT_LEVELS ? read_cohort(cohorts, entry->number, level + 1, err) : RK_OK;
		if (rc == RK_END)
			return rk_yaml_file_wrong(&file->yaml, entry->offset, err, "%s", err->msg);
		if (rc == RK_EDATA)
			return rk_yaml_file_wrong(&file->yaml, entry->offset, err, "included: %s", err->msg);
		if (rc != RK_OK)
			return rc;
		if (*height <= cohorts->cohort[entry->number].height)
			*height = cohorts->cohort[entry->number].height + 1;
		if (level == RK_COHORT_LEVELS || *height > RK_COHORT_LEVELS)
			return rk_yaml_file_wrong(&file->yaml, entry->offset, err,
			    "more than %d levels of cohorts that include each other", RK_COHORT_LEVELS);
	}
	return RK_OK;
}

/* Append a tenant to a cohort, unless its mark says that it is in it. */
static enum rk_rc
add_tenant(struct rk_cohort_set *cohorts, struct cohort *cohort, uint32_t tenant, struct rk_err *err)
{
	if (cohorts->tenant[tenant].mark == cohorts->mark)
		return RK_OK;
	if (!rk_array_grow(&cohort->tenant, cohort->n, &cohort->size, sizeof *cohort->tenant))
		return rk_err_nomem(err);
	cohort->tenant[cohort->n++] = tenant;
	cohorts->tenant[tenant].mark = cohorts->mark;
	return RK_OK;
}

/* Collect a cohort's tenants, each once, in the file's order, then drop those that it excludes. */
static enum rk_rc
collect_tenants(struct rk_cohort_set *cohorts, const struct cohort_file *file, struct cohort *cohort, struct rk_err *err)
{
	const struct entry *entry, *end = file->entry + file->n;
	uint32_t in = ++cohorts->mark, out = in + 1;
	const struct cohort *from;
	enum rk_rc rc = RK_OK;
	size_t n = 0, i;

	for (entry = file->entry; rc == RK_OK && entry < end; entry++) {
		if (entry->role == TENANT)
			rc = add_tenant(cohorts, cohort, entry->number, err);
		from = &cohorts->cohort[entry->role == INCLUDE ? entry->number : 0];
		for (i = 0; entry->role == INCLUDE && rc == RK_OK && i < from->n; i++)
			rc = add_tenant(cohorts, cohort, from->tenant[i], err);
	}
	cohorts->mark = out;
	for (entry = file->entry; rc == RK_OK && entry < end; entry++) {
		if (entry->role != EXCLUDE)
			continue;
		if (cohorts->tenant[entry->number].mark < in)
			rc = rk_yaml_file_wrong(&file->yaml, entry->offset, err, "cannot exclude \"%s\": not in this cohort",
			    rk_intern_get(&cohorts->names, entry->number));
		cohorts->tenant[entry->number].mark = out;
	}
	for (i = 0; i < cohort->n; i++)
		if (cohorts->tenant[cohort->tenant[i]].mark == in)
			cohort->tenant[n++] = cohort->tenant[i];
	cohort->n = n;
	return rc;
}

/*
 * Read a cohort, unless it is known.  RK_END: no such file.  RK_EDATA: invalid, which may depend on the level, so that
 * nothing is kept of it.
 */
static enum rk_rc
read_cohort(struct rk_cohort_set *cohorts, uint32_t number, unsigned level, struct rk_err *err)
{
	struct cohort cohort = { .height = 0 };
	struct cohort_file file = { .n = 0 };
	enum rk_rc rc;

	if (cohorts->cohort[number].height)
		return RK_OK;
	cohorts->cohort[number].open = true;
	rc = read_cohort_file(cohorts, rk_intern_get(&cohorts->values, number), &file, err);
	if (rc == RK_OK)
		rc = read_includes(cohorts, &file, level, &cohort.height, err);
	if (rc == RK_OK)
		rc = collect_tenants(cohorts, &file, &cohort, err);
	if (rc != RK_OK) {
		free(cohort.tenant);
		cohort = (struct cohort){ .height = 0 };
	}
	cohorts->cohort[number] = cohort;
	rk_yaml_file_free(&file.yaml);
	rk_strbuf_free(&file.path);
	free(file.entry);
	return rc;
}

/* Note the name of a cohort file. */
static enum rk_rc
add_existing(void *context, const char *path, struct rk_err *err)
{
	struct rk_cohort_set *cohorts = context;
	struct rk_strbuf value = { 0 };
	enum rk_rc rc = RK_OK;

	if (rk_template_match(cohorts->catalog->cohorts, "value", path, &value) && !rk_validate_name(value.data, value.len)) {
		if (rk_array_grow(&cohorts->existing, cohorts->n_existing, &cohorts->existing_size, sizeof *cohorts->existing)) {
			cohorts->existing[cohorts->n_existing++] = value.data;
			return RK_OK;
		}
		rc = rk_err_nomem(err);
	}
	rk_strbuf_free(&value);
	return rc;
}

/* Refuse a cohort that does not exist, and list those that do. */
static enum rk_rc
refuse_unknown(struct rk_cohort_set *cohorts, const char *value, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	const char *near;
	enum rk_rc rc;
	size_t i;

	rk_template_fill(&text, cohorts->catalog->cohorts, "value", "*");
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK && !cohorts->listed)
		rc = rk_source_glob(cohorts->source, text.data, add_existing, cohorts, err);
	cohorts->listed = cohorts->listed || rc == RK_OK;
	rk_strbuf_clear(&text);
	for (i = 0; i < cohorts->n_existing && i < LISTED; i++)
		rk_strbuf_printf(&text, "%s%s", i ? ", " : "", cohorts->existing[i]);
	if (cohorts->n_existing > LISTED)
		rk_strbuf_printf(&text, " and %zu more", cohorts->n_existing - LISTED);
	near = rk_suggest(value, (const char *const *)cohorts->existing, cohorts->n_existing);
	if (rc == RK_OK)
		rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_err_refuse(err, RK_CODE_NO_SUCH_COHORT, "cohort \"%s\" not found%s%s%s (have: %s)", value,
		    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "", text.len ? text.data : "none");
	rk_strbuf_free(&text);
	return rc;
}

/* Selectors */

/* Note that a label names a tenant. */
static enum rk_rc
choose(struct rk_cohort_set *cohorts, uint32_t tenant, uint32_t label, struct rk_err *err)
{
	struct tenant *chosen = &cohorts->tenant[tenant];

	if (!rk_array_grow(&cohorts->link, cohorts->links, &cohorts->links_size, sizeof *cohorts->link)
	    || !rk_array_grow(&cohorts->chosen, cohorts->n_chosen, &cohorts->chosen_size, sizeof *cohorts->chosen))
		return rk_err_nomem(err);
	if (!chosen->first) {
		cohorts->chosen[cohorts->n_chosen++] = tenant;
		chosen->first = (uint32_t)cohorts->links;
	} else {
		cohorts->link[chosen->last].next = (uint32_t)cohorts->links;
	}
	chosen->last = (uint32_t)cohorts->links;
	cohorts->link[cohorts->links++].label = label;
	return RK_OK;
}

/* github:path:NAME */
static enum rk_rc
from_path(struct rk_cohort_set *cohorts, const char *value, uint32_t label, struct rk_err *err)
{
	const struct cohort *cohort;
	uint32_t number;
	enum rk_rc rc;
	size_t i;

	if (!cohorts->catalog->cohorts)
		return rk_err_set(err, RK_ECONFIG, "%s: missing \"cohorts\", which the cohort \"%s\" requires",
		    cohorts->catalog->file, value);
	rc = cohort_number(cohorts, value, &number, err);
	if (rc == RK_OK)
		rc = read_cohort(cohorts, number, 1, err);
	if (rc == RK_END)
		return refuse_unknown(cohorts, value, err);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_COHORT, "%s", err->msg);
	if (rc != RK_OK)
		return rc;
	cohort = &cohorts->cohort[number];
	if (cohort->n == 0)
		return rk_err_refuse(err, RK_CODE_EMPTY_COHORT, "the cohort \"%s\" has no tenants", value);
	if (cohort->n > cohorts->catalog->max_tenants)
		return rk_err_refuse(err, RK_CODE_TOO_MANY_TENANTS, "the cohort \"%s\" has %zu tenants, more than "
		    "max-tenants of %s: %lu", value, cohort->n,
		    cohorts->catalog->file, cohorts->catalog->max_tenants);
	for (i = 0; rc == RK_OK && i < cohort->n; i++)
		rc = choose(cohorts, cohort->tenant[i], label, err);
	return rc;
}

/* tenant:name:NAME */
static enum rk_rc
from_name(struct rk_cohort_set *cohorts, const char *value, uint32_t label, struct rk_err *err)
{
	uint32_t tenant;
	enum rk_rc rc = tenant_number(cohorts, value, &tenant, err);

	return rc == RK_OK ? choose(cohorts, tenant, label, err) : rc;
}

static const struct {
	const char *source, *key;
	enum rk_rc (*choose)(struct rk_cohort_set *cohorts, const char *value, uint32_t label, struct rk_err *err);
} sources[] = {
	{ "github", "path", from_path },
	{ "tenant", "name", from_name },
};

enum rk_rc
rk_cohort_select(struct rk_cohort_set *cohorts, const json_t *selector, struct rk_err *err)
{
	static const char *const members[] = { "source", "key", "value" };
	const char *part[3], *fault;
	size_t known = cohorts->labels.n, i;
	struct rk_strbuf text = { 0 };
	uint32_t label;
	enum rk_rc rc;

	for (i = 0; i < 3; i++) {
		part[i] = rk_json_string(selector, members[i]);
		if (!part[i])
			return rk_err_set(err, RK_EDATA, "missing \"%s\" in a selector", members[i]);
		fault = rk_validate_name(part[i], strlen(part[i]));
		if (fault)
			return rk_err_refuse(err, RK_CODE_MALFORMED_LABEL, "invalid %s of a selector \"%s\": it %s",
			    members[i], part[i], fault);
	}
	for (i = 0; i < sizeof sources / sizeof sources[0]; i++)
		if (strcmp(part[0], sources[i].source) == 0 && strcmp(part[1], sources[i].key) == 0)
			break;
	if (i == sizeof sources / sizeof sources[0])
		return rk_err_refuse(err, RK_CODE_NO_SUCH_SOURCE, "unknown source of cohorts \"%s:%s\" (have: github:path, "
		    "tenant:name)", part[0], part[1]);
	rk_strbuf_printf(&text, "%s:%s:%s", part[0], part[1], part[2]);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_intern_add(&cohorts->labels, text.data, &label, err);
	rk_strbuf_free(&text);
	if (rc != RK_OK || label < known)
		return rc;
	return sources[i].choose(cohorts, part[2], label, err);
}

size_t
rk_cohort_count(const struct rk_cohort_set *cohorts)
{
	return cohorts->n_chosen;
}

json_t *
rk_cohort_tenant(const struct rk_cohort_set *cohorts, size_t i)
{
	uint32_t tenant = cohorts->chosen[i], at;
	json_t *labels = json_array();

	for (at = cohorts->tenant[tenant].first; at; at = cohorts->link[at].next)
		if (json_array_append_new(labels, json_string(rk_intern_get(&cohorts->labels, cohorts->link[at].label))) < 0) {
			json_decref(labels);
			return NULL;
		}
	return json_pack("{ss ss so}", "type", "tenant", "tenant", rk_intern_get(&cohorts->names, tenant), "cohorts",
	    labels);
}
