#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gitops/catalog.h"
#include "base/array.h"
#include "base/err.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

#define CATALOG_BYTES (1u << 20)
#define MOST_KEYS 32		/* in a map */

enum { DEFAULT_MAX_TENANTS = 20 };

/* A catalogue and its memory. */
struct owner {
	struct rk_catalog catalog;	/* first, so that its address is the owner's */
	void **block;
	size_t n, size;
};

struct reader {
	struct owner *owner;
	struct rk_yaml_file file;
	const char *chart;		/* the subchart that is being read */
};

/* What a template must be. */
struct rule {
	const char *placeholder, *allowed;	/* the one that it needs; rk_template_check() */
	const char *sample;			/* fills the placeholder in for fault */
	const char *(*fault)(const char *s, size_t len);	/* of the result; NULL: any will do */
	const char *result;			/* what that is, for messages */
};

/* A key of a map: its value is read into the member at offset. */
struct key {
	const char *name;
	enum rk_rc (*read)(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err);
	size_t offset;
	const struct rule *rule;
};

/* Allocate zeroed memory that is freed with the catalogue. */
static void *
own(struct owner *owner, size_t size)
{
	if (!rk_array_grow(&owner->block, owner->n, &owner->size, sizeof *owner->block))
		return NULL;
	owner->block[owner->n] = calloc(1, size);
	return owner->block[owner->n] ? owner->block[owner->n++] : NULL;
}

static char *
own_string(struct owner *owner, const char *s)
{
	size_t size = strlen(s) + 1;
	char *copy = own(owner, size);

	return copy ? memcpy(copy, s, size) : NULL;
}

/* Set err to "FILE:LINE:COLUMN: " of a node, and a message. */
#define wrong(r, node, err, ...) \
	rk_yaml_file_wrong(&(r)->file, rk_yaml_node((r)->file.yaml, node)->start, err, __VA_ARGS__)

static enum rk_rc
scalar(struct reader *r, uint32_t node, char **s, struct rk_err *err)
{
	const char *text;
	json_t *json;
	enum rk_rc rc;

	if (rk_yaml_node(r->file.yaml, node)->kind != RK_YAML_SCALAR)
		return wrong(r, node, err, "expected a string");
	rc = rk_yaml_file_prefix(&r->file, rk_yaml_json(r->file.yaml, node, &json, err), err);
	if (rc != RK_OK)
		return rc;
	text = json_string_value(json);
	if (!text)
		rc = wrong(r, node, err, "expected a string (quote the value)");
	else if (!*text || strlen(text) != json_string_length(json))
		rc = wrong(r, node, err, "expected a string, got an empty one");
	else if (!(*s = own_string(r->owner, text)))
		rc = rk_err_nomem(err);
	json_decref(json);
	return rc;
}

static enum rk_rc
check_template(struct reader *r, uint32_t node, const char *template, const struct rule *rule, struct rk_err *err)
{
	struct rk_strbuf filled = { 0 };
	const char *fault = NULL;
	char open[16];
	enum rk_rc rc;

	snprintf(open, sizeof open, "{%s", rule->placeholder);
	if (rk_template_check(template, rule->allowed, err) != RK_OK)
		return wrong(r, node, err, "%s", err->msg);
	if (!strstr(template, open))
		return wrong(r, node, err, "missing %s} in \"%s\"", open, template);
	if (!rule->fault)
		return RK_OK;
	rk_template_fill(&filled, template, rule->placeholder, rule->sample);
	rc = rk_strbuf_check(&filled, err);
	if (rc == RK_OK)
		fault = rule->fault(filled.data, filled.len);
	rk_strbuf_free(&filled);
	return fault ? wrong(r, node, err, "invalid %s \"%s\": it %s", rule->result, template, fault) : rc;
}

static enum rk_rc
read_string(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	char **s = member;
	enum rk_rc rc = scalar(r, node, s, err);

	return rc == RK_OK && rule ? check_template(r, node, *s, rule, err) : rc;
}

/* A string, or a list of at least one. */
static enum rk_rc
read_strings(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	const struct rk_yaml_node *value = rk_yaml_node(r->file.yaml, node);
	struct rk_strings *strings = member;
	bool list = value->kind == RK_YAML_SEQ;
	size_t n = list ? value->count : 1;
	uint32_t item = list ? value->child : node;
	enum rk_rc rc = RK_OK;

	if (n == 0)
		return wrong(r, node, err, "expected at least one item, got an empty list");
	strings->item = own(r->owner, n * sizeof *strings->item);
	if (!strings->item)
		return rk_err_nomem(err);
	for (; rc == RK_OK && strings->n < n; item = rk_yaml_node(r->file.yaml, item)->next)
		rc = read_string(r, item, &strings->item[strings->n++], rule, err);
	return rc;
}

/* The path of a manifest, in which "*" is any text within a component. */
static const char *
pattern_fault(const char *s, size_t len)
{
	char plain[4097];
	size_t i;

	if (len >= sizeof plain)
		return "is longer than 4096 characters";
	for (i = 0; i < len; i++)
		plain[i] = s[i] == '*' ? 'x' : s[i];
	return rk_validate_path(plain, len);
}

static enum rk_rc
read_regex(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	char **pattern = member, why[256];
	enum rk_rc rc = read_string(r, node, member, rule, err);
	regex_t regex;
	size_t groups;
	int fault;

	if (rc != RK_OK)
		return rc;
	fault = regcomp(&regex, *pattern, REG_EXTENDED);
	if (fault) {
		regerror(fault, &regex, why, sizeof why);
		return wrong(r, node, err, "invalid extended regular expression \"%s\": %s", *pattern, why);
	}
	groups = regex.re_nsub;
	regfree(&regex);
	if (groups != 1)
		return wrong(r, node, err, "expected one group (...), around the commit, in \"%s\", got %zu", *pattern, groups);
	return RK_OK;
}

static enum rk_rc
read_max_tenants(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	unsigned long *max = member;
	json_t *json;
	enum rk_rc rc = rk_yaml_file_prefix(&r->file, rk_yaml_json(r->file.yaml, node, &json, err), err);

	(void)rule;
	if (rc != RK_OK)
		return rc;
	if (!json_is_integer(json) || json_integer_value(json) < 1 || json_integer_value(json) > 1000000)
		rc = wrong(r, node, err, "expected an integer from 1 to 1000000");
	else
		*max = (unsigned long)json_integer_value(json);
	json_decref(json);
	return rc;
}

/* Read a map with these keys, which end with { 0 }, into a struct. */
static enum rk_rc
read_keys(struct reader *r, uint32_t node, const struct key *keys, void *into, struct rk_err *err)
{
	const struct rk_yaml_node *map = rk_yaml_node(r->file.yaml, node);
	const char *names[MOST_KEYS];
	enum rk_rc rc = RK_OK;
	uint32_t key, value, seen = 0;
	size_t n, i;

	if (map->kind != RK_YAML_MAP)
		return wrong(r, node, err, "expected a map");
	for (n = 0; keys[n].name; n++)
		names[n] = keys[n].name;
	for (key = map->child; rc == RK_OK && key; key = rk_yaml_node(r->file.yaml, value)->next) {
		value = rk_yaml_node(r->file.yaml, key)->next;
		rc = rk_yaml_file_key(&r->file, key, names, n, &seen, &i, err);
		if (rc == RK_OK)
			rc = keys[i].read(r, value, (char *)into + keys[i].offset, keys[i].rule, err);
	}
	return rc;
}

/* Make the JSON Pointer of a "/"-separated path in the chart's values, and of a member there. */
static enum rk_rc
chart_pointer(struct reader *r, uint32_t node, const char *path, const char *member, char **pointer, struct rk_err *err)
{
	struct rk_strbuf text = { 0 }, part = { 0 };
	enum rk_rc rc = RK_OK;
	size_t n;

	rk_json_pointer_add(&text, r->chart);
	for (; rc == RK_OK; path += n + 1) {
		n = strcspn(path, "/");
		if (n == 0)
			rc = wrong(r, node, err, "invalid path: it has an empty component");
		rk_strbuf_clear(&part);
		rk_strbuf_add(&part, path, n);
		rk_json_pointer_add(&text, rk_strbuf_str(&part));
		if (!path[n])
			break;
	}
	if (member)
		rk_json_pointer_add(&text, member);
	if (rc == RK_OK)
		rc = rk_strbuf_check(part.failed ? &part : &text, err);
	if (rc == RK_OK && !(*pointer = own_string(r->owner, text.data)))
		rc = rk_err_nomem(err);
	rk_strbuf_free(&text);
	rk_strbuf_free(&part);
	return rc;
}

static enum rk_rc
read_chart_path(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	char *path;
	enum rk_rc rc = read_string(r, node, &path, rule, err);

	return rc == RK_OK ? chart_pointer(r, node, path, NULL, member, err) : rc;
}

/* "image", {repository: ..., tag: ..., digest: ...} or {reference: ...} */
static enum rk_rc
read_form(struct reader *r, uint32_t node, struct rk_image_form *form, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "repository", read_chart_path, offsetof(struct rk_image_form, repository), NULL },
		{ "tag", read_chart_path, offsetof(struct rk_image_form, tag), NULL },
		{ "digest", read_chart_path, offsetof(struct rk_image_form, digest), NULL },
		{ "reference", read_chart_path, offsetof(struct rk_image_form, reference), NULL },
		{ 0 }
	};
	enum rk_rc rc;
	char *path;

	if (rk_yaml_node(r->file.yaml, node)->kind == RK_YAML_SCALAR) {
		rc = scalar(r, node, &path, err);
		if (rc == RK_OK)
			rc = chart_pointer(r, node, path, "repository", &form->repository, err);
		return rc == RK_OK ? chart_pointer(r, node, path, "tag", &form->tag, err) : rc;
	}
	rc = read_keys(r, node, keys, form, err);
	if (rc == RK_OK && !(form->reference ? !form->repository && !form->tag && !form->digest
	    : form->repository && form->tag))
		rc = wrong(r, node, err, "expected repository and tag (and digest), or only reference");
	return rc;
}

/* The forms of a chart's image: one, or a list. */
static enum rk_rc
read_forms(struct reader *r, uint32_t node, struct rk_chart *chart, struct rk_err *err)
{
	const struct rk_yaml_node *value = rk_yaml_node(r->file.yaml, node);
	bool list = value->kind == RK_YAML_SEQ;
	size_t n = list ? value->count : 1;
	uint32_t item = list ? value->child : node;
	enum rk_rc rc = RK_OK;

	if (n == 0)
		return wrong(r, node, err, "expected at least one item, got an empty list");
	r->chart = chart->name;
	chart->form = own(r->owner, n * sizeof *chart->form);
	if (!chart->form)
		return rk_err_nomem(err);
	for (; rc == RK_OK && chart->n_forms < n; item = rk_yaml_node(r->file.yaml, item)->next)
		rc = read_form(r, item, &chart->form[chart->n_forms++], err);
	return rc;
}

static enum rk_rc
read_charts(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	const struct rk_yaml_node *map = rk_yaml_node(r->file.yaml, node);
	struct rk_service *service = (struct rk_service *)((char *)member - offsetof(struct rk_service, chart));
	struct rk_chart *chart;
	enum rk_rc rc = RK_OK;
	uint32_t key, value;
	size_t i;

	(void)rule;
	if (map->kind != RK_YAML_MAP || map->count == 0)
		return wrong(r, node, err, "expected a map of subcharts to image paths");
	service->chart = own(r->owner, map->count / 2 * sizeof *service->chart);
	if (!service->chart)
		return rk_err_nomem(err);
	for (key = map->child; rc == RK_OK && key; key = rk_yaml_node(r->file.yaml, value)->next) {
		value = rk_yaml_node(r->file.yaml, key)->next;
		chart = &service->chart[service->n_charts];
		rc = scalar(r, key, &chart->name, err);
		for (i = 0; rc == RK_OK && i < service->n_charts; i++)
			if (strcmp(service->chart[i].name, chart->name) == 0)
				rc = wrong(r, key, err, "duplicate key \"%s\"", chart->name);
		if (rc == RK_OK)
			rc = read_forms(r, value, chart, err);
		service->n_charts++;
	}
	return rc;
}

static const struct rule manifest_rule = { "tenant", "tenant", "x", pattern_fault, "path" },
	cohort_rule = { "value", "value", "x", rk_validate_path, "path" },
	image_rule = { "ring", "ring", "ring-x", rk_validate_image, "image" },
	tag_rule = { "sha", "sha sha:", "0123456789012345678901234567890123456789", rk_validate_tag, "tag" },
	revision_rule = { "version", "version", NULL, NULL, NULL };

static enum rk_rc
read_service(struct reader *r, uint32_t node, struct rk_service *service, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "repository", read_string, offsetof(struct rk_service, repository), NULL },
		{ "branch", read_string, offsetof(struct rk_service, branch), NULL },
		{ "build-workflow", read_strings, offsetof(struct rk_service, build_workflow), NULL },
		{ "image", read_strings, offsetof(struct rk_service, image), &image_rule },
		{ "tag", read_string, offsetof(struct rk_service, tag), &tag_rule },
		{ "charts", read_charts, offsetof(struct rk_service, chart), NULL },
		{ "ga-tag", read_regex, offsetof(struct rk_service, ga_tag), NULL },
		{ "ga-version", read_regex, offsetof(struct rk_service, ga_version), NULL },
		{ "chart-paths", read_strings, offsetof(struct rk_service, chart_paths), NULL },
		{ "manifests", read_strings, offsetof(struct rk_service, manifests), &manifest_rule },
		{ 0 }
	};
	enum rk_rc rc = read_keys(r, node, keys, service, err);

	if (rc == RK_OK && !service->image.n)
		rc = wrong(r, node, err, "missing \"image\" in the service \"%s\"", service->name);
	if (rc == RK_OK && !service->n_charts)
		rc = wrong(r, node, err, "missing \"charts\" in the service \"%s\"", service->name);
	if (rc == RK_OK && !service->tag && !(service->tag = own_string(r->owner, "{sha}")))
		rc = rk_err_nomem(err);
	return rc;
}

static enum rk_rc
read_services(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	const struct rk_yaml_node *map = rk_yaml_node(r->file.yaml, node);
	struct rk_catalog *catalog = &r->owner->catalog;
	enum rk_rc rc = RK_OK;
	uint32_t key, value;
	const char *fault;
	char *name;
	size_t i;

	(void)member;
	(void)rule;
	if (map->kind != RK_YAML_MAP)
		return wrong(r, node, err, "expected a map of services");
	catalog->service = own(r->owner, (map->count / 2 + 1) * sizeof *catalog->service);
	if (!catalog->service)
		return rk_err_nomem(err);
	for (key = map->child; rc == RK_OK && key; key = rk_yaml_node(r->file.yaml, value)->next) {
		value = rk_yaml_node(r->file.yaml, key)->next;
		rc = scalar(r, key, &name, err);
		fault = rc == RK_OK ? rk_validate_name(name, strlen(name)) : NULL;
		if (fault)
			rc = wrong(r, key, err, "invalid name of a service \"%s\": it %s", name, fault);
		for (i = 0; rc == RK_OK && i < catalog->n_services; i++)
			if (strcmp(catalog->service[i].name, name) == 0)
				rc = wrong(r, key, err, "duplicate key \"%s\"", name);
		if (rc != RK_OK)
			break;
		catalog->service[catalog->n_services].name = name;
		rc = read_service(r, value, &catalog->service[catalog->n_services++], err);
	}
	return rc;
}

static enum rk_rc
read_umbrella(struct reader *r, uint32_t node, void *member, const struct rule *rule, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "chart", read_string, offsetof(struct rk_catalog, umbrella.chart), NULL },
		{ "path", read_string, offsetof(struct rk_catalog, umbrella.path), NULL },
		{ "revision", read_string, offsetof(struct rk_catalog, umbrella.revision), &revision_rule },
		{ 0 }
	};

	(void)member;
	(void)rule;
	return read_keys(r, node, keys, &r->owner->catalog, err);
}

static enum rk_rc
read_catalog(struct reader *r, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "cohorts", read_string, offsetof(struct rk_catalog, cohorts), &cohort_rule },
		{ "manifests", read_strings, offsetof(struct rk_catalog, manifests), &manifest_rule },
		{ "max-tenants", read_max_tenants, offsetof(struct rk_catalog, max_tenants), NULL },
		{ "umbrella", read_umbrella, 0, NULL },
		{ "services", read_services, 0, NULL },
		{ 0 }
	};
	struct rk_catalog *catalog = &r->owner->catalog;
	size_t n = rk_yaml_documents(r->file.yaml), i;
	uint32_t root = rk_yaml_root(r->file.yaml, 0);
	enum rk_rc rc;

	if (n != 1 || !root)
		return rk_err_set(err, RK_EDATA, "%s: expected one YAML document, got %s", catalog->file,
		    n > 1 ? "several" : "an empty file");
	catalog->max_tenants = DEFAULT_MAX_TENANTS;
	rc = read_keys(r, root, keys, catalog, err);
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++)
		if (!catalog->service[i].manifests.n)
			catalog->service[i].manifests = catalog->manifests;
	return rc;
}

enum rk_rc
rk_catalog_load(const char *file, struct rk_catalog **catalog, struct rk_err *err)
{
	const char *env = getenv("RING_CATALOG");
	const char *path = file ? file : env && *env ? env : "ring.yaml";
	struct reader r = { .owner = calloc(1, sizeof *r.owner) };
	enum rk_rc rc = RK_OK;

	*catalog = NULL;
	if (!r.owner || !(r.owner->catalog.file = own_string(r.owner, path)))
		rc = rk_err_nomem(err);
	if (rc == RK_OK)
		rc = rk_yaml_file_read(NULL, path, CATALOG_BYTES, &r.file, err);
	if (rc == RK_OK)
		rc = rk_yaml_file_parse(&r.file, err);
	if (rc == RK_OK)
		rc = read_catalog(&r, err);
	rk_yaml_file_free(&r.file);
	if (rc == RK_OK)
		*catalog = &r.owner->catalog;
	else
		rk_catalog_free((struct rk_catalog *)r.owner);
	return rc == RK_EDATA ? RK_ECONFIG : rc;
}

void
rk_catalog_free(struct rk_catalog *catalog)
{
	struct owner *owner = (struct owner *)catalog;

	if (!owner)
		return;
	while (owner->n > 0)
		free(owner->block[--owner->n]);
	free(owner->block);
	free(owner);
}

enum rk_rc
rk_catalog_service(const struct rk_catalog *catalog, const char *name, const struct rk_service **service,
    struct rk_err *err)
{
	struct rk_strbuf names = { 0 };
	size_t i;

	*service = NULL;
	for (i = 0; i < catalog->n_services && !*service; i++) {
		if (strcmp(catalog->service[i].name, name) == 0)
			*service = &catalog->service[i];
		rk_strbuf_printf(&names, "%s%s", i ? ", " : "", catalog->service[i].name);
	}
	if (!*service)
		rk_err_set(err, RK_EUSAGE, "service \"%s\" not found in %s (have: %s)", name, catalog->file,
		    names.len ? names.data : "none");
	rk_strbuf_free(&names);
	return *service ? RK_OK : RK_EUSAGE;
}
