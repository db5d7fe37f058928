#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gitops/catalog.h"
#include "base/err.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "git/proposal_name.h"
#include "git/ring_pattern.h"
#include "gitops/catalog_internal.h"
#include "gitops/image.h"
#include "gitops/value_rules.h"
#include "gitops/yaml_file.h"
#include "yaml/yaml.h"

#define CATALOG_BYTES (1u << 20)
enum { DEFAULT_MAX_TENANTS = 20 };

struct owner {
	struct rk_catalog catalog;	/* first, so that its address is the owner's */
	struct rk_catalog_memory memory;
};

/* A tag has at least as much of the commit as is recognised in tags. */
static void
read_tag(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	char **tag = member;
	const char *at;

	rk_catalog_reader_string(r, node, member, rule);
	for (at = *tag; at && r->rc == RK_OK && (at = strstr(at, "{sha:")); at++)
		if (strtoul(at + strlen("{sha:"), NULL, 10) < RK_IMAGE_COMMIT_LEAST)
			rk_catalog_reader_wrong(r, node, "invalid tag \"%s\": expected at least %d digits of the commit", *tag, RK_IMAGE_COMMIT_LEAST);
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

/* NAMESPACE/NAME of a Kubernetes object */
static const char *
application_fault(const char *s, size_t len)
{
	const char *slash = memchr(s, '/', len);

	if (!slash || slash == s || slash + 1 == s + len || memchr(slash + 1, '/', (size_t)(s + len - slash - 1)))
		return "is not NAMESPACE/NAME";
	return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-./") == len ? NULL : "has a character that a Kubernetes name cannot have";
}

static void
read_regex(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	char **pattern = member, why[256];
	const char *too_much;
	regex_t regex;
	int fault;

	rk_catalog_reader_string(r, node, member, rule);
	if (r->rc != RK_OK)
		return;
	too_much = rk_validate_regex(*pattern);
	if (too_much) {
		rk_catalog_reader_wrong(r, node, "invalid regular expression \"%s\": it %s", *pattern, too_much);
		return;
	}
	fault = regcomp(&regex, *pattern, REG_EXTENDED);
	if (fault) {
		regerror(fault, &regex, why, sizeof why);
		rk_catalog_reader_wrong(r, node, "invalid extended regular expression \"%s\": %s", *pattern, why);
		return;
	}
	if (regex.re_nsub != 1)
		rk_catalog_reader_wrong(r, node, "expected one group (...), around the commit, in \"%s\", got %zu", *pattern, regex.re_nsub);
	regfree(&regex);
}

static void
read_ring(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	char **pattern = member;
	const char *fault;

	rk_catalog_reader_string(r, node, member, rule);
	fault = r->rc == RK_OK ? rk_ring_pattern_fault(*pattern) : NULL;
	if (fault)
		rk_catalog_reader_wrong(r, node, "invalid pattern of rings \"%s\": it %s", *pattern, fault);
}

static void
read_proposals(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_strings *names = member;
	const char *fault;
	uint32_t item;
	size_t n, i;

	rk_catalog_reader_strings(r, node, member, rule);
	if (r->rc != RK_OK)
		return;
	item = rk_catalog_reader_items(r, node, &n);
	for (i = 0; r->rc == RK_OK && i < n; i++, item = rk_yaml_node(r->file.yaml, item)->next) {
		fault = rk_proposal_name_fault(names->item[i]);
		if (rk_template_check(names->item[i], "service ring", r->err) != RK_OK)
			rk_catalog_reader_wrong(r, item, "%s", r->err->msg);
		else if (fault)
			rk_catalog_reader_wrong(r, item, "invalid name of proposals \"%s\": it %s", names->item[i], fault);
	}
}

/* Return the JSON Pointer of a path in the chart's values, and of a member there; NULL after an error. */
static char *
chart_pointer(struct rk_catalog_reader *r, uint32_t node, const char *path, const char *member)
{
	struct rk_strbuf text = { 0 };
	char *pointer = NULL;

	rk_strbuf_puts(&text, r->chart);
	rk_catalog_reader_components(r, node, path, &text);
	if (member)
		rk_json_pointer_add(&text, member);
	if (r->rc == RK_OK)
		pointer = rk_catalog_reader_own_string(r, text.data);
	rk_strbuf_free(&text);
	return pointer;
}

static void
read_chart_path(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	char *path = rk_catalog_reader_scalar(r, node), **pointer = member;

	(void)rule;
	*pointer = chart_pointer(r, node, path, NULL);
}

/* "image", {registry: ..., repository: ..., tag: ..., digest: ..., replace: ...} or {reference: ..., replace: ...} */
static void
read_form(struct rk_catalog_reader *r, uint32_t node, struct rk_image_form *form)
{
	static const struct rk_catalog_key keys[] = {
		{ "registry", read_chart_path, offsetof(struct rk_image_form, registry), NULL },
		{ "repository", read_chart_path, offsetof(struct rk_image_form, repository), NULL },
		{ "tag", read_chart_path, offsetof(struct rk_image_form, tag), NULL },
		{ "digest", read_chart_path, offsetof(struct rk_image_form, digest), NULL },
		{ "reference", read_chart_path, offsetof(struct rk_image_form, reference), NULL },
		{ "replace", rk_catalog_reader_bool, offsetof(struct rk_image_form, replace), NULL },
		{ 0 }
	};
	char *path;

	if (rk_yaml_node(r->file.yaml, node)->kind == RK_YAML_SCALAR) {
		path = rk_catalog_reader_scalar(r, node);
		form->repository = chart_pointer(r, node, path, "repository");
		form->tag = chart_pointer(r, node, path, "tag");
		return;
	}
	rk_catalog_reader_keys(r, node, keys, form);
	if (r->rc == RK_OK && !(form->reference ? !form->registry && !form->repository && !form->tag && !form->digest
	    : form->tag && (form->repository || !form->registry)))
		rk_catalog_reader_wrong(r, node, "expected repository and tag (and registry, digest), or only reference");
	r->registry = r->registry || form->registry;
	if (!form->reference && !form->repository)
		r->tag_only = node;
}

static void
read_chart(struct rk_catalog_reader *r, uint32_t node, struct rk_chart *chart)
{
	size_t n;
	uint32_t item = rk_catalog_reader_items(r, node, &n);

	chart->form = rk_catalog_reader_own(r, n * sizeof *chart->form);
	for (; r->rc == RK_OK && chart->n_forms < n; item = rk_yaml_node(r->file.yaml, item)->next)
		read_form(r, item, &chart->form[chart->n_forms++]);
}

static void
read_charts(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	const struct rk_yaml_node *map = rk_yaml_node(r->file.yaml, node);
	struct rk_service *service = (struct rk_service *)((char *)member - offsetof(struct rk_service, chart));
	struct rk_strbuf pointer = { 0 };
	struct rk_chart *chart;
	uint32_t key, value;
	size_t i;

	(void)rule;
	if (map->kind != RK_YAML_MAP || map->count == 0)
		rk_catalog_reader_wrong(r, node, "expected a map of subcharts to image paths");
	service->chart = rk_catalog_reader_own(r, map->count / 2 * sizeof *service->chart);
	for (key = map->child; r->rc == RK_OK && key; key = rk_yaml_node(r->file.yaml, value)->next) {
		value = rk_yaml_node(r->file.yaml, key)->next;
		chart = &service->chart[service->n_charts];
		chart->name = rk_catalog_reader_scalar(r, key);
		for (i = 0; r->rc == RK_OK && i < service->n_charts; i++)
			if (strcmp(service->chart[i].name, chart->name) == 0)
				rk_catalog_reader_wrong(r, key, "duplicate key \"%s\"", chart->name);
		rk_strbuf_clear(&pointer);
		if (r->rc == RK_OK)
			chart->depth = rk_catalog_reader_components(r, key, chart->name, &pointer);
		r->chart = rk_strbuf_str(&pointer);
		if (r->rc == RK_OK)
			read_chart(r, value, chart);
		service->n_charts++;
	}
	rk_strbuf_free(&pointer);
}

static const struct rk_catalog_rule manifest_rule = { "tenant", "tenant", "x", pattern_fault, "path", false },
	application_rule = { "tenant", "tenant", "x", application_fault, "name", false },
	cohort_rule = { "value", "value", "x", rk_validate_path, "path", false },
	image_rule = { "ring", "ring", "ring-x", rk_validate_image, "image", true },
	tag_rule = { "sha", "ring sha sha:", "0123456789012345678901234567890123456789", rk_validate_tag, "tag", false },
	values_rule = { "ring", "ring", "ring-x", rk_validate_path, "path", false },
	revision_rule = { "version", "version", NULL, NULL, NULL, false };

static void
read_pointer(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	json_t *json = rk_catalog_reader_json(r, node);
	const char *text = json_string_value(json);
	struct rk_json_pointer pointer = { 0 };
	char **s = member;

	(void)rule;
	if (json && (!text || strlen(text) != json_string_length(json) || rk_json_pointer_parse(text, &pointer, r->err) != RK_OK))
		rk_catalog_reader_wrong(r, node, "expected a JSON Pointer, such as \"\" or /helm/values");
	else if (json)
		*s = rk_catalog_reader_own_string(r, text);
	rk_json_pointer_free(&pointer);
	json_decref(json);
}

/* A path, or a map that has one. */
static void
read_entry(struct rk_catalog_reader *r, uint32_t node, struct rk_entry *entry)
{
	static const struct rk_catalog_key keys[] = {
		{ "path", rk_catalog_reader_string, offsetof(struct rk_entry, path), NULL },
		{ "optional", rk_catalog_reader_bool, offsetof(struct rk_entry, optional), NULL },
		{ "values", read_pointer, offsetof(struct rk_entry, values), NULL },
		{ "version", read_pointer, offsetof(struct rk_entry, version), NULL },
		{ "elements", read_pointer, offsetof(struct rk_entry, elements), NULL },
		{ "tenant", rk_catalog_reader_string, offsetof(struct rk_entry, tenant), NULL },
		{ "applications", rk_catalog_reader_string, offsetof(struct rk_entry, applications), &application_rule },
		{ 0 }
	};
	const char *fault;

	if (rk_yaml_node(r->file.yaml, node)->kind != RK_YAML_MAP) {
		rk_catalog_reader_string(r, node, &entry->path, &manifest_rule);
		return;
	}
	rk_catalog_reader_keys(r, node, keys, entry);
	if (r->rc != RK_OK)
		return;
	if (!entry->path) {
		rk_catalog_reader_wrong(r, node, "missing \"path\" of manifests");
		return;
	}
	if (!entry->elements != !entry->tenant || (entry->elements && !entry->values)) {
		rk_catalog_reader_wrong(r, node, "expected elements, tenant and values, or neither elements nor tenant");
		return;
	}
	node = rk_yaml_get(r->file.yaml, node, "path");
	fault = entry->elements ? rk_validate_path(entry->path, strlen(entry->path)) : NULL;
	if (!entry->elements)
		rk_catalog_reader_template(r, node, entry->path, &manifest_rule);
	else if (fault)
		rk_catalog_reader_wrong(r, node, "invalid path \"%s\" of a file for many tenants: it %s", entry->path, fault);
}

static void
read_entries(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_entries *entries = member;
	size_t n;
	uint32_t item = rk_catalog_reader_items(r, node, &n);

	(void)rule;
	entries->item = rk_catalog_reader_own(r, n * sizeof *entries->item);
	for (; r->rc == RK_OK && entries->n < n; item = rk_yaml_node(r->file.yaml, item)->next)
		read_entry(r, item, &entries->item[entries->n++]);
}

/* Check that a literal which is not a hexadecimal digit lies between ring and commit in a tag, so that both can be found. */
static void
check_tag(struct rk_catalog_reader *r, uint32_t node, const char *tag)
{
	const char *at = strchr(tag, '{'), *end, *next;

	for (; at && (next = strchr(at + 1, '{')); at = next) {
		end = strchr(at, '}') + 1;
		if (at[1] != next[1] && strspn(end, "0123456789abcdefABCDEF") >= (size_t)(next - end))
			rk_catalog_reader_wrong(r, node, "invalid tag \"%s\": expected a character other than 0-9 a-f between {ring} and {sha}", tag);
	}
}

/* Check that each image, and each chart, has the ring somewhere. */
static void
check_rings(struct rk_catalog_reader *r, uint32_t node, const struct rk_service *service)
{
	uint32_t images = rk_yaml_get(r->file.yaml, node, "image"), item;
	size_t n, i;

	if (service->tag && strstr(service->tag, "{ring}")) {
		check_tag(r, rk_yaml_get(r->file.yaml, node, "tag"), service->tag);
		return;
	}
	item = rk_catalog_reader_items(r, images, &n);
	for (i = 0; r->rc == RK_OK && i < n; i++, item = rk_yaml_node(r->file.yaml, item)->next)
		if (!strstr(service->image.item[i], "{ring}"))
			rk_catalog_reader_wrong(r, item, "missing {ring} in \"%s\"", service->image.item[i]);
	if (r->rc == RK_OK && r->tag_only)
		rk_catalog_reader_wrong(r, r->tag_only, "expected repository and tag (and registry, digest), or only reference; "
		    "only tag requires {ring} in the tag of the service");
}

/* Paths of values as JSON Pointers: charts, and so what is allowed, are known when all services are. */
static void
read_allow(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	struct rk_strings *allow = member;
	size_t i;

	rk_catalog_reader_strings(r, node, allow, rule);
	r->chart = "";
	for (i = 0; r->rc == RK_OK && i < allow->n; i++)
		allow->item[i] = chart_pointer(r, node, allow->item[i], NULL);
}

static void
read_values(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	static const struct rk_catalog_key keys[] = {
		{ "file", rk_catalog_reader_string, offsetof(struct rk_service_values, file), &values_rule },
		{ "allow", read_allow, offsetof(struct rk_service_values, allow), NULL },
		{ 0 }
	};
	const struct rk_service_values *values = member;

	(void)rule;
	rk_catalog_reader_keys(r, node, keys, member);
	if (r->rc == RK_OK && !values->file)
		rk_catalog_reader_wrong(r, node, "missing \"file\" of values");
}

/* Check the paths at which a service's values are allowed. */
static void
check_allow(struct rk_catalog_reader *r, const struct rk_service *service)
{
	uint32_t services = rk_yaml_get(r->file.yaml, rk_yaml_root(r->file.yaml, 0), "services");
	uint32_t values = rk_yaml_get(r->file.yaml, rk_yaml_get(r->file.yaml, services, service->name), "values"), item;
	size_t n, i;

	item = service->values.allow.n ? rk_catalog_reader_items(r, rk_yaml_get(r->file.yaml, values, "allow"), &n) : 0;
	for (i = 0; r->rc == RK_OK && i < service->values.allow.n; i++, item = rk_yaml_node(r->file.yaml, item)->next)
		if (rk_value_rules_allow(r->catalog, service, service->values.allow.item[i], r->err) != RK_OK)
			rk_catalog_reader_wrong(r, item, "%s", r->err->msg);
}

static void
read_service(struct rk_catalog_reader *r, uint32_t node, struct rk_service *service)
{
	static const struct rk_catalog_key keys[] = {
		{ "repository", rk_catalog_reader_string, offsetof(struct rk_service, repository), NULL },
		{ "branch", rk_catalog_reader_string, offsetof(struct rk_service, branch), NULL },
		{ "build-workflow", rk_catalog_reader_strings, offsetof(struct rk_service, build_workflow), NULL },
		{ "image", rk_catalog_reader_strings, offsetof(struct rk_service, image), &image_rule },
		{ "tag", read_tag, offsetof(struct rk_service, tag), &tag_rule },
		{ "charts", read_charts, offsetof(struct rk_service, chart), NULL },
		{ "ga-tag", read_regex, offsetof(struct rk_service, ga_tag), NULL },
		{ "ga-version", read_regex, offsetof(struct rk_service, ga_version), NULL },
		{ "chart-paths", rk_catalog_reader_strings, offsetof(struct rk_service, chart_paths), NULL },
		{ "manifests", read_entries, offsetof(struct rk_service, manifests), NULL },
		{ "values", read_values, offsetof(struct rk_service, values), NULL },
		{ 0 }
	};

	r->registry = false;
	r->tag_only = 0;
	rk_catalog_reader_keys(r, node, keys, service);
	if (r->rc == RK_OK && service->image.n)
		check_rings(r, node, service);
	if (r->rc == RK_OK && (!service->image.n || !service->n_charts))
		rk_catalog_reader_wrong(r, node, "missing \"%s\" in the service \"%s\"", service->image.n ? "charts" : "image", service->name);
	else if (r->rc == RK_OK && r->registry && rk_image_path(service->image.item[0]) == service->image.item[0])
		rk_catalog_reader_wrong(r, node, "missing a host in the image \"%s\", which a registry in charts requires",
		    service->image.item[0]);
	if (!service->tag)
		service->tag = rk_catalog_reader_own_string(r, "{sha}");
}

static void
read_services(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	const struct rk_yaml_node *map = rk_yaml_node(r->file.yaml, node);
	struct rk_catalog *catalog = r->catalog;
	struct rk_service *service;
	uint32_t key, value;
	const char *fault;
	size_t i;

	(void)member;
	(void)rule;
	if (map->kind != RK_YAML_MAP)
		rk_catalog_reader_wrong(r, node, "expected a map of services");
	catalog->service = rk_catalog_reader_own(r, (map->count / 2 + 1) * sizeof *catalog->service);
	for (key = map->child; r->rc == RK_OK && key; key = rk_yaml_node(r->file.yaml, value)->next) {
		value = rk_yaml_node(r->file.yaml, key)->next;
		service = &catalog->service[catalog->n_services];
		service->name = rk_catalog_reader_scalar(r, key);
		fault = service->name ? rk_validate_name(service->name, strlen(service->name)) : NULL;
		if (fault)
			rk_catalog_reader_wrong(r, key, "invalid name of a service \"%s\": it %s", service->name, fault);
		for (i = 0; r->rc == RK_OK && service->name && i < catalog->n_services; i++)
			if (strcmp(catalog->service[i].name, service->name) == 0)
				rk_catalog_reader_wrong(r, key, "duplicate key \"%s\"", service->name);
		if (r->rc == RK_OK)
			read_service(r, value, service);
		catalog->n_services++;
	}
}

static void
read_umbrella(struct rk_catalog_reader *r, uint32_t node, void *member, const struct rk_catalog_rule *rule)
{
	static const struct rk_catalog_key keys[] = {
		{ "chart", rk_catalog_reader_string, offsetof(struct rk_catalog, umbrella.chart), NULL },
		{ "path", rk_catalog_reader_string, offsetof(struct rk_catalog, umbrella.path), NULL },
		{ "revision", rk_catalog_reader_string, offsetof(struct rk_catalog, umbrella.revision), &revision_rule },
		{ 0 }
	};

	(void)member;
	(void)rule;
	rk_catalog_reader_keys(r, node, keys, r->catalog);
}

static void
read_catalog(struct rk_catalog_reader *r)
{
	static const struct rk_catalog_key keys[] = {
		{ "allowed", rk_policy_allowed, offsetof(struct rk_catalog, allowed), NULL },
		{ "applications", rk_catalog_reader_string, offsetof(struct rk_catalog, applications), &application_rule },
		{ "cohorts", rk_catalog_reader_string, offsetof(struct rk_catalog, cohorts), &cohort_rule },
		{ "freeze", rk_policy_freezes, offsetof(struct rk_catalog, freezes), NULL },
		{ "gitops", rk_fleet_read, offsetof(struct rk_catalog, fleet), NULL },
		{ "manifests", read_entries, offsetof(struct rk_catalog, manifests), NULL },
		{ "max-tenants", rk_catalog_reader_number, offsetof(struct rk_catalog, max_tenants), NULL },
		{ "merge", rk_policy_merge, offsetof(struct rk_catalog, merge), NULL },
		{ "proposals", read_proposals, offsetof(struct rk_catalog, proposals), NULL },
		{ "ring", read_ring, offsetof(struct rk_catalog, ring), NULL },
		{ "umbrella", read_umbrella, 0, NULL },
		{ "waves", rk_policy_waves, offsetof(struct rk_catalog, waves), NULL },
		{ "services", read_services, 0, NULL },
		{ 0 }
	};
	struct rk_catalog *catalog = r->catalog;
	size_t n = rk_yaml_documents(r->file.yaml), i;
	uint32_t root = rk_yaml_root(r->file.yaml, 0);
	struct rk_service *service;

	catalog->max_tenants = DEFAULT_MAX_TENANTS;
	if (n == 1 && root)
		rk_catalog_reader_keys(r, root, keys, catalog);
	else
		r->rc = rk_err_set(r->err, RK_EDATA, "%s: expected one YAML document, got %s", catalog->file,
		    n > 1 ? "several" : "an empty file");
	if (!catalog->ring)
		catalog->ring = rk_catalog_reader_own_string(r, RK_RING_PATTERN);
	if (!catalog->proposals.n && (catalog->proposals.item = rk_catalog_reader_own(r, sizeof *catalog->proposals.item)))
		catalog->proposals.item[catalog->proposals.n++] = rk_catalog_reader_own_string(r, RK_PROPOSAL_NAME);
	for (i = 0; r->rc == RK_OK && i < catalog->n_services; i++) {
		service = &catalog->service[i];
		service->ring = catalog->ring;
		service->proposals = &catalog->proposals;
		if (!service->manifests.n)
			service->manifests = catalog->manifests;
		check_allow(r, service);
		if (r->rc == RK_OK && service->branch && !rk_ring_pattern_check(catalog->ring, service->branch, strlen(service->branch)))
			r->rc = rk_err_set(r->err, RK_EDATA, "%s: \"ring\" matches the branch \"%s\" of the service \"%s\"",
			    catalog->file, service->branch, service->name);
	}
	rk_policy_check_merge(r);
}

const char *
rk_catalog_file(const char *file)
{
	const char *env = getenv("RING_CATALOG");

	return file ? file : env && *env ? env : "ring.yaml";
}

enum rk_rc
rk_catalog_load(const char *file, struct rk_catalog **catalog, struct rk_err *err)
{
	const char *path = rk_catalog_file(file);
	struct owner *owner = rk_memory_calloc(1, sizeof *owner);
	struct rk_catalog_reader r = { .catalog = &owner->catalog, .memory = &owner->memory, .err = err };

	*catalog = NULL;
	r.catalog->file = rk_catalog_reader_own_string(&r, path);
	if (r.rc == RK_OK)
		r.rc = rk_yaml_file_read(NULL, path, NULL, CATALOG_BYTES, &r.file, err);
	if (r.rc == RK_OK)
		r.rc = rk_yaml_file_parse(&r.file, err);
	if (r.rc == RK_OK)
		read_catalog(&r);
	rk_yaml_file_free(&r.file);
	if (r.rc == RK_OK)
		*catalog = r.catalog;
	else
		rk_catalog_free(r.catalog);
	return r.rc == RK_EDATA ? RK_ECONFIG : r.rc;
}

void
rk_catalog_free(struct rk_catalog *catalog)
{
	struct owner *owner = (struct owner *)catalog;

	if (!owner)
		return;
	rk_catalog_reader_free(&owner->memory);
	free(owner);
}

const char *
rk_catalog_path(const struct rk_image_form *form)
{
	return form->reference ? form->reference : form->repository ? form->repository : form->tag;
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

enum rk_rc
rk_catalog_check_ring(const struct rk_catalog *catalog, const char *ring, struct rk_err *err)
{
	const char *fault = rk_ring_pattern_check(catalog->ring, ring, strlen(ring));

	return fault ? rk_err_set(err, RK_EUSAGE, "--ring: \"%s\" %s", ring, fault) : RK_OK;
}
