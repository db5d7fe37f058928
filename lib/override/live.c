#include <stdlib.h>
#include <string.h>

#include "override/live.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "gitops/discover.h"
#include "override/live_object.h"
#include "override/live_state.h"
#include "override/override_record.h"

struct rk_live {
	const struct rk_live_options *options;
	json_t *records;	/* in their order, with "live" when an object was found */
	json_t *objects;	/* {"NAMESPACE/NAME": [record, ...]}, for the objects that deploy them */
};

struct rk_live *
rk_live_open(const struct rk_live_options *options)
{
	struct rk_live *live = rk_memory_calloc(1, sizeof *live);

	live->options = options;
	live->records = json_array();
	live->objects = json_object();
	return live;
}

void
rk_live_close(struct rk_live *live)
{
	if (!live)
		return;
	json_decref(live->records);
	json_decref(live->objects);
	free(live);
}

/* Append the name of the object that deploys an override's tenant: that of its manifest's entry, or the catalogue's. */
static enum rk_rc
add_name(const struct rk_catalog *catalog, const struct rk_service *service, const struct rk_override_record *o,
    struct rk_strbuf *name, struct rk_err *err)
{
	struct rk_strbuf tenant = { 0 };
	const struct rk_entry *entry = rk_discover_match(&service->manifests, o->path, &tenant);
	const char *template = entry && entry->applications ? entry->applications : catalog->applications;

	rk_strbuf_free(&tenant);
	if (!template)
		return rk_err_set(err, RK_ECONFIG, RK_LIVE_OBJECT_NO_NAME, catalog->file);
	rk_template_fill(name, template, "tenant", o->tenant);
	return RK_OK;
}

enum rk_rc
rk_live_add(struct rk_live *live, json_t *record, struct rk_err *err)
{
	struct rk_override_record o;
	struct rk_strbuf name = { 0 };
	const struct rk_service *service;
	const json_t *image = json_object_get(record, "image");
	json_t *list;
	enum rk_rc rc = rk_override_record_read(record, &o, err);

	if (rc == RK_OK && (!o.chart || !rk_json_string(image, "repository") || !rk_json_string(image, "tag")))
		rc = rk_err_set(err, RK_EDATA, "missing \"chart\" or \"image\" in an override record");
	if (rc != RK_OK)
		return rc;
	json_object_del(record, "live");	/* what a pipe says of it is not known */
	rk_json_append(live->records, json_incref(record));
	if (rk_catalog_service(live->options->catalog, o.service, &service, err) != RK_OK) {
		rk_json_set(record, "live", rk_live_state_of("unknown", "the catalogue does not have this service"));
		return RK_OK;
	}
	rc = add_name(live->options->catalog, service, &o, &name, err);
	if (rc == RK_OK) {
		list = json_object_get(live->objects, name.data);
		if (!list) {
			list = json_array();
			rk_json_set(live->objects, name.data, list);
		}
		rk_json_append(list, json_incref(record));
	}
	rk_strbuf_free(&name);
	return rc;
}

/* Return whether another chart in a list of overrides has the image of the record at index. */
static bool
is_shared(const json_t *list, size_t index)
{
	const json_t *image = json_object_get(json_array_get(list, index), "image");
	json_t *other;
	bool shared = false;
	size_t i;

	json_array_foreach(list, i, other)
		shared = shared || (i != index && json_equal(json_object_get(other, "image"), image));
	return shared;
}

/* Judge the overrides of an object; a second one of its name says nothing. */
static enum rk_rc
judge(struct rk_live *live, struct rk_live_object *object, json_t *list, struct rk_err *err)
{
	json_t *record, *state;
	enum rk_rc rc = RK_OK;
	size_t i;

	json_array_foreach(list, i, record) {
		if (json_object_get(record, "live"))
			state = rk_live_state_of("unknown", "there are two objects of this name");
		else
			rc = rk_live_state_judge(live->options, object, record, is_shared(list, i), &state, err);
		if (rc != RK_OK)
			return rc;
		rk_json_set(record, "live", state);
	}
	return RK_OK;
}

static enum rk_rc
one_object(void *context, struct rk_live_object *object, struct rk_err *err)
{
	struct rk_live *live = context;
	struct rk_strbuf key = { 0 };
	json_t *list;

	rk_strbuf_printf(&key, "%s/%s", object->namespace, object->name);
	list = json_object_get(live->objects, key.data);
	rk_strbuf_free(&key);
	return list ? judge(live, object, list, err) : RK_OK;
}

enum rk_rc
rk_live_read(struct rk_live *live, const char *path, struct rk_err *err)
{
	return rk_live_object_read_file(path, one_object, live, err);
}

const json_t *
rk_live_records(struct rk_live *live)
{
	json_t *record;
	size_t i;

	json_array_foreach(live->records, i, record)
		if (!json_object_get(record, "live"))
			rk_json_set(record, "live", rk_live_state_of("absent", "there is no object of this name"));
	return live->records;
}
