#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/strbuf.h"
#include "gitops/values.h"
#include "override/override_internal.h"
#include "yaml/lookup.h"
#include "yaml/mark.h"
#include "yaml/yaml.h"

/* Set *marked to whether a value has a mark, and *made to whether that says that a map was made. */
static void
look_at_mark(const struct rk_yaml *yaml, uint32_t node, bool *marked, bool *made)
{
	struct rk_mark mark;
	struct rk_err ignored;

	*marked = rk_mark_find(yaml, node, &mark, &ignored) == RK_OK;
	*made = *marked && mark.made;
	rk_mark_free(&mark);
}

/*
 * Return whether a map or list goes if all that is in it goes.  A flow map stays in a block map if setting the image again would
 * not bring it back in flow style.  In lists, and of these, only what was made goes: an index is not a name that can be set again.
 */
static bool
goes_when_empty(const struct rk_override_plan *plan, uint32_t map, bool made, uint32_t base)
{
	const struct rk_yaml_node *node = rk_yaml_node(plan->values->yaml, map), *parent;

	parent = rk_yaml_node(plan->values->yaml, node->parent);
	if (!node->parent || rk_override_plan_has_node(&plan->grown, map) || (plan->values->keep_base && map == base))
		return false;
	if (node->kind != RK_YAML_MAP || parent->kind != RK_YAML_MAP)
		return made;
	return node->style != RK_YAML_FLOW || rk_override_plan_writes_flow(plan, node->parent);
}

/* Return whether all that is in a map or list is removed. */
static bool
all_removed(const struct rk_override_plan *plan, uint32_t box)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	bool map = rk_yaml_node(yaml, box)->kind == RK_YAML_MAP;
	uint32_t child;

	for (child = rk_yaml_node(yaml, box)->child; child; child = rk_yaml_node(yaml, child)->next) {
		if (map)
			child = rk_yaml_node(yaml, child)->next;
		if (!rk_override_plan_has_node(&plan->removed, child))
			return false;
	}
	return true;
}

/* In the list of removed values, replace all that is in a map or list by this, up to the first that stays. */
static void
remove_empty_maps(struct rk_override_plan *plan)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	uint32_t base = rk_yaml_at(yaml, plan->values->root, rk_strbuf_str(&plan->values->base)), map;
	struct rk_override_nodes *removed = &plan->removed;
	bool marked, made, ignored;
	size_t i, j, n;

	for (i = 0; i < removed->n; i++) {
		map = rk_yaml_node(yaml, removed->node[i])->parent;
		if (!map)
			continue;
		look_at_mark(yaml, removed->node[i], &marked, &ignored);
		look_at_mark(yaml, map, &ignored, &made);
		if ((marked && !made) || !goes_when_empty(plan, map, made, base) || !all_removed(plan, map))
			continue;
		for (j = n = 0; j < removed->n; j++)
			if (rk_yaml_node(yaml, removed->node[j])->parent != map)
				removed->node[n++] = removed->node[j];
		removed->node[n++] = map;
		removed->n = n;
		i = SIZE_MAX;		/* from the start again */
	}
}

/* Return whether a value, or one below it, keeps a mark. */
static bool
keeps_marks(const struct rk_override_plan *plan, uint32_t node, bool itself)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	const struct rk_yaml_node *here = rk_yaml_node(yaml, node);
	bool marked, made;
	uint32_t child;

	if (rk_override_plan_has_node(&plan->removed, node) || (here->style == RK_YAML_FLOW && here->child))
		return false;
	look_at_mark(yaml, node, &marked, &made);
	if (itself && marked && !made && !rk_override_plan_has_node(&plan->unmarked, node))
		return true;
	if (here->kind != RK_YAML_MAP && here->kind != RK_YAML_SEQ)
		return false;
	for (child = here->child; child; child = rk_yaml_node(yaml, child)->next)
		if (keeps_marks(plan, child, true))
			return true;
	return false;
}

/* Take the mark of a map that was made away, unless a value that remains in it has one. */
static enum rk_rc
unmark_map(struct rk_override_plan *plan, uint32_t map, const struct rk_mark *mark, bool tell, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc;

	if (rk_override_plan_has_node(&plan->unmarked, map) || keeps_marks(plan, map, false))
		return RK_OK;
	rc = rk_lookup_pointer(plan->values->yaml, map, &path, err);
	if (rc == RK_OK) {
		rk_override_plan_add_mark(plan->marks, rk_strbuf_str(&path), mark, "remove");
		rk_override_plan_add_node(&plan->unmarked, map);
		if (tell)
			rk_override_plan_tell(plan, rk_strbuf_str(&path));
	}
	rk_strbuf_free(&path);
	return rc;
}

/* A map that was made, and that a user has added something to, is no longer ours when none of our values remain in it; tell so. */
static enum rk_rc
unmark_maps(struct rk_override_plan *plan, const struct rk_override_nodes *changed, bool tell, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->values->yaml;
	struct rk_mark mark;
	enum rk_rc rc = RK_OK;
	uint32_t map;
	size_t i;

	for (i = 0; rc == RK_OK && i < changed->n; i++) {
		if (rk_override_plan_has_node(&plan->grown, rk_yaml_node(yaml, changed->node[i])->parent))
			continue;
		for (map = rk_yaml_node(yaml, changed->node[i])->parent; rc == RK_OK && map && !rk_override_plan_has_node(&plan->grown, map);
		    map = rk_yaml_node(yaml, map)->parent) {
			rc = rk_mark_find(yaml, map, &mark, err);
			if (rc == RK_OK)
				rc = unmark_map(plan, map, &mark, tell, err);
			rk_mark_free(&mark);
			rc = rc == RK_END ? RK_OK : rc;
		}
	}
	return rc;
}

/* Return whether a value, or one that it is in, is removed. */
static bool
is_removed(const struct rk_override_plan *plan, uint32_t node)
{
	while (node && !rk_override_plan_has_node(&plan->removed, node))
		node = rk_yaml_node(plan->values->yaml, node)->parent;
	return node;
}

/*
 * A tool may have taken the comments of our values away, and left those of the maps that were made for them.  Those of this
 * ring go, and when anything is cleared, all of them.
 */
static enum rk_rc
unmark_left_maps(struct rk_override_plan *plan, struct rk_err *err)
{
	const struct rk_values *v = plan->values;
	uint32_t base = rk_yaml_at(v->yaml, v->root, rk_strbuf_str(&v->base)), end = base ? rk_yaml_after(v->yaml, base) : 0, map;
	bool changes = plan->removed.n || plan->unmarked.n;
	struct rk_err ignored;
	struct rk_mark mark;
	enum rk_rc rc = RK_OK;

	if (!strstr(rk_yaml_text(v->yaml), "# ringkit: "))
		return RK_OK;
	for (map = base; rc == RK_OK && map < end; map++) {
		if (rk_mark_find(v->yaml, map, &mark, &ignored) == RK_OK && mark.made && !is_removed(plan, map) && (changes
		    || (strcmp(rk_strbuf_str(&mark.service), v->service->name) == 0 && strcmp(rk_strbuf_str(&mark.ring), plan->ring) == 0)))
			rc = unmark_map(plan, map, &mark, false, err);
		rk_mark_free(&mark);
	}
	return rc;
}

enum rk_rc
rk_override_maps_finish(struct rk_override_plan *plan, struct rk_err *err)
{
	enum rk_rc rc;

	remove_empty_maps(plan);
	rc = unmark_maps(plan, &plan->removed, true, err);
	if (rc == RK_OK)
		rc = unmark_maps(plan, &plan->unmarked, false, err);
	return rc == RK_OK && plan->clears ? unmark_left_maps(plan, err) : rc;
}
