#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "override/override.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/chart_source.h"
#include "gitops/element.h"
#include "gitops/image.h"
#include "gitops/manifest.h"
#include "gitops/prefilter.h"
#include "gitops/shadow.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

struct nodes {
	uint32_t *node;
	size_t n, size;
};

/* The changes to a manifest, until they are written as edits. */
struct plan {
	const struct rk_values *values;
	const char *ring, *tag;
	struct rk_strbuf repository, reference, host;	/* what is to be set; the host of the repository */
	json_t *replaces, *adds, *removes;	/* operations */
	struct nodes grown, removed;		/* maps that get a member; values to remove */
};

/* Whose the image is */

/* Refuse a repository beside a tag that is set, unless it is the catalogue's; the chart may add the host. */
static enum rk_rc
check_repository(const struct plan *plan, const struct rk_override_image *image, struct rk_err *err)
{
	const char *ours = plan->repository.data, *found = rk_strbuf_str(&image->found);

	if (!image->repository.node || strcmp(found, ours) == 0
	    || (!strstr(found, plan->host.data) && strcmp(found, rk_image_path(ours)) == 0))
		return RK_OK;
	return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "repository already set for service %s at %s: expected %s, got %s",
	    plan->values->service->name, image->repository.path, ours, found);
}

/* Refuse to set an image where another ring, or a person, has set one. */
static enum rk_rc
refuse_if_held_by_another(const struct plan *plan, const struct rk_override_image *image, struct rk_err *err)
{
	const char *service = plan->values->service->name, *tag = rk_strbuf_str(&image->version);
	const char *found = rk_strbuf_str(&image->found), *expected = plan->repository.data;
	const struct rk_override_member *at = rk_override_image_is_tag_only(image->form) ? &image->tag : &image->repository;
	const char *colon = rk_image_rings_by_tag(plan->values->service) && *tag ? ":" : "";

	if (*colon)
		expected = plan->reference.data;
	switch (image->owner) {
	case RK_OVERRIDE_ANOTHER_RING:
		return rk_err_refuse(err, RK_CODE_HELD_BY_ANOTHER_RING, "image already overridden for service %s: "
		    "expected %s, got %s%s%s", service, expected, found, colon, *colon ? tag : "");
	case RK_OVERRIDE_NOT_A_RING:
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "image already set for service %s at %s, not by a ring: "
		    "expected %s, got %s%s%s", service, at->path, expected, *found || *colon ? found : "an empty string",
		    *found ? colon : "", *colon ? tag : "");
	case RK_OVERRIDE_TAG_ONLY:
		return rk_err_refuse(err, RK_CODE_TAG_WITHOUT_REPOSITORY, "tag without repository for service %s at %s: remove it, or "
		    "release without this tenant", service, image->tag.node ? image->tag.path : image->digest.path);
	case RK_OVERRIDE_NO_IMAGE:
	case RK_OVERRIDE_THIS_RING:
		break;
	}
	if (image->digest.node)
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "digest already set for service %s at %s: it takes precedence over "
		    "the ring's tag", service, image->digest.path);
	if (rk_override_image_is_tag_only(image->form))
		return check_repository(plan, image, err);
	if (image->registry.node && image->owner == RK_OVERRIDE_NO_IMAGE)
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "registry already set for service %s at %s, not by a ring",
		    service, image->registry.path);
	return RK_OK;
}

/* The operations */

static void
add_node(struct nodes *list, uint32_t node)
{
	rk_memory_grow(&list->node, list->n, &list->size, sizeof *list->node);
	list->node[list->n++] = node;
}

static bool
has_node(const struct nodes *list, uint32_t node)
{
	size_t i;

	for (i = 0; i < list->n && list->node[i] != node; i++)
		;
	return i < list->n;
}

/* Append an operation; value is stolen, or NULL if there is none. */
static void
add_operation(json_t *patch, const char *op, const char *path, json_t *value)
{
	json_t *operation = rk_json_pack("{ss ss so*}", "op", op, "path", path, "value", value);

	rk_json_append(patch, operation);
}

static enum rk_rc
add_test(const struct plan *plan, json_t *patch, const char *path, uint32_t node, struct rk_err *err)
{
	json_t *value;
	enum rk_rc rc = rk_yaml_json(plan->values->yaml, node, &value, err);

	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s: %s", path, err->msg);
	if (rc == RK_OK)
		add_operation(patch, "test", path, value);
	return rc;
}

/* Merge two objects: members that both have are objects. */
static int
merge(json_t *into, json_t *from)
{
	json_t *value, *have;
	const char *key;

	json_object_foreach(from, key, value) {
		have = json_object_get(into, key);
		if (have ? merge(have, value) : json_object_set(into, key, value))
			return -1;
	}
	return 0;
}

/* Return whether a new map in a map would be written in flow style. */
static bool
is_written_as_flow(const struct plan *plan, uint32_t map)
{
	return plan->values->flow || rk_yaml_node(plan->values->yaml, map)->style == RK_YAML_FLOW;
}

/* Check that a missing member can be added. */
static enum rk_rc
check_parent(const struct plan *plan, const struct rk_override_member *member, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	const struct rk_yaml_node *map = rk_yaml_node(yaml, member->parent);
	const char *at = rk_strbuf_str(&plan->values->at);
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t node;
	size_t i;

	if (!plan->values->root)	/* an empty document is an empty map */
		return RK_OK;
	for (i = 0; i < member->depth; i++) {
		node = rk_yaml_at(yaml, plan->values->root, rk_strbuf_str(&path));
		if (node && rk_yaml_node(yaml, node)->kind == RK_YAML_SEQ)
			break;
		rk_json_pointer_add(&path, member->pointer.token[i]);
	}
	if (!member->parent && rk_yaml_is_null(yaml, rk_yaml_at(yaml, plan->values->root, rk_strbuf_str(&path))))
		rc = rk_err_refuse(err, RK_CODE_NULL_PARENT, "%s%s is null: write {} there", at,
		    path.len ? path.data : *at ? " (its root)" : "the root");
	else if (!member->parent)
		rc = rk_err_refuse(err, RK_CODE_NOT_A_MAP, "%s%s is not a map", at, rk_strbuf_str(&path));
	else if (map->style == RK_YAML_FLOW && !map->child && map->parent && is_written_as_flow(plan, map->parent))
		rc = rk_err_refuse(err, RK_CODE_EMPTY_FLOW, "%s%s is an empty map %s", at, rk_strbuf_str(&path), plan->values->flow
		    ? "in a string in single quotes: write the string as a literal block (|)"
		    : "inside a flow map: write it as a block");
	rk_strbuf_free(&path);
	return rc;
}

/* Add a member with its missing parents, in one operation with other members of the same parent. */
static enum rk_rc
add_member(struct plan *plan, const struct rk_override_member *member, const char *s, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	json_t *value = json_string(s), *operation;
	enum rk_rc rc = check_parent(plan, member, err);
	size_t i;

	for (i = member->pointer.n; i > member->depth + 1; i--)
		value = rk_json_pack("{so}", member->pointer.token[i - 1], value);
	for (i = 0; i <= member->depth && i < member->pointer.n; i++)
		rk_json_pointer_add(&path, member->pointer.token[i]);
	if (rc != RK_OK)
		goto out;
	json_array_foreach(plan->adds, i, operation)
		if (rk_json_is(json_object_get(operation, "path"), path.data)) {
			merge(json_object_get(operation, "value"), value);
			goto out;
		}
	add_node(&plan->grown, member->parent);
	add_operation(plan->adds, "add", path.data, json_incref(value));
out:
	json_decref(value);
	rk_strbuf_free(&path);
	return rc;
}

/* Return in *same whether a member is this string. */
static enum rk_rc
is_string(const struct rk_yaml *yaml, uint32_t node, const char *s, bool *same, struct rk_err *err)
{
	json_t *json;
	enum rk_rc rc;

	*same = false;
	if (!node || rk_yaml_node(yaml, node)->kind != RK_YAML_SCALAR)
		return RK_OK;
	rc = rk_yaml_json(yaml, node, &json, err);
	if (rc == RK_OK)
		*same = rk_json_is(json, s);
	json_decref(json);
	return rc == RK_EDATA ? RK_OK : rc;
}

static enum rk_rc
set_member(struct plan *plan, const struct rk_override_member *member, const char *s, struct rk_err *err)
{
	bool same;
	enum rk_rc rc;

	if (!member->node)
		return add_member(plan, member, s, err);
	rc = is_string(plan->values->yaml, member->node, s, &same, err);
	if (rc != RK_OK || same)
		return rc;
	rc = add_test(plan, plan->replaces, member->path, member->node, err);
	if (rc == RK_OK)
		add_operation(plan->replaces, "replace", member->path, json_string(s));
	return rc;
}

static enum rk_rc
set_image(struct plan *plan, const struct rk_override_image *image, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	const char *ours = image->form->registry ? rk_image_path(plan->repository.data) : plan->repository.data;
	bool repository, tag;
	enum rk_rc rc = RK_OK;

	if (image->form->reference)
		return set_member(plan, &image->repository, plan->reference.data, err);
	if (rk_override_image_is_tag_only(image->form)) {
		rc = is_string(yaml, image->tag.node, plan->tag, &tag, err);
		if (rc == RK_OK && !tag && image->repository.node)
			rc = add_test(plan, plan->replaces, image->repository.path, image->repository.node, err);
		return rc == RK_OK ? set_member(plan, &image->tag, plan->tag, err) : rc;
	}
	rc = is_string(yaml, image->repository.node, ours, &repository, err);
	if (rc == RK_OK)
		rc = is_string(yaml, image->tag.node, plan->tag, &tag, err);
	if (rc == RK_OK && repository && !tag)
		/* the new tag is one of this repository: test that it stays */
		rc = add_test(plan, plan->replaces, image->repository.path, image->repository.node, err);
	if (rc == RK_OK && image->form->registry)
		rc = set_member(plan, &image->registry, plan->host.data, err);
	if (rc == RK_OK)
		rc = set_member(plan, &image->repository, ours, err);
	return rc == RK_OK ? set_member(plan, &image->tag, plan->tag, err) : rc;
}

static void
remove_image(struct plan *plan, const struct rk_override_image *image)
{
	const uint32_t nodes[] = { image->tag.node, image->repository.node, image->registry.node };
	size_t i;

	if (has_node(&plan->removed, rk_override_image_is_tag_only(image->form) ? image->tag.node : image->repository.node))
		return;	/* another form has removed it */
	if (rk_override_image_is_tag_only(image->form)) {
		add_node(&plan->removed, image->tag.node);
		return;
	}
	for (i = 0; i < sizeof nodes / sizeof nodes[0]; i++)
		if (nodes[i])
			add_node(&plan->removed, nodes[i]);
}

/*
 * Return whether a map goes if all of its members go.  A flow map stays in a block map if setting the image again would
 * not bring it back in flow style.
 */
static bool
goes_when_empty(const struct plan *plan, uint32_t map, uint32_t base)
{
	const struct rk_yaml_node *node = rk_yaml_node(plan->values->yaml, map), *parent;

	parent = rk_yaml_node(plan->values->yaml, node->parent);
	if (!node->parent || node->kind != RK_YAML_MAP || has_node(&plan->grown, map)
	    || (plan->values->keep_base && map == base) || parent->kind != RK_YAML_MAP)
		return false;
	return node->style != RK_YAML_FLOW || is_written_as_flow(plan, node->parent);
}

/* In the list of removed values, replace all the members of a map by the map, up to the first that stays. */
static void
remove_empty_maps(struct plan *plan)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	uint32_t base = rk_yaml_at(yaml, plan->values->root, rk_strbuf_str(&plan->values->base)), map, key, value;
	struct nodes *removed = &plan->removed;
	size_t i, j, n;
	bool all;

	for (i = 0; i < removed->n; i++) {
		map = rk_yaml_node(yaml, removed->node[i])->parent;
		all = map && goes_when_empty(plan, map, base);
		for (key = all ? rk_yaml_node(yaml, map)->child : 0; key && all; key = rk_yaml_node(yaml, value)->next) {
			value = rk_yaml_node(yaml, key)->next;
			all = has_node(removed, value);
		}
		if (!all)
			continue;
		for (j = n = 0; j < removed->n; j++)
			if (rk_yaml_node(yaml, removed->node[j])->parent != map)
				removed->node[n++] = removed->node[j];
		removed->node[n++] = map;
		removed->n = n;
		i = SIZE_MAX;		/* from the start again */
	}
}

static enum rk_rc
write_removes(struct plan *plan, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	remove_empty_maps(plan);
	for (i = 0; rc == RK_OK && i < plan->removed.n; i++) {
		rk_strbuf_clear(&path);
		rc = rk_lookup_pointer(plan->values->yaml, plan->removed.node[i], &path, err);
		if (rc == RK_OK)
			rc = add_test(plan, plan->removes, path.data, plan->removed.node[i], err);
		if (rc == RK_OK)
			add_operation(plan->removes, "remove", path.data, NULL);
	}
	rk_strbuf_free(&path);
	return rc;
}

static void
open_plan(struct plan *plan, const struct rk_values *v, const char *ring, const char *tag)
{
	*plan = (struct plan){ .values = v, .ring = ring, .tag = tag };
	plan->replaces = json_array();
	plan->adds = json_array();
	plan->removes = json_array();
	rk_image_repository(&plan->repository, v->service, ring);
	rk_strbuf_printf(&plan->reference, "%s:%s", rk_strbuf_str(&plan->repository), tag);
	rk_image_host(&plan->host, v->service, ring);
}

/* Add an edit that tests that the element is the tenant's. */
static void
test_name(const struct rk_values *v, json_t *edits)
{
	struct rk_strbuf path = { 0 };
	json_t *edit;

	rk_strbuf_puts(&path, v->element_at.data);
	rk_json_pointer_add(&path, v->manifest->entry->tenant);
	edit = rk_json_pack("{ss s[{ss ss ss}]}", "at", "", "patch", "op", "test", "path", rk_strbuf_str(&path), "value",
	    v->manifest->tenant);
	rk_json_append(edits, edit);
	rk_strbuf_free(&path);
}

/* Check a version that is not in the manifest, where no operation can test it. */
static enum rk_rc
check_revision(const struct rk_values *v, const char *target_revision, struct rk_err *err)
{
	struct rk_chart_source source = { 0 };
	enum rk_rc rc = rk_chart_source_find(v, &source, err);

	if (rc == RK_OK && strcmp(rk_strbuf_str(&source.revision), target_revision) != 0)
		rc = rk_err_refuse(err, RK_CODE_STALE, "the version of the chart, which was %s, is now %s", target_revision,
		    source.revision.len ? source.revision.data : "unknown");
	rk_chart_source_free(&source);
	return rc;
}

/* If rc is RK_OK, write the plan as edits, with a test of target_revision unless that is NULL.  Free the plan. */
static enum rk_rc
close_plan(struct plan *plan, enum rk_rc rc, const char *target_revision, json_t **edits, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	json_t *patch = plan->replaces;

	*edits = NULL;
	if (rc == RK_OK)
		rc = write_removes(plan, err);
	if (rc != RK_OK)
		goto out;
	*edits = json_array();
	rk_json_extend(patch, plan->adds);
	rk_json_extend(patch, plan->removes);
	if (json_array_size(patch) == 0)
		goto out;
	if (plan->values->element_at.len)
		test_name(plan->values, *edits);
	if (rc == RK_OK && target_revision && !plan->values->version.len)
		rc = check_revision(plan->values, target_revision, err);
	else if (rc == RK_OK && target_revision) {
		rk_strbuf_puts(&path, rk_strbuf_str(&plan->values->version));
		rk_json_append(*edits, rk_json_pack("{ss s[{ss ss ss}]}", "at", "", "patch", "op",
		    "test", "path", path.data, "value", target_revision));
	}
	if (rc == RK_OK)
		rk_json_append(*edits, rk_json_pack("{ss sO}", "at", rk_strbuf_str(&plan->values->at), "patch", patch));
out:
	if (rc == RK_REFUSED)
		rk_err_prefix(err, rc, "%s", plan->values->manifest->file.path);
	if (rc != RK_OK) {
		json_decref(*edits);
		*edits = NULL;
	}
	rk_strbuf_free(&path);
	rk_strbuf_free(&plan->repository);
	rk_strbuf_free(&plan->reference);
	rk_strbuf_free(&plan->host);
	json_decref(plan->replaces);
	json_decref(plan->adds);
	json_decref(plan->removes);
	free(plan->grown.node);
	free(plan->removed.node);
	return rc;
}

static enum rk_rc
check_precedence(const struct plan *plan, const struct rk_chart *chart, const struct rk_override_image *image,
    struct rk_err *err)
{
	const struct rk_image_form *form = &chart->form[0];
	const char *const members[] = { form->registry, form->repository, form->tag, form->digest, form->reference };
	enum rk_rc rc = rk_shadow_registry(plan->values, chart, plan->host.data, err);
	size_t i;

	for (i = 0; rc == RK_OK && i < sizeof members / sizeof members[0]; i++)
		if (members[i])
			rc = rk_shadow_check(plan->values, rk_values_path(plan->values, chart, members[i]), plan->repository.data,
			    err);
	if (rc == RK_OK && rk_override_image_is_tag_only(form))	/* it must stay the chart's */
		rc = rk_shadow_check(plan->values, image->repository.path + plan->values->base.len, plan->repository.data, err);
	return rc;
}

/* Return whether two forms have the image's repository at one path, so that the first of them says whose it is. */
static bool
is_same_place(const struct rk_image_form *a, const struct rk_image_form *b)
{
	return a->repository && b->repository && strcmp(a->repository, b->repository) == 0;
}

/* Set the ring's image in a chart: in the first form, and in no other. */
static enum rk_rc
set_chart(struct plan *plan, const struct rk_chart *chart, struct rk_err *err)
{
	struct rk_override_image image;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < chart->n_forms; i++) {
		if (i > 0 && is_same_place(&chart->form[i], &chart->form[0]))
			continue;
		rc = rk_override_image_find(plan->values, plan->ring, chart, i, &image, err);
		if (rc == RK_OK && (i == 0 || image.owner != RK_OVERRIDE_TAG_ONLY))
			rc = refuse_if_held_by_another(plan, &image, err);
		if (rc == RK_OK && i == 0)
			rc = check_precedence(plan, chart, &image, err);
		if (rc == RK_OK && i == 0)
			rc = set_image(plan, &image, err);
		else if (rc == RK_OK && image.owner == RK_OVERRIDE_THIS_RING)
			remove_image(plan, &image);
		rk_override_image_free(&image);
	}
	return rc;
}

/* Return whether a chart that the manifest deploys by itself is one before, in another chart: its values are the same. */
static bool
is_second(const struct rk_values *v, size_t chart)
{
	const struct rk_chart *all = v->service->chart, *this = &all[chart];
	size_t i;

	for (i = 0; v->deployed.len && i < chart; i++)
		if (rk_values_deploys(v, &all[i]) && strcmp(rk_values_path(v, &all[i], rk_catalog_path(&all[i].form[0])),
		    rk_values_path(v, this, rk_catalog_path(&this->form[0]))) == 0)
			return true;
	return false;
}

enum rk_rc
rk_override_set(const struct rk_values *v, const char *ring, const char *tag, json_t **edits, struct rk_err *err)
{
	struct plan plan;
	enum rk_rc rc = RK_OK;
	size_t i;

	open_plan(&plan, v, ring, tag);
	for (i = 0; rc == RK_OK && i < v->service->n_charts; i++)
		if (rk_values_deploys(v, &v->service->chart[i]) && !is_second(v, i))
			rc = set_chart(&plan, &v->service->chart[i], err);
	return close_plan(&plan, rc, NULL, edits, err);
}

enum rk_rc
rk_override_clear(const struct rk_values *v, const char *ring, const char *target_revision, json_t **edits,
    struct rk_err *err)
{
	const struct rk_chart *chart;
	struct rk_override_image image;
	struct plan plan;
	enum rk_rc rc = RK_OK;
	size_t i, f;

	open_plan(&plan, v, ring, "");
	for (i = 0; i < v->service->n_charts; i++) {
		chart = &v->service->chart[i];
		if (!rk_values_deploys(v, chart) || is_second(v, i))
			continue;
		for (f = 0; rc == RK_OK && f < chart->n_forms; f++) {
			rc = rk_override_image_find(v, ring, chart, f, &image, err);
			if (rc == RK_OK && image.owner == RK_OVERRIDE_THIS_RING)
				remove_image(&plan, &image);
			rk_override_image_free(&image);
		}
	}
	return close_plan(&plan, rc, target_revision, edits, err);
}

/* Move the image's strings into a list of overrides. */
static void
add_override(struct rk_override_list *list, const struct rk_chart *chart, struct rk_override_image *image)
{
	struct rk_override_member *at = rk_override_image_is_tag_only(image->form) && !image->repository.node ? &image->tag : &image->repository;
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->item[i].chart == chart && strcmp(list->item[i].path, at->path) == 0)
			return;	/* another form has found it */
	rk_memory_grow(&list->item, list->n, &list->size, sizeof *list->item);
	list->item[list->n++] = (struct rk_override){ .chart = chart, .ring = image->ring.data,
		.repository = image->found.data, .tag = image->version.data, .path = at->path };
	image->ring = image->found = image->version = (struct rk_strbuf){ 0 };
	at->path = NULL;
}

/* Find the overrides in list->values. */
static enum rk_rc
find_overrides(struct rk_override_list *list, const char *ring, struct rk_err *err)
{
	const struct rk_service *service = list->values.service;
	const struct rk_chart *chart;
	struct rk_override_image image;
	enum rk_rc rc = RK_OK;
	size_t i, f;

	for (i = 0; i < service->n_charts; i++) {
		chart = &service->chart[i];
		if (!rk_values_deploys(&list->values, chart) || is_second(&list->values, i))
			continue;
		for (f = 0; rc == RK_OK && f < chart->n_forms; f++) {
			rc = rk_override_image_find(&list->values, ring, chart, f, &image, err);
			if (rc == RK_OK && (image.owner == RK_OVERRIDE_THIS_RING || (!ring && image.owner == RK_OVERRIDE_ANOTHER_RING)))
				add_override(list, chart, &image);
			rk_override_image_free(&image);
		}
	}
	return rc;
}

bool
rk_override_may_hold(struct rk_manifest *manifest, const struct rk_service *service, const char *ring)
{
	const struct rk_strbuf *text = &manifest->file.text;
	struct rk_strbuf element = { 0 };
	const char *bytes = NULL;
	size_t len;
	bool may;

	if (manifest->entry && manifest->entry->elements)
		bytes = rk_element_text(manifest, &len);
	/* an alias may refer to the image, so that its element does not have the bytes */
	if (!bytes || memchr(bytes, '*', len))
		return rk_prefilter_may_hold(rk_strbuf_str(text), text->len, service, ring);
	rk_strbuf_add(&element, bytes, len);
	may = rk_prefilter_may_hold(rk_strbuf_str(&element), len, service, ring);
	rk_strbuf_free(&element);
	return may;
}

enum rk_rc
rk_override_find(struct rk_manifest *manifest, const struct rk_catalog *catalog, const struct rk_service *service,
    const char *ring, struct rk_override_list *list, struct rk_err *err)
{
	enum rk_rc rc;

	*list = (struct rk_override_list){ 0 };
	if (!rk_override_may_hold(manifest, service, ring))
		return RK_OK;
	rc = rk_values_find(manifest, catalog, service, &list->values, err);
	if (rc != RK_OK)
		return rc;
	rc = find_overrides(list, ring, err);
	return rc == RK_REFUSED ? rk_err_prefix(err, rc, "%s", manifest->file.path) : rc;
}

void
rk_override_list_free(struct rk_override_list *list)
{
	while (list->n > 0) {
		struct rk_override *o = &list->item[--list->n];

		free(o->ring);
		free(o->repository);
		free(o->tag);
		free(o->path);
	}
	free(list->item);
	rk_values_free(&list->values);
	*list = (struct rk_override_list){ 0 };
}
