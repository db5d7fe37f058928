#include <stdbool.h>
#include <string.h>

#include "override/live_list.h"
#include "base/json.h"
#include "base/json_digest.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "gitops/chart_source.h"
#include "gitops/helm_values.h"
#include "gitops/prefilter.h"
#include "override/live_object.h"
#include "override/override.h"
#include "override/override_record.h"

#define EXACT 9007199254740992.0	/* 2 to the 53rd: integers below it are exact as reals */

/* Return the integer that a real is, a new reference; NULL if it is none. */
static json_t *
integer(const json_t *json)
{
	const double real = json_real_value(json);

	return json_is_real(json) && real < EXACT && real > -EXACT && (double)(json_int_t)real == real ? json_integer((json_int_t)real)
	    : NULL;
}

/* Write 1.0 as 1 in an array or object, for clusters and YAML write numbers in other ways. */
static void
normalise(json_t *json)
{
	const char *key;
	json_t *each, *whole;
	size_t i;

	json_array_foreach(json, i, each) {
		normalise(each);
		whole = integer(each);
		if (whole)
			json_array_set_new(json, i, whole);	/* replaces a reference, without memory */
	}
	json_object_foreach(json, key, each) {
		normalise(each);
		whole = integer(each);
		if (whole)
			rk_json_set(json, key, whole);
	}
}

enum rk_rc
rk_live_list_digest(const struct rk_values *values, struct rk_strbuf *digest, struct rk_err *err)
{
	json_t *json;
	enum rk_rc rc = rk_helm_values_read(values, &json, err);

	if (rc != RK_OK)
		return rc;
	normalise(json);
	rk_json_digest(json, digest);
	json_decref(json);
	return RK_OK;
}

/* A live object, and the manifest that its name says it is of. */
struct found {
	const struct rk_live_list *list;
	struct rk_live_object *object;
	struct rk_strbuf name, tenant, path;
};

/* Find the entry of a service's manifests whose object this is, and the tenant; NULL: it is not one of the service. */
static const struct rk_entry *
find_entry(struct found *f, const struct rk_service *service)
{
	const struct rk_catalog *catalog = f->list->catalog;
	const struct rk_entry *entry;
	const char *template;
	size_t i;

	for (i = 0; i < service->manifests.n; i++) {
		entry = &service->manifests.item[i];
		template = entry->applications ? entry->applications : catalog->applications;
		rk_strbuf_clear(&f->tenant);
		if (template && rk_template_match(template, "tenant", f->name.data, &f->tenant)
		    && !rk_validate_name(f->tenant.data, f->tenant.len))
			return entry;
	}
	return NULL;
}

/* Call found for the overrides of a service. */
static enum rk_rc
write_records(struct found *f, const struct rk_override_list *overrides, struct rk_err *err)
{
	struct rk_chart_source source = { 0 };
	struct rk_strbuf digest = { 0 }, named = { 0 };
	enum rk_rc rc = rk_chart_source_find(&overrides->values, &source, err);
	json_t *record;
	size_t i;

	if (rc == RK_OK)
		rc = rk_helm_values_named(&overrides->values, &named, err);
	if (rc == RK_OK && named.len == 0)
		rc = rk_live_list_digest(&overrides->values, &digest, err);
	for (i = 0; rc == RK_OK && i < overrides->n; i++) {
		record = rk_override_record_json(&overrides->values, &overrides->item[i], &source);
		rk_json_set(record, "path", json_string(f->path.data));
		rk_json_set(record, "object", json_string(f->name.data));
		if (digest.len)
			rk_json_set(record, "helm_values", json_string(digest.data));
		rc = f->list->found(f->list->context, record, err);
	}
	rk_chart_source_free(&source);
	rk_strbuf_free(&digest);
	rk_strbuf_free(&named);
	return rc;
}

/* Find the overrides of a service in the object. */
static enum rk_rc
find_overrides(struct found *f, const struct rk_service *service, struct rk_err *err)
{
	const struct rk_entry *entry = find_entry(f, service);
	struct rk_override_list overrides = { 0 };
	struct rk_err why;
	enum rk_rc rc;

	if (!entry || (f->list->tenant && strcmp(f->tenant.data, f->list->tenant) != 0))
		return RK_OK;
	rk_strbuf_clear(&f->path);
	rk_template_fill(&f->path, entry->path, "tenant", f->tenant.data);
	f->object->manifest.tenant = f->tenant.data;
	f->object->manifest.file.path = f->name.data;
	rc = rk_override_find(&f->object->manifest, f->list->catalog, service, f->list->ring, &overrides, err);
	if (rc == RK_OK && overrides.n)
		rc = write_records(f, &overrides, err);
	rk_override_list_free(&overrides);
	if (rc != RK_REFUSED)
		return rc;
	why = *err;
	return f->list->refused(f->list->context, &why, f->tenant.data, err);
}

static enum rk_rc
one_object(void *context, struct rk_live_object *object, struct rk_err *err)
{
	const struct rk_live_list *list = context;
	const struct rk_strbuf *text = &object->manifest.file.text;
	struct found f = { .list = list, .object = object };
	enum rk_rc rc = RK_OK;
	size_t i;

	if (!rk_prefilter_may_hold_any(text->data, text->len, list->catalog->ring, list->ring))
		return RK_OK;
	rk_strbuf_printf(&f.name, "%s/%s", object->namespace, object->name);
	for (i = 0; rc == RK_OK && i < list->catalog->n_services; i++)
		if (!list->service || list->service == &list->catalog->service[i])
			rc = find_overrides(&f, &list->catalog->service[i], err);
	rk_strbuf_free(&f.name);
	rk_strbuf_free(&f.tenant);
	rk_strbuf_free(&f.path);
	return rc;
}

enum rk_rc
rk_live_list(const struct rk_live_list *list, const char *path, struct rk_err *err)
{
	const struct rk_catalog *catalog = list->catalog;
	bool named = catalog->applications;
	size_t i, k;

	for (i = 0; i < catalog->n_services; i++)
		for (k = 0; k < catalog->service[i].manifests.n; k++)
			named = named || catalog->service[i].manifests.item[k].applications;
	if (!named)
		return rk_err_set(err, RK_ECONFIG, RK_LIVE_OBJECT_NO_NAME, catalog->file);
	return rk_live_object_read_file(path, one_object, (void *)list, err);
}
