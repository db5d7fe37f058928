#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/strbuf.h"
#include "gitops/catalog.h"
#include "gitops/values.h"
#include "override/override.h"
#include "override/override_internal.h"
#include "yaml/lookup.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"

/* Whose */

bool
rk_override_list_is_ours(const struct rk_values *v, const char *ring, const struct rk_mark *mark)
{
	return strcmp(rk_strbuf_str(&mark->service), v->service->name) == 0 && strcmp(rk_strbuf_str(&mark->ring), ring) == 0;
}

/* Return whether a node has the ring's mark; *made is set to whether that says that it was made. */
static bool
has_our_mark(const struct rk_values *v, const char *ring, uint32_t node, bool *made)
{
	struct rk_mark mark;
	struct rk_err ignored;
	bool ours = rk_mark_find(v->yaml, node, &mark, &ignored) == RK_OK && rk_override_list_is_ours(v, ring, &mark);

	*made = ours && mark.made;
	rk_mark_free(&mark);
	return ours;
}

/* Return whether a leaf with a mark has the value that was written with it. */
static bool
is_intact(const struct rk_values *v, uint32_t node)
{
	struct rk_override_member member = { 0 };
	struct rk_strbuf path = { 0 };
	struct rk_err ignored;
	bool intact = rk_lookup_pointer(v->yaml, node, &path, &ignored) == RK_OK
	    && rk_override_image_member(v, path.data, &member, &ignored) == RK_OK && member.intact;

	rk_override_image_member_free(&member);
	rk_strbuf_free(&path);
	return intact;
}

enum rk_override_item
rk_override_list_state(const struct rk_values *v, const char *ring, uint32_t item)
{
	const struct rk_yaml_node *node = rk_yaml_node(v->yaml, item);
	bool made;
	uint32_t child;

	if (!has_our_mark(v, ring, item, &made))
		return RK_OVERRIDE_ITEM_FOREIGN;
	if (!node->child)
		return is_intact(v, item) ? RK_OVERRIDE_ITEM_OURS : RK_OVERRIDE_ITEM_CHANGED;
	for (child = node->child; child; child = rk_yaml_node(v->yaml, child)->next) {
		if (node->kind == RK_YAML_MAP)
			child = rk_yaml_node(v->yaml, child)->next;
		if (rk_override_list_state(v, ring, child) != RK_OVERRIDE_ITEM_OURS)
			return RK_OVERRIDE_ITEM_CHANGED;
	}
	return made ? RK_OVERRIDE_ITEM_OURS : RK_OVERRIDE_ITEM_CHANGED;
}

uint32_t
rk_override_list_item(const struct rk_values *v, const char *ring, uint32_t node)
{
	uint32_t parent, item = 0;
	bool made;

	for (; (parent = rk_yaml_node(v->yaml, node)->parent); node = parent)
		if (rk_yaml_node(v->yaml, parent)->kind == RK_YAML_SEQ && has_our_mark(v, ring, node, &made))
			item = node;
	return item;
}

/* The items of a list, and those that the ring brings for it */

struct list {
	struct rk_override_plan *plan;
	const struct rk_override_member *member;
	const json_t *brought;
	bool *done;			/* of those that are brought: there already */
	json_t *items;			/* that are there */
	uint32_t *node;			/* of these */
	enum rk_override_item *state;
	size_t n;
	struct rk_override_nodes *stay;
};

static enum rk_rc
read_items(struct list *l, struct rk_err *err)
{
	const struct rk_values *v = l->plan->values;
	const struct rk_yaml_node *list = rk_yaml_node(v->yaml, l->member->node);
	enum rk_rc rc = rk_yaml_json(v->yaml, l->member->node, &l->items, err);
	uint32_t child;

	l->done = rk_memory_calloc(json_array_size(l->brought) + 1, sizeof *l->done);
	l->node = rk_memory_calloc(list->count + 1, sizeof *l->node);
	l->state = rk_memory_calloc(list->count + 1, sizeof *l->state);
	for (child = list->child; rc == RK_OK && child; child = rk_yaml_node(v->yaml, child)->next) {
		l->node[l->n] = child;
		l->state[l->n++] = rk_override_list_state(v, l->plan->ring, child);
	}
	return rk_err_refuse_data(err, rc, RK_CODE_BAD_VALUES);
}

static void
free_items(struct list *l)
{
	json_decref(l->items);
	free(l->done);
	free(l->node);
	free(l->state);
}

/* Let the marks of an item stay. */
static void
keep(const struct list *l, size_t i)
{
	uint32_t node, end = rk_yaml_after(l->plan->values->yaml, l->node[i]);

	for (node = l->node[i]; node < end; node++)
		rk_override_plan_add_node(l->stay, node);
}

/* Find the first that is brought, not there yet, and equal to an item, or, if by_name, of the same name. */
static size_t
find_brought(const struct list *l, const json_t *item, bool by_name)
{
	const char *name = rk_json_string(item, "name");
	const json_t *brought;
	size_t j;

	json_array_foreach(l->brought, j, brought)
		if (!l->done[j] && (by_name ? name && rk_json_is(json_object_get(brought, "name"), name) : rk_json_equal(brought, item)))
			return j;
	return SIZE_MAX;
}

/* Pass over what is brought and is there already, as an item of another author, or one that another author has changed. */
static enum rk_rc
pass_others(struct list *l, bool by_name, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	const json_t *item;
	size_t i, j;

	json_array_foreach(l->items, i, item) {
		j = l->state[i] == RK_OVERRIDE_ITEM_OURS ? SIZE_MAX : find_brought(l, item, by_name);
		if (j == SIZE_MAX)
			continue;
		if (by_name && l->state[i] == RK_OVERRIDE_ITEM_FOREIGN)
			return rk_err_refuse(err, RK_CODE_VALUE_IN_THE_WAY, "the ring brings an item \"%s\" for the list %s, which has "
			    "another one of that name", rk_json_string(item, "name"), l->member->path);
		l->done[j] = true;
		if (l->state[i] == RK_OVERRIDE_ITEM_CHANGED) {
			keep(l, i);
			rk_strbuf_clear(&path);
			rk_strbuf_printf(&path, "%s/%zu", l->member->path, i);
			rk_override_plan_tell(l->plan, path.data);
		}
	}
	rk_strbuf_free(&path);
	return RK_OK;
}

/* Keep those of the ring that come first in what is brought, and append the rest: so the order is that of the ring's. */
static void
order(struct list *l)
{
	const json_t *brought;
	size_t i = 0, j, n = l->n;
	bool same = true;

	json_array_foreach(l->brought, j, brought) {
		if (l->done[j])
			continue;
		while (i < l->n && l->state[i] != RK_OVERRIDE_ITEM_OURS)
			i++;
		same = same && i < l->n && rk_json_equal(brought, json_array_get(l->items, i));
		if (same)
			keep(l, i++);
		else
			rk_override_plan_append(l->plan, l->member, n++, brought);
	}
}

static enum rk_rc
set_items(struct list *l, struct rk_err *err)
{
	enum rk_rc rc = read_items(l, err);

	if (rc == RK_OK)
		rc = pass_others(l, false, err);
	if (rc == RK_OK)
		rc = pass_others(l, true, err);
	if (rc == RK_OK)
		order(l);
	free_items(l);
	return rc;
}

/* Lists */

/* Check that the tenant's charts have nothing where a list is to be added: Helm would replace it. */
static enum rk_rc
check_defaults(const struct rk_override_plan *plan, const struct rk_override_member *member, const char *pointer,
    const json_t *items, bool *same, struct rk_err *err)
{
	const struct rk_override_defaults *defaults = plan->defaults;
	const json_t *value = NULL;
	enum rk_rc rc;

	*same = false;
	if (!defaults)
		return rk_err_refuse(err, RK_CODE_NO_LIST, "the ring brings the list %s, and the chart may have one: give the charts "
		    "(--charts)", member->path);
	rc = defaults->find(defaults->context, plan->values, pointer, &value, err);
	if (rc == RK_END)
		return rk_err_refuse(err, RK_CODE_NO_LIST, "the ring brings the list %s, and cannot tell whether the chart has one: %s",
		    member->path, err->msg);
	*same = rc == RK_OK && value && rk_json_equal(value, items);
	if (rc == RK_OK && value && !*same)
		rc = rk_err_refuse(err, RK_CODE_VALUE_IN_THE_WAY, "the ring brings the list %s, which would replace what the chart has",
		    member->path);
	return rc;
}

static enum rk_rc
add_list(struct rk_override_plan *plan, const struct rk_override_member *member, const char *pointer, const json_t *items,
    struct rk_err *err)
{
	bool same;
	enum rk_rc rc = check_defaults(plan, member, pointer, items, &same, err);

	if (rc != RK_OK || same)
		return rc;
	if (rk_override_plan_is_flow(plan, member))
		return rk_err_refuse(err, RK_CODE_NO_MARK, "cannot mark the list %s: in a flow map there is no place for a comment",
		    member->path);
	return rk_override_plan_add_list(plan, member, items, err);
}

enum rk_rc
rk_override_list_set(struct rk_override_plan *plan, const struct rk_override_member *member, const char *pointer,
    const json_t *items, bool append, struct rk_override_nodes *stay, struct rk_err *err)
{
	const struct rk_values *v = plan->values;
	const struct rk_yaml_node *node = rk_yaml_node(v->yaml, member->node);
	struct list list = { .plan = plan, .member = member, .brought = items, .stay = stay };
	bool block = member->node && node->kind == RK_YAML_SEQ && node->style == RK_YAML_BLOCK;
	bool ours = member->marked && rk_override_list_is_ours(v, plan->ring, &member->mark), same = false;
	json_t *json = NULL;
	enum rk_rc rc = RK_OK;

	if (member->marked && !ours)
		return rk_err_refuse(err, RK_CODE_HELD_BY_ANOTHER_RING, "the value of %s is that of %s/%s", member->path,
		    rk_strbuf_str(&member->mark.service), rk_strbuf_str(&member->mark.ring));
	if (append && (!block || ours))
		return rk_err_refuse(err, RK_CODE_NO_LIST, "the ring appends to the list %s, and the manifest has none in block style",
		    member->path);
	if (!append && !member->node)
		return add_list(plan, member, pointer, items, err);
	if (append || (ours && block))
		return set_items(&list, err);
	rc = rk_err_refuse_data(err, rk_yaml_json(v->yaml, member->node, &json, err), RK_CODE_BAD_VALUES);
	same = rc == RK_OK && rk_json_equal(json, items);
	json_decref(json);
	if (same && ours)
		rk_override_plan_add_node(stay, member->node);	/* an empty one */
	return rc != RK_OK || same ? rc : rk_err_refuse(err, RK_CODE_VALUE_IN_THE_WAY,
	    "the ring brings the list %s, where the manifest has another value", member->path);
}
