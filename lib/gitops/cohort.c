#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
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
#include "yaml/yaml.h"

enum { LISTED = 20 };	/* cohorts that a message names */

/* A tenant, by its number in names: 0 where there is no link. */
struct tenant {
	uint32_t mark;		/* in which set it is, while one is put together */
	uint32_t first, last;	/* the cohorts that named it */
};

struct link {
	uint32_t label, next;
};

/* A cohort file once read: its tenants in order. */
struct cohort {
	bool open;		/* is being read, further up */
	unsigned height;	/* levels of includes, itself counted; 0: not read yet */
	uint32_t *tenant;
	size_t n;
};

struct rk_cohort_set {
	const struct rk_catalog *catalog;
	struct rk_source *repo;

	struct rk_intern names;	/* tenants, those that were excluded or refused too */
	struct tenant *tenant;
	size_t tenants;
	uint32_t mark;

	struct rk_intern values;	/* cohort files by their names */
	struct cohort *cohort;
	size_t cohorts;

	struct rk_intern labels;	/* every selector that came, as "source:key:value" */
	struct link *link;	/* from 1 */
	size_t links, link_room;
	uint32_t *chosen;	/* tenants, in the order in which they were first named */
	size_t n_chosen, chosen_room;

	struct rk_intern there;	/* the cohorts that exist, once asked for */
	bool listed;
};

/* One entry of a cohort file, in the file's order. */
enum role { TENANT, INCLUDE, EXCLUDE };

struct entry {
	enum role role;
	uint32_t number;	/* of a tenant, or of a cohort file */
	uint32_t offset;	/* where it stands */
};

struct file {
	struct rk_strbuf path, bytes;
	struct rk_yaml *yaml;	/* NULL: lines of text */
	struct entry *entry;
	size_t n, room;
};

enum rk_rc
rk_cohort_open(const struct rk_catalog *catalog, struct rk_source *repo, struct rk_cohort_set **cohorts, struct rk_err *err)
{
	*cohorts = calloc(1, sizeof **cohorts);
	if (!*cohorts)
		return rk_err_nomem(err);
	(*cohorts)->catalog = catalog;
	(*cohorts)->repo = repo;
	(*cohorts)->links = 1;
	return RK_OK;
}

void
rk_cohort_close(struct rk_cohort_set *cohorts)
{
	size_t i;

	if (!cohorts)
		return;
	for (i = 0; i < cohorts->cohorts; i++)
		free(cohorts->cohort[i].tenant);
	free(cohorts->cohort);
	free(cohorts->tenant);
	free(cohorts->link);
	free(cohorts->chosen);
	rk_intern_free(&cohorts->names);
	rk_intern_free(&cohorts->values);
	rk_intern_free(&cohorts->labels);
	rk_intern_free(&cohorts->there);
	free(cohorts);
}

static enum rk_rc
tenant_number(struct rk_cohort_set *cohorts, const char *name, uint32_t *number, struct rk_err *err)
{
	enum rk_rc rc = rk_intern_add(&cohorts->names, name, number, err);
	struct tenant *tenant;

	if (rc != RK_OK)
		return rc;
	tenant = rk_array_with_room(cohorts->tenant, *number, &cohorts->tenants, sizeof *tenant);
	if (!tenant)
		return rk_err_nomem(err);
	cohorts->tenant = tenant;
	return RK_OK;
}

static enum rk_rc
cohort_number(struct rk_cohort_set *cohorts, const char *value, uint32_t *number, struct rk_err *err)
{
	enum rk_rc rc = rk_intern_add(&cohorts->values, value, number, err);
	struct cohort *cohort;

	if (rc != RK_OK)
		return rc;
	cohort = rk_array_with_room(cohorts->cohort, *number, &cohorts->cohorts, sizeof *cohort);
	if (!cohort)
		return rk_err_nomem(err);
	cohorts->cohort = cohort;
	return RK_OK;
}

/* Refuse a cohort for what stands at an offset of its file. */
__attribute__((format(printf, 4, 5)))
static enum rk_rc
wrong(const struct file *file, size_t offset, struct rk_err *err, const char *fmt, ...)
{
	unsigned line = 1, column = 1;
	char what[768];
	va_list args;
	size_t i;

	va_start(args, fmt);
	vsnprintf(what, sizeof what, fmt, args);
	va_end(args);
	if (file->yaml)
		rk_yaml_where(file->yaml, (uint32_t)offset, &line, &column);
	for (i = 0; !file->yaml && i < offset; i++) {
		column = file->bytes.data[i] == '\n' ? 1 : column + 1;
		line += file->bytes.data[i] == '\n';
	}
	return rk_err_refuse(err, RK_CODE_BAD_COHORT, "%s:%u:%u: %s", file->path.data, line, column, what);
}

static enum rk_rc
add_entry(struct rk_cohort_set *cohorts, struct file *file, enum role role, const char *name, size_t len, size_t offset,
    struct rk_err *err)
{
	const char *what = role == INCLUDE ? "cohort" : "tenant", *fault = rk_validate_name(name, len);
	struct entry *entry;

	if (fault)
		return wrong(file, offset, err, "the %s \"%.*s\" %s", what, (int)len, name, fault);
	entry = rk_array_with_room(file->entry, file->n, &file->room, sizeof *entry);
	if (!entry)
		return rk_err_nomem(err);
	file->entry = entry;
	entry += file->n++;
	entry->role = role;
	entry->offset = (uint32_t)offset;
	return role == INCLUDE ? cohort_number(cohorts, name, &entry->number, err)
			       : tenant_number(cohorts, name, &entry->number, err);
}

/* One tenant a line; "#" starts a comment. */
static enum rk_rc
read_lines(struct rk_cohort_set *cohorts, struct file *file, struct rk_err *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	const char *text = file->bytes.data, *end = text + file->bytes.len;
	const char *line = file->bytes.len >= 3 && memcmp(text, bom, 3) == 0 ? text + 3 : text, *next, *stop;
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
		/* one byte more than a name may have: the grammar then says so */
		len = (size_t)(stop - line) < sizeof name ? (size_t)(stop - line) : sizeof name - 1;
		memcpy(name, line, len);
		name[len] = '\0';
		rc = add_entry(cohorts, file, TENANT, name, len, (size_t)(line - text), err);
	}
	return rc;
}

static enum rk_rc
read_list(struct rk_cohort_set *cohorts, struct file *file, uint32_t list, enum role role, struct rk_err *err)
{
	const struct rk_yaml_node *node = rk_yaml_node(file->yaml, list);
	const char *what = role == INCLUDE ? "cohorts" : "tenants";
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t item;

	if (rk_yaml_is_null(file->yaml, list))
		return RK_OK;
	if (node->kind != RK_YAML_SEQ)
		return wrong(file, node->start, err, "a list of %s is wanted here", what);
	for (item = node->child; rc == RK_OK && item; item = node->next) {
		node = rk_yaml_node(file->yaml, item);
		rk_strbuf_clear(&name);
		if (node->kind != RK_YAML_SCALAR)
			rc = wrong(file, node->start, err, "a name is wanted here");
		else
			rc = rk_yaml_scalar(file->yaml, item, &name, err);
		if (rc == RK_EDATA)
			rc = rk_err_refuse(err, RK_CODE_BAD_COHORT, "%s:%s", file->path.data, err->msg);
		if (rc != RK_OK)
			break;
		if (node->style == RK_YAML_PLAIN && !rk_yaml_plain_string(rk_strbuf_str(&name), name.len))
			rc = wrong(file, node->start, err, "%s is no text to every YAML reader: put it in quotes",
			    name.len ? name.data : "nothing");
		else
			rc = add_entry(cohorts, file, role, rk_strbuf_str(&name), name.len, node->start, err);
	}
	rk_strbuf_free(&name);
	return rc;
}

/* {tenants: [...], include: [...], exclude: [...]}, each at most once. */
static enum rk_rc
read_map(struct rk_cohort_set *cohorts, struct file *file, uint32_t map, struct rk_err *err)
{
	static const char *const keys[] = { [TENANT] = "tenants", [INCLUDE] = "include", [EXCLUDE] = "exclude" };
	enum { KEYS = sizeof keys / sizeof keys[0] };
	uint32_t key = rk_yaml_node(file->yaml, map)->child, value;
	const struct rk_yaml_node *node;
	struct rk_strbuf name = { 0 };
	bool seen[KEYS] = { false };
	enum rk_rc rc = RK_OK;
	const char *near;
	size_t i;

	for (; rc == RK_OK && key; key = rk_yaml_node(file->yaml, value)->next) {
		node = rk_yaml_node(file->yaml, key);
		value = node->next;
		rk_strbuf_clear(&name);
		if (rk_yaml_scalar(file->yaml, key, &name, err) != RK_OK)
			rk_strbuf_clear(&name);
		for (i = 0; i < KEYS && strcmp(keys[i], rk_strbuf_str(&name)) != 0; i++)
			;
		near = rk_suggest(rk_strbuf_str(&name), keys, KEYS);
		if (i == KEYS && near)
			rc = wrong(file, node->start, err, "unknown key \"%s\", did you mean \"%s\"?", rk_strbuf_str(&name), near);
		else if (i == KEYS)
			rc = wrong(file, node->start, err, "unknown key \"%s\" (tenants, include and exclude are known)",
			    rk_strbuf_str(&name));
		else if (seen[i])
			rc = wrong(file, node->start, err, "the key \"%s\" stands here twice", keys[i]);
		else
			rc = read_list(cohorts, file, value, (enum role)i, err);
		if (i < KEYS)
			seen[i] = true;
	}
	rk_strbuf_free(&name);
	return rc;
}

static bool
is_yaml(const char *path)
{
	const char *end = strrchr(path, '.');

	return end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0 || strcmp(end, ".json") == 0);
}

static enum rk_rc
read_yaml(struct rk_cohort_set *cohorts, struct file *file, struct rk_err *err)
{
	enum rk_rc rc = rk_yaml_parse(file->bytes.data, file->bytes.len, &file->yaml, err);
	uint32_t root;

	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_COHORT, "%s:%s", file->path.data, err->msg);
	if (rc != RK_OK)
		return rc;
	if (rk_yaml_documents(file->yaml) > 1)
		return rk_err_refuse(err, RK_CODE_BAD_COHORT, "%s: several YAML documents, one is wanted", file->path.data);
	root = rk_yaml_documents(file->yaml) ? rk_yaml_root(file->yaml, 0) : 0;
	if (root && rk_yaml_node(file->yaml, root)->kind == RK_YAML_MAP)
		return read_map(cohorts, file, root, err);
	return read_list(cohorts, file, root, TENANT, err);
}

static enum rk_rc
read_cohort_file(struct rk_cohort_set *cohorts, const char *value, struct file *file, struct rk_err *err)
{
	enum rk_rc rc;

	rk_template_fill(&file->path, cohorts->catalog->cohorts, "value", value);
	rk_strbuf_add(&file->bytes, "", 0);	/* the YAML parser wants a NUL behind no bytes, too */
	rc = rk_strbuf_check(&file->path, err);
	if (rc == RK_OK)
		rc = rk_source_read(cohorts->repo, file->path.data, RK_COHORT_BYTES, &file->bytes, NULL, err);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_COHORT, "%s", err->msg);
	if (rc != RK_OK)
		return rc;
	return is_yaml(file->path.data) ? read_yaml(cohorts, file, err) : read_lines(cohorts, file, err);
}

/* A cohort, from its files */

static enum rk_rc read_cohort(struct rk_cohort_set *cohorts, uint32_t number, unsigned level, struct rk_err *err);

/* Make sure that what a file includes is read. */
static enum rk_rc
read_includes(struct rk_cohort_set *cohorts, const struct file *file, unsigned level, unsigned *height, struct rk_err *err)
{
	const struct entry *entry;
	const char *value;
	enum rk_rc rc;

	*height = 1;
	for (entry = file->entry; entry < file->entry + file->n; entry++) {
		if (entry->role != INCLUDE)
			continue;
		value = rk_intern_get(&cohorts->values, entry->number);
		if (cohorts->cohort[entry->number].open)
			return wrong(file, entry->offset, err, "the cohort \"%s\" includes itself", value);
		rc = level < RK_COHORT_LEVELS ? read_cohort(cohorts, entry->number, level + 1, err) : RK_OK;
		if (rc == RK_END)
			return wrong(file, entry->offset, err, "%s", err->msg);
		if (rc == RK_REFUSED)
			return wrong(file, entry->offset, err, "in what is included: %s", err->msg);
		if (rc != RK_OK)
			return rc;
		if (*height <= cohorts->cohort[entry->number].height)
			*height = cohorts->cohort[entry->number].height + 1;
		if (level == RK_COHORT_LEVELS || *height > RK_COHORT_LEVELS)
			return wrong(file, entry->offset, err, "more than %d levels of cohorts that include each other",
			    RK_COHORT_LEVELS);
	}
	return RK_OK;
}

/* Put a tenant behind those of a cohort, unless it is marked as being there. */
static enum rk_rc
put(struct rk_cohort_set *cohorts, struct cohort *cohort, size_t *room, uint32_t tenant, struct rk_err *err)
{
	uint32_t *more;

	if (cohorts->tenant[tenant].mark == cohorts->mark)
		return RK_OK;
	more = rk_array_with_room(cohort->tenant, cohort->n, room, sizeof *more);
	if (!more)
		return rk_err_nomem(err);
	cohort->tenant = more;
	cohort->tenant[cohort->n++] = tenant;
	cohorts->tenant[tenant].mark = cohorts->mark;
	return RK_OK;
}

/* Put a cohort's tenants together, each once, in the file's order, and then take out those that it excludes. */
static enum rk_rc
assemble(struct rk_cohort_set *cohorts, const struct file *file, struct cohort *cohort, struct rk_err *err)
{
	const struct entry *entry, *end = file->entry + file->n;
	uint32_t in = ++cohorts->mark, out = in + 1;
	const struct cohort *from;
	enum rk_rc rc = RK_OK;
	size_t room = 0, n = 0, i;

	for (entry = file->entry; rc == RK_OK && entry < end; entry++) {
		if (entry->role == TENANT)
			rc = put(cohorts, cohort, &room, entry->number, err);
		from = &cohorts->cohort[entry->role == INCLUDE ? entry->number : 0];
		for (i = 0; entry->role == INCLUDE && rc == RK_OK && i < from->n; i++)
			rc = put(cohorts, cohort, &room, from->tenant[i], err);
	}
	cohorts->mark = out;
	for (entry = file->entry; rc == RK_OK && entry < end; entry++) {
		if (entry->role != EXCLUDE)
			continue;
		if (cohorts->tenant[entry->number].mark < in)
			rc = wrong(file, entry->offset, err, "excludes \"%s\", which is not in it",
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
 * Read a cohort, unless it is known.  RK_END: there is no such file.  One that is refused is not kept, for
 * whether it is may depend on the level.
 */
static enum rk_rc
read_cohort(struct rk_cohort_set *cohorts, uint32_t number, unsigned level, struct rk_err *err)
{
	struct cohort cohort = { .height = 0 };
	struct file file = { .n = 0 };
	enum rk_rc rc;

	if (cohorts->cohort[number].height)
		return RK_OK;
	cohorts->cohort[number].open = true;
	rc = read_cohort_file(cohorts, rk_intern_get(&cohorts->values, number), &file, err);
	if (rc == RK_OK)
		rc = read_includes(cohorts, &file, level, &cohort.height, err);
	if (rc == RK_OK)
		rc = assemble(cohorts, &file, &cohort, err);
	if (rc != RK_OK) {
		free(cohort.tenant);
		cohort = (struct cohort){ .height = 0 };
	}
	cohorts->cohort[number] = cohort;
	rk_yaml_free(file.yaml);
	rk_strbuf_free(&file.path);
	rk_strbuf_free(&file.bytes);
	free(file.entry);
	return rc;
}

static enum rk_rc
keep_value(void *context, const char *path, struct rk_err *err)
{
	struct rk_cohort_set *cohorts = context;
	struct rk_strbuf value = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t number;

	if (rk_template_match(cohorts->catalog->cohorts, "value", path, &value) && !rk_validate_name(value.data, value.len))
		rc = rk_intern_add(&cohorts->there, value.data, &number, err);
	rk_strbuf_free(&value);
	return rc;
}

static enum rk_rc
list_cohorts(struct rk_cohort_set *cohorts, struct rk_err *err)
{
	struct rk_strbuf pattern = { 0 };
	enum rk_rc rc;

	if (cohorts->listed)
		return RK_OK;
	rk_template_fill(&pattern, cohorts->catalog->cohorts, "value", "*");
	rc = rk_strbuf_check(&pattern, err);
	if (rc == RK_OK)
		rc = rk_source_glob(cohorts->repo, pattern.data, keep_value, cohorts, err);
	rk_strbuf_free(&pattern);
	cohorts->listed = rc == RK_OK;
	return rc;
}

/* Refuse a cohort that does not exist, naming those that do. */
static enum rk_rc
no_such_cohort(struct rk_cohort_set *cohorts, const char *value, struct rk_err *err)
{
	enum rk_rc rc = list_cohorts(cohorts, err);
	const struct rk_intern *there = &cohorts->there;
	const char **name, *near;
	struct rk_strbuf list = { 0 };
	uint32_t i;

	if (rc != RK_OK)
		return rc;
	name = calloc(there->n + 1, sizeof *name);
	if (!name)
		return rk_err_nomem(err);
	for (i = 0; i < there->n; i++) {
		name[i] = rk_intern_get(there, i);
		if (i < LISTED)
			rk_strbuf_printf(&list, "%s%s", i ? ", " : "", name[i]);
	}
	if (there->n > LISTED)
		rk_strbuf_printf(&list, " and %zu more", there->n - LISTED);
	near = rk_suggest(value, name, there->n);
	rc = rk_strbuf_check(&list, err);
	if (rc == RK_OK)
		rc = rk_err_refuse(err, RK_CODE_NO_SUCH_COHORT, "no cohort \"%s\"%s%s%s (there %s %s)", value,
		    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "", there->n == 1 ? "is" : "are",
		    there->n ? list.data : "none");
	rk_strbuf_free(&list);
	free(name);
	return rc;
}

/* Note that a label names a tenant. */
static enum rk_rc
choose(struct rk_cohort_set *cohorts, uint32_t tenant, uint32_t label, struct rk_err *err)
{
	struct link *link = rk_array_with_room(cohorts->link, cohorts->links, &cohorts->link_room, sizeof *link);
	struct tenant *who = &cohorts->tenant[tenant];
	uint32_t *chosen;

	if (!link)
		return rk_err_nomem(err);
	cohorts->link = link;
	if (!who->first) {
		chosen = rk_array_with_room(cohorts->chosen, cohorts->n_chosen, &cohorts->chosen_room, sizeof *chosen);
		if (!chosen)
			return rk_err_nomem(err);
		cohorts->chosen = chosen;
		chosen[cohorts->n_chosen++] = tenant;
		who->first = (uint32_t)cohorts->links;
	} else {
		link[who->last].next = (uint32_t)cohorts->links;
	}
	who->last = (uint32_t)cohorts->links;
	link[cohorts->links++].label = label;
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
		return rk_err_set(err, RK_ECONFIG, "%s: it has no \"cohorts\", so there is no cohort \"%s\"",
		    cohorts->catalog->file, value);
	rc = cohort_number(cohorts, value, &number, err);
	if (rc == RK_OK)
		rc = read_cohort(cohorts, number, 1, err);
	if (rc == RK_END)
		return no_such_cohort(cohorts, value, err);
	if (rc != RK_OK)
		return rc;
	cohort = &cohorts->cohort[number];
	if (cohort->n == 0)
		return rk_err_refuse(err, RK_CODE_EMPTY_COHORT, "the cohort \"%s\" has no tenants", value);
	if (cohort->n > cohorts->catalog->max_tenants)
		return rk_err_refuse(err, RK_CODE_TOO_MANY_TENANTS, "the cohort \"%s\" has %zu tenants, and %s allows %lu "
		    "(max-tenants)", value, cohort->n, cohorts->catalog->file, cohorts->catalog->max_tenants);
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
	size_t came = cohorts->labels.n, i;
	struct rk_strbuf text = { 0 };
	uint32_t label;
	enum rk_rc rc;

	for (i = 0; i < 3; i++) {
		part[i] = rk_json_string(selector, members[i]);
		if (!part[i])
			return rk_err_set(err, RK_EDATA, "a selector wants a \"%s\" string", members[i]);
		fault = rk_validate_name(part[i], strlen(part[i]));
		if (fault)
			return rk_err_refuse(err, RK_CODE_MALFORMED_LABEL, "a selector's %s \"%s\" %s", members[i], part[i], fault);
	}
	for (i = 0; i < sizeof sources / sizeof sources[0]; i++)
		if (strcmp(part[0], sources[i].source) == 0 && strcmp(part[1], sources[i].key) == 0)
			break;
	if (i == sizeof sources / sizeof sources[0])
		return rk_err_refuse(err, RK_CODE_NO_SUCH_SOURCE, "no source of cohorts \"%s:%s\" (there are github:path and "
		    "tenant:name)", part[0], part[1]);
	rk_strbuf_printf(&text, "%s:%s:%s", part[0], part[1], part[2]);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_intern_add(&cohorts->labels, text.data, &label, err);
	rk_strbuf_free(&text);
	if (rc != RK_OK || label < came)
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
