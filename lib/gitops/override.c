#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gitops/override.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_pointer.h"
#include "base/strbuf.h"
#include "base/template.h"
#include "base/validate.h"
#include "gitops/catalog.h"
#include "gitops/manifest.h"
#include "gitops/shadow.h"
#include "yaml/lookup.h"
#include "yaml/yaml.h"

enum owner { NOBODY, OURS, OTHER_RING, FOREIGN, TAG_ONLY };

/* Where a member is, or would be. */
struct place {
	char *path;		/* JSON Pointer from where the manifest's base starts */
	struct rk_json_pointer pointer;
	uint32_t node;		/* the value, 0 if there is none */
	uint32_t above;		/* the deepest map on the way, 0 if what is there is no map */
	size_t depth;		/* how many tokens lead to it */
};

/* One form of a chart's image as a manifest has it. */
struct image {
	struct place repository, tag, digest;	/* of a reference, repository is the whole and tag is unused */
	bool reference;
	struct rk_strbuf found;			/* the repository that stands there */
	struct rk_strbuf ring;			/* the ring that this names, if it does */
	struct rk_strbuf version;			/* the tag that stands there */
	enum owner owner;
};

/* What is to be done, before it is written down as operations. */
struct plan {
	const struct rk_manifest *manifest;
	const struct rk_service *service;
	const char *ring;
	struct rk_strbuf repository, reference;	/* what is wanted */
	const char *tag;
	json_t *replaces, *adds, *removes;	/* operations */
	uint32_t *grown, *gone;			/* maps that get a member; values to remove */
	size_t n_grown, n_gone, room;
};

void
rk_override_repository(struct rk_strbuf *text, const struct rk_service *service, const char *ring)
{
	rk_template_fill(text, service->image.item[0], "ring", ring);
}

static void
place_free(struct place *place)
{
	rk_json_pointer_free(&place->pointer);
	free(place->path);
}

static void
image_free(struct image *image)
{
	place_free(&image->repository);
	place_free(&image->tag);
	place_free(&image->digest);
	rk_strbuf_free(&image->found);
	rk_strbuf_free(&image->ring);
	rk_strbuf_free(&image->version);
}

/* A chart's member in the values at hand: the umbrella's have it under the chart's key, the chart's own do not. */
static const char *
in_values(const struct rk_manifest *m, const char *member)
{
	return m->chart ? strchr(member + 1, '/') : member;
}

/* Is the chart deployed by this manifest? */
static bool
is_here(const struct rk_manifest *m, const struct rk_chart *chart)
{
	return !m->chart || m->chart == chart;
}

static enum rk_rc
locate(const struct rk_manifest *m, const char *member, struct place *place, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	uint32_t node = m->root;
	enum rk_rc rc;

	*place = (struct place){ 0 };
	rk_strbuf_puts(&path, rk_strbuf_str(&m->base));
	rk_strbuf_puts(&path, in_values(m, member));
	rc = rk_strbuf_check(&path, err);
	if (rc == RK_OK)
		rc = rk_json_pointer_parse(path.data, &place->pointer, err);
	place->path = path.data;
	while (rc == RK_OK && node && place->depth < place->pointer.n) {
		const char *token = place->pointer.token[place->depth];
		const struct rk_yaml_node *here = rk_yaml_node(m->values, node);
		uint32_t child;
		size_t i;

		if (here->kind == RK_YAML_SEQ) {
			child = here->child;
			for (i = rk_json_pointer_index(token); child && i > 0; i--)
				child = rk_yaml_node(m->values, child)->next;
		} else if (here->kind == RK_YAML_MAP) {
			rc = rk_lookup_member(m->values, node, token, &child, err);
			if (rc == RK_OK && !child) {
				place->above = node;
				return RK_OK;
			}
		} else {
			return RK_OK;
		}
		node = child;
		place->depth++;
	}
	if (rc == RK_OK)
		place->node = node;
	return rc;
}

/* The end of the repository in repository:tag[@digest]. */
static size_t
repository_length(const char *reference)
{
	size_t len = strcspn(reference, "@"), n;

	for (n = len; n > 0 && reference[n - 1] != '/'; n--)
		if (reference[n - 1] == ':')
			return n - 1;
	return len;
}

bool
rk_override_is_ring(const struct rk_service *service, const char *image, struct rk_strbuf *ring)
{
	struct rk_strbuf repository = { 0 };
	bool is = false;
	size_t i;

	rk_strbuf_add(&repository, image, repository_length(image));
	for (i = 0; i < service->image.n && !is; i++) {
		rk_strbuf_clear(ring);
		is = !repository.failed && rk_template_match(service->image.item[i], "ring", repository.data, ring)
		    && !rk_validate_ring(ring->data, ring->len);
	}
	rk_strbuf_free(&repository);
	return is;
}

static enum rk_rc
classify(const struct rk_manifest *m, const struct rk_service *service, const char *ring, struct image *image,
    struct rk_err *err)
{
	const struct rk_yaml_node *node;
	enum rk_rc rc = RK_OK;
	size_t len;

	image->owner = NOBODY;
	rk_strbuf_add(&image->found, "", 0);
	rk_strbuf_add(&image->version, "", 0);
	if (!image->repository.node) {
		if (image->tag.node || image->digest.node)
			image->owner = TAG_ONLY;
		return rk_strbuf_check(&image->found, err);
	}
	node = rk_yaml_node(m->values, image->repository.node);
	image->owner = FOREIGN;
	if (node->kind != RK_YAML_SCALAR) {
		rk_strbuf_puts(&image->found, "no text");
		return rk_strbuf_check(&image->found, err);
	}
	rc = rk_yaml_scalar(m->values, image->repository.node, &image->found, err);
	if (rc == RK_OK && image->tag.node && rk_yaml_node(m->values, image->tag.node)->kind == RK_YAML_SCALAR)
		rc = rk_yaml_scalar(m->values, image->tag.node, &image->version, err);
	if (rc != RK_OK)
		return rc;
	if (image->reference) {
		len = repository_length(image->found.data);
		rk_strbuf_puts(&image->version, image->found.data + len + (image->found.data[len] == ':'));
		image->found.len = len;
		image->found.data[len] = '\0';
	}
	if (rk_override_is_ring(service, image->found.data, &image->ring))
		image->owner = ring && strcmp(image->ring.data, ring) == 0 ? OURS : OTHER_RING;
	rc = rk_strbuf_check(&image->found, err);
	return rc == RK_OK ? rk_strbuf_check(&image->version, err) : rc;
}

/* An empty text is as good as none for a digest: charts have it as their default. */
static enum rk_rc
forget_empty(const struct rk_manifest *m, struct place *place, struct rk_err *err)
{
	struct rk_strbuf text = { 0 };
	enum rk_rc rc = RK_OK;

	if (place->node && rk_yaml_node(m->values, place->node)->kind == RK_YAML_SCALAR) {
		rc = rk_yaml_scalar(m->values, place->node, &text, err);
		if (rc == RK_OK && (text.len == 0 || rk_yaml_is_null(m->values, place->node)))
			place->node = 0;
	}
	rk_strbuf_free(&text);
	return rc;
}

static enum rk_rc
look(const struct rk_manifest *m, const struct rk_service *service, const char *ring, const struct rk_image_form *form,
    struct image *image, struct rk_err *err)
{
	enum rk_rc rc;

	*image = (struct image){ .reference = form->reference != NULL };
	rc = locate(m, form->reference ? form->reference : form->repository, &image->repository, err);
	if (rc == RK_OK && form->tag)
		rc = locate(m, form->tag, &image->tag, err);
	if (rc == RK_OK && form->digest)
		rc = locate(m, form->digest, &image->digest, err);
	if (rc == RK_OK)
		rc = forget_empty(m, &image->digest, err);
	if (rc == RK_OK)
		rc = classify(m, service, ring, image, err);
	if (rc == RK_EDATA)
		rc = rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s", err->msg);
	return rc;
}

static enum rk_rc
refuse_owner(const struct plan *plan, const struct image *image, struct rk_err *err)
{
	const char *service = plan->service->name, *found = rk_strbuf_str(&image->found);

	switch (image->owner) {
	case OTHER_RING:
		return rk_err_refuse(err, RK_CODE_HELD_BY_ANOTHER_RING, "image already overridden for service %s: found %s, want %s",
		    service, found, plan->repository.data);
	case FOREIGN:
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "image already set for service %s, by no ring: found %s at %s, "
		    "want %s", service, found, image->repository.path, plan->repository.data);
	case TAG_ONLY:
		return rk_err_refuse(err, RK_CODE_TAG_WITHOUT_REPOSITORY, "a tag without its repository is set for service %s at %s: "
		    "remove it, or release without this tenant", service,
		    image->tag.node ? image->tag.path : image->digest.path);
	case NOBODY:
	case OURS:
		break;
	}
	if (image->digest.node)
		return rk_err_refuse(err, RK_CODE_FOREIGN_OVERRIDE, "a digest is set for service %s at %s: it would win over the "
		    "ring's tag", service, image->digest.path);
	return RK_OK;
}

static bool
note_node(struct plan *plan, uint32_t **list, size_t *n, uint32_t node)
{
	uint32_t *more;

	/* both lists are short, and grow together for simplicity */
	if (*n == plan->room || !*list) {
		plan->room = plan->room ? 2 * plan->room : 16;
		more = realloc(plan->grown, plan->room * sizeof *more);
		if (!more)
			return false;
		plan->grown = more;
		more = realloc(plan->gone, plan->room * sizeof *more);
		if (!more)
			return false;
		plan->gone = more;
	}
	(*list)[(*n)++] = node;
	return true;
}

static enum rk_rc
operation(json_t *patch, const char *op, const char *path, json_t *value, struct rk_err *err)
{
	json_t *made = value ? json_pack("{ss ss so}", "op", op, "path", path, "value", value)
			     : json_pack("{ss ss}", "op", op, "path", path);

	return made && json_array_append_new(patch, made) == 0 ? RK_OK : rk_err_nomem(err);
}

static enum rk_rc
test_node(struct plan *plan, json_t *patch, const char *path, uint32_t node, struct rk_err *err)
{
	json_t *value;
	enum rk_rc rc = rk_yaml_json(plan->manifest->values, node, &value, err);

	if (rc == RK_EDATA)
		return rk_err_refuse(err, RK_CODE_BAD_VALUES, "%s: %s", path, err->msg);
	return rc == RK_OK ? operation(patch, "test", path, value, err) : rc;
}

/* Two objects into one: members that both have are objects in both. */
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

static enum rk_rc
check_parent(const struct plan *plan, const struct place *place, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->manifest->values;
	const struct rk_yaml_node *map = rk_yaml_node(yaml, place->above), *holder;
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	uint32_t node;
	size_t i;

	for (i = 0; i < place->depth; i++)
		rk_json_pointer_add(&path, place->pointer.token[i]);
	if (!place->above) {
		node = rk_yaml_at(yaml, plan->manifest->root, rk_strbuf_str(&path));
		if (rk_yaml_is_null(yaml, node))
			rc = rk_err_refuse(err, RK_CODE_NULL_PARENT, "%s%s is null: write {} there", rk_strbuf_str(&plan->manifest->at),
			    path.len ? path.data : " (its root)");
		else
			rc = rk_err_refuse(err, RK_CODE_NOT_A_MAP, "%s%s is no map", rk_strbuf_str(&plan->manifest->at),
			    rk_strbuf_str(&path));
	} else if (map->style == RK_YAML_FLOW && !map->child && map->parent) {
		holder = rk_yaml_node(yaml, map->parent);
		if (holder->style == RK_YAML_FLOW)
			rc = rk_err_refuse(err, RK_CODE_EMPTY_FLOW, "%s is an empty map inside a flow map: write it as a block",
			    rk_strbuf_str(&path));
	}
	rk_strbuf_free(&path);
	return rc;
}

/* Add a member with the parents that it lacks, together with what else is added below the same parent. */
static enum rk_rc
add(struct plan *plan, const struct place *place, const char *text, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	json_t *value = json_string(text), *outer, *have;
	enum rk_rc rc = check_parent(plan, place, err);
	size_t i;

	for (i = place->pointer.n; value && i > place->depth + 1; i--) {
		outer = json_pack("{so}", place->pointer.token[i - 1], value);
		value = outer;
	}
	for (i = 0; i <= place->depth && i < place->pointer.n; i++)
		rk_json_pointer_add(&path, place->pointer.token[i]);
	if (rc == RK_OK)
		rc = value ? rk_strbuf_check(&path, err) : rk_err_nomem(err);
	if (rc != RK_OK)
		goto out;
	json_array_foreach(plan->adds, i, have)
		if (rk_json_is(json_object_get(have, "path"), path.data)) {
			if (merge(json_object_get(have, "value"), value) < 0)
				rc = rk_err_nomem(err);
			goto out;
		}
	if (!note_node(plan, &plan->grown, &plan->n_grown, place->above))
		rc = rk_err_nomem(err);
	if (rc == RK_OK)
		rc = operation(plan->adds, "add", path.data, json_incref(value), err);
out:
	json_decref(value);
	rk_strbuf_free(&path);
	return rc;
}

/* Is a member there, and a string of this text? */
static enum rk_rc
is_string(const struct rk_yaml *yaml, uint32_t node, const char *text, bool *same, struct rk_err *err)
{
	json_t *json;
	enum rk_rc rc;

	*same = false;
	if (!node || rk_yaml_node(yaml, node)->kind != RK_YAML_SCALAR)
		return RK_OK;
	rc = rk_yaml_json(yaml, node, &json, err);
	if (rc == RK_OK)
		*same = rk_json_is(json, text);
	json_decref(json);
	return rc == RK_EDATA ? RK_OK : rc;
}

static enum rk_rc
want(struct plan *plan, const struct place *place, const char *text, struct rk_err *err)
{
	bool same;
	enum rk_rc rc;

	if (!place->node)
		return add(plan, place, text, err);
	rc = is_string(plan->manifest->values, place->node, text, &same, err);
	if (rc != RK_OK || same)
		return rc;
	rc = test_node(plan, plan->replaces, place->path, place->node, err);
	if (rc == RK_OK)
		rc = operation(plan->replaces, "replace", place->path, json_string(text), err);
	return rc;
}

/* Make one image what is wanted. */
static enum rk_rc
want_image(struct plan *plan, const struct image *image, struct rk_err *err)
{
	const struct rk_yaml *yaml = plan->manifest->values;
	bool repository, tag;
	enum rk_rc rc;

	if (image->reference)
		return want(plan, &image->repository, plan->reference.data, err);
	rc = is_string(yaml, image->repository.node, plan->repository.data, &repository, err);
	if (rc == RK_OK)
		rc = is_string(yaml, image->tag.node, plan->tag, &tag, err);
	if (rc == RK_OK && repository && !tag)
		/* the tag means what it means beside this repository alone */
		rc = test_node(plan, plan->replaces, image->repository.path, image->repository.node, err);
	if (rc == RK_OK)
		rc = want(plan, &image->repository, plan->repository.data, err);
	if (rc == RK_OK)
		rc = want(plan, &image->tag, plan->tag, err);
	return rc;
}

static enum rk_rc
drop_image(struct plan *plan, const struct image *image, struct rk_err *err)
{
	bool ok = note_node(plan, &plan->gone, &plan->n_gone, image->repository.node);

	if (ok && image->tag.node)
		ok = note_node(plan, &plan->gone, &plan->n_gone, image->tag.node);
	return ok ? RK_OK : rk_err_nomem(err);
}

static bool
has(const uint32_t *list, size_t n, uint32_t node)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (list[i] == node)
			return true;
	return false;
}

/* May a map that is left empty go itself?  A flow map only out of another one; see design of the inverse. */
static bool
may_go(const struct plan *plan, uint32_t map, uint32_t base)
{
	const struct rk_yaml_node *node = rk_yaml_node(plan->manifest->values, map);

	if (!node->parent || node->kind != RK_YAML_MAP || has(plan->grown, plan->n_grown, map)
	    || (plan->manifest->keep_base && map == base)
	    || rk_yaml_node(plan->manifest->values, node->parent)->kind != RK_YAML_MAP)
		return false;
	return node->style != RK_YAML_FLOW || rk_yaml_node(plan->manifest->values, node->parent)->style == RK_YAML_FLOW;
}

/* Put a map that loses all of its members in their place, up to where one stays. */
static void
climb(struct plan *plan)
{
	const struct rk_yaml *yaml = plan->manifest->values;
	uint32_t base = rk_yaml_at(yaml, plan->manifest->root, rk_strbuf_str(&plan->manifest->base)), map, key, value;
	size_t i, j, kept;
	bool all;

	for (i = 0; i < plan->n_gone; i++) {
		map = rk_yaml_node(yaml, plan->gone[i])->parent;
		all = map && may_go(plan, map, base);
		for (key = all ? rk_yaml_node(yaml, map)->child : 0; key && all; key = rk_yaml_node(yaml, value)->next) {
			value = rk_yaml_node(yaml, key)->next;
			all = has(plan->gone, plan->n_gone, value);
		}
		if (!all)
			continue;
		for (j = kept = 0; j < plan->n_gone; j++)
			if (rk_yaml_node(yaml, plan->gone[j])->parent != map)
				plan->gone[kept++] = plan->gone[j];
		plan->gone[kept++] = map;
		plan->n_gone = kept;
		i = SIZE_MAX;		/* from the start again */
	}
}

static enum rk_rc
write_removes(struct plan *plan, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	enum rk_rc rc = RK_OK;
	size_t i;

	climb(plan);
	for (i = 0; rc == RK_OK && i < plan->n_gone; i++) {
		rk_strbuf_clear(&path);
		rc = rk_lookup_pointer(plan->manifest->values, plan->gone[i], &path, err);
		if (rc == RK_OK)
			rc = rk_strbuf_check(&path, err);
		if (rc == RK_OK)
			rc = test_node(plan, plan->removes, path.data, plan->gone[i], err);
		if (rc == RK_OK)
			rc = operation(plan->removes, "remove", path.data, NULL, err);
	}
	rk_strbuf_free(&path);
	return rc;
}

static enum rk_rc
plan_open(struct plan *plan, const struct rk_manifest *m, const struct rk_service *service, const char *ring,
    const char *tag, struct rk_err *err)
{
	*plan = (struct plan){ .manifest = m, .service = service, .ring = ring, .tag = tag };
	plan->replaces = json_array();
	plan->adds = json_array();
	plan->removes = json_array();
	rk_override_repository(&plan->repository, service, ring);
	rk_strbuf_printf(&plan->reference, "%s:%s", rk_strbuf_str(&plan->repository), tag);
	if (!plan->replaces || !plan->adds || !plan->removes || plan->repository.failed)
		return rk_err_nomem(err);
	return rk_strbuf_check(&plan->reference, err);
}

/* Write the plan down as edits; target_revision is tested in front of a change. */
static enum rk_rc
plan_close(struct plan *plan, enum rk_rc rc, const char *target_revision, json_t **edits, struct rk_err *err)
{
	struct rk_strbuf path = { 0 };
	json_t *patch = NULL;

	*edits = NULL;
	if (rc == RK_OK)
		rc = write_removes(plan, err);
	if (rc != RK_OK)
		goto out;
	*edits = json_array();
	patch = plan->replaces;
	if (!*edits || json_array_extend(patch, plan->adds) < 0 || json_array_extend(patch, plan->removes) < 0)
		rc = rk_err_nomem(err);
	if (rc != RK_OK || json_array_size(patch) == 0)
		goto out;
	if (target_revision) {
		rk_strbuf_printf(&path, "%s/targetRevision", rk_strbuf_str(&plan->manifest->source));
		if (path.failed || json_array_append_new(*edits, json_pack("{ss s[{ss ss ss}]}", "at", "", "patch", "op",
		    "test", "path", path.data, "value", target_revision)) < 0)
			rc = rk_err_nomem(err);
	}
	if (rc == RK_OK && json_array_append_new(*edits, json_pack("{ss sO}", "at",
	    rk_strbuf_str(&plan->manifest->at), "patch", patch)) < 0)
		rc = rk_err_nomem(err);
out:
	if (rc != RK_OK) {
		json_decref(*edits);
		*edits = NULL;
	}
	rk_strbuf_free(&path);
	rk_strbuf_free(&plan->repository);
	rk_strbuf_free(&plan->reference);
	json_decref(plan->replaces);
	json_decref(plan->adds);
	json_decref(plan->removes);
	free(plan->grown);
	free(plan->gone);
	return rc;
}

static enum rk_rc
check_shadows(const struct plan *plan, const struct rk_image_form *form, struct rk_err *err)
{
	const char *const members[] = { form->repository, form->tag, form->digest, form->reference };
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < sizeof members / sizeof members[0]; i++)
		if (members[i])
			rc = rk_shadow_check(plan->manifest, in_values(plan->manifest, members[i]), plan->repository.data,
			    err);
	return rc;
}

/* What one chart needs to have the ring's image: at its first form, and at no other. */
static enum rk_rc
set_chart(struct plan *plan, const struct rk_chart *chart, struct rk_err *err)
{
	struct image image;
	enum rk_rc rc = RK_OK;
	size_t i;

	for (i = 0; rc == RK_OK && i < chart->n_forms; i++) {
		rc = look(plan->manifest, plan->service, plan->ring, &chart->form[i], &image, err);
		if (rc == RK_OK && (i == 0 || image.owner != TAG_ONLY))
			rc = refuse_owner(plan, &image, err);
		if (rc == RK_OK && i == 0)
			rc = check_shadows(plan, &chart->form[0], err);
		if (rc == RK_OK && i == 0)
			rc = want_image(plan, &image, err);
		else if (rc == RK_OK && image.owner == OURS)
			rc = drop_image(plan, &image, err);
		image_free(&image);
	}
	return rc;
}

enum rk_rc
rk_override_set(const struct rk_manifest *manifest, const struct rk_service *service, const char *ring,
    const char *tag, json_t **edits, struct rk_err *err)
{
	struct plan plan;
	enum rk_rc rc = plan_open(&plan, manifest, service, ring, tag, err);
	size_t i;

	for (i = 0; rc == RK_OK && i < service->n_charts; i++)
		if (is_here(manifest, &service->chart[i]))
			rc = set_chart(&plan, &service->chart[i], err);
	return plan_close(&plan, rc, NULL, edits, err);
}

enum rk_rc
rk_override_clear(const struct rk_manifest *manifest, const struct rk_service *service, const char *ring,
    const char *target_revision, json_t **edits, struct rk_err *err)
{
	const struct rk_chart *chart;
	struct image image;
	struct plan plan;
	enum rk_rc rc = plan_open(&plan, manifest, service, ring, "", err);
	size_t i, f;

	for (i = 0; i < service->n_charts; i++) {
		chart = &service->chart[i];
		for (f = 0; rc == RK_OK && is_here(manifest, chart) && f < chart->n_forms; f++) {
			rc = look(manifest, service, ring, &chart->form[f], &image, err);
			if (rc == RK_OK && image.owner == OURS)
				rc = drop_image(&plan, &image, err);
			image_free(&image);
		}
	}
	return plan_close(&plan, rc, target_revision, edits, err);
}

enum rk_rc
rk_override_list(const struct rk_manifest *manifest, const struct rk_service *service, const char *ring,
    rk_override_found *found, void *context, struct rk_err *err)
{
	struct rk_override override = { .service = service };
	struct image image;
	enum rk_rc rc = RK_OK;
	size_t i, f;

	for (i = 0; i < service->n_charts; i++) {
		override.chart = &service->chart[i];
		for (f = 0; rc == RK_OK && is_here(manifest, override.chart) && f < override.chart->n_forms; f++) {
			rc = look(manifest, service, ring, &override.chart->form[f], &image, err);
			if (rc == RK_OK && (image.owner == OURS || (!ring && image.owner == OTHER_RING))) {
				override.ring = image.ring.data;
				override.repository = image.found.data;
				override.tag = image.version.data;
				override.path = image.repository.path;
				rc = found(context, &override, err);
			}
			image_free(&image);
		}
	}
	return rc;
}
