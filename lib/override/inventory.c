#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "override/inventory.h"
#include "base/code.h"
#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/record.h"
#include "base/strbuf.h"
#include "git/since.h"
#include "git/source.h"
#include "git/trailer.h"
#include "gitops/catalog.h"
#include "gitops/chart_source.h"
#include "gitops/discover.h"
#include "gitops/manifest.h"
#include "gitops/prefilter.h"
#include "override/override.h"
#include "override/override_record.h"
#include "override/stray.h"
#include "report/age.h"

struct rk_inventory {
	const struct rk_inventory_options *options;
	struct rk_discover_list list;
	size_t next;
	struct rk_manifest manifest;
	struct rk_strbuf tenant;	/* of the manifest, if the list does not have it */
	struct rk_since *since;
};

enum rk_rc
rk_inventory_open(const struct rk_inventory_options *options, struct rk_inventory **inventory, struct rk_err *err)
{
	enum rk_rc rc;

	*inventory = rk_memory_calloc(1, sizeof **inventory);
	(*inventory)->options = options;
	(*inventory)->since = rk_since_new(options->dir);
	rc = rk_discover_all(options->source, options->catalog, options->service, options->tenant, &(*inventory)->list, err);
	if (rc == RK_OK && options->everywhere)
		rc = rk_stray_candidates(options->source, options->catalog, options->service, options->ring, &(*inventory)->list,
		    err);
	if (rc != RK_OK) {
		rk_inventory_close(*inventory);
		*inventory = NULL;
	}
	return rc;
}

void
rk_inventory_close(struct rk_inventory *inventory)
{
	if (!inventory)
		return;
	rk_discover_free(&inventory->list);
	rk_manifest_free(&inventory->manifest);
	rk_strbuf_free(&inventory->tenant);
	rk_since_free(inventory->since);
	free(inventory);
}

/* Append the overrides of a service in the manifest; code, if it is not NULL, becomes a member of their records. */
static enum rk_rc
add_overrides(const struct rk_override_list *list, const char *code, json_t *records, struct rk_err *err)
{
	struct rk_chart_source source = { 0 };
	enum rk_rc rc = RK_OK;
	json_t *record;
	size_t i;

	if (list->n > 0)
		rc = rk_chart_source_find(&list->values, &source, err);
	for (i = 0; rc == RK_OK && i < list->n; i++) {
		record = rk_override_record_json(&list->values, &list->item[i], &source);
		if (code)
			rk_json_set(record, "code", json_string(code));
		rk_json_append(records, record);
	}
	rk_chart_source_free(&source);
	return rc;
}

/* Append the overrides of a service in the manifest, which none of its patterns matches, and findings. */
static enum rk_rc
add_strays(struct rk_inventory *inventory, const struct rk_service *service, json_t *records, struct rk_err *err)
{
	const struct rk_inventory_options *options = inventory->options;
	const char *tenant = inventory->tenant.len ? inventory->tenant.data : NULL;
	const struct rk_record_about about = { .service = service->name, .tenant = tenant, .path = inventory->manifest.file.path };
	struct rk_override_list known = { 0 };
	const struct rk_strbuf *text = &inventory->manifest.file.text;
	enum rk_rc rc;

	if (!rk_prefilter_may_hold(rk_strbuf_str(text), text->len, service, options->ring))
		return RK_OK;
	rc = rk_manifest_parse(&inventory->manifest, err);
	if (rc == RK_REFUSED)
		return rk_record_add_finding(records, &about, err);
	if (rc == RK_OK && tenant)
		rc = rk_override_find(&inventory->manifest, options->catalog, service, options->ring, &known, err);
	if (rc == RK_OK)
		rc = add_overrides(&known, rk_code_word(RK_CODE_STRAY_OVERRIDE), records, err);
	if (rc == RK_OK || rc == RK_REFUSED)
		rc = rk_stray_search(&inventory->manifest, 0, service, options->ring, &known, records, err);
	rk_override_list_free(&known);
	return rc;
}

/* Append what a service has in the manifest of an item. */
static enum rk_rc
add_service(struct rk_inventory *inventory, const struct rk_discover_path *item, const struct rk_service *service,
    json_t *records, struct rk_err *err)
{
	const struct rk_inventory_options *options = inventory->options;
	struct rk_override_list list = { 0 };
	enum rk_rc rc;
	bool stray;

	if (item->manifests) {
		if (!rk_discover_is_of(item, service))
			return RK_OK;
		rc = rk_override_find(&inventory->manifest, options->catalog, service, options->ring, &list, err);
		if (rc == RK_OK)
			rc = add_overrides(&list, NULL, records, err);
		rk_override_list_free(&list);
		return rc;
	}
	rk_strbuf_clear(&inventory->tenant);
	inventory->manifest.entry = rk_stray_entry(service, item->path, &inventory->tenant, &stray);
	inventory->manifest.tenant = rk_strbuf_str(&inventory->tenant);
	if (!stray || (options->tenant && strcmp(options->tenant, inventory->manifest.tenant) != 0))
		return RK_OK;
	return add_strays(inventory, service, records, err);
}

enum rk_rc
rk_inventory_next(struct rk_inventory *inventory, json_t **records, const char **tenant, struct rk_err *err)
{
	const struct rk_inventory_options *options = inventory->options;
	const struct rk_service *service = options->catalog->service;
	const struct rk_discover_path *item;
	enum rk_rc rc = RK_OK;
	bool may;
	size_t i;

	*records = json_array();
	while (rc == RK_OK && json_array_size(*records) == 0 && inventory->next < inventory->list.n) {
		item = &inventory->list.item[inventory->next++];
		rc = rk_manifest_read(options->source, item, &inventory->manifest, err);
		if (rc == RK_OK)
			may = rk_prefilter_may_hold_any(rk_strbuf_str(&inventory->manifest.file.text), inventory->manifest.file.text.len,
			    options->catalog->ring, options->ring);
		for (i = 0; rc == RK_OK && may && i < options->catalog->n_services; i++)
			if (!options->service || &service[i] == options->service)
				rc = add_service(inventory, item, &service[i], *records, err);
		*tenant = inventory->manifest.tenant;
	}
	if (rc == RK_OK && json_array_size(*records) == 0)
		rc = RK_END;
	if (rc != RK_OK && rc != RK_REFUSED) {
		json_decref(*records);
		*records = NULL;
	}
	return rc;
}

/* Which override a version of the manifest must have. */
struct same {
	const struct rk_inventory_options *options;
	const struct rk_service *service;
	json_t *record;
};

static enum rk_rc
has_same(void *context, const char *text, size_t len, bool *yes, struct rk_err *err)
{
	const struct same *same = context;
	const json_t *image = json_object_get(same->record, "image");
	struct rk_manifest manifest = { .tenant = rk_json_string(same->record, "tenant"),
		.file.path = rk_json_string(same->record, "path") };
	struct rk_override_list list = { 0 };
	struct rk_strbuf tenant = { 0 };
	bool stray;
	enum rk_rc rc;
	size_t i;

	*yes = false;
	manifest.entry = rk_stray_entry(same->service, manifest.file.path, &tenant, &stray);
	rk_strbuf_add(&manifest.file.text, text, len);
	rc = rk_override_find(&manifest, same->options->catalog, same->service, rk_json_string(same->record, "ring"), &list,
	    err);
	for (i = 0; i < list.n; i++)
		*yes = *yes || (rk_json_is(json_object_get(same->record, "chart"), list.item[i].chart->name)
		    && rk_json_is(json_object_get(image, "repository"), list.item[i].repository)
		    && rk_json_is(json_object_get(image, "tag"), list.item[i].tag));
	rk_override_list_free(&list);
	rk_manifest_free(&manifest);
	rk_strbuf_free(&tenant);
	return rc == RK_REFUSED ? RK_OK : rc;	/* an invalid version has no overrides */
}

enum rk_rc
rk_inventory_add_since(struct rk_inventory *inventory, json_t *record, struct rk_err *err)
{
	const struct rk_inventory_options *options = inventory->options;
	struct same same = { .options = options, .record = record };
	struct rk_since_commit commit = { 0 };
	json_t *trailers = NULL, *trailer;
	struct rk_strbuf when = { 0 };
	enum rk_rc rc;
	size_t i;

	rc = rk_catalog_service(options->catalog, rk_json_string(record, "service"), &same.service, err);
	if (rc == RK_OK)
		rc = rk_since_find(inventory->since, rk_source_commit(options->source), rk_json_string(record, "path"), has_same, &same,
		    &commit, err);
	if (rc == RK_OK)
		rc = rk_trailer_read(rk_strbuf_str(&commit.message), &trailers, err);
	if (rc != RK_OK)
		goto out;
	rk_age_print(&when, commit.time);
	rk_json_set(record, "since", json_string(when.data));
	rk_json_set(record, "since_commit", json_string(commit.oid));
	json_array_foreach(trailers, i, trailer)
		if (rk_json_is(json_array_get(trailer, 0), "Pull-Request"))
			rk_json_set(record, "pull_request", json_incref(json_array_get(trailer, 1)));
out:
	json_decref(trailers);
	rk_strbuf_free(&commit.message);
	rk_strbuf_free(&when);
	return rc;
}
