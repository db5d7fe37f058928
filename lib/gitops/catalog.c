#include <regex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gitops/catalog.h"
#include "base/array.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "base/template.h"
#include "base/validate.h"
#include "yaml/yaml.h"

#define CATALOG_BYTES (1u << 20)

enum { DEFAULT_MAX_TENANTS = 20 };

struct reader {
	struct rk_catalog *catalog;
	const struct rk_yaml *yaml;
	const char *chart;		/* the subchart that is being read */
};

/* How the value of one key is read into its place. */
typedef enum rk_rc read_fn(struct reader *reader, uint32_t node, void *place, struct rk_err *err);

struct key {
	const char *name;
	read_fn *read;
	size_t place;
};

/* memory that goes with the catalogue, zeroed */
static void *
own(struct rk_catalog *catalog, size_t size)
{
	void **more, *memory;
	size_t room;

	if (catalog->n_own == catalog->room_own) {
		room = catalog->room_own ? 2 * catalog->room_own : 64;
		more = realloc(catalog->own, room * sizeof *more);
		if (!more)
			return NULL;
		catalog->own = more;
		catalog->room_own = room;
	}
	memory = calloc(1, size ? size : 1);
	if (memory)
		catalog->own[catalog->n_own++] = memory;
	return memory;
}

static char *
own_string(struct rk_catalog *catalog, const char *s)
{
	size_t len = strlen(s) + 1;
	char *copy = own(catalog, len);

	return copy ? memcpy(copy, s, len) : NULL;
}

/* Put the place of a node in front of the message. */
static enum rk_rc
at(const struct reader *reader, uint32_t node, enum rk_rc rc, struct rk_err *err)
{
	unsigned line, column;

	if (rc == RK_OK || rc == RK_ENOMEM)
		return rc;
	rk_yaml_where(reader->yaml, rk_yaml_node(reader->yaml, node)->start, &line, &column);
	return rk_err_prefix(err, RK_ECONFIG, "%s:%u:%u", reader->catalog->file, line, column);
}

/* The same for what yaml says, which has the place in it. */
static enum rk_rc
in_file(const struct reader *reader, enum rk_rc rc, struct rk_err *err)
{
	return rc == RK_EDATA ? rk_err_set(err, RK_ECONFIG, "%s:%s", reader->catalog->file, err->msg) : rc;
}

__attribute__((format(printf, 4, 5)))
static enum rk_rc
wrong(const struct reader *reader, uint32_t node, struct rk_err *err, const char *fmt, ...)
{
	char what[768];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof what, fmt, args);
	va_end(args);
	return at(reader, node, rk_err_set(err, RK_ECONFIG, "%s", what), err);
}

static enum rk_rc
scalar(struct reader *reader, uint32_t node, char **s, struct rk_err *err)
{
	const char *text;
	json_t *json;
	enum rk_rc rc;

	if (rk_yaml_node(reader->yaml, node)->kind != RK_YAML_SCALAR)
		return wrong(reader, node, err, "a text is wanted here");
	rc = in_file(reader, rk_yaml_json(reader->yaml, node, &json, err), err);
	if (rc != RK_OK)
		return rc;
	text = json_string_value(json);
	if (!text)
		rc = wrong(reader, node, err, "a text is wanted here: put it in quotes");
	else if (!*text || strlen(text) != json_string_length(json))
		rc = wrong(reader, node, err, "the text is empty");
	else if (!(*s = own_string(reader->catalog, text)))
		rc = rk_err_nomem(err);
	json_decref(json);
	return rc;
}

static enum rk_rc
read_string(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	return scalar(reader, node, place, err);
}

/* One text, or a list of at least one. */
static enum rk_rc
read_strings(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	const struct rk_yaml_node *what = rk_yaml_node(reader->yaml, node);
	struct rk_strings *strings = place;
	bool list = what->kind == RK_YAML_SEQ;
	size_t n = list ? what->count : 1;
	enum rk_rc rc = RK_OK;
	uint32_t item = list ? what->child : node;

	if (n == 0)
		return wrong(reader, node, err, "the list is empty");
	strings->item = own(reader->catalog, n * sizeof *strings->item);
	if (!strings->item)
		return rk_err_nomem(err);
	for (; rc == RK_OK && strings->n < n; item = rk_yaml_node(reader->yaml, item)->next)
		rc = scalar(reader, item, &strings->item[strings->n++], err);
	return rc;
}

static enum rk_rc
check_templates(struct reader *reader, uint32_t node, const struct rk_strings *templates, const char *allowed,
    const char *wanted, struct rk_err *err)
{
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < templates->n; i++) {
		rc = at(reader, node, rk_template_check(templates->item[i], allowed, err), err);
		if (rc == RK_OK && !strstr(templates->item[i], wanted))
			rc = wrong(reader, node, err, "\"%s\" lacks %s}", templates->item[i], wanted);
	}
	return rc;
}

/* Check what a template makes of a value; describe says what it should be. */
static enum rk_rc
check_filled(struct reader *reader, uint32_t node, const struct rk_strings *templates, const char *name,
    const char *value, const char *(*fault)(const char *, size_t), const char *describe, struct rk_err *err)
{
	struct rk_strbuf filled = { 0 };
	enum rk_rc rc = RK_OK;
	const char *why;
	size_t i;

	for (i = 0; rc == RK_OK && i < templates->n; i++) {
		rk_strbuf_clear(&filled);
		rk_template_fill(&filled, templates->item[i], name, value);
		rc = rk_strbuf_check(&filled, err);
		why = rc == RK_OK ? fault(filled.data, filled.len) : NULL;
		if (why)
			rc = wrong(reader, node, err, "\"%s\" gives no %s: it %s", templates->item[i], describe, why);
	}
	rk_strbuf_free(&filled);
	return rc;
}

/* A path as manifests and cohorts have it: "*" stands for text within a component. */
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
read_manifests(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	enum rk_rc rc = read_strings(reader, node, place, err);

	if (rc == RK_OK)
		rc = check_templates(reader, node, place, "tenant", "{tenant", err);
	if (rc == RK_OK)
		rc = check_filled(reader, node, place, "tenant", "x", pattern_fault, "path", err);
	return rc;
}

static enum rk_rc
read_cohorts(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	struct rk_strings one = { place, 1 };
	enum rk_rc rc = scalar(reader, node, place, err);

	if (rc == RK_OK)
		rc = check_templates(reader, node, &one, "value", "{value", err);
	if (rc == RK_OK)
		rc = check_filled(reader, node, &one, "value", "x", rk_validate_path, "path", err);
	return rc;
}

static enum rk_rc
read_image(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	enum rk_rc rc = read_strings(reader, node, place, err);

	if (rc == RK_OK)
		rc = check_templates(reader, node, place, "ring", "{ring", err);
	if (rc == RK_OK)
		rc = check_filled(reader, node, place, "ring", "ring-x", rk_validate_image, "image", err);
	return rc;
}

static enum rk_rc
read_tag(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	struct rk_strings one = { place, 1 };
	enum rk_rc rc = scalar(reader, node, place, err);

	if (rc == RK_OK)
		rc = check_templates(reader, node, &one, "sha sha:", "{sha", err);
	if (rc == RK_OK)
		rc = check_filled(reader, node, &one, "sha", "0123456789012345678901234567890123456789", rk_validate_tag,
		    "tag", err);
	return rc;
}

static enum rk_rc
read_revision(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	struct rk_strings one = { place, 1 };
	enum rk_rc rc = scalar(reader, node, place, err);

	return rc == RK_OK ? check_templates(reader, node, &one, "version", "{version", err) : rc;
}

static enum rk_rc
read_regex(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	char **pattern = place, why[256];
	enum rk_rc rc = scalar(reader, node, pattern, err);
	regex_t regex;
	size_t groups;
	int fault;

	if (rc != RK_OK)
		return rc;
	fault = regcomp(&regex, *pattern, REG_EXTENDED);
	if (fault) {
		regerror(fault, &regex, why, sizeof why);
		return wrong(reader, node, err, "\"%s\" is no extended regular expression: %s", *pattern, why);
	}
	groups = regex.re_nsub;
	regfree(&regex);
	if (groups != 1)
		return wrong(reader, node, err, "\"%s\" wants one group (...) around the commit, not %zu", *pattern, groups);
	return RK_OK;
}

static enum rk_rc
read_max_tenants(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	unsigned long *max = place;
	json_t *json;
	enum rk_rc rc = in_file(reader, rk_yaml_json(reader->yaml, node, &json, err), err);

	if (rc != RK_OK)
		return rc;
	if (!json_is_integer(json) || json_integer_value(json) < 1 || json_integer_value(json) > 1000000)
		rc = wrong(reader, node, err, "a whole number from 1 to 1000000 is wanted here");
	else
		*max = (unsigned long)json_integer_value(json);
	json_decref(json);
	return rc;
}

/* Read a map whose keys are known. */
static enum rk_rc
read_keys(struct reader *reader, uint32_t node, const struct key *keys, size_t n, void *base, struct rk_err *err)
{
	const struct rk_yaml_node *map = rk_yaml_node(reader->yaml, node);
	const char *names[32], *near;
	struct rk_strbuf name = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t key, value;
	bool seen[32] = { false };
	size_t i;

	if (map->kind != RK_YAML_MAP)
		return wrong(reader, node, err, "a map is wanted here");
	for (i = 0; i < n; i++)
		names[i] = keys[i].name;
	for (key = map->child; rc == RK_OK && key; key = rk_yaml_node(reader->yaml, value)->next) {
		value = rk_yaml_node(reader->yaml, key)->next;
		rk_strbuf_clear(&name);
		if (rk_yaml_node(reader->yaml, key)->kind != RK_YAML_SCALAR)
			rc = wrong(reader, key, err, "a key that is no text");
		else
			rc = in_file(reader, rk_yaml_scalar(reader->yaml, key, &name, err), err);
		if (rc != RK_OK)
			break;
		for (i = 0; i < n && strcmp(names[i], rk_strbuf_str(&name)) != 0; i++)
			;
		near = i < n ? NULL : rk_suggest(rk_strbuf_str(&name), names, n);
		if (near)
			rc = wrong(reader, key, err, "unknown key \"%s\", did you mean \"%s\"?", rk_strbuf_str(&name), near);
		else if (i == n)
			rc = wrong(reader, key, err, "unknown key \"%s\"", rk_strbuf_str(&name));
		else if (seen[i])
			rc = wrong(reader, key, err, "the key \"%s\" stands here twice", names[i]);
		else
			rc = keys[i].read(reader, value, (char *)base + keys[i].place, err);
		if (i < n)
			seen[i] = true;
	}
	rk_strbuf_free(&name);
	return rc;
}

/* Append the pointer of a "/"-separated path in the chart's values. */
static enum rk_rc
chart_pointer(struct reader *reader, uint32_t node, const char *path, const char *member, char **pointer,
    struct rk_err *err)
{
	struct rk_strbuf text = { 0 }, part = { 0 };
	enum rk_rc rc;
	size_t n;

	rk_json_pointer_add(&text, reader->chart);
	for (;;) {
		n = strcspn(path, "/");
		if (n == 0) {
			rc = wrong(reader, node, err, "the path has an empty component");
			goto out;
		}
		rk_strbuf_clear(&part);
		rk_strbuf_add(&part, path, n);
		rk_json_pointer_add(&text, rk_strbuf_str(&part));
		if (!path[n])
			break;
		path += n + 1;
	}
	if (member)
		rk_json_pointer_add(&text, member);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK && !(*pointer = own_string(reader->catalog, text.data)))
		rc = rk_err_nomem(err);
out:
	rk_strbuf_free(&text);
	rk_strbuf_free(&part);
	return rc;
}

static enum rk_rc
read_chart_path(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	char *path;
	enum rk_rc rc = scalar(reader, node, &path, err);

	return rc == RK_OK ? chart_pointer(reader, node, path, NULL, place, err) : rc;
}

/* "image", {repository: ..., tag: ..., digest: ...} or {reference: ...} */
static enum rk_rc
read_form(struct reader *reader, uint32_t node, struct rk_image_form *form, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "repository", read_chart_path, offsetof(struct rk_image_form, repository) },
		{ "tag", read_chart_path, offsetof(struct rk_image_form, tag) },
		{ "digest", read_chart_path, offsetof(struct rk_image_form, digest) },
		{ "reference", read_chart_path, offsetof(struct rk_image_form, reference) },
	};
	enum rk_rc rc;
	char *path;

	if (rk_yaml_node(reader->yaml, node)->kind == RK_YAML_SCALAR) {
		rc = scalar(reader, node, &path, err);
		if (rc == RK_OK)
			rc = chart_pointer(reader, node, path, "repository", &form->repository, err);
		if (rc == RK_OK)
			rc = chart_pointer(reader, node, path, "tag", &form->tag, err);
		return rc;
	}
	rc = read_keys(reader, node, keys, sizeof keys / sizeof keys[0], form, err);
	if (rc == RK_OK && !(form->reference ? !form->repository && !form->tag && !form->digest
	    : form->repository && form->tag))
		rc = wrong(reader, node, err, "either repository and tag (and digest), or reference alone, are wanted here");
	return rc;
}

static enum rk_rc
read_charts(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	const struct rk_yaml_node *map = rk_yaml_node(reader->yaml, node), *value;
	struct rk_service *service = (struct rk_service *)((char *)place - offsetof(struct rk_service, chart));
	enum rk_rc rc = RK_OK;
	struct rk_chart *chart;
	uint32_t key, form;
	size_t i;

	if (map->kind != RK_YAML_MAP || map->count == 0)
		return wrong(reader, node, err, "a map from subcharts to image paths is wanted here");
	service->chart = own(reader->catalog, map->count / 2 * sizeof *service->chart);
	if (!service->chart)
		return rk_err_nomem(err);
	for (key = map->child; rc == RK_OK && key; key = value->next) {
		form = rk_yaml_node(reader->yaml, key)->next;
		value = rk_yaml_node(reader->yaml, form);
		chart = &service->chart[service->n_charts];
		rc = scalar(reader, key, &chart->name, err);
		for (i = 0; rc == RK_OK && i < service->n_charts; i++)
			if (strcmp(service->chart[i].name, chart->name) == 0)
				rc = wrong(reader, key, err, "the chart \"%s\" stands here twice", chart->name);
		if (rc != RK_OK)
			break;
		service->n_charts++;
		reader->chart = chart->name;
		chart->form = own(reader->catalog, (value->kind == RK_YAML_SEQ ? value->count : 1) * sizeof *chart->form);
		if (!chart->form)
			return rk_err_nomem(err);
		if (value->kind != RK_YAML_SEQ) {
			rc = read_form(reader, form, &chart->form[chart->n_forms++], err);
			continue;
		}
		if (value->count == 0)
			rc = wrong(reader, form, err, "the list is empty");
		for (form = value->child; rc == RK_OK && form; form = rk_yaml_node(reader->yaml, form)->next)
			rc = read_form(reader, form, &chart->form[chart->n_forms++], err);
	}
	return rc;
}

static enum rk_rc
read_service(struct reader *reader, uint32_t node, struct rk_service *service, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "repository", read_string, offsetof(struct rk_service, repository) },
		{ "branch", read_string, offsetof(struct rk_service, branch) },
		{ "build-workflow", read_strings, offsetof(struct rk_service, build_workflow) },
		{ "image", read_image, offsetof(struct rk_service, image) },
		{ "tag", read_tag, offsetof(struct rk_service, tag) },
		{ "charts", read_charts, offsetof(struct rk_service, chart) },
		{ "ga-tag", read_regex, offsetof(struct rk_service, ga_tag) },
		{ "ga-version", read_regex, offsetof(struct rk_service, ga_version) },
		{ "chart-paths", read_strings, offsetof(struct rk_service, chart_paths) },
		{ "manifests", read_manifests, offsetof(struct rk_service, manifests) },
	};
	enum rk_rc rc = read_keys(reader, node, keys, sizeof keys / sizeof keys[0], service, err);

	if (rc == RK_OK && !service->image.n)
		rc = wrong(reader, node, err, "the service \"%s\" lacks \"image\"", service->name);
	if (rc == RK_OK && !service->n_charts)
		rc = wrong(reader, node, err, "the service \"%s\" lacks \"charts\"", service->name);
	if (rc == RK_OK && !service->tag && !(service->tag = own_string(reader->catalog, "{sha}")))
		rc = rk_err_nomem(err);
	return rc;
}

static enum rk_rc
read_services(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	const struct rk_yaml_node *map = rk_yaml_node(reader->yaml, node);
	struct rk_catalog *catalog = reader->catalog;
	enum rk_rc rc = RK_OK;
	uint32_t key, value;
	const char *fault;
	char *name;
	size_t i;

	(void)place;
	if (map->kind != RK_YAML_MAP)
		return wrong(reader, node, err, "a map of services is wanted here");
	catalog->service = own(catalog, (map->count / 2 + 1) * sizeof *catalog->service);
	if (!catalog->service)
		return rk_err_nomem(err);
	for (key = map->child; rc == RK_OK && key; key = rk_yaml_node(reader->yaml, value)->next) {
		value = rk_yaml_node(reader->yaml, key)->next;
		rc = scalar(reader, key, &name, err);
		fault = rc == RK_OK ? rk_validate_name(name, strlen(name)) : NULL;
		if (fault)
			rc = wrong(reader, key, err, "the service's name \"%s\" %s", name, fault);
		for (i = 0; rc == RK_OK && i < catalog->n_services; i++)
			if (strcmp(catalog->service[i].name, name) == 0)
				rc = wrong(reader, key, err, "the service \"%s\" stands here twice", name);
		if (rc != RK_OK)
			break;
		catalog->service[catalog->n_services].name = name;
		rc = read_service(reader, value, &catalog->service[catalog->n_services++], err);
	}
	return rc;
}

static enum rk_rc
read_umbrella(struct reader *reader, uint32_t node, void *place, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "chart", read_string, offsetof(struct rk_catalog, umbrella.chart) },
		{ "path", read_string, offsetof(struct rk_catalog, umbrella.path) },
		{ "revision", read_revision, offsetof(struct rk_catalog, umbrella.revision) },
	};

	(void)place;
	return read_keys(reader, node, keys, sizeof keys / sizeof keys[0], reader->catalog, err);
}

static enum rk_rc
read_catalog(struct reader *reader, struct rk_err *err)
{
	static const struct key keys[] = {
		{ "cohorts", read_cohorts, offsetof(struct rk_catalog, cohorts) },
		{ "manifests", read_manifests, offsetof(struct rk_catalog, manifests) },
		{ "max-tenants", read_max_tenants, offsetof(struct rk_catalog, max_tenants) },
		{ "umbrella", read_umbrella, 0 },
		{ "services", read_services, 0 },
	};
	struct rk_catalog *catalog = reader->catalog;
	uint32_t root = rk_yaml_root(reader->yaml, 0);
	enum rk_rc rc;
	size_t i;

	if (rk_yaml_documents(reader->yaml) != 1 || !root)
		return rk_err_set(err, RK_ECONFIG, "%s: one YAML document is wanted, not %s", catalog->file,
		    rk_yaml_documents(reader->yaml) > 1 ? "several" : "an empty file");
	catalog->max_tenants = DEFAULT_MAX_TENANTS;
	rc = read_keys(reader, root, keys, sizeof keys / sizeof keys[0], catalog, err);
	for (i = 0; rc == RK_OK && i < catalog->n_services; i++)
		if (!catalog->service[i].manifests.n)
			catalog->service[i].manifests = catalog->manifests;
	return rc;
}

enum rk_rc
rk_catalog_load(const char *file, struct rk_catalog **catalog, struct rk_err *err)
{
	const char *env = getenv("RING_CATALOG");
	const char *name = file ? file : env && *env ? env : "ring.yaml";
	struct rk_strbuf text = { 0 };
	struct rk_yaml *yaml = NULL;
	struct reader reader = { 0 };
	enum rk_rc rc;

	*catalog = calloc(1, sizeof **catalog);
	if (!*catalog || !((*catalog)->file = own_string(*catalog, name))) {
		rc = rk_err_nomem(err);
		goto out;
	}
	rc = rk_file_read(name, CATALOG_BYTES, &text, err);
	if (rc == RK_EDATA)
		rc = RK_ECONFIG;
	if (rc != RK_OK)
		goto out;
	rk_strbuf_add(&text, "", 0);
	rc = rk_strbuf_check(&text, err);
	if (rc == RK_OK)
		rc = rk_yaml_parse(text.data, text.len, &yaml, err);
	if (rc == RK_EDATA)
		rc = rk_err_set(err, RK_ECONFIG, "%s:%s", name, err->msg);
	if (rc != RK_OK)
		goto out;
	reader.catalog = *catalog;
	reader.yaml = yaml;
	rc = read_catalog(&reader, err);
out:
	if (rc != RK_OK) {
		rk_catalog_free(*catalog);
		*catalog = NULL;
	}
	rk_yaml_free(yaml);
	rk_strbuf_free(&text);
	return rc;
}

void
rk_catalog_free(struct rk_catalog *catalog)
{
	size_t i;

	if (!catalog)
		return;
	for (i = 0; i < catalog->n_own; i++)
		free(catalog->own[i]);
	free(catalog->own);
	free(catalog);
}

enum rk_rc
rk_catalog_service(const struct rk_catalog *catalog, const char *name, const struct rk_service **service,
    struct rk_err *err)
{
	struct rk_strbuf names = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	*service = NULL;
	for (i = 0; i < catalog->n_services; i++) {
		if (strcmp(catalog->service[i].name, name) == 0) {
			*service = &catalog->service[i];
			goto out;
		}
		rk_strbuf_printf(&names, "%s%s", i ? ", " : "", catalog->service[i].name);
	}
	rc = rk_err_set(err, RK_EUSAGE, "no service \"%s\" in %s (there %s %s)", name, catalog->file,
	    catalog->n_services == 1 ? "is" : "are", names.len ? names.data : "none");
out:
	rk_strbuf_free(&names);
	return rc;
}
