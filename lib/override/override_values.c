#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/value_rules.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "publish/patch_record.h"
#include "yaml/lookup.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"

/* Setting */

/* Let a mark say what there was before the ring's value, by the member that is there. */
static void
remember(const struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_mark *mark)
{
	const struct rk_yaml_node *node = rk_yaml_node(plan->values->yaml, member->node);

	mark->replaced = member->node && (!member->marked || !member->intact || member->mark.replaced);
	if (mark->replaced && member->marked && member->intact)
		rk_strbuf_add(&mark->was, rk_strbuf_str(&member->mark.was), member->mark.was.len);
	else if (mark->replaced)
		rk_strbuf_add(&mark->was, rk_yaml_text(plan->values->yaml) + node->start, node->end - node->start);
}

/* Refuse what cannot have the ring's value. */
static enum rk_rc
check_member(const struct rk_override_plan *plan, const struct rk_override_member *member, struct rk_err *err)
{
	if (member->node && rk_yaml_node(plan->values->yaml, member->node)->kind != RK_YAML_SCALAR)
		return rk_err_refuse(err, RK_CODE_VALUE_IN_THE_WAY, "the ring brings a value for %s, where a map or a list is",
		    member->path);
	if (member->marked && !rk_override_list_is_ours(plan->values, plan->ring, &member->mark))
		return rk_err_refuse(err, RK_CODE_HELD_BY_ANOTHER_RING, "the value of %s is that of %s/%s", member->path,
		    rk_strbuf_str(&member->mark.service), rk_strbuf_str(&member->mark.ring));
	return RK_OK;
}

/* Set a member, under a mark, unless it has this value. */
static enum rk_rc
set_member(struct rk_override_plan *plan, const struct rk_override_member *member, const json_t *value, struct rk_err *err)
{
	struct rk_mark mark = { 0 };
	json_t *json = NULL;
	enum rk_rc rc = check_member(plan, member, err);
	bool same = false;

	if (rc == RK_OK && member->node && rk_yaml_json(plan->values->yaml, member->node, &json, err) == RK_OK)
		same = rk_json_equal(json, value);
	json_decref(json);
	if (rc != RK_OK || same)
		return rc;
	if (rk_override_plan_is_flow(plan, member))
		return rk_err_refuse(err, RK_CODE_NO_MARK, "cannot mark the value of %s: in a flow map there is no place for a comment",
		    member->path);
	remember(plan, member, &mark);
	rc = rk_override_plan_set_value(plan, member, value, &mark, err);
	rk_mark_free(&mark);
	return rc;
}

static const struct rk_chart *
find_chart(const struct rk_service *service, const char *name)
{
	size_t i;

	for (i = 0; i < service->n_charts; i++)
		if (strcmp(service->chart[i].name, name) == 0)
			return &service->chart[i];
	return NULL;
}

/* Set a leaf of the ring's values, if the manifest deploys its chart, and add its node to those that stay. */
static enum rk_rc
set_leaf(struct rk_override_plan *plan, const json_t *leaf, struct rk_override_nodes *stay, struct rk_err *err)
{
	const struct rk_values *v = plan->values;
	const struct rk_chart *chart = find_chart(v->service, rk_json_string(leaf, "chart"));
	const json_t *value = json_object_get(leaf, "value");
	struct rk_override_member member = { 0 };
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	if (!chart || !rk_values_deploys(v, chart))
		return RK_OK;
	rk_strbuf_puts(&path, rk_strbuf_str(&v->base));
	rk_strbuf_puts(&path, rk_values_path(v, chart, rk_json_string(leaf, "path")));
	rc = rk_override_image_member(v, path.data, &member, err);
	if (rc == RK_OK && plan->defaults)
		rc = plan->defaults->allow(plan->defaults->context, v, rk_json_string(leaf, "path"), err);
	if (rc == RK_OK && json_is_array(value))
		rc = rk_override_list_set(plan, &member, rk_json_string(leaf, "path"), value,
		    json_is_true(json_object_get(leaf, "append")), stay, err);
	else if (rc == RK_OK && (rc = set_member(plan, &member, value, err)) == RK_OK && member.node)
		rk_override_plan_add_node(stay, member.node);
	rk_override_image_member_free(&member);
	rk_strbuf_free(&path);
	return rc;
}

/* Taking back */

/* Add the nodes of the images, whose marks are not those of values. */
static void
add_images(const struct rk_values *v, struct rk_override_nodes *stay)
{
	struct rk_strbuf path = { 0 };
	const struct rk_image_form *form;
	const struct rk_chart *chart;
	size_t i, f, m;

	for (i = 0; i < v->service->n_charts; i++) {
		chart = &v->service->chart[i];
		for (f = 0; rk_values_deploys(v, chart) && f < chart->n_forms; f++) {
			form = &chart->form[f];
			const char *const members[] = { form->registry, form->repository, form->tag, form->digest, form->reference };

			for (m = 0; m < sizeof members / sizeof *members; m++) {
				if (!members[m])
					continue;
				rk_strbuf_clear(&path);
				rk_strbuf_puts(&path, rk_strbuf_str(&v->base));
				rk_strbuf_puts(&path, rk_values_path(v, chart, members[m]));
				rk_override_plan_add_node(stay, rk_yaml_at(v->yaml, v->root, path.data));
			}
		}
	}
	rk_strbuf_free(&path);
}

/* Note that a value stays, or the item of a list that it is in, because another author has changed it. */
static enum rk_rc
tell(struct rk_override_plan *plan, uint32_t node, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = rk_lookup_pointer(plan->values->yaml, node, &path, err);

	if (rc == RK_OK)
		rk_override_plan_tell(plan, path.data);
	rk_strbuf_free(&path);
	return rc;
}

/* Take back a value with the ring's mark; changed: not if it is in this item of a list, which another author has changed. */
static enum rk_rc
clear_node(struct rk_override_plan *plan, uint32_t node, uint32_t changed, bool keep_value, struct rk_err *err)
{
	struct rk_override_member member = { 0 };
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = rk_lookup_pointer(plan->values->yaml, node, &path, err);

	if (rc == RK_OK)
		rc = rk_override_image_member(plan->values, path.data, &member, err);
	if (rc == RK_OK && (!member.intact || changed || keep_value))
		rk_override_plan_unmark(plan, &member);
	else if (rc == RK_OK && member.mark.replaced)
		rc = rk_override_plan_restore(plan, &member, false, err);
	else if (rc == RK_OK)
		rk_override_plan_remove(plan, &member);
	if (rc == RK_OK && (!member.intact || changed) && !keep_value)
		rc = tell(plan, changed ? changed : node, err);
	rk_override_image_member_free(&member);
	rk_strbuf_free(&path);
	return rc;
}

/*
 * Find the values that have a ring's mark, except some.  RK_REFUSED: bad-mark: one mark is malformed, the others were found;
 * too-large: no patch could change so many.
 */
static enum rk_rc
find_values(const struct rk_values *v, const char *ring, const struct rk_override_nodes *except, struct rk_override_nodes *found,
    struct rk_err *err)
{
	uint32_t base = rk_yaml_at(v->yaml, v->root, rk_strbuf_str(&v->base)), end = base ? rk_yaml_after(v->yaml, base) : 0, node;
	enum rk_rc rc = RK_OK, mark_rc;
	struct rk_mark mark;
	struct rk_err why;

	for (node = base; node < end; node++) {
		mark_rc = rk_mark_find(v->yaml, node, &mark, &why);
		if (mark_rc == RK_OK && !mark.made && rk_override_list_is_ours(v, ring, &mark) && !rk_override_plan_has_node(except, node))
			rk_override_plan_add_node(found, node);
		rk_mark_free(&mark);
		if (mark_rc == RK_REFUSED && rc == RK_OK) {
			*err = why;
			rc = mark_rc;
		}
		if (found->n > RK_PATCH_RECORD_OPERATIONS)
			return rk_err_refuse(err, RK_CODE_TOO_LARGE, "more than %d values with marks of %s", RK_PATCH_RECORD_OPERATIONS, ring);
	}
	return rc;
}

/* Take back the values that have the ring's mark, except those that stay. */
static enum rk_rc
clear_values(struct rk_override_plan *plan, const struct rk_override_nodes *stay, bool keep_value, struct rk_err *err)
{
	struct rk_override_nodes found = { 0 };
	enum rk_rc rc = find_values(plan->values, plan->ring, stay, &found, err);
	uint32_t item, last = 0;
	bool changed = false;
	size_t i;

	for (i = 0; rc == RK_OK && i < found.n; i++) {
		item = rk_override_list_item(plan->values, plan->ring, found.node[i]);
		if (item && item != last)
			changed = rk_override_list_state(plan->values, plan->ring, item) != RK_OVERRIDE_ITEM_OURS;
		last = item;
		rc = clear_node(plan, found.node[i], item && changed ? item : 0, keep_value, err);
	}
	free(found.node);
	return rc;
}

static enum rk_rc
finish(struct rk_override_nodes *stay, enum rk_rc rc, struct rk_err *err)
{
	free(stay->node);
	return rk_err_refuse_data(err, rc, RK_CODE_BAD_VALUES);
}

enum rk_rc
rk_override_values_set(struct rk_override_plan *plan, const json_t *values, struct rk_err *err)
{
	struct rk_override_nodes stay = { 0 };
	json_t *leaves, *leaf;
	enum rk_rc rc = rk_value_rules_leaves(plan->values->service, values, &leaves, err);
	size_t i;

	json_array_foreach(leaves, i, leaf)
		if (rc == RK_OK)
			rc = set_leaf(plan, leaf, &stay, err);
	json_decref(leaves);
	if (rc == RK_OK) {
		add_images(plan->values, &stay);
		rc = clear_values(plan, &stay, false, err);
	}
	return finish(&stay, rc, err);
}

enum rk_rc
rk_override_values_clear(struct rk_override_plan *plan, const struct rk_override_clearing *how, struct rk_err *err)
{
	struct rk_override_nodes stay = { 0 };
	enum rk_rc rc;

	add_images(plan->values, &stay);
	rc = clear_values(plan, &stay, how->keep_value, err);
	return finish(&stay, rc, err);
}

/* Append the pointer of a chart's values, with a "/" at its end. */
static void
add_chart_base(const struct rk_values *v, const struct rk_chart *chart, struct rk_strbuf *path)
{
	struct rk_strbuf whole = { 0 };

	rk_value_rules_chart(chart, &whole);
	rk_strbuf_putc(&whole, '/');
	rk_strbuf_puts(path, rk_strbuf_str(&v->base));
	rk_strbuf_puts(path, rk_values_path(v, chart, whole.data));
	rk_strbuf_free(&whole);
}

/* Add a value below its chart's name to values; pointer is from the chart's values on. */
static enum rk_rc
add_value(json_t *values, const struct rk_chart *chart, const char *pointer, bool append, json_t *value, struct rk_err *err)
{
	struct rk_json_pointer keys;
	struct rk_strbuf key = { 0 };
	json_t *tree = json_incref(value);
	size_t i;
	enum rk_rc rc = rk_json_pointer_parse(pointer, &keys, err);

	for (i = keys.n; rc == RK_OK && i > 0; i--) {
		rk_strbuf_clear(&key);
		rk_value_rules_add_key(&key, keys.token[i - 1]);
		rk_strbuf_puts(&key, append && i == keys.n ? "+" : "");
		tree = rk_json_pack("{so}", key.data, tree);
	}
	tree = rk_json_pack("{so}", chart->name, tree);
	if (rc == RK_OK)
		json_object_update_recursive(values, tree);
	json_decref(tree);
	rk_json_pointer_free(&keys);
	rk_strbuf_free(&key);
	return rc;
}

/* Values by chart, and what was there before. */
struct found {
	const char *ring;
	json_t *values, *before;
	struct rk_override_nodes lists;		/* that are read */
};

/* Add a value of the ring, at a pointer from the root of the values, if it lies in a chart of the service. */
static enum rk_rc
add_at(const struct rk_values *v, const char *path, bool append, json_t *value, json_t *to, struct rk_err *err)
{
	struct rk_strbuf base = { 0 };
	const struct rk_chart *chart;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < v->service->n_charts; i++) {
		chart = &v->service->chart[i];
		rk_strbuf_clear(&base);
		if (!rk_values_deploys(v, chart))
			continue;
		add_chart_base(v, chart, &base);
		if (strncmp(path, base.data, base.len) == 0)
			rc = add_value(to, chart, path + base.len - 1, append, value, err);
	}
	rk_strbuf_free(&base);
	return rc;
}

/* Add a scalar, unless another author has written over it. */
static enum rk_rc
add_member(const struct rk_values *v, const char *path, const struct found *found, struct rk_err *err)
{
	struct rk_override_member member = { 0 };
	struct rk_strbuf ignored = { 0 };
	json_t *value = NULL, *before = NULL;
	enum rk_rc rc = rk_override_image_member(v, path, &member, err);

	if (rc == RK_OK && member.intact)
		rc = rk_yaml_json(v->yaml, member.node, &value, err);
	if (rc == RK_OK && member.intact && member.mark.replaced)
		rc = rk_override_plan_raw_value(&member.mark.was, &ignored, &before, err);
	if (rc == RK_OK && value)
		rc = add_at(v, path, false, value, found->values, err);
	if (rc == RK_OK && before)
		rc = add_at(v, path, false, before, found->before, err);
	json_decref(value);
	json_decref(before);
	rk_strbuf_free(&ignored);
	rk_override_image_member_free(&member);
	return rc;
}

/* Add the items of a list that are the ring's: all of the list, if the ring made it, else what is appended to it. */
static enum rk_rc
add_list(const struct rk_values *v, uint32_t list, const char *path, const struct found *found, struct rk_err *err)
{
	json_t *items = json_array(), *item;
	struct rk_mark mark;
	enum rk_rc rc = rk_mark_find(v->yaml, list, &mark, err);
	bool made = rc == RK_OK && rk_override_list_is_ours(v, found->ring, &mark);
	uint32_t child;

	rk_mark_free(&mark);
	rc = RK_OK;
	for (child = rk_yaml_node(v->yaml, list)->child; rc == RK_OK && child; child = rk_yaml_node(v->yaml, child)->next) {
		if (rk_override_list_state(v, found->ring, child) != RK_OVERRIDE_ITEM_OURS)
			continue;
		rc = rk_yaml_json(v->yaml, child, &item, err);
		if (rc == RK_OK)
			rk_json_append(items, item);
	}
	if (rc == RK_OK && json_array_size(items))
		rc = add_at(v, path, !made, items, found->values, err);
	json_decref(items);
	return rc;
}

/* Add the value of a node with the ring's mark, or the list that it is in. */
static enum rk_rc
read_node(const struct rk_values *v, uint32_t node, struct found *found, struct rk_err *err)
{
	uint32_t item = rk_override_list_item(v, found->ring, node), list = item ? rk_yaml_node(v->yaml, item)->parent : 0;
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;

	if (list && rk_override_plan_has_node(&found->lists, list))
		return RK_OK;
	rc = rk_lookup_pointer(v->yaml, list ? list : node, &path, err);
	if (rc == RK_OK && list) {
		rk_override_plan_add_node(&found->lists, list);
		rc = add_list(v, list, path.data, found, err);
	} else if (rc == RK_OK) {
		rc = add_member(v, path.data, found, err);
	}
	rk_strbuf_free(&path);
	return rc;
}

enum rk_rc
rk_override_values_read(const struct rk_values *v, const char *ring, json_t *into, json_t *before, struct rk_err *err)
{
	struct found values = { .ring = ring, .values = into, .before = before };
	struct rk_override_nodes images = { 0 }, found = { 0 };
	enum rk_rc rc;
	size_t i;

	add_images(v, &images);
	rc = find_values(v, ring, &images, &found, err);
	if (rc == RK_REFUSED && err->code == RK_CODE_BAD_MARK)	/* it is not the ring's */
		rc = RK_OK;
	for (i = 0; rc == RK_OK && i < found.n; i++)
		rc = read_node(v, found.node[i], &values, err);
	free(values.lists.node);
	free(found.node);
	return finish(&images, rc, err);
}
