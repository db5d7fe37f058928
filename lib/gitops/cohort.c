#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gitops/cohort.h"
#include "base/err.h"
#include "base/intern.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/template.h"
#include "base/utf8.h"
#include "base/validate.h"
#include "git/source.h"
#include "gitops/catalog.h"
#include "gitops/policy.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

enum { LISTED = 20 };	/* cohorts in a message */

#define MOST_ENTRIES ((size_t)3 * RK_COHORT_TENANTS)	/* of all cohorts that are read, which stay in memory */
#define NO_LINK UINT32_MAX

/* A tenant's labels are a list of links, for a million tenants have one each. */
struct link {
	uint32_t label;		/* its number in labels */
	uint32_t next;		/* the index of the tenant's next link, or NO_LINK */
};

/* The links of a tenant: its first and its last. */
struct links {
	uint32_t first, last;
};

/* The order of the members of each object is that in which they were added. */
struct rk_cohort_set {
	const struct rk_catalog *catalog;
	struct rk_source *source;
	struct rk_intern labels;	/* of all selectors: "source:key:value" */
	struct rk_intern tenants;	/* named by a selector */
	struct links *of;		/* the links of each tenant, by its number */
	struct link *link;
	size_t of_size, n_links, link_size;
	json_t *cohorts;	/* {"<cohort>": {"levels": n, "tenants": {"<tenant>": null, ...}}, ...}; null: being read */
	size_t entries;		/* the tenants of all cohorts, each as often as a cohort has it */
	bool check_actors;
	json_t *actors;		/* {"<selector>": "<login of the user who added the label>"} */
	json_t *existing;	/* the names of all cohorts, if one was not found: ["<cohort>", ...] */
};

enum role { TENANT, INCLUDE, EXCLUDE };

/* A cohort file that is being read. */
struct file {
	struct rk_cohort_set *set;
	struct rk_strbuf path;
	struct rk_yaml_file yaml;	/* not parsed: one tenant a line */
	unsigned level;			/* how many files include each other down to this one */
	json_int_t levels;		/* how many files include each other from this one on */
	json_t *tenants;		/* {"<tenant>": null, ...} */
	json_t *excluded;		/* {"<tenant>": offset in the file, ...} */
};

struct rk_cohort_set *
rk_cohort_open(const struct rk_catalog *catalog, struct rk_source *source)
{
	struct rk_cohort_set *set = rk_memory_calloc(1, sizeof *set);

	set->catalog = catalog;
	set->source = source;
	set->cohorts = json_object();
	set->actors = json_object();
	return set;
}

void
rk_cohort_close(struct rk_cohort_set *set)
{
	if (!set)
		return;
	rk_intern_free(&set->labels);
	rk_intern_free(&set->tenants);
	free(set->of);
	free(set->link);
	json_decref(set->cohorts);
	json_decref(set->actors);
	json_decref(set->existing);
	free(set);
}

void
rk_cohort_check_actors(struct rk_cohort_set *set)
{
	set->check_actors = true;
}

/* Reading a file.  RK_END: not found.  RK_EDATA: invalid. */

static enum rk_rc read_cohort(struct rk_cohort_set *set, const char *name, unsigned level, const json_t **cohort,
    struct rk_err *err);

/* RK_EDATA: the cohort has become too large. */
static enum rk_rc
check_size(struct file *file, size_t offset, struct rk_err *err)
{
	const size_t n = json_object_size(file->tenants);

	if (n > RK_COHORT_TENANTS)
		return rk_yaml_file_wrong(&file->yaml, offset, err, "more than %d tenants, with those of included cohorts",
		    RK_COHORT_TENANTS);
	if (n + file->set->entries > MOST_ENTRIES)
		return rk_yaml_file_wrong(&file->yaml, offset, err, "more than %zu tenants in all cohorts that were read",
		    MOST_ENTRIES);
	return RK_OK;
}

/* Add the tenants of another cohort. */
static enum rk_rc
include(struct file *file, const char *name, size_t offset, struct rk_err *err)
{
	const json_t *cohort = json_object_get(file->set->cohorts, name);
	enum rk_rc rc = RK_OK;
	json_int_t levels;

	if (json_is_null(cohort))
		return rk_yaml_file_wrong(&file->yaml, offset, err, "the cohort \"%s\" includes itself", name);
	if (file->level < RK_COHORT_LEVELS)
		rc = read_cohort(file->set, name, file->level + 1, &cohort, err);
	if (rc == RK_END)
		return rk_yaml_file_wrong(&file->yaml, offset, err, "%s", err->msg);
	if (rc == RK_EDATA)
		return rk_yaml_file_wrong(&file->yaml, offset, err, "included: %s", err->msg);
	if (rc != RK_OK)
		return rc;
	levels = json_integer_value(json_object_get(cohort, "levels")) + 1;
	if (file->levels < levels)
		file->levels = levels;
	if (file->level == RK_COHORT_LEVELS || levels > RK_COHORT_LEVELS)
		return rk_yaml_file_wrong(&file->yaml, offset, err, "more than %d levels of cohorts that include each other",
		    RK_COHORT_LEVELS);
	rk_json_update(file->tenants, json_object_get(cohort, "tenants"));
	return check_size(file, offset, err);
}

static enum rk_rc
add_entry(struct file *file, enum role role, const char *name, size_t len, size_t offset, struct rk_err *err)
{
	const char *fault = rk_validate_name(name, len);
	char shown[512];

	if (fault) {
		rk_utf8_escape(shown, sizeof shown, name, len);	/* it may have a NUL */
		return rk_yaml_file_wrong(&file->yaml, offset, err, "invalid name of a %s \"%s\": it %s",
		    role == INCLUDE ? "cohort" : "tenant", shown, fault);
	}
	if (role == INCLUDE)
		return include(file, name, offset, err);
	if (role == EXCLUDE) {
		rk_json_set(file->excluded, name, json_integer((json_int_t)offset));
		return RK_OK;
	}
	rk_json_set(file->tenants, name, json_null());
	return check_size(file, offset, err);
}

/* One tenant a line; "#" starts a comment. */
static enum rk_rc
read_lines(struct file *file, struct rk_err *err)
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
		rc = add_entry(file, TENANT, name, len, (size_t)(line - text), err);
	}
	return rc;
}

static enum rk_rc
read_list(struct file *file, uint32_t list, enum role role, struct rk_err *err)
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
		if (rc == RK_OK && !rk_yaml_is_string(yaml, item, rk_strbuf_str(&name)))
			rc = rk_yaml_file_wrong(&file->yaml, node->start, err, "%s is not a string in all YAML versions: quote it",
			    name.len ? name.data : "an empty value");
		else if (rc == RK_OK)
			rc = add_entry(file, role, rk_strbuf_str(&name), name.len, node->start, err);
	}
	rk_strbuf_free(&name);
	return rc;
}

/* {tenants: [...], include: [...], exclude: [...]}, or only the list of tenants. */
static enum rk_rc
read_yaml(struct file *file, struct rk_err *err)
{
	static const char *const keys[] = { [TENANT] = "tenants", [INCLUDE] = "include", [EXCLUDE] = "exclude", NULL };
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
		return read_list(file, root, TENANT, err);
	for (key = rk_yaml_node(yaml, root)->child; rc == RK_OK && key; key = rk_yaml_node(yaml, value)->next) {
		value = rk_yaml_node(yaml, key)->next;
		rc = rk_yaml_file_key(&file->yaml, key, keys, &seen, &i, err);
		if (rc == RK_OK)
			rc = read_list(file, value, (enum role)i, err);
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
read_file(struct file *file, const char *name, struct rk_err *err)
{
	json_t *offset;
	enum rk_rc rc;

	rk_template_fill(&file->path, file->set->catalog->cohorts, "value", name);
	rc = rk_yaml_file_read(file->set->source, file->path.data, NULL, RK_COHORT_BYTES, &file->yaml, err);
	if (rc == RK_OK)
		rc = is_yaml(file->path.data) ? read_yaml(file, err) : read_lines(file, err);
	json_object_foreach(file->excluded, name, offset)
		if (rc == RK_OK && json_object_del(file->tenants, name) < 0)
			rc = rk_yaml_file_wrong(&file->yaml, (size_t)json_integer_value(offset), err,
			    "cannot exclude \"%s\": not in this cohort", name);
	return rc;
}

/*
 * Read a cohort, unless it is known: *cohort is borrowed.  An invalid one is not kept: on another level it may be valid.
 */
static enum rk_rc
read_cohort(struct rk_cohort_set *set, const char *name, unsigned level, const json_t **cohort, struct rk_err *err)
{
	struct file file = { .set = set, .level = level, .levels = 1 };
	json_t *new;
	enum rk_rc rc;

	*cohort = json_object_get(set->cohorts, name);
	if (*cohort)
		return RK_OK;
	file.tenants = json_object();
	file.excluded = json_object();
	rk_json_set(set->cohorts, name, json_null());
	rc = read_file(&file, name, err);
	if (rc == RK_OK) {
		set->entries += json_object_size(file.tenants);
		new = rk_json_pack("{sI sO}", "levels", file.levels, "tenants", file.tenants);
		rk_json_set(set->cohorts, name, new);
		*cohort = new;
	} else {
		json_object_del(set->cohorts, name);
	}
	json_decref(file.tenants);
	json_decref(file.excluded);
	rk_yaml_file_free(&file.yaml);
	rk_strbuf_free(&file.path);
	return rc;
}

/* Note the name of a cohort file. */
static enum rk_rc
add_existing(void *context, const char *path, const git_oid *blob, struct rk_err *err)
{
	struct rk_cohort_set *set = context;
	struct rk_strbuf name = { 0 };

	(void)blob;
	(void)err;
	if (rk_template_match(set->catalog->cohorts, "value", path, &name) && !rk_validate_name(name.data, name.len))
		rk_json_append(set->existing, json_string(name.data));
	rk_strbuf_free(&name);
	return RK_OK;
}

enum rk_rc
rk_cohort_existing(struct rk_cohort_set *set, const json_t **names, struct rk_err *err)
{
	struct rk_strbuf pattern = { 0 };
	enum rk_rc rc = RK_OK;

	if (!set->existing) {
		set->existing = json_array();
		rk_template_fill(&pattern, set->catalog->cohorts, "value", "*");
		rc = rk_source_glob(set->source, pattern.data, add_existing, set, err);
		rk_strbuf_free(&pattern);
	}
	*names = set->existing;
	return rc;
}

/* Refuse a cohort that does not exist, and list those that do. */
static enum rk_rc
refuse_unknown(struct rk_cohort_set *set, const char *name, struct rk_err *err)
{
	const json_t *existing;
	enum rk_rc rc = rk_cohort_existing(set, &existing, err);
	size_t n = json_array_size(existing), i;
	struct rk_strbuf list = { 0 };
	const char **names, *near;

	if (rc != RK_OK)
		return rc;
	names = rk_memory_calloc(n + 1, sizeof *names);
	for (i = 0; i < n; i++) {
		names[i] = json_string_value(json_array_get(existing, i));
		if (i < LISTED)
			rk_strbuf_printf(&list, "%s%s", i ? ", " : "", names[i]);
	}
	if (n > LISTED)
		rk_strbuf_printf(&list, " and %zu more", n - LISTED);
	near = rk_suggest(name, names, n);
	rc = rk_err_refuse(err, RK_CODE_NO_SUCH_COHORT, "cohort \"%s\" not found%s%s%s (have: %s)", name,
	    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "", n ? list.data : "none");
	rk_strbuf_free(&list);
	free(names);
	return rc;
}

/* Selectors */

/* Add a tenant if it is not in the set, and the label to those that name it. */
static enum rk_rc
choose(struct rk_cohort_set *set, const char *tenant, uint32_t label, struct rk_err *err)
{
	const uint32_t before = (uint32_t)set->tenants.n, at = (uint32_t)set->n_links;
	uint32_t number;

	(void)err;
	rk_memory_grow(&set->link, set->n_links, &set->link_size, sizeof *set->link);
	rk_memory_grow(&set->of, before, &set->of_size, sizeof *set->of);
	number = rk_intern_add(&set->tenants, tenant);
	if (number == before)
		set->of[number].first = at;
	else
		set->link[set->of[number].last].next = at;
	set->of[number].last = at;
	set->link[set->n_links++] = (struct link){ .label = label, .next = NO_LINK };
	return RK_OK;
}

/* github:path:NAME */
static enum rk_rc
choose_cohort(struct rk_cohort_set *set, const char *name, uint32_t label, struct rk_err *err)
{
	const char *tenant;
	const json_t *cohort;
	json_t *tenants, *value;
	enum rk_rc rc;
	size_t n;

	if (!set->catalog->cohorts)
		return rk_err_set(err, RK_ECONFIG, "%s: missing \"cohorts\", which the cohort \"%s\" requires", set->catalog->file,
		    name);
	rc = read_cohort(set, name, 1, &cohort, err);
	if (rc == RK_END)
		return refuse_unknown(set, name, err);
	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_COHORT, "%s", err->msg);
	if (rc != RK_OK)
		return rc;
	tenants = json_object_get(cohort, "tenants");
	n = json_object_size(tenants);
	if (n == 0)
		return rk_err_refuse(err, RK_CODE_EMPTY_COHORT, "the cohort \"%s\" has no tenants", name);
	if (n > set->catalog->max_tenants)
		return rk_err_refuse(err, RK_CODE_TOO_MANY_TENANTS, "the cohort \"%s\" has %zu tenants, more than max-tenants of %s: "
		    "%lu", name, n, set->catalog->file, set->catalog->max_tenants);
	json_object_foreach(tenants, tenant, value)
		if (rc == RK_OK)
			rc = choose(set, tenant, label, err);
	return rc;
}

static const struct {
	const char *source, *key;
	enum rk_rc (*choose)(struct rk_cohort_set *set, const char *value, uint32_t label, struct rk_err *err);
} sources[] = {
	{ "github", "path", choose_cohort },
	{ "tenant", "name", choose },
};

/* Check what a selector says of the user who added the label. */
static enum rk_rc
read_actor(const json_t *selector, const char **actor, const json_t **teams, struct rk_err *err)
{
	const json_t *value = json_object_get(selector, "actor");
	const char *fault;

	*actor = json_string_value(value);
	*teams = json_object_get(selector, "teams");
	if (value && !*actor)
		return rk_err_set(err, RK_EDATA, "expected a string as \"actor\" of a selector");
	fault = *actor ? rk_validate_login(*actor, json_string_length(value)) : NULL;
	if (fault)
		return rk_err_set(err, RK_EDATA, "invalid actor of a selector \"%s\": it %s", *actor, fault);
	if (*teams && !json_is_object(*teams))
		return rk_err_set(err, RK_EDATA, "expected an object as \"teams\" of a selector");
	return RK_OK;
}

/* Return the value that a selector has for a team: true or false, or NULL if its members are not known. */
static const json_t *
find_team(const json_t *teams, const char *team)
{
	const char *name;
	json_t *member;

	json_object_foreach((json_t *)teams, name, member)
		if (strcasecmp(name, team) == 0)
			return json_is_boolean(member) ? member : NULL;
	return NULL;
}

/* Check that the user who added a label may do so. */
static enum rk_rc
check_actor(const struct rk_cohort_set *set, const char *label, const char *actor, const json_t *teams, struct rk_err *err)
{
	const struct rk_strings *who = rk_policy_may_label(set->catalog, label);
	struct rk_strbuf names = { 0 }, unknown = { 0 };
	const json_t *member;
	bool allowed = false;
	const char *team;
	size_t i;

	if (!who)
		return RK_OK;
	for (i = 0; !allowed && i < who->n; i++) {
		team = strchr(who->item[i], '/');
		member = team ? find_team(teams, who->item[i]) : NULL;
		allowed = actor && (team ? json_is_true(member) : strcasecmp(who->item[i], actor) == 0);
		rk_strbuf_printf(&names, "%s%s", i ? ", " : "", who->item[i]);
		if (team && !member)
			rk_strbuf_printf(&unknown, "%s%s", unknown.len ? ", " : "; not known who is in ", who->item[i]);
	}
	if (!allowed && actor)
		rk_err_refuse(err, RK_CODE_NOT_ALLOWED, "label added by %s, and for %s only these may: %s%s", actor, label, names.data,
		    rk_strbuf_str(&unknown));
	else if (!allowed)
		rk_err_refuse(err, RK_CODE_NOT_ALLOWED, "not known who added the label (labels2json --actors), and for %s only these may: %s",
		    label, names.data);
	rk_strbuf_free(&names);
	rk_strbuf_free(&unknown);
	return allowed ? RK_OK : RK_REFUSED;
}

enum rk_rc
rk_cohort_select(struct rk_cohort_set *set, const json_t *selector, struct rk_err *err)
{
	static const char *const members[] = { "source", "key", "value" };
	const char *part[3], *fault, *actor;
	const json_t *teams;
	struct rk_strbuf label = { 0 };
	const uint32_t before = (uint32_t)set->labels.n;
	uint32_t number;
	enum rk_rc rc = read_actor(selector, &actor, &teams, err);
	size_t i;

	if (rc != RK_OK)
		return rc;
	for (i = 0; i < 3; i++) {
		part[i] = rk_json_string(selector, members[i]);
		if (!part[i])
			return rk_err_set(err, RK_EDATA, "missing \"%s\" in a selector", members[i]);
		fault = rk_validate_name(part[i], strlen(part[i]));
		if (fault)
			return rk_err_refuse(err, RK_CODE_MALFORMED_LABEL, "invalid %s of a selector \"%s\": it %s", members[i], part[i],
			    fault);
	}
	for (i = 0; i < sizeof sources / sizeof sources[0]; i++)
		if (strcmp(part[0], sources[i].source) == 0 && strcmp(part[1], sources[i].key) == 0)
			break;
	if (i == sizeof sources / sizeof sources[0])
		return rk_err_refuse(err, RK_CODE_NO_SUCH_SOURCE, "unknown source of cohorts \"%s:%s\" (have: github:path, "
		    "tenant:name)", part[0], part[1]);
	rk_strbuf_printf(&label, "%s:%s:%s", part[0], part[1], part[2]);
	number = rk_intern_add(&set->labels, label.data);
	if (number == before && set->check_actors)
		rc = check_actor(set, label.data, actor, teams, err);
	if (rc == RK_OK && number == before)
		rc = sources[i].choose(set, part[2], number, err);
	if (rc == RK_OK && number == before && actor)
		rk_json_set(set->actors, label.data, json_string(actor));
	rk_strbuf_free(&label);
	return rc;
}

size_t
rk_cohort_count(const struct rk_cohort_set *set)
{
	return set->tenants.n;
}

static bool
has_string(const json_t *array, const char *s)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
		if (rk_json_is(item, s))
			return true;
	return false;
}

json_t *
rk_cohort_tenant(const struct rk_cohort_set *set, size_t n)
{
	json_t *labels = json_array(), *actors = json_array(), *actor, *record;
	const char *label;
	uint32_t i;

	for (i = set->of[n].first; i != NO_LINK; i = set->link[i].next) {
		label = rk_intern_get(&set->labels, set->link[i].label);
		rk_json_append(labels, json_string(label));
		actor = json_object_get(set->actors, label);
		if (actor && !has_string(actors, json_string_value(actor)))
			rk_json_append(actors, json_incref(actor));
	}
	record = rk_json_pack("{ss ss so sO*}", "type", "tenant", "tenant", rk_intern_get(&set->tenants, (uint32_t)n), "cohorts", labels,
	    "requested_by", json_array_size(actors) ? actors : NULL);
	json_decref(actors);
	return record;
}
